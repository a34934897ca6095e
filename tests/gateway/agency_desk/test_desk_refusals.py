"""Refusals at the consent desk: what the organization itself was told is seen before anybody signs, and ends there."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from gateway.agency_desk.phrases import CATALOGUE
from gateway.clock import instant_text
from gateway.flows.contribution import Contribution
from gateway.flows.told_consents import keep_told_consents
from gateway.store import consents
from tests.gateway.agency_desk.test_consent_pages import HER, PIN, Counter, read
from tests.gateway.agency_desk.test_consent_pages import counter as counter  # a fixture
from tests.gateway.agency_desk.test_consent_pages import county_desk as county_desk  # a fixture
from tests.gateway.county import County
from tests.gateway.disclosure.test_held_until import a_minute_of_housekeeping

SAY = CATALOGUE["en"]


def tell(county: County, partner: str, whom: str = "", **denied: Any) -> str:
    """A refusal that a message of the partner's tells, of her or of `whom`; the Consent's id."""
    patient_id = whom or county.patient_id
    said = {
        "resourceType": "Consent",
        "id": f"told-{partner}",
        "status": "active",
        "scope": {"text": "privacy"},
        "category": [{"text": "consent"}],
        "patient": {"reference": f"Patient/{patient_id}"},
        "provision": {"type": "deny", **denied},
    }
    at = instant_text(county.clock.now())
    told = Contribution(partner, "", [said])
    county.write(lambda tx: keep_told_consents(county.premises, tx, told, patient_id, "m-1", at))
    return str(said["id"])


def standing(county: County, consent_id: str) -> str:
    state = county.look(lambda reading: consents.get(reading, consent_id))
    assert state is not None
    return state.standing


@pytest.mark.requirement("P2-31-01", "P2-31-12")
def test_a_refusal_that_was_told_is_seen_before_signing_and_ends_when_she_takes_it_back(
    county_desk: County, counter: Counter
) -> None:
    refusal = tell(county_desk, "hospital")
    county_desk.refused()  # what is held was looked at again
    assert SAY["rf_mark"] in counter.get().text
    counter.follow(HER)
    assert SAY["rf_first"] in unescape(counter.page.text)
    counter.follow("Read and choose together")
    assert SAY["rf_head"] in counter.page.text and SAY["rf_everybody"] in counter.page.text
    counter.fill("/read")
    assert SAY["rf_first"] in unescape(counter.page.text)
    assert (
        "would see nothing at all. Something that was refused before stands against it." in counter.page.text
    )
    counter.fill("/hand-over", pin=PIN)
    counter.fill("/sign/", name=HER, agree="yes")
    counter.take_back()
    assert [one.state for one in county_desk.intents()] == ["due"] and county_desk.refused(), (
        "what she signed does not count against it"
    )
    counter.follow("Back to their permissions")
    counter.fill("/refusal-ended", said=" ")
    assert counter.page.status_code == 400 and "REASON_MISSING" in counter.page.text
    counter.get(f"/agency/consents/{county_desk.patient_id}")
    counter.fill("/refusal-ended", said="Now I want them to know")

    assert SAY["said_refusal_ended"] in counter.page.text and SAY["rf_head"] not in counter.page.text
    assert [one.state for one in county_desk.intents()] == ["due"]
    logged = county_desk.audit("outcome")[-1].entry
    assert logged is not None and logged.subject == f"Consent/{refusal}"
    assert (logged.outcome, logged.recipient_name) == ("denial_ended", "Ana Ruiz")
    assert logged.description == "Now I want them to know"
    county_desk.deliver()
    form = {"token": counter.hidden("token"), "refusal": refusal, "said": "once more"}
    address = f"/agency/consents/{county_desk.patient_id}/refusal-ended"
    assert counter.post(address, form).status_code == 404, "it has ended"


@pytest.mark.requirement("P2-31-01")
def test_what_others_were_told_is_not_said_and_nobody_ends_it_here(
    county_desk: County, counter: Counter
) -> None:
    """That nothing would be seen is the engine's answer and no secret; who was told no is."""
    refusal = tell(county_desk, "otp")
    assert standing(county_desk, refusal) == "unverified", "it binds"
    county_desk.refused()
    assert SAY["rf_mark"] not in counter.get().text
    read(counter)
    page = unescape(counter.page.text)
    told = SAY["rf_nothing"].partition("{agency}")[2].partition("{name}")[0]
    assert told in page and SAY["rf_first"] not in page
    counter.fill("/choose")
    assert SAY["rf_head"] not in counter.page.text
    form = {"token": counter.hidden("token"), "refusal": refusal, "said": "she said so"}
    address = f"/agency/consents/{county_desk.patient_id}/refusal-ended"
    assert counter.post(address, form).status_code == 404
    assert standing(county_desk, refusal) == "unverified"


def test_a_refusal_of_the_organization_s_own_binds_as_soon_as_something_is_to_be_signed(
    county_desk: County, counter: Counter
) -> None:
    """Who has only written a client down has nothing to do with her; a form for her to sign is the first thing."""
    counter.get("/agency/consents/")
    counter.fill("/find", given="Lena", family="Ortiz", born="1990-02-28")
    counter.fill("/register", number="L-1")
    lena = counter.page.url.path.rpartition("/")[2]
    refusal = tell(county_desk, "hospital", lena, **{"class": [{"code": "Patient"}]})
    assert standing(county_desk, refusal) == "unrelated"
    counter.fill("/read", **{"see.housing.contact": "yes", "for.COC": "yes"})
    assert SAY["rf_first"] in unescape(counter.page.text), "seen before it binds"
    read_before = counter.page
    counter.fill("/hand-over", pin=PIN)
    assert "FORM_CHANGED" in counter.page.text, "it would not mean any more what was read"
    assert standing(county_desk, refusal) == "unverified"
    counter.page = read_before
    counter.fill("/choose")
    counter.fill("/read")
    assert "would see: your name and contact" not in counter.page.text


def test_a_refusal_of_an_older_store_binds_after_the_next_start(county: County) -> None:
    """Its recorder came to have to do with her before anybody looked at that."""
    county.refer()
    refusal = tell(county, "hospital")
    state = county.look(lambda reading: consents.get(reading, refusal))
    assert state is not None
    county.write(lambda tx: consents.save(tx, replace(state, standing="unrelated")))
    stranger = county.look(lambda reading: consents.get(reading, tell(county, "housing")))

    a_minute_of_housekeeping(county)

    assert standing(county, refusal) == "unverified"
    assert stranger is not None and standing(county, stranger.consent_id) == "unrelated"


def test_what_stands_in_for_a_lost_refusal_is_no_worker_s_to_end(
    county_desk: County, counter: Counter
) -> None:
    """Nobody knows what was lost: a person at the gateway looks first (`handoff requests denial-ended`)."""
    refusal = tell(county_desk, "hospital")
    address = f"/agency/consents/{county_desk.patient_id}"
    counter.get(address)
    state = county_desk.look(lambda reading: consents.get(reading, refusal))
    assert state is not None
    county_desk.write(lambda tx: consents.save(tx, replace(state, reasons='["LOST_IN_RESTORE"]')))

    counter.fill("/refusal-ended", said="Now I want them to know")

    assert counter.page.status_code == 404
    page = counter.get(address).text
    assert "was lost with a computer" in page and "/refusal-ended" not in page
    (held,) = [one.resource for one in county_desk.records("Consent") if one.id == refusal]
    assert held["status"] == "active"
    counter.get(address)
    assert SAY["rf_lost"].partition("{")[0] in unescape(counter.page.text)
    assert "refusal-ended" not in counter.page.text, "no form that it cannot be ended by"
