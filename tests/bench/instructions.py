"""How many instructions a referral takes the processor, by valgrind: a number that a busy machine does not change.

The path of `stages`: accepted and made durable, decided, redacted, written, audited; no sockets, no handing over. What
starting takes is not counted. Hashing counts for more than it takes: valgrind knows no SHA instructions. Needs valgrind
(`apt install valgrind`) and takes minutes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway.disclosure import gate
from gateway.disclosure.premises import Premises
from gateway.flows.receive import accept_message
from gateway.store import intents
from gateway.wiring.network_folder import make_network_folder, open_folder
from gateway.wiring.opening import open_premises, open_writing_store
from tests.bench import stages
from tests.bench.forward import referral_template

ONLY_BY_NAME = True
_MESSAGES = 80
_AT_ONCE = 8
"""As eight connections would."""


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    if shutil.which("valgrind") is None:
        return [{"what": "a referral", "value": "not measured", "than": "valgrind is not installed"}]
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        out = Path(place) / "counts"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, sys.executable, "-m", "tests.bench.instructions", place]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        totals = [line for line in out.read_text().splitlines() if line.startswith("totals:")]
    million = sum(int(line.split()[1]) for line in totals) / _MESSAGES / 1e6
    return [{"what": "a referral", "value": million, "unit": "million instructions"}]


async def _measured(place: Path) -> None:
    make_network_folder(place / "network", "http://127.0.0.1:9/fhir")
    folder = open_folder(place / "network")
    store = open_writing_store(folder, None)
    try:
        premises = open_premises(folder, store)
        await stages.permit(premises)
        template = referral_template()
        await _referred(premises, template, range(2 * _AT_ONCE))  # after that, what can be remembered is
        _count("on")
        await _referred(premises, template, range(2 * _AT_ONCE, 2 * _AT_ONCE + _MESSAGES))
        _count("off")
    finally:
        await store.close()


async def _referred(premises: Premises, template: bytes, numbers: range) -> None:
    for start in numbers[::_AT_ONCE]:
        made = [stages.message(template, start + one, premises) for one in range(_AT_ONCE)]
        await asyncio.gather(*(accept_message(premises, message) for message in made))
        with premises.store.read() as reading:
            due = intents.in_state(reading, "due", start + _AT_ONCE)
        newest = sorted(due, key=lambda intent: intent.id)[-_AT_ONCE:]
        await asyncio.gather(*(gate.release(premises, intent) for intent in newest))


def _count(turn: str) -> None:
    subprocess.run(["callgrind_control", "-i", turn, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    asyncio.run(_measured(Path(sys.argv[1])))
