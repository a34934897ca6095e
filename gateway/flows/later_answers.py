"""Answers that a sender wants later: the message they are for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows.messages import Receipt
from gateway.flows.receive import receipt_of
from gateway.store import application_acks, inbox
from gateway.store.application_acks import OwedAck


@dataclass(frozen=True, slots=True)
class LaterAnswer:
    """One answer to send. `raw` is the message; None when it was destroyed, and with it what could be answered."""

    owed: OwedAck
    raw: bytes | None = field(repr=False)
    receipt: Receipt | None


def partners_waiting(premises: Premises) -> tuple[str, ...]:
    """The partners to whom an answer is to go now, the longest waiting first."""
    with premises.store.read() as reading:
        return application_acks.partners_due(reading, instant_text(premises.clock.now()))


def answers_due(premises: Premises, partner: str, limit: int) -> tuple[LaterAnswer, ...]:
    """The answers that are to go to `partner` now."""
    now = instant_text(premises.clock.now())
    found = []
    with premises.store.read() as reading:
        for owed in application_acks.due(reading, partner, now, limit):
            kept = inbox.get(reading, owed.message_id)
            try:
                raw = inbox.raw(reading, owed.message_id)
            except NotFound:
                raw = None
            found.append(LaterAnswer(owed, raw, receipt_of(kept) if kept is not None else None))
    return tuple(found)


async def settle_answer(premises: Premises, answer: LaterAnswer, state: str, due_at: str) -> None:
    """Record how an attempt ended. Raises NotNow `STORE_BUSY`: it is then sent once more."""
    owed = answer.owed
    await premises.store.write(
        lambda tx: application_acks.settle(tx, owed.message_id, state, due_at, owed.attempts + 1)
    )
