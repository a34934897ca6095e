"""What a goal still lacks to be one that people can work towards: specific, measurable, with a date (DM-21)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.care_plan.parts import Resource, reference_of, rows, standing_of

_SUBSETTED = "SUBSETTED"


def goal_warnings(goals: Sequence[Resource], plans: Sequence[Resource]) -> tuple[Resource, ...]:
    """An OperationOutcome that names what open goals lack; nothing where none lacks anything.

    A goal of which the reader sees only a part (tag `SUBSETTED`) is not judged: what is missing may be withheld.
    """
    worked_on = {reference_of(goal) for goal in goals} if not plans or any(map(_is_part, plans)) else set()
    worked_on |= {
        str(goal.get("reference", ""))
        for plan in plans
        for activity in rows(plan.get("activity"))
        for goal in rows(activity.get("detail", {}).get("goal"))
    }
    issues = [
        {
            "severity": "information",
            "code": "incomplete",
            "details": {
                "coding": [{"system": "urn:warm-handoff:goal-warning", "code": code}],
                "text": words,
            },
            "expression": [f"{reference_of(goal)}.{place}" if place else reference_of(goal)],
        }
        for goal in goals
        if standing_of(goal) == "open" and not _is_part(goal)
        for code, place, words in _lacking(goal, worked_on)
    ]
    return ({"resourceType": "OperationOutcome", "issue": issues},) if issues else ()


def goal_lacks(goal: Resource) -> tuple[tuple[str, str, str], ...]:
    """Code, place in the goal, and words of what an open goal lacks that is looked at by itself."""
    return () if standing_of(goal) != "open" else tuple(_lacking(goal, None))


def _is_part(resource: Resource) -> bool:
    return any(tag.get("code") == _SUBSETTED for tag in resource.get("meta", {}).get("tag", ()))


def _lacking(goal: Resource, worked_on: set[str] | None) -> Iterable[tuple[str, str, str]]:
    """Code, place in the goal, and words; None: who works on what is not looked at."""
    targets = rows(goal.get("target"))
    if not any("measure" in target for target in targets):
        yield "GOAL_WITHOUT_MEASURE", "target.measure", "How will you know that it is reached?"
    if not any("dueDate" in target or "dueDuration" in target for target in targets):
        yield "GOAL_WITHOUT_DATE", "target.dueDate", "By when?"
    if "expressedBy" not in goal:
        yield "GOAL_WITHOUT_OWNER", "expressedBy", "Whose goal is it?"
    if "achievementStatus" not in goal:
        yield "GOAL_WITHOUT_PROGRESS", "achievementStatus", "How far has it come?"
    if worked_on is not None and reference_of(goal) not in worked_on:
        yield "GOAL_WITHOUT_ACTIVITY", "", "What is being done about it?"
