"""When the newest message about a record was made, as its sender says: an older one that comes later is known by it. And
under which number a record of a list was said: what a newer message under that number leaves out is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.store.model import Reading, Transaction
from gateway.store.records import place_of


def latest(reading: Reading, resource_type: str, record_id: str) -> str:
    """When (ISO 8601 UTC text) the newest message that brought the record was made; empty when none said so."""
    row = reading.row("message_times.latest", place_of(resource_type, record_id))
    return "" if row is None else str(row["said_at"])


def under(reading: Reading, patient_id: str, resource_type: str, number: str) -> dict[tuple[str, str], str]:
    """The patient's records of a type said under that number (a keyed hash), each with when it was said last."""
    wanted = {"patient_id": patient_id, "type": resource_type, "said_under": number}
    rows = reading.rows("message_times.under", wanted)
    return {(resource_type, row["id"]): str(row["said_at"]) for row in rows}


def keep(tx: Transaction, records: Iterable[tuple[str, str]], said_at: str, number: str = "") -> None:
    """A message made at `said_at` brought these (type, id), under that `number` if they are of a list; of one that a
    newer message brought nothing changes.
    """
    rows = [place_of(*one) | {"said_at": said_at, "said_under": number} for one in records]
    tx.execute_each("message_times.keep", rows)
