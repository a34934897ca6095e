"""A database with a synchronous standby: its primary is killed under load, the standby promoted, and the laws hold.

python -m tests.faults.killing --messages 600 --failover
python -m tests.faults.killing --messages 600 --stopped 60: one server alone, away for so long, as in a crash

The gateways know both servers by one URL (`target_session_attrs=read-write`) and are not touched: whatever was
acknowledged was on both, so it is all there, and they go on by themselves.
"""

from __future__ import annotations

import contextlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from gateway.demo.processes import Running
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import WITHDRAWING, Scene, begin, drain, told_of
from tests.faults.ledgers import broken_laws, delivered
from tests.postgres_server import PostgresServer

_START_SECONDS, _STANDBY_SECONDS = 90.0, 60.0
_REPLICATES = {"wal_level": "replica", "max_wal_senders": "4", "fsync": "on", "full_page_writes": "on"}
_SYNCHRONOUS = {**_REPLICATES, "synchronous_standby_names": "*", "synchronous_commit": "on"}
_DATABASE = "postgres"


class Pair:
    """A primary, and a standby that has whatever the primary says is committed."""

    def __init__(self) -> None:
        self.primary = PostgresServer(_SYNCHRONOUS)
        self.standby = PostgresServer(_REPLICATES, standby_of=self.primary)
        until = time.monotonic() + _STANDBY_SECONDS
        while not self._is_synchronous():
            if time.monotonic() > until:
                raise RuntimeError("the standby does not follow")
            time.sleep(0.05)

    @property
    def url(self) -> str:
        """The store, on whichever of the two may be written to."""
        hosts = f"{self.primary.folder},{self.standby.folder}"
        return f"postgresql://handoff@/{_DATABASE}?host={hosts}&target_session_attrs=read-write"

    def lose_primary(self) -> None:
        """As the power goes, and never again: what it had and the standby had not is gone."""
        self.primary.stop(signal.SIGKILL)
        # Its children notice within a moment; until then one of them could still be asked.
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                with self.primary.connect(_DATABASE):
                    time.sleep(0.02)

    def promote(self) -> None:
        """Make the standby the server that is written to."""
        with self.standby.connect(_DATABASE) as connection:
            connection.execute("SELECT pg_promote(true, 60)")

    def end(self) -> None:
        """Stop both and take them away."""
        self.standby.end()
        self.primary.end()

    def _is_synchronous(self) -> bool:
        with self.primary.connect(_DATABASE) as connection:
            asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
            return connection.execute(asked).fetchone() == (1,)


class Alone:
    """One server that is away for a while."""

    def __init__(self, seconds: float) -> None:
        self._server, self._seconds = PostgresServer({"fsync": "on", "full_page_writes": "on"}), seconds

    @property
    def url(self) -> str:
        """The store on it."""
        return self._server.url(_DATABASE)

    def lose_primary(self) -> None:
        """As in a crash."""
        self._server.stop(signal.SIGQUIT)

    def promote(self) -> None:
        """Start it again, later."""
        time.sleep(self._seconds)
        self._server.start()

    def end(self) -> None:
        """Stop it and take it away."""
        self._server.end()


@contextlib.contextmanager
def _between(made: Pair | Alone) -> Iterator[Pair | Alone]:
    """The servers between `with` and its end."""
    try:
        yield made
    finally:
        made.end()


def start_on(store: str, workers: int = 1) -> Any:
    """How to start a gateway on that store."""

    def start(folder: Path, log: Path) -> tuple[Running, dict[str, Any]]:
        command = [sys.executable, "-m", "gateway", "serve", "--network", str(folder), "--store", store]
        command += ["--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0"]
        gateway = begin([*command, *(["--workers", str(workers)] if workers > 1 else [])], log)
        return gateway, gateway.wait_for("ready", _START_SECONDS)

    return start


def run(
    messages: int,
    seed: int,
    workers: int = 1,
    patients: int = 32,
    drain_seconds: float = 400.0,
    stopped_seconds: float = 0.0,
) -> dict[str, Any]:
    """One story in which the primary dies halfway; what was seen, and `broken`: every law that did not hold.

    With `stopped_seconds` there is no other: it comes back after so long.
    """
    chance = random.Random(seed)
    made = Alone(stopped_seconds) if stopped_seconds else Pair()
    with _between(made) as servers, tempfile.TemporaryDirectory(prefix="handoff-failover-") as place:
        scene = Scene(Path(place), start_on(servers.url, workers), store=servers.url)
        partner = scene.open()
        try:
            scene.start()
            scene.permit(patients)
            hospital = Hospital(referral_template(), lambda: scene.port, messages, patients)
            hospital.start()
            _until(hospital, chance.randint(messages // 4, messages // 2))
            scene.withdraw(WITHDRAWING)
            _until(hospital, messages // 2)
            before = len(hospital.accepted)
            servers.lose_primary()
            lost_at = time.time()
            time.sleep(chance.uniform(0.2, 1.5))
            servers.promote()
            promoted_at = time.time()
            all_accepted = hospital.wait(drain_seconds)
            drain(scene, hospital, drain_seconds)
            code = scene.gateway.end() if scene.gateway else None
        finally:
            if scene.gateway is not None and scene.gateway.process.poll() is None:
                scene.kill()
            partner.end()
        told = told_of(scene, hospital)
        after = [at for at in hospital.accepted.values() if at > promoted_at]
        lost = [] if all_accepted else ["the hospital could not hand over everything"]
        return {
            "seed": seed,
            "messages": messages,
            "workers": workers,
            "accepted before the primary died": before,
            "accepted after the promotion": len(after),
            "seconds without a server": round(promoted_at - lost_at, 2),
            "seconds from promotion to the first accepted": round(min(after, default=0) - promoted_at, 2),
            "sent again": hospital.sent_again,
            "requests the partner saw": len(told.received),
            "referrals that arrived": len(delivered(told.received)),
            "exit code": code,
            "broken": lost + ([] if after else ["nothing was accepted afterwards"]) + broken_laws(told),
        }


def _until(hospital: Hospital, accepted: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while len(hospital.accepted) < accepted and time.monotonic() < until:
        time.sleep(0.01)
