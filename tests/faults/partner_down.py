"""One partner is down and 20,000 referrals wait for it: how long a referral to another one takes.

Two gateways in turns, one with that burden and one without, so that a busy machine slows both. What counts is the ratio.
`--way` says how it is down: `silent` takes connections and says nothing, `refused` takes none, `busy` answers 503 to
each request, `tls` is reached by https and closes before it has proved who it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from gateway.demo.processes import start_gateway
from gateway.wiring.network_folder import STORE_FILE
from tests.bench.forward import referral_template
from tests.bench.queued import multiply
from tests.bench.restart import fill
from tests.faults.hospital import Hospital, has_consented
from tests.faults.killing import Scene, StartOne
from tests.faults.ledgers import broken_deliveries, delivered, read_ledger
from tests.faults.stage import change_partner, end, in_states, scene_of

A_ROUND, PAUSE = 32, 0.1
TIMES = 20
"""So many rows of what waits are written for each that was accepted."""

MOST_TIMES = 2.0
"""At most so many times the p99 of a gateway without the burden."""

_ARRIVE_SECONDS = 60.0
_WAITING = ("due", "retry", "sending")


_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NO_MORE = 5.0
"""Seconds without a byte after which a request counts as read."""


def run(
    seed: int,
    queued: int = 20_000,
    rounds: int = 16,
    start_one: StartOne = start_gateway,
    way: str = "silent",
) -> dict[str, Any]:
    """The story; `broken`: what did not arrive, and a p99 that the burden made more than `MOST_TIMES` as long."""
    with (
        WAYS[way]() as nobody,
        scene_of(start_one) as free,
        scene_of(start_one) as burdened,
    ):
        _burden(burdened, nobody, queued)
        scenes = {"free": free, "burdened": burdened}
        taken, broken = _in_turns(scenes, rounds)
        left = in_states(burdened, *_WAITING)
        for name, scene in scenes.items():
            broken += [f"{name}: {one}" for one in broken_deliveries(read_ledger(scene.place / "ledger"))]
            end(scene)
    p99 = {name: sorted(found)[int(len(found) * 0.99)] for name, found in taken.items()}
    broken += ["the burden makes others slow"] if p99["burdened"] > MOST_TIMES * p99["free"] else []
    broken += ["too little waited"] if left < queued - queued // TIMES else []
    return {
        "seed": seed,
        "way": way,
        "waiting for the partner that is down": left,
        "referrals to the other, of each gateway": len(taken["free"]),
        "median seconds from accepted to arrived": {
            name: round(sorted(found)[len(found) // 2], 3) for name, found in taken.items()
        },
        "p99": {name: round(seconds, 3) for name, seconds in p99.items()},
        "p99, times": round(p99["burdened"] / p99["free"], 2),
        "broken": broken,
    }


def _in_turns(scenes: dict[str, Scene], rounds: int) -> tuple[dict[str, list[float]], list[str]]:
    """How long each referral took, by scene, and what did not arrive. The first round only warms up."""
    taken: dict[str, list[float]] = {name: [] for name in scenes}
    wanted, broken = sum(has_consented(patient) for patient in range(A_ROUND)), []
    for scene in scenes.values():
        scene.start()
        scene.permit(A_ROUND, ("psychiatry",))
    for number in range(rounds + 1):
        for name, scene in scenes.items():
            found = _round(scene, 1 + number * A_ROUND)
            taken[name] += found if number else []
            broken += [f"{name}: not all of round {number} arrived"] if len(found) < wanted else []
    return taken, broken


@contextmanager
def _silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"http://127.0.0.1:{door.getsockname()[1]}/fhir"


@contextmanager
def _refused() -> Iterator[str]:
    with socket.socket() as taken:  # bound, and not listening: nobody else gets the port meanwhile
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/fhir"


@contextmanager
def _busy() -> Iterator[str]:
    def turn_away(line: socket.socket) -> None:
        line.settimeout(_NO_MORE)
        said = b""
        while not said.endswith(b"0\r\n\r\n") and (piece := line.recv(65536)):
            said = said[-8:] + piece
        line.sendall(_BUSY)

    with _met_by(turn_away) as port:
        yield f"http://127.0.0.1:{port}/fhir"


@contextmanager
def _tls() -> Iterator[str]:
    with _met_by(lambda line: line.recv(1024)) as port:
        yield f"https://127.0.0.1:{port}/fhir"


@contextmanager
def _met_by(meet: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port at which each connection is met so and closed."""

    def one(line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            meet(line)

    def all_of_them() -> None:
        with contextlib.suppress(OSError):  # the door is closed
            while True:
                Thread(target=one, args=(door.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=512) as door:
        Thread(target=all_of_them, daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)


WAYS = {"silent": _silent, "refused": _refused, "busy": _busy, "tls": _tls}


def _burden(scene: Scene, nobody: str, queued: int) -> None:
    """Have `queued` referrals wait for a treatment program that is down at the address `nobody`."""
    url = scene.sink_url
    change_partner(scene, "otp", f'"{url}"', f'"{nobody}"')
    asyncio.run(fill(scene.network, queued // TIMES))
    multiply(scene.network / STORE_FILE, TIMES)


def _round(scene: Scene, first: int) -> list[float]:
    """Seconds from the answer to the hospital to the end of the request at the partner, of each that arrived."""
    hospital = Hospital(
        referral_template(),
        lambda: scene.port,
        A_ROUND,
        A_ROUND,
        pause=PAUSE,
        addressees=("MESAPSY",),
        first=first,
    )
    hospital.start()
    hospital.wait(_ARRIVE_SECONDS)
    wanted = {one.marker: one.number for one in hospital.referrals() if has_consented(one.patient)}
    until = time.monotonic() + _ARRIVE_SECONDS
    while True:
        arrived = delivered(read_ledger(scene.place / "ledger"))
        if wanted.keys() <= arrived.keys() or time.monotonic() > until:
            break
        time.sleep(0.1)
    return [
        max(0.0, arrived[marker][0]["ended"] - hospital.accepted[number])
        for marker, number in wanted.items()
        if marker in arrived
    ]
