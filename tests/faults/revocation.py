"""Everybody takes her consent back while a thousand of their referrals wait and fifty are on their way.

What was on its way arrives; of the rest nothing is sent after the withdrawal was answered, and each is accounted for.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.demo.processes import start_gateway
from tests.bench.forward import referral_template
from tests.faults.hospital import CANARY_EVERY, Hospital, has_consented
from tests.faults.killing import Scene, StartOne
from tests.faults.ledgers import read_ledger
from tests.faults.stage import DRAIN_SECONDS, change_partner, end, in_states, scene_of, verdict

PARTNERS = {"otp": "SUNRISE", "counseling": "NEWPATH", "psychiatry": "MESAPSY"}
"""At most 24 deliveries are under way to one partner: fifty need three."""

_AT_ONCE = 8
_NOT_AT_REST = ("due", "retry", "sending")


def run(
    seed: int, queued: int = 1000, in_flight: int = 50, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: every law that did not hold."""
    chance = random.Random(seed)
    consenting = in_flight + in_flight // 5
    patients = consenting * CANARY_EVERY // (CANARY_EVERY - 1) + CANARY_EVERY
    leaving = [patient for patient in range(patients) if has_consented(patient)]
    messages = patients * -(-(queued + in_flight) // len(leaving))
    with scene_of(start_one) as scene:
        _set_state(scene, "live", "paused")
        scene.start()
        scene.permit(patients, tuple(PARTNERS))
        codes = tuple(PARTNERS.values())
        hospital = Hospital(referral_template(), lambda: scene.port, messages, patients, addressees=codes)
        hospital.start()
        all_accepted = hospital.wait(DRAIN_SECONDS)
        end(scene)
        _set_state(scene, "paused", "live")
        scene.mode("hold")
        scene.start()
        on_the_way = _until(lambda: _held(scene), in_flight)
        waiting = in_states(scene, *_NOT_AT_REST) - on_the_way
        chance.shuffle(leaving)
        with ThreadPoolExecutor(_AT_ONCE) as several:
            list(several.map(scene.withdraw, leaving))
        scene.mode("ok")
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until and in_states(scene, *_NOT_AT_REST):
            time.sleep(0.2)
        code = end(scene)
        few = [] if waiting >= queued and on_the_way >= in_flight else ["fewer waited or were on their way"]
        told = verdict(scene, hospital, all_accepted, few)
    return {"seed": seed, "waited": waiting, "on their way": on_the_way, "exit code": code, **told}


def _set_state(scene: Scene, present: str, wanted: str) -> None:
    """Pause the partners that receive, or let them go on, from the next start."""
    for partner in PARTNERS:
        change_partner(scene, partner, f"state: {present}", f"state: {wanted}")


def _held(scene: Scene) -> int:
    """How many referrals the partners hold and have not answered."""
    return sum(line["mode"] == "ok" for line in read_ledger(scene.place / "ledger"))


def _until(count: Any, enough: int, seconds: float = 120.0) -> int:
    """The count once it is enough, or as it is after `seconds`."""
    until = time.monotonic() + seconds
    while (found := count()) < enough and time.monotonic() < until:
        time.sleep(0.05)
    return int(found)
