"""Application acknowledgements (HL7 v2, MSH-16) that senders asked for and that go later, as messages of their own.

What they say is not kept: it is made anew from the message and what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class OwedAck:
    """One acknowledgement. `state`: due, sent, given_up."""

    message_id: str
    partner: str
    state: str
    asked_at: str
    due_at: str
    attempts: int


def ask(tx: Transaction, message_id: str, partner: str, at: str) -> None:
    """Owe one for the message; once more when it was sent and the sender asks again."""
    tx.execute("application_acks.ask", {"message_id": message_id, "partner": partner, "at": at})


def partners_due(reading: Reading, now: str) -> tuple[str, ...]:
    """The partners to whom one is to go now, the longest waiting first."""
    return tuple(row["partner"] for row in reading.rows("application_acks.partners_due", {"now": now}))


def due(reading: Reading, partner: str, now: str, limit: int) -> tuple[OwedAck, ...]:
    """Those that are to go to `partner` now, the longest waiting first."""
    params = {"partner": partner, "now": now, "limit": limit}
    return tuple(OwedAck(*row) for row in reading.rows("application_acks.due", params))


def get(reading: Reading, message_id: str) -> OwedAck | None:
    """What is owed for the message, or None when nothing was asked for."""
    row = reading.row("application_acks.get", {"message_id": message_id})
    return None if row is None else OwedAck(*row)


def settle(tx: Transaction, message_id: str, state: str, due_at: str, attempts: int) -> None:
    """Record how an attempt ended."""
    params = {"message_id": message_id, "state": state, "due_at": due_at, "attempts": attempts}
    tx.execute("application_acks.settle", params)
