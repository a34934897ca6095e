"""A hundred thousand damaged messages: each is answered, soon, with no fault of ours, and the gateway serves on.

Damaged are places behind the header (`tests/journeys/test_bad_input.py`), so that each answer can be told by its number.
"""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from gateway.demo.processes import start_gateway
from tests.faults.killing import Scene, StartOne
from tests.faults.stage import end, scene_of
from tests.journeys.test_bad_input import mutated, referral

AT_ONCE, MOST_SECONDS = 4, 5.0
_ANSWER_SECONDS = 90.0
_OURS = (b"INTERNAL", b"STORE_RULE_BROKEN", b"STORE_BUSY")


@dataclass
class Seen:
    """What one connection was answered."""

    codes: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    broken: list[str] = field(default_factory=list)


def run(seed: int, messages: int = 100_000, start_one: StartOne = start_gateway) -> dict[str, Any]:
    """The story; `broken`: an answer that was none, a fault of ours, one that took over `MOST_SECONDS`, a crash."""
    with scene_of(start_one) as scene, ThreadPoolExecutor(AT_ONCE) as several:
        scene.start()
        parts = list(several.map(lambda one: _send(scene, seed, one, messages // AT_ONCE), range(AT_ONCE)))
        code = end(scene)
        log = (scene.place / "gateway.log").read_text()
    broken = [fault for part in parts for fault in part.broken]
    broken += [] if code == 0 else [f"the gateway ended with {code}"]
    broken += [f"{faults} faults in the log"] if (faults := log.count('"event":"fault"')) else []
    longest = max(part.longest for part in parts)
    broken += [f"an answer took {longest:.1f} s"] if longest > MOST_SECONDS else []
    codes = sum((part.codes for part in parts), Counter())
    return {
        "seed": seed,
        "answers": dict(codes),
        "longest, seconds": round(longest, 2),
        "broken": broken[:20],
    }


def _send(scene: Scene, seed: int, part: int, messages: int) -> Seen:
    """So many over one connection."""
    chance, seen = random.Random(f"{seed}-{part}"), Seen()
    with socket.create_connection(("127.0.0.1", scene.port), _ANSWER_SECONDS) as line:
        for number in range(messages):
            name = f"M{part}-{number}"
            began = time.monotonic()
            line.sendall(b"\x0b" + mutated(_about(referral(name), part, number), chance) + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                if not (piece := _piece(line)):
                    seen.broken.append(f"{name}: the line was cut")
                    return seen
                answer += piece
            seen.longest = max(seen.longest, time.monotonic() - began)
            seen.codes[answer.partition(b"MSA|")[2][:2].decode()] += 1
            if wrong := _wrong(answer, name):
                seen.broken.append(f"{name}: {wrong}")
    return seen


def _piece(line: socket.socket) -> bytes:
    """What comes next; nothing where the line has ended, so that a run that is cut says what it saw."""
    with contextlib.suppress(ConnectionError):
        return line.recv(65536)
    return b""


def _about(message: bytes, part: int, number: int) -> bytes:
    """The message about another person for each fifty: of one with thousands of referrals each more takes longer."""
    person = part * 10_000 + number // 50
    born = date(1950, 1, 1) + timedelta(days=person % 20_000)
    changed = message.replace(b"||770011^", b"||%d^" % (770_011 + person)).replace(
        b"^Sol", b"^Sol%d" % person
    )
    return changed.replace(b"19960417", born.strftime("%Y%m%d").encode())


def _wrong(answer: bytes, name: str) -> str:
    if f"|{name}\r".encode() not in answer:
        return "answered as another"
    if any(byte < 0x20 for byte in answer[1:-2].replace(b"\r", b"")):
        return "a control byte in the answer"
    return next((code.decode() for code in _OURS if code in answer), "")
