"""Sending one FHIR transaction Bundle over HTTP.

The body is a generator: its first step runs on a connection that is already open and asks `before_handover`,
so a withdrawal that committed a moment ago still stops the bytes (design: invariant I3).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import MappingProxyType
from typing import cast

import httpx
import tenacity

from gateway.clock import Clock
from gateway.delivery.outcome import DeliveryOutcome, OutcomeKind

BeforeHandover = Callable[[], Awaitable[bool]]
"""Asked once, on an open connection, just before the first byte of the body. False: no body leaves."""

_ANSWER_LIMIT = 1024 * 1024
_CONNECT_TRIES = 3
_BODY_SECONDS = 5.0
_LONGEST_WAIT = 24 * 3600.0
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_RETRY = frozenset({401, 407, 408, 409, 421, 423, 425, 429, 500, 502, 503, 507, 508})
"""Passing: the partner is busy or broken, or our credentials or its proxy's want renewal."""
_UNKNOWN = frozenset({504})
"""Something between us and the partner gave up waiting; the partner may have taken it."""


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """In seconds. `attempt` is the deadline of the whole attempt, connecting included."""

    connect: float = 5.0
    attempt: float = 30.0


class _NotHandedOver(Exception):
    """The check just before the first byte said no."""


class _Handover:
    """The body of one attempt, and how far it came."""

    def __init__(self, content: bytes, before_handover: BeforeHandover) -> None:
        self._content = content
        self._before_handover = before_handover
        self.asked = False
        self.refused = False
        self.passed = False
        self.over = False
        self.trouble: Exception | None = None
        self.answered: DeliveryOutcome | None = None

    async def body(self) -> AsyncIterator[bytes]:
        """All of the content in one piece, after the check."""
        if self.asked:
            raise _NotHandedOver  # the body of an attempt is given out once
        self.asked = True
        try:
            self.refused = not await self._before_handover()
        except Exception as trouble:
            self.trouble = trouble
            raise
        if self.refused or self.over:
            raise _NotHandedOver
        self.passed = True
        yield self._content


class _WayOut(httpx.AsyncBaseTransport):
    """aiohttp behind httpx, read in (a tenth of a start, half of it the authorities of this machine) in a thread at the
    first request.
    """

    def __init__(self, tls: ssl.SSLContext | None, connections: int) -> None:
        self._tls, self._connections = tls, connections
        self._opened: asyncio.Future[httpx.AsyncBaseTransport] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As the transport that it stands for."""
        # too many open files, say, are no reason to give up for good
        if self._opened is None or _has_failed(self._opened):
            self._opened = asyncio.ensure_future(asyncio.to_thread(self._open))
        # the first request may be given up, the others still wait
        way = self._opened.result() if self._opened.done() else await asyncio.shield(self._opened)
        return await way.handle_async_request(request)

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._opened is not None and not _has_failed(self._opened):
            await (await self._opened).aclose()

    def _open(self) -> httpx.AsyncBaseTransport:
        import aiohttp
        from httpx_aiohttp import AiohttpTransport

        def session() -> aiohttp.ClientSession:
            # `True`: the context that aiohttp has made when it was loaded, by the authorities of this machine. Reading
            # those is slow, and a second context would do it again.
            connector = aiohttp.TCPConnector(
                limit=self._connections, ssl=self._tls or True, keepalive_timeout=30.0
            )
            return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

        # Its own context is not asked, as the session's is; should it ever be, it trusts no authority at all.
        unasked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return AiohttpTransport(verify=self._tls or unasked, trust_env=False, client=session)


def _has_failed(opened: asyncio.Future[httpx.AsyncBaseTransport]) -> bool:
    return opened.done() and (opened.cancelled() or opened.exception() is not None)


def open_transport(tls: ssl.SSLContext | None = None, connections: int = 100) -> httpx.AsyncBaseTransport:
    """The process's one way out over HTTP: no redirects, no cookies, no proxies or other settings of the environment.

    A transport and not a client, because a client's cookies, redirects and authentication, all unwanted here, cost as
    much as sending. To be closed by the caller with `aclose`, or used with `async with`.
    """
    return _WayOut(tls, connections)


def broken_line() -> tuple[type[Exception], type[Exception]]:
    """What a line that breaks raises. To be asked when one has been used: it reads the library in."""
    from aiohttp import ClientError

    return httpx.HTTPError, ClientError


async def push_bundle(
    transport: httpx.AsyncBaseTransport,
    url: str,
    content: bytes,
    idempotency_key: str,
    timeouts: HttpTimeouts,
    before_handover: BeforeHandover,
    *,
    clock: Clock,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> DeliveryOutcome:
    """POST `content` (a transaction Bundle) to the FHIR base `url`; what came of it.

    `idempotency_key` is the same for every attempt at one release. `clock` reads a `Retry-After` that is a
    date. Nothing of the body leaves unless `before_handover` says so; what it raises comes out of here,
    nothing sent.
    """
    own = {
        **headers,
        "Content-Type": "application/fhir+json",
        "Accept": "application/fhir+json",
        "Prefer": "return=minimal",
        "Idempotency-Key": idempotency_key,
    }
    return await post(transport, url, content, own, timeouts, before_handover, clock)


async def post(
    transport: httpx.AsyncBaseTransport,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    timeouts: HttpTimeouts,
    before_handover: BeforeHandover,
    clock: Clock,
) -> DeliveryOutcome:
    """POST `content` to `url`, as `push_bundle` does, with `headers` that name its type and key."""
    handover = _Handover(content, before_handover)
    sent = {
        **headers,
        "Accept-Encoding": "identity",
        "User-Agent": "warm-handoff",
        "Content-Length": str(len(content)),
    }
    try:
        async with asyncio.timeout(timeouts.attempt):
            outcome = await _attempt(transport, url, sent, handover, timeouts, clock)
    except TimeoutError:
        outcome = _without_answer(handover, "ATTEMPT_TIMEOUT")
    except broken_line() as trouble:  # the transport does not translate all
        lost = handover.asked or not isinstance(trouble, httpx.ConnectError | httpx.ConnectTimeout)
        outcome = _without_answer(handover, "CONNECTION_LOST" if lost else "CONNECT_FAILED")
    finally:
        handover.over = True
    if handover.trouble is not None:
        raise handover.trouble
    return DeliveryOutcome("aborted", "CHECK_SAID_NO") if handover.refused else outcome


async def _attempt(
    transport: httpx.AsyncBaseTransport,
    url: str,
    headers: Mapping[str, str],
    handover: _Handover,
    timeouts: HttpTimeouts,
    clock: Clock,
) -> DeliveryOutcome:
    """One attempt. Connecting is tried three times while nothing was asked for; a sent body is never repeated."""
    limits = {"connect": timeouts.connect, "read": timeouts.attempt, "write": None, "pool": timeouts.attempt}

    async def post() -> DeliveryOutcome:
        request = httpx.Request(
            "POST", _parsed(url), headers=headers, content=handover.body(), extensions={"timeout": limits}
        )
        response = await transport.handle_async_request(request)
        try:
            handover.answered = _outcome(response, handover, clock)
            await _read_out(response)
        finally:
            await response.aclose()
        return handover.answered

    try:
        return await post()
    except (httpx.ConnectError, httpx.ConnectTimeout):
        if handover.asked:
            raise
    again = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(_CONNECT_TRIES - 1),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=1.0),
        retry=tenacity.retry_if_exception(lambda trouble: _may_connect_again(trouble, handover)),
        reraise=True,
    )
    return await again(post)


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Partners are few and their addresses do not change."""
    return httpx.URL(url)


def _may_connect_again(trouble: BaseException, handover: _Handover) -> bool:
    return not handover.asked and isinstance(trouble, httpx.ConnectError | httpx.ConnectTimeout)


async def _read_out(response: httpx.Response) -> None:
    """Read and forget the answer's body, so that the connection can be used again; at most 1 MiB of it."""
    received = 0
    with contextlib.suppress(*broken_line(), TimeoutError):
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in cast(httpx.AsyncByteStream, response.stream):
                received += len(piece)
                if received > _ANSWER_LIMIT:
                    return


def _outcome(response: httpx.Response, handover: _Handover, clock: Clock) -> DeliveryOutcome:
    """The outcome by status code. A success that was said before the body left counts for nothing."""
    status = response.status_code
    code = f"HTTP_{status}"
    if 200 <= status < 300:
        return (
            DeliveryOutcome("delivered", code)
            if handover.passed
            else DeliveryOutcome("retry", "HTTP_TOO_EARLY")
        )
    if 300 <= status < 400:
        return DeliveryOutcome("refused", code, "redirects are not followed")
    kind: OutcomeKind = "refused"
    if status in _RETRY:
        kind = "retry"
    elif status in _UNKNOWN or status > 508:
        kind = "unknown" if handover.passed else "retry"
    wait = retry_after(response.headers.get("Retry-After", ""), clock.now()) if kind != "refused" else None
    return DeliveryOutcome(kind, code, "", wait)


def _without_answer(handover: _Handover, code: str) -> DeliveryOutcome:
    """The outcome by status where one came before the trouble; else unknown once the body may have left."""
    return handover.answered or DeliveryOutcome("unknown" if handover.passed else "retry", code)


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After`, at most a day; none when absent or unreadable.

    RFC 9110, 10.2.3: a number of seconds or a date.
    """
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT)
