"""The what-if screen: what would go now and why, asked and recorded, and nothing sent."""

from __future__ import annotations

import pytest

from gateway.store import patients
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County


@pytest.fixture
def asking(county: County) -> Browser:
    """She was referred to the treatment program with her consent for it alone."""
    county.clock.advance(NOW - county.clock.now())
    county.consent("otp")
    county.refer()
    return Browser(county)


def question(browser: Browser, partner: str = "otp", purpose: str = "TREAT", more: str = "") -> str:
    return f"what-if?patient={browser.county.patient_id}&partner={partner}&purpose={purpose}{more}"


def test_it_says_what_would_go_and_under_which_consent(asking: Browser) -> None:
    before = len(asking.county.audit())
    text = asking.log_in().get(question(asking)).text

    assert "Would go in" in text and "PERMITTED_BY_CONSENT" in text
    assert "42 CFR" in text and "Consent/" in text
    assert "Riverbend General Hospital" in text
    assert "Maribel" not in text
    added = asking.county.audit()[before:]
    assert [one.row.kind for one in added] == ["read"], "it is a look, and nothing else"
    assert added[0].entry is not None
    assert added[0].entry.subject == question(asking)
    assert asking.county.states() == ["due"], "nothing moved"


def test_without_a_consent_everything_stays_and_the_rule_is_named(asking: Browser) -> None:
    text = asking.log_in().get(question(asking, "housing", "COC")).text
    rows = asking.get(question(asking, "housing", "COC", "&as=csv")).text.splitlines()

    assert "Would stay" in text and "Would go" not in text
    assert "<strong>0 of " in text
    assert len(rows) > 3 and all(",withhold," in row for row in rows[1:])


def test_what_came_from_the_recipient_goes_back_and_is_not_decided(asking: Browser) -> None:
    text = asking.log_in().get(question(asking, "hospital")).text

    assert "came from Riverbend General Hospital alone" in text
    assert "No records of others are held" in text


def test_while_it_is_uncertain_who_she_is_nothing_would_go(asking: Browser) -> None:
    patient_id = asking.county.patient_id
    asking.county.write(lambda tx: patients.doubt(tx, patient_id))
    text = asking.log_in().get(question(asking)).text

    assert "It is not certain who this is" in text and "Would go" not in text


def test_a_partner_in_test_or_paused_is_told_apart(asking: Browser) -> None:
    for state, said in (("test", "Nothing would go"), ("paused", "waits until it goes on")):
        asking.county.change_partner("otp", state=state)
        asking.open()
        assert said in asking.log_in().get(question(asking)).text


def test_the_form_stands_alone_until_it_is_filled_in_with_what_is_known(asking: Browser) -> None:
    asking.log_in()

    assert "Would" not in asking.get("what-if").text
    assert "No patient has that id" in asking.get("what-if?patient=nobody&partner=otp&purpose=TREAT").text
    unknown = asking.get(question(asking, "nobody")).text
    assert "Nothing can be asked" in unknown and "Would go" not in unknown
    assert "Nothing can be asked" in asking.get(question(asking, purpose="BTG")).text
