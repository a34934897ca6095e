"""Whom two identifiers fit, of everybody here: at most one, and certain; else nobody, whatever the cause.

For a worker in a crisis, who knows no number of ours. What she then sees is for consent or an emergency to decide; here
nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, seen_alone
from gateway.errors import NotUnderstood
from gateway.identity import description_keys
from gateway.store import Reading, patients, records

LONGEST = 80
_MOST_ALIKE = 50
_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of somebody. Name (first and last), birth date (`YYYY-MM-DD`), phone and our id are one each."""

    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    our_id: str = field(default="", repr=False)


def check_sought(sought: Sought) -> None:
    """Nothing, when two identifiers are given.

    Raises NotUnderstood `WORDS_TOO_LONG`, `BIRTH_DATE_INVALID`, `TWO_NEEDED`.
    """
    texts = (sought.family, sought.given, sought.born, sought.phone, sought.our_id)
    if any(len(text) > LONGEST or not text.isprintable() for text in texts):
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {LONGEST} letters on one line", "words")
    if sought.born:
        try:
            date.fromisoformat(sought.born)
        except ValueError:
            raise NotUnderstood(
                "BIRTH_DATE_INVALID", "give the day of birth, such as 1990-03-31", "born"
            ) from None
    named = bool(_plain(sought.family)) and bool(_plain(sought.given))
    known = (named, bool(sought.born), len(_digits(sought.phone)) == 10, bool(sought.our_id))
    if sum(known) < _NEEDED:
        raise NotUnderstood("TWO_NEEDED", "give two: name, birth date, phone or our number", "words")


Descriptions = Callable[[Reading, str], Sequence[Mapping[str, Any]]]
"""The descriptions (FHIR Patients) of a person that are compared with what is given."""


def every_description(reading: Reading, patient_id: str) -> Sequence[Mapping[str, Any]]:
    """All that is held: for an emergency, where who asks and why is written down before anything is looked for."""
    held = records.of_patient(reading, patient_id, ("Patient",))
    return [one.resource for one in held if not one.deleted]


def seen_descriptions(premises: Premises, partner: str, purpose: str) -> Descriptions:
    """What `partner` may see of her: a number that is kept from it finds nobody, and makes nobody doubted."""
    asking = Asking(partner, purpose, premises.clock.now())

    def seen(reading: Reading, patient_id: str) -> Sequence[Mapping[str, Any]]:
        held = records.of_patient(reading, patient_id, ("Patient",))
        shown = (seen_alone(premises, reading, asking, patient_id, one)[0] for one in held if not one.deleted)
        return [one for one in shown if one is not None]

    return seen


def the_one(
    premises: Premises, partner: str, sought: Sought, described: Descriptions, reading: Reading
) -> str | None:
    """Our id of the one person whom all that is given fits, as `described` has her.

    Of those about whom it is still uncertain who they are, only one that `partner` itself has written down.
    """
    fitting = [one for one in _alike(premises, reading, sought) if _fits(described(reading, one), sought)]
    certain = [one for one in fitting if patients.certain(reading, one)]
    found = certain or [one for one in fitting if patients.knows(reading, partner, one)]
    return found[0] if len(found) == 1 else None


def _alike(premises: Premises, reading: Reading, sought: Sought) -> tuple[str, ...]:
    """Who comes into question; nobody where that would be a crowd."""
    if sought.our_id:
        return (sought.our_id,) if patients.exists(reading, sought.our_id) else ()
    described: dict[str, Any] = {"telecom": [{"system": "phone", "value": sought.phone}]}
    if sought.family and sought.given:
        described["name"] = [{"family": sought.family, "given": sought.given.split()}]
    if sought.born:
        described["birthDate"] = sought.born
    keys = description_keys(described, premises.keys.index, "")
    found = dict.fromkeys(one for key in keys for one in patients.find_by_match_key(reading, key))
    return tuple(found) if len(found) <= _MOST_ALIKE else ()


def _fits(described: Sequence[Mapping[str, Any]], sought: Sought) -> bool:
    digits = _digits(sought.phone)
    return any(_is_called(one, sought) and _is_born(one, sought) for one in described) and (
        not digits or any(digits in _phones(one) for one in described)
    )


def _is_born(patient: Mapping[str, Any], sought: Sought) -> bool:
    return not sought.born or patient.get("birthDate") == sought.born


def _is_called(patient: Mapping[str, Any], sought: Sought) -> bool:
    if not sought.family and not sought.given:
        return True
    names = {
        (_plain(name.get("family", "")), _plain(given))
        for name in patient.get("name", ())
        for given in (*name.get("given", ()), " ".join(map(str, name.get("given", ()))))
    }
    return (_plain(sought.family), _plain(sought.given)) in names


def _phones(patient: Mapping[str, Any]) -> set[str]:
    return {_digits(one.get("value", "")) for one in patient.get("telecom", ())}


def _plain(text: object) -> str:
    return "".join(one for one in str(text).casefold() if one.isalnum())


def _digits(text: object) -> str:
    return "".join(one for one in str(text) if one.isascii() and one.isdigit())[-10:]
