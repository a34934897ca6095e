"""Consents, task updates and transactions through the door."""

from __future__ import annotations

import json
from typing import Any

import pytest

CONSENT = {"resourceType": "Consent", "status": "active"}
TASK = {"resourceType": "Task", "id": "t1", "status": "accepted", "intent": "order"}


def bundle(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str = "POST", url: str = "CarePlan") -> dict[str, Any]:
    return {"resource": {"resourceType": "CarePlan"}, "request": {"method": method, "url": url}}


def code_of(answer: Any) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


def test_a_created_consent_comes_back_with_its_place_and_version(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", CONSENT)

    assert answer.status_code == 201
    assert answer.headers["location"] == "https://gateway.test/fhir/Consent/k1/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"] == "Sun, 22 Nov 2026 02:00:00 GMT"
    assert answer.json()["id"] == "k1"


def test_the_flow_gets_the_exact_bytes_and_exact_decimals(door: Any) -> None:
    raw = b'{ "resourceType" : "Consent", "x": 1.50 }'
    door.post_resource("POST", "/fhir/Consent", raw)
    _, _, resource, given = door.flows.asked[0]

    assert given == raw
    assert str(resource["x"]) == "1.50"


@pytest.mark.parametrize(
    ("prefer", "kind"), [("return=minimal", None), ("return=OperationOutcome", "OperationOutcome")]
)
def test_the_caller_chooses_what_comes_back(door: Any, prefer: str, kind: str | None) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", CONSENT, headers={"Prefer": prefer})

    assert answer.status_code == 201
    assert (json.loads(answer.content)["resourceType"] if answer.content else None) == kind


def test_a_task_is_updated_against_its_version(door: Any) -> None:
    fine = door.post_resource("PUT", "/fhir/Task/t1", TASK, headers={"If-Match": 'W/"3"'})
    stale = door.post_resource("PUT", "/fhir/Task/t1", TASK, headers={"If-Match": 'W/"2"'})
    broken = door.post_resource("PUT", "/fhir/Task/t1", TASK, headers={"If-Match": 'W/"3", W/"4"'})
    bare = door.post_resource("PUT", "/fhir/Task/t1", TASK, headers={"If-Match": "3"})

    assert (fine.status_code, stale.status_code, broken.status_code) == (200, 412, 400)
    assert door.flows.asked[0][1:][1:] == ("t1", TASK, "3")
    assert bare.status_code == 200, "clients that people use leave the quotes out"
    assert code_of(broken) == "HEADER_INVALID"


@pytest.mark.parametrize("sent", [{**TASK, "id": "t2"}, {"resourceType": "Task"}])
def test_an_update_must_carry_the_id_of_its_address(door: Any, sent: dict[str, Any]) -> None:
    answer = door.post_resource("PUT", "/fhir/Task/t1", sent)

    assert (answer.status_code, code_of(answer)) == (422, "ID_MISMATCH")
    assert door.flows.asked == []


def test_a_transaction_is_answered_entry_by_entry(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir", bundle(entry()), headers={"Idempotency-Key": "m-1"})

    assert answer.json() == {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [
            {
                "response": {
                    "status": "201 Created",
                    "location": "CarePlan/c9/_history/abc",
                    "etag": 'W/"abc"',
                    "lastModified": "2026-11-22T02:00:00.000000Z",
                }
            }
        ],
    }
    assert door.flows.asked[0][4] == "m-1"


def test_a_batch_is_answered_as_a_batch(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir/", bundle(entry(), kind="batch"))

    assert answer.json()["type"] == "batch-response"


@pytest.mark.requirement("SM-02")
def test_each_entry_needs_its_own_scope(door: Any) -> None:
    token = door.token("system/CarePlan.c")
    refused = door.post_resource("POST", "/fhir", bundle(entry(), entry("PUT", "CarePlan/x")), token=token)

    assert (refused.status_code, code_of(refused)) == (403, "SCOPE_MISSING")
    assert door.post_resource("POST", "/fhir", bundle(entry()), token=token).status_code == 200


@pytest.mark.requirement("SM-02")
@pytest.mark.parametrize(("method", "url"), [("POST", "CarePlan"), ("PUT", "CarePlan/x")])
def test_the_scope_is_that_of_what_would_be_saved(door: Any, method: str, url: str) -> None:
    hidden = {**entry(method, url), "resource": CONSENT}
    refused = door.post_resource("POST", "/fhir", bundle(hidden), token=door.token("system/CarePlan.cu"))
    confused = door.post_resource("POST", "/fhir", bundle(hidden))

    assert (refused.status_code, code_of(refused)) == (403, "SCOPE_MISSING")
    assert (confused.status_code, code_of(confused)) == (422, "ENTRY_TYPE_DIFFERS")
    assert door.flows.asked == []


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({**bundle(), "type": ["transaction"]}, 422, "BUNDLE_TYPE"),
        ({**bundle(), "entry": [None]}, 422, "REQUEST_INVALID"),
        (bundle({"resource": {}}), 422, "REQUEST_INVALID"),
        (bundle(entry("POST", "https://elsewhere.test/CarePlan")), 422, "REQUEST_INVALID"),
        (bundle(entry("PATCH")), 422, "ENTRY_METHOD"),
        (bundle(kind="document"), 422, "BUNDLE_TYPE"),
        (CONSENT, 422, "RESOURCE_TYPE_UNEXPECTED"),
    ],
)
def test_a_bundle_that_is_no_transaction_is_refused(door: Any, sent: Any, status: int, code: str) -> None:
    answer = door.post_resource("POST", "/fhir", sent)

    assert (answer.status_code, code_of(answer)) == (status, code)
    assert door.flows.asked == []


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "JSON_INVALID"),
        (b"\xff\xfe", "JSON_TEXT_INVALID"),
        (b"[]", "JSON_NOT_AN_OBJECT"),
        (b'{"resourceType":"Consent","status":"active","status":"draft"}', "JSON_PROPERTY_TWICE"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, "BODY_TOO_LARGE"),
        (b'{"a":' * 1500 + b"1" + b"}" * 1500, "JSON_TOO_DEEP"),
        (b'{"resourceType":"Consent","x":NaN}', "JSON_NUMBER_INVALID"),
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(door: Any, raw: bytes, code: str) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", raw)

    assert 400 <= answer.status_code < 500
    assert code_of(answer) == code
    assert door.flows.asked == []


def test_the_place_of_a_doubled_property_is_named(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", b'{"provision":{"actor":[{"role":1,"role":2}]}}')

    assert answer.json()["issue"][0]["diagnostics"].endswith(" (at $.provision.actor[0].role)")


def test_a_body_over_the_limit_is_refused_also_without_a_stated_length(door: Any) -> None:
    async def parts() -> Any:
        for _ in range(20):
            yield b" " * 1000

    answer = door.call(
        "POST", "/fhir/Consent", content=parts(), headers={"Content-Type": "application/fhir+json"}
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "application/fhir+turtle"}, {"Content-Encoding": "gzip"}, {"Content-Type": ""}],
)
def test_other_media_are_not_taken(door: Any, headers: dict[str, str]) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", CONSENT, headers=headers)

    assert (answer.status_code, code_of(answer)) == (415, "MEDIA_TYPE_SENT")


def test_nothing_is_read_from_a_caller_without_a_token(door: Any) -> None:
    for method, path in (("POST", "/fhir"), ("POST", "/fhir/Consent"), ("PUT", "/fhir/Task/t1")):
        answer = door.post_resource(method, path, b"not json", token=None)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="fhir"'
    other = door.call("GET", "/fhir/CarePlan/c1", token="nonsense")
    assert other.headers["www-authenticate"] == 'Bearer realm="fhir", error="invalid_token"', "RFC 6750, 3"


def test_an_idempotency_key_must_be_short_and_visible(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir", bundle(entry()), headers={"Idempotency-Key": "k" * 256})

    assert (answer.status_code, code_of(answer)) == (400, "HEADER_INVALID")


@pytest.mark.parametrize(
    "condition", ["", "identifier=x", "patient=p1&_count=1", "patient=p1&nothing=served"]
)
def test_a_condition_that_cannot_be_kept_is_refused(door: Any, condition: str) -> None:
    answer = door.post_resource("POST", "/fhir/Consent", CONSENT, headers={"If-None-Exist": condition})

    assert answer.status_code == 400
    assert door.flows.asked == []


def test_a_condition_is_a_search_that_needs_its_scope(door: Any) -> None:
    asked = {"If-None-Exist": "patient=p1&status=active"}
    refused = door.post_resource(
        "POST", "/fhir/Consent", CONSENT, headers=asked, token=door.token("system/Consent.c")
    )
    made = door.post_resource("POST", "/fhir/Consent", CONSENT, headers=asked)

    assert (refused.status_code, made.status_code) == (403, 201)
    (made_under,) = [one[-1] for one in door.flows.asked]
    assert (made_under.patient, [one.values for one in made_under.filters]) == ("p1", [("active",)])


def test_only_what_is_served_can_be_created(door: Any) -> None:
    answer = door.post_resource("POST", "/fhir/Task", {"resourceType": "Task"})

    assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_SERVED")
