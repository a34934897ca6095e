"""The two ways of telling an audit record repository (ITI-20): syslog over TLS (RFC 5425), and FHIR over HTTPS.

Syslog answers nothing: an event counts as told when the other side's network stack has confirmed every byte of it. FHIR
answers for each event; one whose answer was lost goes again as a conditional create, which a repository that has it
answers without keeping it twice.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import ssl
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import httpx
import orjson

from gateway.disclosure.atna_messages import syslog_frame
from gateway.disclosure.atna_resources import Json, audit_bundle, audit_resource, if_none_exist, name_of
from gateway.errors import NotSupported
from gateway.settings import Settings, SettingsRefused, read_secret

SYSLOG, FHIR = "atna", "atna fhir"
"""The names of the feeds, under which it is kept how far they came."""
_LINE_SECONDS = 3.0
"""So long the other side may take to answer on a connection; a gateway that stops waits for it."""
_ANSWER_SECONDS = 5.0
"""So long a repository may take to keep what one request brings."""
_CLOSE_SECONDS, _LOOK_SECONDS = 1.0, 0.002
_NO_BUNDLES = frozenset({400, 404, 405, 415, 422, 501})
_KEPT = frozenset({200, 201, 412})
"""Created; there already; there more than once."""
_PASSING = frozenset({408, 425, 429})
_UNCLEAR = 0


class Line(Protocol):
    """A connection to a repository, used from one thread at a time."""

    def send(self, events: Sequence[Json]) -> None:
        """Tell them; when this comes back the other side has them. Raises OSError when that is not known, NotSupported
        `ATNA_REFUSED` when it does not want one.
        """
        ...

    def look(self) -> None:
        """Raises OSError when the other side has gone, as far as that can be known without telling anything."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the log is told to. `feed`: the name under which it is kept how far.
    `answers`: whether it says what it has taken, so that after a break nothing before that has to go again. `at_once`:
    entries told in one step. `connect` makes a line from the host that it is given; it raises OSError.
    """

    feed: str
    answers: bool
    at_once: int
    connect: Callable[[str], Line]


def feeds_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The name of each feed that is set up, and of the setting that does."""
    syslog = ((SYSLOG, "HANDOFF_ATNA_TO"),) if settings.atna_to is not None else ()
    return (*syslog, (FHIR, "HANDOFF_ATNA_FHIR")) if settings.atna_fhir else syslog


def repositories_of(settings: Settings) -> tuple[Repository, ...]:
    """The repositories that the settings describe. Raises SettingsRefused."""
    if settings.atna_to is None and not settings.atna_fhir:
        if settings.atna_certificate or settings.atna_key or settings.atna_ca:
            raise SettingsRefused(
                "`HANDOFF_ATNA_TO` or `HANDOFF_ATNA_FHIR` must say where the log is told to"
            )
        return ()
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
    found = []
    if settings.atna_to is not None:
        host, _, port = settings.atna_to.rpartition(":")
        syslog = partial(SyslogLine, host.strip("[]"), int(port), context)
        found.append(Repository(SYSLOG, False, 100, syslog))
    if settings.atna_fhir:
        taker = _Taker(settings.atna_fhir.rstrip("/"), context)
        found.append(Repository(FHIR, True, 25, lambda _: FhirLine(taker)))
    return tuple(found)


class SyslogLine:
    """Syslog over a TLS connection."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, own_host: str) -> None:
        """Connect. Raises OSError (`ssl.SSLError` is one)."""
        self._own_host = own_host
        plain = socket.create_connection((host, port), _LINE_SECONDS)
        try:
            self._line = context.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise

    def send(self, events: Sequence[Json]) -> None:
        """Send, and wait until the other side has confirmed every byte. Raises OSError when it does not."""
        self.look()
        self._line.sendall(b"".join(syslog_frame(one, self._own_host) for one in events))
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


@dataclass(slots=True)
class _Taker:
    """A repository of the FHIR feed: `base` its address, `taken` what it has of the step not done yet, by name."""

    base: str
    context: ssl.SSLContext
    takes_bundles: bool = True
    taken: set[str] = field(default_factory=set)


class FhirLine:
    """The FHIR feed: several events as one batch, one alone, or where no batches are taken each, as a create."""

    def __init__(self, taker: _Taker) -> None:
        self._taker = taker
        times = httpx.Timeout(_ANSWER_SECONDS, connect=_LINE_SECONDS)
        self._client = httpx.Client(verify=taker.context, timeout=times, trust_env=False)

    def send(self, events: Sequence[Json]) -> None:
        """Have each kept, or know that it is. Raises OSError when that is not known, NotSupported `ATNA_REFUSED`."""
        taken, bad = self._taker.taken, []
        waiting = [one for one in events if name_of(one) not in taken]
        for one, status in zip(waiting, self._told(waiting), strict=False):
            if status in _KEPT:
                taken.add(name_of(one))
            else:
                bad.append(status)
        if any(map(_is_passing, bad)):
            raise ConnectionError("the repository is busy")
        if bad:
            raise NotSupported("ATNA_REFUSED", "the audit record repository does not keep an event")
        taken.clear()

    def _told(self, events: Sequence[Json]) -> Iterable[int]:
        """What is answered for each, in order; one by one no more after the first that is not kept."""
        if len(events) > 1 and self._taker.takes_bundles:
            answer = self._post("", audit_bundle(events), {})
            if answer.status_code not in _NO_BUNDLES:
                return _statuses(answer, len(events))
            self._taker.takes_bundles = False
        return self._one_by_one(events)

    def _one_by_one(self, events: Sequence[Json]) -> Iterator[int]:
        for one in events:
            status = self._post(
                "/AuditEvent", audit_resource(one), {"If-None-Exist": if_none_exist(one)}
            ).status_code
            yield status
            if status not in _KEPT:
                return

    def _post(self, path: str, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        known = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
        known |= {"Prefer": "return=minimal", **headers}
        try:
            return self._client.post(f"{self._taker.base}{path}", content=content, headers=known)
        except httpx.HTTPError:
            raise ConnectionError("the repository does not answer") from None

    def look(self) -> None:
        """Nothing: a repository that has gone is found when there is something to tell."""

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def _statuses(answer: httpx.Response, number: int) -> list[int]:
    """What a repository answers for each of `number` events told together; what it answered for all when it says no
    more than that.
    """
    if answer.status_code != 200:
        return [answer.status_code]
    try:
        found = [int(str(one["response"]["status"])[:3]) for one in orjson.loads(answer.content)["entry"]]
    except (ValueError, KeyError, TypeError):
        found = []
    return found if len(found) == number else [_UNCLEAR]


def _is_passing(status: int) -> bool:
    return status in _PASSING or status >= 500
