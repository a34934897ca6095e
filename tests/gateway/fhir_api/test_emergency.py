"""The emergency door: what it takes, what it hands on, and how a refusal looks."""

from __future__ import annotations

import json

import pytest

from gateway.errors import NotFound, NotNow
from gateway.flows.emergency import EMERGENCY_TYPES, EmergencyRefused
from tests.gateway.fhir_api.conftest import FLOW_ID, Door

PATH = "/fhir/Patient/$emergency-access"
ASKED = {"resourceType": "Parameters", "parameter": [{"name": "nature", "valueString": "x"}]}


@pytest.mark.requirement("P2-51-01", "SM-02")
def test_it_hands_on_the_request_and_the_types_that_the_token_covers(door: Door) -> None:
    answer = door.post_resource("POST", PATH, ASKED)
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, FLOW_ID)
    assert answer.headers["cache-control"] == "no-store"
    ((what, caller, parameters, types),) = door.flows.asked
    assert (what, caller.partner, parameters) == ("emergency", "otp", ASKED)
    assert types == frozenset(EMERGENCY_TYPES)

    token = door.token("system/Patient.rs system/Condition.r system/Goal.r")
    door.post_resource("POST", PATH, ASKED, token=token)
    assert door.flows.asked[-1][3] == {"Patient", "Condition"}


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(
    ("token", "status"), [(None, 401), ("system/Condition.rs", 403), ("system/Patient.s", 403)]
)
def test_a_token_that_covers_patients_is_needed(door: Door, token: str | None, status: int) -> None:
    asked = None if token is None else door.token(token)
    assert door.post_resource("POST", PATH, ASKED, token=asked).status_code == status
    assert door.flows.asked == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EmergencyRefused("NOT_MEDICAL_PERSONNEL", "your role cannot use this", FLOW_ID), 403, "forbidden"),
        (NotFound("NO_SUCH_RECORD", "in doubt"), 404, "not-found"),
        (NotNow("EMERGENCY_TOO_MANY", "call", retry_after_seconds=600), 429, "throttled"),
    ],
)
def test_a_refusal_is_an_outcome(door: Door, error: BaseException, status: int, code: str) -> None:
    door.flows.raises = error
    answer = door.post_resource("POST", PATH, ASKED)
    issue = json.loads(answer.content)["issue"][0]
    assert (answer.status_code, issue["code"]) == (status, code)
    assert b"in doubt" not in answer.content


@pytest.mark.parametrize("content", [b"[]", b'{"resourceType":"Patient"}', b"{" + b" " * 20_000 + b"}"])
def test_what_is_no_parameters_is_refused(door: Door, content: bytes) -> None:
    assert door.post_resource("POST", PATH, content).status_code in (400, 413, 422)
    assert door.flows.asked == []


def test_it_is_declared(door: Door) -> None:
    statement = door.call("GET", "/fhir/metadata").json()
    (patient,) = (one for one in statement["rest"][0]["resource"] if one["type"] == "Patient")
    (operation,) = (one for one in patient["operation"] if one["name"] == "emergency-access")
    definition = door.call("GET", operation["definition"].removeprefix("https://gateway.test")).json()
    assert definition["description"].startswith("Medical emergency only")
    assert {one["name"] for one in definition["parameter"] if one["min"] == 1} >= {
        "clinician",
        "nature",
        "facility",
    }
