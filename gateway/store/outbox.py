"""Releases: exact bytes that an audit entry allows. Only `gateway.disclosure` writes them, only `delivery`
sends them.

A release without an audit entry cannot be stored: `audit_seq` must name an existing entry.
"""

from __future__ import annotations

from gateway.errors import NotFound
from gateway.store.model import Reading, ReleaseRow, Transaction

PREPARED = "prepared"
HANDED_OVER = "handed_over"
OPEN = (PREPARED, HANDED_OVER)
"""States of a release whose outcome is not recorded yet: it has not left, or it may have."""


def add(tx: Transaction, release: ReleaseRow, content: bytes) -> None:
    """Keep a release with its bytes. Raises Internal `STORE_RULE_BROKEN` without its audit entry."""
    tx.execute(
        "outbox.add",
        {
            "id": release.id,
            "intent_id": release.intent_id,
            "patient_id": release.patient_id,
            "partner": release.partner,
            "audit_seq": release.audit_seq,
            "sha256": release.sha256,
            "media_type": release.media_type,
            "created_at": release.created_at,
            "state": release.state,
            "sealed": tx.cipher.seal(tx, f"patient:{release.patient_id}", f"release/{release.id}", content),
        },
    )


def get(reading: Reading, release_id: str) -> ReleaseRow | None:
    """The release of that id, or None."""
    row = reading.row("outbox.get", {"id": release_id})
    return None if row is None else ReleaseRow(*row)


def content(reading: Reading, release_id: str) -> bytes:
    """The exact bytes of a release. Raises NotFound `NO_SUCH_RELEASE`, or `KEY_GONE` when they were
    destroyed.
    """
    row = reading.row("outbox.sealed", {"id": release_id})
    if row is None:
        raise NotFound("NO_SUCH_RELEASE", "no release has that id")
    return reading.cipher.open(
        reading, f"patient:{row['patient_id']}", f"release/{release_id}", row["sealed"]
    )


def mark(tx: Transaction, release_id: str, state: str, at: str) -> None:
    """Record how far a release got. Raises NotFound `NO_SUCH_RELEASE`."""
    if not tx.execute("outbox.mark", {"id": release_id, "state": state, "at": at}):
        raise NotFound("NO_SUCH_RELEASE", "no release has that id")


def close(tx: Transaction, release_id: str, state: str, at: str) -> bool:
    """Record what came of a release; False where that was recorded before, or there is no such release."""
    return bool(tx.execute("outbox.close", {"id": release_id, "state": state, "at": at}))


def of_intent(reading: Reading, intent_id: str) -> tuple[ReleaseRow, ...]:
    """The releases made for an intent, oldest first."""
    return tuple(ReleaseRow(*row) for row in reading.rows("outbox.of_intent", {"intent_id": intent_id}))


def of_audit(reading: Reading, audit_seq: int) -> tuple[ReleaseRow, ...]:
    """The releases that an audit entry allowed."""
    return tuple(ReleaseRow(*row) for row in reading.rows("outbox.of_audit", {"audit_seq": audit_seq}))


def of_patient(reading: Reading, patient_id: str) -> tuple[ReleaseRow, ...]:
    """All releases about the patient, oldest first."""
    return tuple(ReleaseRow(*row) for row in reading.rows("outbox.of_patient", {"patient_id": patient_id}))


def pushes_handed_over(reading: Reading) -> tuple[ReleaseRow, ...]:
    """Releases of intents that were handed over and whose outcome is not recorded, oldest first."""
    return tuple(ReleaseRow(*row) for row in reading.rows("outbox.pushes_handed_over"))
