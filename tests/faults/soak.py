"""Twenty minutes of ordinary work with a partner that fails now and then: nothing is lost, and nothing grows.

`--minutes` makes it longer or shorter. Referrals come all the time, consents are withdrawn, the API and the monitor's
page are asked; memory, open files, threads and the store's log are looked at every few seconds.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.processes import start_gateway
from gateway.wiring.network_folder import STORE_FILE
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital, has_consented
from tests.faults.killing import Scene, StartOne, drain
from tests.faults.stage import DRAIN_SECONDS, end, scene_of, verdict

A_SECOND, PATIENTS, EVERY_SECONDS = 4.0, 64, 5.0
WITHDRAWALS = 8

MOST_MORE_MB, MOST_MORE_FILES, MOST_MORE_THREADS, MOST_LOG_MB = 20.0, 16, 8, 64.0
"""How much the last quarter may have at most beyond the second one, and the write-ahead log ever."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process has at one moment (Linux)."""

    megabytes: float
    files: int
    threads: int
    log_megabytes: float


def run(seed: int, minutes: float = 20.0, start_one: StartOne = start_gateway) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, and what grew."""
    chance = random.Random(seed)
    with scene_of(start_one) as scene:
        scene.start()
        scene.permit(PATIENTS)
        hospital = Hospital(referral_template(), lambda: scene.port, int(minutes * 60 * A_SECOND), PATIENTS)
        hospital.pause = hospital.connections / A_SECOND
        hospital.start()
        samples = _work(scene, chance, minutes * 60)
        scene.mode("ok")
        all_accepted = hospital.wait(DRAIN_SECONDS + 2 * minutes * 60)  # a starved machine sends more slowly
        drain(scene, hospital, DRAIN_SECONDS)
        code = end(scene)
        told = verdict(scene, hospital, all_accepted, _grown(samples))
    quarters = [samples[len(samples) * part // 4] for part in (1, 2, 3)] + samples[-1:]
    seen = [f"{one.megabytes:.0f} MB, {one.files} files, {one.threads} threads" for one in quarters]
    log = round(max(one.log_megabytes for one in samples), 1)
    story = {"seed": seed, "minutes": minutes, "by quarter": seen, "most MB of the log": log}
    return {**story, "exit code": code, **told}


def _work(scene: Scene, chance: random.Random, seconds: float) -> list[Sample]:
    """Trouble, withdrawals and questions for so long; what the process had meanwhile."""
    samples, until = [], time.monotonic() + seconds
    leaving = [patient for patient in range(PATIENTS) if has_consented(patient)][:WITHDRAWALS]
    with httpx.Client(trust_env=False, timeout=60.0) as client:
        while (left := until - time.monotonic()) > 0:
            scene.mode(chance.choice(["ok", "ok", "ok", "busy", "drop"]))
            if leaving and left / seconds < len(leaving) / (WITHDRAWALS + 1):
                scene.withdraw(leaving.pop())
            http, headers = scene.desk(client)
            for path in ("/readyz", "/metrics", "/fhir/metadata", "/fhir/Patient?_count=5"):
                client.get(f"{http}{path}", headers=headers)
            samples.append(_sample(scene))
            time.sleep(min(EVERY_SECONDS, max(left, 0.0)))
            scene.mode("ok")
            time.sleep(min(EVERY_SECONDS, max(left, 0.0)))
    return samples


def _sample(scene: Scene) -> Sample:
    assert scene.gateway is not None
    process = Path(f"/proc/{scene.gateway.process.pid}")
    told = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    log = scene.network / f"{STORE_FILE}-wal"
    return Sample(
        megabytes=int(told["VmRSS"].split()[0]) / 1000,
        files=len(list((process / "fd").iterdir())),
        threads=int(told["Threads"]),
        log_megabytes=log.stat().st_size / 1e6 if log.exists() else 0.0,
    )


def _grown(samples: list[Sample]) -> list[str]:
    """What the last quarter has more than the second one, beyond what is allowed."""
    quarter = max(1, len(samples) // 4)
    second, last = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    allowed = {"megabytes": MOST_MORE_MB, "files": MOST_MORE_FILES, "threads": MOST_MORE_THREADS}
    grown = []
    for what, most in allowed.items():
        before, after = (max(getattr(one, what) for one in part) for part in (second, last))
        if after - before > most:
            grown.append(f"{what} grew from {before:.0f} to {after:.0f}")
    if (log := max(one.log_megabytes for one in samples)) > MOST_LOG_MB:
        grown.append(f"the store's log had {log:.0f} MB")
    return grown
