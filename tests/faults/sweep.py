"""Kill the gateway at each named point under load, while somebody takes her consent back; then see that the laws held.

python -m tests.faults.sweep --seed 1
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.processes import Running, start_gateway
from tests.bench.forward import referral_template
from tests.faults import serve
from tests.faults.hospital import CANARY_EVERY, Hospital, has_consented
from tests.faults.killing import Scene, begin, drain, told_of
from tests.faults.ledgers import broken_laws, delivered

_PASSES = 6
_START_SECONDS, _REACHED_SECONDS = 90.0, 60.0
_MESSAGES_A_POINT = 60
_PAUSE = 0.03
_PATIENTS_A_POINT = 3


def sweep(points: Sequence[str], seed: int, drain_seconds: float = 400.0) -> dict[str, Any]:
    """One story in which the gateway dies once at each of `points`, and a consent is withdrawn at each; what was seen,
    and `broken`: every law that did not hold and every point that was never passed.
    """
    chance = random.Random(seed)
    patients = _PATIENTS_A_POINT * len(points) + CANARY_EVERY
    with tempfile.TemporaryDirectory(prefix="handoff-sweep-") as place:
        scene = Scene(Path(place))
        partner = scene.open()
        try:
            scene.start()
            scene.permit(patients)
            messages = _MESSAGES_A_POINT * len(points)
            hospital = Hospital(referral_template(), lambda: scene.port, messages, patients, pause=_PAUSE)
            hospital.start()
            (Path(place) / "armed").touch()
            leaving = [patient for patient in range(patients) if has_consented(patient)]
            missed = []
            for number, name in enumerate(points, 1):
                if not _killed_at(scene, name, chance.randint(1, _PASSES), leaving[:number]):
                    missed.append(name)
            scene.start_one = start_gateway
            scene.kill()
            scene.start()
            _withdraw(scene, leaving[: len(points)])
            all_accepted = hospital.wait(drain_seconds)
            drain(scene, hospital, drain_seconds)
            code = scene.gateway.end() if scene.gateway else None
        finally:
            if scene.gateway is not None and scene.gateway.process.poll() is None:
                scene.kill()
            partner.end()
        told = told_of(scene, hospital)
        lost = [] if all_accepted else ["the hospital could not hand over everything"]
        return {
            "seed": seed,
            "points": len(points),
            "messages": messages,
            "accepted": len(hospital.accepted),
            "withdrawn": len(scene.withdrawn),
            "sent again": hospital.sent_again,
            "requests the partner saw": len(told.received),
            "referrals that arrived": len(delivered(told.received)),
            "exit code": code,
            "broken": [*lost, *(f"{name} was never passed" for name in missed), *broken_laws(told)],
        }


def _withdraw(scene: Scene, patients: Sequence[int]) -> None:
    """Take back the consents of those that were not yet answered to be withdrawn; asked again after a kill."""
    with contextlib.suppress(httpx.HTTPError, OSError):
        for patient in patients:
            if patient not in scene.withdrawn:
                scene.withdraw(patient)


def _killed_at(scene: Scene, name: str, on_pass: int, leaving: Sequence[int]) -> bool:
    """Start the gateway with the point armed; whether it died there. What did not is killed."""
    on_pass = 1 if name.startswith("start.") else on_pass

    def start_one(folder: Path, log: Path) -> tuple[Running, dict[str, Any]]:
        point = ["tests.faults.serve", name, str(on_pass), str(folder.parent / "armed")]
        command = [sys.executable, "-m", *point, "serve", "--network", str(folder)]
        gateway = begin([*command, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"], log)
        scene.gateway = gateway
        return gateway, gateway.wait_for("ready", _START_SECONDS)

    scene.kill()
    scene.start_one = start_one
    try:
        scene.start()
    except TimeoutError:  # it died before it served
        return scene.gateway is not None and scene.gateway.process.wait(5) == -signal.SIGKILL
    _withdraw(scene, leaving)
    until = time.monotonic() + _REACHED_SECONDS
    assert scene.gateway is not None
    while time.monotonic() < until:
        if scene.gateway.process.poll() is not None:
            return scene.gateway.process.returncode == -signal.SIGKILL
        time.sleep(0.05)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("points", nargs="*", default=list(serve.POINTS), help="names; all without")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    if unknown := [name for name in asked.points if name not in serve.POINTS]:
        parser.error(f"no such point: {unknown[0]}; there are {', '.join(serve.POINTS)}")
    found = sweep(asked.points, asked.seed)
    print(json.dumps(found, indent=1))
    return 1 if found["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
