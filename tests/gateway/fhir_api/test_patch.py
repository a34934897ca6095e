"""JSON Patch through the whole door: what it changes, what it leaves, and what cannot be found out by it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from gateway.flows.status import next_version
from gateway.store import records
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Api

OTP = "otp TREAT"


class Patches:
    """A referral the program has, and its patches."""

    def __init__(self, county: County) -> None:
        self.county, self.api = county, Api(county)
        county.refer()
        self.consent = county.consent()
        county.deliver()

    def ask(self, who: str, path: str, operations: Any, **headers: str) -> httpx.Response:
        given = {"Authorization": who, "Content-Type": "application/json-patch+json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = operations if isinstance(operations, bytes) else json.dumps(operations).encode()
        return asyncio.run(self.api._client.request("PATCH", path, headers=given, content=content))

    def task(self, operations: Any, who: str = OTP, **headers: str) -> httpx.Response:
        return self.ask(who, f"/fhir/Task/{self.county.task().id}", operations, **headers)


@pytest.fixture
def patches(county: County) -> Patches:
    return Patches(county)


def to(status: str) -> dict[str, Any]:
    return {"op": "replace", "path": "/status", "value": status}


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


@pytest.mark.requirement("SD-02")
def test_the_addressee_patches_the_status_of_its_referral(patches: Patches) -> None:
    answer = patches.task([{"op": "test", "path": "/status", "value": "requested"}, to("accepted")])
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    assert patches.county.task().resource["status"] == "accepted"
    read = patches.api.ask(OTP, "GET", f"/fhir/Task/{patches.county.task().id}")
    assert read.headers["etag"] == answer.headers["etag"]
    assert code_of(patches.task([to("requested")])) == "STATUS_JUMP"


def test_a_recorder_patches_its_consent_and_takes_it_back(patches: Patches) -> None:
    path = f"/fhir/Consent/{patches.consent.resource['id']}"
    answer = patches.ask("hospital TREAT", path, [to("inactive")])
    assert (answer.status_code, answer.json()["status"]) == (200, "inactive")
    (held,) = patches.county.records("Consent")
    assert held.resource["status"] == "inactive"
    assert code_of(patches.ask("hospital TREAT", path, [to("active")])) == "CONSENT_ENDED"


def test_a_consent_is_taken_back_whatever_version_her_agency_has_seen(patches: Patches) -> None:
    path = f"/fhir/Consent/{patches.consent.resource['id']}"
    stale = {"If_Match": 'W/"old"'}
    renewed = [{"op": "replace", "path": "/dateTime", "value": "2026-03-02T10:00:00-07:00"}]
    assert patches.ask("hospital TREAT", path, renewed, **stale).status_code == 412
    assert patches.ask("hospital TREAT", path, [to("inactive")], **stale).status_code == 200
    (held,) = patches.county.records("Consent")
    assert held.resource["status"] == "inactive"


def test_if_match_is_the_version_that_was_shown(patches: Patches) -> None:
    tag = patches.api.ask(OTP, "GET", f"/fhir/Task/{patches.county.task().id}").headers["etag"]
    assert patches.task([to("accepted")], If_Match='W/"0"').status_code == 412
    assert patches.county.task().resource["status"] == "requested"
    assert patches.task([to("accepted")], If_Match=tag).status_code == 200
    assert patches.task([to("in-progress")], If_Match=tag).status_code == 412


@pytest.mark.requirement("FH-RED-01")
def test_what_is_hidden_is_neither_told_nor_lost(patches: Patches) -> None:
    county = patches.county
    patches.task([to("accepted")])
    task = county.task()
    secret = {"type": {"text": "note"}, "valueReference": {"reference": "Observation/hidden"}}
    told = {"status": "accepted", "output": [secret]}
    county.write(
        lambda tx: records.save(tx, next_version(county.premises, task, told, "hospital", task.updated_at))
    )
    shown = patches.api.ask(OTP, "GET", f"/fhir/Task/{task.id}").json()
    assert "Observation/hidden" not in json.dumps(shown)  # a reference to what is not shown
    mine = {"type": {"text": "visit"}, "valueString": "done"}
    path = "/output/-" if "output" in shown else "/output"
    value = mine if "output" in shown else [mine]
    answer = patches.task([{"op": "add", "path": path, "value": value}])
    assert answer.status_code == 200, answer.text
    assert "Observation/hidden" not in answer.text
    held = county.task().resource["output"]
    assert secret in held and mine in held
    assert patches.task([to("in-progress")]).status_code == 200
    assert county.task().resource["output"] == held


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_who_may_not_see_it_gets_the_answer_for_nothing(patches: Patches) -> None:
    texts = set()
    for who, path in (
        ("housing COC", f"/fhir/Task/{patches.county.task().id}"),
        ("housing COC", "/fhir/Task/none"),
        ("psychiatry TREAT", f"/fhir/Consent/{patches.consent.resource['id']}"),
    ):
        for operations in ([to("accepted")], [{"op": "test", "path": "/status", "value": "x"}], []):
            answer = patches.ask(who, path, operations)
            texts.add((answer.status_code, answer.text.replace(answer.headers["x-request-id"], "")))
    assert len(texts) == 1
    assert next(iter(texts))[0] == 404


@pytest.mark.parametrize(
    ("operations", "code"),
    [
        ([{"op": "test", "path": "/status", "value": "completed"}], "PATCH_FAILED"),
        ([{"op": "remove", "path": "/nothing"}], "PATCH_FAILED"),
        ([{"op": "replace", "path": "", "value": []}], "PATCH_FAILED"),
        (
            [{"op": "add", "path": "/a", "value": {}}, {"op": "add", "path": "/a/b/c", "value": 1}],
            "PATCH_FAILED",
        ),
        ([{"op": "dance", "path": "/status"}], "PATCH_INVALID"),
        ([{"path": "/status"}], "PATCH_INVALID"),
        (["remove"], "PATCH_INVALID"),
        ({"op": "remove", "path": "/status"}, "PATCH_INVALID"),
        (b'[],"status":"accepted"', "PATCH_INVALID"),
        ([to("accepted")] * 21, "PATCH_INVALID"),
        ([{"op": "replace", "path": "/id", "value": "other"}], "PATCH_INVALID"),
        ([{"op": "replace", "path": "/resourceType", "value": "Goal"}], "PATCH_INVALID"),
        ([to("flying")], ""),
        ([{"op": "add", "path": "/invented", "value": 1}], ""),
        ([{"op": "remove", "path": "/status"}], ""),
        (b'[{"op":"remove","op":"test","path":"/status"}]', ""),
        (b"[" * 5000, ""),
    ],
)
def test_what_does_not_apply_changes_nothing(patches: Patches, operations: Any, code: str) -> None:
    before = patches.county.task()
    answer = patches.task(operations)
    assert answer.status_code in (400, 422), answer.text
    assert not code or code_of(answer) == code
    assert patches.county.task() == before


@pytest.mark.timeout(60)
def test_a_patch_that_doubles_itself_is_stopped(patches: Patches) -> None:
    begin = [{"op": "add", "path": "/x", "value": ["a" * 1000]}]
    double = [{"op": "copy", "from": "/x", "path": "/x/-"}] * 19
    assert code_of(patches.task(begin + double)) == "PATCH_FAILED"


def test_another_kind_of_patch_is_not_taken(patches: Patches) -> None:
    answer = patches.task({"resourceType": "Parameters"}, Content_Type="application/merge-patch+json")
    assert answer.status_code == 415
    assert patches.ask(OTP, "/fhir/Location/x", []).status_code == 405


@pytest.mark.parametrize(
    "media", ["application/json", "application/fhir+json", "application/merge-patch+json"]
)
def test_part_of_a_resource_to_be_merged_is_refused_with_the_ways_that_are_taken(
    patches: Patches, media: str
) -> None:
    """What fhirpy's `patch()` sends: FHIR R4 names no merge patch, and by it a list would be replaced as a whole."""
    answer = patches.task({"status": "accepted"}, Content_Type=media)
    assert (answer.status_code, code_of(answer)) == (415, "MEDIA_TYPE_SENT")
    said = answer.json()["issue"][0]["diagnostics"]
    assert all(one in said for one in ("application/json-patch+json", "Parameters", "PUT"))
