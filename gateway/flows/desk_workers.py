"""Workers at an agency's page: who came, who could not, who left, and who may not come any more. The log has each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace as with_changes

from gateway.audit import AuditEntry, AuditReason, append
from gateway.clock import instant_text, new_row_id, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.agency_desk import BASIS, Worker
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.passkeys import Index
from gateway.flows.phones import give_up, of_worker
from gateway.store import Reading, Transaction, tokens

CAME, REFUSED, LEFT, SENT_AWAY = "desk_login", "desk_login_refused", "desk_logout", "desk_worker_sent_away"
MAILED = "desk_link_mailed"
ISSUER = "#agency-desk"
"""Whose used ids they are; no client of a partner can have that name."""

_A_DAY = timedelta(days=1)
_REMEMBERED = timedelta(days=3)
"""Longer than a link and a session together."""


async def tell(
    premises: Premises,
    worker: Worker,
    outcome: str,
    code: str = "",
    also: Callable[[Transaction], None] | None = None,
) -> None:
    """That somebody came, could not, or left; `code` says why not. `also` is done in the same transaction."""
    entry = AuditEntry(
        request_id=new_row_id(),
        at=instant_text(premises.clock.now()),
        kind="outcome",
        patient_id=None,
        partner=worker.partner,
        purpose="",
        outcome=outcome,
        basis=BASIS,
        recipient_name=worker.name,
        reasons=(AuditReason(code, "the link or its code"),) if code else (),
    )

    def work(tx: Transaction) -> None:
        append(tx, entry)
        if also is not None:
            also(tx)
        if outcome == CAME:
            until = instant_text(premises.clock.now() + _A_DAY)
            tokens.remember(tx, ISSUER, _came(premises, worker), until)

    await premises.store.write(work)


def came_lately(premises: Premises, worker: Worker) -> bool:
    """Whether a worker of that name has logged in at that desk within the last day, and was not sent away since."""
    with premises.store.read() as reading:
        until = tokens.remembered_until(reading, ISSUER, _came(premises, worker))
    if until is None or read_instant(until) <= premises.clock.now():
        return False
    return not was_sent_away(premises, worker, read_instant(until) - _A_DAY)


def is_another_here(premises: Premises, worker: Worker, name: str) -> bool:
    """Whether `name` is somebody else of the worker's desk who has logged in there within a day."""
    said = " ".join(name.split())
    is_herself = sorted(words_of(said)) == sorted(words_of(worker.name))
    return bool(said) and not is_herself and came_lately(premises, Worker(worker.partner, said))


def words_of(name: str) -> list[str]:
    """The words of a name, whatever their case and what stands between them."""
    return "".join(one if one.isalnum() else " " for one in name.casefold()).split()


async def send_away(premises: Premises, partner_and_name: str, reason: str) -> dict[str, Any]:
    """Whatever link or session that worker has ends now, and her phone is not asked any more; a new link opens the page
    again.

    Raises NotFound `NO_SUCH_PARTNER`, NotUnderstood `WORKER_MISSING`, `REASON_MISSING`.
    """
    said = why(reason)
    partner, _, rest = partner_and_name.partition(" ")
    worker = Worker(partner, " ".join(rest.split()))
    if partner not in premises.network.partners:
        raise NotFound("NO_SUCH_PARTNER", "network.yaml has no partner of that id", partner)
    if not worker.name:
        raise NotUnderstood("WORKER_MISSING", "give the worker's name", "--name")
    now = premises.clock.now()

    def work(tx: Transaction) -> dict[str, Any]:
        keep_away(premises.keys.index, tx, worker, now)
        give_up(premises, tx, of_worker(worker.partner, worker.name), said)
        entry = act_entry(SENT_AWAY, instant_text(now), said, partner=partner)
        append(tx, with_changes(entry, recipient_name=worker.name))
        return {"partner": partner, "outcome": SENT_AWAY}

    return await carry_out(premises, work)


def keep_away(index: Index, tx: Transaction, worker: Worker, at: datetime) -> None:
    """What she was given until that instant opens nothing; the log has it."""
    tokens.remember(tx, ISSUER, _named(index, worker), instant_text(at + _REMEMBERED))


def was_sent_away(premises: Premises, worker: Worker, since: datetime) -> bool:
    """Whether the worker was sent away at or after that instant."""
    with premises.store.read() as reading:
        return is_sent_away(premises, reading, worker, since)


def is_sent_away(premises: Premises, reading: Reading, worker: Worker, since: datetime) -> bool:
    """The same as of that reading."""
    until = tokens.remembered_until(reading, ISSUER, _name_of(premises, worker))
    return until is not None and read_instant(until) - _REMEMBERED >= since


def _came(premises: Premises, worker: Worker) -> str:
    return "came-" + premises.keys.index("desk-worker", worker.partner, worker.name.casefold())


def _name_of(premises: Premises, worker: Worker) -> str:
    return _named(premises.keys.index, worker)


def _named(index: Index, worker: Worker) -> str:
    return "away-" + index("desk-worker", worker.partner, worker.name.casefold())
