"""Answers that a sender wants later: the message they are for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotNow
from gateway.flows.messages import Receipt
from gateway.flows.receive import receipt_of
from gateway.store import application_acks, inbox
from gateway.store.application_acks import OwedAck


@dataclass(frozen=True, slots=True)
class LaterAnswer:
    """One answer to send. `raw` is the message; None when it cannot be opened (destroyed, or damaged), and with it
    what could be answered; `trouble` is then the code of the error.
    """

    owed: OwedAck
    raw: bytes | None = field(repr=False)
    receipt: Receipt | None
    trouble: str = ""


def partners_waiting(premises: Premises) -> tuple[str, ...]:
    """The partners to whom an answer is to go now, the longest waiting first."""
    with premises.store.read() as reading:
        return application_acks.partners_due(reading, instant_text(premises.clock.now()))


def answers_due(premises: Premises, partner: str, limit: int) -> tuple[LaterAnswer, ...]:
    """The answers that are to go to `partner` now. Raises NotNow when the store cannot be asked."""
    now = instant_text(premises.clock.now())
    found = []
    with premises.store.read() as reading:
        for owed in application_acks.due(reading, partner, now, limit):
            kept = inbox.get(reading, owed.message_id)
            receipt = receipt_of(kept) if kept is not None else None
            try:
                found.append(LaterAnswer(owed, inbox.raw(reading, owed.message_id), receipt))
            except NotNow:
                raise
            except HandoffError as error:  # this one alone has no answer
                found.append(LaterAnswer(owed, None, receipt, error.code))
    return tuple(found)


async def settle_answer(premises: Premises, answer: LaterAnswer, state: str, due_at: str) -> None:
    """Record how an attempt ended. Raises NotNow `STORE_BUSY`: it is then sent once more."""
    owed = answer.owed
    await premises.store.write(
        lambda tx: application_acks.settle(tx, owed.message_id, state, due_at, owed.attempts + 1)
    )
