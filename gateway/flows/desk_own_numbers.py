"""An agency's own client number for somebody who was referred to it: said at its desk, kept as its own identifier.

It is a Patient of the agency's own that holds the number and nothing else: what the sender has told about her stays the
sender's. Who may see that Patient is decided as for any record of the agency.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from gateway.clock import new_id
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows import agency_desk
from gateway.flows.agency_desk import AtDesk, Worker
from gateway.flows.decided_here import why
from gateway.flows.desk_clients import LONGEST, desk_caller, log_worker, number_system
from gateway.flows.own_ids import own_id
from gateway.flows.own_records import own_records
from gateway.flows.submissions import accept_transaction
from gateway.flows.to_do import called
from gateway.identity import IDENTIFIER, identifiers_of
from gateway.store import Reading, Record, Transaction, patients, records

SAID, WRONG = "client_number_said", "client_number_wrong"
CONTESTED = "client_number_contested"
_PERSON = "urn:handoff:desk-person"
"""The system of what names the agency's Patient of a person: it stays hers when a number of hers was a mistake."""


async def number_said(premises: Premises, worker: Worker, intent_id: str, number: str) -> None:
    """The agency knows the person of a referral at its desk by this number from now on; the same again changes nothing.

    Only where the referral names her to the worker now: else whose number it is would tell who she is. Raises NotFound
    `NOTHING_AT_DESK`, NotUnderstood `NUMBER_MISSING`, `WORDS_TOO_LONG`, AlreadyReceived `NUMBER_TAKEN`.
    """
    said = " ".join(number.split())
    if len(said) > LONGEST or not said.isprintable():
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {LONGEST} letters on one line", "number")
    identifier = {"system": number_system(worker.partner), "value": said}
    if not tuple(identifiers_of({"identifier": [identifier]})):
        raise NotUnderstood("NUMBER_MISSING", "say the number that your organization gives her", "number")
    thing = await agency_desk.opened(premises, worker, intent_id)
    if not called(thing.first("Patient")):
        raise NotFound("NOTHING_AT_DESK", "nothing like this waits here")
    await premises.store.write(partial(_link, premises, worker, thing, identifier))
    with premises.store.read() as reading:
        known = _numbered(reading, worker.partner, thing.patient)
    if known is None or identifier not in known.resource["identifier"]:
        person = {
            "system": _PERSON,
            "value": premises.keys.index(_PERSON, worker.partner, thing.patient)[:32],
        }
        bundle = _bundle(premises, worker.partner, known, person, identifier)
        await accept_transaction(premises, desk_caller(worker), bundle, json.dumps(bundle).encode(), None)


async def number_wrong(premises: Premises, worker: Worker, intent_id: str, number: str, reason: str) -> None:
    """A number was typed for the wrong person: the agency does not know her by it any more; the log has why. What its
    systems sent under that number before stays where it is: a person has to look at it.

    Where a system has sent a Patient under it, two people may be mixed in her record: nothing of it is shown or leaves
    until a person has said who she is (`handoff identity`), and the number stays. Raises NotFound `NOTHING_AT_DESK`,
    `NO_SUCH_NUMBER`, NotUnderstood `REASON_MISSING`, AlreadyReceived `NUMBER_SENT`.
    """
    said = why(reason)
    thing = await agency_desk.opened(premises, worker, intent_id)
    shown = await numbers_of(premises, worker, thing)
    system = number_system(worker.partner)
    with premises.store.read() as reading:
        known = _numbered(reading, worker.partner, thing.patient)
    # a number that the organization's own system has sent is that system's to correct
    if number not in shown or known is None or not _is_desks(known):
        raise NotFound("NO_SUCH_NUMBER", "your desk has said no such number of this person", "number")

    def work(tx: Transaction) -> bool:
        at = premises.clock.now()
        if any(
            _holds(one, system, number)
            for one in _own(tx, worker.partner, thing.patient)
            if not _is_desks(one)
        ):
            patients.doubt(tx, thing.patient)
            log_worker(tx, worker, at, CONTESTED, thing.patient, thing.id, said)
            return False
        patients.unlink(tx, worker.partner, premises.keys.index(IDENTIFIER, system, number), thing.patient)
        log_worker(tx, worker, at, WRONG, thing.patient, thing.id, said)
        return True

    if not await premises.store.write(work):
        raise AlreadyReceived("NUMBER_SENT", "a system of yours has sent somebody under it", "number")
    bundle = _bundle(premises, worker.partner, known, wrong={"system": system, "value": number})
    await accept_transaction(premises, desk_caller(worker), bundle, json.dumps(bundle).encode(), None)


async def numbers_of(premises: Premises, worker: Worker, thing: AtDesk) -> tuple[str, ...]:
    """The agency's own numbers of the person a thing at its desk names; none where it does not name her now."""
    with premises.store.read() as reading:
        known = _numbered(reading, worker.partner, thing.patient)
    if known is None or not called(thing.first("Patient")):
        return ()
    system = number_system(worker.partner)
    found = await own_records(
        premises, worker, "client number", thing.patient, "Patient", lambda one: one.id == known.id
    )
    return tuple(
        str(one["value"])
        for patient in found
        for one in patient.get("identifier", ())
        if one.get("system") == system
    )


def _link(
    premises: Premises, worker: Worker, thing: AtDesk, identifier: Mapping[str, str], tx: Transaction
) -> None:
    """Raises AlreadyReceived `NUMBER_TAKEN`."""
    token = premises.keys.index(IDENTIFIER, identifier["system"], identifier["value"])
    known = {patient for _, patient in patients.find_by_token(tx, worker.partner, token)}
    if known - {thing.patient}:
        raise AlreadyReceived("NUMBER_TAKEN", "somebody has that number already", "number")
    if not known:
        patients.link(tx, worker.partner, token, thing.patient)
        log_worker(tx, worker, premises.clock.now(), SAID, thing.patient, thing.id, "")


def _numbered(reading: Reading, partner: str, patient_id: str) -> Record | None:
    """The agency's own Patient of hers that holds a number of its desk: what the desk has said goes before what a system
    has sent.
    """
    system = number_system(partner)
    found = [one for one in _own(reading, partner, patient_id) if _holds(one, system)]
    return min(found, key=lambda one: not _is_desks(one), default=None)


def _own(reading: Reading, partner: str, patient_id: str) -> list[Record]:
    return [one for one in records.of_patient(reading, patient_id, ("Patient",)) if is_own(one, partner)]


def _holds(patient: Record, system: str, number: str | None = None) -> bool:
    """Whether the Patient has that number, or any of that system."""
    return any(
        one.get("system") == system and number in (None, one.get("value"))
        for one in patient.resource.get("identifier", ())
    )


def _is_desks(patient: Record) -> bool:
    """Whether the Patient was made by what the desk said, and by no system."""
    return _holds(patient, _PERSON)


def _bundle(
    premises: Premises,
    partner: str,
    known: Record | None,
    *more: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A transaction with the agency's Patient: the known one with one more number, or without one that was wrong; else
    one that says who is meant and holds the number alone.
    """
    patient: dict[str, Any] = {"resourceType": "Patient", "identifier": list(map(dict, more))}
    if known is not None:
        held = [one for one in known.resource["identifier"] if one != wrong]
        first = next(
            (one for one in held if one.get("system") and one.get("value")), {"system": "", "value": ""}
        )
        if own_id(premises.keys.id_key, partner, "Patient", first["system"], first["value"]) == known.id:
            kept = {name: value for name, value in known.resource.items() if name not in ("id", "meta")}
            patient = {**kept, "identifier": [*held, *(dict(one) for one in more if one not in held)]}
    entry = {
        "fullUrl": f"urn:uuid:{new_id()}",
        "resource": patient,
        "request": {"method": "POST", "url": "Patient"},
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
