"""A safety plan has a choice of its own, apart from the care plan; neither takes anything from the other (DM-22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import consent
from consent.plan_classes import CARE_PLAN, RECORD_CLASSES, SAFETY_PLAN
from tests.consent.asking import tables
from tests.consent.releases import resource
from tests.consent.test_what_if import TYPES, agency, base, draft, provision

CODED = {"coding": [{"system": "urn:any", "code": "Safety-Plan"}]}
ASSESS = {"coding": [{"system": "urn:any", "code": "assess-plan"}]}


def limit(*names: str) -> dict[str, Any]:
    """The classes of a provision; those of ours by their own system."""
    own = (CARE_PLAN, SAFETY_PLAN, "other-plan")
    return {"class": [{"system": RECORD_CLASSES if one in own else TYPES, "code": one} for one in names]}


def asked_of(resources: list[dict[str, Any]], *roots: dict[str, Any]) -> consent.DisclosureRequest:
    """The clinic's question to otp-1 about these records, under these permissions and denials, one Consent each."""
    request = base(*(draft(one, f"c{number}", status="active") for number, one in enumerate(roots)))
    clinic = agency("clinic-7")
    subjects = tuple(
        consent.SubjectResource(one, f"{kind}/{one['id']}", kind, request.discloser.references)
        for one in resources
        for kind in (str(one["resourceType"]),)
    )
    return replace(request, recipient=clinic.recipient, purposes=clinic.purposes, resources=subjects)


def seen(plan: dict[str, Any], *roots: dict[str, Any]) -> bool:
    """Whether the clinic may see the plan."""
    return consent.decide(asked_of([plan], *roots), tables()).outcome != "withhold"


@pytest.mark.requirement("DM-22", "FH-CON-05")
@pytest.mark.parametrize(
    ("elements", "as_care_plan", "as_safety_plan"),
    [
        ({}, True, False),
        ({"category": [ASSESS]}, True, False),
        ({"category": [ASSESS, CODED]}, False, True),
        ({"title": "Crisis  Plan for spring"}, False, False),
        ({"category": [{"text": "Safety plan"}]}, False, False),
        ({"title": "Safety-Plan"}, False, False),
        ({"category": [{"text": "safety_planning"}]}, False, False),
        ({"category": [{"coding": [{"system": "urn:any", "code": "Safety Plan"}]}]}, False, False),
        ({"meta": {"profile": ["urn:any:StructureDefinition/SafetyPlan"]}}, False, False),
        ({"instantiatesUri": ["urn:any:safety-plan"]}, False, False),
        ({"title": "Food safety", "category": [{"text": "plan of care"}]}, True, False),
        ({"category": [{"coding": [{"code": "x", "display": "Plan de seguridad"}]}]}, False, False),
    ],
)
def test_a_permission_for_one_kind_of_plan_does_not_reach_the_other(
    elements: dict[str, Any], as_care_plan: bool, as_safety_plan: bool
) -> None:
    """What words alone call a safety plan is neither for certain: no permit of one kind reaches it, a denial does."""
    plan = resource("CarePlan", "s", **elements)
    permits = {name: provision("permit", "clinic-7", **limit(name)) for name in (CARE_PLAN, SAFETY_PLAN)}
    assert seen(plan, permits[CARE_PLAN]) is as_care_plan
    assert seen(plan, permits[SAFETY_PLAN]) is as_safety_plan
    assert seen(plan, *permits.values()) is (as_care_plan or as_safety_plan), "neither takes from the other"
    assert not seen(plan, provision("permit", "clinic-7", **limit("other-plan")))
    every = provision("permit", "clinic-7", **limit("CarePlan"))
    assert seen(plan, every), "a permit from elsewhere that names care plans reaches all, as it always did"
    no_safety = provision("deny", "clinic-7", **limit(SAFETY_PLAN))
    assert seen(plan, every, no_safety) is as_care_plan
    assert not seen(resource("Goal", "s"), permits[CARE_PLAN])


@pytest.mark.requirement("DM-22")
def test_what_was_found_of_one_plan_is_not_remembered_of_the_other() -> None:
    """Plans alike in labels and sources share a ruling: not where a consent tells them apart."""
    plans = [
        resource("CarePlan", "a"),
        resource("CarePlan", "b", category=[CODED]),
        resource("CarePlan", "c"),
    ]
    inside = resource("Task", "t", contained=[{**plans[1], "id": "inner"}])
    permit = provision("permit", "clinic-7", **limit(CARE_PLAN, "Task"))
    for resources, outcomes in ((plans, ["disclose", "withhold", "disclose"]), ([inside], ["redact"])):
        question = asked_of(resources, permit)
        compiled = consent.compile_consents(question, tables())
        for _ in range(2):
            rows = consent.decide(question, tables(), compiled).resources
            assert [row.outcome for row in rows] == outcomes
