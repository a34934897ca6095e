"""The numbers by which those who fill orders know them, as keyed tokens: none is shown to anybody."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.store.model import Reading, Transaction


def task_of(reading: Reading, token: str) -> str | None:
    """The id of the Task that is meant by it, or None."""
    row = reading.row("filler_numbers.task_of", {"token": token})
    return None if row is None else str(row["task_id"])


def keep(tx: Transaction, tokens: Iterable[str], task_id: str, said_at: str) -> None:
    """From now on the Task is meant by these, whatever they meant before; by none that a message made after `said_at`
    (ISO 8601 UTC text) told of another.
    """
    rows = [{"token": one, "task_id": task_id, "said_at": said_at} for one in tokens]
    tx.execute_each("filler_numbers.keep", rows)
