"""The disk is lost under load and a backup put back: what both sides' ledgers say afterwards.

The backup was made while the gateway worked. Since then referrals came and left, and two consents were withdrawn: one
that the journal knows of, and one in the last moment. The journal survives, or is lost with the disk (an even seed). A
person enters again what was withdrawn in the time that the restore names, and no more, as step 4 of the runbook asks.
The hospital then sends everything again, as it does not know what was kept.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

from gateway.audit import newest
from gateway.audit.journal import FOLDER, last_row
from gateway.clock import read_instant
from gateway.demo.processes import start_gateway
from gateway.flows.restored import MISSING_FROM, MISSING_TO, RESTORED
from gateway.settings import environment_without_settings
from gateway.store import AuditFilter
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import STORE_FILE
from gateway.wiring.restoring import WITNESS
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, StartOne, drain, told_of
from tests.faults.ledgers import Told, broken_laws, delivered, read_ledger, unlogged
from tests.faults.stage import DRAIN_SECONDS, counts, end, in_states, scene_of

PATIENTS, STANDSTILL_SECONDS = 32, 2.0
IN_THE_JOURNAL, AT_THE_END = 0, 1
"""Two who withdraw."""
RESUME = ("db", "resume", "--reason", "looked at")

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
        lost_at = time.time()
        _lose_disk(scene, with_journal=not seed % 2)
        said = json.loads(_handoff(scene, "db", "restore", str(scene.place / "backup"), "--reason", "lost"))
        scene.start()
        broken = _standing_still(scene)
        span = _span_in_log(scene)
        if (said["entries may be missing from"], said["entries may be missing until"]) != span:
            broken.append("the log says another time than the person was told")
        begun, ended = (read_instant(one).timestamp() for one in span)
        asked_for = _enter_again(scene, begun)
        _handoff(scene, *RESUME, "--consents-checked")
        hospital.wait(DRAIN_SECONDS)
        _at_rest(scene)
        again = Hospital(referral_template(), lambda: scene.port, messages, PATIENTS)
        anew = time.time()
        again.start()
        all_accepted = again.wait(DRAIN_SECONDS)
        drain(scene, again, DRAIN_SECONDS)
        code = end(scene)
        told = replace(told_of(scene, again), sent_anew_from=anew, maybe_missing=(begun, ended))
        laws = [law for law in broken_laws(told) if not law.startswith("F2")]
        in_no_log = len(unlogged(told))
    broken += [] if all_accepted else ["the hospital could not hand over everything"]
    twice, wrongly = _again(told, backed_up)
    return {
        "seed": seed,
        **counts(told, again),
        "arrived again": twice,
        "the journal": "survived" if seed % 2 else "was lost too",
        "seconds before the loss that may be missing": round(lost_at - begun, 2),
        "withdrawals asked for": asked_for,
        "bodies of that time in no log": in_no_log,
        "exit code": code,
        "broken": [*broken, *wrongly, *laws],
    }


def _lose_disk(scene: Scene, *, with_journal: bool) -> None:
    """The store is gone; and so are, where said, journal and witness."""
    for file in scene.network.glob(f"{STORE_FILE}*"):
        file.unlink()
    if with_journal:
        shutil.rmtree(scene.network / FOLDER)
        (scene.network / WITNESS).unlink()


def _standing_still(scene: Scene) -> list[str]:
    """What is wrong with the standstill: something left, or it ends though nobody says that she has asked."""
    before = len(read_ledger(scene.place / "ledger"))
    time.sleep(STANDSTILL_SECONDS)
    left = len(read_ledger(scene.place / "ledger")) - before
    broken = [f"{left} requests while it stood still"] if left else []
    try:
        _handoff(scene, *RESUME)
    except RuntimeError as refused:
        return broken if "CONSENTS_NOT_CHECKED" in str(refused) else [*broken, str(refused)]
    return [*broken, "it went on, and nobody had asked for what was withdrawn in the last moments"]


def _span_in_log(scene: Scene) -> tuple[str, str]:
    """From when to when entries may be missing, as the restore's own entry says."""
    with reading(scene.network, scene.store) as (_, view):
        (restored,) = newest(view, 1, AuditFilter(outcome=RESTORED))
    assert restored.entry is not None
    return restored.entry.versions[MISSING_FROM], restored.entry.versions[MISSING_TO]


def _enter_again(scene: Scene, begun: float) -> int:
    """Withdraw once more what the agencies tell of since then; how many."""
    at = dict(scene.withdrawn)
    since = [patient for patient, when in at.items() if when >= begun]
    for patient in since:
        scene.withdraw(patient)
    scene.withdrawn = at
    return len(since)


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


def _at_rest(scene: Scene) -> None:
    """Wait until nothing is to be sent: what is sent anew comes behind it."""
    until = time.monotonic() + DRAIN_SECONDS
    while in_states(scene, "due", "retry", "sending") and time.monotonic() < until:
        time.sleep(0.1)


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
