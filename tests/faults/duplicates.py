"""Every referral comes again and again: from many connections at once, one after the other, after a kill, and under a
control id that another one had. Each is answered as the first time, byte for byte, and has one effect.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.demo.processes import start_gateway
from gateway.store import inbox
from gateway.wiring.looking import reading
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital, Referral, content
from tests.faults.killing import Scene, StartOne, drain, told_of
from tests.faults.ledgers import broken_laws, delivered
from tests.faults.stage import DRAIN_SECONDS, end, scene_of

PATIENTS, AT_ONCE, RESTARTS = 32, 16, 5
_OTHERS = 50_000
"""Added to the number of a referral: that of another one under the same control id."""
_ANSWER_SECONDS = 90.0


def run(
    seed: int, rounds: int = 100, resends: int = 50, start_one: StartOne = start_gateway
) -> dict[str, Any]:
    """The story; `broken`: laws that did not hold, an answer that was another one, a message that was kept twice."""
    broken: list[str] = []
    with scene_of(start_one) as scene, ThreadPoolExecutor(AT_ONCE) as several:
        scene.start()
        scene.permit(PATIENTS)
        for number in range(1, rounds + 1):
            one, other = Referral(number, number % PATIENTS), Referral(_OTHERS + number, number % PATIENTS)
            frame = _frame(one)
            answers = set(several.map(lambda _, frame=frame: _ask(scene, [frame])[0], range(AT_ONCE)))
            answers |= set(_ask(scene, [frame] * resends))
            if number % (rounds // RESTARTS or 1) == 0:
                scene.kill()
                scene.start()
                answers.add(_ask(scene, [frame])[0])
            broken += _wrong(one, answers, b"MSA|AA|")
            reused = _frame(other).replace(other.control_id.encode(), one.control_id.encode())
            broken += _wrong(other, set(_ask(scene, [reused] * 2)), b"CONTROL_ID_REUSED")
        hospital = _all_of_it(scene, rounds)
        drain(scene, hospital, DRAIN_SECONDS)
        code = end(scene)
        told = told_of(scene, hospital)
        with reading(scene.network, scene.store) as (_, view):
            kept = sum(one.control_id.startswith("FLT") for one in inbox.list_messages(view, limit=10**6))
        broken += broken_laws(told)
    if kept != 2 * rounds:
        broken.append(f"{kept} messages are kept of {2 * rounds}")
    return {
        "seed": seed,
        "rounds": rounds,
        "sent": rounds * (AT_ONCE + resends + 2) + RESTARTS,
        "messages kept": kept,
        "referrals that arrived": len(delivered(told.received)),
        "exit code": code,
        "broken": broken,
    }


def _frame(referral: Referral) -> bytes:
    return b"\x0b" + content(referral_template(), referral) + b"\x1c\r"


def _ask(scene: Scene, frames: list[bytes]) -> list[bytes]:
    """The answers to frames that are sent one after the other on a connection of their own."""
    answers = []
    with socket.create_connection(("127.0.0.1", scene.port), _ANSWER_SECONDS) as line:
        for frame in frames:
            line.sendall(frame)
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                if not (part := line.recv(65536)):
                    raise EOFError
                answer += part
            answers.append(answer)
    return answers


def _wrong(referral: Referral, answers: set[bytes], wanted: bytes) -> Iterator[str]:
    if len(answers) != 1:
        yield f"{referral.marker}: {len(answers)} different answers"
    if not all(wanted in answer for answer in answers):
        yield f"{referral.marker}: another answer than {wanted.decode()}"


def _all_of_it(scene: Scene, rounds: int) -> Hospital:
    """Who has sent all this, as the checker wants to know it."""

    class Sender(Hospital):
        def referrals(self) -> Iterator[Referral]:
            for number in range(1, rounds + 1):
                yield Referral(number, number % PATIENTS)
                yield Referral(_OTHERS + number, number % PATIENTS)

    sender = Sender(referral_template(), lambda: scene.port, 2 * rounds, PATIENTS)
    sender.accepted = {one.number: 0.0 for one in sender.referrals()}
    return sender
