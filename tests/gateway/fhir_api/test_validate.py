"""`$validate`: every fault with its place, and nothing is kept or asked of anybody."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from tests.gateway.fhir_api.conftest import Door

PLAN = {
    "resourceType": "CarePlan",
    "status": "active",
    "intent": "plan",
    "subject": {"reference": "Patient/p1"},
}


def issues(door: Door, resource: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    path = f"/fhir/{kind or resource['resourceType']}/$validate"
    answer = door.post_resource("POST", path, resource)
    assert answer.status_code == 200, answer.text
    assert door.flows.asked == [], "it is nobody's business but the sender's"
    found: list[dict[str, Any]] = answer.json()["issue"]
    return found


def test_a_sound_resource_is_said_to_be_so(door: Door) -> None:
    for resource in (PLAN, person.consent("otp", "housing", "COC", identifier=("urn:x", "1"))):
        (one,) = issues(door, resource)
        assert (one["severity"], one["details"]["coding"][0]["code"]) == ("information", "VALID")


def test_a_profile_that_is_not_checked_is_said_to_be_so(door: Door) -> None:
    """`nothing was found wrong` would be read as of the profile (HL7 FHIR 4.0.1, resource-operation-validate)."""
    core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-careplan"
    own = "http://hl7.org/fhir/StructureDefinition/CarePlan"
    named = [{"name": "resource", "resource": PLAN}, {"name": "profile", "valueUri": core}]
    answers = [
        door.post_resource("POST", f"/fhir/CarePlan/$validate?profile={core}", PLAN),
        door.post_resource(
            "POST", "/fhir/CarePlan/$validate", {"resourceType": "Parameters", "parameter": named}
        ),
        door.post_resource("POST", f"/fhir/CarePlan/$validate?profile={own}", PLAN),
    ]
    assert [one.status_code for one in answers] == [422, 422, 200]
    assert answers[1].json()["issue"][0]["details"]["coding"][0]["code"] == "PROFILE_NOT_CHECKED"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"status": "purple"}, "RESOURCE_CODE_INVALID", "CarePlan.status"),
        ({"intent": None}, "RESOURCE_STRUCTURE", "CarePlan.intent"),
        ({"period": {"start": "2026-02-30"}}, "RESOURCE_VALUE", "CarePlan.period.start"),
        ({"elsewhere": 1}, "RESOURCE_STRUCTURE", "CarePlan.elsewhere"),
        ({"activity": [{"detail": {}}]}, "RESOURCE_STRUCTURE", "CarePlan.activity[0].detail"),
    ],
)
def test_a_fault_is_told_with_its_place(door: Door, change: dict[str, Any], code: str, place: str) -> None:
    (one,) = issues(door, {**PLAN, **change})
    assert one["severity"] == "error"
    assert one["details"]["coding"] == [{"system": "urn:warm-handoff:error", "code": code}]
    assert one["expression"] == [place]


def test_all_faults_are_told_at_once_each_at_its_place(door: Door) -> None:
    wrong = {
        **PLAN,
        "status": "purple",
        "elsewhere": 1,
        "category": [{"text": "ok"}, {"coding": [{"code": 7}, {"cod": "x"}]}],
        "contained": [{"resourceType": "Goal"}, {"resourceType": "Nothing"}],
        "period": {"start": "yesterday", "end": []},
        "goal": [],
    }
    assert {one["expression"][0] for one in issues(door, wrong)} == {
        "CarePlan.elsewhere",
        "CarePlan.status",
        "CarePlan.category[1].coding[0].code",
        "CarePlan.category[1].coding[1].cod",
        "CarePlan.contained[0].description",
        "CarePlan.contained[0].subject",
        "CarePlan.contained[1].resourceType",
        "CarePlan.period.start",
        "CarePlan.period.end",
        "CarePlan.goal",
    }


@pytest.mark.requirement("P2-31-01")
def test_what_the_law_misses_in_a_consent_is_told_before_it_is_signed(door: Door) -> None:
    made = person.consent("otp", "housing", "COC", identifier=("urn:x", "1"))
    del made["provision"]["purpose"]
    found = issues(door, made)
    assert {one["severity"] for one in found} == {"warning"}
    assert any("2.31" in one["details"]["text"] for one in found)
    assert all(one["expression"][0].startswith("Consent.") for one in found if "expression" in one)


@pytest.mark.requirement("DM-21")
def test_what_a_goal_lacks_is_told_and_is_no_fault(door: Door) -> None:
    goal: dict[str, Any] = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "A place of my own"},
        "subject": {"reference": "Patient/p1"},
        "expressedBy": {"reference": "Patient/p1"},
    }
    found = issues(door, goal)
    assert {(one["severity"], one["code"]) for one in found} == {("information", "incomplete")}
    assert [(one["details"]["coding"][0]["code"], one["expression"]) for one in found] == [
        ("GOAL_WITHOUT_MEASURE", ["Goal.target.measure"]),
        ("GOAL_WITHOUT_DATE", ["Goal.target.dueDate"]),
        ("GOAL_WITHOUT_PROGRESS", ["Goal.achievementStatus"]),
    ]
    (one,) = issues(door, {**goal, "lifecycleStatus": "completed"})
    assert one["details"]["coding"][0]["code"] == "VALID", "what is over lacks nothing"


def test_it_may_be_wrapped_in_parameters(door: Door) -> None:
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": PLAN}]}
    (one,) = issues(door, wrapped, "CarePlan")
    assert one["severity"] == "information"
    answer = door.post_resource("POST", "/fhir/CarePlan/$validate", {"resourceType": "Parameters"})
    assert answer.status_code == 400


def test_another_type_than_the_address_says_is_a_fault(door: Door) -> None:
    (one,) = issues(door, PLAN, "Consent")
    assert one["details"]["coding"][0]["code"] == "RESOURCE_TYPE_UNEXPECTED"


@pytest.mark.requirement("SM-02")
def test_only_who_may_send_it_and_only_what_is_served(door: Door) -> None:
    assert door.post_resource("POST", "/fhir/CarePlan/$validate", PLAN, token=None).status_code == 401
    token = door.token("system/CarePlan.rs")
    assert door.post_resource("POST", "/fhir/CarePlan/$validate", PLAN, token=token).status_code == 403
    assert door.post_resource("POST", "/fhir/Basic/$validate", {"resourceType": "Basic"}).status_code == 404
