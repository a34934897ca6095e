"""A worker finds her organization's own client by two things that are known of her, or writes her down.

Nobody is found but whom the organization itself has sent here, and at most one: a name with a birth date that fits two
people finds neither, until a phone or client number tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from msgspec.structs import replace as with_changes

from gateway.audit import append
from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.errors import AlreadyReceived, Internal, NotAllowed, NotFound, NotUnderstood
from gateway.flows.agency_desk import BASIS, Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.own_records import fullest, own_records
from gateway.flows.people import patient_meant
from gateway.flows.submissions import accept_transaction
from gateway.identity import description_keys
from gateway.security.callers import Caller
from gateway.store import Reading, Transaction, patients, records

LONGEST = 80
_SEXES = ("female", "male", "other", "unknown")
_MOST_LIKE_HER = 50
_OLDEST_YEARS = 130


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of a client at the desk; `number` is the organization's own, `sex` a FHIR code."""

    family: str = field(default="", repr=False)
    given: str = field(default="", repr=False)
    born: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    sex: str = "unknown"


@dataclass(frozen=True, slots=True)
class Client:
    """One client as the worker's organization has her on file itself."""

    patient_id: str
    patient: Mapping[str, Any] = field(repr=False)


def number_system(partner: str) -> str:
    """The identifier system of the numbers that an organization gives its clients at its desk."""
    return f"urn:handoff:client-number:{partner}"


def require_right(premises: Premises, worker: Worker, *rights: str) -> None:
    """Nothing, when the worker's organization has one of these rights. Raises NotAllowed `RIGHT_MISSING`."""
    partner = premises.network.partners.get(worker.partner)
    if partner is None or not set(rights) & set(partner.desk):
        raise NotAllowed("RIGHT_MISSING", "your organization's desk is not set up for this")


async def find_client(premises: Premises, worker: Worker, said: Described) -> Client | None:
    """The one client of that name and birth date, and phone or number where they are given; None when nobody or more
    than one fits. That it was asked is in the log.

    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `NAME_MISSING`, `BIRTH_DATE_INVALID`, `WORDS_TOO_LONG`.
    """
    require_right(premises, worker, "consents", "clients", "crisis")
    _check(premises, said)
    with premises.store.read() as reading:
        fitting = _fitting(premises, reading, worker.partner, said)
    return await _seen(premises, worker, fitting[0] if len(fitting) == 1 else None, "find client")


async def client_of(premises: Premises, worker: Worker, patient_id: str, page: str) -> Client:
    """A client of the organization's own, named by our id. Raises NotFound `NO_SUCH_CLIENT`."""
    require_right(premises, worker, "consents", "clients", "crisis")
    with premises.store.read() as reading:
        known = patients.exists(reading, patient_id) and patients.knows(reading, worker.partner, patient_id)
    found = await _seen(premises, worker, patient_id if known else None, page)
    if found is None:
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")
    return found


async def register_client(premises: Premises, worker: Worker, said: Described) -> str:
    """Our id of a client who is written down now, with the number that is said or a new one.

    Raises what `find_client` raises, and AlreadyReceived `NUMBER_TAKEN` when somebody else has that number.
    """
    require_right(premises, worker, "consents", "clients", "crisis")
    _check(premises, said)
    number = said.number.strip() or f"D-{new_id().replace('-', '')[-10:].upper()}"
    identifier = {"system": number_system(worker.partner), "value": number}
    with premises.store.read() as reading:
        if patient_meant(premises, reading, worker.partner, {"identifier": identifier}) is not None:
            raise AlreadyReceived("NUMBER_TAKEN", "somebody has that number already", "number")
    entry = {
        "fullUrl": f"urn:uuid:{new_id()}",
        "resource": patient_of(said, identifier),
        "request": {"method": "POST", "url": "Patient"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    raw = json.dumps(bundle, ensure_ascii=False).encode()
    await accept_transaction(premises, desk_caller(worker), bundle, raw, None)
    with premises.store.read() as reading:
        found = patient_meant(premises, reading, worker.partner, {"identifier": identifier})
    if found is None:
        raise Internal("CLIENT_LOST", "a client who was written down is not there")
    return found


async def _seen(premises: Premises, worker: Worker, patient_id: str | None, page: str) -> Client | None:
    """The client as a release to her own organization; logged also when there is nobody."""
    own = await own_records(premises, worker, page, patient_id, "Patient")
    return Client(patient_id, fullest(own)) if own and patient_id else None


def _fitting(premises: Premises, reading: Reading, partner: str, said: Described) -> tuple[str, ...]:
    """The organization's own clients whom all that is said fits."""
    keys = description_keys(patient_of(said, None), premises.keys.index, "")
    found = dict.fromkeys(one for key in keys for one in patients.find_by_match_key(reading, key))
    return tuple(
        one
        for one in list(found)[:_MOST_LIKE_HER]
        if patients.knows(reading, partner, one)
        and any(
            is_own(record, partner) and not record.deleted and _fits(record.resource, said)
            for record in records.of_patient(reading, one, ("Patient",))
        )
    )


def _fits(patient: Mapping[str, Any], said: Described) -> bool:
    if patient.get("birthDate") != said.born:
        return False
    names = {
        (_plain(name.get("family", "")), _plain(given))
        for name in patient.get("name", ())
        for given in (*name.get("given", ()), " ".join(name.get("given", ())))
    }
    if (_plain(said.family), _plain(said.given)) not in names:
        return False
    phones = {_digits(one.get("value", "")) for one in patient.get("telecom", ())}
    numbers = {_plain(one.get("value", "")) for one in patient.get("identifier", ())}
    if said.phone and _digits(said.phone) not in phones:
        return False
    return not said.number or _plain(said.number) in numbers


def patient_of(said: Described, identifier: Mapping[str, str] | None) -> dict[str, Any]:
    """The FHIR Patient that is described."""
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": said.family.strip(), "given": said.given.split()}],
        "birthDate": said.born,
        "gender": said.sex,
    }
    if said.phone.strip():
        found["telecom"] = [{"system": "phone", "value": said.phone.strip()}]
    if identifier is not None:
        found["identifier"] = [dict(identifier)]
    return found


def _check(premises: Premises, said: Described) -> None:
    texts = (said.family, said.given, said.phone, said.number)
    if any(len(text) > LONGEST or not text.isprintable() for text in texts):
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {LONGEST} letters on one line", "words")
    if not said.family.strip() or not said.given.strip():
        raise NotUnderstood("NAME_MISSING", "give first name and last name", "family")
    today = premises.clock.now().date()
    try:
        born = date.fromisoformat(said.born)
    except ValueError:
        born = date.max
    if (
        not 0 <= today.year - born.year <= _OLDEST_YEARS
        or born > today
        or len(said.born) != len("YYYY-MM-DD")
    ):
        raise NotUnderstood("BIRTH_DATE_INVALID", "give the day of birth, such as 1990-03-31", "born")
    if said.sex not in _SEXES:
        raise NotUnderstood("SEX_INVALID", f"expected one of {', '.join(_SEXES)}", "sex")


def _plain(text: object) -> str:
    return "".join(one for one in str(text).casefold() if one.isalnum())


def _digits(text: object) -> str:
    return "".join(one for one in str(text) if one.isascii() and one.isdigit())[-10:]


def desk_caller(worker: Worker) -> Caller:
    """The worker's organization as whoever acts."""
    return Caller(worker.partner, f"desk:{worker.partner}", "", frozenset(), "")


def require_client(reading: Reading, worker: Worker, patient_id: str) -> None:
    """Nothing, when she is a client of the worker's organization. Raises NotFound `NO_SUCH_CLIENT`."""
    if not patients.exists(reading, patient_id) or not patients.knows(reading, worker.partner, patient_id):
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")


def log_worker(
    tx: Transaction, worker: Worker, at: datetime, outcome: str, patient_id: str, subject: str, said: str
) -> None:
    """Who of the organization did it: the Consent's own entry names the organization."""
    entry = act_entry(
        outcome, instant_text(at), said, patient_id=patient_id, subject=subject, partner=worker.partner
    )
    append(tx, with_changes(entry, recipient_name=worker.name, basis=BASIS))
