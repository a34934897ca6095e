"""A scene between `with` and its end, and what every story tells of it in the end."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.demo.processes import start_gateway
from gateway.store import intents
from gateway.wiring.looking import reading
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, StartOne, told_of
from tests.faults.ledgers import Told, broken_laws, delivered

DRAIN_SECONDS = 400.0


@contextlib.contextmanager
def scene_of(start_one: StartOne = start_gateway) -> Iterator[Scene]:
    """A partner that listens and a network that names it; nothing has started."""
    with tempfile.TemporaryDirectory(prefix="handoff-faults-") as place:
        scene = Scene(Path(place), start_one)
        partner = scene.open()
        try:
            yield scene
        finally:
            if scene.gateway is not None and scene.gateway.process.poll() is None:
                scene.kill()
            partner.end()


def change_partner(scene: Scene, partner: str, present: str, wanted: str) -> None:
    """Put `wanted` in the place of `present` where the network file tells of `partner`. Raises ValueError if absent."""
    file = scene.network / "network.yaml"
    before, name, after = file.read_text().partition(f"\n  {partner}:\n")
    if present not in after:
        raise ValueError(present)
    file.write_text(before + name + after.replace(present, wanted, 1))


def end(scene: Scene) -> int:
    """Stop the gateway as an operator does; its exit code."""
    assert scene.gateway is not None
    return scene.gateway.end()


def verdict(
    scene: Scene, hospital: Hospital, all_accepted: bool, more: list[str] | None = None
) -> dict[str, Any]:
    """What both ledgers say, and `broken`: every law that did not hold."""
    told = told_of(scene, hospital)
    lost = [] if all_accepted else ["the hospital could not hand over everything"]
    return {**counts(told, hospital), "broken": [*lost, *(more or []), *broken_laws(told)]}


def counts(told: Told, hospital: Hospital) -> dict[str, Any]:
    """How much went through."""
    return {
        "messages": hospital.messages,
        "accepted": len(hospital.accepted),
        "sent again": hospital.sent_again,
        "asked to send again": hospital.asked_again,
        "requests the partner saw": len(told.received),
        "referrals that arrived": len(delivered(told.received)),
        "withdrawn": len(told.withdrawn),
    }


def in_states(scene: Scene, *states: str) -> int:
    """How many intents are in one of `states` now."""
    with reading(scene.network, scene.store) as (_, view):
        found = intents.counts_by_state(view)
    return sum(number for (_, state), number in found.items() if state in states)
