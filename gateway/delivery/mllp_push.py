"""Sending one HL7 v2 message over MLLP and reading its answer.

A connection carries one message at a time and is used again only when it is clean: after a time limit, a
wrong answer or any trouble it is closed, so that a late answer can never be credited to another message.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from gateway.delivery.hl7_answer import Answer, read_answer
from gateway.delivery.outcome import DeliveryOutcome
from gateway.partners.certificates import refuses_ours, tls_trouble

BeforeHandover = Callable[[], Awaitable[bool]]
"""Asked once, on an open connection, just before the first byte leaves. False: nothing is sent."""

_START, _END = b"\x0b", b"\x1c\r"
_ANSWER_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class MllpEndpoint:
    """Where a partner listens. `tls` brings our client certificate and the partner's trust anchors."""

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class MllpTimeouts:
    """In seconds. `answer` begins with the first byte; a free connection is waited for as long, too."""

    connect: float = 5.0
    answer: float = 30.0


class _Line(asyncio.Protocol):
    """One open connection. Bytes that nobody waits for end it."""

    def __init__(self) -> None:
        self.closed = True
        self.used_at = 0.0
        self.strangers = 0
        self.refused_ours = False
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._control_id = b""
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it
        self.closed = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.refused_ours = refuses_ours(exc)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            self.drop()
            return
        self._received += data
        while (end := self._received.find(_END)) >= 0:
            answer = read_answer(bytes(self._received[:end]).partition(_START)[2])
            del self._received[: end + len(_END)]
            if answer is not None and answer.control_id == self._control_id:
                self._settle(answer)
                return
            self.strangers += 1
        if len(self._received) > _ANSWER_LIMIT:
            self.drop()

    async def exchange(self, frame: bytes, control_id: bytes) -> Answer:
        """Write `frame`; the answer whose MSA-2 is `control_id`. Others are counted and passed over.

        Raises ConnectionResetError when the connection ends first.
        """
        if self._transport is None or self.closed:
            raise ConnectionResetError
        self._control_id = control_id
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.writelines((_START, frame, _END))
        return await self._waiting

    def drop(self) -> None:
        """Close at once, without sending what is still in the buffer."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def _settle(self, answer: Answer) -> None:
        if self._received.strip():  # more than was asked for: not clean any more
            self.drop()
        self._received.clear()
        assert self._waiting is not None
        self._waiting.set_result(answer)


class MllpConnections:
    """The open connections to all partners: at most `limit` to each, kept for `idle_seconds` after use."""

    def __init__(self, limit: int = 4, idle_seconds: float = 30.0) -> None:
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._free: dict[MllpEndpoint, list[_Line]] = {}
        self._places: dict[MllpEndpoint, asyncio.Semaphore] = {}
        self._retired: set[MllpEndpoint] = set()

    async def take(self, endpoint: MllpEndpoint, timeouts: MllpTimeouts) -> _Line:
        """A clean open connection, this caller's alone until `give_back`.

        Raises OSError (TimeoutError when the time was over) when there is none.
        """
        places = self._places.setdefault(endpoint, asyncio.Semaphore(self._limit))
        async with asyncio.timeout(timeouts.answer):
            await places.acquire()
        try:
            async with asyncio.timeout(timeouts.connect):
                return self._reuse(endpoint) or await _open(endpoint)
        except BaseException:
            places.release()
            raise

    def give_back(self, endpoint: MllpEndpoint, line: _Line) -> None:
        """End the use of `line`; kept for the next message unless it was closed or heard strangers."""
        self._places[endpoint].release()
        if line.closed or line.strangers or endpoint in self._retired:
            line.drop()
            return
        line.used_at = asyncio.get_running_loop().time()
        self._free.setdefault(endpoint, []).append(line)

    def retire(self, tls: ssl.SSLContext) -> None:
        """Use no connection again that is secured by `tls`; those in use end with their message."""
        gone = {endpoint for endpoint in self._places if endpoint.tls is tls}
        self._retired |= gone
        for endpoint in gone:
            for line in self._free.pop(endpoint, ()):
                line.drop()

    def close(self) -> None:
        """Close the connections that are not in use."""
        for lines in self._free.values():
            for line in lines:
                line.drop()
        self._free.clear()

    def _reuse(self, endpoint: MllpEndpoint) -> _Line | None:
        lines = self._free.get(endpoint, [])
        oldest = asyncio.get_running_loop().time() - self._idle_seconds
        while lines:
            line = lines.pop()
            if not line.closed and line.used_at >= oldest:
                return line
            line.drop()
        return None


async def send_frame(
    connections: MllpConnections,
    endpoint: MllpEndpoint,
    frame: bytes,
    control_id: str,
    timeouts: MllpTimeouts,
    before_handover: BeforeHandover,
) -> DeliveryOutcome:
    """Send the message `frame` (without framing bytes) whose MSH-10 is `control_id`; what came of it.

    Nothing leaves unless `before_handover` says so. What it raises comes out of here with nothing sent.
    """
    if any(byte in frame for byte in (0x0B, 0x1C)):
        return DeliveryOutcome("refused", "CONTENT_BREAKS_FRAME")
    try:
        line = await connections.take(endpoint, timeouts)
    except TimeoutError:
        return DeliveryOutcome("retry", "CONNECT_TIMEOUT")
    except ssl.SSLError as trouble:
        return DeliveryOutcome("retry", tls_trouble(trouble))
    except OSError:
        return DeliveryOutcome("retry", "CONNECT_FAILED")
    try:
        if not await before_handover():
            return DeliveryOutcome("aborted", "CHECK_SAID_NO")
        if line.closed:
            return DeliveryOutcome("retry", "CONNECTION_LOST")
        return await _hand_over(line, frame, control_id.encode(), timeouts.answer)
    except asyncio.CancelledError:
        line.drop()
        raise
    finally:
        connections.give_back(endpoint, line)


async def _hand_over(line: _Line, frame: bytes, control_id: bytes, seconds: float) -> DeliveryOutcome:
    """From here on bytes have left: without a matching answer the outcome is unknown."""
    try:
        async with asyncio.timeout(seconds):
            answer = await line.exchange(frame, control_id)
    except TimeoutError:
        line.drop()
        return DeliveryOutcome("unknown", "ANSWER_FOR_ANOTHER" if line.strangers else "ANSWER_TIMEOUT")
    except ConnectionResetError:
        if line.refused_ours:  # a peer that ends its handshake has read nothing of what came behind it
            return DeliveryOutcome("retry", "OUR_CERTIFICATE_REFUSED")
        return DeliveryOutcome("unknown", "ANSWER_FOR_ANOTHER" if line.strangers else "CONNECTION_LOST")
    return answer.outcome()


async def _open(endpoint: MllpEndpoint) -> _Line:
    loop = asyncio.get_running_loop()
    name = (endpoint.server_name or endpoint.host) if endpoint.tls else None
    _, line = await loop.create_connection(
        _Line, endpoint.host, endpoint.port, ssl=endpoint.tls, server_hostname=name
    )
    return line
