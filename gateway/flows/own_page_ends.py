"""When what opens a person's own page has ended: each link and each session from before an instant, whoever has it."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.flows.phones import give_up, of_client
from gateway.store import Reading, Transaction, tokens

ISSUER = "#own-page"
_REMEMBERED = timedelta(days=30)
_A_SECOND = timedelta(seconds=1)
"""Links say when they were made in whole seconds: of two of one second it could not be told which is newer."""


def end_all(premises: Premises, tx: Transaction, patient_id: str) -> datetime:
    """Every link and session of a person's own page ends; from when on the next link is one."""
    at, before = premises.clock.now(), mark_of(premises, tx, patient_id)
    if before:
        at = max(at, _ended_at(before) + _A_SECOND)
    tokens.remember(tx, ISSUER, _name(premises, patient_id), instant_text(at + _REMEMBERED))
    return at + _A_SECOND


def end_for_another(premises: Premises, tx: Transaction, patient_id: str, said: str) -> None:
    """It may not be she any more who holds a link, a session or the phone: they end, and the log says why."""
    end_all(premises, tx, patient_id)
    give_up(premises, tx, of_client(patient_id), said)


def mark_of(premises: Premises, reading: Reading, patient_id: str) -> str:
    """What names the making of a person's last link, or the last end of all; empty where there was none."""
    return tokens.remembered_until(reading, ISSUER, _name(premises, patient_id)) or ""


def has_ended(premises: Premises, reading: Reading, patient_id: str, since: datetime) -> bool:
    """Whether what began in that second has ended."""
    mark = mark_of(premises, reading, patient_id)
    return bool(mark) and int(_ended_at(mark).timestamp()) >= int(since.timestamp())


def _ended_at(mark: str) -> datetime:
    return read_instant(mark) - _REMEMBERED


def _name(premises: Premises, patient_id: str) -> str:
    return "since-" + premises.keys.index("own-page", "", patient_id)
