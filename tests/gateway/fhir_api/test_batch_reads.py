"""Reads and searches in a batch: each is asked, decided and logged as by itself."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from gateway.fhir_api import batch_reads
from gateway.fhir_api.batch_reads import REQUEST_ID
from gateway.fhir_api.client_rates import ClientRates
from gateway.resources.xml_reading import read_fhir
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Api
from tests.gateway.fhir_api.conftest import BASE, FLOW_ID


def batch(*urls: Any, kind: str = "batch") -> dict[str, Any]:
    asked = [one if isinstance(one, dict) else {"method": "GET", "url": one} for one in urls]
    return {"resourceType": "Bundle", "type": kind, "entry": [{"request": one} for one in asked]}


def code_of(outcome: dict[str, Any]) -> str:
    return str(outcome["issue"][0]["details"]["coding"][0]["code"])


def ids_of(answer: Any) -> list[str]:
    found = []
    for entry in answer["entry"]:
        (one,) = entry["response"]["extension"]
        assert one["url"] == REQUEST_ID
        found.append(one["valueString"])
    return found


def test_each_entry_is_answered_as_the_request_that_it_is(door: Any) -> None:
    known = {"method": "GET", "url": "CarePlan/c1", "ifNoneMatch": 'W/"3"'}
    sent = batch(
        "CarePlan/c1",
        "CarePlan/unknown",
        known,
        f"{BASE}/fhir/Goal?patient=p1&description=a%20b",
        "CarePlan/c1/_history",
        "Goal?patient.identifier=urn:x|1",
        "bulk-status/1",
        "Nonsense/c1",
    )
    answer = door.post_resource("POST", "/fhir", sent)

    assert (answer.status_code, answer.json()["type"]) == (200, "batch-response")
    read, nothing, same, search, history, by_number, no_door, no_type = answer.json()["entry"]
    assert read["resource"] == {"resourceType": "CarePlan", "id": "c1"}
    assert read["response"]["status"] == "200 OK"
    assert read["response"]["etag"] == 'W/"3"'
    assert read["response"]["lastModified"] == "2026-11-21T10:00:00.000000Z"
    assert (nothing["response"]["status"], "resource" in nothing) == ("404 Not Found", False)
    assert code_of(nothing["response"]["outcome"]) == "NO_SUCH_RECORD"
    assert (same["response"]["status"], "resource" in same) == ("304 Not Modified", False)
    assert (search["resource"]["type"], history["resource"]["type"]) == ("searchset", "history")
    assert by_number["response"]["status"] == "400 Bad Request"
    assert code_of(by_number["response"]["outcome"]) == "SEARCH_BY_POST"
    assert no_door["response"]["status"] == no_type["response"]["status"] == "404 Not Found"
    assert code_of(no_type["response"]["outcome"]) == "TYPE_NOT_SERVED"
    assert [one[0] for one in door.flows.asked] == ["read", "read", "read", "search", "history", "read"]
    ids = ids_of(answer.json())
    assert ids[0] == FLOW_ID and ids[1] in nothing["response"]["outcome"]["issue"][0]["details"]["text"]


@pytest.mark.requirement("SM-02", "SM-03")
def test_scope_purpose_and_rate_are_those_of_each_entry(
    door: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    token, sent = door.token("system/CarePlan.r"), batch("CarePlan/c1", "Goal?patient=p1", "bulk-status/1")
    answer = door.post_resource("POST", "/fhir", sent, token=token).json()
    fine, refused, _ = answer["entry"]
    assert fine["response"]["status"] == "200 OK"
    assert code_of(refused["response"]["outcome"]) == "SCOPE_MISSING"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [tuple(one.get(k) for k in ("request_id", "door", "method", "status", "code")) for one in lines]
    first, second, third = ids_of(answer)
    assert told[:3] == [
        (first, "instance", "get", 200, None),
        (second, "type", "get", 403, "SCOPE_MISSING"),
        (third, "none", "get", 404, "NO_SUCH_ADDRESS"),
    ], "a monitor sees what was refused in a batch, too"
    counted = door.call("GET", "/metrics", token=None).text
    assert 'handoff_http_requests_total{door="type",method="GET",status="403"} 1.0' in counted
    assert door.post_resource("POST", "/fhir", sent, token=None).status_code == 401
    other = door.post_resource("POST", "/fhir", sent, headers={"Purpose-Of-Use": "HPAYMT"})
    assert (other.status_code, len(door.flows.asked)) == (403, 1)

    object.__setattr__(door.desk, "rates", ClientRates(1))
    statuses = [
        entry["response"]["status"][:3]
        for entry in door.post_resource("POST", "/fhir", batch(*["CarePlan/c1"] * 20)).json()["entry"]
    ]
    assert statuses[-1] == "429" and "200" in statuses


def test_what_finds_no_room_is_not_asked(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty times all of somebody's papers is more than a machine holds."""
    monkeypatch.setattr(batch_reads, "_ROOM", 50)
    answer = door.post_resource("POST", "/fhir", batch(*["CarePlan/c1"] * 3))

    statuses = [entry["response"]["status"] for entry in answer.json()["entry"]]
    assert statuses[:2] == ["200 OK"] * 2 and statuses[2].startswith("413 ")
    assert code_of(answer.json()["entry"][2]["response"]["outcome"]) == "BATCH_TOO_LARGE"
    assert len(door.flows.asked) == 2


@pytest.mark.parametrize("at_once", [32_768, 10])
def test_in_xml_the_same_is_told_and_what_is_long_is_read_beside_the_loop(
    door: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    on_loop = []

    def read(content: bytes) -> dict[str, Any]:
        with suppress(RuntimeError):
            on_loop.append(asyncio.get_running_loop())
        return read_fhir(content)

    monkeypatch.setattr(batch_reads, "_AT_ONCE", at_once)
    monkeypatch.setattr(batch_reads, "read_fhir", read)
    sent, xml = batch("CarePlan/c1", "CarePlan/unknown"), {"Accept": "application/fhir+xml"}
    answer = door.post_resource("POST", "/fhir", sent, headers=xml)
    assert len(on_loop) == (2 if at_once > 10 else 0)

    found = read_fhir(answer.content)
    assert answer.headers["content-type"].startswith("application/fhir+xml")
    assert found["entry"][0]["resource"] == {"resourceType": "CarePlan", "id": "c1"}
    assert code_of(found["entry"][1]["response"]["outcome"]) == "NO_SUCH_RECORD"


@pytest.mark.parametrize(
    ("sent", "code", "place"),
    [
        (batch("CarePlan/c1", kind="transaction"), "ENTRY_METHOD", "Bundle.entry[0].request.method"),
        (
            batch({"method": "POST", "url": "Goal"}, "Goal/1"),
            "ENTRY_METHOD",
            "Bundle.entry[1].request.method",
        ),
        (batch(*["CarePlan/c1"] * 21), "ENTRY_COUNT", "Bundle.entry"),
        (batch("CarePlan/c1", {"method": "GET", "url": 1}), "REQUEST_INVALID", "Bundle.entry[1].request"),
        (batch("CarePlan/c1?_format=xml"), "PARAMETER_UNKNOWN", "Bundle.entry[0].request.url"),
    ],
)
def test_what_no_batch_of_reads_may_hold(door: Any, sent: Any, code: str, place: str) -> None:
    answer = door.post_resource("POST", "/fhir", sent)

    assert answer.json()["issue"][0]["expression"] == [place]
    assert code_of(answer.json()) == code
    assert door.flows.asked == []


@pytest.mark.requirement("AU-03")
def test_each_entry_has_its_own_entry_in_the_log(county: County) -> None:
    county.share_plan()
    (plan,) = county.records("CarePlan")
    sent = batch(f"CarePlan/{plan.id}", f"Goal?patient={county.patient_id}", "CarePlan/unknown", "metadata")
    api = Api(county)
    answer = api.ask("otp TREAT", "POST", "/fhir", sent).json()

    read, searched, _, described = answer["entry"]
    assert read["resource"]["id"] == plan.id and described["resource"]["kind"] == "instance"
    assert {one["resource"]["resourceType"] for one in searched["resource"]["entry"]} >= {"Goal"}
    logged = {one.row.request_id: one.row.kind for one in county.audit()}
    ids = ids_of(answer)
    assert [logged.get(one) for one in ids] == ["read", "query", None, None]
    told = api.ask("otp TREAT", "GET", f"/fhir/AuditEvent/{ids[1]}").json()
    assert (told["resourceType"], told["id"]) == ("AuditEvent", ids[1])
