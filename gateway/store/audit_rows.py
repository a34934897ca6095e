"""The stored audit envelopes and signed heads. `gateway.audit` gives them their meaning."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from gateway.store import withdrawals
from gateway.store.model import AuditFilter, AuditRow, CheckpointRow, Reading, Row, Transaction

PAGE = 1000
WITHDRAWN = "revoke"
"""The kind of a row that says that a consent was withdrawn."""
_PAST_THE_END = 2**62
_OF_OURS = "7"
"""The version of the ids (`new_row_id`) of what nobody asked for: what was sent, and acts. Asks have random ones."""
_BEFORE_THE_START = -(2**63)
_TYPES = ((int, *(str,) * 7, *(bytes,) * 4), (int, str, str, type(None), *(str,) * 4, *(bytes,) * 4))
"""Of the columns of a row about somebody, and of one about nobody. SQLite keeps whatever is put into a column."""
_NO_TEXT, _NO_HASH = "\0", b""


class NoText(ValueError):
    """Bytes that are no text stand where one should."""


def append(tx: Transaction, row: AuditRow) -> None:
    """Put `row` at the end. With that of a withdrawal it is kept that somebody may have to be told, whoever appends it:
    also a restore that carries the log on.

    Raises AlreadyReceived `ROW_EXISTS` when its number is taken.
    """
    tx.execute(
        "audit_rows.append",
        {
            "seq": row.seq,
            "at": row.at,
            "kind": row.kind,
            "patient_id": row.patient_id,
            "partner": row.partner,
            "purpose": row.purpose,
            "outcome": row.outcome,
            "request_id": row.request_id,
            "sealed": row.sealed,
            "facts_hash": row.facts_hash,
            "leaf_hash": row.leaf_hash,
            "chain_hash": row.chain_hash,
        },
    )
    if row.kind == WITHDRAWN and row.patient_id is not None:
        withdrawals.add(tx, row.seq, row.patient_id)


def last(reading: Reading) -> tuple[int, bytes] | None:
    """Number and chain hash of the last row; None when the log is empty."""
    row = reading.row("audit_rows.last")
    return None if row is None else (row["seq"], row["chain_hash"])


def last_number(reading: Reading) -> int:
    """The number of the last row, whatever else stands in it; 0 when the log is empty."""
    row = reading.row("audit_rows.last_number")
    return 0 if row is None else int(row["seq"])


def get(reading: Reading, seq: int) -> AuditRow | None:
    """The row of that number, or None."""
    row = reading.row("audit_rows.get", {"seq": seq})
    return None if row is None else _audit_row(row)


def scan(reading: Reading, from_seq: int | None = None) -> Iterator[AuditRow]:
    """Every row from `from_seq` on (without it, truly every row), in order, a page at a time."""
    start = _BEFORE_THE_START if from_seq is None else from_seq
    while page := reading.rows("audit_rows.page", {"from_seq": start, "limit": PAGE}):
        yield from map(_audit_row, page)
        start = page[-1]["seq"] + 1


def page(reading: Reading, from_seq: int, limit: int = PAGE) -> tuple[AuditRow, ...]:
    """Up to `limit` rows from `from_seq` on, in order."""
    asked = {"from_seq": from_seq, "limit": limit}
    return tuple(map(_audit_row, reading.rows("audit_rows.page", asked)))


def scan_any(reading: Reading, from_seq: int | None = None) -> Iterator[AuditRow]:
    """The same of rows that somebody else may have written: where one holds what no row of ours does, it says so little
    that no hash fits.
    """
    start = _BEFORE_THE_START if from_seq is None else from_seq
    while page := _any_page(reading, start):
        yield from page
        start = page[-1].seq + 1


def _any_page(reading: Reading, start: int) -> list[AuditRow]:
    asked = {"from_seq": start, "limit": PAGE}
    try:
        with readable_texts():
            return [_readable(tuple(row)) for row in reading.rows("audit_rows.page", asked)]
    except NoText:
        return [any_row(reading, row["seq"]) for row in reading.rows("audit_rows.numbers", asked)]


def any_row(reading: Reading, seq: int) -> AuditRow:
    """The row of that number as `scan_any` gives it; one that is not there says nothing."""
    try:
        with readable_texts():
            row = reading.row("audit_rows.get", {"seq": seq})
    except NoText:
        row = None
    return _readable((seq, *(None,) * 11) if row is None else tuple(row))


def _readable(row: tuple[Any, ...]) -> AuditRow:
    if tuple(map(type, row)) in _TYPES:
        return AuditRow(*row)
    said: list[Any] = [one if isinstance(one, str) else _NO_TEXT for one in row[1:8]]
    hashed = [one if isinstance(one, bytes) else _NO_HASH for one in row[8:]]
    return AuditRow(row[0], *said, *hashed)


@contextmanager
def readable_texts() -> Iterator[None]:
    """Raises NoText where a text cannot be read."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        raise NoText from None


def columns(reading: Reading, from_seq: int | None, limit: int) -> tuple[tuple[Any, ...], ...]:
    """A page by columns, in the order of `AuditRow`; `from_seq` as of `scan`. Raises NoText."""
    start = _BEFORE_THE_START if from_seq is None else from_seq
    with readable_texts():
        return tuple(zip(*reading.rows("audit_rows.page", {"from_seq": start, "limit": limit}), strict=True))


def find_by_request(reading: Reading, request_id: str) -> tuple[AuditRow, ...]:
    """The rows written for one request, in order."""
    return tuple(map(_audit_row, reading.rows("audit_rows.of_request", {"request_id": request_id})))


def before_patient(reading: Reading, patient_id: str) -> dict[int, bytes]:
    """The chain hash before each row about one patient, by the row's number; the log's first row has none."""
    return {
        row["seq"]: row["chain_hash"]
        for row in reading.rows("audit_rows.before_patient", {"patient_id": patient_id})
    }


def chains_before(reading: Reading, seqs: Sequence[int]) -> dict[int, bytes]:
    """The chain hash before each of these rows, by the row's number; the log's first row has none."""
    asked = {"wanted": orjson.dumps(list(seqs)).decode()}
    return {row["seq"]: row["chain_hash"] for row in reading.rows("audit_rows.chains_before", asked)}


def of_patient(reading: Reading, patient_id: str) -> tuple[AuditRow, ...]:
    """The rows about one patient, in order."""
    return tuple(map(_audit_row, reading.rows("audit_rows.of_patient", {"patient_id": patient_id})))


def newest(reading: Reading, limit: int, wanted: AuditFilter | None = None) -> tuple[AuditRow, ...]:
    """The newest rows that `wanted` asks for, newest first."""
    asked = wanted or AuditFilter()
    if asked.patient_id is not None:
        query = "audit_rows.newest_of_patient"
    elif asked.partner is not None:
        query = "audit_rows.newest_of_partner"
    else:
        query = "audit_rows.newest"
    params: dict[str, object] = {
        "patient_id": asked.patient_id,
        "partner": asked.partner,
        "never_of": _OF_OURS if asked.asked_by_partner else None,
        "kind": asked.kind,
        "purpose": asked.purpose,
        "outcome": asked.outcome,
        "since": asked.since,
        "until": asked.until,
        "before_seq": _PAST_THE_END if asked.before_seq is None else asked.before_seq,
        "limit": limit,
    }
    return tuple(map(_audit_row, reading.rows(query, params)))


def latest_release_entry(reading: Reading) -> int:
    """The highest audit number that a release rests on; 0 without releases."""
    row = reading.row("audit_rows.latest_release_entry")
    return 0 if row is None else int(row["seq"] or 0)


def add_checkpoint(tx: Transaction, checkpoint: CheckpointRow) -> None:
    """Keep a signed head. Raises AlreadyReceived `ROW_EXISTS` when there is one of that size."""
    params = {"size": checkpoint.size, "chain_hash": checkpoint.chain_hash}
    tx.execute("audit_rows.add_checkpoint", params | {"note": checkpoint.note, "at": checkpoint.at})


def last_checkpoint(reading: Reading) -> CheckpointRow | None:
    """The newest signed head, or None."""
    row = reading.row("audit_rows.last_checkpoint")
    return None if row is None else _head(row)


def checkpoint(reading: Reading, size: int) -> CheckpointRow | None:
    """The signed head over the first `size` entries, or None."""
    row = reading.row("audit_rows.checkpoint", {"size": size})
    return None if row is None else _head(row)


def checkpoints(reading: Reading, from_size: int = _BEFORE_THE_START) -> Iterator[CheckpointRow]:
    """All signed heads over at least `from_size` entries, the smallest first, a page at a time. Where somebody put
    something else than a text in the place of a note, it is empty.
    """
    start = from_size
    while page := _heads(reading, start):
        yield from page
        start = page[-1].size + 1


def _heads(reading: Reading, start: int) -> list[CheckpointRow]:
    asked = {"from_size": start, "limit": PAGE}
    try:
        with readable_texts():
            return [_head(row) for row in reading.rows("audit_rows.checkpoints", asked)]
    except NoText:
        return [_any_head(reading, row["size"]) for row in reading.rows("audit_rows.sizes", asked)]


def _any_head(reading: Reading, size: int) -> CheckpointRow:
    try:
        with readable_texts():
            return checkpoint(reading, size) or CheckpointRow(size, b"", "", "")
    except NoText:
        return CheckpointRow(size, b"", "", "")


def _head(row: Row) -> CheckpointRow:
    size, chain_hash, note, at = row
    return CheckpointRow(size, chain_hash, note if isinstance(note, str) else "", at)


def _audit_row(row: Row) -> AuditRow:
    return AuditRow(*row)
