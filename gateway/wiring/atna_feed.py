"""The ATNA feed: every entry of the audit log told to an audit record repository, as syslog over TLS (ITI-20, RFC 5425).

Syslog answers nothing. So the feed counts an entry as told when the other side's network stack has confirmed every byte
of it, and keeps that place in the store; after each break it goes back a little, for what had arrived and was not yet
kept there. A repository may see an entry twice and misses none.

Beside the log, what was taken in about somebody is told (AU-02), from the inbox: a minute after it came, because a
message is kept a moment after it is stamped, and two minutes of it once more after a break.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import fcntl
import re
import socket
import ssl
import termios
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, takewhile
from urllib.parse import urlsplit

from gateway import logs
from gateway.audit.log import opened
from gateway.clock import instant_text, read_instant
from gateway.disclosure.atna_messages import syslog_frame
from gateway.disclosure.audit_events import audit_events, import_event
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.logs import Event
from gateway.settings import Settings, SettingsRefused, read_secret
from gateway.store import Transaction, audit_feeds, audit_rows, inbox

FEED, TAKEN_IN = "atna", "atna taken in"
GOES_BACK = 200
"""Entries told again after a break: about what fits into the buffers on the way."""
SETTLED = timedelta(seconds=60)
"""So long after it came a message is told."""
_AT_ONCE = 100
_LINE_SECONDS = 3.0
"""So long the other side may take to answer on a connection; a gateway that stops waits for it."""
_MICROSECONDS = 1_000_000
_CLOSE_SECONDS, _LOOK_SECONDS, _LONGEST_REST = 1.0, 0.002, 60.0


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the log is told to, and how the line is secured."""

    host: str
    port: int
    context: ssl.SSLContext


def repository_of(settings: Settings) -> Repository | None:
    """The repository that the settings describe; None without `HANDOFF_ATNA_TO`. Raises SettingsRefused."""
    if settings.atna_to is None:
        if settings.atna_certificate or settings.atna_key or settings.atna_ca:
            raise SettingsRefused("`HANDOFF_ATNA_TO` must say where the audit log is told to")
        return None
    if (settings.atna_certificate is None) != (settings.atna_key is None):
        raise SettingsRefused("`HANDOFF_ATNA_CERTIFICATE` and `HANDOFF_ATNA_KEY` belong together")
    try:
        context = ssl.create_default_context(cafile=settings.atna_ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.atna_certificate is not None and settings.atna_key is not None:
            read_secret(settings.atna_key)  # nobody else may read it
            context.load_cert_chain(settings.atna_certificate, settings.atna_key)
    except (OSError, ssl.SSLError):
        raise SettingsRefused("a file of `HANDOFF_ATNA_…` cannot be used as certificate or key") from None
    host, _, port = settings.atna_to.rpartition(":")
    return Repository(host.strip("[]"), int(port), context)


class AtnaFeed:
    """Tells the log on, from where it came to; one for each store."""

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
        line = await asyncio.to_thread(_Line, self._repository)
        try:
            told = max(0, await asyncio.to_thread(self._told_to) - GOES_BACK)
            came = (await asyncio.to_thread(self._taken_to), "")
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

    async def _tell_from(self, line: _Line, told: int) -> int:
        """Tell every entry after `told`, or some of them when the feed is to stop; the number of the last told."""
        while True:
            last, messages = await asyncio.to_thread(self._next, told)
            if last == told:
                return told
            await asyncio.to_thread(line.send, messages)
            await self._premises.store.write(partial(_keep, last))
            told = last
            if self._stopping.is_set():  # the rest is told after the next start
                return told

    async def _tell_taken_in(self, line: _Line, came: tuple[str, str]) -> tuple[str, str]:
        """Tell what was taken in after the message that came so (when, its id); when the last told came, and its id."""
        while True:
            last, messages = await asyncio.to_thread(self._next_taken_in, came)
            if not messages:
                return came
            await asyncio.to_thread(line.send, messages)
            number = round(read_instant(last[0]).timestamp() * _MICROSECONDS)
            await self._premises.store.write(partial(_keep, number, name=TAKEN_IN))
            came = last
            if self._stopping.is_set():
                return came

    def _taken_to(self) -> str:
        """From when on messages are told, as text."""
        with self._premises.store.read() as reading:
            number = audit_feeds.told_to(reading, TAKEN_IN)
        if number is None:
            return ""
        return instant_text(datetime.fromtimestamp(number / _MICROSECONDS, UTC) - 2 * SETTLED)

    def _next_taken_in(self, came: tuple[str, str]) -> tuple[tuple[str, str], bytes]:
        until = instant_text(self._premises.clock.now() - SETTLED)
        with self._premises.store.read() as reading:
            after = inbox.about_somebody(reading, *came)
            found = list(islice(takewhile(lambda one: one.received_at < until, after), _AT_ONCE))
        network = self._premises.network
        frames = [syslog_frame(import_event(one, network), self._host) for one in found]
        return ((found[-1].received_at, found[-1].id) if found else came), b"".join(frames)

    def _told_to(self) -> int:
        with self._premises.store.read() as reading:
            return audit_feeds.told_to(reading, FEED) or 0

    def _next(self, told: int) -> tuple[int, bytes]:
        """The number of the last of the next entries, and their messages; the same number when there are none."""
        with self._premises.store.read() as reading:
            rows = audit_rows.page(reading, told + 1, _AT_ONCE)
            entries = opened(reading, rows)
        network = self._premises.network
        frames = [syslog_frame(event, self._host) for one in entries for event in audit_events(one, network)]
        return (rows[-1].seq if rows else told), b"".join(frames)

    def _broken(self, error: Exception) -> None:
        code = error.code if isinstance(error, HandoffError) else "ATNA_UNREACHABLE"
        if code != self.trouble:
            logs.warning(Event.AUDIT_FEED, outcome="stopped", code=code)
        self.trouble = code


class _Line:
    """A TLS connection, used from one thread at a time."""

    def __init__(self, repository: Repository) -> None:
        """Connect. Raises OSError (`ssl.SSLError` is one)."""
        plain = socket.create_connection((repository.host, repository.port), _LINE_SECONDS)
        try:
            self._line = repository.context.wrap_socket(plain, server_hostname=repository.host)
        except OSError:
            plain.close()
            raise

    def send(self, messages: bytes) -> None:
        """Send, and wait until the other side has confirmed every byte. Raises OSError when it does not."""
        self.look()
        self._line.sendall(messages)
        waited = 0.0
        while _unconfirmed(self._line):
            if waited > _LINE_SECONDS:
                raise TimeoutError("the repository confirms nothing")
            time.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    def look(self) -> None:
        """Nothing while the other side is there: it says nothing. Raises ConnectionResetError when it has gone."""
        self._line.settimeout(0)
        try:
            if not self._line.recv(1):
                raise ConnectionResetError("the repository closed the line")
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        finally:
            self._line.settimeout(_LINE_SECONDS)

    def close(self) -> None:
        """End it in order, as far as the other side goes along."""
        with contextlib.suppress(OSError, ValueError):
            self._line.settimeout(_CLOSE_SECONDS)
            self._line.unwrap()
        self._line.close()


def _unconfirmed(line: socket.socket) -> int:
    """How many bytes were written and not confirmed by the other side's network stack (Linux `tcp(7)`, SIOCOUTQ)."""
    found = array.array("i", [0])
    fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, found)
    return found[0]


def _keep(told_to: int, tx: Transaction, name: str = FEED) -> None:
    audit_feeds.keep(tx, name, told_to)


def _host_of(premises: Premises) -> str:
    """HOSTNAME of the syslog header: that of the public address, else the network's name."""
    content = premises.network.content
    named = urlsplit(content.public_url).hostname or content.network
    return re.sub(r"[^A-Za-z0-9.\-]", "-", named)[:255] or "-"
