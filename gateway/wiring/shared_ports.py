"""Listening ports that several processes share: each has a socket of its own, and the kernel divides the connections.

The parent opens all of them and keeps them: what waits in the queue of a worker that died is taken by the next one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_QUEUE = 512


@dataclass(frozen=True, slots=True)
class Ports:
    """The sockets of one process: HTTP, and one for each MLLP listener of the network in its order."""

    http: socket.socket
    mllp: tuple[socket.socket, ...]

    def close(self) -> None:
        """Close this process's copies."""
        for one in (self.http, *self.mllp):
            one.close()


def share_ports(http: str, mllp: Sequence[str], processes: int) -> tuple[Ports, ...]:
    """Ports for each process at the same addresses (`host:port`, port 0 for any free one). Raises OSError."""
    each = [tuple(_sockets(address, processes)) for address in (http, *mllp)]
    return tuple(Ports(of_one[0], of_one[1:]) for of_one in zip(*each, strict=True))


def _sockets(address: str, number: int) -> Iterator[socket.socket]:
    host, _, port = address.rpartition(":")
    family, _, _, _, place = socket.getaddrinfo(
        host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    for _ in range(number):
        made = socket.create_server(place, family=family, backlog=_QUEUE, reuse_port=True)
        place = made.getsockname()  # the same port for the others, where any free one was asked for
        yield made
