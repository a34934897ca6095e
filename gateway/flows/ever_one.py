"""Under which ids entries about a person may stand: of all with whom she is one, or ever was."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.flows.same_person import JOINED, PARTED, SORTED
from gateway.store import Reading, audit_rows, same_person

WHO_IS_WHO = (JOINED, PARTED, SORTED)
"""Outcomes of entries in which a person says who is who."""


def all_reached(others: Callable[[str], Iterable[str]], patient_id: str) -> frozenset[str]:
    """The patient, `others` of her, others of those, and so on."""
    found: set[str] = set()
    left = [patient_id]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += others(one)
    return frozenset(found)


def ever_one_with(reading: Reading, patient_id: str) -> Iterable[str]:
    """Whom the store or the log says she was ever joined to or parted from; herself too."""
    for one, other, _, _ in same_person.periods(reading, patient_id):
        yield from (one, other)
    for row in audit_rows.of_patient(reading, patient_id):
        if row.outcome in WHO_IS_WHO:
            both = audit_rows.find_by_request(reading, row.request_id)
            yield from (known.patient_id for known in both if known.patient_id is not None)
