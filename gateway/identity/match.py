"""Who is this? The same person sent by different agencies, recognised only when it is certain.

Certain are: an identifier the same partner used before, or the same name, birth date and sex together with the same
phone number or street address. Anything less makes a provisional patient, whose intents wait for a person
(`IDENTITY_PENDING`). The store sees keyed hashes alone, never a name.

Doubt falls on whoever comes with it. A namesake about whom nothing is held but her name makes nobody else doubtful:
otherwise anybody could stop a person's care by posting what stands on an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import NotUnderstood
from gateway.identity.described import (
    IndexHash,
    apart_key,
    block_keys,
    match_keys,
    numbers_of,
    sameness_keys,
)
from gateway.store import Reading, Transaction, intents, patients, records

IDENTIFIER = "Patient.identifier"
_SAYS_NOTHING = ("Patient", "Consent")


@dataclass(frozen=True, slots=True)
class Identified:
    """The network's patient. `certain` is False while a person still has to say who it is."""

    patient_id: str
    certain: bool
    created: bool


def identify(
    tx: Transaction, *, partner: str, patient: Mapping[str, Any], index: IndexHash, at: str
) -> Identified:
    """The network's patient for a partner's FHIR Patient; made when nobody matches. `at` is ISO 8601 UTC text.

    Her id is never one that a source has chosen. Raises NotUnderstood `PATIENT_UNIDENTIFIABLE` when there is neither an
    identifier nor a name with a birth date, `PATIENT_AMBIGUOUS` when identifiers belong to several patients.
    """
    tokens = tuple(index(IDENTIFIER, system, value) for system, value in numbers_of(patient))
    likely, certain = match_keys(patient, index)
    if not tokens and likely is None:
        message = "needs an identifier with its system or authority, or a name with a birth date"
        raise NotUnderstood("PATIENT_UNIDENTIFIABLE", message, "Patient.identifier")
    linked = _linked(tx, partner, tokens)
    found = next(iter(linked.values()), None)
    if found is None:
        known = _by_description(tx, likely, certain, at)
        held = patients.match_keys_of(tx, known.patient_id)
    else:
        known = Identified(found, patients.certain(tx, found), created=False)
        held = patients.match_keys_of(tx, found)
        if likely is not None and likely not in held:
            if _contradicts(held, sameness_keys(patient, index, found)):
                return _apart(tx, apart_key(patient, index, partner, tokens), at)
            if any(other != found and _matters(tx, other) for other in _sharing(tx, certain)):
                _link(tx, partner, tokens, found)
                patients.doubt(tx, found)
                return Identified(found, certain=False, created=False)
    _link(tx, partner, [token for token in tokens if token not in linked], known.patient_id)
    described = (*((likely,) if likely else ()), *certain, *sameness_keys(patient, index, known.patient_id))
    fresh = [key for key in described if key not in held]
    if fresh:
        fresh += [key for key in block_keys(patient, index) if key not in held]
    for key in fresh:
        patients.add_match_key(tx, known.patient_id, key)
    return known


def _linked(tx: Transaction, partner: str, tokens: tuple[str, ...]) -> dict[str, str]:
    """The patient of each token that the partner has used before: one and the same."""
    linked = {
        token: patient_id for token in tokens for _, patient_id in patients.find_by_token(tx, partner, token)
    }
    if len(set(linked.values())) > 1:
        message = "identifiers belong to more than one patient; a person has to sort this out"
        raise NotUnderstood("PATIENT_AMBIGUOUS", message, "Patient.identifier")
    return linked


def _by_description(tx: Transaction, likely: str | None, certain: tuple[str, ...], at: str) -> Identified:
    """The one patient described the same, or a new one; a provisional one when others come near."""
    same = _sharing(tx, certain)
    if len(same) == 1:
        (found,) = same
        return Identified(found, patients.certain(tx, found), created=False)
    near = set(patients.find_by_match_key(tx, likely)) if likely is not None else set()
    alone = not same and not any(_matters(tx, other) for other in near)
    return Identified(patients.create(tx, at, alone), alone, created=True)


def _sharing(tx: Transaction, keys: tuple[str, ...]) -> frozenset[str]:
    return frozenset(patient_id for key in keys for patient_id in patients.find_by_match_key(tx, key))


def _contradicts(held: frozenset[str], keys: tuple[str, ...]) -> bool:
    """Whether who has the keys `held` is described otherwise in at least two of name, birth date and sex."""
    if not keys or keys[0] not in held:
        return False
    return held.isdisjoint(keys[1:])


def _apart(tx: Transaction, key: str, at: str) -> Identified:
    """A provisional patient for who came under another's identifier; nothing of hers is linked to anybody."""
    for patient_id in patients.find_by_match_key(tx, key):
        return Identified(patient_id, patients.certain(tx, patient_id), created=False)
    made = patients.create(tx, at, certain=False)
    patients.add_match_key(tx, made, key)
    return Identified(made, certain=False, created=True)


def _matters(reading: Reading, patient_id: str) -> bool:
    """Whether anything is held about the patient, or meant to go somewhere, that would be missed elsewhere."""
    if intents.of_patient(reading, patient_id):
        return True
    return any(r.resource_type not in _SAYS_NOTHING for r in records.of_patient(reading, patient_id))


def _link(tx: Transaction, partner: str, tokens: Iterable[str], patient_id: str) -> None:
    for token in tokens:
        patients.link(tx, partner, token, patient_id)
