"""The disk is lost under load and a backup put back: what both sides' ledgers say afterwards.

The backup was made while the gateway worked. Since then referrals came and left, and two consents were withdrawn: one
that the journal knows of, which survives, and one in the last moment, which is entered again as step 4 of the runbook
asks. The hospital then sends everything again, as it does not know what was kept.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

from gateway.audit import newest
from gateway.audit.journal import FOLDER, last_row
from gateway.demo.processes import start_gateway
from gateway.settings import environment_without_settings
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import STORE_FILE
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, StartOne, drain, told_of
from tests.faults.ledgers import Told, broken_laws, delivered, read_ledger
from tests.faults.stage import DRAIN_SECONDS, counts, end, scene_of

PATIENTS, STANDSTILL_SECONDS = 32, 2.0
IN_THE_JOURNAL, AT_THE_END = 0, 1
"""Two who withdraw."""

_JOURNAL_SECONDS = 60.0


def run(seed: int, messages: int = 600, start_one: StartOne = start_gateway) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold. What was taken by a partner after the backup may reach it again, each
    time as a delivery of its own: told as `again`, and no other may.
    """
    with scene_of(start_one) as scene:
        scene.start()
        scene.permit(PATIENTS)
        hospital = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS, pause=0.2)
        hospital.start()
        _until(hospital, messages // 3)
        backed_up = time.time()  # or later
        _handoff(scene, "db", "backup", str(scene.place / "backup"))
        _until(hospital, messages // 2)
        scene.withdraw(IN_THE_JOURNAL)
        _in_the_journal(scene)
        _until(hospital, messages * 2 // 3)
        scene.withdraw(AT_THE_END)
        scene.kill()
        for file in scene.network.glob(f"{STORE_FILE}*"):
            file.unlink()
        said = _handoff(scene, "db", "restore", str(scene.place / "backup"), "--reason", "the disk failed")
        scene.start()
        before = len(read_ledger(scene.place / "ledger"))
        time.sleep(STANDSTILL_SECONDS)
        left = len(read_ledger(scene.place / "ledger")) - before
        at = dict(scene.withdrawn)
        scene.withdraw(AT_THE_END)
        scene.withdrawn = at
        _handoff(scene, "db", "resume", "--reason", "looked at", "--consents-checked")
        hospital.wait(DRAIN_SECONDS)
        again = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS)
        again.start()
        all_accepted = again.wait(DRAIN_SECONDS)
        drain(scene, again, DRAIN_SECONDS)
        code = end(scene)
        told = replace(told_of(scene, again), restored=True)
        laws = [law for law in broken_laws(told) if not law.startswith("F2")]
    broken = [] if all_accepted else ["the hospital could not hand over everything"]
    broken += [f"{left} requests while it stood still"] if left else []
    twice, wrongly = _again(told, backed_up)
    return {
        "seed": seed,
        **counts(told, again),
        "arrived again": twice,
        "a person was told to ask": "ask for withdrawals and denials since" in said,
        "exit code": code,
        "broken": [*broken, *wrongly, *laws],
    }


def _again(told: Told, backed_up: float) -> tuple[int, list[str]]:
    """How many referrals a partner has under two keys, and those of them that it had before the backup."""
    several = {
        marker: lines
        for marker, lines in delivered(told.received).items()
        if len({line["key"] for line in lines}) > 1
    }
    wrongly = [marker for marker, lines in several.items() if lines[0]["ended"] < backed_up - 1]
    return len(several), [f"F2: {marker} came before the backup and again after it" for marker in wrongly]


def _in_the_journal(scene: Scene) -> None:
    """Wait until the journal has been carried on past this moment."""
    with reading(scene.network, scene.store) as (_, view):
        newest_now = newest(view, 1)[0].row.seq
    until = time.monotonic() + _JOURNAL_SECONDS
    while (row := last_row(scene.network / FOLDER)) is None or row.seq < newest_now:
        if time.monotonic() > until:
            raise TimeoutError("the journal was not carried on")
        time.sleep(0.05)


def _until(hospital: Hospital, accepted: int) -> None:
    until = time.monotonic() + DRAIN_SECONDS
    while len(hospital.accepted) < accepted and time.monotonic() < until:
        time.sleep(0.01)


def _handoff(scene: Scene, *asked: str) -> str:
    command = [sys.executable, "-m", "gateway", *asked, "--network", str(scene.network)]
    done = subprocess.run(command, env=environment_without_settings(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(asked[:2])}: {done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()
