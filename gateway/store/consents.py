"""What the network may do with each consent. The Consent resource itself is a record."""

from __future__ import annotations

from gateway.store.model import ConsentState, Reading, Transaction


def save(tx: Transaction, state: ConsentState) -> None:
    """Keep `state` as the present one of its consent."""
    tx.execute(
        "consents.save",
        {
            "consent_id": state.consent_id,
            "patient_id": state.patient_id,
            "version": state.version,
            "standing": state.standing,
            "recorded_by": state.recorded_by,
            "recorded_at": state.recorded_at,
            "reasons": state.reasons,
        },
    )


def get(reading: Reading, consent_id: str) -> ConsentState | None:
    """The state of that consent, or None."""
    row = reading.row("consents.get", {"consent_id": consent_id})
    return None if row is None else ConsentState(*row)


def of_patient(reading: Reading, patient_id: str) -> tuple[ConsentState, ...]:
    """The states of all consents of the patient, by consent id."""
    return tuple(
        ConsentState(*row) for row in reading.rows("consents.of_patient", {"patient_id": patient_id})
    )
