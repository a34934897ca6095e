"""`ServiceRequest/$handoff`: the steps of a warm hand-off, in the loop of its Task (DM-20, SD-02, SD-06).

The addressee accepts and closes. That the two workers have met is said by each of them for her own organisation, as a
Communication of its own; when both have, the referral is under way, by the addressee's word. What the sender's side is
answered depends on nothing but what it may see, so that it learns nothing of an answer that is kept from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotAllowed, NotFound, NotUnderstood
from gateway.flows import pull, status
from gateway.flows.answers import Pulled
from gateway.flows.kept_labels import save_keeping_labels
from gateway.flows.nothing import NothingToShow, nothing_for
from gateway.flows.own_ids import own_id
from gateway.partners import reference_of
from gateway.security.callers import Caller
from gateway.store import Intent, Reading, Record, Transaction, intents, records

SYSTEM, OUTCOMES = "urn:warm-handoff:handoff", "urn:warm-handoff:handoff-outcome"
STEPS = ("accept", "first-contact", "close")
SERVED = "served"
OUTCOME_CODES = (SERVED, "declined", "ineligible", "unreachable", "waitlist")
"""How a referral was closed (SD-06). All but the first need a reason in words."""
_CLOSED = {"coding": [{"system": status.BSER_STATUS, "code": "7.0"}]}
_CONTACT = {"coding": [{"system": SYSTEM, "code": "first-contact"}], "text": "First contact"}
_OVER = frozenset({"draft", "cancelled", "rejected", "completed", "failed", "entered-in-error"})
_CAN_BEGIN = frozenset({"accepted", "on-hold"})


@dataclass(frozen=True, slots=True)
class HandoffStep:
    """What is said: `step`, of `STEPS`. `worker` and `at` (aware) are of a first contact, `outcome` and `reason` of a
    closing. `if_match`: the version of the Task by which it is said.
    """

    step: str
    worker: str = field(default="", repr=False)
    at: datetime | None = None
    outcome: str = ""
    reason: str = field(default="", repr=False)
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """The Task of the referral, and the intent by which it came to the caller; None: the caller has sent it."""

    task: Record
    received: Intent | None


async def handoff(premises: Premises, caller: Caller, request_id: str, said: HandoffStep) -> Pulled | None:
    """The Task as the caller may see it after its step on the ServiceRequest of that id; None where it may see nothing.

    Raises NotFound `NO_SUCH_RECORD` for who has no part in it, NotAllowed `NOT_THE_ADDRESSEE`, AlreadyReceived
    `STATUS_JUMP`, `VERSION_CONFLICT`, NotUnderstood `CONTACT_IN_FUTURE` and as `status.update_task` does.
    """
    with premises.store.read() as reading:
        part = _part_of(reading, caller.partner, request_id)
    if part is None:
        raise await nothing_for(premises, caller, f"ServiceRequest/{request_id}", "HANDOFF_OF_ANOTHER")
    if said.step == "first-contact":
        if said.at is not None and said.at > premises.clock.now():
            raise NotUnderstood("CONTACT_IN_FUTURE", "has not been yet", "Parameters.at")
        try:
            await premises.store.write(partial(_meet, premises, caller, request_id, said))
        except NotFound:
            subject = f"ServiceRequest/{request_id}"
            raise await nothing_for(premises, caller, subject, "HANDOFF_OF_ANOTHER") from None
        premises.work_waiting.set()
    elif part.received is None:
        raise NotAllowed("NOT_THE_ADDRESSEE", "only who the referral was sent to says this")
    else:
        await _answer(premises, caller, part.task.id, said)
    try:
        return await pull.read(premises, caller, "Task", part.task.id)
    except NothingToShow:
        return None


async def _answer(premises: Premises, caller: Caller, task_id: str, said: HandoffStep) -> None:
    """Accept or close, as the addressee's own update of the Task does."""
    with premises.store.read() as reading:
        shown = status.present_task(premises, reading, caller, task_id)
    if shown is None:
        raise await nothing_for(premises, caller, f"Task/{task_id}", "HANDOFF_OF_ANOTHER")
    left = ("statusReason", "businessStatus", "output", "text")
    told: dict[str, Any] = {name: value for name, value in shown.items() if name not in left}
    if said.step == "accept":
        told["status"] = "accepted"
    else:
        told["status"] = "completed" if said.outcome == SERVED else "failed"
        if said.outcome == SERVED and shown["status"] != "in-progress":
            raise AlreadyReceived(
                "STATUS_JUMP", "nobody is served before both workers have met", "Task.status"
            )
        outcome = {"coding": [{"system": OUTCOMES, "code": said.outcome}]}
        told["businessStatus"] = {"coding": [*_CLOSED["coding"], *outcome["coding"]]}
        if said.reason:
            told["statusReason"] = {**outcome, "text": said.reason}
    # Between looking and writing somebody may have said another thing.
    version = said.if_match or status.version_of(shown)
    await status.update_task(premises, caller, task_id, told, version)


def _meet(premises: Premises, caller: Caller, request_id: str, said: HandoffStep, tx: Transaction) -> None:
    """Keep one side's word that the workers have met; when both have given it, the referral is under way."""
    part = _part_of(tx, caller.partner, request_id)
    if part is None:
        raise NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
    shown = status.present_task(premises, tx, caller, part.task.id)
    if shown is None:
        raise NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
    if said.if_match is not None and said.if_match != status.version_of(shown):
        raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")
    begun = part.received is not None and shown["status"] not in {*_CAN_BEGIN, "in-progress"}
    if begun or shown["status"] in _OVER:
        raise AlreadyReceived("STATUS_JUMP", "this cannot follow the present status", "Task.status")
    save_keeping_labels(tx, _communication(premises, caller.partner, request_id, part.task, said))
    _begin(premises, tx, part.task)


def _begin(premises: Premises, tx: Transaction, task: Record) -> None:
    """Bring the Task under way, as the addressee's word, when an addressee and the sender have both confirmed."""
    if task.resource.get("status") not in _CAN_BEGIN:
        return
    at = instant_text(premises.clock.now())
    referred = _referred(tx, task)
    senders = {intent.source_partner for intent in referred}
    for partner in sorted({intent.partner for intent in referred}):
        sent = status.sent_to(tx, task, partner)
        if sent is None:
            continue
        names = [_name(premises, one, task) for one in (partner, *sorted(senders))]
        if any(records.get(tx, "Communication", name) is None for name in names):
            continue
        outputs = [*task.resource.get("output", ())]
        met = [{"type": _CONTACT, "valueReference": {"reference": f"Communication/{name}"}} for name in names]
        outputs += [one for one in met if one not in outputs]
        told = {"status": "in-progress", "output": outputs}
        saved = records.save(tx, status.next_version(premises, task, told, partner, at))
        status.tell_source(premises, tx, saved, sent, at)
        return


def _communication(
    premises: Premises, partner: str, request_id: str, task: Record, said: HandoffStep
) -> Record:
    """One side's word: who of it met the other's worker, and when. Its own record, as anything else it sends."""
    at = instant_text(premises.clock.now())
    name = _name(premises, partner, task)
    content = {
        "resourceType": "Communication",
        "id": name,
        "status": "completed",
        "basedOn": [{"reference": f"ServiceRequest/{request_id}"}],
        "topic": _CONTACT,
        "subject": {"reference": f"Patient/{task.patient_id}"},
        "sent": instant_text(said.at) if said.at is not None else at,
        "sender": {"reference": reference_of(partner), "display": said.worker},
    }
    return Record(
        resource_type="Communication",
        id=name,
        version=0,
        patient_id=task.patient_id,
        source_partner=partner,
        sources=(partner,),
        part2=premises.network.partners[partner].is_part2_program,
        updated_at=at,
        deleted=False,
        resource=content,
    )


def _name(premises: Premises, partner: str, task: Record) -> str:
    """The id of a side's word on one Task: said again, it takes the place of what was said before."""
    return own_id(premises.keys.id_key, partner, "Communication", "first-contact", task.id)


def _part_of(reading: Reading, partner: str, request_id: str) -> _Part | None:
    """The Task that asks to fulfil the ServiceRequest, where the partner was sent it or has sent it; else None."""
    held = records.get(reading, "ServiceRequest", request_id)
    if held is None or held.deleted or held.patient_id is None:
        return None
    wanted = f"ServiceRequest/{request_id}"
    for task in records.of_patient(reading, held.patient_id, ("Task",)):
        if task.resource.get("focus", {}).get("reference") != wanted:
            continue
        received = status.sent_to(reading, task, partner)
        if received is not None or any(one.source_partner == partner for one in _referred(reading, task)):
            return _Part(task, received)
    return None


def _referred(reading: Reading, task: Record) -> list[Intent]:
    """The intents by which the Task was sent, or is to be."""
    begins = f"Task/{task.id}/"
    return [
        intent
        for intent in intents.of_patient(reading, str(task.patient_id))
        if intent.kind == "referral" and any(one.startswith(begins) for one in intent.focus)
    ]
