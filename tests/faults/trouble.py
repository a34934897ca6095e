"""What a store's machine does to it under load: the file is locked, the disk is full, and it is stopped in the middle.

In one run: another program holds the store's file; no file may grow (first the store's own, so that its write-ahead
log cannot be carried over, then none at all, of logs and journal too); the gateway is asked to stop while a partner
holds its answers. Nothing acknowledged is lost, nothing leaves that no entry tells of, and it goes on by itself.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from gateway.demo.processes import start_gateway
from gateway.store import outbox
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import STORE_FILE
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import WITHDRAWING, Scene, StartOne, drain
from tests.faults.ledgers import read_ledger
from tests.faults.stage import DRAIN_SECONDS, end, scene_of, verdict

PATIENTS, A_SECOND = 32, 20.0
MOST_SECONDS_TO_RESUME, MOST_SECONDS_TO_STOP = 10.0, 10.0
"""So long after the trouble something is accepted again; so long after the sign the process has ended."""

_BETWEEN_SECONDS, _REACHED_SECONDS = 1.0, 90.0


def run(
    seed: int,
    messages: int = 1600,
    locked_seconds: float = 30.0,
    full_seconds: float = 10.0,
    start_one: StartOne = start_gateway,
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, and what did not go on by itself in time."""
    chance = random.Random(seed)
    with scene_of(start_one) as scene:
        scene.start()
        scene.permit(PATIENTS)
        hospital = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS)
        hospital.pause = hospital.connections / A_SECOND
        hospital.start()
        troubles: dict[str, tuple[Callable[[], Any], float]] = {
            "locked": (lambda: _locked(scene), locked_seconds),
            "no room for the store": (lambda: _full(scene, _size_of(scene)), full_seconds),
            "no room at all": (lambda: _full(scene, 1), full_seconds),
        }
        seen = {}
        for name, (trouble, seconds) in troubles.items():
            time.sleep(chance.uniform(0.5, 1.5) * _BETWEEN_SECONDS)
            seen[name] = _endure(hospital, trouble, seconds)
            if name == "locked":
                scene.withdraw(WITHDRAWING)
        stopped = _stop_in_the_middle(scene)
        scene.mode("ok")
        scene.start()
        all_accepted = hospital.wait(DRAIN_SECONDS)
        drain(scene, hospital, DRAIN_SECONDS)
        code = end(scene)
        told = verdict(scene, hospital, all_accepted, [*_late(seen), *_not_cut(stopped)])
    return {"seed": seed, "seen": seen, "stopped": stopped, "exit code": code, **told}


def _endure(hospital: Hospital, trouble: Callable[[], Any], seconds: float) -> dict[str, float]:
    """How much was accepted in that trouble, and after how many seconds something was again."""
    with trouble():
        began, before = time.time(), len(hospital.accepted)
        time.sleep(seconds)
        over, meanwhile = time.time(), len(hospital.accepted) - before
    again = _wait(lambda: next((at for at in list(hospital.accepted.values()) if at > over), 0.0))
    return {
        "seconds": round(over - began, 1),
        "accepted meanwhile": meanwhile,
        "seconds to resume": round(again - over, 2) if again else -1.0,
    }


def _late(seen: dict[str, dict[str, float]]) -> Iterator[str]:
    for name, found in seen.items():
        if not 0 <= found["seconds to resume"] <= MOST_SECONDS_TO_RESUME:
            yield f"{name}: {found['seconds to resume']} s until something was accepted again"


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    """Another program holds the store's file."""
    with closing(sqlite3.connect(scene.network / STORE_FILE, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _full(scene: Scene, size: int) -> Iterator[None]:
    """No file of the gateway's grows beyond `size` bytes."""
    assert scene.gateway is not None
    pid = scene.gateway.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def _size_of(scene: Scene) -> int:
    return int((scene.network / STORE_FILE).stat().st_size)


def _stop_in_the_middle(scene: Scene) -> dict[str, Any]:
    """Ask it to end while the partner has bodies and says nothing; what became of those."""
    assert scene.gateway is not None
    ledger, before = scene.place / "ledger", len(read_ledger(scene.place / "ledger"))
    scene.mode("hold")
    held = _wait(lambda: len(read_ledger(ledger)) - before)
    began = time.monotonic()
    code = end(scene)
    seconds = time.monotonic() - began
    held = len(read_ledger(ledger)) - before
    with reading(scene.network, scene.store) as (_, view):
        left = len(outbox.pushes_handed_over(view))
    return {"had a body": held, "not settled": left, "seconds": round(seconds, 1), "exit code": code}


def _not_cut(stopped: dict[str, Any]) -> Iterator[str]:
    if not stopped["had a body"]:
        yield "nothing was under way when it was stopped"
    if stopped["not settled"]:
        yield f"{stopped['not settled']} deliveries were cut and not recorded"
    if stopped["exit code"] != 0 or stopped["seconds"] > MOST_SECONDS_TO_STOP:
        yield f"stopped after {stopped['seconds']} s with exit code {stopped['exit code']}"


def _wait(found: Callable[[], Any]) -> Any:
    """What `found` gives once it gives something, or after a long while."""
    until = time.monotonic() + _REACHED_SECONDS
    while not (one := found()) and time.monotonic() < until:
        time.sleep(0.05)
    return one
