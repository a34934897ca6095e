"""Reading a question and writing its answer (design section 9, `handoff decide`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn, TypeVar

from consent.codings import clean_text
from consent.directives import plain_reference
from consent.instants import read_instant, read_span, zone_named
from consent.model import (
    Agreement,
    Authority,
    Coding,
    Decision,
    Discloser,
    DisclosureRequest,
    Facts,
    Identifier,
    Policy,
    QuestionError,
    Recipient,
    Relationship,
    Resource,
    SubjectResource,
)
from consent.tables import LOCAL_PURPOSES

PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
AGREEMENTS = frozenset({"qso", "research", "audit", "order"})
ACTIONS = frozenset({"collect", "access", "use", "disclose", "correct"})

Row = TypeVar("Row")


def read_question(question: Mapping[str, object]) -> DisclosureRequest:
    """The request that a question states; raises QuestionError, which names the place and repeats no value."""
    top = _object(question, "")
    _only(
        top, "",
        "at", "patient", "discloser", "recipient", "purposes", "action", "directory", "consents", "resources",
        "policy", "facts",
    )  # fmt: skip
    policy = _policy(_required(top, "policy", ""))
    discloser = _discloser(_required(top, "discloser", ""))
    return DisclosureRequest(
        at=_instant(_required(top, "at", ""), "at"),
        patient=_patient(_required(top, "patient", "")),
        discloser=discloser,
        recipient=_recipient(_required(top, "recipient", "")),
        purposes=tuple(dict.fromkeys(_rows(top.get("purposes", []), "purposes", _purpose))),
        resources=tuple(
            _subject(resource, number, discloser)
            for number, resource in enumerate(_rows(_required(top, "resources", ""), "resources", _resource))
        ),
        consents=_rows(top.get("consents", []), "consents", _bare_object),
        directory=_rows(top.get("directory", []), "directory", _resource),
        policy=policy,
        facts=_facts(top.get("facts", {}), policy.zone),
        action=_choice(_required(top, "action", ""), "action", ACTIONS),
    )


def decision_answer(decision: Decision) -> dict[str, object]:
    """The answer as JSON (design section 9); resources in the order asked, everything else sorted."""
    return {
        "outcome": decision.outcome,
        "resources": [
            {
                "reference": row.reference,
                "outcome": row.outcome,
                "labels": list(row.labels),
                "reasons": [
                    {"code": reason.code, "citation": reason.citation, "consent": reason.consent}
                    for reason in row.reasons
                ],
            }
            for row in decision.resources
        ],
        "consents": list(decision.consents),
        "obligations": [{"code": duty.code, "value": duty.value} for duty in decision.obligations],
        "semantics_version": int(decision.semantics_version),
    }


# --- parts of the question ---------------------------------------------------------------------------------------


def _policy(value: object) -> Policy:
    row = _object(value, "policy")
    _only(row, "policy", "packs", "part2_sources", "zone", "no_consent")
    zone = _text(row.get("zone", "UTC"), "policy.zone")
    if zone_named(zone) is None:
        _wrong("ZONE_UNKNOWN", "no time zone has this name", "policy.zone")
    no_consent = _choice(row.get("no_consent", "deny"), "policy.no_consent", frozenset({"deny", "treatment"}))
    packs = tuple(sorted(set(_rows(_required(row, "packs", "policy"), "policy.packs", _text))))
    if packs:
        _required(row, "part2_sources", "policy")
    return Policy(
        packs=packs,
        part2_sources=_references(row.get("part2_sources", []), "policy.part2_sources"),
        zone=zone,
        no_consent="treatment" if no_consent == "treatment" else "deny",
    )


def _discloser(value: object) -> Discloser:
    row = _object(value, "discloser")
    _only(row, "discloser", "references", "identifiers", "standing")
    return Discloser(
        references=_references(row.get("references", []), "discloser.references"),
        identifiers=_rows(row.get("identifiers", []), "discloser.identifiers", _identifier),
        standing=_standing(row, "discloser"),
    )


def _recipient(value: object) -> Recipient:
    row = _object(value, "recipient")
    _only(
        row,
        "recipient",
        "references",
        "identifiers",
        "roles",
        "standing",
        "members_of",
        "category",
        "asked_with",
    )
    category = row.get("category")
    return Recipient(
        references=_references(row.get("references", []), "recipient.references"),
        identifiers=_rows(row.get("identifiers", []), "recipient.identifiers", _identifier),
        roles=_rows(row.get("roles", []), "recipient.roles", _text),
        standing=_standing(row, "recipient"),
        members_of=_references(row.get("members_of", []), "recipient.members_of"),
        category=None if category is None else _text(category, "recipient.category"),
        asked_with=_references(row.get("asked_with", []), "recipient.asked_with"),
    )


def _standing(row: Mapping[str, object], place: str) -> tuple[str, ...]:
    return tuple(sorted(set(_rows(row.get("standing", []), f"{place}.standing", _text))))


def _facts(value: object, zone: str) -> Facts:
    row = _object(value, "facts")
    _only(row, "facts", "relationships", "agreements", "authorities")

    def relationship(entry: object, place: str) -> Relationship:
        one = _object(entry, place)
        _only(one, place, "recipient", "since", "until")
        starts, ends = _times(one, place, "since", "until", zone)
        return Relationship(
            _reference(_required(one, "recipient", place), f"{place}.recipient"), starts, ends
        )

    def agreement(entry: object, place: str) -> Agreement:
        one = _object(entry, place)
        _only(one, place, "kind", "party", "principal", "scope", "from", "to")
        starts, ends = _times(one, place, "from", "to", zone)
        scope = one.get("scope", [])
        return Agreement(
            kind=_choice(_required(one, "kind", place), f"{place}.kind", AGREEMENTS),
            party=_reference(_required(one, "party", place), f"{place}.party"),
            scope=_rows([scope] if isinstance(scope, str) else scope, f"{place}.scope", _text),
            starts=starts,
            ends=ends,
            principal=_reference(one["principal"], f"{place}.principal") if "principal" in one else None,
        )

    def authority(entry: object, place: str) -> Authority:
        one = _object(entry, place)
        _only(one, place, "person", "kind", "from", "to")
        starts, ends = _times(one, place, "from", "to", zone)
        person = _reference(_required(one, "person", place), f"{place}.person")
        return Authority(person, _text(_required(one, "kind", place), f"{place}.kind"), starts, ends)

    return Facts(
        relationships=_rows(row.get("relationships", []), "facts.relationships", relationship),
        agreements=_rows(row.get("agreements", []), "facts.agreements", agreement),
        authorities=_rows(row.get("authorities", []), "facts.authorities", authority),
    )


def _times(
    row: Mapping[str, object], place: str, first: str, last: str, zone: str
) -> tuple[datetime | None, datetime | None]:
    """Start and end of a recorded fact; dates are whole days of the deployment's zone."""
    found: list[datetime | None] = []
    for name in (first, last):
        if row.get(name) is None:
            found.append(None)
            continue
        place_zone = zone_named(zone)
        span = read_span(row[name], place_zone) if place_zone is not None else None
        if span is None:
            _wrong("INSTANT_INVALID", "expected a FHIR date or an instant with a zone", f"{place}.{name}")
        found.append(span.start if name == first else span.end)
    return found[0], found[1]


def _subject(resource: Resource, number: int, discloser: Discloser) -> SubjectResource:
    """The resource with its sources: `meta.source`, and the discloser, who holds it now (42 CFR §2.11, "Records")."""
    place = f"resources[{number}]"
    kind, given, meta = resource["resourceType"], resource.get("id"), resource.get("meta")
    source = meta.get("source") if isinstance(meta, Mapping) else None
    named = tuple(f"{identifier.system}|{identifier.value}" for identifier in discloser.identifiers)
    sources = discloser.references + named
    if isinstance(source, str) and source.strip():
        sources = (plain_reference(source.split("#")[0].strip()), *sources)
    return SubjectResource(
        resource=resource,
        reference=f"{kind}/{given}" if isinstance(given, str) and given else f"#{number}",
        type=_text(kind, f"{place}.resourceType"),
        sources=sources,
    )


def _purpose(value: object, place: str) -> Coding:
    if isinstance(value, str):
        code = _text(value, place)
        return Coding(LOCAL_PURPOSES.get(code, PURPOSE_SYSTEM), code)
    row = _object(value, place)
    _only(row, place, "system", "code", "display", "version")
    code = _text(_required(row, "code", place), f"{place}.code")
    if "system" not in row:
        return Coding(LOCAL_PURPOSES.get(code, PURPOSE_SYSTEM), code)
    return Coding(_text(row["system"], f"{place}.system"), code)


def _identifier(value: object, place: str) -> Identifier:
    row = _object(value, place)
    _only(row, place, "system", "value")
    system = _text(_required(row, "system", place), f"{place}.system")
    return Identifier(system, _text(_required(row, "value", place), f"{place}.value"))


def _patient(value: object) -> str:
    reference = _reference(value, "patient")
    if "/" not in reference:
        _wrong("REFERENCE_INVALID", "expected `Patient/id`", "patient")
    return reference


# --- shapes --------------------------------------------------------------------------------------------------------


def _wrong(code: str, message: str, place: str) -> NoReturn:
    raise QuestionError(code, message, place or None)


def _required(row: Mapping[str, object], name: str, place: str) -> object:
    if name not in row:
        _wrong("FIELD_MISSING", "a required field is missing", f"{place}.{name}" if place else name)
    return row[name]


def _only(row: Mapping[str, object], place: str, *names: str) -> None:
    """Refuses fields that nobody would read: they might have been meant as a limit."""
    unknown = sorted(set(row) - set(names))
    if unknown:
        known = unknown[0] if unknown[0].isidentifier() and len(unknown[0]) <= 40 else "?"
        _wrong("FIELD_UNKNOWN", "this field does not exist", f"{place}.{known}" if place else known)


def _object(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        _wrong("SHAPE_INVALID", "expected an object", place)
    return value


def _bare_object(value: object, place: str) -> Mapping[str, object]:
    return _object(value, place)


def _rows(value: object, place: str, read: Callable[[object, str], Row]) -> tuple[Row, ...]:
    if not isinstance(value, list | tuple):
        _wrong("SHAPE_INVALID", "expected a list", place)
    return tuple(read(entry, f"{place}[{number}]") for number, entry in enumerate(value))


def _text(value: object, place: str) -> str:
    found = clean_text(value)
    if found is None:
        _wrong("TEXT_INVALID", "expected a text that is not empty", place)
    return found


def _choice(value: object, place: str, choices: frozenset[str]) -> str:
    found = _text(value, place)
    if found not in choices:
        _wrong("CODE_UNKNOWN", f"expected one of {', '.join(sorted(choices))}", place)
    return found


def _reference(value: object, place: str) -> str:
    return plain_reference(_text(value, place))


def _references(value: object, place: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_rows(value, place, _reference)))


def _instant(value: object, place: str) -> datetime:
    found = read_instant(value)
    if found is None:
        _wrong("INSTANT_INVALID", "expected an instant with a zone, such as 2026-11-22T09:00:00Z", place)
    return found


def _resource(value: object, place: str) -> Resource:
    row = _object(value, place)
    kind = row.get("resourceType")
    if not isinstance(kind, str) or not kind.isalpha():
        _wrong("RESOURCE_TYPE_MISSING", "expected a FHIR resource", f"{place}.resourceType")
    return row
