"""The shared plan: a CarePlan that gathers what agencies contributed, without overwriting any agency's part.

Made of what its reader may see, after the gate: whoever may see less gets a plan of less. Each activity names the
contribution it stands in; the safety plan stands apart; contradictions are shown beside it (design.md, "Care plan
shared"; DM-20 to DM-22).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.care_plan.conflicts import Conflict, conflicts_among
from gateway.care_plan.goals import goal_warnings
from gateway.care_plan.parts import (
    Item,
    Resource,
    is_safety_plan,
    items_of,
    reference_of,
    replaced_by_others,
    rows,
    standing_of,
)
from gateway.resources.searching import read_date

SHARED_TYPES = (
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Goal",
    "MedicationRequest",
    "MedicationStatement",
    "ServiceRequest",
)
"""What a shared plan is made of."""

CONTRIBUTED_IN = "urn:warm-handoff:contributed-in"
"""Extension of an activity: the CarePlan or order in which an agency contributed it."""
CONFLICT_CODES = "urn:warm-handoff:plan-conflict"
MERGED_TITLE = "Shared care plan"
_CURRENT = frozenset({"draft", "active", "on-hold", "unknown"})


def is_merged(resource: Resource) -> bool:
    """Whether it is the plan that `shared_plan` has made, and so says nothing that the contributions do not."""
    return resource["resourceType"] == "CarePlan" and resource.get("title") == MERGED_TITLE


def shared_plan(resources: Sequence[Resource], at: str) -> tuple[Resource, ...]:
    """The merged CarePlan first, then the latest safety plan, the contributions as they are, the conflicts as
    DetectedIssues, and what goals still lack as an OperationOutcome.

    `resources`: what the reader may see of one person, of `SHARED_TYPES`; `at`: an instant, ISO 8601 UTC. Without
    anything to merge there is no merged CarePlan; of nothing, nothing is made.
    """
    parts = parts_to_show(resources)
    plans = [one for one in parts if one["resourceType"] == "CarePlan"]
    safety = [plan for plan in plans if is_safety_plan(plan)]
    shown = [one for one in parts if one not in safety]
    gone = replaced_by_others(shown)
    current = [p for p in plans if not is_safety_plan(p) and _is_current(p, gone)]
    orders = {
        reference_of(one): one
        for one in shown
        if one["resourceType"] == "ServiceRequest" and reference_of(one) not in gone
    }
    items = items_of(current, orders)
    goals = [one for one in shown if one["resourceType"] == "Goal" and standing_of(one) != "void"]
    found = conflicts_among(items, shown)
    merged = _merged(current, items, goals, at)
    return (*merged, *safety, *shown, *_issues(found, shown, at), *goal_warnings(goals, current))


def _is_current(plan: Resource, replaced: Mapping[str, str]) -> bool:
    return plan.get("status") in _CURRENT and reference_of(plan) not in replaced


def parts_to_show(resources: Sequence[Resource]) -> list[Resource]:
    """`resources` in order without safety plans that have ended or that a later one has taken the place of (DM-22).

    What is left out here is released to nobody, so it is left out before anything is logged as shown.
    """
    safety = [one for one in resources if one["resourceType"] == "CarePlan" and is_safety_plan(one)]
    current = [plan for plan in safety if plan.get("status") in _CURRENT]
    latest = max(current, key=_how_late, default=None)
    return [one for one in resources if one is latest or not any(one is plan for plan in safety)]


def _how_late(plan: Resource) -> tuple[bool, datetime]:
    """By what is in force before drafts, then by when it was made, or else by when it was last written."""
    for told in (plan.get("created"), plan.get("meta", {}).get("lastUpdated")):
        span = read_date(str(told), UTC)
        if span is not None:
            return plan.get("status") == "active", span[0]
    return plan.get("status") == "active", datetime.min.replace(tzinfo=UTC)


def _merged(
    current: Sequence[Resource], items: Sequence[Item], goals: Sequence[Resource], at: str
) -> tuple[Resource, ...]:
    held = (*current, *goals)
    if not held and not items:
        return ()
    references = [reference_of(part) for part in held] + [item.holder for item in items]
    plan: dict[str, Any] = {"resourceType": "CarePlan", "id": _derived_id(references)}
    plan |= _labels(held)
    plan |= {"status": "active", "intent": "plan", "title": MERGED_TITLE}
    subjects = [part["subject"] for part in held if "subject" in part]
    if subjects:
        plan["subject"] = (
            {"reference": subjects[0]["reference"]} if "reference" in subjects[0] else subjects[0]
        )
    plan["created"] = at
    plan |= _unless_empty("contributor", _once(item for part in current for item in _contributors(part)))
    plan |= _unless_empty("supportingInfo", [{"reference": reference_of(part)} for part in current])
    plan |= _unless_empty("goal", [{"reference": reference_of(goal)} for goal in goals])
    plan |= _unless_empty("activity", [_activity(item) for item in items if item.standing != "ended"])
    return (plan,)


def _activity(item: Item) -> Mapping[str, Any]:
    told = {"url": CONTRIBUTED_IN, "valueReference": {"reference": item.holder}}
    return {**item.activity, "extension": [*item.activity.get("extension", ()), told]}


def _contributors(plan: Resource) -> list[Mapping[str, Any]]:
    return [*rows(plan.get("author")), *rows(plan.get("contributor"))]


def _once(references: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for one in references:
        found.setdefault(str(one.get("reference", one.get("display", ""))), one)
    return list(found.values())


def _unless_empty(name: str, values: Sequence[Any]) -> Mapping[str, Any]:
    """FHIR JSON knows no empty array."""
    return {name: list(values)} if values else {}


def _labels(parts: Iterable[Resource]) -> Mapping[str, Any]:
    """Every security label of what it is made of: a summary is as sensitive as its most sensitive part (DS4P)."""
    found = {
        (label.get("system", ""), label.get("code", "")): label
        for part in parts
        for label in part.get("meta", {}).get("security", ())
    }
    return {"meta": {"security": [found[key] for key in sorted(found)]}} if found else {}


def _issues(found: Iterable[Conflict], shown: Sequence[Resource], at: str) -> list[Resource]:
    """The conflicts as FHIR R4 DetectedIssues, each as sensitive as what contradicts itself in it."""
    held = {reference_of(resource): resource for resource in shown}
    issues: list[Resource] = []
    for conflict in found:
        parts = [held[reference] for reference in conflict.between]
        coding = {"system": CONFLICT_CODES, "code": conflict.rule}
        issue: dict[str, Any] = {"resourceType": "DetectedIssue"}
        issue |= {"id": _derived_id([conflict.rule, *conflict.between]), **_labels(parts)}
        issue |= {"status": "preliminary", "code": {"coding": [coding], "text": conflict.words}}
        issue |= {"severity": conflict.severity, "identifiedDateTime": at}
        issue["implicated"] = [{"reference": reference} for reference in conflict.between]
        issues.append(issue)
    return issues


def _derived_id(parts: Sequence[str]) -> str:
    """An id that is the same for the same parts, in UUID form (version 8, RFC 9562)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
