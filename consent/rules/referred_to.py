"""Whose referral a ServiceRequest or Task is: an agency's data set has its own, not those to whom else she was sent.

P2-13-01; 42 CFR §2.13(a).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from consent.codings import clean_text
from consent.directives import plain_reference
from consent.matching import Asking
from consent.model import Identifier, Recipient, Resource

ADDRESSED = {"ServiceRequest": "performer", "Task": "owner"}
"""In which element a type says whom it asks."""
BESIDE = {"ServiceRequest": "performer", "Appointment": "participant", "Task": "recipient"}
"""In which list a type may name others beside whom it is for; of a Task in its `restriction`."""
_AGENCIES = ("HealthcareService/", "Organization/")


def is_for_others(recipient: Recipient, asking: Asking, sources: Iterable[str], resource: Resource) -> bool:
    """Whether a referral asks agencies, and the recipient is none of them, nor who made it, nor asked along with them.

    A Task asks whatever organization owns it; a ServiceRequest, where senders name them in their own way, those of the
    directory. A worker stands for where the directory says that she works.
    """
    kind = str(resource.get("resourceType"))
    if kind not in ADDRESSED or not asking.recipient.own.isdisjoint(sources):
        return False
    asked, behind = _named(resource.get(ADDRESSED[kind]), resource, asking)
    made, made_behind = _named(resource.get("requester"), resource, asking)
    if _is_ours(recipient, asking, asked | made, behind | made_behind):
        return False
    return any(one.startswith(_AGENCIES) for one in behind) if kind == "Task" else _is_agency(behind, asking)


def named_beside(
    recipient: Recipient, asking: Asking, sources: Iterable[str], resource: Resource
) -> tuple[str, ...]:
    """JSON Pointers of other agencies of the directory that a record names beside whom it is for.

    None where the recipient made it, or takes part in the appointment itself: they meet.
    """
    kind = str(resource.get("resourceType"))
    if kind not in BESIDE or not asking.recipient.own.isdisjoint(sources):
        return ()
    if _is_ours(recipient, asking, *_named(resource.get("requester"), resource, asking)):
        return ()
    around = resource.get("restriction") if kind == "Task" else resource
    rows = around.get(BESIDE[kind]) if isinstance(around, Mapping) else None
    others: list[int] = []
    for number, row in enumerate(rows if isinstance(rows, list | tuple) else ()):
        who = row.get("actor") if kind == "Appointment" and isinstance(row, Mapping) else row
        names, behind = _named(who, resource, asking)
        if not _is_ours(recipient, asking, names, behind):
            others += [number] if _is_agency(behind, asking) else []
        elif kind == "Appointment":
            return ()
    place = f"{'/restriction' if kind == 'Task' else ''}/{BESIDE[kind]}"
    return tuple(f"{place}/{number}" for number in others)


def _is_ours(recipient: Recipient, asking: Asking, names: frozenset[str], behind: frozenset[str]) -> bool:
    """Whether the recipient is named, or whom it is asked along with, or somebody who works for it."""
    ours = asking.recipient.certain.union(map(plain_reference, recipient.asked_with))
    return not (ours.isdisjoint(names) and asking.recipient.own.isdisjoint(behind))


def _is_agency(behind: frozenset[str], asking: Asking) -> bool:
    return any(one.startswith(_AGENCIES) and one in asking.directory.entries for one in behind)


def _named(holders: object, resource: Resource, asking: Asking) -> tuple[frozenset[str], frozenset[str]]:
    """Who is named there, by reference, identifier or a contained record; and these with whatever they belong to."""
    names, behind = frozenset[str](), frozenset[str]()
    for holder in _rows(holders):
        reference = clean_text(holder.get("reference")) or ""
        identifiers = list(_identifiers(holder.get("identifier")))
        for inner in _rows(resource.get("contained")) if reference.startswith("#") else ():
            if f"#{inner.get('id')}" == reference:
                reference = f"{inner.get('resourceType')}/{inner.get('id')}"
                identifiers += _identifiers(inner.get("identifier"))
        party = asking.directory.party([reference] if reference else [], identifiers, (), asking.at)
        names, behind = names | party.own, behind | party.possible
    return names, behind


def _identifiers(value: object) -> Iterator[Identifier]:
    for row in _rows(value):
        system, code = clean_text(row.get("system")), clean_text(row.get("value"))
        if system and code:
            yield Identifier(system, code)


def _rows(value: object) -> list[Mapping[str, object]]:
    rows = value if isinstance(value, list | tuple) else [value]
    return [row for row in rows if isinstance(row, Mapping)]
