"""`Patient/$accounting` and `Consent/$what-if`, through the whole door."""

from __future__ import annotations

import threading
import tracemalloc
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from gateway.demo import person
from gateway.errors import NotUnderstood
from gateway.flows.what_if_asked import what_if_asked
from gateway.resources import check_resource
from tests.gateway.county import OTP, County
from tests.gateway.disclosure.twins import Api, said
from tests.gateway.disclosure.unsteady import unsteady

HOUSING_COC = "housing COC"


def account(county: County, who: str, query: str = "", patient: str = "") -> dict[str, Any]:
    patient = patient or county.patient_id
    answer = Api(county).ask(who, "GET", f"/fhir/Patient/{patient}/$accounting{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shared_with_housing(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal",))
    assert county.search("housing", "Goal", None, "COC", patient=county.patient_id)["total"] == 2


@pytest.mark.requirement("AU-02", "P2-25-01")
def test_a_discloser_gets_the_account_of_its_own_disclosures(county: County) -> None:
    shared_with_housing(county)
    (entry,) = account(county, "otp TREAT")["entry"]
    event = entry["resource"]
    assert check_resource(event) == ()
    housing = county.premises.network.partners["housing"].organization.name
    assert event["agent"][1]["who"]["display"] == housing
    assert event["entity"][0]["description"] == "2 Goal"
    assert event["purposeOfEvent"][0]["coding"][0]["code"] == "COC"
    told = {one["type"]: one["valueString"] for one in event["entity"][0]["detail"]}
    assert (told["legal-basis"], told["outcome"]) == ("CONSENT", "pulled")
    assert account(county, "otp TREAT", "?law=part2") == account(county, "otp TREAT")
    assert "entry" not in account(county, "otp TREAT", "?law=hipaa")  # by her written permission


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_nobody_is_told_of_another_s_disclosures(county: County) -> None:
    shared_with_housing(county)
    empty = {
        said(Api(county).ask(who, "GET", f"/fhir/Patient/{patient}/$accounting"))
        for who in (HOUSING_COC, "psychiatry TREAT", "hospital TREAT")
        for patient in (county.patient_id, "nobody")
    }
    assert len(empty) == 1
    assert "entry" not in next(iter(empty))[2]


@pytest.mark.requirement("P2-13-02", "FH-RED-04")
def test_a_part_2_program_that_asked_is_not_named_to_who_has_not_sent_it_there(county: County) -> None:
    county.refer()
    county.consent()
    county.deliver()
    assert county.search("otp", "ServiceRequest", None, patient=county.patient_id)["total"] == 1
    assert "entry" not in account(county, "hospital TREAT")
    (pulled,) = [one for one in county.audit("disclose") if one.entry and not one.entry.subject]
    assert pulled.row.partner == "otp"  # which the whole account has


def test_a_law_is_one_of_three_and_the_asking_is_logged(county: County) -> None:
    shared_with_housing(county)
    api = Api(county)
    wrong = api.ask("otp TREAT", "GET", f"/fhir/Patient/{county.patient_id}/$accounting?law=intermediary")
    assert wrong.status_code == 422
    answer = api.ask("otp TREAT", "GET", f"/fhir/Patient/{county.patient_id}/$accounting")
    (logged,) = [one for one in county.audit("query") if one.row.request_id == answer.headers["x-request-id"]]
    assert logged.entry is not None and logged.entry.subject == "accounting"


@pytest.mark.parametrize("patient", ["a/b", "x" * 65, "a%20b"])
def test_an_id_of_impossible_form_is_no_patient(county: County, patient: str) -> None:
    assert Api(county).ask("otp TREAT", "GET", f"/fhir/Patient/{patient}/$accounting").status_code in (
        400,
        404,
    )


# --------------------------------------------------------------------------------------------------- what if


def draft(**changes: Any) -> dict[str, Any]:
    made = person.consent("otp", "housing", "COC", identifier=OTP, classes=("Goal",))
    return {**made, "dateTime": "2026-03-01T10:00:00-07:00", "status": "draft", **changes}


def parameters(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(listed)}


@pytest.mark.requirement("P2-31-01")
def test_what_a_draft_would_permit_is_told_in_sentences(county: County) -> None:
    api = Api(county)
    answer = api.ask("otp TREAT", "POST", "/fhir/Consent/$what-if", draft())
    assert answer.status_code == 200, answer.text
    sentences = [one["valueString"] for one in answer.json()["parameter"]]
    assert any("would see" in one and "goals" in one for one in sentences), sentences
    asked = parameters({"name": "draft", "resource": draft()}, {"name": "language", "valueCode": "es"})
    spanish = api.ask("otp TREAT", "POST", "/fhir/Consent/$what-if", asked)
    assert any("vería" in one["valueString"] for one in spanish.json()["parameter"])


@pytest.mark.requirement("P2-13-02")
def test_what_if_tells_nothing_of_anybody(county: County) -> None:
    before = said(Api(county).ask("housing COC", "POST", "/fhir/Consent/$what-if", draft()))
    shared_with_housing(county)
    assert said(Api(county).ask("housing COC", "POST", "/fhir/Consent/$what-if", draft())) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Goal"},
        {"resourceType": "Consent", "status": "draft"},
        parameters(),
        parameters({"name": "draft", "valueString": "x"}),
        parameters({"name": "draft", "resource": draft()}, {"name": "draft", "resource": draft()}),
        parameters({"name": "draft", "resource": draft()}, {"name": "language", "valueCode": "tlh"}),
        draft(provision={"type": "permit"}),
    ],
)
def test_a_draft_that_cannot_be_read_is_refused(county: County, sent: dict[str, Any]) -> None:
    assert Api(county).ask("otp TREAT", "POST", "/fhir/Consent/$what-if", sent).status_code == 422


def test_a_draft_that_names_too_many_is_refused(county: County) -> None:
    sent = draft()
    provision = sent["provision"]
    while "actor" not in provision:
        provision = provision["provision"][0]
    (actor, *_) = provision["actor"]
    provision["actor"] = [
        {**actor, "reference": {"reference": f"Organization/a{number}"}} for number in range(101)
    ]
    answer = Api(county).ask("otp TREAT", "POST", "/fhir/Consent/$what-if", sent)
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "AGENCIES_TOO_MANY"


def test_every_operation_of_our_own_is_declared_and_defined(county: County) -> None:
    models = pytest.importorskip("fhir.resources.R4B.operationdefinition")
    api = Api(county)
    told = api.ask("", "GET", "/fhir/metadata").json()["rest"][0]["resource"]
    ours = [
        one["definition"]
        for kind in told
        for one in kind.get("operation", ())
        if one["definition"].startswith("http://gateway.test") or "//hl7.org" not in one["definition"]
    ]
    assert len(ours) >= 4
    for address in ours:
        answer = api.ask("", "GET", "/fhir/" + address.partition("/fhir/")[2])
        assert answer.status_code == 200, address
        models.OperationDefinition.model_validate(answer.json())


def test_what_is_asked_of_very_many_is_counted_before_it_is_made(county: County) -> None:
    """A draft of a few kilobytes that names every agency for every purpose would be hundreds of megabytes."""
    number = 300
    sent = draft()
    sent["provision"] = {
        "type": "permit",
        "actor": [
            {"role": {"text": "r"}, "reference": {"reference": f"Organization/a{one}"}}
            for one in range(number)
        ],
        "purpose": [{"system": "urn:x:purpose", "code": f"P{one}"} for one in range(number)],
    }
    tracemalloc.start()
    try:
        with pytest.raises(NotUnderstood, match="AGENCIES_TOO_MANY"):
            what_if_asked(sent, county.clock.now())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < number * number * 100  # less than a hundred bytes for each of what was never made


class _NotedTime(datetime):
    """An instant that notes in which threads it was looked at."""

    threads: ClassVar[set[int]] = set()

    def astimezone(self, tz: Any = None) -> Any:
        self.threads.add(threading.get_ident())
        return super().astimezone(tz)


def test_what_if_is_worked_out_beside_the_event_loop(county: County) -> None:
    now = county.clock.now()
    noted = _NotedTime(now.year, now.month, now.day, now.hour, tzinfo=UTC)
    county.clock._at = noted
    _NotedTime.threads.clear()
    assert Api(county).ask("otp TREAT", "POST", "/fhir/Consent/$what-if", draft()).status_code == 200
    assert _NotedTime.threads - {threading.get_ident()}


@pytest.mark.requirement("AU-02", "P2-25-01")
def test_an_answer_that_was_never_given_is_not_told(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal",))
    steady = county.premises
    county.premises = unsteady(steady, county.patient_id, 3, after=True)
    assert county.search("housing", "Goal", None, "COC", patient=county.patient_id)["total"] == 2
    county.premises = steady
    assert len(county.audit("disclose")) > 1
    (entry,) = account(county, "otp TREAT")["entry"]
    details = {one["type"]: one["valueString"] for one in entry["resource"]["entity"][0]["detail"]}
    assert details["times"] == "1"
    assert details["request-id"] == county.audit("disclose")[-1].row.request_id
