"""A full queue is brought forward: filled by the program of before the newest tables, upgraded, sent by this one.

The older program is what the repository had before its newest migration, so it is its code that wrote the rows. As the
runbook says: stop, back up with the older program, `handoff db upgrade` with the newer one, which is killed on the way
again and again here and tried anew.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

from gateway.demo.processes import Running, start_gateway
from gateway.settings import environment_without_settings
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import WITHDRAWING, Scene, StartOne, begin, drain
from tests.faults.stage import DRAIN_SECONDS, end, in_states, scene_of, verdict

PATIENTS, NEEDS_UPGRADE, LATE_WITHDRAWING = 32, 2, 1
_START_SECONDS, _COMMAND_SECONDS = 120.0, 300.0
_ROOT = Path(__file__).resolve().parents[2]


def run(
    seed: int, messages: int = 600, kills: int = 5, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, and an older store that was opened as it is."""
    chance, broken = random.Random(seed), []
    with scene_of() as scene:
        older = scene.place / "older"
        commit = _unpack(older)
        shutil.rmtree(scene.network)
        _handoff(older, "network", "init", str(scene.network), "--sink", scene.sink_url)
        scene.start_one = _starting(older)
        scene.start()
        scene.permit(PATIENTS)
        hospital = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS)
        hospital.start()
        while len(hospital.accepted) < messages // 4:
            time.sleep(0.01)
        scene.mode("drop")
        all_accepted = hospital.wait(DRAIN_SECONDS)
        scene.withdraw(WITHDRAWING)
        scene.kill()
        backup = str(scene.place / "backup")
        _handoff(older, "db", "backup", backup, "--network", str(scene.network))
        refused = _handoff(_ROOT, "serve", "--network", str(scene.network), may_fail=True)
        broken += [] if refused == NEEDS_UPGRADE else [f"an older store: serve ended with {refused}"]
        killed = _upgrade(scene, backup, kills, chance)
        waited = in_states(scene, "due", "retry", "sending")
        scene.mode("ok")
        scene.start_one = start_one
        scene.start()
        scene.withdraw(LATE_WITHDRAWING)
        drain(scene, hospital, DRAIN_SECONDS)
        code = end(scene)
        told = verdict(scene, hospital, all_accepted, broken)
    story = {"seed": seed, "older program": commit, "upgrades killed": killed, "waited": waited}
    return {**story, "exit code": code, **told}


def _unpack(place: Path) -> str:
    """Put the program of before the newest migration into `place`; its commit."""
    files = "gateway/store/sqlite/0*.sql"
    newest = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", files).decode().strip()
    commit = _git("rev-parse", f"{newest}^").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as archive:
        archive.extractall(place, filter="data")
    return commit[:9]


def _git(*asked: str) -> bytes:
    return subprocess.run(["git", *asked], cwd=_ROOT, check=True, capture_output=True).stdout


def _handoff(program: Path, *asked: str, may_fail: bool = False) -> int:
    """Run the command line of the program in that folder; its exit code."""
    command = [sys.executable, "-m", "gateway", *asked]
    env = environment_without_settings()
    done = subprocess.run(
        command, cwd=program, env=env, timeout=_COMMAND_SECONDS, capture_output=True, check=False
    )
    if done.returncode and not may_fail:
        raise RuntimeError(f"{' '.join(asked[:2])}: {done.stderr.decode()[-500:]}")
    return done.returncode


def _starting(program: Path) -> StartOne:
    def start(folder: Path, log: Path) -> tuple[Running, dict[str, Any]]:
        command = [sys.executable, "-m", "gateway", "serve", "--network", str(folder)]
        command += ["--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"]
        gateway = begin(command, log, program)
        return gateway, gateway.wait_for("ready", _START_SECONDS)

    return start


def _upgrade(scene: Scene, backup: str, kills: int, chance: random.Random) -> int:
    """Bring the store forward, killed at so many moments first; how many of them were before its end."""
    asked = ["db", "upgrade", "--network", str(scene.network), "--backup", backup]
    began = time.monotonic()
    _handoff(_ROOT, "db", "verify", backup, "--network", str(scene.network))
    lasting, killed = 1.5 * (time.monotonic() - began), 0
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", *asked],
            env=environment_without_settings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.2, 1.0) * lasting)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    _handoff(_ROOT, *asked)
    return killed
