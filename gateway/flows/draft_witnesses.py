"""Whether the witness of a draft that is signed on a phone is there: when she last looked, and which drafts are hers.

A witness by phone is nowhere but at her own page: whoever has not looked at it for some minutes, or has logged out, did
not see anybody sign. After a restore she looks once more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.flows.agency_desk import Worker
from gateway.store import Reading, Transaction, tokens

PRESENT_MINUTES = 5
ISSUER = "#phone-drafts"


def begin(premises: Premises, tx: Transaction, worker: Worker, draft_id: str, until: str) -> None:
    """That draft is hers until then."""
    tokens.remember(tx, ISSUER, _hers(premises, worker) + draft_id, until)


def look(tx: Transaction, draft_id: str, at: datetime) -> None:
    """The witness sees how the draft stands."""
    tokens.remember(tx, ISSUER, f"seen-{draft_id}", instant_text(at + timedelta(minutes=PRESENT_MINUTES)))


def is_there(reading: Reading, draft_id: str, at: datetime) -> bool:
    """Whether she has looked within `PRESENT_MINUTES`."""
    until = tokens.remembered_until(reading, ISSUER, f"seen-{draft_id}")
    return until is not None and at < read_instant(until)


def drafts_of(premises: Premises, reading: Reading, worker: Worker) -> tuple[str, ...]:
    """The ids of the drafts that she is the witness of; some of them may be over."""
    return tokens.that_begin(reading, ISSUER, _hers(premises, worker))


def _hers(premises: Premises, worker: Worker) -> str:
    return "of-" + premises.keys.index("desk-worker", worker.partner, worker.name.casefold()) + "-"
