"""Two stores with one past; in the second what an asker may not see changes as well. Every operation answers alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import person
from gateway.flows.bulk_export import write_waiting
from tests.gateway.disclosure.twins import SEEN, Api, Twins, referred, said, twins
from tests.gateway.fhir_api.test_fhirpath_patch import op, parameters, text

pytestmark = pytest.mark.requirement("FH-RED-02", "P2-13-02", "BK-01")
HOUSING, HOSPITAL = "housing COC", "hospital TREAT"
MET = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "step", "valueCode": "first-contact"},
        {"name": "worker", "valueString": "Ana Ruiz"},
        {"name": "at", "valueDateTime": "2026-04-11T14:00:00Z"},
    ],
}
ACCEPT = {"resourceType": "Parameters", "parameter": [{"name": "step", "valueCode": "accept"}]}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    with twins(tmp_path) as made:
        yield made


def asked(two: Twins) -> list[tuple[str, str, str, Any]]:
    """Who asks for what, of a patient whom both have to do with."""
    her, task = two.quiet.patient_id, referred(two.quiet)
    request = task.resource["focus"]["reference"]
    match = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": person.person("urn:asker", "1")}],
    }
    return [
        *((who, "GET", f"/fhir/Patient/{her}/$accounting{law}", None)
          for who in (HOUSING, HOSPITAL) for law in ("", "?law=part2", "?law=hipaa")),
        *((who, "POST", f"/fhir/Patient/{her}/${name}", {"resourceType": "Parameters"})
          for who in (HOUSING, HOSPITAL) for name in ("everything", "shared-plan", "accounting")),
        *((who, "POST", "/fhir/Patient/$match", match) for who in (HOUSING, HOSPITAL, "psychiatry TREAT")),
        *((HOSPITAL, "GET", f"/fhir/Task?patient={her}&{query}", None)
          for query in ("focus:ServiceRequest.status=active", "_elements=status,statusReason", "_summary=text",
                        "_summary=true", "_summary=count", "status=received&_count=0", "status=requested&_count=0",
                        "_include:iterate=Task:focus&_revinclude:iterate=Task:focus")),
        *((HOSPITAL, "GET", f"/fhir/ServiceRequest?patient={her}&_has:Task:focus:{limit}", None)
          for limit in ("status=requested", "status=received", "status:not=requested", "modified=ge2026-01-01")),
        *((HOUSING, "GET", f"/fhir/{query.replace('?', f'?patient={her}&', 1)}", None)
          for query in ("CarePlan?goal.lifecycle-status=active", "CarePlan?goal.description:missing=false",
                        "Goal?_has:CarePlan:goal:status=active", "CarePlan?_elements=title,activity",
                        "Goal?_summary=count", "Task?_count=0&_include=Task:focus", "CarePlan?_summary=true",
                        "CarePlan?_include:iterate=CarePlan:goal&_summary=data")),
        *((HOSPITAL, "GET", f"/fhir/{task.reference}?{part}", None) for part in ("_summary=true", "_elements=status")),
        *((HOSPITAL, "GET", f"/fhir/{task.reference}/_history?_count={count}", None) for count in (1, 2)),
        (HOSPITAL, "POST", f"/fhir/{request}/$handoff", ACCEPT),
        (HOSPITAL, "POST", f"/fhir/{request}/$handoff", MET),
        (HOUSING, "POST", f"/fhir/{request}/$handoff", MET),
        ("psychiatry TREAT", "POST", f"/fhir/{request}/$handoff", MET),
    ]  # fmt: skip


def patch(api: Api, who: str, path: str, operations: list[dict[str, Any]] | dict[str, Any]) -> Any:
    media = "application/json-patch+json" if isinstance(operations, list) else "application/fhir+json"
    headers = {"Authorization": who, "Content-Type": media}
    content = json.dumps(operations).encode()
    return said(asyncio.run(api._client.request("PATCH", path, headers=headers, content=content)))


@pytest.mark.timeout(180)
def test_what_is_hidden_changes_no_byte_of_an_answer(two: Twins) -> None:
    for _ in range(2):
        for who, method, path, body in asked(two):
            two.ask(who, method, path, body)
        two.wait()
        two.change_what_is_hidden(SEEN)
    task = referred(two.quiet).reference
    for operations in (
        [{"op": "test", "path": "/status", "value": "requested"}],
        [{"op": "test", "path": "/status", "value": "received"}],
        [{"op": "replace", "path": "/status", "value": "cancelled"}],
        [{"op": "remove", "path": "/statusReason"}],
        parameters(op("delete", "Task.statusReason.text")),
        parameters(op("replace", "Task.statusReason.text", value=text("x"))),
    ):
        for who in (HOSPITAL, HOUSING):
            quiet, busy = (patch(api, who, f"/fhir/{task}", operations) for api in two.apis)
            assert quiet == busy, (who, operations)


@pytest.mark.timeout(180)
def test_an_export_is_the_same_whatever_is_hidden(two: Twins) -> None:
    two.wait()
    two.change_what_is_hidden(SEEN)
    for who in (HOUSING, HOSPITAL, "psychiatry TREAT"):
        told = []
        for county, api in zip((two.quiet, two.busy), two.apis, strict=True):
            begun = api.ask(who, "GET", "/fhir/Patient/$export", Prefer="respond-async")
            rounds = 0
            while county.run(write_waiting(county.premises)):
                rounds += 1
            status = begun.headers["Content-Location"]
            manifest = api.ask(who, "GET", status)
            files = [one["url"] for part in ("output", "error") for one in manifest.json()[part]]
            answers = [begun, manifest, *(api.ask(who, "GET", url) for url in files)]
            export_id = status.rpartition("/")[2]
            told.append([rounds, *(str(said(one)).replace(export_id, "E") for one in answers)])
        assert told[0] == told[1], who
