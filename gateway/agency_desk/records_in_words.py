"""FHIR resources as lines a person reads: what an agency may see, type by type, nothing guessed or explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]
Line = tuple[str, str]
"""The key of a phrase, and the text beside it."""


_ORDER = (
    "Task", "ServiceRequest", "Patient", "CarePlan", "Goal", "Appointment", "Condition", "Observation",
    "MedicationRequest", "MedicationStatement", "DocumentReference", "CareTeam", "Coverage", "Organization",
    "PractitionerRole", "Practitioner",
)  # fmt: skip
"""What a worker looks for first."""


@dataclass(frozen=True, slots=True)
class Card:
    """The resources of one kind for a reader: `kind` is the FHIR type, each entry the lines of one resource."""

    kind: str
    entries: tuple[tuple[Line, ...], ...]


def cards(resources: Iterable[Resource]) -> tuple[Card, ...]:
    """What the resources say to a reader, kind by kind."""
    found: dict[str, list[tuple[Line, ...]]] = {}
    for one in resources:
        if lines := tuple(_lines(one)):
            found.setdefault(one["resourceType"], []).append(lines)
    kinds = sorted(found, key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind))
    return tuple(Card(kind, tuple(found[kind])) for kind in kinds)


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
    yield "when", str(one.get("start", "")).replace("T", " ")[:16]
    yield "status", str(one.get("status", ""))


def _medicine(one: Resource) -> Iterator[Line]:
    yield "code_of", words_of(one.get("medicationCodeableConcept"))
    for dose in _rows(one.get("dosageInstruction")):
        yield "value", str(dose.get("text", ""))


def _organization(one: Resource) -> Iterator[Line]:
    name = one.get("name", "")
    yield "name", name if isinstance(name, str) else name_of(one)
    for contact in _rows(one.get("telecom")):
        yield "phone", str(contact.get("value", ""))


def _other(one: Resource) -> Iterator[Line]:
    yield "code_of", words_of(one.get("code")) or str(one.get("description", "")) or words_of(one.get("type"))
    yield "value", _value(one)
    yield "when", _day(one.get("effectiveDateTime") or one.get("onsetDateTime") or one.get("date"))
    yield from _notes(one)


def _value(one: Resource) -> str:
    quantity = one.get("valueQuantity", {})
    if "value" in quantity:
        return f"{quantity['value']} {quantity.get('unit', quantity.get('code', ''))}".strip()
    return str(one.get("valueString", "")) or words_of(one.get("valueCodeableConcept"))


def _notes(one: Resource) -> Iterator[Line]:
    for note in _rows(one.get("note")):
        yield "note", str(note.get("text", ""))


def _period(period: object) -> str:
    if not isinstance(period, Mapping):
        return ""
    first, last = _day(period.get("start")), _day(period.get("end"))
    return f"{first} – {last}" if first and last else first or last


def _day(instant: object) -> str:
    return str(instant)[:10] if isinstance(instant, str) else ""


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


_BY_TYPE: Mapping[str, Callable[[Resource], Iterator[Line]]] = {
    "Appointment": _appointment,
    "CarePlan": _plan,
    "Goal": _goal,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
    "Organization": _organization,
    "Patient": _patient,
    "Practitioner": _organization,
    "PractitionerRole": _organization,
    "ServiceRequest": _request,
    "Task": _task,
}
