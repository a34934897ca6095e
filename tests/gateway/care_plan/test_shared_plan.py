"""One plan out of several agencies' parts: nobody's part is overwritten, and what contradicts is shown."""

from __future__ import annotations

import copy
import random
from importlib import import_module
from typing import Any

import pytest

from consent.plan_classes import SAFETY_PLAN_CODES as OF_CONSENT
from gateway.care_plan import parts_to_show, shared_plan
from gateway.care_plan.merge import CONTRIBUTED_IN
from gateway.care_plan.parts import SAFETY_PLAN_CODES

AT = "2026-04-11T15:00:00.000000Z"
SUBJECT = {"reference": "Patient/p1"}
OTP, HOUSING = {"reference": "Organization/otp"}, {"reference": "Organization/housing"}
Json = dict[str, Any]


def concept(code: str) -> Json:
    return {"coding": [{"system": "urn:test", "code": code}]}


def plan(name: str, author: Json, *activities: Json, **more: Any) -> Json:
    made = {"resourceType": "CarePlan", "id": name, "status": "active", "intent": "plan", "subject": SUBJECT}
    made |= {"author": author}
    return {**made, **({"activity": list(activities)} if activities else {}), **more}


def activity(code: str, status: str = "in-progress", **more: Any) -> Json:
    return {"detail": {"code": concept(code), "status": status, **more}}


def goal(name: str, code: str, **more: Any) -> Json:
    made = {"resourceType": "Goal", "id": name, "lifecycleStatus": "active", "subject": SUBJECT}
    return {**made, "description": concept(code), **more}


def target(code: str, due: str, **more: Any) -> Json:
    return {"measure": concept(code), "dueDate": due, **more}


def medicine(name: str, by: Json, code: str, dose: float, kind: str = "MedicationRequest") -> Json:
    place = "dosageInstruction" if kind == "MedicationRequest" else "dosage"
    quantity = {"value": dose, "unit": "mg"}
    made = {"resourceType": kind, "id": name, "status": "active", "intent": "order", "subject": SUBJECT}
    made |= {"medicationCodeableConcept": concept(code), "requester": by}
    return {**made, place: [{"doseAndRate": [{"doseQuantity": quantity}]}]}


def appointment(name: str, start: str, end: str, status: str = "booked") -> Json:
    return {"resourceType": "Appointment", "id": name, "status": status, "start": start, "end": end}


def order(name: str, by: Json, code: str, status: str = "active", **more: Any) -> Json:
    made = {"resourceType": "ServiceRequest", "id": name, "status": status, "intent": "order"}
    return {**made, "subject": SUBJECT, "requester": by, "code": concept(code), **more}


def conflicts(*resources: Json) -> list[tuple[str, str, tuple[str, ...]]]:
    """Rule, severity and what is implicated of each conflict in the shared plan."""
    return [
        (
            issue["code"]["coding"][0]["code"],
            issue["severity"],
            tuple(one["reference"] for one in issue["implicated"]),
        )
        for issue in shared_plan(resources, AT)
        if issue["resourceType"] == "DetectedIssue"
    ]


def valid(resource: Any) -> None:
    """Nothing, when it is valid FHIR R4."""
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    model.model_validate(resource)


def test_parts_of_all_agencies_stand_in_one_plan_each_with_where_it_comes_from() -> None:
    theirs = plan("a", OTP, activity("dosing"), goal=[{"reference": "Goal/g"}])
    ours = plan("b", HOUSING, activity("lease"), {"reference": {"reference": "ServiceRequest/r"}})
    parts = [theirs, ours, goal("g", "housed"), order("r", HOUSING, "visit")]
    before = copy.deepcopy(parts)

    merged, *rest = shared_plan(parts, AT)

    assert [
        (one.get("detail", {}).get("code") or one["reference"], one["extension"][-1])
        for one in merged["activity"]
    ] == [
        (concept("dosing"), {"url": CONTRIBUTED_IN, "valueReference": {"reference": "CarePlan/a"}}),
        (concept("lease"), {"url": CONTRIBUTED_IN, "valueReference": {"reference": "CarePlan/b"}}),
        (
            {"reference": "ServiceRequest/r"},
            {"url": CONTRIBUTED_IN, "valueReference": {"reference": "CarePlan/b"}},
        ),
    ]
    assert merged["contributor"] == [OTP, HOUSING]
    assert merged["goal"] == [{"reference": "Goal/g"}]
    assert merged["supportingInfo"] == [{"reference": "CarePlan/a"}, {"reference": "CarePlan/b"}]
    assert merged["subject"] == SUBJECT
    assert rest[:4] == parts == before, "the contributions themselves are as they came"
    valid(merged)


def test_the_same_parts_make_the_same_plan_in_any_order_of_conflicts() -> None:
    parts = [
        plan("a", OTP, activity("x"), activity("y", "completed")),
        plan("b", HOUSING, activity("x", doNotPerform=True), activity("y")),
        medicine("m", OTP, "methadone", 60),
        medicine("n", HOUSING, "methadone", 80),
    ]
    found = conflicts(*parts)
    for seed in range(5):
        shuffled = parts[:]
        random.Random(seed).shuffle(shuffled)
        assert conflicts(*shuffled) == found
    assert [rule for rule, _, _ in found] == ["PLANNED_AND_PROHIBITED", "MEDICINES_DIFFER", "STATUS_DIFFERS"]


def test_of_nothing_nothing_is_made() -> None:
    assert shared_plan([], AT) == ()


def test_a_lone_order_is_a_part_of_the_plan_too() -> None:
    merged, *_ = shared_plan([order("r", OTP, "visit")], AT)

    assert [one["reference"]["reference"] for one in merged["activity"]] == ["ServiceRequest/r"]


@pytest.mark.requirement("DM-22")
def test_the_latest_safety_plan_stands_apart_and_older_ones_are_gone() -> None:
    category = [concept("safety-plan")]
    old = plan("s1", OTP, activity("breathe"), category=category, created="2026-01-01")
    new = plan("s2", OTP, activity("walk"), category=category, created="2026-03-01")
    withdrawn = plan("s3", OTP, category=category, created="2026-04-01", status="revoked")
    parts = [old, plan("a", OTP, activity("dosing")), new, withdrawn]

    made = shared_plan(parts, AT)

    assert [one["id"] for one in made[1:]] == ["s2", "a"]
    assert [one["detail"]["code"] for one in made[0]["activity"]] == [concept("dosing")]


@pytest.mark.requirement("DM-22")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"created": "2026-04-01T09:00:00Z"}, {"created": "2026-04-01T08:00:00-07:00"}),
        ({"created": "2026-04-02", "status": "draft"}, {"created": "2026-04-01"}),
        ({"created": "2019-01-01"}, {"meta": {"lastUpdated": "2026-04-01T00:00:00Z"}}),
        ({"created": "nobody knows"}, {"created": "2019-01-01"}),
    ],
)
def test_the_later_one_in_force_is_shown(one: Json, other: Json) -> None:
    category = [concept("safety-plan")]
    parts = [plan("older", OTP, category=category, **one), plan("later", OTP, category=category, **other)]
    for given in (parts, parts[::-1]):
        assert [shown["id"] for shown in parts_to_show(given)] == ["later"]


@pytest.mark.requirement("DM-22")
def test_both_rooms_know_a_safety_plan_by_the_same_codes() -> None:
    assert SAFETY_PLAN_CODES == OF_CONSENT


@pytest.mark.requirement("DM-26")
def test_what_was_replaced_or_has_ended_is_no_part_of_the_plan_any_more() -> None:
    parts = [
        plan("old", OTP, activity("inpatient"), status="completed"),
        plan("new", OTP, activity("outpatient"), replaces=[{"reference": "CarePlan/old"}]),
        order("r1", OTP, "residential", status="revoked"),
        order("r2", OTP, "day-program", replaces=[{"reference": "ServiceRequest/r1"}]),
        plan("c", HOUSING, activity("lease", "completed")),
    ]

    merged = shared_plan(parts, AT)[0]

    held = [one["extension"][-1]["valueReference"]["reference"] for one in merged["activity"]]
    assert held == ["CarePlan/new", "ServiceRequest/r2"]
    assert conflicts(*parts) == []


@pytest.mark.requirement("DM-26")
def test_a_replaced_order_that_is_still_open_is_told() -> None:
    parts = [
        order("r1", OTP, "residential"),
        order("r2", HOUSING, "x", replaces=[{"reference": "ServiceRequest/r1"}]),
    ]
    assert conflicts(*parts) == [
        ("REPLACED_STILL_OPEN", "moderate", ("ServiceRequest/r1", "ServiceRequest/r2"))
    ]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (activity("x"), activity("x", doNotPerform=True), ("PLANNED_AND_PROHIBITED", "high")),
        (activity("x"), activity("x", "stopped"), ("STATUS_DIFFERS", "moderate")),
        (activity("x"), activity("x", "scheduled"), ("PLANNED_TWICE", "low")),
        (activity("x"), activity("y"), None),
        (activity("x", "completed"), activity("x", "completed"), None),
        (activity("x"), activity("x", "entered-in-error"), None),
        (
            {"detail": {"status": "in-progress", "description": "x"}},
            {"detail": {"status": "stopped", "description": "x"}},
            None,
        ),
    ],
)
def test_two_agencies_activities(one: Json, other: Json, found: tuple[str, str] | None) -> None:
    told = conflicts(plan("a", OTP, one), plan("b", HOUSING, other))
    assert told == ([(*found, ("CarePlan/a", "CarePlan/b"))] if found else [])


def test_one_agency_that_ends_and_plans_anew_does_not_contradict_itself() -> None:
    assert conflicts(plan("a", OTP, activity("x"), activity("x", "completed"))) == []
    assert conflicts(plan("a", OTP, activity("x")), plan("b", OTP, activity("x"))) == []


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        ({"lifecycleStatus": "completed"}, {}, ["GOAL_STATUS_DIFFERS"]),
        (
            {"achievementStatus": concept("achieved")},
            {"achievementStatus": concept("worsening")},
            ["GOAL_STATUS_DIFFERS"],
        ),
        ({"target": [target("rent", "2026-06-01")]}, {"target": [target("rent", "2026-06-01")]}, []),
        (
            {"target": [target("rent", "2026-06-01")]},
            {"target": [target("rent", "2026-09-01")]},
            ["GOAL_TARGETS_DIFFER"],
        ),
        ({"target": [target("rent", "2026-06-01")]}, {"target": [target("job", "2026-09-01")]}, []),
        ({"lifecycleStatus": "entered-in-error"}, {}, []),
    ],
)
def test_two_agencies_goals(one: Json, other: Json, rules: list[str]) -> None:
    told = conflicts(goal("g1", "housed", **one), goal("g2", "housed", **other))
    assert [rule for rule, _, _ in told] == rules


@pytest.mark.parametrize(
    ("kind", "dose", "rules"),
    [
        ("MedicationRequest", 80, ["MEDICINES_DIFFER"]),
        ("MedicationStatement", 80, ["MEDICINES_DIFFER"]),
        ("MedicationRequest", 60, ["MEDICINE_ORDERED_TWICE"]),
        ("MedicationStatement", 60, []),
    ],
)
def test_two_agencies_medicines(kind: str, dose: float, rules: list[str]) -> None:
    told = conflicts(medicine("m1", OTP, "methadone", 60), medicine("m2", HOUSING, "methadone", dose, kind))
    assert [rule for rule, _, _ in told] == rules


def test_the_words_of_a_dose_alone_are_no_contradiction() -> None:
    one, other = (medicine(n, OTP, "methadone", 60) for n in ("m1", "m2"))
    other["dosageInstruction"][0]["text"] = "with water"
    assert conflicts(one, other) == []


def test_appointments_at_the_same_time_are_told_also_behind_a_long_one() -> None:
    morning = appointment("a", "2026-05-01T09:00:00-07:00", "2026-05-01T12:00:00-07:00")
    short = appointment("b", "2026-05-01T09:30:00-07:00", "2026-05-01T10:00:00-07:00")
    late = appointment("c", "2026-05-01T18:30:00Z", "2026-05-01T20:00:00Z")  # 11:30 there
    free = appointment("d", "2026-05-01T13:00:00-07:00", "2026-05-01T14:00:00-07:00")
    off = appointment("e", "2026-05-01T13:00:00-07:00", "2026-05-01T14:00:00-07:00", "cancelled")
    odd = appointment("f", "soon", "later")
    told = conflicts(morning, short, late, free, off, odd)
    assert [between for _, _, between in told] == [
        ("Appointment/a", "Appointment/b"),
        ("Appointment/a", "Appointment/c"),
    ]


def test_what_is_made_is_as_sensitive_as_what_it_is_made_of() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "SUD"}
    parts = [
        plan("a", OTP, activity("x"), meta={"security": [label]}),
        plan("b", HOUSING, activity("x")),
    ]
    made = shared_plan(parts, AT)
    assert made[0]["meta"]["security"] == [label]
    (issue,) = (one for one in made if one["resourceType"] == "DetectedIssue")
    assert issue["meta"]["security"] == [label]
    valid(issue)


@pytest.mark.requirement("DM-21")
def test_what_a_goal_lacks_is_said_and_a_part_of_one_is_not_judged() -> None:
    whole = goal(
        "g1",
        "housed",
        target=[target("rent", "2026-06-01")],
        expressedBy=SUBJECT,
        achievementStatus=concept("improving"),
    )
    bare, seen_in_part = goal("g2", "job"), goal("g3", "school", meta={"tag": [{"code": "SUBSETTED"}]})
    ended = goal("g4", "moved", lifecycleStatus="completed")
    worked_on = plan("a", OTP, activity("x", goal=[{"reference": "Goal/g1"}]))

    outcome = shared_plan([whole, bare, seen_in_part, ended, worked_on], AT)[-1]

    assert [
        (issue["details"]["coding"][0]["code"], issue["expression"][0]) for issue in outcome["issue"]
    ] == [
        ("GOAL_WITHOUT_MEASURE", "Goal/g2.target.measure"),
        ("GOAL_WITHOUT_DATE", "Goal/g2.target.dueDate"),
        ("GOAL_WITHOUT_OWNER", "Goal/g2.expressedBy"),
        ("GOAL_WITHOUT_PROGRESS", "Goal/g2.achievementStatus"),
        ("GOAL_WITHOUT_ACTIVITY", "Goal/g2"),
    ]
    valid(outcome)


@pytest.mark.requirement("DM-21")
def test_nobody_is_told_that_nothing_is_done_who_does_not_see_the_plans() -> None:
    part = plan("a", OTP, meta={"tag": [{"code": "SUBSETTED"}]})
    for parts in ([goal("g", "job")], [goal("g", "job"), part]):
        codes = {issue["details"]["coding"][0]["code"] for issue in shared_plan(parts, AT)[-1]["issue"]}
        assert "GOAL_WITHOUT_MEASURE" in codes
        assert "GOAL_WITHOUT_ACTIVITY" not in codes
