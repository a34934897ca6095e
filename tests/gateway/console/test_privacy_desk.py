"""Requests to the privacy officer, from the day they came to the letter; and what left outside the gateway."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from gateway.console.letter_words import WORDS as LETTER
from gateway.console.letter_words import what_went
from gateway.demo import person
from gateway.disclosure.accounting import account_of
from gateway.disclosure.audit_events import audit_events
from gateway.disclosure.reconcile import day_account
from gateway.flows.privacy_requests import receive, step
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import MRN, County
from tests.gateway.flows.test_same_person import hand_over

CRIME = "circumstances of the incident, name"
HOW = "by letter, with a copy of her card"


@pytest.fixture
def office(county: County) -> Browser:
    """She was referred and told about; the privacy officer is logged in."""
    county.clock.advance(NOW - timedelta(hours=1) - county.clock.now())
    county.consent("otp")
    county.refer()
    hand_over(county, county.deliver())
    return Browser(county).log_in()


def received(office: Browser, kind: str = "accounting", day: str = "2026-11-20") -> str:
    """The path of a request that came."""
    answer = office.send(
        "requests/privacy/received",
        "requests/privacy",
        kind=kind,
        patient=office.county.patient_id,
        day=day,
        reason=HOW,
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/console/")


def stepped(office: Browser, page: str, state: str, **more: str) -> int:
    fields = {"state": state, "reason": f"because of {state}", **more}
    return office.send(f"{page}/step", page, **fields).status_code


@pytest.mark.requirement("HI-528-01", "P2-25-01")
def test_an_account_is_asked_for_and_answered_by_its_day(office: Browser) -> None:
    page = received(office)
    assert "Answer by 19 Jan 2027" in office.get(page).text
    assert office.get(f"{page}/letter").status_code == 404, "no letter before a decision"
    assert [stepped(office, page, "decided", decision="granted"), stepped(office, page, "answered")] == [
        409,
        409,
    ]
    assert stepped(office, page, "checked") == 303
    assert stepped(office, page, "extended") == 303
    assert stepped(office, page, "extended") == 409
    assert "Answer by 18 Feb 2027" in office.get(page).text
    assert [stepped(office, page, "decided"), stepped(office, page, "decided", decision="maybe")] == [
        400,
        400,
    ]
    assert stepped(office, page, "decided", decision="granted") == 303

    letter = office.get(f"{page}/letter").text
    assert "Sunrise Opioid Treatment Program" in letter and "because of decided" in letter
    assert "Maribel" not in letter
    assert (
        "diagnoses, measurements and scores, your name and how to reach you" in letter
        and "1 Task" not in letter
    )
    spanish = office.get(f"{page}/letter?language=es").text
    assert '<article class="letter" lang="es">' in spanish and "Lo que se divulgó" in spanish
    assert "diagnósticos, medidas y puntajes, su nombre" in spanish and "tratamiento</td>" in spanish
    assert LETTER["en"].keys() == LETTER["es"].keys() and what_went("told by phone", "es") == "told by phone"
    assert stepped(office, page, "answered") == 303
    text = office.get(page).text
    assert "Answered</span>" in text and "Kim Officer" in text and HOW in text
    assert "Nothing waits for an answer" in office.get("requests/privacy").text
    assert "Granted" not in office.get("requests/privacy").text
    assert "granted" in office.get("requests/privacy?state=all").text
    log = [one.row.outcome for one in office.county.audit("outcome")]
    assert log[-5:] == [
        "request_received", "request_checked", "request_extended", "request_granted", "request_answered",
    ]  # fmt: skip


@pytest.mark.requirement("P2-24-01")
def test_days_are_counted_and_what_is_late_is_said(office: Browser) -> None:
    page = received(office, "intermediary_list", "2026-10-01")

    assert "Overdue" in office.get(page).text and "Overdue" in office.get("requests/privacy").text
    assert "1 request of a person to be answered by 31 Oct 2026" in office.get("").text
    assert stepped(office, page, "extended") == 400, "its rule knows no extension"


def test_what_cannot_be_recorded_is_refused(office: Browser) -> None:
    fields = {"kind": "accounting", "patient": office.county.patient_id, "day": "2026-11-20", "reason": HOW}
    for change, status in (
        ({"kind": "subpoena"}, 400),
        ({"patient": ""}, 400),
        ({"patient": "nobody"}, 404),
        ({"day": "2026-11-23"}, 400),
        ({"day": "2020-01-01"}, 400),
        ({"day": "soon"}, 400),
        ({"reason": " "}, 400),
    ):
        answer = office.send("requests/privacy/received", "requests/privacy", **{**fields, **change})
        assert answer.status_code == status, change
    assert office.get("requests/privacy/nothing").status_code == 404
    page = received(office, "complaint")
    assert stepped(office, page, "checked") == 303
    assert ">We do not agree</option>" in office.get(page).text, "nothing is granted by a complaint"
    assert stepped(office, page, "decided", decision="partly") == 303
    assert "<strong>We agree in part</strong>" in office.get(page).text
    assert "<h1>Complaint: we agree in part</h1>" in office.get(f"{page}/letter").text
    assert "<h1>Queja: estamos de acuerdo en parte</h1>" in office.get(f"{page}/letter?language=es").text
    office.log_in("Ada Auditor", "auditor")
    assert 'name="reason"' not in office.get(page).text
    assert stepped(office, page, "answered") == 403


@pytest.mark.requirement("P2-12-06", "P2-12-07", "P2-61-01", "ST-04")
def test_what_left_outside_the_gateway_stands_in_the_account_and_is_sent_nowhere(office: Browser) -> None:
    patient = office.county.patient_id
    page = office.get("requests/outside").text
    assert "Handled outside the gateway by the privacy officer" in page
    fields = {
        "basis": "COURT_ORDER",
        "patient": patient,
        "day": "2026-11-10",
        "recipient": "Superior Court, Maricopa County",
        "address": "201 W Jefferson St, Phoenix",
        "what": "attendance dates of March",
        "reference": "order CV-2026-1, section 2.64",
        "reason": "counsel and the medical director agreed",
    }
    asked = office.send("requests/outside/record", "requests/outside", **fields).text
    assert "Yes, record it" in asked and "hipaa" not in asked
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.split("<main")[1]))
    again = {name: html.unescape(value) for name, value in hidden.items()}
    before = office.county.states()
    done = office.ask("POST", "/console/requests/outside/record", data=again)

    assert done.status_code == 303 and office.county.states() == before
    rows = office.get(f"patients/{patient}?law=hipaa&as=csv").text.splitlines()
    assert len(rows) == 2 and rows[1].startswith("2026-11-10") and "Superior Court" in rows[1]
    assert "COURT_ORDER" in rows[1] and ",outside," in rows[1]
    logged = office.county.audit("disclose")[-1]
    events = audit_events(logged, office.county.premises.network)
    assert [one["resourceType"] for one in events] == ["AuditEvent"]
    assert office.get(f"decisions/{logged.row.seq}").status_code == 200
    zone = office.county.premises.network.zone
    account = office.county.look(lambda reading: day_account(reading, NOW.date(), zone))
    assert account.adds_up
    for basis in ("CRIME_REPORT", "CHILD_ABUSE_REPORT"):
        report = {**fields, "basis": basis, "confirmed": "yes"}
        said = fields["what"]
        if basis == "CRIME_REPORT":
            more_than_allowed = office.send("requests/outside/record", "requests/outside", **report)
            assert more_than_allowed.status_code == 400 and "NOT_OF_A_CRIME_REPORT" in more_than_allowed.text
            report, said = {**report, "what": "", "told.incident": "yes", "told.name": "yes"}, CRIME
        assert office.send("requests/outside/record", "requests/outside", **report).status_code == 303
        told = office.county.audit("disclose")[-1].entry
        assert told is not None and (told.basis, told.description) == (basis, said)
        assert (told.resources, told.bytes_sha256, told.partner) == ((), None, ""), (
            "a report carries no records"
        )
    assert office.county.states() == before
    # Part 2 knows no exception for reports about adults, and no duty to warn
    for change, status in (
        ({"basis": "CONSENT"}, 400),
        ({"basis": "ADULT_ABUSE_REPORT"}, 400),
        ({"basis": "DUTY_TO_WARN"}, 400),
        ({"what": ""}, 400),
        ({"day": "2026-11-23"}, 400),
    ):
        wrong = {**fields, **change, "confirmed": "yes"}
        assert office.send("requests/outside/record", "requests/outside", **wrong).status_code == status


@pytest.mark.requirement("P2-26-01")
def test_a_restriction_ends_without_the_person_for_what_is_newer_alone(office: Browser) -> None:
    said = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    said["provision"]["type"] = "deny"
    restricted, premises = str(office.county.record("hospital", said).resource["id"]), office.county.premises
    asked_for = office.county.run(
        receive(premises, "restriction", office.county.patient_id, "2026-11-20", HOW, "Kim")
    )
    for state, decision in (("checked", ""), ("decided", "partly")):
        office.county.run(step(premises, asked_for["request"], state, HOW, "Kim", decision))
    act, page = "requests/privacy/restriction-ended", "requests/privacy"
    fields = {"consent": restricted, "day": "2026-11-20", "reason": HOW}
    asked = office.send(act, page, **fields).text
    assert "It goes on for every record of that day" in asked and "Yes, end it" in asked
    assert "dataPeriod" not in str(office.county.records("Consent")), "only asked so far"
    done = office.send(act, page, confirmed="yes", **fields)
    assert done.status_code == 303 and done.headers["location"].endswith(office.county.patient_id)
    (kept,) = [one for one in office.county.records("Consent") if one.id == restricted]
    assert kept.resource["provision"]["dataPeriod"] == {"end": "2026-11-20"}
    entry = office.county.audit("outcome")[-1].entry
    assert entry is not None and "Kim Officer" in entry.description and HOW in entry.description
    office.log_in("Ada Auditor", "auditor")
    assert office.send(act, page, confirmed="yes", **fields).status_code == 403


@pytest.mark.requirement("AU-02")
def test_what_left_outside_is_recorded_once_however_often_it_is_sent(office: Browser) -> None:
    fields = {
        "basis": "COURT_ORDER",
        "patient": office.county.patient_id,
        "day": "2026-11-20",
        "recipient": "Superior Court",
        "address": "1 Main Street",
        "what": "two pages",
        "reference": "order CV-2026-1",
        "reason": "order of the court",
    }

    def confirmed() -> dict[str, str]:
        asked = office.send("requests/outside/record", "requests/outside", **fields).text
        form = asked.split("<main")[1]
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        return {name: html.unescape(value) for name, value in hidden.items()}

    def sent(form: dict[str, str]) -> int:
        assert office.ask("POST", "/console/requests/outside/record", data=form).status_code == 303
        told = [one.entry for one in office.county.audit() if one.entry is not None]
        lines = account_of(told, "all", office.county.clock.now())
        return sum(one.times for one in lines if one.basis == "COURT_ORDER")

    form = confirmed()
    assert [sent(form), sent(form)] == [1, 1]
    assert sent(confirmed()) == 2, "filled in anew it is another one"
    without = {name: value for name, value in form.items() if name != "once"}
    assert [sent(without), sent(without)] == [3, 3], "nor does a form without its id count twice"
