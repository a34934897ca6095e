"""The ATNA feeds: every entry of the audit log told to an audit record repository (ITI-20), from a place in the store.

Syslog answers nothing; after each break it goes back a little, for what had arrived and was not yet kept there: such a
repository may see an entry twice and misses none. One that answers (FHIR) is told on from where it was.

Beside the log, what was taken in about somebody is told (AU-02), from the inbox: a minute after it came, because a
message is kept a moment after it is stamped; over syslog two minutes of it once more after a break.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, takewhile
from urllib.parse import urlsplit

from gateway import logs
from gateway.audit.log import opened
from gateway.clock import instant_text, read_instant
from gateway.disclosure.atna_resources import Json
from gateway.disclosure.audit_events import audit_events, import_event
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.logs import Event
from gateway.store import Transaction, audit_feeds, audit_rows, inbox
from gateway.wiring.atna_lines import Line, Repository

GOES_BACK = 200
"""Entries told again after a break: about what fits into the buffers on the way."""
SETTLED = timedelta(seconds=60)
"""So long after it came a message is told."""
_MICROSECONDS = 1_000_000
_LONGEST_REST = 60.0
_LAST_ID = "~"
"""Behind every id of a message."""


class AtnaFeed:
    """Tells the log on, from where it came to; one for each store and repository."""

    def __init__(self, premises: Premises, repository: Repository, every_seconds: float = 1.0) -> None:
        self._premises, self._repository = premises, repository
        self._every = every_seconds
        self._stopping = asyncio.Event()
        self._host = _host_of(premises)
        self.trouble = ""
        """Why nothing is told at the moment (a code); empty while it is."""

    async def run(self) -> None:
        """Tell the log, connecting anew after each break, until `stop`; then what is left, when there is a line."""
        rest = self._every
        while not self._stopping.is_set():
            try:
                await self._on_a_line()
                rest = self._every
            except (OSError, HandoffError) as error:
                rest = min(2 * rest, _LONGEST_REST) if self.trouble else self._every
                self._broken(error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), rest)

    async def stop(self) -> None:
        """Let `run` tell what is left and end."""
        self._stopping.set()

    async def _on_a_line(self) -> None:
        """One connection, from its beginning to its end. Raises OSError (`TimeoutError` is one) when it breaks."""
        line = await asyncio.to_thread(self._repository.connect, self._host)
        try:
            told = await asyncio.to_thread(self._told_to)
            came = await asyncio.to_thread(self._taken_to)
            while True:
                is_last = self._stopping.is_set()
                told = await self._tell_from(line, told)
                came = await self._tell_taken_in(line, came)
                if self.trouble:
                    self.trouble = ""
                    logs.info(Event.AUDIT_FEED, outcome="goes_on")
                if is_last:
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._every)
                line.look()
        finally:
            await asyncio.to_thread(line.close)

    async def _tell_from(self, line: Line, told: int) -> int:
        """Tell every entry after `told`, or some of them when the feed is to stop; the number of the last told."""
        while True:
            last, events = await asyncio.to_thread(self._next, told)
            if last == told:
                return told
            await asyncio.to_thread(line.send, events)
            await self._keep(self._repository.feed, last)
            told = last
            if self._stopping.is_set():  # the rest is told after the next start
                return told

    async def _tell_taken_in(self, line: Line, came: tuple[str, str]) -> tuple[str, str]:
        """Tell what was taken in after the message that came so (when, its id); when the last told came, and its id."""
        while True:
            last, events = await asyncio.to_thread(self._next_taken_in, came)
            if not events:
                return came
            await asyncio.to_thread(line.send, events)
            whole = len(events) < self._repository.at_once  # else one of the same instant may be next
            number = round(read_instant(last[0]).timestamp() * _MICROSECONDS) - (not whole)
            await self._keep(taken_in(self._repository.feed), number)
            came = last
            if self._stopping.is_set():
                return came

    def _taken_to(self) -> tuple[str, str]:
        """The message behind which messages are told: when it came, and its id."""
        with self._premises.store.read() as reading:
            number = audit_feeds.told_to(reading, taken_in(self._repository.feed))
        if number is None:
            return "", ""
        at = datetime.fromtimestamp(number // _MICROSECONDS, UTC) + timedelta(
            microseconds=number % _MICROSECONDS
        )
        return (
            (instant_text(at), _LAST_ID) if self._repository.answers else (instant_text(at - 2 * SETTLED), "")
        )

    def _next_taken_in(self, came: tuple[str, str]) -> tuple[tuple[str, str], Sequence[Json]]:
        until = instant_text(self._premises.clock.now() - SETTLED)
        with self._premises.store.read() as reading:
            after = inbox.about_somebody(reading, *came)
            settled = takewhile(lambda one: one.received_at < until, after)
            found = list(islice(settled, self._repository.at_once))
        network = self._premises.network
        events = [import_event(one, network) for one in found]
        return ((found[-1].received_at, found[-1].id) if found else came), events

    def _told_to(self) -> int:
        with self._premises.store.read() as reading:
            told = audit_feeds.told_to(reading, self._repository.feed) or 0
        return told if self._repository.answers else max(0, told - GOES_BACK)

    def _next(self, told: int) -> tuple[int, Sequence[Json]]:
        """The number of the last of the next entries, and their events; the same number when there are none."""
        with self._premises.store.read() as reading:
            rows = audit_rows.page(reading, told + 1, self._repository.at_once)
            entries = opened(reading, rows)
        network = self._premises.network
        return (rows[-1].seq if rows else told), [
            event for one in entries for event in audit_events(one, network)
        ]

    async def _keep(self, name: str, told_to: int) -> None:
        await self._premises.store.write(partial(_kept, name, told_to))

    def _broken(self, error: Exception) -> None:
        code = error.code if isinstance(error, HandoffError) else "ATNA_UNREACHABLE"
        if code != self.trouble:
            logs.warning(Event.AUDIT_FEED, outcome="stopped", code=code)
        self.trouble = code


def taken_in(feed: str) -> str:
    """The name under which it is kept how far a feed told what was taken in."""
    return f"{feed} taken in"


def _kept(name: str, told_to: int, tx: Transaction) -> None:
    audit_feeds.keep(tx, name, told_to)


def _host_of(premises: Premises) -> str:
    """HOSTNAME of the syslog header: that of the public address, else the network's name."""
    content = premises.network.content
    named = urlsplit(content.public_url).hostname or content.network
    return re.sub(r"[^A-Za-z0-9.\-]", "-", named)[:255] or "-"
