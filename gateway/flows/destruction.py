"""One patient's data made unreadable for ever, by destroying the key they are sealed under (requirement P2-16-01).

What had to be kept stays: the audit entries about her, whose facts have a key of their own until the accounting period
ends, and the proof that nobody altered them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, Internal, NotFound, NotNow
from gateway.flows.decided_here import act_entry, why
from gateway.flows.legal_holds import UNDER_HOLD, record_refusal, refuse_held
from gateway.flows.refused_about import LookedAt, look_for, make_hers
from gateway.store import (
    Intent,
    Reading,
    Transaction,
    consent_requests,
    destruction,
    intents,
    patients,
    same_person,
)

KEY_DESTROYED = "key_destroyed"
BY_DESTRUCTION = "KEY_DESTROYED"
_SETTLED = ("delivered", "refused", "cancelled")


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a patient in one store: how many of her sealed rows still open, how many do not, and how many
    audit entries about her there are.
    """

    readable: int
    unreadable: int
    audit_entries: int


async def destroy_patient(premises: Premises, patient_id: str, reason: str) -> dict[str, Any]:
    """Destroy the patient's key, those of the patients who were found to be her, and those of refused messages that name
    her; what waited is ended. One transaction with its audit entries. Refused messages that could not be read whole, and
    so may be about her, are counted: they go with time (`HANDOFF_REFUSED_DAYS`).

    Raises NotFound `NO_SUCH_PATIENT`, AlreadyReceived `KEY_DESTROYED`, `JOINED` (she is kept as another one) or
    `LEGAL_HOLD` (logged under each hold that reaches her or a refused message that names her), NotUnderstood
    `REASON_MISSING`, NotNow `BEING_SENT` while something about her is on its way: its outcome must be recorded first.
    """
    said = why(reason)
    looked = await asyncio.to_thread(_refused_about, premises, patient_id)
    try:
        done = await premises.store.write(partial(_destroy, premises, patient_id, said, looked))
    except AlreadyReceived as refused:
        if refused.code == UNDER_HOLD:
            await record_refusal(premises, patient_id, (refused.place or "").split(), said)
        raise
    for one in done["patients"]:
        # What was compiled for her decisions is content of hers too.
        premises.compiled.forget(one)
        premises.seen_before.forget(one)
    return done


def destroy_again(tx: Transaction, patient_id: str, destroyed_at: str, at: str) -> None:
    """In a store that is older than the destruction: as it was destroyed then, without another entry."""
    _end(tx, [one for one in intents.of_patient(tx, patient_id) if one.state not in _SETTLED], at)
    make_hers(tx, look_for(tx, (patient_id,)), patient_id)
    patients.raise_epoch(tx, patient_id)
    patients.destroy_patient_key(tx, patient_id, destroyed_at)


def remains(reading: Reading, patient_id: str) -> Remains:
    """Try to open everything that was ever sealed for the patient, under whatever id of ours."""
    everyone = (patient_id, *same_person.joined_to(reading, patient_id))
    opened = [_opens(look) for one in everyone for look in destruction.sealed_rows(reading, one)]
    entries = sum(destruction.audit_entries(reading, one) for one in everyone)
    elsewhere = sum(number for one in everyone for number in same_person.left_behind(reading, one).values())
    return Remains(sum(opened) + elsewhere, len(opened) - sum(opened), entries)


def _refused_about(premises: Premises, patient_id: str) -> LookedAt:
    """In a thread and before the transaction: all of them are opened, and messages are taken in meanwhile."""
    with premises.store.read() as reading:
        return look_for(reading, (patient_id, *same_person.joined_to(reading, patient_id)))


def _destroy(
    premises: Premises, patient_id: str, reason: str, looked: LookedAt, tx: Transaction
) -> dict[str, Any]:
    if not patients.exists(tx, patient_id):
        raise NotFound("NO_SUCH_PATIENT", "no patient has that id", patient_id)
    if patients.is_destroyed(tx, patient_id):
        raise AlreadyReceived("KEY_DESTROYED", "the key of this patient was destroyed before", patient_id)
    if (now := same_person.stays(tx, patient_id)) != patient_id:
        raise AlreadyReceived("JOINED", "was found to be another patient; destroy that one's key", now)
    everyone = (patient_id, *same_person.joined_to(tx, patient_id))
    waiting = [one for her in everyone for one in intents.of_patient(tx, her) if one.state not in _SETTLED]
    if any(one.state == "sending" for one in waiting):
        raise NotNow("BEING_SENT", "something about her is being sent; try again in a moment", patient_id)
    at = instant_text(premises.clock.now())
    _end(tx, waiting, at)
    elsewhere = {
        other: number for her in everyone for other, number in same_person.left_behind(tx, her).items()
    }
    refused = make_hers(tx, looked, patient_id)
    refuse_held(tx, patient_id)  # also for what has just become hers; nothing of this transaction then stays
    for her in everyone:
        if not patients.certain(tx, her):
            patients.settle_doubt(tx, her)  # nobody can say any more who she is
        patients.raise_epoch(tx, her)
        patients.destroy_patient_key(tx, her, at)
    entries = [
        act_entry(KEY_DESTROYED, at, reason, patient_id=her, subject=her, rule="42 CFR 2.16(a)")
        for her in everyone
    ]
    receipts = [append(tx, entry) for entry in entries]
    return {
        "patient": patient_id,
        "patients": list(everyone),
        "outcome": KEY_DESTROYED,
        "ended": len(waiting),
        "refused messages": refused.hers,
        "refused messages not read": refused.unread,
        "still readable under": elsewhere,
        "entry": receipts[0].seq,
    }


def _end(tx: Transaction, waiting: Sequence[Intent], at: str) -> None:
    """End what waits: nobody could write it any more."""
    for intent in waiting:
        intents.finish(tx, intent.id, "cancelled", at, BY_DESTRUCTION)
        consent_requests.close(tx, intent.id, at, BY_DESTRUCTION)


def _opens(look: Callable[[], bytes]) -> bool:
    try:
        look()
    except NotFound:
        return False
    except Internal as error:
        if error.code == "KEK_UNKNOWN":  # what the data key is wrapped under was destroyed
            return False
        raise
    return True
