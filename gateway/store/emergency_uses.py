"""Uses of emergency access: counted for each clinician, and kept until a person has reviewed them (42 CFR §2.51).

Who, why and what stands in the audit entry, sealed; here are ids, times and keyed hashes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class EmergencyUse:
    """One use. `id` is its first request id in the log; `review_seq` is 0 until a person has reviewed it."""

    id: str
    partner: str
    request_token: str
    facts_token: str
    clinician_token: str
    patient_id: str
    opened_at: str
    audit_seq: int
    review_due: str
    review_seq: int = 0


def add(tx: Transaction, use: EmergencyUse) -> None:
    """Keep a use. Raises Internal `ROW_EXISTS` when the partner has one by that request token."""
    tx.execute(
        "emergency_uses.add",
        {
            "id": use.id,
            "partner": use.partner,
            "request_token": use.request_token,
            "facts_token": use.facts_token,
            "clinician_token": use.clinician_token,
            "patient_id": use.patient_id,
            "opened_at": use.opened_at,
            "audit_seq": use.audit_seq,
            "review_due": use.review_due,
        },
    )


def of_request(reading: Reading, partner: str, request_token: str) -> EmergencyUse | None:
    """The use that `partner` opened under that request, or None."""
    row = reading.row("emergency_uses.of_request", {"partner": partner, "request_token": request_token})
    return None if row is None else EmergencyUse(*row)


def get(reading: Reading, use_id: str) -> EmergencyUse | None:
    """The use of that id, or None."""
    row = reading.row("emergency_uses.get", {"id": use_id})
    return None if row is None else EmergencyUse(*row)


def opened_by(reading: Reading, clinician_token: str, since: str) -> tuple[str, ...]:
    """When the clinician opened uses after that instant, in order."""
    asked = {"clinician_token": clinician_token, "since": since}
    return tuple(row["opened_at"] for row in reading.rows("emergency_uses.of_clinician", asked))


def number_of_partner(reading: Reading, partner: str, since: str) -> int:
    """How many uses the partner opened after that instant."""
    row = reading.row("emergency_uses.number_of_partner", {"partner": partner, "since": since})
    return 0 if row is None else int(row["number"])


def not_reviewed(reading: Reading, limit: int = 200) -> tuple[EmergencyUse, ...]:
    """What nobody has reviewed yet, the earliest due first: the queue of emergency access."""
    return tuple(EmergencyUse(*row) for row in reading.rows("emergency_uses.not_reviewed", {"limit": limit}))


def opened_between(reading: Reading, since: str, until: str, limit: int) -> tuple[EmergencyUse, ...]:
    """Uses opened from `since` on and before `until`, reviewed or not, in order."""
    asked = {"since": since, "until": until, "limit": limit}
    return tuple(EmergencyUse(*row) for row in reading.rows("emergency_uses.opened_between", asked))


def mark_reviewed(tx: Transaction, use_id: str, review_seq: int) -> bool:
    """Say by which audit entry it was reviewed; False when it was before, or there is none."""
    return bool(tx.execute("emergency_uses.reviewed", {"id": use_id, "review_seq": review_seq}))
