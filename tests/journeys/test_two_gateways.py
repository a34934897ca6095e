"""Two gateways on one PostgreSQL: what one accepts the other may deliver, what one leaves behind the other takes up."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.settings import environment_without_settings
from gateway.wiring.network_folder import make_network_folder
from tests import strategies
from tests.journeys.conftest import UNMEASURED, Gateway, Sink
from tests.postgres_server import running
from tests.warm_gateway import start_warm_gateway


@dataclass
class Shared:
    """A network whose gateways share a database; `begin` starts one more of them."""

    folder: Path
    url: str
    begin: Callable[[], Gateway]


@pytest.fixture
def shared(tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    """A network with a database of its own and no gateway yet."""
    for name in UNMEASURED:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "network"
    make_network_folder(folder, sink.address)
    started: list[Gateway] = []
    with running() as server, httpx.Client(trust_env=False, timeout=90.0) as client:
        url = server.url(server.new_database())

        def begin() -> Gateway:
            log = tmp_path / f"gateway-{len(started)}.log"
            process, ready = start_warm_gateway(folder, log, url)
            started.append(Gateway(folder, process, ready["http"], ready["mllp"][0], client, log))
            return started[-1]

        yield Shared(folder, url, begin)
        for one in started:
            one.process.end()


@pytest.mark.unmeasured
def test_two_gateways_serve_one_network_and_one_goes_on_alone(shared: Shared, sink: Sink) -> None:
    first, second = shared.begin(), shared.begin()
    first.consent()
    second.refer("ED-1", "R-1")
    first.refer("ED-2", "R-2")
    sink.wait(2)
    assert first.refer("ED-1", "R-1")[1].startswith("MSA|AA|ED-1")
    first.kill()
    second.refer("ED-3", "R-3")
    sink.wait(3)
    assert len(sink.received) == 3
    assert second.process.end() == 0
    command = [
        sys.executable,
        "-m",
        "gateway",
        "audit",
        "verify",
        "--network",
        str(shared.folder),
        "--store",
        shared.url,
    ]
    verified = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment_without_settings()
    )
    assert "audit log intact" in verified.stdout, verified.stderr


@pytest.mark.unmeasured
def test_what_a_killed_gateway_was_sending_is_sent_again_by_the_other(
    shared: Shared, sink: Sink, httpserver: HTTPServer
) -> None:
    if not strategies.long_run:
        pytest.skip("waits until a gateway was silent for 15 seconds: --long")
    first = shared.begin()
    first.consent()
    came, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Response:
        came.set()
        go_on.wait(90)
        return sink.answer(request)

    httpserver.clear()
    httpserver.expect_request("/fhir", method="POST").respond_with_handler(slow)
    first.refer("ED-1", "R-1")
    assert came.wait(90)
    second = shared.begin()
    first.kill()
    go_on.set()
    sink.wait(2)
    assert len(set(sink.keys)) == 1, "the same key tells the partner that it is a repeat"
    assert second.process.end() == 0
