"""What was chosen at a desk and waits to be signed by her alone: at the tablet handed to her, or on her own phone.

A draft is a document beside her Consents (`DocumentReference`, `docStatus` preliminary until it is signed or over), so
that it is under her key and goes with it, and nobody but who recorded it is shown it. It is bound by its seal to what
was read: one that would mean something else by now is over.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace as with_changes

from gateway.audit import AuditReason, append
from gateway.clock import instant_text, new_id, read_instant
from gateway.disclosure.desk_forms import Form, Wanted, also_see
from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.errors import AlreadyReceived, NotAllowed, NotFound
from gateway.flows import draft_witnesses
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_taking import Preview, Taken, as_read, beside, record_signed
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.heard_denials import hear_denials
from gateway.store import Reading, Record, Transaction, records

KEPT, READ, CALLED_OFF = "consent_draft_kept", "consent_draft_read", "consent_draft_called_off"
LINK_OPENED, LINK_REFUSED = "signing_link_opened", "signing_link_refused"
DRAFT_SYSTEM = "urn:gateway:consent:draft"
DRAFT_MINUTES = 60
TABLET, PHONE = "tablet", "phone"
_OPEN, _SIGNED, _OVER = "preliminary", "final", "entered-in-error"
_TYPE = {"system": "http://loinc.org", "code": "59284-0", "display": "Patient Consent"}
_WITNESS = {"en": "{name} (by phone)", "es": "{name} (por teléfono)"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What waits to be signed: what was chosen, by which ids and seal it was read, before whom, how, and until when."""

    wanted: Wanted = field(repr=False)
    ids: tuple[str, ...]
    seal: str
    partner: str
    worker: str = field(repr=False)
    way: str
    until: str

    @property
    def witness(self) -> Worker:
        """Who sits with her, or talks with her."""
        return Worker(self.partner, self.worker)


async def keep(
    premises: Premises, worker: Worker, wanted: Wanted, ids: tuple[str, ...], seal: str, way: str
) -> str:
    """The id of a draft of what was read; whatever waited before for the same client at this desk is over.

    Raises what `consent_taking.preview` raises, and AlreadyReceived `FORM_CHANGED`, also where a refusal of the
    organization's own binds from now on, as it has to do with her by what it keeps of her.
    """
    require_right(premises, worker, "consents")
    at, draft_id = premises.clock.now(), new_id()
    until = instant_text(at + timedelta(minutes=DRAFT_MINUTES))
    draft = Draft(wanted, ids, seal, worker.partner, worker.name, way, until)

    def work(tx: Transaction) -> bool:
        as_read(premises, tx, worker, wanted, ids, seal, at)
        for record in _waiting(tx, wanted.patient_id, worker.partner):
            _set(premises, tx, record, _OVER, at)
        records.save(tx, beside(premises, worker, wanted.patient_id, _document(draft, draft_id, at), at))
        heard = hear_denials(premises, tx, wanted.patient_id, at, new_id())
        if way == PHONE:
            draft_witnesses.begin(premises, tx, worker, draft_id, until)
            draft_witnesses.look(tx, draft_id, at)
        log_worker(tx, worker, at, KEPT, wanted.patient_id, f"DocumentReference/{draft_id}", way)
        return heard

    if await premises.store.write(work) and state_of(premises, worker, wanted.patient_id, draft_id) == "over":
        raise AlreadyReceived("FORM_CHANGED", "does not mean any more what was read; read it again")
    return draft_id


def held(premises: Premises, draft_id: str) -> Draft | None:
    """A draft by its id, open or over; None where nothing of that id is one."""
    with premises.store.read() as reading:
        record = records.get(reading, "DocumentReference", draft_id)
    return None if record is None else _draft_of(record)


async def link_told(premises: Premises, draft_id: str, outcome: str, code: str) -> None:
    """For the log, under the draft: that its link was opened, or was not and why (`code`); by whom nobody knows."""
    at = instant_text(premises.clock.now())

    def work(tx: Transaction) -> None:
        record = records.get(tx, "DocumentReference", draft_id)
        if record is not None:
            entry = act_entry(
                outcome, at, code, patient_id=record.patient_id, subject=record.reference,
                partner=str(record.source_partner), purpose="PATRQT",
            )  # fmt: skip
            why = (AuditReason(code, "the link or its code"),) if code else ()
            append(tx, with_changes(entry, reasons=why))

    await premises.store.write(work)


async def read(premises: Premises, draft_id: str) -> tuple[Draft, Preview]:
    """A draft as she reads it before she signs; that it was opened is in the log.

    Raises NotFound `DRAFT_OVER`, also where it would mean something else by now, and what `preview` raises.
    """
    at = premises.clock.now()
    with premises.store.read() as reading:
        draft, record = _open(reading, draft_id, at)
        require_right(premises, draft.witness, "consents")
        forms = _forms(premises, reading, draft, at)
        others = also_see(premises, reading, draft.partner, draft.wanted, forms, at)
    entry = act_entry(
        READ, instant_text(at), draft.way, patient_id=record.patient_id, subject=record.reference,
        partner=draft.partner, purpose="PATRQT",
    )  # fmt: skip
    await premises.store.write(lambda tx: append(tx, entry))
    return draft, Preview(forms, draft.ids, draft.seal, others)


async def sign(premises: Premises, draft_id: str, typed_name: str) -> tuple[Taken, ...]:
    """Record what she signs by typing her name; the draft is signed with it.

    Raises what `read` raises, NotAllowed `WITNESS_AWAY`, NotUnderstood `NAME_DIFFERS`, AlreadyReceived `ALREADY_SIGNED`.
    """
    at = premises.clock.now()

    def work(tx: Transaction) -> tuple[Taken, ...]:
        draft, record = _open(tx, draft_id, at)
        worker, wanted = draft.witness, draft.wanted
        require_right(premises, worker, "consents")
        _forms(premises, tx, draft, at)
        if draft.way == PHONE and not draft_witnesses.is_there(tx, draft_id, at):
            raise NotAllowed("WITNESS_AWAY", "the witness has not looked at her page lately; ask her to")
        witness = _WITNESS[wanted.language].format(name=worker.name) if draft.way == PHONE else worker.name
        taken = record_signed(premises, tx, worker, wanted, draft.ids, draft.seal, typed_name, at, witness)
        _set(premises, tx, record, _SIGNED, at)
        return taken

    taken = await premises.store.write(work)
    premises.work_waiting.set()
    return taken


def state_of(premises: Premises, worker: Worker, patient_id: str, draft_id: str) -> str:
    """`waiting`, `signed` or `over`, for who made the draft and her colleagues. Raises NotFound `DRAFT_OVER` for a draft
    that is none of this client's at this desk.
    """
    require_right(premises, worker, "consents")
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        record = records.get(reading, "DocumentReference", draft_id)
    if record is None or record.patient_id != patient_id or record.source_partner != worker.partner:
        raise NotFound("DRAFT_OVER", "this is not waiting to be signed")
    stated = record.resource.get("docStatus")
    return "signed" if stated == _SIGNED else "waiting" if _can_be_signed(premises, record) else "over"


async def looked(premises: Premises, worker: Worker, patient_id: str, draft_id: str) -> str:
    """As `state_of`. Where she is the witness of a draft on a phone, she is there for some minutes from now."""
    state, draft = state_of(premises, worker, patient_id, draft_id), held(premises, draft_id)
    if state == "waiting" and draft is not None and draft.way == PHONE and draft.witness == worker:
        at = premises.clock.now()
        await premises.store.write(lambda tx: draft_witnesses.look(tx, draft_id, at))
    return state


async def leave(premises: Premises, worker: Worker) -> None:
    """The worker has logged out: what she would have been the witness of by phone is over."""
    at = premises.clock.now()

    def work(tx: Transaction) -> None:
        for draft_id in draft_witnesses.drafts_of(premises, tx, worker):
            record = records.get(tx, "DocumentReference", draft_id)
            if record is not None and record.resource.get("docStatus") == _OPEN:
                _set(premises, tx, record, _OVER, at)
                said = "the witness logged out"
                log_worker(tx, worker, at, CALLED_OFF, str(record.patient_id), record.reference, said)

    await premises.store.write(work)


async def call_off(premises: Premises, worker: Worker, patient_id: str, draft_id: str) -> None:
    """The draft is over before it was signed; one over or signed stays as it is. Raises as `state_of`."""
    at = premises.clock.now()
    if state_of(premises, worker, patient_id, draft_id) != "waiting":
        return

    def work(tx: Transaction) -> None:
        for record in _waiting(tx, patient_id, worker.partner):
            if record.id == draft_id:
                _set(premises, tx, record, _OVER, at)
                log_worker(tx, worker, at, CALLED_OFF, patient_id, record.reference, "not signed")

    await premises.store.write(work)


def _forms(premises: Premises, reading: Reading, draft: Draft, at: datetime) -> tuple[Form, ...]:
    try:
        return as_read(premises, reading, draft.witness, draft.wanted, draft.ids, draft.seal, at)
    except AlreadyReceived:  # she would sign what nobody has read to her
        raise NotFound("DRAFT_OVER", "this is not waiting to be signed") from None


def _open(reading: Reading, draft_id: str, at: datetime) -> tuple[Draft, Record]:
    """A draft that can be signed now."""
    record = records.get(reading, "DocumentReference", draft_id)
    draft = None if record is None else _draft_of(record)
    if record is None or draft is None or record.resource.get("docStatus") != _OPEN or _is_late(draft, at):
        raise NotFound("DRAFT_OVER", "this is not waiting to be signed")
    return draft, record


def _can_be_signed(premises: Premises, record: Record) -> bool:
    """Whether it is open still, and means what was read."""
    at = premises.clock.now()
    with premises.store.read() as reading:
        try:
            _forms(premises, reading, _open(reading, record.id, at)[0], at)
        except NotFound:
            return False
    return True


def _is_late(draft: Draft, at: datetime) -> bool:
    return read_instant(draft.until) <= at


def _waiting(reading: Reading, patient_id: str, partner: str) -> Iterator[Record]:
    for record in records.of_patient(reading, patient_id, ("DocumentReference",)):
        is_open = record.resource.get("docStatus") == _OPEN and record.source_partner == partner
        if is_open and _draft_of(record) is not None:
            yield record


def _draft_of(record: Record) -> Draft | None:
    """The draft that a document holds; None for any other document, and for what is not from a desk of ours."""
    rows = record.resource.get("identifier", ())
    is_named = any(row.get("system") == DRAFT_SYSTEM and row.get("value") == record.id for row in rows)
    if not (is_named and is_recorder_only(record)):
        return None
    held = base64.b64decode(record.resource["content"][0]["attachment"]["data"])
    draft = msgspec.json.decode(held, type=Draft)
    return draft if draft.partner == record.source_partner else None


def _set(premises: Premises, tx: Transaction, record: Record, doc_status: str, at: datetime) -> None:
    changed = {**record.resource, "docStatus": doc_status}
    worker = Worker(str(record.source_partner), "")
    records.save(tx, beside(premises, worker, str(record.patient_id), changed, at))


def _document(draft: Draft, draft_id: str, at: datetime) -> dict[str, Any]:
    """The draft as it is kept, under the label that only this gateway puts on (`recorder_only`)."""
    data = base64.b64encode(msgspec.json.encode(draft)).decode()
    return {
        "resourceType": "DocumentReference",
        "id": draft_id,
        "status": "current",
        "docStatus": _OPEN,
        "type": {"coding": [_TYPE]},
        "subject": {"reference": f"Patient/{draft.wanted.patient_id}"},
        "date": instant_text(at),
        "identifier": [{"system": DRAFT_SYSTEM, "value": draft_id}],
        "content": [{"attachment": {"contentType": "application/json", "data": data}}],
    }
