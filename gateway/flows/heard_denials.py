"""A denial by somebody who had nothing to do with the person binds from when its recorder has to do with her: a refusal
is often told first, at registration, and not said again (consent-semantics 11, "Who may record a consent").

What a message or document told no later one takes back: a person ends it, when the patient says so.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from gateway.audit import append
from gateway.clock import instant_text, new_id
from gateway.disclosure.consent_standing import LOST, TAKEN_BACK, TOLD, could_deny
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows.consent_record import keep_consent
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.people import related
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, consents, records

DENIAL_ENDED = "denial_ended"


def hear_denials(premises: Premises, tx: Transaction, patient_id: str, at: datetime, request_id: str) -> bool:
    """Have those of her Consents bind whose recorders have come to have to do with her, in the transaction by which they
    have; each has its entry in the log, under `request_id`. Whether there was one.
    """
    heard = False
    for state in consents.of_patient(tx, patient_id):
        if state.standing != "unrelated" or not related(tx, state.recorded_by, patient_id):
            continue
        record = records.get(tx, "Consent", state.consent_id)
        if record is None or record.resource.get("status") != "active":
            continue
        recorder = Caller(state.recorded_by, "", "", frozenset(), "")
        reasons = json.loads(state.reasons)
        code = next((one for one in (TOLD, TAKEN_BACK) if one in reasons), "")
        keep_consent(premises, tx, recorder, record.resource, patient_id, at, request_id, only_denies=code)
        heard = True
    return heard


def unheard(reading: Reading) -> tuple[str, ...]:
    """The patients of whom a denial does not bind yet though its recorder has to do with her: in a store from before
    such denials were heard.
    """
    waiting = (one for one in consents.of_standing(reading, "unrelated"))
    return tuple(
        dict.fromkeys(one.patient_id for one in waiting if related(reading, one.recorded_by, one.patient_id))
    )


async def denial_ended(premises: Premises, consent_id: str, reason: str) -> dict[str, Any]:
    """The person has taken back a refusal that a message or document told, or what went on of one whose permission was
    taken back: it ends, and what is held is decided again. Any other denial is its recorder's to end.

    Raises NotFound `NO_SUCH_CONSENT`, NotUnderstood `REASON_MISSING`.
    """
    said, at, request_id = why(reason), premises.clock.now(), new_id()

    def work(tx: Transaction) -> dict[str, Any]:
        ended = end_denial(premises, tx, consent_id, at, request_id)
        entry = act_entry(
            DENIAL_ENDED,
            instant_text(at),
            said,
            patient_id=ended.patient_id,
            subject=ended.reference,
            request_id=request_id,
        )
        return {"consent": consent_id, "outcome": DENIAL_ENDED, "entry": append(tx, entry).seq}

    return await carry_out(premises, work)


def end_denial(premises: Premises, tx: Transaction, consent_id: str, at: datetime, request_id: str) -> Record:
    """End a refusal that is a person's to end, and decide what is held again; the Consent as it stood. The caller writes
    who said so. Raises NotFound `NO_SUCH_CONSENT`.
    """
    before, state = records.get(tx, "Consent", consent_id), consents.get(tx, consent_id)
    reasons = () if state is None else json.loads(state.reasons)
    code = next((one for one in (TOLD, TAKEN_BACK, LOST) if one in reasons), "")
    if not code or before is None or before.patient_id is None or not could_deny(before.resource):
        raise NotFound("NO_SUCH_CONSENT", "no such refusal has that id and stands", consent_id)
    recorder = Caller(before.source_partner, "", "", frozenset(), "")
    ended = {**before.resource, "status": "inactive"}
    keep_consent(premises, tx, recorder, ended, before.patient_id, at, request_id, only_denies=code)
    return before
