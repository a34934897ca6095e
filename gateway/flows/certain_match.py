"""`Patient/$match`: is the person described here one whom the caller may know? At most one, and only for certain.

Compared is what the caller may see of her, never what is held: by a fact that is kept from it nobody is found, nor is
anybody doubted for it, so no phone number and no street can be tried out. Unknown, in doubt, several and not permitted
give one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from gateway.disclosure.asked import question
from gateway.disclosure.content import searchset_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking, seen_alone
from gateway.disclosure.show import Choose, Select, show
from gateway.errors import NotUnderstood
from gateway.flows.answers import Pulled
from gateway.flows.checked import checked
from gateway.flows.pull import of_types
from gateway.identity import IDENTIFIER, match_keys
from gateway.resources import parse_json, to_json
from gateway.security.callers import Caller
from gateway.store import Reading, Record, patients, records

_MOST_FACTS = 20
_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
_CERTAIN = {
    "extension": [{"url": _GRADE, "valueCode": "certain"}],
    "mode": "match",
    "score": 1,
}


async def certain_match(premises: Premises, caller: Caller, patient: Mapping[str, Any]) -> Pulled:
    """A searchset of the one Patient that is certainly meant, as the caller may see her; empty otherwise.

    Raises NotUnderstood `MATCH_FACTS_MISSING` unless name, full birth date and sex are told and beside them a phone
    number, a street with its postal code, or an identifier, or else an identifier of the caller's own;
    `MATCH_FACTS_TOO_MANY`; and as `checked` does.
    """
    checked(patient, "Patient", "Parameters.parameter.resource.")
    likely, certain = match_keys(patient, premises.keys.index)
    is_described = likely is not None and certain and patient.get("gender")
    numbers = [] if is_described else _numbers(patient)
    if not is_described and not numbers:
        text = "needs name, full birth date and sex, and a phone number, a street or an identifier; or your own one"
        raise NotUnderstood("MATCH_FACTS_MISSING", text, "Patient")
    if max(len(certain), len(numbers)) > _MOST_FACTS:
        raise NotUnderstood(
            "MATCH_FACTS_TOO_MANY", f"at most {_MOST_FACTS} numbers and streets are taken", "Patient"
        )
    if is_described:
        select, choose = _by_facts(premises, caller, frozenset(certain))
    else:
        select, choose = _by_own_number(premises, caller, numbers, patient)
    shown = await show(
        premises,
        partner=caller.partner,
        purpose=caller.purpose,
        media=caller.media,
        select=select,
        write=partial(_written, caller.base),
        choose=choose,
        asked=question("Patient/$match", [("resource", to_json(patient).decode())]),
    )
    return Pulled(shown.content, shown.request_id)


def _numbers(patient: Mapping[str, Any]) -> list[tuple[str, str]]:
    listed = patient.get("identifier", ())
    return [(one["system"], one["value"]) for one in listed if one.get("system") and one.get("value")]


def _by_own_number(
    premises: Premises, caller: Caller, numbers: Sequence[tuple[str, str]], patient: Mapping[str, Any]
) -> tuple[Select, Choose]:
    """Whom the caller itself calls so, as a search by that identifier finds her; what else it says must not be against
    it.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        tokens = [premises.keys.index(IDENTIFIER, *number) for number in numbers]
        found = {one for token in tokens for _, one in patients.find_by_token(reading, caller.partner, token)}
        if len(found) != 1:
            return None, ()
        (patient_id,) = found
        return patient_id, of_types(premises, reading, caller, patient_id, ("Patient",))

    def choose(seen: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        told = [(name, patient[name]) for name in ("birthDate", "gender") if name in patient]
        return [one for one in seen if all(one.get(name, value) == value for name, value in told)]

    return select, choose


def _by_facts(premises: Premises, caller: Caller, wanted: frozenset[str]) -> tuple[Select, Choose]:
    """The one whom the facts fit, of those whom the caller may see."""
    own: set[str] = set()

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        found = sorted({one for key in wanted for one in patients.find_by_match_key(reading, key)})
        fitting = [one for one in found if _fits(premises, caller, reading, one, wanted)]
        if len(fitting) != 1:
            return None, ()
        (patient_id,) = fitting
        held = records.of_patient(reading, patient_id, ("Patient",))
        own.update(record.id for record in held if set(record.sources) == {caller.partner})
        return patient_id, held

    def choose(seen: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        met = [one for one in seen if wanted.intersection(match_keys(one, premises.keys.index)[1])]
        hers = [one for one in seen if one["id"] in own]  # under the id by which the caller knows her
        return [*hers, *met][:1] if met else ()

    return select, choose


def _fits(
    premises: Premises, caller: Caller, reading: Reading, patient_id: str, wanted: frozenset[str]
) -> bool:
    """Whether some description of her that the caller may see has one of the keys."""
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    held = records.of_patient(reading, patient_id, ("Patient",))
    seen = (seen_alone(premises, reading, asking, patient_id, record)[0] for record in held)
    return any(
        one is not None and wanted.intersection(match_keys(one, premises.keys.index)[1]) for one in seen
    )


def _written(
    base: str, resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
) -> bytes:
    """A searchset with the grade of the match."""
    bundle: dict[str, Any] = parse_json(searchset_bundle(resources, notices, at, base))
    for entry in bundle.get("entry", ()):
        if entry["search"]["mode"] == "match":
            entry["search"] = _CERTAIN
    return to_json(bundle)
