"""The power goes: whatever was acknowledged is in what a disk may hold, and that opens as a whole store.

python -m tests.faults.killing --power --messages 200

The gateway runs under `strace` (Linux), which tells each write, each sync that came back, and each answer to the sender
in their order. At many moments, most of them right after an answer, the store's files are made anew as a disk may hold
them: every write that was synced, and of the others any, any part of one, or none.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.audit import verifier_of, verify
from gateway.wiring.looking import reading
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, begin

_CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,sendto,sendmsg,unlink"
_START_SECONDS, _SECTOR = 120.0, 512
_CALL = re.compile(r"^(\d+) +(\w+)\((?:\d+<([^>]*)>,? ?)?(.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_ACCEPTED = re.compile(rb"MSA\|AA\|(FLT\d{8})")


@dataclass
class Disk:
    """The store's files: what is on them for certain, and what was written and not synced yet, in order."""

    certain: dict[str, bytearray] = field(default_factory=dict)
    floating: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    syncing: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By thread: the file that it is syncing, and how many of its writes had been made by then."""

    def write(self, file: str, at: int, content: bytes) -> None:
        """A write has begun; an `at` of -1 cuts the file off at the length that `content` says."""
        self.floating.setdefault(file, []).append((at, content))

    def begin_sync(self, thread: str, file: str) -> None:
        self.syncing[thread] = (file, len(self.floating.get(file, [])))

    def end_sync(self, thread: str) -> None:
        """A sync came back: what had been written when it began is there for certain."""
        file, number = self.syncing.pop(thread)
        waiting = self.floating.get(file, [])
        for at, content in waiting[:number]:
            _apply(self.certain.setdefault(file, bytearray()), at, content)
        del waiting[:number]
        for other, (same, before) in list(self.syncing.items()):
            if same == file:
                self.syncing[other] = (same, max(0, before - number))

    def after_the_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What may be on it now."""
        found = {}
        for file in {*self.certain, *self.floating}:
            content = bytearray(self.certain.get(file, b""))
            for at, part in self.floating.get(file, []):
                much = chance.choice(("all", "none", "torn"))
                if much == "all" or (much == "torn" and at < 0):
                    _apply(content, at, part)
                elif much == "torn":
                    sectors = chance.randint(0, len(part) // _SECTOR)
                    _apply(content, at, part[: sectors * _SECTOR])
            found[file] = bytes(content)
        return found


def _apply(content: bytearray, at: int, part: bytes) -> None:
    if at < 0:
        del content[int(part) :]
        return
    content.extend(bytes(max(0, at + len(part) - len(content))))
    content[at : at + len(part)] = part


def run(messages: int, seed: int, cuts: int = 60, patients: int = 16) -> dict[str, Any]:
    """Messages taken in under `strace`, then `cuts` of the power; `broken`: every promise that was."""
    if shutil.which("strace") is None:
        return {"seed": seed, "broken": ["strace is not installed"]}
    with tempfile.TemporaryDirectory(prefix="handoff-power-") as at:
        place = Path(at)
        trace = place / "trace"

        def start(folder: Path, log: Path) -> tuple[Any, dict[str, Any]]:
            command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "4000000", "-e", f"trace={_CALLS}"]
            command += ["-o", str(trace), sys.executable, "-m", "gateway", "serve", "--network", str(folder)]
            gateway = begin([*command, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"], log)
            return gateway, gateway.wait_for("ready", _START_SECONDS)

        scene = Scene(place, start)
        partner = scene.open()
        try:
            scene.start()
            scene.permit(patients)
            hospital = Hospital(referral_template(), lambda: scene.port, messages, patients)
            hospital.start()
            hospital.wait(300.0)
        finally:
            if scene.gateway is not None:
                scene.gateway.end()
            partner.end()
        broken, tried, answers = _cut(trace, scene.network, cuts, random.Random(seed))
    told = {"seed": seed, "messages": messages, "accepted": len(hospital.accepted), "answers seen": answers}
    lost = [] if len(hospital.accepted) == messages == answers else ["not every answer was seen"]
    return {**told, "cuts": tried, "broken": lost + broken}


def _cut(trace: Path, network: Path, cuts: int, chance: random.Random) -> tuple[list[str], int, int]:
    """Play the trace, and cut the power at `cuts` of its moments."""
    moments = sum(1 for what, _ in _events(trace, Disk()) if what)
    answers = sum(1 for what, _ in _events(trace, Disk()) if what == "answer")
    chosen = set(chance.sample(range(moments), min(cuts, moments)))
    disk, accepted, broken, tried = Disk(), set[str](), list[str](), 0
    for number, (what, control_id) in enumerate(_events(trace, disk)):
        if what == "answer":
            accepted.add(control_id)
        if number in chosen and accepted:
            tried += 1
            broken += [f"cut {number}: {fault}" for fault in _look(disk, network, accepted, chance)]
    return broken, tried, answers


def _events(trace: Path, disk: Disk) -> Iterator[tuple[str, str]]:
    """(`answer`, control id) for each accepted message, `sync` for each that came back; `disk` goes along."""
    with trace.open(errors="replace") as lines:
        for line in lines:
            if resumed := _RESUMED.match(line):
                if resumed[1] in disk.syncing:
                    disk.end_sync(resumed[1])
                    yield "sync", ""
                continue
            if (call := _CALL.match(line)) is not None:
                yield from _event(call, disk)


def _event(call: re.Match[str], disk: Disk) -> Iterator[tuple[str, str]]:
    thread, name, file, rest = call.groups()
    file = Path(bytes.fromhex(file.replace("\\x", "")).decode()).name if "\\x" in (file or "") else ""
    content = b"".join(bytes.fromhex(one.replace("\\x", "")) for one in _TEXT.findall(rest))
    if name in ("sendto", "sendmsg", "write") and (found := _ACCEPTED.findall(content)):
        yield from (("answer", one.decode()) for one in found)
    if file not in ("handoff.db", "handoff.db-wal"):
        return
    if name == "pwrite64":
        disk.write(file, int(re.findall(r"(\d+)(?:\)| <unfinished)", rest)[0]), content)
    elif name == "ftruncate":
        disk.write(file, -1, re.findall(rb"\d+", rest.encode())[0])
    elif name in ("fsync", "fdatasync"):
        disk.begin_sync(thread, file)
        if "unfinished" not in rest:
            disk.end_sync(thread)
            yield "sync", ""


def _look(disk: Disk, network: Path, accepted: set[str], chance: random.Random) -> list[str]:
    """What is wrong with the store as it may be after the cut."""
    with tempfile.TemporaryDirectory(prefix="handoff-cut-") as at:
        for file, content in disk.after_the_cut(chance).items():
            (Path(at) / file).write_bytes(content)
        store = Path(at) / "handoff.db"
        try:
            with closing(sqlite3.connect(store)) as connection:
                whole = [row[0] for row in connection.execute("PRAGMA integrity_check")]
                there = {row[0] for row in connection.execute("SELECT control_id FROM inbox")}
        except sqlite3.DatabaseError as fault:
            return [f"the store cannot be read: {fault}"]
        with reading(network, f"sqlite:///{store}") as (folder, view):
            report = verify(view, verifier_of(folder.keys.signer))
    lost = accepted - there
    found = [] if whole == ["ok"] else [f"the store is damaged: {whole[0]}"]
    if lost:
        found.append(f"{len(lost)} acknowledged messages are lost, the first is {min(lost)}")
    return found if report.ok else [*found, f"the log is broken at {report.first_bad_seq}"]
