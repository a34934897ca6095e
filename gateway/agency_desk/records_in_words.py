"""FHIR resources as lines a person reads: what an agency may see, type by type, nothing guessed or explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.care_plan import is_merged
from gateway.care_plan.parts import is_safety_plan
from gateway.flows.desk_crisis_records import STEPS

Resource = Mapping[str, Any]
Line = tuple[str, str]
"""The key of a phrase, and the text beside it."""


_ORDER = (
    "SafetyPlan", "Task", "ServiceRequest", "Patient", "DetectedIssue", "AllergyIntolerance", "MedicationRequest",
    "MedicationStatement", "MedicationDispense", "MedicationAdministration", "CarePlan", "Goal", "Appointment",
    "Condition", "Observation", "DocumentReference", "CareTeam", "Coverage", "Organization", "PractitionerRole",
    "Practitioner",
)  # fmt: skip
"""What a worker looks for first."""


@dataclass(frozen=True, slots=True)
class Card:
    """The resources of one kind for a reader: each entry the lines of one. `kind`: the FHIR type, or `SafetyPlan`, which
    stands apart and first (DM-22).
    """

    kind: str
    entries: tuple[tuple[Line, ...], ...]


def cards(resources: Iterable[Resource]) -> tuple[Card, ...]:
    """What the resources say to a reader, kind by kind."""
    held, found = tuple(resources), dict[str, list[tuple[Line, ...]]]()
    lacking = _lacking(held)
    for one in held:
        if is_merged(one):  # each part of it is here as its agency wrote it
            continue
        lines = list(_lines(one))
        if said := lacking.get(f"{one['resourceType']}/{one.get('id', '')}"):
            lines.append(("lacks", " ".join(said)))
        if lines:
            kind = "SafetyPlan" if _is_safety_plan(one) else str(one["resourceType"])
            found.setdefault(kind, []).append(tuple(lines))
    kinds = sorted(found, key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind))
    return tuple(Card(kind, tuple(found[kind])) for kind in kinds)


def _is_safety_plan(one: Resource) -> bool:
    return one["resourceType"] == "CarePlan" and is_safety_plan(one)


def _lacking(resources: Sequence[Resource]) -> Mapping[str, list[str]]:
    """What goals still lack, as codes, by the goal's reference (DM-21)."""
    found: dict[str, list[str]] = {}
    for one in resources:
        if one["resourceType"] == "OperationOutcome":
            for issue in _rows(one.get("issue")):
                goal = str(next(iter(issue.get("expression", ())), "")).partition(".")[0]
                found.setdefault(goal, []).append(_code(issue.get("details")))
    return found


def steps_of(plan: Resource | None) -> tuple[tuple[str, str, str], ...]:
    """Each part of a safety plan: its code (empty for one that we have no words for), its own heading, and its words."""
    found = []
    for activity in _rows((plan or {}).get("activity")):
        detail = activity.get("detail", {})
        codings = detail.get("code", {}).get("coding", ())
        code = next((str(one.get("code", "")) for one in codings if one.get("code") in STEPS), "")
        heading = next((str(one.get("display", "")) for one in codings), "")
        found.append((code, heading, str(detail.get("description", ""))))
    return tuple(found)


def name_of(patient: Resource) -> str:
    """The name by which a person is called; empty where none may be seen."""
    for name in _rows(patient.get("name")):
        if text := name.get("text"):
            return str(text)
        parts = [*map(str, name.get("given", ())), str(name.get("family", ""))]
        if said := " ".join(part for part in parts if part):
            return said
    return ""


def words_of(concept: object) -> str:
    """What a CodeableConcept or Coding says in words; its code where it has none."""
    if not isinstance(concept, Mapping):
        return ""
    if text := concept.get("text"):
        return str(text)
    for coding in (*_rows(concept.get("coding")), concept):
        if said := coding.get("display") or coding.get("code"):
            return str(said)
    return ""


def _lines(resource: Resource) -> Iterator[Line]:
    write = _BY_TYPE.get(resource["resourceType"], _other)
    yield from ((key, text) for key, text in write(resource) if text)


def _patient(one: Resource) -> Iterator[Line]:
    yield "name", name_of(one)
    yield "birth", str(one.get("birthDate", ""))
    for contact in _rows(one.get("telecom")):
        yield "e_mail" if contact.get("system") == "email" else "phone", str(contact.get("value", ""))
    for address in _rows(one.get("address")):
        yield "address", str(address.get("text", "")) or _address(address)
    for spoken in _rows(one.get("communication")):
        yield "speaks", words_of(spoken.get("language"))


def _address(address: Resource) -> str:
    parts = [*map(str, address.get("line", ()))]
    parts += [str(address.get(name, "")) for name in ("city", "state", "postalCode")]
    return ", ".join(part for part in parts if part)


def _request(one: Resource) -> Iterator[Line]:
    yield "service", words_of(one.get("code"))
    for wanted in _rows(one.get("orderDetail")):
        yield "service", words_of(wanted)
    for reason in _rows(one.get("reasonCode")):
        yield "why", words_of(reason)
    yield "when", _day(one.get("occurrenceDateTime") or one.get("authoredOn"))
    yield from _notes(one)


def _task(one: Resource) -> Iterator[Line]:
    yield "status", str(one.get("status", ""))
    yield "why", words_of(one.get("statusReason"))
    yield "note", words_of(one.get("businessStatus"))
    yield "when", _day(one.get("lastModified"))


def _plan(one: Resource) -> Iterator[Line]:
    yield "code_of", str(one.get("title", "")) or str(one.get("description", ""))
    for whose in (*_rows([one.get("author")]), *_rows(one.get("contributor"))):
        yield "by", str(whose.get("display", ""))
    yield "period", _period(one.get("period"))
    if is_safety_plan(one):
        for code, _, words in steps_of(one):
            yield f"step_{code}" if code else "activity", words
        yield "when", _day(one.get("created"))
        return
    for activity in _rows(one.get("activity")):
        detail = activity.get("detail", {})
        said = str(detail.get("description", "")) or words_of(detail.get("code"))
        when = _period(detail.get("scheduledPeriod")) or str(detail.get("scheduledString", ""))
        yield "activity", " · ".join(part for part in (said, when) if part)
    yield from _notes(one)


def _goal(one: Resource) -> Iterator[Line]:
    yield "goal", words_of(one.get("description"))
    for target in _rows(one.get("target")):
        yield "by_when", str(target.get("dueDate", ""))
    yield "stands", words_of(one.get("achievementStatus"))
    yield from _notes(one)


def _appointment(one: Resource) -> Iterator[Line]:
    yield "code_of", str(one.get("description", "")) or words_of((*_rows(one.get("serviceType")), {})[0])
    yield "starts", str(one.get("start", ""))
    yield "status", str(one.get("status", ""))


def _medicine(one: Resource) -> Iterator[Line]:
    """What, how much, and whether it is taken: one that was stopped must not be read as one that is."""
    named = one.get("medicationReference")
    yield "code_of", words_of(one.get("medicationCodeableConcept")) or words_of(named)
    yield "status", str(one.get("status", ""))
    given = one.get("dosage")
    for dose in (*_rows(one.get("dosageInstruction")), *_rows(given if isinstance(given, list) else [given])):
        yield "value", str(dose.get("text", "")) or _dose(dose)
    yield "when", _day(one.get("effectiveDateTime") or one.get("authoredOn") or one.get("whenHandedOver"))
    yield from _notes(one)


def _dose(dose: Resource) -> str:
    amounts = [dose, *_rows(dose.get("doseAndRate"))]
    found = (_quantity(one.get("dose", one.get("doseQuantity"))) for one in amounts)
    return " · ".join(part for part in (next(filter(None, found), ""), words_of(_timing(dose))) if part)


def _timing(dose: Resource) -> object:
    timing = dose.get("timing")
    return timing.get("code") if isinstance(timing, Mapping) else None


def _condition(one: Resource) -> Iterator[Line]:
    """A problem or an allergy: what, whether it is over, and what it does."""
    yield "code_of", words_of(one.get("code"))
    yield "status", _code(one.get("clinicalStatus"))
    yield "status", _doubted(one)
    for reaction in _rows(one.get("reaction")):
        for shown in _rows(reaction.get("manifestation")):
            yield "reaction", words_of(shown)
    yield "when", _day(one.get("onsetDateTime") or one.get("recordedDate"))
    yield from _notes(one)


def _doubted(one: Resource) -> str:
    """How sure it is, where that is not sure."""
    code = _code(one.get("verificationStatus"))
    return "" if code == "confirmed" else code


def _code(concept: object) -> str:
    rows = _rows(concept.get("coding")) if isinstance(concept, Mapping) else ()
    return next((str(row["code"]) for row in rows if row.get("code")), "")


def _contradiction(one: Resource) -> Iterator[Line]:
    code = _code(one.get("code"))
    yield "conflict", code or str(one.get("detail", ""))


def _organization(one: Resource) -> Iterator[Line]:
    name = one.get("name", "")
    yield "name", name if isinstance(name, str) else name_of(one)
    for contact in _rows(one.get("telecom")):
        yield "phone", str(contact.get("value", ""))


def _other(one: Resource) -> Iterator[Line]:
    yield "code_of", words_of(one.get("code")) or str(one.get("description", "")) or words_of(one.get("type"))
    yield "value", _value(one)
    for part in _rows(one.get("component")):
        yield "value", ": ".join(said for said in (words_of(part.get("code")), _value(part)) if said)
    yield "when", _day(one.get("effectiveDateTime") or one.get("onsetDateTime") or one.get("date"))
    yield from _notes(one)


def _value(one: Resource) -> str:
    if said := _quantity(one.get("valueQuantity")):
        return said
    if isinstance(one.get("valueBoolean"), bool):
        return "yes" if one["valueBoolean"] else "no"
    plain = one.get("valueString", one.get("valueInteger", ""))
    return str(plain) or _day(one.get("valueDateTime")) or words_of(one.get("valueCodeableConcept"))


def _quantity(quantity: object) -> str:
    if not isinstance(quantity, Mapping) or "value" not in quantity:
        return ""
    return f"{quantity['value']} {quantity.get('unit', quantity.get('code', ''))}".strip()


def _notes(one: Resource) -> Iterator[Line]:
    for note in _rows(one.get("note")):
        yield "note", str(note.get("text", ""))


def _period(period: object) -> str:
    if not isinstance(period, Mapping):
        return ""
    first, last = _day(period.get("start")), _day(period.get("end"))
    return f"{first} – {last}" if first and last else first or last


def _day(instant: object) -> str:
    """A day, or an instant: the page says the day of it in its own zone."""
    return instant if isinstance(instant, str) else ""


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


_BY_TYPE: Mapping[str, Callable[[Resource], Iterator[Line]]] = {
    "AllergyIntolerance": _condition,
    "Appointment": _appointment,
    "CarePlan": _plan,
    "Condition": _condition,
    "DetectedIssue": _contradiction,
    "Goal": _goal,
    "MedicationAdministration": _medicine,
    "MedicationDispense": _medicine,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
    "Organization": _organization,
    "Patient": _patient,
    "Practitioner": _organization,
    "PractitionerRole": _organization,
    "ServiceRequest": _request,
    "Task": _task,
}
