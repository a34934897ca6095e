"""The main path beside another integration engine: `messagefoundry` 0.2.1 of the Python Package Index.

Both take the same messages over eight MLLP connections and deliver each to a sink of their own, in turns, so that both
have the same minutes of a machine whose speed changes; what counts is delivered messages per second of processor time of
all their processes. It is the peer's case that is made easier: it reads the message, sets one field and sends it on,
with neither FHIR nor consent nor seal, without sign-in and without a log. In its default a commit does not wait for the
disk and nothing is encrypted; the other peer waits and encrypts, as ours always does.

Measured 2026-11-23 on two shared cores (load 5 to 13), least to most of twice three turns: 2.2 to 3.1 times its fastest,
2.7 to 3.4 times the one nearest to ours (125 against 47 and 42 messages/CPU s). The target of 8 is not reached.

The peer gets an environment of its own in `build/`, made when this is first run; it is no dependency of ours.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo.processes import start_gateway
from gateway.settings import environment_without_settings
from gateway.wiring.network_folder import make_network_folder
from tests.bench.forward import WARMING, begin_sink, count, load, permit_all, referral_template, wait_for
from tests.bench.workers import cpu_of_all

ONLY_BY_NAME = True
PEER = "messagefoundry"
WANTED = f"{PEER}==0.2.1"
TURNS, MESSAGES_A_TURN = 3, 300
TARGET = 8
_PLACE = Path.cwd() / "build" / "beside" / WANTED
_START_SECONDS = 90
_AFTER_SECONDS = 1
"""What either side still does after the last delivery (marks it done, seals) is part of its price."""
_OURS, _FASTEST, _NEAREST = "ours", f"{PEER}, its fastest", f"{PEER}, synced and encrypted as ours"

_FEED = """
from messagefoundry import MLLP, Rest, Send, handler, inbound, outbound, router

inbound("IB_COUNTY_REF", MLLP(port={mllp}), router="all")
outbound("REST-OUT_COUNTY_REF", Rest(url="http://127.0.0.1:{sink}/", content_type="application/hl7-v2"))


@router("all")
def route(message):
    return ["small"]


@handler("small")
def small(message):
    message["MSH-5"] = "PARTNER"
    return Send("REST-OUT_COUNTY_REF", message)
"""
_KEY_NAME = "MEFOR_STORE_ENCRYPTION_KEY"
_SETTINGS = '[store]\nsynchronous = "{synchronous}"\n[auth]\nenabled = false\n'


@dataclass
class _Side:
    """One engine with a sink of its own, and what each of its turns came to."""

    process: int
    mllp: str
    sink_port: int
    per_second: list[float] = field(default_factory=list)
    """Delivered messages per second of processor time."""
    by_the_clock: list[float] = field(default_factory=list)
    """The same per second from the first message sent to the last one delivered."""


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks; one that says so where the peer cannot be had."""
    if not _installed():
        than = f"{WANTED} could not be installed from the package index that pip is set to"
        return [{"what": "beside another engine", "value": "not measured", "unit": "", "than": than}]
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place, ExitStack() as ends:
        template = Path(place) / "referral.hl7"
        template.write_bytes(referral_template())
        key = base64.b64encode(os.urandom(32)).decode()
        sides = {
            _OURS: _begin_ours(Path(place), ends),
            _FASTEST: _begin_peer(Path(place) / "fastest", "normal", {}, ends),
            _NEAREST: _begin_peer(Path(place) / "nearest", "full", {_KEY_NAME: key}, ends),
        }
        for side in sides.values():
            load(template, side.mllp, WARMING, "WARM")
            wait_for(side.sink_port, WARMING)
        for number in range(TURNS):
            print(f"beside: turn {number + 1} of {TURNS}", file=sys.stderr, flush=True)
            for side in sides.values():
                _turn(side, template, number)
    return _rows(sides)


def _installed() -> bool:
    """Whether the peer is in its environment, which is made where it is not."""
    if not (_PLACE / "bin" / PEER).exists():
        print(f"beside: installing {WANTED} into {_PLACE.parent}", file=sys.stderr, flush=True)
        for command in (
            [sys.executable, "-m", "venv", str(_PLACE)],
            [str(_PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet", WANTED],
        ):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                return False
    return True


def _begin_ours(place: Path, ends: ExitStack) -> _Side:
    sink, sink_port = begin_sink()
    ends.callback(sink.end)
    folder = place / "network"
    make_network_folder(folder, f"http://127.0.0.1:{sink_port}/fhir")
    gateway, ready = start_gateway(folder, place / "gateway.log")
    ends.callback(gateway.end)
    permit_all(folder, ready["http"])
    return _Side(gateway.process.pid, ready["mllp"][0], sink_port)


def _begin_peer(place: Path, synchronous: str, secrets: dict[str, str], ends: ExitStack) -> _Side:
    sink, sink_port = begin_sink()
    ends.callback(sink.end)
    mllp, http = _free_port(), _free_port()
    (place / "config").mkdir(parents=True)
    (place / "config" / "feed.py").write_text(_FEED.format(mllp=mllp, sink=sink_port))
    (place / "service.toml").write_text(_SETTINGS.format(synchronous=synchronous))
    command = [str(_PLACE / "bin" / PEER), "serve", "--config", "config", "--service-config", "service.toml"]
    command += ["--env", "dev", "--db", "store.db", "--port", str(http), "--log-level", "ERROR"]
    environment = environment_without_settings() | {"no_proxy": "*"} | secrets
    with (place / "peer.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log)
    ends.callback(_end, process)
    _until(lambda: _listens(mllp) or process.poll() is not None)
    if process.poll() is not None:
        raise RuntimeError(f"{PEER} did not start: {(place / 'peer.log').read_text()}")
    return _Side(process.pid, f"127.0.0.1:{mllp}", sink_port)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _until(reached: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not reached():
        if time.monotonic() - began > _START_SECONDS:
            raise TimeoutError(f"{PEER} did not listen")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _turn(side: _Side, template: Path, number: int) -> None:
    """The same load for each side; over when its sink has everything. Raises AssertionError when it has not."""
    used, already, began = cpu_of_all(side.process), count(side.sink_port), time.monotonic()
    load(template, side.mllp, MESSAGES_A_TURN, "LOAD", 1 + number * MESSAGES_A_TURN)
    wait_for(side.sink_port, already + MESSAGES_A_TURN)
    side.by_the_clock.append(MESSAGES_A_TURN / (time.monotonic() - began))
    time.sleep(_AFTER_SECONDS)
    delivered = count(side.sink_port) - already
    assert delivered == MESSAGES_A_TURN, f"{delivered} of {MESSAGES_A_TURN} messages were delivered"
    side.per_second.append(delivered / (cpu_of_all(side.process) - used))


def _rows(sides: dict[str, _Side]) -> list[dict[str, object]]:
    ours = sides[_OURS].per_second
    rows: list[dict[str, object]] = [
        {
            "what": f"delivered by {name}" if name == _OURS else name,
            "value": sum(side.per_second) / TURNS,
            "unit": "messages/CPU s",
            "by_the_clock": " ".join(f"{one:.0f}" for one in side.by_the_clock),
        }
        for name, side in sides.items()
    ]
    for name in (_FASTEST, _NEAREST):
        ratios = [one / other for one, other in zip(ours, sides[name].per_second, strict=True)]
        turns = " ".join(f"{ratio:.1f}" for ratio in ratios)
        what = {"what": "delivered, least of the turns", "value": min(ratios), "unit": "times", "than": name}
        rows.append({**what, "target": f"at least {TARGET}", "turns": turns})
    return rows
