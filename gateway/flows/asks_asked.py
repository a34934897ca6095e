"""A partner reads of the log what its own systems have asked here: when, in which words, and what they were shown.

One AuditEvent for each request, made of what was answered alone: what was withheld, and why, stands in none, and one
that found nobody is as one of which everything was withheld. The whole log is the operator's (console, `handoff audit`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from gateway.audit import AuditReason, LoggedEntry, append, find_by_request
from gateway.audit.log import opened
from gateway.clock import new_id
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.asked import kept_question
from gateway.disclosure.audit_events import ask_event
from gateway.disclosure.content import searchset_bundle
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.answers import Pulled
from gateway.flows.nothing import NothingToShow
from gateway.resources import to_json
from gateway.resources.searching import Filter, meets
from gateway.security.callers import Caller
from gateway.store import AuditFilter, AuditRow, Reading, audit_rows

_ROWS = 100
"""Rows of the log that are read at once."""
_MOST = 250
"""Requests that are looked at for one page. Other rows do not count: what a page holds would tell of them."""
_LOOK = AuditReason("AUDIT_ASKED", "requirement AU-03: the asker's own requests")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AsksWanted:
    """A page of a search for own requests: `count` that meet all `filters`, the latest first, those before the one with
    the id `page`. `address` is that of the type, for links; `asked` the question as it was sent, for the log.
    """

    filters: tuple[Filter, ...] = field(default=(), repr=False)
    count: int = 50
    page: str = ""
    address: str = ""
    asked: str = ""


async def asks(premises: Premises, caller: Caller, wanted: AsksWanted) -> Pulled:
    """A searchset of AuditEvents. Raises NotUnderstood `PAGE_INVALID`."""
    zone = ZoneInfo(premises.network.zone_of(caller.partner))
    found, more = await asyncio.to_thread(_page, premises, caller.partner, wanted, zone)
    links = {"self": wanted.address}
    if more:
        links["next"] = f"{wanted.address}?_count={wanted.count}&_page={more}"
    content = searchset_bundle(
        found, (), premises.clock.now(), caller.base, total=not more and not wanted.page, links=links
    )
    return Pulled(content, await _logged(premises, caller, wanted.asked))


async def ask(premises: Premises, caller: Caller, event_id: str) -> Pulled:
    """The AuditEvent of one own request, by its id (`X-Request-Id`). Raises NotFound for any other."""

    def look() -> Json | None:
        with premises.store.read() as reading:
            logged = find_by_request(reading, event_id)
            return _event(premises, (one for one in logged if one.row.partner == caller.partner))

    event = await asyncio.to_thread(look)
    request_id = await _logged(premises, caller, "")
    if event is None:
        raise NothingToShow(request_id)
    return Pulled(to_json(event), request_id)


async def _logged(premises: Premises, caller: Caller, asked: str) -> str:
    """The id of the look, which is in the log before anything is told."""
    request_id = new_id()
    entry = own_record_entry(
        premises,
        kind="query",
        request_id=request_id,
        at=premises.clock.now(),
        patient_id=None,
        partner=caller.partner,
        purpose=caller.purpose,
        returned=(),
        content_sha256=None,
    )
    question = kept_question(asked, None)
    told = msgspec.structs.replace(entry, reasons=(_LOOK,), subject="AuditEvent", asked=question)
    await premises.store.write(lambda tx: append(tx, told))
    return request_id


def _page(premises: Premises, partner: str, wanted: AsksWanted, zone: ZoneInfo) -> tuple[Sequence[Json], str]:
    """The events of the page, and the id after which there may be more."""
    found: list[Json] = []
    last, looked_at = wanted.page, 0
    with premises.store.read() as reading:
        for event in _events(premises, reading, partner, wanted.page):
            if len(found) == wanted.count or looked_at == _MOST:
                return found, last
            last, looked_at = event["id"], looked_at + 1
            if all(meets(event, one, zone) for one in wanted.filters):
                found.append(event)
    return found, ""


def _events(premises: Premises, reading: Reading, partner: str, after: str) -> Iterator[Json]:
    """The events of the partner's requests, the latest first, after the one with that id."""
    told = {after}
    for request_id, rows in groupby(_rows(reading, partner, after), lambda row: row.request_id):
        if request_id in told:
            continue  # rows that came later said that it was never answered
        told.add(request_id)
        event = _event(premises, opened(reading, tuple(rows)[::-1]))
        if event is not None:
            yield event


def _rows(reading: Reading, partner: str, after: str) -> Iterator[AuditRow]:
    """The partner's rows, the latest first."""
    before = _first_row(reading, partner, after) if after else None
    while True:
        wanted = AuditFilter(partner=partner, before_seq=before, asked_by_partner=True)
        rows = audit_rows.newest(reading, _ROWS, wanted)
        yield from rows
        if len(rows) < _ROWS:
            return
        before = rows[-1].seq


def _first_row(reading: Reading, partner: str, request_id: str) -> int:
    """The number of the first row of a request. Raises NotUnderstood `PAGE_INVALID` for another's."""
    rows = [row for row in audit_rows.find_by_request(reading, request_id) if row.partner == partner]
    if not rows:
        raise NotUnderstood("PAGE_INVALID", "this page cannot be shown any more; search again", "http._page")
    return rows[0].seq


def _event(premises: Premises, logged: Iterable[LoggedEntry]) -> Json | None:
    """The AuditEvent of a request, by its rows; None where it is no ask, or nothing was ever answered."""
    return ask_event([one.entry for one in logged if one.entry is not None], premises.network)
