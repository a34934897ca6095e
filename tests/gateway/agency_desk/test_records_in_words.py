"""Records as a worker reads them: nothing that is over reads as if it were not, and every hour has its zone."""

from __future__ import annotations

from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.agency_desk.days import day_in_words, in_words
from gateway.agency_desk.phrases import CATALOGUE
from gateway.agency_desk.records_in_words import cards
from gateway.flows.own_records import fullest
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import safety_plan
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_meetings import meeting
from tests.gateway.county import County

PHOENIX = ZoneInfo("America/Phoenix")


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "urn:x", "code": code}]}


def lines_of(*resources: dict[str, Any]) -> dict[str, list[tuple[tuple[str, str], ...]]]:
    return {card.kind: list(card.entries) for card in cards(resources)}


@pytest.mark.requirement("DM-02", "DM-04", "DM-21", "DM-22")
def test_what_was_stopped_is_over_or_is_missing_is_said() -> None:
    dose = {
        "doseAndRate": [{"doseQuantity": {"value": 60, "unit": "mg"}}],
        "timing": {"code": {"text": "daily"}},
    }
    given = {"dosage": {"dose": {"value": 60, "unit": "mg"}}, "effectiveDateTime": "2026-04-12T02:00:00Z"}
    name = {"medicationCodeableConcept": {"text": "Methadone"}}
    came = {"code": {"text": "Came this week"}}
    found = lines_of(
        {"resourceType": "MedicationStatement", **name, "status": "stopped", "dosage": [dose]},
        {"resourceType": "MedicationAdministration", **name, "status": "not-done", **given},
        {"resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"}, "clinicalStatus": coded("active"),
         "reaction": [{"manifestation": [{"text": "Hives"}]}]},
        {"resourceType": "Condition", "code": {"text": "Depression"}, "clinicalStatus": coded("resolved"),
         "verificationStatus": coded("confirmed")},
        {"resourceType": "Observation", **came, "valueBoolean": False},
        {"resourceType": "Observation", "code": {"text": "Pressure"},
         "component": [{"code": {"text": "upper"}, "valueQuantity": {"value": 120}}]},
        {"resourceType": "Goal", "id": "g", "description": {"text": "A home"}},
        {"resourceType": "OperationOutcome", "issue": [
            {"details": coded("GOAL_WITHOUT_DATE"), "expression": ["Goal/g.target.dueDate"]},
            {"details": coded("GOAL_WITHOUT_ACTIVITY"), "expression": ["Goal/g"]}]},
        safety_plan()["entry"][1]["resource"],
        {"resourceType": "CarePlan", "title": "Shared care plan", "description": "said by each agency already"},
        {"resourceType": "DetectedIssue", "code": coded("PLANNED_TWICE")},
    )  # fmt: skip

    assert next(iter(found)) == "SafetyPlan" and "CarePlan" not in found
    assert found["SafetyPlan"] == [(("step_coping", "walk round the block twice"), ("when", "2026-04-10"))]
    assert found["MedicationStatement"] == [
        (("code_of", "Methadone"), ("status", "stopped"), ("value", "60 mg · daily"))
    ]
    assert found["MedicationAdministration"][0][1:3] == (("status", "not-done"), ("value", "60 mg"))
    assert found["AllergyIntolerance"] == [
        (("code_of", "Penicillin"), ("status", "active"), ("reaction", "Hives"))
    ]
    assert found["Condition"] == [(("code_of", "Depression"), ("status", "resolved"))]
    assert [entry[1][1] for entry in found["Observation"]] == ["no", "upper: 120"]
    assert found["Goal"] == [(("goal", "A home"), ("lacks", "GOAL_WITHOUT_DATE GOAL_WITHOUT_ACTIVITY"))]
    assert found["DetectedIssue"] == [(("conflict", "PLANNED_TWICE"),)]
    keys = {key for entries in found.values() for entry in entries for key, _ in entry}
    for say in CATALOGUE.values():
        assert not [one for one in (*keys, *(f"kind_{kind}" for kind in found)) if one not in say]
        assert say["state_stopped"] != say["state_active"] != say["state_resolved"]


def test_days_and_hours_are_those_of_the_zone() -> None:
    assert ">April 11, 2026<" in day_in_words("2026-04-12T02:00:00.000000Z", "en", PHOENIX)
    assert ">12 de abril de 2026<" in day_in_words("2026-04-12", "es", PHOENIX)
    assert day_in_words("2026-13-40 <b>", "en", PHOENIX) == "2026-13-40 &lt;b&gt;"
    assert in_words("2026-04-12T19:05:00Z", PHOENIX, "en") == "Sunday 2026-04-12 12:05 PM MST"
    assert in_words("2026-04-12T07:05:00Z", PHOENIX, "es") == "domingo 2026-04-12 12:05 a. m. MST"
    assert in_words("at noon", PHOENIX, "en") == "at noon"
    assert in_words("2026-04-12T09:00", PHOENIX, "en") == "2026-04-12T09:00", "of no zone nothing is guessed"


def test_a_worker_reads_an_appointment_in_the_hour_of_her_county(
    desk: County, waiting: str, browser: Browser
) -> None:
    meeting(desk, start="2026-04-13T16:30:00Z", end="2026-04-13T17:00:00Z", status="pending")
    desk.share_plan()
    browser.log_in()
    page = unescape(browser.get(f"/agency/plans/{waiting}").text)
    assert ">April 13, 2026</time> 9:30 AM MST" in page and "16:30" not in page
    assert "Not yet sure" in page and "pending" not in page
    assert "Aún no es seguro" in browser.get(f"/agency/plans/{waiting}", **{"accept-language": "es"}).text


def test_a_client_sent_once_more_by_her_number_alone_keeps_her_name(county: County) -> None:
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    meeting(county)
    counter = Counter(county)
    counter.log_in()
    assert "Maribel Testperson" in counter.get(f"/agency/consents/{county.patient_id}").text
    known = [one.resource for one in county.records("Patient")]
    assert len(known) == 2, "by HL7 v2 with her name, and once more without"
    assert fullest(known) is fullest(known[::-1]) and "name" in fullest(known)
