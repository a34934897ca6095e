"""Two processes on one database against one: what a message costs each, and what it costs and leaves in the database.

Both gateways are on the same PostgreSQL server (durable: `fsync` on), each with a database of its own; they take turns
in rounds, so that both have the same minutes of a machine whose speed changes. The ratio is of the gateway's own
processor time for a message; the cost in the database is that of all its processes (`database`, ms); `turn` is how long
somebody has the turn to write for a message (ms): one database takes no more messages than fit one after the other.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo.processes import Running
from gateway.store.postgres_writer import TURN
from gateway.wiring.network_folder import make_network_folder
from tests.bench.forward import WARMING, begin_sink, count, cpu, load, permit_all, referral_template, wait_for
from tests.faults.failover import start_on
from tests.postgres_server import PostgresServer

ROUNDS, MESSAGES_A_ROUND = 4, 250
_SERVER = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "wal_level": "replica",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
}


@dataclass
class _Side:
    """One of the two: its gateway and what its rounds used."""

    processes: int
    url: str
    sink: Running
    sink_port: int
    gateway: Running
    mllp: str
    used: float = 0.0
    database: float = 0.0
    seconds: float = 0.0
    p99: list[float] = field(default_factory=list)
    messages: int = 0
    turn: float = 0.0
    """Seconds in which one of its processes had the turn to write."""

    @property
    def per_message(self) -> float:
        """Milliseconds of the gateway's processor time for a message."""
        return 1000 * self.used / self.messages


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    server = PostgresServer(_SERVER)
    sides: list[_Side] = []
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        template = Path(place) / "referral.hl7"
        template.write_bytes(referral_template())
        try:
            for processes in (1, 2):
                sides.append(_begin(Path(place) / str(processes), server, processes))
            for one in sides:
                load(template, one.mllp, WARMING, "WARM")
                wait_for(one.sink_port, WARMING)
            before = _sizes(server, sides[0], Path(place) / "1")
            for number in range(ROUNDS):
                said = f"workers: round {number + 1} of {ROUNDS}, {MESSAGES_A_ROUND} messages to each"
                print(said, file=sys.stderr, flush=True)
                for one in sides:
                    _round(one, server, template, number)
            after = _sizes(server, sides[0], Path(place) / "1")
        finally:
            for one in sides:
                one.gateway.end()
                one.sink.end()
            server.end()
    return _rows(sides, {name: (after[name] - before[name]) / sides[0].messages for name in after})


def _begin(place: Path, server: PostgresServer, processes: int) -> _Side:
    place.mkdir()
    sink, port = begin_sink()
    folder = place / "network"
    make_network_folder(folder, f"http://127.0.0.1:{port}/fhir")
    url = server.url(server.new_database())
    gateway, ready = start_on(url, processes)(folder, place / "gateway.log")
    permit_all(folder, ready["http"])
    return _Side(processes, url, sink, port, gateway, ready["mllp"][0])


def _round(one: _Side, server: PostgresServer, template: Path, number: int) -> None:
    used, database = cpu_of_all(one.gateway.process.pid), cpu_of_all(server.pid)
    already, began = count(one.sink_port), time.monotonic()
    with _Turns(server, one.url) as turns:
        done = load(template, one.mllp, MESSAGES_A_ROUND, "LOAD", 1 + number * MESSAGES_A_ROUND)
        wait_for(one.sink_port, already + MESSAGES_A_ROUND)
    one.turn += turns.share() * (time.monotonic() - began)
    one.seconds += time.monotonic() - began
    one.used += cpu_of_all(one.gateway.process.pid) - used
    one.database += cpu_of_all(server.pid) - database - turns.used
    one.messages += count(one.sink_port) - already
    one.p99.append(done["milliseconds"]["p99"])


class _Turns:
    """How much of the time somebody has the turn to write: looked at every few milliseconds."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self._connection = server.connect(_name_of(url))
        self._looks = self._held = 0
        self.used = 0.0
        """Seconds of processor time of the looks themselves, which are no part of a message."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self) -> _Turns:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.used = cpu(self._connection.info.backend_pid)
        self._connection.close()

    def _go_on(self) -> None:
        asked = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        asked += (
            f"WHERE datname = current_database() AND locktype = 'advisory' AND objid = {TURN} AND granted"
        )
        while not self._over.wait(0.007):
            found = self._connection.execute(asked.encode()).fetchone()
            self._looks += 1
            self._held += found is not None and found[0] != 0

    def share(self) -> float:
        """Of all looks."""
        return self._held / max(1, self._looks)


def _name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def cpu_of_all(parent: int) -> float:
    """Seconds of processor time of a process, its children, and those of its children that have ended (Linux)."""
    fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / 100
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    used = cpu(parent) + ended
    for child in children:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended a moment ago
            used += cpu(int(child))
    return used


def _sizes(server: PostgresServer, side: _Side, place: Path) -> dict[str, float]:
    with server.connect(_name_of(side.url)) as connection:
        asked = "SELECT pg_database_size(current_database()), pg_current_wal_lsn() - '0/0'::pg_lsn"
        ((size, log),) = connection.execute(asked).fetchall()
    journal = sum(file.stat().st_size for file in (place / "network" / "journal").rglob("*"))
    return {"kept": float(str(size)), "log": float(str(log)), "journal": float(journal)}


def _rows(sides: list[_Side], bytes_each: dict[str, float]) -> list[dict[str, object]]:
    one, two = sides
    return [
        *(
            {
                "what": f"processor time of {side.processes} process{'es' * (side.processes > 1)}",
                "value": side.per_message,
                "unit": "ms/message",
                "than": "",
                "database": 1000 * side.database / side.messages,
                "messages": side.messages,
                "rate": side.messages / side.seconds,
                "p99": max(side.p99),
                "turn": 1000 * side.turn / side.messages,
            }
            for side in sides
        ),
        {
            "what": "two processes on one database",
            "value": two.per_message / one.per_message,
            "unit": "times",
            "than": "one",
            "target": "at most 1.25",
        },
        {
            "what": "the same in the database",
            "value": (two.database / two.messages) / (one.database / one.messages),
            "unit": "times",
            "than": "one",
        },
        {
            "what": "kept in the database",
            "value": bytes_each["kept"],
            "unit": "bytes/message",
            "journal": bytes_each["journal"],
        },
        {
            "what": "written to its log by both",
            "value": bytes_each["log"] / 2,
            "unit": "bytes/message",
        },
    ]
