"""What a sender says no more: an entry of a list that it told as a whole under a number (of a visit, a referral, a
document) and now leaves out. It stays, as entered in error, with its labels and all that was said of it before.

HL7 v2.5.1 2.10.4.1: in snapshot mode the repeating segments of a message replace those that were there, as if they had
been deleted; a deleted diagnosis is one entered in error (v2-to-FHIR, DG1-21). A list of which a message has no entry is
not told, unless one segment of `""` says that it is empty. CDA R2 4.2.3.1: a later version takes a document's place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from gateway.store import Reading, Record, Transaction, message_times, records

_ERROR, _DOCUMENT = "entered-in-error", "Composition"
_STATED: Mapping[str, tuple[str, Any]] = {
    "AllergyIntolerance": (
        "verificationStatus",
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
                    "code": _ERROR,
                }
            ]
        },
    ),
    "Condition": (
        "verificationStatus",
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": _ERROR}
            ]
        },
    ),
    "Goal": ("lifecycleStatus", _ERROR),
    "MedicationStatement": ("status", _ERROR),
}
"""Where a resource of each type that can be withdrawn says so."""
ENTRIES = frozenset(_STATED)
"""The types of what is withdrawn."""
_LISTED_BY = ("reasonReference", "supportingInfo")
"""Where a request names its diagnoses and allergies."""
Name = tuple[str, str]
Resource = Mapping[str, Any]


class Listed(NamedTuple):
    """What a message's lists mean for what is held. `withdrawn`: entries as they stand from now on. `overtaken`: types
    of which a newer message has told the list before: of these it says nothing."""

    withdrawn: tuple[Record, ...] = ()
    overtaken: frozenset[str] = frozenset()

    @property
    def names(self) -> list[Name]:
        """Type and id of what is withdrawn."""
        return [(one.resource_type, one.id) for one in self.withdrawn]


def told_whole(message: Mapping[str, str]) -> frozenset[str]:
    """The types that a message (`Translation.message`) tells the list of."""
    return frozenset(message.get("whole", "").split())


def keep_lists(
    tx: Transaction,
    names: Iterable[Name],
    whole: Collection[str],
    in_part: Collection[str],
    at: str,
    number: str,
) -> None:
    """Remember what a message made `at` said under `number`: of types that it told `whole`, and of those of whose list
    it told a part, which is no newest word on the list; of all others only when.
    """
    rest = []
    for name in names:
        if name[0] in whole or name[0] in in_part:
            message_times.keep(tx, [name], at, number, in_part=name[0] not in whole)
        elif at:
            rest.append(name)
    message_times.keep(tx, rest, at)


def listed(
    reading: Reading,
    partner: str,
    number: str,
    whole: Collection[str],
    resources: Sequence[Resource],
    patient_id: str,
    said_at: str,
    at: str,
) -> Listed:
    """What a record of the partner under `number` withdraws, and of which lists it is not the newest word. A document
    withdraws of the types only of which it has some.
    """
    here = _names(resources)
    kinds = {kind for kind, _ in here}
    if _is_older_version(reading, resources):
        return Listed((), frozenset(kinds))
    gone: list[Name] = []
    overtaken = set()
    for kind in sorted(kinds.intersection(whole) if _DOCUMENT in kinds else whole):
        held = message_times.under(reading, patient_id, kind, number)
        if said_at and any(time > said_at for time in held.values()):
            overtaken.add(kind)
            continue
        held |= message_times.under(reading, patient_id, kind, number, in_part=True)
        gone += [name for name, time in held.items() if name not in here and not time > said_at > ""]
    return Listed(_withdrawn(reading, partner, gone, patient_id, at), frozenset(overtaken))


def no_more_named(
    reading: Reading,
    partner: str,
    whole: Collection[str],
    resources: Sequence[Resource],
    patient_id: str,
    at: str,
) -> tuple[Record, ...]:
    """The entries that earlier versions of the requests among `resources` name and these do not, as withdrawn. The same
    again for the same message, whether it has been heeded or not."""
    here = _names(resources)
    requests = (
        [str(one["id"]) for one in resources if one["resourceType"] == "ServiceRequest"] if whole else []
    )
    before = (version for one in requests for version in records.history(reading, "ServiceRequest", one))
    named = {name for version in before for name in _named_by(version.resource) if name[0] in whole}
    return _withdrawn(reading, partner, sorted(named - here), patient_id, at)


def _withdrawn(
    reading: Reading, partner: str, gone: Sequence[Name], patient_id: str, at: str
) -> tuple[Record, ...]:
    """Those of the partner's own about her, in the state that says it."""
    held = records.present(reading, gone) if gone else {}
    return tuple(
        replace(one, version=0, updated_at=at, resource=_as_withdrawn(one.resource))
        for one in held.values()
        if one.source_partner == partner and one.patient_id == patient_id and not one.deleted
    )


def _as_withdrawn(resource: Resource) -> dict[str, Any]:
    """FHIR R4 con-5 and ait-2: what was entered in error has no clinical status."""
    element, said = _STATED[str(resource["resourceType"])]
    return {name: value for name, value in resource.items() if name != "clinicalStatus"} | {element: said}


def _is_older_version(reading: Reading, resources: Iterable[Resource]) -> bool:
    """Whether a newer version of the document is held already (`Composition.date`, its effectiveTime)."""
    for one in resources:
        if one["resourceType"] == _DOCUMENT:
            held = records.get(reading, _DOCUMENT, str(one["id"]))
            return held is not None and _is_later(
                str(held.resource.get("date", "")), str(one.get("date", ""))
            )
    return False


def _is_later(one: str, other: str) -> bool:
    if "T" in one and "T" in other:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    return one[:10] > other[:10]


def _names(resources: Iterable[Resource]) -> set[Name]:
    return {(str(one["resourceType"]), str(one["id"])) for one in resources}


def _named_by(request: Resource) -> Iterator[Name]:
    for element in _LISTED_BY:
        for one in request.get(element, ()):
            kind, _, resource_id = str(one.get("reference", "")).partition("/")
            if kind in ENTRIES:
                yield kind, resource_id


__all__ = ["ENTRIES", "Listed", "keep_lists", "listed", "no_more_named", "told_whole"]
