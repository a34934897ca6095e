"""Consents at a desk: chosen and read on a screen, signed before a worker, taken back by voice, or refused.

What is signed is one act: all its Consents are recorded, each with the signed form's own bytes, or none is; they bind
from the commit, and what is held for them is looked at again at once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.clock import instant_text, new_id
from gateway.disclosure.consent_standing import may_record
from gateway.disclosure.desk_forms import (
    STATUS_ONLY,
    Form,
    Line,
    Wanted,
    also_see,
    classes_of,
    forms_for,
    is_person,
    kinds_of,
    seal_of,
    sign_on_screen,
)
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import marked
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_record import keep_consent
from gateway.flows.decided_here import carry_out
from gateway.flows.desk_clients import desk_caller, log_worker, require_client, require_right
from gateway.flows.heard_denials import hear_denials
from gateway.resources import parse_json
from gateway.store import Intent, Reading, Record, Transaction, consent_requests, intents, records

SIGNED, SAID_NO = "consent_signed_at_desk", "said_no"
NOT_ASKED_DAYS = (30, 90, 180, 365)
FORM_SYSTEM = "urn:gateway:consent:form"
_FORM_TYPE = {"system": "http://loinc.org", "code": "59284-0", "display": "Patient Consent"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What is read before signing. `ids` and `seal` come back with the signature; `others`: every partner that was not
    chosen, and whether it sees something of hers all the same.
    """

    forms: tuple[Form, ...] = field(repr=False)
    ids: tuple[str, ...]
    seal: str
    others: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A Consent that was recorded, and the signed form's text."""

    consent_id: str
    standing: str
    missing: tuple[str, ...]
    text: str = field(repr=False)


def new_ids(number: int) -> tuple[str, ...]:
    """Ids for the Consents of a preview."""
    return tuple(new_id() for _ in range(number))


def preview(premises: Premises, worker: Worker, wanted: Wanted, ids: Sequence[str]) -> Preview:
    """The forms for what was chosen, and what each would mean; nothing is recorded.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, NotUnderstood `RECIPIENT_UNKNOWN`,
    `RECORDER_NOT_ENTITLED`, and what `forms_for` raises.
    """
    require_right(premises, worker, "consents")
    at = premises.clock.now()
    with premises.store.read() as reading:
        require_client(reading, worker, wanted.patient_id)
        forms = _forms(premises, reading, worker, wanted, ids, at)
        others = also_see(premises, reading, worker.partner, wanted, forms, at)
    return Preview(forms, tuple(ids), seal_of(premises.keys.id_key, forms), others)


def record_signed(
    premises: Premises,
    tx: Transaction,
    worker: Worker,
    wanted: Wanted,
    ids: Sequence[str],
    seal: str,
    typed_name: str,
    at: datetime,
    witness: str = "",
) -> tuple[Taken, ...]:
    """Record what she signs by typing her name, the worker being the witness (`witness`: as the form names her, else by
    her name alone).

    Raises what `as_read` raises, NotUnderstood `NAME_DIFFERS`, AlreadyReceived `ALREADY_SIGNED`.
    """
    forms = as_read(premises, tx, worker, wanted, ids, seal, at)
    if any(records.get(tx, "Consent", one) is not None for one in ids):
        raise AlreadyReceived("ALREADY_SIGNED", "was signed before; a change needs a form of its own")
    said = (worker, witness or worker.name, typed_name)
    for form in {one.line.recipient: one for one in forms if one.line.is_supporter}.values():
        save_new(premises, tx, worker, wanted.patient_id, _supporter(form), at)
    taken = tuple(_record(premises, tx, said, wanted.patient_id, form, at) for form in forms)
    hear_denials(premises, tx, wanted.patient_id, at, new_id())
    return taken


def as_read(
    premises: Premises,
    reading: Reading,
    worker: Worker,
    wanted: Wanted,
    ids: Sequence[str],
    seal: str,
    at: datetime,
) -> tuple[Form, ...]:
    """The forms, where they mean now what was read under that seal. Raises NotFound `NO_SUCH_CLIENT`, AlreadyReceived
    `FORM_CHANGED`, and what `preview` raises.
    """
    require_client(reading, worker, wanted.patient_id)
    forms = _forms(premises.remembering_nothing(), reading, worker, wanted, ids, at)
    if seal_of(premises.keys.id_key, forms) != seal:
        raise AlreadyReceived("FORM_CHANGED", "does not mean any more what was read; read it again")
    return forms


def from_request(premises: Premises, worker: Worker, intent_id: str) -> tuple[Intent, tuple[Line, ...]]:
    """A held referral's intent, and the permissions that would release it: the referral itself, and the way back where
    this desk may record it. Raises NotFound `NO_SUCH_REQUEST`.
    """
    require_right(premises, worker, "consents")
    with premises.store.read() as reading:
        intent = intents.get(reading, intent_id)
        asked = consent_requests.of_intent(reading, intent_id)
        kinds = kinds_of(_classes_held(reading, intent.focus)) if intent is not None else ()
    ours = may_record(premises.network, worker.partner)
    if intent is None or asked is None or intent.state != "held" or intent.source_partner not in ours:
        raise NotFound("NO_SUCH_REQUEST", "no open request is about that", intent_id)
    lines = [Line(intent.source_partner, intent.partner, kinds)]
    if intent.partner in ours:
        lines.append(Line(intent.partner, intent.source_partner, STATUS_ONLY))
    return intent, tuple(lines)


def _classes_held(reading: Reading, focus: Sequence[str]) -> set[str]:
    """The types of the records, and of care plans which kind each is."""
    types = {one.partition("/")[0] for one in focus}
    plans = (records.get(reading, *one.split("/")) for one in focus if one.startswith("CarePlan/"))
    return types.union(*(classes_of(one.resource) for one in plans if one is not None))


def may_tell_back(premises: Premises, worker: Worker) -> frozenset[str]:
    """The partners for whose answers this desk may record a permission; else they ask for it themselves."""
    return may_record(premises.network, worker.partner) - {worker.partner}


async def said_no(premises: Premises, worker: Worker, intent_id: str, days: int) -> None:
    """She was asked for a held referral and said no: nobody asks her again for so many days, and it stays held.

    Raises NotFound `NO_SUCH_REQUEST`, `NO_SUCH_CLIENT`, NotUnderstood `DAYS_INVALID`.
    """
    intent, _ = from_request(premises, worker, intent_id)
    if days not in NOT_ASKED_DAYS:
        raise NotUnderstood("DAYS_INVALID", f"expected one of {NOT_ASKED_DAYS}", "days")
    at = premises.clock.now()

    def work(tx: Transaction) -> dict[str, Any]:
        require_client(tx, worker, intent.patient_id)
        if not consent_requests.said_no(tx, intent_id, instant_text(at + timedelta(days=days))):
            raise NotFound("NO_SUCH_REQUEST", "no open request is about that", intent_id)
        log_worker(tx, worker, at, SAID_NO, intent.patient_id, intent_id, f"not asked again for {days} days")
        return {}

    await carry_out(premises, work)


def _forms(
    premises: Premises, reading: Reading, worker: Worker, wanted: Wanted, ids: Sequence[str], at: datetime
) -> tuple[Form, ...]:
    """The forms, once every line is one that this desk may record."""
    partners, ours = premises.network.partners, may_record(premises.network, worker.partner)
    for line in wanted.lines:
        if line.discloser not in ours or line.discloser not in partners:
            raise NotUnderstood(
                "RECORDER_NOT_ENTITLED", "this desk may not record for that organization", "lines"
            )
        known = partners.get(line.recipient)
        is_known = known is not None and known.kind != "law_enforcement"
        if not (is_person(line) if line.is_supporter else is_known):
            raise NotUnderstood("RECIPIENT_UNKNOWN", "no such organization can be chosen", "lines")
    if len(ids) != len(wanted.lines):
        raise AlreadyReceived("FORM_CHANGED", "does not mean any more what was read; read it again")
    return forms_for(premises, reading, wanted, ids, at)


def _record(
    premises: Premises,
    tx: Transaction,
    said: tuple[Worker, str, str],
    patient_id: str,
    form: Form,
    at: datetime,
) -> Taken:
    """`said`: who takes it, as which witness, and the name that was typed."""
    worker, witness, typed_name = said
    zone = premises.network.zone
    signed, text = sign_on_screen(form, typed_name=typed_name, witness=witness, at=at, zone=zone)
    resource = dict(parse_json(signed.consent))
    request_id = new_id()
    save_new(premises, tx, worker, patient_id, _signed_paper(form, patient_id, text, at), at)
    kept = keep_consent(premises, tx, desk_caller(worker), resource, patient_id, at, request_id)
    log_worker(tx, worker, at, SIGNED, patient_id, kept.record.reference, signed.reference)
    return Taken(kept.record.id, kept.judgement.standing, kept.judgement.reasons, text.decode())


def _signed_paper(form: Form, patient_id: str, text: bytes, at: datetime) -> dict[str, Any]:
    """The signed form with its own bytes, beside the Consent that names it by its hash."""
    return {
        "resourceType": "DocumentReference",
        "id": new_id(),
        "status": "current",
        "type": {"coding": [_FORM_TYPE]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "date": instant_text(at),
        "identifier": [{"system": FORM_SYSTEM, "value": form.reference}],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": base64.b64encode(text).decode(),
                    "hash": base64.b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode(),
                    "title": f"Signed form {form.reference}",
                }
            }
        ],
    }


def _supporter(form: Form) -> dict[str, Any]:
    """Somebody she has chosen herself, as the Consent names her."""
    kind, _, own_id = form.line.recipient.partition("/")
    return {
        "resourceType": kind,
        "id": own_id,
        "active": True,
        "patient": {"reference": form.choices.patient},
        "name": [{"text": form.line.name}],
    }


def save_new(
    premises: Premises,
    tx: Transaction,
    worker: Worker,
    patient_id: str,
    resource: Mapping[str, Any],
    at: datetime,
) -> None:
    """Keep what goes with a Consent: like that, nobody but who recorded it is shown it."""
    record = beside(premises, worker, patient_id, resource, at)
    if records.get(tx, record.resource_type, record.id) is not None:
        raise AlreadyReceived("ALREADY_SIGNED", "was signed before; a change needs a form of its own")
    records.save(tx, record)


def beside(
    premises: Premises, worker: Worker, patient_id: str, resource: Mapping[str, Any], at: datetime
) -> Record:
    """The record of what goes with a Consent."""
    return Record(
        resource_type=str(resource["resourceType"]),
        id=str(resource["id"]),
        version=0,
        patient_id=patient_id,
        source_partner=worker.partner,
        sources=(worker.partner,),
        part2=premises.network.partners[worker.partner].is_part2_program,
        updated_at=instant_text(at),
        deleted=False,
        resource=marked(resource),
    )
