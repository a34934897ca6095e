"""One partner is slow in every way there is; what goes to another is not held up, and nothing is lost or doubled.

Before the slow partner stands a relay that reads one byte a second, gives its answers so, gives them too late, or takes
a connection and reads nothing. The gateway keeps few connections to it and none beyond its deadline.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.delivery.http_push import HttpTimeouts
from gateway.demo.processes import start_gateway
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital, has_consented
from tests.faults.killing import Scene, StartOne, drain
from tests.faults.ledgers import delivered, read_ledger
from tests.faults.stage import DRAIN_SECONDS, change_partner, end, scene_of, verdict

PATIENTS = 64
WAYS = ("body a byte a second", "answer a byte a second", "answer too late", "half open")
MOST_CONNECTIONS = 32
"""24 deliveries are under way to a partner at most; one that has ended may be seen beside the one that follows it."""
MOST_SECONDS = HttpTimeouts().attempt + 10
"""A connection is over by then: the deadline of an attempt, and some for a busy machine."""

_OTHERS_SECONDS = 60.0
_PIECE, _SMALL = 65536, 2048
_ESTABLISHED = 1


@dataclass
class Relay:
    """In front of a partner; slow until `is_slow` is taken back. Each connection is slow in the next of the ways."""

    port_behind: int
    is_slow: bool = True
    met: set[str] = field(default_factory=set)
    _ways: Iterator[str] = field(default_factory=lambda: itertools.cycle(WAYS))

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._hold, args=(line,), daemon=True).start()

    def _hold(self, line: socket.socket) -> None:
        way = next(self._ways) if self.is_slow else ""
        self.met.add(way)
        with contextlib.suppress(OSError), line:
            if way == "half open":
                self._until_left(line)
            else:
                self._pass_on(line, way)

    def _until_left(self, line: socket.socket) -> None:
        """Read nothing until the other side ends it, or the partner is slow no more."""
        while self.is_slow and line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED:
            time.sleep(0.2)

    def _pass_on(self, line: socket.socket, way: str) -> None:
        with socket.create_connection(("127.0.0.1", self.port_behind)) as behind:
            back = threading.Thread(target=self._answers, args=(behind, line, way), daemon=True)
            back.start()
            while piece := line.recv(1 if way.startswith("body") and self.is_slow else _PIECE):
                if way.startswith("body") and self.is_slow:
                    time.sleep(1.0)
                behind.sendall(piece)
            behind.shutdown(socket.SHUT_WR)
            back.join(MOST_SECONDS)

    def _answers(self, behind: socket.socket, line: socket.socket, way: str) -> None:
        with contextlib.suppress(OSError):
            while piece := behind.recv(_PIECE):
                if way == "answer too late":
                    time.sleep(MOST_SECONDS if self.is_slow else 0)
                if way.startswith("answer a") and self.is_slow:
                    for byte in piece:
                        line.sendall(bytes((byte,)))
                        time.sleep(1.0)
                else:
                    line.sendall(piece)


@dataclass
class Watch:
    """The gateway's connections to a port, as its system tells (Linux): how many at once, and how long each."""

    port: int
    most_open: int = 0
    longest: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        began: dict[str, float] = {}
        while not self.over.wait(0.2):
            lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            # One without an inode is nobody's any more: its process has closed it, and its last bytes are not taken.
            is_open = {
                line[1]
                for line in lines
                if int(line[2].partition(":")[2], 16) == self.port and line[9] != "0"
            }
            began = {one: began.get(one, time.monotonic()) for one in is_open}
            self.most_open = max(self.most_open, len(is_open))
            self.longest = max([self.longest, *(time.monotonic() - at for at in began.values())])


def run(
    seed: int, messages: int = 400, slow_seconds: float = 90.0, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, a connection too many or too long, others that were held up."""
    with scene_of(start_one) as scene, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        relay = Relay(int(urlsplit(scene.sink_url).port or 0))
        watch = Watch(listener.getsockname()[1])
        threading.Thread(target=relay.serve, args=(listener,), daemon=True).start()
        threading.Thread(target=watch.run, daemon=True).start()
        slow = f"http://127.0.0.1:{watch.port}/fhir"
        change_partner(scene, "otp", f'"{scene.sink_url}"', f'"{slow}"')
        scene.start()
        scene.permit(PATIENTS, ("otp", "psychiatry"))
        pause = slow_seconds * Hospital.connections / messages
        codes = ("SUNRISE", "MESAPSY")
        hospital = Hospital(
            referral_template(), lambda: scene.port, messages, PATIENTS, pause=pause, addressees=codes
        )
        hospital.start()
        all_accepted = hospital.wait(DRAIN_SECONDS + slow_seconds)
        missing = _others_missing(scene, hospital)
        watch.over.set()
        relay.is_slow = False
        drain(scene, hospital, DRAIN_SECONDS)
        code = end(scene)
        held_up = [f"{missing} referrals to another partner were held up"] if missing else []
        told = verdict(scene, hospital, all_accepted, [*held_up, *_too_much(relay, watch)])
    seen = {"most connections": watch.most_open, "longest, seconds": round(watch.longest, 1)}
    return {"seed": seed, **seen, "exit code": code, **told}


def _others_missing(scene: Scene, hospital: Hospital) -> int:
    """How many of the other partner's did not arrive while the one was slow."""
    others = {
        one.marker for one in hospital.referrals() if one.patient % 2 == 1 and has_consented(one.patient)
    }
    until = time.monotonic() + _OTHERS_SECONDS
    while missing := others - delivered(read_ledger(scene.place / "ledger")).keys():
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return len(missing)


def _too_much(relay: Relay, watch: Watch) -> Iterator[str]:
    if watch.most_open > MOST_CONNECTIONS:
        yield f"{watch.most_open} connections at once"
    if watch.longest > MOST_SECONDS:
        yield f"a connection of {watch.longest:.0f} s"
    if missing := set(WAYS) - relay.met:
        yield f"never: {', '.join(sorted(missing))}"
