"""A bounded MLLP sender for benchmarks, to be run as a process of its own. Loopback only.

    python tests/bench/mllp_load.py --port 2575 --messages 2000 --template referral.hl7 --out latencies.ndjson

The template is HL7 v2 text in which `@CONTROL@`, `@PATIENT@`, `@REFERRAL@`, `@FAMILY@`, `@GIVEN@` and
`@BIRTH@` are replaced, so that every message has a control id and a referral id of its own and every patient
an identity of its own. Each connection sends one message and waits for its answer, as a hospital's interface
does. Prints one JSON line; the latencies (milliseconds, one JSON object a message with control id and code)
go to `--out`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

_HOST = "127.0.0.1"
_LARGEST_RUN = 1_000_000
_ANSWER_SECONDS = 60.0
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: `messages` in all, about `patients` people, with control ids from `first` on."""

    port: int
    messages: int
    connections: int
    patients: int
    prefix: str = "LOAD"
    first: int = 1
    a_second: float = 0.0
    """How many at most over all connections, evenly; 0: as fast as they are answered."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: its control id, its answer's MSA-1, the time from first byte out to answer in."""

    control_id: str
    code: str
    milliseconds: float


def message(template: bytes, plan: Plan, number: int) -> tuple[str, bytes]:
    """Control id and content of message `number`."""
    control_id = f"{plan.prefix}{number:08d}"
    person = number % plan.patients
    values = {
        b"@CONTROL@": control_id,
        b"@REFERRAL@": f"{plan.prefix}R{number:08d}",
        b"@PATIENT@": f"{plan.prefix}P{person:07d}",
        b"@FAMILY@": plan.prefix.title() + _word(person),
        b"@GIVEN@": "Test" + _word(person * 7 + 3),
        b"@BIRTH@": f"{1940 + person % 60:04d}{1 + person % 12:02d}{1 + person % 28:02d}",
    }
    for sign, value in values.items():
        template = template.replace(sign, value.encode())
    return control_id, template


def _word(number: int) -> str:
    letters = ""
    for _ in range(5):
        number, place = divmod(number, 26)
        letters += _LETTERS[place].lower()
    return letters


async def send_all(plan: Plan, template: bytes) -> tuple[list[Sent], float]:
    """Everything sent, in order of answers for each connection, and the seconds it took.

    Raises RuntimeError for an answer to another message, ConnectionError and TimeoutError as they come.
    """
    numbers = iter(range(plan.first, plan.first + plan.messages))
    began = time.perf_counter()
    lists = await asyncio.gather(*(_converse(plan, template, numbers) for _ in range(plan.connections)))
    return [sent for one in lists for sent in one], time.perf_counter() - began


async def _converse(plan: Plan, template: bytes, numbers: Iterator[int]) -> list[Sent]:
    reader, writer = await asyncio.open_connection(_HOST, plan.port)
    done, opened = [], time.perf_counter()
    try:
        for number in numbers:
            if plan.a_second:  # message by message, whichever connection has it
                due = opened + (number - plan.first) / plan.a_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            control_id, content = message(template, plan, number)
            began = time.perf_counter()
            writer.write(b"\x0b" + content + b"\x1c\r")
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await reader.readuntil(b"\x1c\r")
            elapsed = (time.perf_counter() - began) * 1000
            done.append(Sent(control_id, _code(answer, control_id), round(elapsed, 3)))
    finally:
        writer.close()
    return done


def _code(answer: bytes, control_id: str) -> str:
    """MSA-1 of `answer`. Raises RuntimeError when it answers another message."""
    for line in answer.split(b"\r"):
        if line.startswith(b"MSA"):
            _, code, echoed = line.decode().split("|")[:3]
            if echoed == control_id:
                return code
    raise RuntimeError("an answer is not for the message sent")


def summary(sent: list[Sent], seconds: float) -> dict[str, object]:
    """Counts by code, rate and percentiles."""
    times = sorted(one.milliseconds for one in sent)
    return {
        "messages": len(sent),
        "codes": dict(Counter(one.code for one in sent)),
        "seconds": round(seconds, 3),
        "per_second": round(len(sent) / seconds, 1),
        "milliseconds": {
            name: times[min(int(len(times) * share), len(times) - 1)]
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        },
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--patients", type=int, default=0, help="0: one for each message")
    parser.add_argument("--prefix", default="LOAD", help="of control ids; another run needs another one")
    parser.add_argument("--first", type=int, default=1, help="number of the first message")
    parser.add_argument("--a-second", type=float, default=0.0, help="at most so many; 0: as fast as it goes")
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    if not (1 <= asked.messages <= _LARGEST_RUN and 1 <= asked.connections <= 64):
        parser.error(f"1 to {_LARGEST_RUN} messages over 1 to 64 connections")
    template = asked.template.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    if b"@CONTROL@" not in template:
        parser.error("the template has no @CONTROL@")
    plan = Plan(
        asked.port,
        asked.messages,
        asked.connections,
        asked.patients or asked.messages,
        asked.prefix,
        asked.first,
        asked.a_second,
    )
    sent, seconds = asyncio.run(send_all(plan, template))
    if asked.out:
        asked.out.write_text("".join(json.dumps(asdict(one)) + "\n" for one in sent))
    print(json.dumps(summary(sent, seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
