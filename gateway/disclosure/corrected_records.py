"""What a sender has put in the place of an entry of its own that it withdrew: a denial that names the one may mean the
other, and then denies (consent-semantics 4); a permit never does.

An entry without a number of its own (DG1-20) is known by its code, so that a corrected one is another record, and nobody
says which of the new ones corrects which. Each may that first came with the withdrawal, or was the next to come under
the same number (of a visit); of two with numbers none may: these are two diagnoses by their sender's own word. It is
found when it is asked: no record takes the place or the id of another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import consent
from gateway.store import Reading, Record, message_times, records

_ENTRIES = frozenset({"AllergyIntolerance", "Condition", "Goal", "MedicationStatement"})
_ERROR = "entered-in-error"
Resource = Mapping[str, Any]


def names_entries(consents: Sequence[Resource]) -> bool:
    """Whether any of them names a record that may be corrected: what is compiled of them holds for this moment only."""
    return any(_kind(reference) in _ENTRIES for one in consents for reference in _named(one))


def with_corrected(
    reading: Reading, patient_id: str, consents: tuple[Resource, ...], until: str = ""
) -> tuple[Resource, ...]:
    """The patient's Consents; where they name an entry that was withdrawn, with what may stand in its place (`until`
    that instant, UTC text; now where empty).
    """
    if not names_entries(consents):
        return consents
    corrections = _Corrections(reading, patient_id, until)
    return tuple(_reaching(one, corrections) for one in consents)


class _Corrections:
    """What was said instead of withdrawn entries of a patient."""

    def __init__(self, reading: Reading, patient_id: str, until: str) -> None:
        self._reading, self._patient_id, self._until = reading, patient_id, until
        self._present: dict[str, tuple[Record, ...]] = {}

    def of(self, reference: str) -> tuple[str, ...]:
        """References of whatever may stand in the place of the entry, also of what that was corrected to."""
        found: set[str] = set()
        waiting = [reference]
        while waiting:
            new = set(self._next(waiting.pop())) - found - {reference}
            found |= new
            waiting += new
        return tuple(sorted(found))

    def _next(self, reference: str) -> Iterator[str]:
        kind, _, record_id = reference.partition("/")
        if kind not in _ENTRIES:
            return
        versions = [one for one in reversed(self._history(kind, record_id)) if self._is_then(one.updated_at)]
        for before, after in pairwise(versions):
            if _is_withdrawn(after.resource) and not _is_withdrawn(before.resource):
                yield from self._instead_of(before, after.updated_at)

    def _instead_of(self, gone: Record, at: str) -> Iterator[str]:
        others = [
            (one, first) for one in self._of_kind(gone) if self._is_then(first := self._first_said(one))
        ]
        under = self._number(gone)
        later = [first for one, first in others if first >= at and under and self._number(one) == under]
        for one, first in others:
            is_next = later and first == min(later) and self._number(one) == under
            if first == at or is_next or self._changed_with(one, gone, at):
                yield one.reference

    def _of_kind(self, gone: Record) -> list[Record]:
        """Her entries of that type and sender that are not told apart from the one by a number."""
        kind = gone.resource_type
        if kind not in self._present:
            self._present[kind] = records.of_patient(self._reading, self._patient_id, (kind,))
        numbered = bool(gone.resource.get("identifier"))
        return [
            one
            for one in self._present[kind]
            if (one.id, one.source_partner) != (gone.id, gone.source_partner)
            and one.source_partner == gone.source_partner
            and not (numbered and one.resource.get("identifier"))
        ]

    def _changed_with(self, one: Record, gone: Record, at: str) -> bool:
        """Two entries of one code are told apart by their order alone: which of them went is not known."""
        return bool(_codes(one.resource) & _codes(gone.resource)) and any(
            version.updated_at == at for version in self._history(one.resource_type, one.id)
        )

    def _history(self, kind: str, record_id: str) -> tuple[Record, ...]:
        return records.history(self._reading, kind, record_id)

    def _first_said(self, one: Record) -> str:
        first = one if one.version == 1 else records.version(self._reading, one.resource_type, one.id, 1)
        return one.updated_at if first is None else first.updated_at

    def _number(self, one: Record) -> str:
        return message_times.number_of(self._reading, one.resource_type, one.id)

    def _is_then(self, at: str) -> bool:
        return not self._until or at <= self._until


def _is_withdrawn(resource: Resource) -> bool:
    said = resource.get("verificationStatus") or {}
    stated = {one.get("code") for one in said.get("coding", ())}
    return _ERROR in {*stated, resource.get("status"), resource.get("lifecycleStatus")}


def _codes(resource: Resource) -> set[tuple[Any, Any]]:
    return {(one.get("system"), one.get("code")) for one in resource.get("code", {}).get("coding", ())}


def _kind(reference: str) -> str:
    return reference.partition("/")[0]


def _named(node: Resource) -> Iterator[str]:
    """The references of all `data` in a Consent or provision."""
    for row in node.get("data") or ():
        yield str((row.get("reference") or {}).get("reference", ""))
    for child in _below(node):
        yield from _named(child)


def _below(node: Resource) -> Sequence[Resource]:
    found = node.get("provision") or ()
    return [found] if isinstance(found, Mapping) else found


def _reaching(node: Resource, corrections: _Corrections) -> Resource:
    found = dict(node)
    if node.get("data"):
        found["data"] = [_row_reaching(row, corrections) for row in node["data"]]
    if isinstance(node.get("provision"), Mapping):
        found["provision"] = _reaching(node["provision"], corrections)
    elif node.get("provision"):
        found["provision"] = [_reaching(child, corrections) for child in node["provision"]]
    return found


def _row_reaching(row: Resource, corrections: _Corrections) -> Resource:
    named = str((row.get("reference") or {}).get("reference", ""))
    instead = corrections.of("/".join(named.split("/")[:2]))
    if not instead:
        return row
    said = [{"url": consent.CORRECTED, "valueReference": {"reference": one}} for one in instead]
    return {**row, "extension": [*row.get("extension", ()), *said]}


__all__ = ["names_entries", "with_corrected"]
