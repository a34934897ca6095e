"""To whom a person has nothing sent for now; every process of the gateway reads it here."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import Reading, Transaction


@dataclass(frozen=True, slots=True)
class PartnerPause:
    """One pause: since when (ISO 8601 UTC text), and by which entry of the log."""

    partner: str
    since: str
    audit_seq: int


def every(reading: Reading) -> tuple[PartnerPause, ...]:
    """All pauses, by partner."""
    return tuple(PartnerPause(*row) for row in reading.rows("partner_pauses.every"))


def is_paused(reading: Reading, partner: str) -> bool:
    """Whether nothing is to be sent to the partner."""
    return reading.row("partner_pauses.of_partner", {"partner": partner}) is not None


def begin(tx: Transaction, pause: PartnerPause) -> bool:
    """Send nothing more to the partner; False when it is paused already."""
    row = {"partner": pause.partner, "since": pause.since, "audit_seq": pause.audit_seq}
    return bool(tx.execute("partner_pauses.begin", row))


def end(tx: Transaction, partner: str) -> bool:
    """Send to the partner again; False when it was not paused."""
    return bool(tx.execute("partner_pauses.end", {"partner": partner}))
