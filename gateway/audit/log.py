"""Append to the audit log and read it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from gateway.audit.chain import START, chain_hash, facts_hash, leaf_of
from gateway.audit.entry import AuditEntry, AuditReceipt
from gateway.errors import Internal, NotFound
from gateway.store import audit_rows
from gateway.store.model import AuditFilter, AuditRow, Reading, Transaction

SALT_BYTES = 16
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(AuditEntry)


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """A stored entry; `entry` is None when its key was destroyed at the end of the accounting period."""

    row: AuditRow
    entry: AuditEntry | None


def append(tx: Transaction, entry: AuditEntry) -> AuditReceipt:
    """Put `entry` at the end of the log, inside the caller's transaction; its number and leaf hash.

    Whatever the caller writes in the same transaction is durable only together with the entry (AU-06).
    """
    seq, before = audit_rows.last(tx) or (0, START)
    salt, facts = os.urandom(SALT_BYTES), _ENCODER.encode(entry)
    row = AuditRow(
        seq=seq + 1,
        at=entry.at,
        kind=entry.kind,
        patient_id=entry.patient_id,
        partner=entry.partner,
        purpose=entry.purpose,
        outcome=entry.outcome,
        request_id=entry.request_id,
        sealed=tx.cipher.seal(tx, scope_of(entry.patient_id), place_of(seq + 1, before), salt + facts),
        facts_hash=facts_hash(salt, facts),
        leaf_hash=b"",
        chain_hash=b"",
    )
    leaf = leaf_of(row)
    audit_rows.append(tx, replace(row, leaf_hash=leaf, chain_hash=chain_hash(before, leaf)))
    return AuditReceipt(seq + 1, leaf)


def find_by_request(reading: Reading, request_id: str) -> tuple[LoggedEntry, ...]:
    """The entries written for one request, in order."""
    return opened(reading, audit_rows.find_by_request(reading, request_id))


def of_patient(reading: Reading, patient_id: str) -> tuple[LoggedEntry, ...]:
    """The entries about one patient, in order. The rows before them, without which none opens, are asked for at once."""
    rows, before = audit_rows.of_patient(reading, patient_id), audit_rows.before_patient(reading, patient_id)
    return tuple(LoggedEntry(row, _opened(reading, row, before.get(row.seq, START))) for row in rows)


def every(reading: Reading) -> Iterator[LoggedEntry]:
    """All entries in order, each read when it is asked for."""
    before = START
    for row in audit_rows.scan(reading):
        yield LoggedEntry(row, _opened(reading, row, before))
        before = row.chain_hash


def newest(reading: Reading, limit: int, wanted: AuditFilter | None = None) -> tuple[LoggedEntry, ...]:
    """The newest entries that `wanted` asks for, newest first."""
    return opened(reading, audit_rows.newest(reading, limit, wanted))


def get(reading: Reading, seq: int) -> LoggedEntry | None:
    """The entry of that number, or None."""
    row = audit_rows.get(reading, seq)
    return None if row is None else opened(reading, (row,))[0]


def open_facts(reading: Reading, row: AuditRow, before: bytes) -> tuple[bytes, bytes]:
    """Salt and facts (JSON bytes) of a stored row, given the chain hash of the row before.

    Raises NotFound `KEY_GONE` when they were destroyed, Internal `SEAL_BROKEN` when altered or moved.
    """
    plain = reading.cipher.open(reading, scope_of(row.patient_id), place_of(row.seq, before), row.sealed)
    return plain[:SALT_BYTES], plain[SALT_BYTES:]


def read_facts(facts: bytes) -> AuditEntry:
    """The entry that `facts` says. Raises Internal `AUDIT_UNREADABLE`."""
    try:
        return _DECODER.decode(facts)
    except msgspec.MsgspecError:
        raise Internal("AUDIT_UNREADABLE", "the facts of an audit entry have no known form") from None


def scope_of(patient_id: str | None) -> str:
    """The key scope of the facts about a patient; it outlives the key of the patient's records."""
    return "network" if patient_id is None else f"audit:{patient_id}"


def place_of(seq: int, before: bytes) -> str:
    """The identity a row's facts are sealed to: its number and everything before it."""
    return f"audit/{seq}/{before.hex()}"


def opened(reading: Reading, rows: tuple[AuditRow, ...]) -> tuple[LoggedEntry, ...]:
    """Stored rows with their facts, in the order given."""
    if len(rows) > 1:
        reading.cipher.fetch(reading, (scope_of(row.patient_id) for row in rows))
    chains = {row.seq + 1: row.chain_hash for row in rows}
    unknown = [row.seq for row in rows if row.seq not in chains]
    chains |= audit_rows.chains_before(reading, unknown) if unknown else {}
    return tuple(LoggedEntry(row, _opened(reading, row, chains.get(row.seq, START))) for row in rows)


def _opened(reading: Reading, row: AuditRow, before: bytes) -> AuditEntry | None:
    try:
        _, facts = open_facts(reading, row, before)
    except NotFound:
        return None
    return read_facts(facts)
