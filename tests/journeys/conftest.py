"""A real gateway process on a network of its own, with a stand-in sink; one for each test."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.demo import person
from gateway.demo.desks import Desk, send_hl7
from gateway.demo.processes import Running, start_gateway
from gateway.partners import read_network
from gateway.wiring.network_folder import make_network_folder
from tests.warm_gateway import start_warm_gateway

MRN = (person.MRN_SYSTEM, "770011")


@dataclass
class Sink:
    """What partners' servers received, and what they answer."""

    address: str
    received: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    status: int = 200

    def answer(self, request: Request) -> Response:
        """Take the Bundle, or turn it away."""
        if self.status == 200:
            self.received.append(json.loads(request.get_data()))
            self.keys.append(request.headers["Idempotency-Key"])
        body = json.dumps({"resourceType": "Bundle", "type": "transaction-response"})
        return Response(body, self.status, content_type="application/fhir+json")

    def wait(self, count: int, seconds: float = 90.0) -> list[dict[str, Any]]:
        """What was received, once it is at least `count`."""
        until = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < until, f"received {len(self.received)} of {count}"
            time.sleep(0.02)
        return self.received


@dataclass
class Gateway:
    """A running gateway, its folder, and desks that speak to it."""

    folder: Path
    process: Running
    base: str
    mllp: str
    client: httpx.Client
    log: Path

    def desk(self, partner: str) -> Desk:
        """A partner's client."""
        return Desk(partner, self.folder, read_network(self.folder), self.base, self.client)

    def refer(self, control_id: str = "ED-1", referral: str = "R-1", addressee: str = "SUNRISE") -> list[str]:
        """Send the hospital's referral; the segments of the answer."""
        return send_hl7(self.mllp, person.referral_message(control_id, referral, addressee, "Reyes^Sol"))

    def consent(self, recipient: str = "otp", **limits: Any) -> str:
        """The hospital records her consent; its id."""
        made = person.consent("hospital", recipient, "TREAT", identifier=MRN, **limits)
        answer = self.desk("hospital").ask("POST", "/Consent", "TREAT", json=made)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.process.process.pid, signal.SIGKILL)
        self.process.process.wait()

    def output(self) -> str:
        """Everything it has logged."""
        return self.log.read_text(encoding="utf-8")


Start = Callable[[], Gateway]


@pytest.fixture
def sink(httpserver: HTTPServer) -> Sink:
    """The place every FHIR partner receives at."""
    made = Sink(httpserver.url_for("/fhir"))
    httpserver.expect_request("/fhir", method="POST").respond_with_handler(made.answer)
    return made


UNMEASURED = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""What tells a child process that its lines are counted; that doubles the time it takes to start."""


@pytest.fixture
def start(
    tmp_path: Path, sink: Sink, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Starts a gateway on the test's network; again after it was killed. Ended with the test."""
    start_one = start_gateway
    if request.node.get_closest_marker("unmeasured"):
        for name in UNMEASURED:
            monkeypatch.delenv(name, raising=False)
        start_one = start_warm_gateway
    folder = tmp_path / "network"
    make_network_folder(folder, sink.address)
    log = tmp_path / "gateway.log"
    running: list[Running] = []
    client = httpx.Client(trust_env=False, timeout=90.0)

    def begin() -> Gateway:
        process, ready = start_one(folder, log)
        running.append(process)
        return Gateway(folder, process, ready["http"], ready["mllp"][0], client, log)

    yield begin
    client.close()
    for process in running:
        process.end()


@pytest.fixture
def gateway(start: Start) -> Gateway:
    """A running gateway."""
    return start()
