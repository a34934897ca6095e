"""Far more than fits: frames and bodies without an end from many at once, and how much memory the gateway has meanwhile.

What is over the limit is refused and not kept; who sends a proper referral meanwhile is served.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from gateway.demo.processes import start_gateway
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, StartOne, drain
from tests.faults.stage import DRAIN_SECONDS, end, scene_of, verdict

MESSAGES, PATIENTS = 64, 16
_PIECE = b"A" * 65536
_HEAD = b"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|20260301||REF^I12^REF_I12|BIG1|P|2.5.1\r"
_MIB = 1024 * 1024

_GIVE_BACK_SECONDS = 90.0
MOST_KEPT_MB = 50
"""At most so much more stays when all of it is over."""

MOST_MORE_MB = 200
"""At most so much more memory than at rest, however many send and however much: four frames of the greatest size while
they grow, or eight bodies of it, and a little of each that waits.
"""


def run(
    seed: int, megabytes: int = 256, at_once: int = 32, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, a door that let it in, and more memory than is allowed."""
    with scene_of(start_one) as scene:
        scene.start()
        scene.permit(PATIENTS)
        assert scene.gateway is not None
        process = scene.gateway.process.pid
        at_rest = _memory(process)
        hospital = Hospital(referral_template(), lambda: scene.port, MESSAGES, PATIENTS, pause=0.1)
        hospital.start()
        seen: dict[str, dict[str, Any]] = {}
        for name, attack in _attacks(scene).items():
            _forget_peak(process)
            with ThreadPoolExecutor(at_once) as several:
                answers = set(several.map(attack, [megabytes] * at_once))
            seen[name] = {
                "peak MB more": round(_memory(process, "VmHWM") - at_rest),
                "answers": sorted(answers),
            }
        all_accepted = hospital.wait(DRAIN_SECONDS)
        drain(scene, hospital, DRAIN_SECONDS)
        after = round(_afterwards(process, at_rest))
        code = end(scene)
        kept = [f"{after} MB more afterwards"] if after > MOST_KEPT_MB else []
        told = verdict(scene, hospital, all_accepted, [*kept, *_faults(seen)])
    sent = {"megabytes of each": megabytes, "at once": at_once, "at rest MB": round(at_rest)}
    return {"seed": seed, **sent, "seen": seen, "MB more afterwards": after, "exit code": code, **told}


def _afterwards(process: int, at_rest: float) -> float:
    """How many MB more than at rest are left, once what was needed meanwhile has been given back."""
    until = time.monotonic() + _GIVE_BACK_SECONDS
    while (more := _memory(process) - at_rest) > MOST_KEPT_MB and time.monotonic() < until:
        time.sleep(1)
    return more


def _faults(seen: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, found in seen.items():
        if found["peak MB more"] > MOST_MORE_MB:
            yield f"{name}: {found['peak MB more']} MB more"
        if "taken" in found["answers"]:
            yield f"{name} was taken"


def _attacks(scene: Scene) -> dict[str, Callable[[int], str]]:
    with httpx.Client(trust_env=False, timeout=20.0) as client:
        http, headers = scene.desk(client)
    return {
        "an MLLP frame without an end": lambda megabytes: _frame(scene.port, megabytes),
        "a body of somebody": lambda megabytes: _body(f"{http}/fhir/Consent", {}, megabytes),
        "a body of a client": lambda megabytes: _body(f"{http}/fhir/Consent", headers, megabytes),
        "a bundle of a client": lambda megabytes: _body(f"{http}/fhir", headers, megabytes),
        "a deep body of a client": lambda _: _body(f"{http}/fhir/Consent", headers, 7, b"[" * 65536),
        "a form to the token door": lambda megabytes: _body(f"{http}/oauth/token", {}, megabytes),
    }


def _frame(port: int, megabytes: int) -> str:
    """What the port says to a frame of so many megabytes that never ends."""
    with socket.create_connection(("127.0.0.1", port), 60.0) as line:
        with contextlib.suppress(OSError):
            line.sendall(b"\x0b" + _HEAD)
            for _ in range(megabytes * _MIB // len(_PIECE)):
                line.sendall(_PIECE)
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            answer = line.recv(65536)
            return "taken" if b"MSA|AA" in answer else answer.partition(b"MSA|")[2][:2].decode() or "closed"
    return "closed"


def _body(url: str, headers: dict[str, str], megabytes: int, piece: bytes = _PIECE) -> str:
    """The status that a body of so many megabytes gets, which tells no length."""

    def pieces() -> Iterator[bytes]:
        for _ in range(megabytes * _MIB // len(piece)):
            yield piece

    try:
        status = httpx.post(url, content=pieces(), headers=headers, timeout=60.0, trust_env=False).status_code
    except httpx.HTTPError:
        return "closed"
    return "taken" if status < 400 else str(status)


def _memory(process: int, what: str = "VmRSS") -> float:
    """MB in use now, or since the peak was forgotten (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1000


def _forget_peak(process: int) -> None:
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_text("5")
