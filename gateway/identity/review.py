"""Who a patient may also be: the few described so alike that a person should look, and what speaks for each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from gateway.identity.scores import POSSIBLE, Description, Likeness, described, likeness
from gateway.store import Reading, patients, records, same_person

MOST_COMPARED = 50
"""How many descriptions are opened to compare them with one, at most."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another patient, and how alike the two are described."""

    patient_id: str
    likeness: Likeness


def candidates(reading: Reading, patient_id: str) -> tuple[Candidate, ...]:
    """The patients who may be the same person as this one, the likeliest first.

    Those of whom a person has said that they are somebody else are left out. Compared are those that share a key with
    her, those who share most first, and no more than MOST_COMPARED. Raises NotFound `KEY_GONE` when what is known of
    one of them was destroyed.
    """
    own = _described(reading, patient_id)
    found = [
        Candidate(other, likeness(own, _described(reading, other)))
        for other in _sharing_most(reading, patient_id)
        if not same_person.are_told_apart(reading, patient_id, other)
    ]
    worth_a_look = [one for one in found if one.likeness.bits >= POSSIBLE]
    return tuple(sorted(worth_a_look, key=lambda one: (-one.likeness.bits, one.patient_id)))


def _sharing_most(reading: Reading, patient_id: str) -> list[str]:
    """Those who share keys with her; a key that many have says less of each of them."""
    weights: defaultdict[str, float] = defaultdict(float)
    for key in patients.match_keys_of(reading, patient_id):
        others = [other for other in patients.find_by_match_key(reading, key) if other != patient_id]
        for other in others:
            weights[other] += 1 / len(others)
    return sorted(weights, key=lambda other: (-weights[other], other))[:MOST_COMPARED]


def _described(reading: Reading, patient_id: str) -> Description:
    return described(record.resource for record in records.of_patient(reading, patient_id, ("Patient",)))
