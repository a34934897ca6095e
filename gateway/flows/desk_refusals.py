"""Refusals that an organization itself has told, as its own desk sees them, and how they end: when she takes one back.

A refusal stands against whatever is signed, so a desk that did not show it would have her sign what has no effect. Only
those of the organization itself are shown: who else was told no is not the desk's to know (consent-semantics 11).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from gateway.clock import new_id
from gateway.disclosure.consent_standing import LOST, TAKEN_BACK, TOLD, could_deny, permits_at_root
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.consents_given import recipients_of
from gateway.flows.decided_here import carry_out, why
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.heard_denials import DENIAL_ENDED, end_denial
from gateway.store import ConsentState, Reading, Record, Transaction, consents, records

LONGEST_WORDS = 200
ENDED_HERE = ("told", "rest")
"""Which refusals a worker ends, when she takes them back."""
_HOW = {TOLD: "told", TAKEN_BACK: "rest", LOST: "lost"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that stands. `recipients`: reference and display of each who may not see, none for everybody; `since`:
    when it was recorded (ISO 8601 UTC); `how`: `told` by a message or document, `rest` of a permission that was taken
    back, `recorded` by the organization's system, which alone ends it, or `lost` in a restore: it stands in for what a
    person at the gateway has to ask for.
    """

    consent_id: str
    recipients: tuple[tuple[str, str], ...] = field(repr=False)
    since: str
    how: str


def refusals_here(premises: Premises, worker: Worker, patient_id: str) -> tuple[Refused, ...]:
    """Her refusals that stand and that the worker's organization has told or recorded, the oldest first.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`.
    """
    require_right(premises, worker, "consents")
    with premises.store.read() as reading:
        require_client(reading, worker, patient_id)
        return refusals_of(reading, worker.partner, patient_id)


def refusals_of(reading: Reading, partner: str, patient_id: str) -> tuple[Refused, ...]:
    """The same for a flow that has looked who asks."""
    found = (
        _refused(records.get(reading, "Consent", state.consent_id), state)
        for state in consents.of_patient(reading, patient_id)
        if state.recorded_by == partner
    )
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.since))


def who_refused(reading: Reading, partner: str, patient_ids: Collection[str]) -> frozenset[str]:
    """Those of the patients of whom the organization itself holds a refusal that stands."""
    return frozenset(one for one in patient_ids if refusals_of(reading, partner, one))


async def refusal_ended(
    premises: Premises, worker: Worker, patient_id: str, consent_id: str, words: str
) -> None:
    """She has taken such a refusal back, in these `words`, before the worker: it ends; what is held is decided again.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, `NO_SUCH_CONSENT` also for one that only the
    organization's own system ends, NotUnderstood `REASON_MISSING`, `WORDS_TOO_LONG`.
    """
    require_right(premises, worker, "consents")
    said, at = why(words), premises.clock.now()
    if len(said) > LONGEST_WORDS or not said.isprintable():
        raise NotUnderstood("WORDS_TOO_LONG", f"at most {LONGEST_WORDS} letters on one line", "said")

    def work(tx: Transaction) -> dict[str, Any]:
        require_client(tx, worker, patient_id)
        here = refusals_of(tx, worker.partner, patient_id)
        if consent_id not in {one.consent_id for one in here if one.how in ENDED_HERE}:
            raise NotFound("NO_SUCH_CONSENT", "no such refusal stands here", consent_id)
        ended = end_denial(premises, tx, consent_id, at, new_id())
        log_worker(tx, worker, at, DENIAL_ENDED, patient_id, ended.reference, said)
        return {}

    await carry_out(premises, work)


def _refused(record: Record | None, state: ConsentState) -> Refused | None:
    """What a Consent refuses; None where it is none that stands, or its permission is what it is known for."""
    if record is None or not could_deny(record.resource) or permits_at_root(record.resource):
        return None
    reasons = json.loads(state.reasons)
    how = next((how for code, how in _HOW.items() if code in reasons), "recorded")
    return Refused(record.id, recipients_of(record.resource), state.recorded_at, how)
