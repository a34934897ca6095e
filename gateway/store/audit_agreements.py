"""Agreements of auditors: who looks, between which days, with copies or not. For which audit stands in the log."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Row, Transaction


@dataclass(frozen=True, slots=True)
class AuditAgreement:
    """One agreement. Days are `YYYY-MM-DD`, both inclusive, in the network's zone; instants are ISO 8601 UTC text.

    `auditor` is the login; `ended_at` is empty until a person ended it before its last day.
    """

    id: str
    auditor: str
    first_day: str
    last_day: str
    copies: bool
    made_at: str
    ended_at: str = ""


def add(tx: Transaction, agreement: AuditAgreement) -> None:
    """Keep an agreement. Raises Internal `ROW_EXISTS`."""
    row = {
        "id": agreement.id,
        "auditor": agreement.auditor,
        "first_day": agreement.first_day,
        "last_day": agreement.last_day,
        "copies": int(agreement.copies),
        "made_at": agreement.made_at,
    }
    tx.execute("audit_agreements.add", row)


def get(reading: Reading, agreement_id: str) -> AuditAgreement | None:
    """The agreement of that id, or None."""
    row = reading.row("audit_agreements.get", {"id": agreement_id})
    return None if row is None else _of(row)


def of_auditor(reading: Reading, auditor: str, day: str) -> tuple[AuditAgreement, ...]:
    """Those of a login that hold on a day and were not ended, one with copies first."""
    return tuple(map(_of, reading.rows("audit_agreements.of_auditor", {"auditor": auditor, "day": day})))


def ending_from(reading: Reading, day: str, limit: int = 200) -> tuple[AuditAgreement, ...]:
    """Those whose last day is `day` or later, the one that ends first first."""
    return tuple(map(_of, reading.rows("audit_agreements.ending_from", {"day": day, "limit": limit})))


def newest(reading: Reading, limit: int = 200) -> tuple[AuditAgreement, ...]:
    """All of them, the one that ends last first."""
    return tuple(map(_of, reading.rows("audit_agreements.newest", {"limit": limit})))


def end(tx: Transaction, agreement_id: str, at: str) -> bool:
    """End it now; False when it was ended before."""
    return bool(tx.execute("audit_agreements.end", {"id": agreement_id, "at": at}))


def _of(row: Row) -> AuditAgreement:
    found_id, auditor, first_day, last_day, copies, made_at, ended_at = row
    return AuditAgreement(found_id, auditor, first_day, last_day, bool(copies), made_at, ended_at)
