"""Emergency access on the console: the queue, a finding on each use, and a month that two people look through."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.audit import find_by_request
from gateway.errors import AlreadyReceived
from gateway.flows.emergency_reviews import first_day, month_of, sign_month
from gateway.store import emergency_uses
from gateway.store.emergency_uses import EmergencyUse
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County
from tests.gateway.flows.test_emergency import FACILITY, NATURE, known, opened, sound

__all__ = ["known"]
MONTH = "emergency?month=2026-10"


@pytest.fixture
def reviewing(known: County) -> Browser:
    """The hospital used emergency access once, on 31 October (the network's time); it is three weeks later."""
    county = known
    county.clock.advance(NOW - timedelta(days=22) - county.clock.now())
    opened(county, sound())
    return Browser(county)


def use_of(browser: Browser) -> EmergencyUse:
    (use,) = browser.county.look(lambda reading: emergency_uses.opened_between(reading, "2026", "2027", 9))
    return use


def found(browser: Browser, finding: str, reason: str = "asked the attending physician") -> int:
    use = use_of(browser)
    page = f"emergency/{use.id}"
    return browser.send(f"{page}/finding", page, finding=finding, reason=reason).status_code


def signed(browser: Browser, name: str, reason: str = "one use, as stated") -> int:
    browser.log_in(name)
    return browser.send("emergency/month", MONTH, month="2026-10", reason=reason).status_code


@pytest.mark.requirement("P2-51-02")
def test_the_queue_says_what_is_overdue_and_one_use_what_was_stated(reviewing: Browser) -> None:
    text = reviewing.log_in().get("emergency").text
    one = reviewing.get(f"emergency/{use_of(reviewing).id}").text

    assert "Overdue</span></td><th" in text and "October 2026" in text
    assert FACILITY in one and NATURE in one and "Dr. Ada Lindqvist" in one
    assert "Maribel" not in one + text
    assert reviewing.reads()[-1].row.patient_id == reviewing.county.patient_id


def test_an_auditor_sees_the_queue_and_neither_the_nature_nor_a_form(reviewing: Browser) -> None:
    reviewing.log_in("Ada Auditor", "auditor")
    page = f"emergency/{use_of(reviewing).id}"
    text = reviewing.get(page).text

    assert NATURE not in text and 'name="finding"' not in text
    answer = reviewing.send(f"{page}/finding", page, finding="emergency_justified", reason="looks right")
    assert answer.status_code == 403 and "ROLE_NOT_ENTITLED" in answer.text
    assert not use_of(reviewing).review_seq


@pytest.mark.requirement("P2-51-02")
def test_a_finding_is_an_entry_with_the_persons_name_and_closes_the_use_once(reviewing: Browser) -> None:
    reviewing.log_in()
    assert found(reviewing, "emergency_follow_up", "waiting for the chart") == 303
    assert not use_of(reviewing).review_seq, "it stays in the queue"
    assert found(reviewing, "emergency_not_justified") == 303

    use = use_of(reviewing)
    entries = reviewing.county.look(lambda reading: find_by_request(reading, use.id))
    told = [
        (one.row.outcome, one.entry.recipient_name, one.entry.description)
        for one in entries
        if one.entry is not None and one.row.kind == "outcome"
    ]
    assert told == [
        ("emergency_follow_up", "Kim Officer", "waiting for the chart"),
        ("emergency_not_justified", "Kim Officer", "asked the attending physician"),
    ]
    assert use.review_seq == entries[-1].row.seq
    text = reviewing.get(f"emergency/{use.id}").text
    assert 'name="finding"' not in text and "Not justified" in text
    token = {"token": re.findall(r'name="token" value="([^"]+)"', text)[0]}
    again = {**token, "finding": "emergency_justified", "reason": "changed my mind"}
    answer = reviewing.ask("POST", f"/console/emergency/{use.id}/finding", data=again)
    assert "USE_REVIEWED" in answer.text and use_of(reviewing).review_seq == use.review_seq


def test_a_finding_needs_its_words_and_must_be_one_of_the_three(reviewing: Browser) -> None:
    reviewing.log_in()

    assert found(reviewing, "emergency_justified", "ok") == 400
    assert found(reviewing, "emergency_excused") == 400
    assert not use_of(reviewing).review_seq


@pytest.mark.requirement("P2-51-02")
def test_a_month_takes_two_people_and_every_finding(reviewing: Browser) -> None:
    reviewing.log_in()
    assert "when each use has its finding" in reviewing.get(MONTH).text
    assert found(reviewing, "emergency_justified") == 303
    assert "not yet looked through by two people" in reviewing.get("").text, "its ten days are over"

    assert signed(reviewing, "Kim Officer") == 303
    assert signed(reviewing, " kim  OFFICER") == 409, "the same login in other letters"
    assert "Kim Officer signed first" in reviewing.get(MONTH).text
    assert signed(reviewing, "Lee Second") == 303

    text = reviewing.log_in().get(MONTH).text
    assert "Two people have looked it through: Kim Officer on" in text and "Lee Second" in text
    assert "Sign as" not in text
    assert "not yet looked through" not in reviewing.get("").text


def test_a_month_that_goes_on_or_has_no_use_cannot_be_signed(reviewing: Browser) -> None:
    reviewing.log_in()
    page = f"emergency/{use_of(reviewing).id}"
    for month, code in (
        ("2026-11", "MONTH_NOT_OVER"),
        ("2026-09", "NOTHING_TO_REVIEW"),
        ("2026-13", "MONTH_UNKNOWN"),
        ("2026-10", "USES_OPEN"),
    ):
        answer = reviewing.send("emergency/month", page, month=month, reason="looked it through")
        assert code in answer.text and answer.status_code == 400


def test_no_form_is_taken_without_its_token_or_from_elsewhere(reviewing: Browser) -> None:
    reviewing.log_in()
    path = f"/console/emergency/{use_of(reviewing).id}/finding"
    fields = {"finding": "emergency_justified", "reason": "looks right"}

    assert reviewing.ask("POST", path, data=fields).status_code == 403
    assert reviewing.ask("POST", path, data={**fields, "token": "x"}).status_code == 403
    assert not use_of(reviewing).review_seq


@pytest.mark.requirement("P2-51-02")
def test_a_link_and_a_provider_s_login_may_be_one_person_whatever_the_names(reviewing: Browser) -> None:
    reviewing.log_in()
    assert found(reviewing, "emergency_justified") == 303
    county = reviewing.county

    def sign(by: str) -> None:
        county.run(sign_month(county.premises, "2026-10", "looked through", by))

    sign("Kim Officer [kim-7]")
    for maybe_she in ("kim officer", "Another Name", "Kim O. [kim-7]"):
        with pytest.raises(AlreadyReceived, match="SECOND_PERSON_IS_FIRST"):
            sign(maybe_she)
    zone = county.premises.network.zone
    assert not county.look(lambda reading: month_of(reading, first_day("2026-10"), zone)).is_reviewed
    sign("Kim Second [kim-8]")
    assert county.look(lambda reading: month_of(reading, first_day("2026-10"), zone)).is_reviewed
