"""How a FHIR Patient is described, made comparable; as keyed hashes alone, so that the store never sees a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

IndexHash = Callable[[str, str, str], str]
"""Keyed hash of (parameter, system, value), as hex text."""

_LIKELY = "match.likely"
_CERTAIN = "match.certain"
_SAME = "match.same"
_APART = "match.apart"
_BLOCK = "match.block"
_NOT_TOLD = ("", "unknown")
_NOTHING = (
    "unknown unk none na nil null notapplicable notavailable notprovided refused pending tbd patient new"
)
_NO_NUMBER = frozenset(_NOTHING.split())
_ODD = re.compile(r"[^0-9a-z]")
_PLACEHOLDERS = frozenset({"1234567890", "0123456789", "9876543210"})


def identifiers_of(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(system, value) of each identifier that has both; only the two together name somebody.

    Without what a form is filled with where there is no number: by it, strangers would be one person.
    """
    for identifier in patient.get("identifier", ()):
        system, value = identifier.get("system"), identifier.get("value")
        if system and value and not _says_nothing(str(value)):
            yield str(system), str(value)


def own_numbers_of(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(whose numbers, value) of each number whose authority has a name and no system, as most HL7 v2 senders write it
    (`P-1001^^^RIVERBEND^MR`): at the partner that sends it, it names somebody; to anybody else it says nothing. Of one
    kind alone (HL7 v2 table 0203): what has the same figures as an account (AN) may be somebody else's."""
    for identifier in patient.get("identifier", ()):
        name, value = identifier.get("assigner", {}).get("display"), identifier.get("value")
        if name and value and not identifier.get("system") and not _says_nothing(str(value)):
            kinds = sorted(str(one.get("code", "")) for one in identifier.get("type", {}).get("coding", ()))
            yield "|".join(("assigner", str(name), *kinds)), str(value)


def numbers_of(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(system or whose numbers, value) of each number by which the partner that sends it knows her."""
    yield from identifiers_of(patient)
    yield from own_numbers_of(patient)


def block_keys(patient: Mapping[str, Any], index: IndexHash) -> tuple[str, ...]:
    """Keys that descriptions worth comparing share: each leaves room for another kind of slip or change of life."""
    born, sex = str(patient.get("birthDate", "")), str(patient.get("gender", ""))
    told = len(born) == len("YYYY-MM-DD")
    ways = [f"tel|{number}" for number in phones_of(patient)]
    ways += [f"id|{system}|{value}" for system, value in identifiers_of(patient)]
    for family, given in names_of(patient):
        ways += [f"adr|{street}|{given[0]}" for street in streets_of(patient)]
        if told:
            ways += [f"born|{born}|{sex}|{family[0]}", f"given|{born}|{given}"]
            ways += [
                f"name|{family}|{given[:2]}|{born[:4]}",
                f"swapped|{born}|{'|'.join(sorted((family, given)))}",
            ]
    return tuple(index(_BLOCK, "", way) for way in dict.fromkeys(ways))


def match_keys(patient: Mapping[str, Any], index: IndexHash) -> tuple[str | None, tuple[str, ...]]:
    """A key shared by likely matches (name, birth date, sex), and keys that only a certain match shares."""
    described = _person_of(patient)
    if described is None:
        return None, ()
    person = "|".join(described)
    ways = [f"{person}|tel|{number}" for number in phones_of(patient)]
    ways += [f"{person}|adr|{street}" for street in streets_of(patient)]
    ways += [
        f"{person}|id|{system}|{value}" for system, value in identifiers_of(patient) if _is_a_number(value)
    ]
    return index(_LIKELY, "", person), tuple(index(_CERTAIN, "", way) for way in ways)


def description_keys(patient: Mapping[str, Any], index: IndexHash, patient_id: str) -> tuple[str, ...]:
    """Every key by which the patient of that id is found, or told from others, as she is described here."""
    likely, certain = match_keys(patient, index)
    ways = (*certain, *sameness_keys(patient, index, patient_id), *block_keys(patient, index))
    return ways if likely is None else (likely, *ways)


def sameness_keys(patient: Mapping[str, Any], index: IndexHash, patient_id: str) -> tuple[str, ...]:
    """Keys of one patient, by which a later description is told from somebody else's: the first says that she is fully
    described at all, each other one holds two of name, birth date and sex. Empty unless all three are told.

    Two descriptions that share no pair contradict each other in at least two of the three.
    """
    described = _person_of(patient)
    if described is None or described[2] in _NOT_TOLD:
        return ()
    told = (f"{place}|{value}" for place, value in enumerate(described))
    pairs = ("&".join(pair) for pair in combinations(told, 2))
    return tuple(index(_SAME, patient_id, text) for text in ("described", *pairs))


def apart_key(patient: Mapping[str, Any], index: IndexHash, partner: str, tokens: tuple[str, ...]) -> str:
    """A key for somebody who came under another's identifiers, so that the same comes to the same again."""
    return index(_APART, "|".join((partner, *sorted(tokens))), "|".join(_person_of(patient) or ()))


def _person_of(patient: Mapping[str, Any]) -> tuple[str, str, str] | None:
    born, sex = str(patient.get("birthDate", "")), str(patient.get("gender", ""))
    name = _name_of(patient)
    return None if name is None or len(born) != len("YYYY-MM-DD") else (name, born, sex)


def _name_of(patient: Mapping[str, Any]) -> str | None:
    return next((f"{family}|{given}" for family, given in names_of(patient)), None)


def names_of(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(family, first given) of each of her names that has both, in letters and digits only."""
    for name in patient.get("name", ()):
        family, given = _plain(name.get("family", "")), [_plain(part) for part in name.get("given", ())]
        if family and given and given[0]:
            yield family, given[0]


def phones_of(patient: Mapping[str, Any]) -> Iterator[str]:
    """The ten digits of each phone number of hers that is no placeholder."""
    for contact in patient.get("telecom", ()):
        number = re.sub(r"[^0-9]", "", str(contact.get("value", "")))[-10:]
        if contact.get("system") in ("phone", "sms") and len(number) == 10 and not _made_up(number):
            yield number


def _says_nothing(value: str) -> bool:
    plain = _plain(value)
    if not plain or plain in _NO_NUMBER:
        return True
    counted = plain in "12345678901234567890" or plain in "09876543210987654321"
    return len(plain) >= 7 and plain.isdigit() and (counted or len(set(plain)) == 1)


def _is_a_number(value: str) -> bool:
    """Whether an identifier can be one person's own wherever it is given: five digits or more, not all alike."""
    digits = re.sub(r"[^0-9]", "", value)
    return len(digits) >= 5 and len(set(digits)) > 2


def _made_up(number: str) -> bool:
    """Whether a phone number is one that forms are filled with when there is none."""
    return len(set(number[-7:])) == 1 or number.startswith("000") or number in _PLACEHOLDERS


def streets_of(patient: Mapping[str, Any]) -> Iterator[str]:
    """Street and postal code; only what has a number and a name: not `-`, `homeless` or `general delivery`."""
    for address in patient.get("address", ()):
        lines, postal = address.get("line", ()), str(address.get("postalCode", ""))[:5]
        street = _plain(lines[0]) if lines else ""
        told = any(c.isdigit() for c in street) and any(c.isalpha() for c in street)
        if told and len(postal) == 5:
            yield f"{street}|{postal}"


def _plain(text: str) -> str:
    """Letters and digits only, without accents or case, so that spelling habits do not part one person in two."""
    text = str(text)
    if text.isascii():
        return _ODD.sub("", text.lower())
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if c.isalnum())
