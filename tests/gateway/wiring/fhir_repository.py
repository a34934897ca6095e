"""An audit record repository of a test: the FHIR feed of ITI-20 over HTTPS, on this machine, keeping each tag once."""

from __future__ import annotations

import ssl
import time
from collections import deque
from pathlib import Path
from typing import Any

import orjson
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

WAIT_SECONDS = 90


class FhirRepository:
    """Takes batches and single creates. `answers`: what it does with the next requests instead, in order: `lose` (keep,
    and answer 503), `405` (for a batch), or `refuse` (the second event of the batch, with 422).
    """

    def __init__(self, certificate: Path, authorities: Path) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authorities)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(certificate)
        self._server = HTTPServer(ssl_context=context)
        self._server.expect_request("/fhir").respond_with_handler(self._batch)
        self._server.expect_request("/fhir/AuditEvent").respond_with_handler(self._create)
        self._server.start()
        self.base = f"https://127.0.0.1:{self._server.port}/fhir"
        self.answers: deque[str] = deque()
        self.kept: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        """Each attempt at each event, by its tag."""

    def close(self) -> None:
        """Serve no more."""
        if self._server.is_running():
            self._server.stop()

    def wait_for(self, number: int) -> list[str]:
        """The tags kept, in order, once there are so many."""
        until = time.monotonic() + WAIT_SECONDS
        while len(self.kept) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.kept) >= number, f"{len(self.kept)} events came"
        return list(self.kept)

    def _batch(self, request: Request) -> Response:
        word = self.answers.popleft() if self.answers else ""
        if word == "405":
            return Response("", 405)
        told = orjson.loads(request.get_data())
        assert (told["resourceType"], told["type"]) == ("Bundle", "batch")
        statuses = []
        for number, entry in enumerate(told["entry"]):
            assert (entry["request"]["method"], entry["request"]["url"]) == ("POST", "AuditEvent")
            is_bad = word == "refuse" and number == 1
            condition = entry["request"]["ifNoneExist"]
            statuses.append("422" if is_bad else self._keep(entry["resource"], condition))
        if word == "lose":
            return Response("", 503)
        answer = {"resourceType": "Bundle", "type": "batch-response"}
        return Response(orjson.dumps(answer | {"entry": [{"response": {"status": one}} for one in statuses]}))

    def _create(self, request: Request) -> Response:
        status = self._keep(orjson.loads(request.get_data()), request.headers["If-None-Exist"])
        return Response("", int(status[:3]))

    def _keep(self, event: dict[str, Any], condition: str) -> str:
        (tag,) = event["meta"]["tag"]
        assert event["resourceType"] == "AuditEvent" and "id" not in event
        assert condition == f"_tag={tag['system']}|{tag['code']}".replace(":", "%3A").replace("|", "%7C")
        self.asked.append(tag["code"])
        is_new = tag["code"] not in self.kept
        self.kept.setdefault(tag["code"], event)
        return "201 Created" if is_new else "200 OK"
