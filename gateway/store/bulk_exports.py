"""Bulk exports that clients asked for: how far each is written, and the names of records in it, sealed by patient."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import NotFound
from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class BulkExport:
    """One export. `asked`: what of, as JSON; `status`: `writing`, `ready`, `failed`; `after_patient`: how far it got."""

    id: str
    partner: str
    client_id: str
    purpose: str
    asked: str
    begun_at: str
    ends_at: str
    status: str = "writing"
    after_patient: str = ""


def begin(tx: Transaction, export: BulkExport) -> bool:
    """Keep an export that is to be written; False when one of the same client is being written."""
    return bool(
        tx.execute(
            "bulk_exports.begin",
            {
                "id": export.id,
                "partner": export.partner,
                "client_id": export.client_id,
                "purpose": export.purpose,
                "asked": export.asked,
                "begun_at": export.begun_at,
                "ends_at": export.ends_at,
            },
        )
    )


def get(reading: Reading, export_id: str) -> BulkExport | None:
    """The export of that id, or None."""
    row = reading.row("bulk_exports.get", {"id": export_id})
    return None if row is None else BulkExport(*row)


def number_of_client(reading: Reading, client_id: str, now: str) -> int:
    """How many exports of the client are kept that have not ended."""
    row = reading.row("bulk_exports.number_of_client", {"client_id": client_id, "now": now})
    return 0 if row is None else int(row["number"])


def to_write(reading: Reading, now: str, after: str = "") -> BulkExport | None:
    """The first export by id after `after` that is still to be written, or None."""
    row = reading.row("bulk_exports.first_to_write", {"now": now, "after": after})
    return None if row is None else BulkExport(*row)


def next_patient(reading: Reading, partner: str, after: str, *, known: bool, referred: bool) -> str | None:
    """The next patient by id of those that the partner has named by an identifier of its own (`known`) or was sent a
    referral of (`referred`); None after the last.
    """
    asked = {"partner": partner, "after": after}
    names = [
        *(["bulk_exports.next_known"] if known else []),
        *(["bulk_exports.next_referred"] if referred else []),
    ]
    rows = [reading.row(name, asked) for name in names]
    return min((str(row["patient_id"]) for row in rows if row and row["patient_id"]), default=None)


def go_on(tx: Transaction, export_id: str, patient_id: str, names: bytes) -> bool:
    """The export is written up to that patient, of whom it holds `names` (empty: none); False if it was cancelled."""
    if not tx.execute("bulk_exports.go_on", {"id": export_id, "patient_id": patient_id}):
        return False
    tx.execute("bulk_exports.drop_part", {"export_id": export_id, "patient_id": patient_id})
    if not names:
        return True
    sealed = tx.cipher.seal(tx, f"patient:{patient_id}", _row(export_id), names)
    kept = {"export_id": export_id, "patient_id": patient_id, "sealed": sealed}
    tx.execute("bulk_exports.keep_part", kept)
    return True


def finish(tx: Transaction, export_id: str, status: str = "ready") -> None:
    """All of it is written, or (`failed`) cannot be."""
    tx.execute("bulk_exports.finish", {"id": export_id, "status": status})


def next_part(reading: Reading, export_id: str, after: str) -> tuple[str, bytes] | None:
    """The next patient of the export by id, and the names it holds of her (none when her key was destroyed)."""
    row = reading.row("bulk_exports.next_part", {"export_id": export_id, "after": after})
    if row is None:
        return None
    patient_id = str(row["patient_id"])
    try:
        return patient_id, reading.cipher.open(
            reading, f"patient:{patient_id}", _row(export_id), row["sealed"]
        )
    except NotFound:  # KEY_GONE
        return patient_id, b"[]"


def drop(tx: Transaction, export_id: str) -> None:
    """Delete the export and all that it holds."""
    tx.execute("bulk_exports.drop_parts", {"id": export_id})
    tx.execute("bulk_exports.drop", {"id": export_id})
    tx.wipe_after_commit()


def drop_ended(tx: Transaction, now: str) -> int:
    """Delete what has ended; how many."""
    ended = [str(row["id"]) for row in tx.rows("bulk_exports.ended", {"now": now})]
    for export_id in ended:
        drop(tx, export_id)
    return len(ended)


def _row(export_id: str) -> str:
    return f"bulk_export/{export_id}"
