"""How a person comes to her own page: a link that a worker at her side makes, and a second thing that she has chosen."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.audit import append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows.agency_desk import Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.own_page import BASIS, kept_under
from gateway.store import Transaction, tokens

ISSUER = "#own-page"
LINKED, CAME, REFUSED, LEFT = "own_page_link", "own_page_login", "own_page_refused", "own_page_logout"
_REMEMBERED = timedelta(days=30)


async def linked(premises: Premises, worker: Worker, patient_id: str) -> str:
    """The id to put into a link for a client of the worker's organization; every link and session from before ends.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, `NOTHING_TO_SHOW`.
    """
    require_right(premises, worker, "consents")
    now = premises.clock.now()

    def work(tx: Transaction) -> str:
        require_client(tx, worker, patient_id)
        her = kept_under(tx, patient_id)
        tokens.remember(tx, ISSUER, _name(premises, her), instant_text(now + _REMEMBERED))
        log_worker(tx, worker, now, LINKED, her, "", "a link to her own page")
        return her

    return await premises.store.write(work)


def has_to_go(premises: Premises, patient_id: str, since: datetime) -> bool:
    """Whether what she was given at that instant has ended: a newer link was made, or there is nothing to show."""
    with premises.store.read() as reading:
        try:
            kept_under(reading, patient_id)
        except NotFound:
            return True
        until = tokens.remembered_until(reading, ISSUER, _name(premises, patient_id))
    return until is not None and _second(read_instant(until) - _REMEMBERED) > _second(since)


async def tell(premises: Premises, patient_id: str, outcome: str, code: str = "") -> None:
    """That she came, could not, or left; `code` says why not."""
    at = instant_text(premises.clock.now())
    entry = act_entry(outcome, at, code or BASIS, patient_id=patient_id, purpose="PATRQT")
    await premises.store.write(lambda tx: append(tx, entry))


def _name(premises: Premises, patient_id: str) -> str:
    return "since-" + premises.keys.index("own-page", "", patient_id)


def _second(at: datetime) -> int:
    return int(at.timestamp())
