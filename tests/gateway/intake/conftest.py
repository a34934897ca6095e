"""A real MLLP door on a loopback port, with a flow that can be told how to answer,

and a plain socket as the sender.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import FixedClock
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.intake import ListenerSettings, MllpListener, Recognise
from tests.gateway.certificates import authority, issued

AT = datetime(2026, 11, 22, 8, 30, 0, 250_000, tzinfo=UTC)
REFERRAL = (
    rb"MSH|^~\&|EHR|RIVERBEND|HANDOFF|COUNTY|20261122083000||REF^I12^REF_I12|MSG-0001|P|2.5.1" + b"\r"
    b"RF1||R|Psy||O|REF-77^EHR|20261122\r"
    b"PRD|RT|Marker^Canary||||||SUNRISE\r"
    b"PID|1||P-1^^^RIVERBEND^MR||Marker^Canary||19900101|F\r"
)


class FakeFlow:
    """Stands in for `flows.receive.accept_message`: remembers messages,

    answers the same to the same bytes.
    """

    def __init__(self) -> None:
        self.messages: list[ReceivedMessage] = []
        self.answer: Callable[[ReceivedMessage], Awaitable[Receipt]] = self.accepted
        self._ids: dict[bytes, str] = {}

    async def accept(self, message: ReceivedMessage) -> Receipt:
        self.messages.append(message)
        return await self.answer(message)

    async def accepted(self, message: ReceivedMessage) -> Receipt:
        repeated = message.raw in self._ids
        number = self._ids.setdefault(message.raw, f"{len(self._ids):08d}-aaaa-4aaa-8aaa-aaaaaaaaaaaa")
        return Receipt(number, AT, "accepted", duplicate=repeated)


class Wire:
    """The sender's end of one connection."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(address, timeout=90)
        self.socket = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        self._received = b""

    def send(self, content: bytes) -> None:
        self.write(b"\x0b" + content + b"\x1c\r")

    def write(self, piece: bytes) -> None:
        self.socket.sendall(piece)

    def answer(self) -> bytes:
        """The next frame's content. Fails when the connection ends first."""
        while b"\x1c\r" not in self._received:
            piece = self.socket.recv(65536)
            assert piece, f"connection ended; left over: {self._received!r}"
            self._received += piece
        frame, _, self._received = self._received.partition(b"\x1c\r")
        assert frame[:1] == b"\x0b"
        return frame[1:]

    def ask(self, content: bytes) -> bytes:
        self.send(content)
        return self.answer()

    def rest(self) -> bytes:
        """Everything until the door closes the connection."""
        try:
            while piece := self.socket.recv(65536):
                self._received += piece
        except ConnectionResetError:
            pass
        return self._received

    def is_silent(self, seconds: float) -> bool:
        """True when nothing comes for so long and the connection stays open."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b"never"
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(90)


class Door:
    """A listener in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listener: MllpListener | None = None
        self._wires: list[Wire] = []
        self.flow = FakeFlow()
        self.clock = FixedClock(AT)
        self.address = ("127.0.0.1", 0)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)

    def open(
        self, *, tls: ssl.SSLContext | None = None, recognise: Recognise | None = None, **settings: Any
    ) -> Door:
        chosen = {"partner": "hospital", "formats": {"REF^I12": "hospital/ref_i12"}, **settings}
        self._listener = MllpListener(
            ListenerSettings(**chosen), self.flow.accept, self.clock, tls=tls, recognise=recognise
        )
        host, _, port = self.run(self._listener.start()).rpartition(":")
        self.address = (host, int(port))
        return self

    def connect(self, tls: ssl.SSLContext | None = None) -> Wire:
        self._wires.append(Wire(self.address, tls))
        return self._wires[-1]

    def stop(self, grace_seconds: float = 60.0) -> None:
        if self._listener is not None:
            self.run(self._listener.stop(grace_seconds))

    def close(self) -> None:
        for wire in self._wires:
            wire.socket.close()
        self.stop()


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that is not open yet: `door.open(idle_seconds=…)`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Door(loop)
    yield made
    made.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(90)
    loop.close()


@pytest.fixture
def referral() -> bytes:
    """A small referral; `Canary` marks what must never be in an answer."""
    return REFERRAL


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files made for one test run, and the fingerprint of the client's."""

    authority: Path
    server: Path
    client: Path
    client_sha256: str


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, a server certificate for 127.0.0.1 and a client certificate, each with its key."""
    folder = tmp_path_factory.mktemp("certificates")
    by = authority(folder)
    server, client = issued(folder, "server", by), issued(folder, "client", by)
    return Certificates(by.file, server.file, client.file, client.sha256)
