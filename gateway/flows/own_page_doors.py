"""How a person comes to her own page: a link that a worker at her side makes, and a second thing that she has chosen.

Both factors are derived from a key of the network and from what is noted here under keyed names; no secret is stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gateway.audit import append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.flows.agency_desk import Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_clients import log_worker, require_client, require_right
from gateway.flows.own_page import BASIS, kept_under
from gateway.store import Reading, Transaction, tokens

ISSUER = "#own-page"
LINKED, CAME, REFUSED, LEFT = "own_page_link", "own_page_login", "own_page_refused", "own_page_logout"
_FOR_GOOD = "9999-12-31T00:00:00.000000Z"
_REMEMBERED = timedelta(days=30)
_MOST_PHONES = 50


async def linked(premises: Premises, worker: Worker, patient_id: str) -> str:
    """The id to put into a link for a client of the worker's organization; every link and session from before ends.

    Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`, `NOTHING_TO_SHOW`.
    """
    require_right(premises, worker, "consents")
    now = premises.clock.now()

    def work(tx: Transaction) -> str:
        require_client(tx, worker, patient_id)
        her = kept_under(tx, patient_id)
        tokens.remember(tx, ISSUER, _name(premises, "since", her), instant_text(now + _REMEMBERED))
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
        until = tokens.remembered_until(reading, ISSUER, _name(premises, "since", patient_id))
    return until is not None and _second(read_instant(until) - _REMEMBERED) > _second(since)


async def tell(premises: Premises, patient_id: str, outcome: str, code: str = "") -> None:
    """That she came, could not, or left; `code` says why not."""
    at = instant_text(premises.clock.now())
    entry = act_entry(outcome, at, code or BASIS, patient_id=patient_id, purpose="PATRQT")
    await premises.store.write(lambda tx: append(tx, entry))


def phone_of(premises: Premises, about: tuple[str, ...]) -> int:
    """The number of the phone whose codes are asked for; 0 where none was set up. `about` names whose it is."""
    with premises.store.read() as reading:
        return _phone(premises, reading, about)


async def phone_set_up(premises: Premises, about: tuple[str, ...], number: int) -> None:
    """From now on the codes of that phone are asked for."""

    def work(tx: Transaction) -> dict[str, Any]:
        tokens.remember(tx, ISSUER, _name(premises, f"phone{number}", *about), _FOR_GOOD)
        return {}

    await premises.store.write(work)


async def phone_given_up(premises: Premises, about: tuple[str, ...]) -> None:
    """Her phone is lost: the next link asks for a code again, and the next phone gets other codes."""

    def work(tx: Transaction) -> dict[str, Any]:
        number = _phone(premises, tx, about)
        if number:
            tokens.remember(tx, ISSUER, _name(premises, f"gone{number}", *about), _FOR_GOOD)
        return {}

    await premises.store.write(work)


def next_phone(premises: Premises, about: tuple[str, ...]) -> int:
    """The number that the next phone gets."""
    with premises.store.read() as reading:
        for number in range(1, _MOST_PHONES):
            if not tokens.was_used(reading, ISSUER, _name(premises, f"phone{number}", *about)):
                return number
    return _MOST_PHONES


def _phone(premises: Premises, reading: Reading, about: tuple[str, ...]) -> int:
    for number in range(1, _MOST_PHONES):
        if not tokens.was_used(reading, ISSUER, _name(premises, f"phone{number}", *about)):
            return 0
        if not tokens.was_used(reading, ISSUER, _name(premises, f"gone{number}", *about)):
            return number
    return 0


def _name(premises: Premises, what: str, *about: str) -> str:
    return f"{what}-" + premises.keys.index("own-page", "|".join(about[:-1]), about[-1].casefold())


def _second(at: datetime) -> int:
    return int(at.timestamp())
