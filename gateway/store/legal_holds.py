"""Legal holds: what must not be destroyed until a person lifts the hold. Why in words stands in the log under the id."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Row, Transaction

_NEVER = "9999"
"""After every instant, as text."""


@dataclass(frozen=True, slots=True)
class LegalHold:
    """One hold; `reason` is a code. Instants are ISO 8601 UTC text.

    What is empty of `patient_id`, `partner`, `since` and `until` (before which) limits nothing: all that is given must
    be so of what falls under it. `placed_by` is a login; `lifted_at` is empty while the hold stands.
    """

    id: str
    reason: str
    patient_id: str
    partner: str
    since: str
    until: str
    placed_at: str
    placed_by: str
    lifted_at: str = ""

    def spans(self, instant: str) -> bool:
        """Whether an instant is within it."""
        return self.since <= instant < (self.until or _NEVER)


def add(tx: Transaction, hold: LegalHold) -> None:
    """Keep a hold; one that is there already stays as it is."""
    row = {
        "id": hold.id,
        "reason": hold.reason,
        "patient_id": hold.patient_id,
        "partner": hold.partner,
        "since": hold.since,
        "until": hold.until,
        "placed_at": hold.placed_at,
        "placed_by": hold.placed_by,
    }
    tx.execute("legal_holds.add", row)


def get(reading: Reading, hold_id: str) -> LegalHold | None:
    """The hold of that id, or None."""
    row = reading.row("legal_holds.get", {"id": hold_id})
    return None if row is None else _of(row)


def standing(reading: Reading) -> tuple[LegalHold, ...]:
    """Those that nobody has lifted, the oldest first."""
    return tuple(map(_of, reading.rows("legal_holds.standing")))


def newest(reading: Reading, limit: int = 200) -> tuple[LegalHold, ...]:
    """All that stand, then those that were lifted, up to `limit`; of each the newest first."""
    lifted = map(_of, reading.rows("legal_holds.lifted", {"limit": limit}))
    return (*reversed(standing(reading)), *lifted)


def lift(tx: Transaction, hold_id: str, at: str) -> bool:
    """Lift it now; False when it was lifted before."""
    return bool(tx.execute("legal_holds.lift", {"id": hold_id, "at": at}))


def reaches(reading: Reading, hold: LegalHold, patient_id: str) -> bool:
    """Whether anything of the patient is from or to the hold's partner within its span."""
    if not hold.partner and not hold.since and not hold.until:
        return True
    asked = {"patient_id": patient_id, "partner": hold.partner, "since": hold.since}
    return reading.row("legal_holds.reaches_patient", asked | {"until": hold.until or _NEVER}) is not None


def _of(row: Row) -> LegalHold:
    return LegalHold(*row)
