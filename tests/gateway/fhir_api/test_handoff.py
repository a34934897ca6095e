"""`ServiceRequest/$handoff`: the steps of a warm hand-off through the whole door, and what each side may learn."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.audit import newest
from gateway.store import AuditFilter, patients
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Api, said

OTP, HOSPITAL = "otp TREAT", "hospital TREAT"
AT = "2026-04-11T14:30:00Z"


def step(name: str, **more: str) -> dict[str, Any]:
    kinds = {"worker": "valueString", "reason": "valueString", "at": "valueDateTime", "outcome": "valueCode"}
    listed = [{"name": "step", "valueCode": name}]
    listed += [{"name": key, kinds[key]: value} for key, value in more.items()]
    return {"resourceType": "Parameters", "parameter": listed}


MET = step("first-contact", worker="Ana Ruiz, RN", at=AT)


class Loop:
    """A referral of the hospital's that the program has."""

    def __init__(self, county: County) -> None:
        self.county, self.api = county, Api(county)
        county.refer()
        county.consent()
        county.deliver()
        (self.request,) = county.records("ServiceRequest")

    def say(self, who: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        return self.api.ask(who, "POST", f"/fhir/ServiceRequest/{self.request.id}/$handoff", body, **headers)

    @property
    def status(self) -> str:
        return str(self.county.task().resource["status"])


@pytest.fixture
def loop(county: County) -> Loop:
    return Loop(county)


@pytest.mark.requirement("DM-20", "SD-02", "SD-06")
def test_a_handoff_from_accepting_to_its_outcome(loop: Loop) -> None:
    accepted = loop.say(OTP, step("accept"))
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert loop.say(OTP, MET).json()["status"] == "accepted"  # one side's word is not yet a contact
    assert loop.say(HOSPITAL, MET).status_code == 200
    assert loop.status == "in-progress"
    met = [one for one in loop.county.task().resource["output"] if one["type"]["text"] == "First contact"]
    assert len(met) == 2
    words = loop.county.records("Communication")
    assert {one.sources for one in words} == {("otp",), ("hospital",)}
    assert {one.resource["sender"]["display"] for one in words} == {"Ana Ruiz, RN"}
    closed = loop.say(OTP, step("close", outcome="served"))
    assert (closed.status_code, closed.json()["status"]) == (200, "completed")
    assert loop.status == "completed"
    assert {c["code"] for c in loop.county.task().resource["businessStatus"]["coding"]} == {"7.0", "served"}


@pytest.mark.requirement("DM-20")
def test_the_sender_may_confirm_first(loop: Loop) -> None:
    assert loop.say(HOSPITAL, MET).status_code == 200
    loop.say(OTP, step("accept"))
    assert loop.status == "accepted"
    assert loop.say(OTP, MET).status_code == 200
    assert loop.status == "in-progress"


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_the_sender_learns_nothing_of_a_hidden_answer(
    loop: Loop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = County(tmp_path_factory.mktemp("other"))
    try:
        quiet = Loop(other)
        loop.say(OTP, step("accept"))
        loop.say(OTP, MET)
        answers = []
        for one in (loop, quiet):
            told = [one.say(HOSPITAL, MET), one.say(HOSPITAL, step("accept")), one.say(HOSPITAL, MET)]
            ids = {one.request.id: "R", one.county.task().id: "T", one.county.patient_id: "P"}
            texts = []
            for answer in told:
                status, _, text = said(answer)
                for known, name in ids.items():
                    text = text.replace(known, name)
                body = answer.json()
                texts.append(
                    (status, body.get("status"), body.get("output"), len(text), body["resourceType"])
                )
            answers.append(texts)
        assert answers[0] == answers[1]
        assert loop.status == "in-progress"
        assert quiet.status == "requested"
    finally:
        other.close()


@pytest.mark.requirement("SD-02")
@pytest.mark.parametrize(
    ("before", "body"),
    [
        ([], MET),
        ([], step("close", outcome="served")),
        ([step("accept")], step("close", outcome="served")),
        ([step("accept"), step("close", outcome="waitlist", reason="full until May")], step("accept")),
        ([step("accept"), step("close", outcome="waitlist", reason="full until May")], MET),
    ],
)
def test_a_step_that_cannot_follow_is_a_conflict(loop: Loop, before: list[Any], body: dict[str, Any]) -> None:
    for one in before:
        assert loop.say(OTP, one).status_code == 200
    was = loop.county.task()
    answer = loop.say(OTP, body)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (409, "conflict")
    assert loop.county.task() == was
    assert not [one for one in loop.county.records("Communication") if one.source_partner == "otp"]


@pytest.mark.requirement("SD-06")
def test_closing_without_having_served_says_why(loop: Loop) -> None:
    loop.say(OTP, step("accept"))
    assert loop.say(OTP, step("close", outcome="unreachable")).status_code == 422
    answer = loop.say(OTP, step("close", outcome="unreachable", reason="three calls, no answer"))
    assert (answer.status_code, loop.status) == (200, "failed")
    assert loop.county.task().resource["statusReason"]["text"] == "three calls, no answer"


def test_if_match_is_the_version_of_the_task(loop: Loop) -> None:
    tag = loop.say(OTP, step("accept")).headers["etag"]
    assert loop.say(OTP, MET, If_Match='W/"old"').status_code == 412
    assert loop.say(OTP, MET, If_Match=tag).status_code == 200


@pytest.mark.requirement("P2-13-02")
def test_who_has_no_part_in_it_finds_nothing(loop: Loop) -> None:
    answers = {
        said(loop.api.ask(who, "POST", f"/fhir/ServiceRequest/{name}/$handoff", MET))
        for who in ("housing COC", "psychiatry TREAT")
        for name in (loop.request.id, "none")
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert loop.say(HOSPITAL, step("accept")).status_code == 403  # its own referral, another's answer


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Task"},
        {"resourceType": "Parameters"},
        step("dance"),
        step("accept", worker="Ana"),
        step("first-contact", worker="Ana"),
        step("first-contact", worker="Ana", at="2026-04-11"),
        step("first-contact", worker="Ana", at="2027-04-11T14:30:00Z"),
        step("first-contact", worker="x" * 201, at=AT),
        step("first-contact", worker=" ", at=AT),
        step("close", outcome="vanished", reason="x"),
        {"resourceType": "Parameters", "parameter": [{"name": "step", "valueCode": "accept"}] * 2},
    ],
)
def test_a_step_is_understood_or_refused(loop: Loop, body: dict[str, Any]) -> None:
    loop.say(OTP, step("accept"))
    assert loop.say(OTP, body).status_code == 422
    assert loop.status == "accepted"


@pytest.mark.requirement("AU-01", "P2-13-02")
@pytest.mark.parametrize("body", [step("accept"), MET])
def test_a_step_on_what_may_not_be_seen_is_in_the_log(loop: Loop, body: dict[str, Any]) -> None:
    county = loop.county
    county.write(lambda tx: patients.doubt(tx, county.patient_id))
    assert loop.say(OTP, body).status_code == 404
    found = county.look(lambda reading: newest(reading, 50, AuditFilter(kind="refuse")))
    reasons = [{one.code for one in each.entry.reasons} for each in found if each.entry is not None]
    assert [one for one in reasons if "HANDOFF_OF_ANOTHER" in one] == [{"HANDOFF_OF_ANOTHER"}]
