"""One running gateway for the clients that agencies use: the county, one referral on its way, and endpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.clock import SystemClock, new_id
from gateway.demo import person
from gateway.demo.desks import Desk
from gateway.demo.processes import Running
from gateway.partners import read_network
from gateway.wiring.network_folder import client_key, make_network_folder
from tests.journeys.conftest import UNMEASURED, Gateway, Sink
from tests.warm_gateway import start_warm_gateway

PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
OTP = (person.OTP_SYSTEM, "OTP-3391")


@dataclass
class County:
    """A running gateway, and what its partners' servers got."""

    gateway: Gateway
    sink: Sink
    told: list[dict[str, Any]] = field(default_factory=list)
    endpoint: str = ""

    @property
    def base(self) -> str:
        """Where the FHIR API is."""
        return f"{self.gateway.base}/fhir"

    def statement(self, partner: str, purpose: str = "TREAT") -> str:
        """What a partner's system signs to get a token; what a client library does not do by itself."""
        network = read_network(self.gateway.folder)
        registered = network.partners[partner].client
        assert registered is not None
        key = client_key(self.gateway.folder, network, partner)
        now = int(SystemClock().now().timestamp())
        claims = {
            "iss": registered.client_id,
            "sub": registered.client_id,
            "aud": f"{self.gateway.base}/oauth/token",
            "exp": now + 240,
            "jti": new_id(),
            "extensions": {"ihe_iua": {"purpose_of_use": [{"system": PURPOSE_SYSTEM, "code": purpose}]}},
        }
        return jwt.encode({"alg": "ES384", "kid": key.kid}, claims, key, algorithms=["ES384"])

    def token(self, partner: str, purpose: str = "TREAT") -> str:
        """A bearer token of a partner."""
        return self.gateway.desk(partner).token(purpose)

    def desk(self, partner: str) -> Desk:
        """A partner's plain client, for what comes before."""
        return self.gateway.desk(partner)

    def referral(self) -> dict[str, str]:
        """The ids of a new referral to the program that was delivered to it, by type, as the program was told them."""
        number = len(self.sink.received) + 1
        self.gateway.refer(f"ED-{number}", f"R-{number}")
        bundle = self.sink.wait(number)[number - 1]
        told: dict[str, str] = {}
        for entry in bundle["entry"]:
            told.setdefault(entry["resource"]["resourceType"], str(entry["resource"]["id"]))
        return told

    def heard(self, kind: str, subscription: str) -> dict[str, Any]:
        """The first notice of a kind that came for a Subscription."""
        until = time.monotonic() + 90
        while True:
            for notice in self.told:
                if (notice["type"], notice["subscription"].rpartition("/")[2]) == (kind, subscription):
                    return notice
            assert time.monotonic() < until, (kind, self.told)
            time.sleep(0.02)

    def keep_notice(self, request: Request) -> Response:
        """What an endpoint for notices does."""
        parameters = json.loads(request.get_data())["entry"][0]["resource"]["parameter"]
        named = {one["name"]: one for one in parameters}
        self.told.append(
            {
                "type": named["type"]["valueCode"],
                "subscription": named["subscription"]["valueReference"]["reference"],
                "events": [one["part"] for one in parameters if one["name"] == "notification-event"],
            }
        )
        return Response("", 200)


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """The running gateway; she permits the hospital to refer her to the program, and all know her."""
    path = tmp_path_factory.mktemp("fhir-clients")
    with pytest.MonkeyPatch.context() as patch, HTTPServer(host="127.0.0.1") as server:
        for name in UNMEASURED:
            patch.delenv(name, raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1")
        sink = Sink(server.url_for("/fhir"))
        server.expect_request("/fhir", method="POST").respond_with_handler(sink.answer)
        folder = path / "network"
        make_network_folder(folder, sink.address)
        endpoint = server.url_for("/notices")
        _register(folder, endpoint)
        log = path / "gateway.log"
        running, ready = start_warm_gateway(folder, log)
        try:
            with httpx.Client(trust_env=False, timeout=90.0) as client:
                yield _opened(running, ready, folder, log, client, sink, server, endpoint)
        finally:
            running.end()


def _opened(
    running: Running,
    ready: dict[str, Any],
    folder: Path,
    log: Path,
    client: httpx.Client,
    sink: Sink,
    server: HTTPServer,
    endpoint: str,
) -> County:
    gateway = Gateway(folder, running, ready["http"], ready["mllp"][0], client, log)
    county = County(gateway, sink, endpoint=endpoint)
    server.expect_request("/notices", method="POST").respond_with_handler(county.keep_notice)
    gateway.consent()
    county.referral()
    assert county.desk("housing").ask("POST", "", "COC", json=person.housing_client()).status_code == 200
    return county


def _register(folder: Path, endpoint: str) -> None:
    """The endpoint, in the program's entry of the network file."""
    file = folder / "network.yaml"
    named = '"client_id": "otp-client"'
    file.write_text(file.read_text().replace(named, f'{named}, "subscription_endpoints": ["{endpoint}"]'))
