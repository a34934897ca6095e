"""Where contributions contradict each other. Shown to people, never settled here (design.md, "Care plan shared").

Two things are the same when they carry the same code; what has no code is compared with nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, TypeVar

from gateway.care_plan.parts import (
    Code,
    Item,
    Resource,
    codes_of,
    contributor_of,
    reference_of,
    replaced_by_others,
    rows,
    standing_of,
)

Part = TypeVar("Part")
Severity = Literal["high", "moderate", "low"]

_WORDS: Mapping[str, tuple[Severity, str]] = {
    "PLANNED_AND_PROHIBITED": ("high", "One agency plans what another says must not be done. Ask both before acting."),
    "MEDICINES_DIFFER": ("high", "The same medicine is listed with different doses. Ask who prescribes it."),
    "MEDICINE_ORDERED_TWICE": ("high", "Two agencies prescribe the same medicine. Ask whether both are meant."),
    "STATUS_DIFFERS": ("moderate", "One agency has ended what another still plans. Ask which is right."),
    "GOAL_STATUS_DIFFERS": ("moderate", "Agencies say different things about where the same goal stands."),
    "GOAL_TARGETS_DIFFER": ("moderate", "Agencies set different targets or dates for the same goal."),
    "APPOINTMENTS_OVERLAP": ("moderate", "Two appointments are at the same time. One must be moved."),
    "REPLACED_STILL_OPEN": ("moderate", "This has been replaced and is still open. Ask that the old one be ended."),
    "PLANNED_TWICE": ("low", "Two agencies plan the same. Agree who does it."),
}  # fmt: skip

_BOOKED = frozenset({"booked", "pending", "arrived", "checked-in"})
_DOSE = ("timing", "asNeededBoolean", "asNeededCodeableConcept", "route", "doseAndRate", "maxDosePerPeriod")


@dataclass(frozen=True, slots=True)
class Conflict:
    """One contradiction: its rule, and the resources (`Type/id`) that contradict each other."""

    rule: str
    between: tuple[str, ...]

    @property
    def severity(self) -> Severity:
        """As in FHIR R4 DetectedIssue.severity."""
        return _WORDS[self.rule][0]

    @property
    def words(self) -> str:
        """What it is and what to do, without any content of the record."""
        return _WORDS[self.rule][1]


def conflicts_among(items: Sequence[Item], resources: Sequence[Resource]) -> tuple[Conflict, ...]:
    """Every contradiction, the gravest first, then in a fixed order."""
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(str(resource["resourceType"]), []).append(resource)
    medicines = by_type.get("MedicationRequest", []) + by_type.get("MedicationStatement", [])
    found = {
        *_of_items(items),
        *_of_goals(by_type.get("Goal", [])),
        *_of_medicines(medicines),
        *_of_appointments(by_type.get("Appointment", [])),
        *_of_replaced(resources),
    }
    order = list(_WORDS)
    return tuple(sorted(found, key=lambda conflict: (order.index(conflict.rule), conflict.between)))


def _of_items(items: Sequence[Item]) -> Iterable[Conflict]:
    for same in _by_code(items, lambda item: item.codes):
        still = [item for item in same if item.standing == "open"]
        barred = [item for item in same if item.standing == "prohibited"]
        ended = [item for item in same if item.standing == "ended" and _by_others(item, still)]
        if still and barred:
            yield _conflict("PLANNED_AND_PROHIBITED", (item.holder for item in (*still, *barred)))
        elif still and ended:
            yield _conflict("STATUS_DIFFERS", (item.holder for item in (*still, *ended)))
        elif len({item.contributor or item.holder for item in still}) > 1:
            yield _conflict("PLANNED_TWICE", (item.holder for item in still))


def _by_others(item: Item, those: Sequence[Item]) -> bool:
    """Whether somebody else than the contributor of `item` is among `those`."""
    return any((other.contributor or other.holder) != (item.contributor or item.holder) for other in those)


def _of_goals(goals: Sequence[Resource]) -> Iterable[Conflict]:
    told = [goal for goal in goals if standing_of(goal) != "void"]
    for same in _by_code(told, lambda goal: codes_of(goal.get("description"))):
        if len({_standing_told(goal) for goal in same}) > 1:
            yield _conflict("GOAL_STATUS_DIFFERS", map(reference_of, same))
        still = [goal for goal in same if standing_of(goal) == "open"]
        targets: dict[Code, set[str]] = {}
        for goal in still:
            for target in rows(goal.get("target")):
                said = {name: value for name, value in target.items() if name != "measure"}
                for code in codes_of(target.get("measure")):
                    targets.setdefault(code, set()).add(_written(said))
        if any(len(said) > 1 for said in targets.values()):
            yield _conflict("GOAL_TARGETS_DIFFER", map(reference_of, still))


def _standing_told(goal: Resource) -> tuple[str, frozenset[Code]]:
    return standing_of(goal), codes_of(goal.get("achievementStatus"))


def _of_medicines(medicines: Sequence[Resource]) -> Iterable[Conflict]:
    taken = [one for one in medicines if one.get("status") == "active" and standing_of(one) == "open"]
    for same in _by_code(taken, lambda one: codes_of(one.get("medicationCodeableConcept"))):
        doses = {dose for dose in map(_dose, same) if dose}
        ordered = [one for one in same if one["resourceType"] == "MedicationRequest"]
        if len(doses) > 1:
            yield _conflict("MEDICINES_DIFFER", map(reference_of, same))
        elif len({contributor_of(one) or reference_of(one) for one in ordered}) > 1:
            yield _conflict("MEDICINE_ORDERED_TWICE", map(reference_of, ordered))


def _dose(medicine: Resource) -> str:
    """How it is taken, without the words; empty where that is not told."""
    dosage = rows(medicine.get("dosageInstruction", medicine.get("dosage")))
    told = [{name: row[name] for name in _DOSE if name in row} for row in dosage]
    return _written(told) if any(told) else ""


def _of_appointments(appointments: Sequence[Resource]) -> Iterable[Conflict]:
    spans = sorted(
        (start, end, reference_of(one))
        for one in appointments
        if one.get("status") in _BOOKED
        for start, end in [(_instant(one.get("start")), _instant(one.get("end")))]
        if start is not None and end is not None
    )
    latest: tuple[datetime, str] | None = None
    for (_, end, earlier), (start, _, later) in pairwise(spans):
        if latest is None or end > latest[0]:
            latest = (end, earlier)
        if start < latest[0]:
            yield _conflict("APPOINTMENTS_OVERLAP", (latest[1], later))


def _instant(value: object) -> datetime | None:
    """The instant, or None for what is none; one without an offset cannot be compared."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _of_replaced(resources: Sequence[Resource]) -> Iterable[Conflict]:
    held = {reference_of(resource): resource for resource in resources}
    for replaced, by in replaced_by_others(resources).items():
        if replaced in held and replaced != by and standing_of(held[replaced]) == "open":
            yield _conflict("REPLACED_STILL_OPEN", (by, replaced))


def _by_code(parts: Sequence[Part], codes: Callable[[Part], frozenset[Code]]) -> Iterable[list[Part]]:
    """The parts that share a code, for each code that two or more of them carry."""
    groups: dict[Code, list[Part]] = {}
    for part in parts:
        for code in sorted(codes(part)):
            groups.setdefault(code, []).append(part)
    return [same for same in groups.values() if len(same) > 1]


def _conflict(rule: str, between: Iterable[str]) -> Conflict:
    return Conflict(rule, tuple(sorted(set(between))))


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
