"""`handoff serve --workers 2` on a real database; one of the two is killed under load."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from gateway.demo.processes import Running
from gateway.wiring.looking import reading
from tests import strategies
from tests.bench.forward import referral_template
from tests.faults.hospital import Hospital
from tests.faults.killing import Scene, drain, told_of
from tests.faults.ledgers import broken_laws
from tests.postgres_server import PostgresServer
from tests.warm_gateway import start_warm_gateway

_MESSAGES, _PATIENTS = 400, 8


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.unmeasured
@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_two_workers_serve_one_network_and_nothing_is_lost(tmp_path: Path, postgres: PostgresServer) -> None:
    if not strategies.long_run:
        pytest.skip("starts a database and three processes: --long")
    url = postgres.url(postgres.new_database())

    def start(folder: Path, log: Path) -> tuple[Running, dict[str, object]]:
        return start_warm_gateway(folder, log, url, "--workers", "2")

    scene = Scene(tmp_path, start, store=url)
    partner = scene.open()
    try:
        scene.start()
        scene.permit(_PATIENTS)
        hospital = Hospital(referral_template(), lambda: scene.port, _MESSAGES, _PATIENTS)
        hospital.start()
        assert scene.gateway is not None
        parent = scene.gateway.process.pid
        first = _children(parent)
        assert len(first) == 2
        with reading(scene.network, url) as (_, view):
            (lease,) = view.rows("processes.keeper", {"id": ""})
        assert (lease["number"], lease["kept"]) == (2, 1), "both are there, and one keeps house"
        os.kill(first[0], signal.SIGKILL)
        assert hospital.wait(90)
        drain(scene, hospital, 90)
        assert len(_children(parent)) == 2, "the parent has put another in its place"
        assert scene.gateway.end() == 0
        assert broken_laws(told_of(scene, hospital)) == []
    finally:
        if scene.gateway is not None and scene.gateway.process.poll() is None:
            scene.kill()
        partner.end()
