"""When the newest message about a record was made, as its sender says: an older one that comes later is known by it."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.store.model import Reading, Transaction
from gateway.store.records import place_of


def latest(reading: Reading, resource_type: str, record_id: str) -> str:
    """When (ISO 8601 UTC text) the newest message that brought the record was made; empty when none said so."""
    row = reading.row("message_times.latest", place_of(resource_type, record_id))
    return "" if row is None else str(row["said_at"])


def keep(tx: Transaction, records: Iterable[tuple[str, str]], said_at: str) -> None:
    """A message made at `said_at` brought these (type, id); of one that a newer message brought nothing changes."""
    rows = [place_of(*one) | {"said_at": said_at} for one in records]
    tx.execute_each("message_times.keep", rows)
