"""The network file changes again and again under load, and the gateway is started anew with it, as the runbook says.

The file is read at the start (only certificates, keys and whom a certificate means are taken while it runs). A stop that
is asked for finishes what is in hand: no referral is lost, and none that a partner took is sent to it twice. A file that
is wrong stops the start with exit code 2, and the one before is put back.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import Any

from gateway.demo.processes import start_gateway
from gateway.settings import environment_without_settings
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import WITHDRAWING, Scene, StartOne, drain
from tests.faults.stage import DRAIN_SECONDS, change_partner, end, scene_of, verdict

PATIENTS, WRONG_FILE = 32, 2


def run(
    seed: int, messages: int = 1200, times: int = 12, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, a stop that was not clean, a wrong file that was taken."""
    chance, broken = random.Random(seed), []
    with scene_of(start_one) as scene:
        scene.start()
        scene.permit(PATIENTS)
        pause = 1.5 * times * Hospital.connections / messages
        hospital = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS, pause=pause)
        hospital.start()
        for number in range(times):
            time.sleep(chance.uniform(0.3, 1.5))
            if number == times // 2:
                scene.withdraw(WITHDRAWING)
            _change(scene, number)
            if (code := end(scene)) != 0:
                broken.append(f"stop {number} ended with {code}")
            if number == times // 3:
                broken += _wrong_file(scene)
            scene.start()
        all_accepted = hospital.wait(DRAIN_SECONDS)
        drain(scene, hospital, DRAIN_SECONDS)
        end(scene)
        told = verdict(scene, hospital, all_accepted, broken)
    again = told["requests the partner saw"] - told["referrals that arrived"] - told["withdrawn"]
    twice = [f"{again} requests more than referrals and notices"] if again > 0 else []
    return {"seed": seed, "changes": times, **told, "broken": [*told["broken"], *twice]}


def _change(scene: Scene, number: int) -> None:
    """Another name of the addressee, and another partner paused or live."""
    before = "Sunrise Opioid Treatment Program" + (f" {number}" if number else "")
    change_partner(
        scene, "otp", f"name: {before}\n", f"name: Sunrise Opioid Treatment Program {number + 1}\n"
    )
    states = ("state: live", "state: paused")
    change_partner(scene, "psychiatry", states[number % 2], states[1 - number % 2])


def _wrong_file(scene: Scene) -> list[str]:
    """Try to start with a file that names a partner twice; what was wrong about how it was refused."""
    file = scene.network / "network.yaml"
    right = file.read_text()
    file.write_text(right.replace("\n  psychiatry:\n", "\n  otp:\n", 1))
    command = [sys.executable, "-m", "gateway", "serve", "--network", str(scene.network)]
    done = subprocess.run(
        command, env=environment_without_settings(), capture_output=True, text=True, timeout=120, check=False
    )
    file.write_text(right)
    if done.returncode == WRONG_FILE and "network.yaml" in done.stderr:
        return []
    return [f"a wrong file: exit code {done.returncode}"]
