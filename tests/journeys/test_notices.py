"""A subscriber hears of a change from a real gateway, also across a kill; a clinician breaks the glass through it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.demo import person
from gateway.flows.subscription_topics import CONTENT, canonical_of
from tests import strategies

pytestmark = pytest.mark.unmeasured  # others reach the same lines; measured, a gateway starts at half speed

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


class Endpoint:
    """The program's endpoint for notices."""

    def __init__(self, server: HTTPServer) -> None:
        self.status, self.got = 200, list[dict[str, Any]]()
        self.tries = 0
        self.address = server.url_for("/notices/otp")
        server.expect_request("/notices/otp", method="POST").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.tries += 1
        if self.status == 200:
            parameters = json.loads(request.get_data())["entry"][0]["resource"]["parameter"]
            self.got.append({one["name"]: one for one in parameters})
        return Response("", self.status)

    def kinds(self) -> list[str]:
        return [one["type"]["valueCode"] for one in self.got]

    def wait(self, number: int, tries: bool = False) -> None:
        until = time.monotonic() + 90
        while (self.tries if tries else len(self.got)) < number:
            assert time.monotonic() < until, self.kinds()
            time.sleep(0.02)


def register(folder: Path, address: str) -> None:
    """The endpoint, in the program's entry of the network file."""
    file = folder / "network.yaml"
    named = '"client_id": "otp-client"'
    with_endpoint = f'{named}, "subscription_endpoints": ["{address}"]'
    file.write_text(file.read_text().replace(named, with_endpoint))


def plan_with_medicine() -> dict[str, Any]:
    bundle = person.treatment_plan()
    dose = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": bundle["entry"][0]["fullUrl"]},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "6813"}]},
    }
    request = {"method": "POST", "url": "MedicationStatement"}
    full_url = "urn:uuid:55555555-5555-4555-8555-555555555555"
    bundle["entry"].append({"fullUrl": full_url, "resource": dose, "request": request})
    return bundle


@pytest.mark.requirement("SB-01", "P2-51-01", "P2-51-02")
def test_notices_survive_a_kill_and_the_program_hears_of_an_emergency(
    tmp_path: Path, httpserver: HTTPServer, start: Any
) -> None:
    if not strategies.long_run:
        pytest.skip(
            "two starts of a gateway: with --long; the steps are tested without them in tests/gateway/flows"
        )
    endpoint = Endpoint(httpserver)
    register(tmp_path / "network", endpoint.address)
    gateway = start()
    subscription = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "to know at once",
        "criteria": canonical_of("message"),
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint.address,
            "payload": "application/fhir+json",
            "_payload": {"extension": [{"url": CONTENT, "valueCode": "id-only"}]},
        },
    }
    made = gateway.desk("otp").ask("POST", "/Subscription", "TREAT", json=subscription)
    assert made.status_code == 201, made.text
    endpoint.wait(1)
    assert endpoint.kinds() == ["handshake"]

    gateway.refer()
    assert gateway.desk("otp").ask("POST", "", "TREAT", json=plan_with_medicine()).status_code == 200
    npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1990000001"}
    clinician = [
        {"name": "identifier", "valueIdentifier": npi},
        {"name": "name", "valueString": "Dr. Lindqvist"},
    ]
    mrn = {"system": person.MRN_SYSTEM, "value": "770011"}
    asked = [
        {"name": "requestId", "valueString": "ed-2026-0001"},
        {"name": "patient", "valueReference": {"identifier": mrn}},
        {"name": "clinician", "part": clinician},
        {"name": "facility", "valueString": "Emergency department"},
        {"name": "nature", "valueString": "unresponsive"},
        {"name": "consentUnobtainable", "valueBoolean": True},
        {"name": "authentication", "valueCode": "mfa"},
    ]
    parameters = {"resourceType": "Parameters", "parameter": asked}
    endpoint.status, before = 503, endpoint.tries
    hospital = gateway.desk("hospital")
    refused = hospital.ask("POST", "/Patient/$emergency-access", "TREAT", json=parameters)
    assert refused.status_code == 403
    opened = hospital.ask("POST", "/Patient/$emergency-access", "BTG", json=parameters)
    assert opened.status_code == 200, opened.text
    assert "6813" in opened.text and "methadone maintenance" not in opened.text.lower()
    endpoint.wait(before + 1, tries=True)

    gateway.kill()
    endpoint.status = 200
    again = start()
    endpoint.wait(2)
    assert endpoint.kinds() == ["handshake", "event-notification"]
    (event,) = (one["notification-event"]["part"] for one in endpoint.got[1:])
    told = {part["name"]: part for part in event}
    assert told["event-number"]["valueString"] == "1"
    note = str(told["focus"]["valueReference"]["reference"]).partition("/fhir")[2]
    read = again.desk("otp").ask("GET", note, "TREAT")
    assert "unresponsive" in read.text and "Dr. Lindqvist" in read.text
    for secret in ("Lindqvist", "unresponsive", "770011", "6813"):
        assert secret not in again.output()
