"""When the newest message about a record was made, as its sender says: an older one that comes later is known by it. And
under which number a record of a list was said: what a newer message under that number leaves out is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.store.model import Reading, Transaction
from gateway.store.records import place_of

_IN_PART = "part:"
"""Before the number under which an entry of a list was said that was not told as a whole."""


def latest(reading: Reading, resource_type: str, record_id: str) -> str:
    """When (ISO 8601 UTC text) the newest message that brought the record was made; empty when none said so."""
    row = reading.row("message_times.latest", place_of(resource_type, record_id))
    return "" if row is None else str(row["said_at"])


def number_of(reading: Reading, resource_type: str, record_id: str) -> str:
    """The number (a keyed hash) under which a record of a list was said last, whole or in part; empty for any other."""
    row = reading.row("message_times.number_of", place_of(resource_type, record_id))
    return "" if row is None else str(row["said_under"]).removeprefix(_IN_PART)


def under(
    reading: Reading, patient_id: str, resource_type: str, number: str, *, in_part: bool = False
) -> dict[tuple[str, str], str]:
    """The patient's records of a type said last under that number (a keyed hash), in a list told whole or `in_part`,
    each with when.
    """
    said = _IN_PART + number if in_part else number
    wanted = {"patient_id": patient_id, "type": resource_type, "said_under": said}
    rows = reading.rows("message_times.under", wanted)
    return {(resource_type, row["id"]): str(row["said_at"]) for row in rows}


def keep(
    tx: Transaction,
    records: Iterable[tuple[str, str]],
    said_at: str,
    number: str = "",
    *,
    in_part: bool = False,
) -> None:
    """A message made at `said_at` brought these (type, id), under that `number` if they are of a list, told whole or
    `in_part`; of one that a newer message brought nothing changes.
    """
    said = _IN_PART + number if in_part else number
    rows = [place_of(*one) | {"said_at": said_at, "said_under": said} for one in records]
    tx.execute_each("message_times.keep", rows)
