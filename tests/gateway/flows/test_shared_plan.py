"""The shared plan through the gate: each reader gets a plan of what she may see, and of no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.care_plan import SHARED_TYPES
from gateway.flows import pull
from gateway.store import Record, records
from tests.gateway.county import OTP, County, caller, resources_of


def shared(
    county: County, partner: str, patient: str, purpose: str = "TREAT", types: Any = SHARED_TYPES
) -> bytes:
    """What `partner` gets."""
    asked = caller(partner, purpose)
    return county.run(pull.shared_plan(county.premises, asked, patient, types)).content


def without_time(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content)
    found.pop("timestamp")
    return found


@pytest.mark.requirement("FH-RED-01", "P2-13-02")
def test_a_housing_agency_gets_a_plan_of_goals_without_what_tells_of_treatment(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("CarePlan", "Goal"))

    whole = resources_of(shared(county, "otp", county.patient_id))
    content = shared(county, "housing", county.patient_id, "COC")
    part = resources_of(content)

    assert b"methadone" in shared(county, "otp", county.patient_id).lower()
    assert b"methadone" not in content.lower() and b"sunrise" not in content.lower()
    assert b"Medication" not in content, "that a plan has medicines in it tells of treatment (P2-13-01)"
    assert whole["CarePlan"][0]["title"] == part["CarePlan"][0]["title"] == "Shared care plan"
    assert len(whole["CarePlan"][0]["activity"]) >= len(part["CarePlan"][0].get("activity", ()))
    assert part["Goal"]


@pytest.mark.requirement("P2-13-02")
def test_unknown_not_permitted_and_nothing_there_are_the_same_empty_collection(county: County) -> None:
    county.share_plan()

    told = {
        json.dumps(without_time(shared(county, "housing", patient, "COC")), sort_keys=True)
        for patient in (county.patient_id, "nobody", county.own_patient_id("otp"))
    }

    assert told == {'{"resourceType": "Bundle", "type": "collection"}'}


@pytest.mark.requirement("P2-25-01")
def test_it_is_decided_and_audited_as_any_question(county: County) -> None:
    county.share_plan()
    before = len(county.audit("refuse"))
    shared(county, "housing", county.patient_id, "COC")
    assert len(county.audit("refuse")) == before + 1

    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    shared(county, "housing", county.patient_id, "COC")
    assert len(county.audit("disclose")) == 1


def test_only_what_the_token_covers_is_looked_at(county: County) -> None:
    county.share_plan()
    found = resources_of(shared(county, "otp", county.patient_id, types=("Goal",)))
    assert [plan["title"] for plan in found["CarePlan"]] == ["Shared care plan"]
    assert "activity" not in found["CarePlan"][0]


def test_she_is_found_by_the_caller_s_own_id_for_her(county: County) -> None:
    county.share_plan()
    own = shared(county, "otp", county.own_patient_id("otp"))
    assert without_time(own) == without_time(shared(county, "otp", county.patient_id))


@pytest.mark.requirement("AU-05", "DM-22")
def test_a_safety_plan_that_is_not_shown_is_not_logged_as_shown(county: County) -> None:
    county.share_plan()
    category = [{"coding": [{"system": "urn:warm-handoff:care-plan-category", "code": "safety-plan"}]}]
    for name, made in (("1", "2026-01-01"), ("2", "2026-03-01")):
        safety = {"resourceType": "CarePlan", "id": f"00000000-0000-4000-8000-00000000000{name}"}
        safety |= {"status": "active", "intent": "plan", "category": category, "created": made}
        safety["subject"] = {"reference": f"Patient/{county.patient_id}"}
        at = "2026-04-11T15:00:00.000000Z"
        row = Record("CarePlan", safety["id"], 0, county.patient_id, "otp", ("otp",), True, at, False, safety)
        county.write(lambda tx, r=row: records.save(tx, r))

    content = shared(county, "otp", county.patient_id)

    logged = county.audit("query")[-1].entry
    assert logged is not None
    names = {row.reference.split("/_history/")[0] for row in logged.resources}
    assert "CarePlan/00000000-0000-4000-8000-000000000002" in names
    assert not any(name.endswith("000000000001") for name in names)
    assert b"000000000001" not in content
