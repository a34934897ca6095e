"""The MLLP door: one port of one partner, from the bytes on the wire to the answer on the wire.

The door knows nothing of what a message means. It hands each frame to `accept` and turns the receipt into an
answer (`hl7_ack`). Within a connection messages are taken one after the other, so order in is order out.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gateway import logs
from gateway.clock import Clock
from gateway.flows.messages import Receipt, ReceivedMessage
from gateway.intake.conversation import LARGE_AT_ONCE, Conversation
from gateway.intake.hl7_ack import AckSettings
from gateway.intake.tls_refusals import Refusals, name_refusals
from gateway.logs import Event

_HANDSHAKE_SECONDS = 10.0

Accept = Callable[[ReceivedMessage], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One MLLP port. Times in seconds, sizes in bytes.

    `formats` gives the mapping id for a message type (`REF^I12`), else the format is empty.
    `processing_ids` are the values of MSH-11 that are taken (production, training, debugging).
    `frame_seconds` is the longest time from a frame's first byte to its last, and for the peer to take an
    answer; `turn_seconds` the longest for 64 KiB of a large frame while others take every turn.
    """

    partner: str
    host: str = "127.0.0.1"
    port: int = 0
    channel: str = "mllp"
    formats: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    processing_ids: frozenset[str] = frozenset({"P", "T", "D"})
    wants: AckSettings = field(default_factory=AckSettings)
    frame_bytes: int = 16 * 1024 * 1024
    idle_seconds: float = 300.0
    frame_seconds: float = 60.0
    turn_seconds: float = 5.0
    connections_per_peer: int = 128


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is on the other side: the address, and the client certificate's SHA-256 (hex) where TLS has one."""

    address: str
    certificate_sha256: str | None


Recognise = Callable[[Peer], str | None]
"""The partner a peer is, or none to close the connection."""


class MllpListener:
    """Serves one port until `stop`."""

    def __init__(
        self,
        settings: ListenerSettings,
        accept: Accept,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        recognise: Recognise | None = None,
    ) -> None:
        """`tls` is used as it is: whether client certificates are asked for is its `verify_mode`.

        `recognise` tells the partner from the peer; without it every peer of this port is `settings.partner`.
        """
        self._settings = settings
        self._accept = accept
        self._clock = clock
        self._tls = tls
        self._refusals = Refusals(clock)
        self._recognise = recognise
        self._server: asyncio.Server | None = None
        self._large_frames = asyncio.Semaphore(LARGE_AT_ONCE)
        self._conversations: dict[asyncio.Task[None], Conversation] = {}
        self._peers: dict[asyncio.Task[None], Peer] = {}
        self._by_address: Counter[str] = Counter()

    async def start(self, listening: socket.socket | None = None) -> str:
        """Begin to take connections, from `listening` where it is given, else from a socket of its own. Comes back with
        `host:port`, the real port where 0 was asked for.

        Raises OSError when the port cannot be had.
        """
        self._server = await self._opened(listening)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def renew(self, tls: ssl.SSLContext) -> None:
        """Secure new connections with `tls` from now on; the open ones stay, and none that waits is lost."""
        before = self._server
        if before is None:
            return
        self._tls = tls
        same = socket.socket(fileno=os.dup(before.sockets[0].fileno()))
        server = await self._opened(same)
        if self._server is not before:  # stopped meanwhile
            server.close()
            return
        self._server = server
        before.close()

    async def recognise_by(self, recognise: Recognise) -> None:
        """Tell partners from peers by `recognise` from now on; whom it knows no more finishes the message in hand."""
        self._recognise = recognise
        for task, conversation in self._conversations.items():
            if recognise(self._peers[task]) is None:
                conversation.leave()

    async def _opened(self, listening: socket.socket | None) -> asyncio.Server:
        chosen = self._settings
        where: dict[str, Any] = {"host": chosen.host, "port": chosen.port}
        if self._tls is not None:
            name_refusals(self._tls, chosen.partner, self._refusals)
        return await asyncio.start_server(
            self._serve,
            **(where if listening is None else {"sock": listening}),
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if self._tls else None,
        )

    async def stop(self, grace_seconds: float = 8.0) -> None:
        """Take nothing new, finish the messages in hand, close.

        A message still in hand after the grace gets no answer.
        """
        if self._server is None:
            return
        self._server.close()
        for conversation in self._conversations.values():
            conversation.leave()
        waiting = set(self._conversations)
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer_of(writer)
        task = asyncio.current_task()
        partner = self._admit(peer)
        if partner is None or task is None:
            writer.transport.abort()
            return
        _keep_alive(writer)
        conversation = Conversation(
            partner, self._settings, self._accept, self._clock, reader, writer, self._large_frames
        )
        self._conversations[task], self._peers[task] = conversation, peer
        self._by_address[peer.address] += 1
        try:
            await conversation.hold()
        except asyncio.CancelledError:
            if not conversation.leaving:
                raise
            logs.warning(Event.CONNECTION_CLOSED, partner=partner, reason="STOPPED_IN_HAND")
        except OSError:  # broken connection, TLS trouble, or an answer that the peer does not take
            logs.info(Event.CONNECTION_CLOSED, partner=partner, reason="BROKEN_BY_PEER")
        finally:
            del self._conversations[task], self._peers[task]
            self._by_address[peer.address] -= 1
            self._by_address += Counter()  # forget addresses without a connection
            await _close(writer)

    def _admit(self, peer: Peer) -> str | None:
        """The partner of a new connection, or none where it is refused."""
        if self._server is None or not self._server.is_serving():
            return None
        if self._by_address[peer.address] >= self._settings.connections_per_peer:
            self._refusals.tell(peer.address, "TOO_MANY_CONNECTIONS", partner=self._settings.partner)
            return None
        partner = self._recognise(peer) if self._recognise else self._settings.partner
        if partner is None:
            self._refusals.tell(
                peer.address,
                "CERTIFICATE_NOT_BOUND" if peer.certificate_sha256 else "UNKNOWN_PARTNER",
                channel=self._settings.channel,
                sha256=peer.certificate_sha256,
            )
        return partner


def _peer_of(writer: asyncio.StreamWriter) -> Peer:
    name = writer.get_extra_info("peername")
    connection = writer.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection else None
    return Peer(name[0] if name else "", hashlib.sha256(certificate).hexdigest() if certificate else None)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let the system find out about peers that vanished without a word."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
