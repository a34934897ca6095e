"""Who is this? The same person sent by different agencies, recognised only when it is certain.

Certain are: an identifier the same partner used before, or the same name, birth date and sex together with the same
phone number or street address. Anything less makes a provisional patient, whose intents wait for a person
(`IDENTITY_PENDING`). The store sees keyed hashes alone, never a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import NotUnderstood
from gateway.store import Transaction, patients

IndexHash = Callable[[str, str, str], str]
"""Keyed hash of (parameter, system, value), as hex text."""

IDENTIFIER = "Patient.identifier"
_LIKELY = "match.likely"
_CERTAIN = "match.certain"


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

    Raises NotUnderstood `PATIENT_UNIDENTIFIABLE` when there is neither an identifier nor a name with a birth date.
    """
    tokens = tuple(index(IDENTIFIER, system, value) for system, value in identifiers_of(patient))
    likely, certain = match_keys(patient, index)
    if not tokens and likely is None:
        message = "needs an identifier with its system, or a name with a birth date"
        raise NotUnderstood("PATIENT_UNIDENTIFIABLE", message, "Patient.identifier")
    found = _known_to_partner(tx, partner, tokens) or _certain_match(tx, certain)
    if found is not None:
        known = Identified(found, patients.certain(tx, found), created=False)
    else:
        lonely = likely is None or not patients.find_by_match_key(tx, likely)
        known = Identified(patients.create(tx, at, lonely, _free_id(tx, patient)), lonely, created=True)
    for token in tokens:
        patients.link(tx, partner, token, known.patient_id)
    for key in (*((likely,) if likely else ()), *certain):
        patients.add_match_key(tx, known.patient_id, key)
    return known


def identifiers_of(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(system, value) of each identifier that has both; only the two together name somebody."""
    for identifier in patient.get("identifier", ()):
        system, value = identifier.get("system"), identifier.get("value")
        if system and value:
            yield str(system), str(value)


def match_keys(patient: Mapping[str, Any], index: IndexHash) -> tuple[str | None, tuple[str, ...]]:
    """A key shared by likely matches (name, birth date, sex), and keys that only a certain match shares."""
    born, sex = str(patient.get("birthDate", "")), str(patient.get("gender", ""))
    name = _name_of(patient)
    if name is None or len(born) != len("YYYY-MM-DD"):
        return None, ()
    person = f"{name}|{born}|{sex}"
    ways = [f"{person}|tel|{number}" for number in _phones(patient)]
    ways += [f"{person}|adr|{street}" for street in _streets(patient)]
    return index(_LIKELY, "", person), tuple(index(_CERTAIN, "", way) for way in ways)


def _free_id(tx: Transaction, patient: Mapping[str, Any]) -> str | None:
    """The first source's own Patient id where it is free, so that most references need no renaming."""
    resource_id = patient.get("id")
    return str(resource_id) if resource_id and not patients.exists(tx, str(resource_id)) else None


def _known_to_partner(tx: Transaction, partner: str, tokens: tuple[str, ...]) -> str | None:
    found = {patient_id for token in tokens for _, patient_id in patients.find_by_token(tx, partner, token)}
    if len(found) > 1:
        message = "identifiers belong to more than one patient; a person has to sort this out"
        raise NotUnderstood("PATIENT_AMBIGUOUS", message, "Patient.identifier")
    return next(iter(found), None)


def _certain_match(tx: Transaction, keys: tuple[str, ...]) -> str | None:
    found = {patient_id for key in keys for patient_id in patients.find_by_match_key(tx, key)}
    return next(iter(found)) if len(found) == 1 else None


def _name_of(patient: Mapping[str, Any]) -> str | None:
    for name in patient.get("name", ()):
        family, given = _plain(name.get("family", "")), [_plain(part) for part in name.get("given", ())]
        if family and given and given[0]:
            return f"{family}|{given[0]}"
    return None


def _phones(patient: Mapping[str, Any]) -> Iterator[str]:
    for contact in patient.get("telecom", ()):
        digits = re.sub(r"\D", "", str(contact.get("value", "")))
        if contact.get("system") in ("phone", "sms") and len(digits) >= 10:
            yield digits[-10:]


def _streets(patient: Mapping[str, Any]) -> Iterator[str]:
    for address in patient.get("address", ()):
        lines, postal = address.get("line", ()), str(address.get("postalCode", ""))[:5]
        if lines and len(postal) == 5:
            yield f"{_plain(lines[0])}|{postal}"


def _plain(text: str) -> str:
    """Letters and digits only, without accents or case, so that spelling habits do not part one person in two."""
    decomposed = unicodedata.normalize("NFKD", str(text))
    return re.sub(r"[^a-z0-9]", "", decomposed.casefold())
