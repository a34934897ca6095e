"""A safety plan made by one crisis team reaches the next, where she permits it: it is what the plan is for (DM-22)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mappings
from consent.plan_classes import SAFETY_PLAN_CODES
from gateway.cli.release_command import packaged_mapping
from gateway.disclosure.release_questions import released_bytes
from tests.gateway.disclosure.test_release_questions import consent_for, question

SAMPLE = Path(mappings.__file__).parent / "formats/crisis/event/samples/mobile_team.json"
CRISIS_LINE = "Organization/crisis-1"


def plan_made() -> dict[str, Any]:
    """The safety plan as the shipped mapping translates it."""
    mapping, key = packaged_mapping("crisis/event"), mappings.PUBLISHED_TEST_KEY
    made = mappings.translate(
        mapping, SAMPLE.read_bytes(), partner="crisis", id_key=key, zone="America/Phoenix"
    )
    (plan,) = (dict(r) for r in made.resources if r["resourceType"] == "CarePlan")
    return {**plan, "subject": {"reference": "Patient/p1"}}


def released(category: str) -> bytes | None:
    """What a partner of this kind gets of the plan under a consent for care plans."""
    asked = question(
        recipient={"references": [CRISIS_LINE], "standing": ["community"], "category": category},
        directory=[{"resourceType": "Organization", "id": "crisis-1", "name": "County Crisis Line"}],
        consents=[consent_for(CRISIS_LINE, "CarePlan")],
        discloser={"references": ["Organization/mobile-1"]},
        policy={"packs": ["hipaa"], "part2_sources": [], "zone": "America/Phoenix"},
        resources=[plan_made()],
    )
    return released_bytes(json.dumps(asked).encode(), packaged_mapping)


@pytest.mark.requirement("DM-22", "DM-11")
def test_a_crisis_line_gets_the_safety_plan_that_a_mobile_team_sent() -> None:
    content = released("crisis")
    assert content is not None
    (plan,) = (
        entry["resource"]
        for entry in json.loads(content)["entry"]
        if entry["resource"]["resourceType"] == "CarePlan"
    )
    assert {step["detail"]["description"] for step in plan["activity"]} == {
        step["detail"]["description"] for step in plan_made()["activity"]
    }


@pytest.mark.requirement("DM-22")
def test_it_is_told_apart_from_other_care_plans_by_its_category() -> None:
    codes = {coding["code"] for concept in plan_made()["category"] for coding in concept["coding"]}
    assert codes & SAFETY_PLAN_CODES


def test_a_food_pantry_gets_nothing_of_it() -> None:
    assert released("food") is None
