"""From the start of the process to serving, with 10,000 referrals waiting and with none, in turns.

What waits is accepted by the shipped code beforehand. Processor time is told beside the seconds, because the speed of a
shared machine changes; and the time without byte code, as where nobody has compiled the sources at installation.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from gateway.clock import SystemClock
from gateway.demo import person
from gateway.demo.processes import start_gateway
from gateway.flows import consent_record, receive
from gateway.flows.messages import ReceivedMessage
from gateway.security.callers import Caller
from gateway.wiring.network_folder import make_network_folder, open_folder
from gateway.wiring.opening import open_premises, open_writing_store
from tests.bench.forward import cpu, referral_template

QUEUED, PATIENTS, TOGETHER, ROUNDS = 10_000, 100, 32, 3
TARGET_SECONDS = 3


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        folders = {name: Path(place) / name for name in ("empty", "queued")}
        for folder in folders.values():
            make_network_folder(folder, "http://127.0.0.1:9/fhir")
        asyncio.run(fill(folders["queued"], QUEUED))
        # Byte code of its own, whatever the machine has and forbids.
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(place) / "code")
        written = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _start(folders["empty"], Path(place))
        found = {
            name: [_start(folders[name], Path(place)) for _ in range(ROUNDS)] for name in ("empty", "queued")
        }
        os.environ.update(PYTHONPYCACHEPREFIX=str(Path(place) / "none"), PYTHONDONTWRITEBYTECODE="1")
        found["without byte code"] = [_start(folders["empty"], Path(place))]
        del os.environ["PYTHONPYCACHEPREFIX"], os.environ["PYTHONDONTWRITEBYTECODE"]
        if written is not None:
            os.environ["PYTHONDONTWRITEBYTECODE"] = written
    empty = min(used for _, used in found["empty"])
    return [
        {
            "what": "start to serving, " + (f"{QUEUED:,} queued" if name == "queued" else name),
            "value": min(seconds for seconds, _ in starts),
            "unit": "s",
            "than": "" if name == "empty" else "an empty store (processor time)",
            "cpu": min(used for _, used in starts),
            "ratio": min(used for _, used in starts) / empty,
            "target": f"{TARGET_SECONDS} s" if name == "queued" else "",
        }
        for name, starts in found.items()
    ]


def _start(folder: Path, place: Path) -> tuple[float, float]:
    """Seconds, and seconds of processor time, until it served; then it is killed, as a crash would."""
    began = time.monotonic()
    gateway, _ = start_gateway(folder, place / "gateway.log")
    seconds, used = time.monotonic() - began, cpu(gateway.process.pid)
    gateway.process.kill()
    gateway.process.wait()
    return seconds, used


async def fill(path: Path, messages: int) -> None:
    """Have the shipped code accept so many referrals of patients who permit them; nothing is sent."""
    folder = open_folder(path)
    store = open_writing_store(folder, None)
    premises = open_premises(folder, store)
    hospital = Caller("hospital", "hospital-client", "TREAT", frozenset({"system/*.cruds"}), "token")
    for number in range(PATIENTS):
        made = person.consent("hospital", "otp", "TREAT", identifier=(person.MRN_SYSTEM, f"QUEP{number:07d}"))
        await consent_record.record_consent(premises, hospital, made, b"{}")
    template, clock = referral_template(), SystemClock()

    async def send(number: int) -> None:
        raw = template
        patient = number % PATIENTS
        for sign, value in {
            "@CONTROL@": f"QUE{number:08d}",
            "@REFERRAL@": f"QUER{number:08d}",
            "@PATIENT@": f"QUEP{patient:07d}",
            "@FAMILY@": "Queued" + chr(97 + patient % 26),
            "@GIVEN@": "Given" + chr(97 + patient // 26),
            "@BIRTH@": f"{1940 + patient % 60}0101",
        }.items():
            raw = raw.replace(sign.encode(), value.encode())
        message = ReceivedMessage(
            "hospital", "mllp", "hl7v2", f"QUE{number:08d}", "REF^I12^REF_I12", raw, clock.now()
        )
        await receive.accept_message(premises, message)

    for first in range(0, messages, TOGETHER):
        await asyncio.gather(*(send(number) for number in range(first, min(messages, first + TOGETHER))))
    await store.close()
