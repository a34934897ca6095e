"""Withdrawals of consents of which somebody may still have to be told, by their entry of the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.store.model import Reading, Transaction

_PAGE = 200
ABOVE_ALL = 2**62


def add(tx: Transaction, audit_seq: int, patient_id: str) -> None:
    """The entry `audit_seq` of the log says that a consent of the patient was withdrawn."""
    tx.execute("withdrawals.add", {"audit_seq": audit_seq, "patient_id": patient_id})


def newest(reading: Reading) -> int:
    """The entry of the last withdrawal there was; 0 for none."""
    row = reading.row("withdrawals.newest")
    return int(row["seq"] or 0) if row is not None else 0


def still_open(reading: Reading, patient_id: str | None = None, before: int = ABOVE_ALL) -> Iterator[int]:
    """The entries before `before` of those that are open, the newest first; of one patient, if given."""
    name = "withdrawals.open" if patient_id is None else "withdrawals.open_of_patient"
    while page := reading.rows(name, {"patient_id": patient_id, "before": before, "limit": _PAGE}):
        yield from (row["audit_seq"] for row in page)
        before = page[-1]["audit_seq"]


def settle(tx: Transaction, audit_seqs: Iterable[int]) -> None:
    """Nobody has to be told of these any more."""
    tx.execute_each("withdrawals.settle", [{"audit_seq": one} for one in audit_seqs])


def is_leaving(reading: Reading, patient_id: str) -> bool:
    """Whether a push about the patient is being handed over, so that the log does not say yet what it came to."""
    return reading.row("withdrawals.is_leaving", {"patient_id": patient_id}) is not None
