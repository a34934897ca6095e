"""Whatever is sent: an answer with an id and an outcome, never a fault of ours, never a value sent back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.fhir_api import incoming
from tests.gateway.fhir_api.conftest import Door

DOOR = Door()
SEGMENTS = st.sampled_from(
    [
        "fhir",
        "CarePlan",
        "Task",
        "Consent",
        "Patient",
        "_search",
        "metadata",
        "oauth",
        "token",
        "t1",
        "_history",
    ]
) | st.text(max_size=6)
NAMES = st.sampled_from(["patient", "_id", "patient.identifier", "identifier", "_format", "x"]) | st.text(
    max_size=4
)
FIELDS = st.sampled_from(
    ["resourceType", "id", "type", "entry", "request", "method", "url", "resource", "status"]
) | st.text(max_size=4)
VALUES = st.sampled_from(
    ["Bundle", "Task", "Consent", "transaction", "POST", "PUT", "Task/t1", "t1"]
) | st.text(max_size=4)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=20,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["content-type", "accept", "prefer", "if-match", "if-none-match", "idempotency-key", "purpose-of-use",
         "content-length", "content-encoding", "authorization"]
    ),
    st.sampled_from(["application/fhir+json", "application/x-www-form-urlencoded", 'W/"3"', "TREAT", "*/*", "5"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=8),
    max_size=3,
)  # fmt: skip


async def ask(
    method: str, path: str, query: bytes, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that no ordinary client would send."""
    usual = {"authorization": f"Bearer {DOOR.token()}", "content-type": "application/fhir+json"}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in {**usual, **headers}.items()],
        "root_path": "",
        "scheme": "http",
        "server": ("gw", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await DOOR.app(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.slow
@settings(max_examples=300)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"]),
    segments=st.lists(SEGMENTS, max_size=4),
    query=st.lists(st.tuples(NAMES, st.text(max_size=6)), max_size=3) | st.binary(max_size=12),
    headers=HEADERS,
    body=TREES.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=30),
)
def test_no_request_makes_a_fault(
    method: str, segments: list[str], query: Any, headers: dict[str, str], body: bytes
) -> None:
    path = "/" + "/".join(segments)
    text = query if isinstance(query, bytes) else "&".join(f"{a}={b}" for a, b in query).encode()
    status, told, content = asyncio.run(ask(method, path, text, headers, body))

    assert status < 500
    assert len(told["x-request-id"]) == 36
    assert bool(content) == ("content-type" in told) or status == 304 or method == "HEAD"
    if status >= 400 and method != "HEAD" and not path.startswith("/oauth"):
        assert json.loads(content)["resourceType"] == "OperationOutcome"


@pytest.mark.requirement("P2-13-02")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    "path", ["/fhir/CANARY", "/fhir/CarePlan/CANARY", "/CANARY", "/fhir/CarePlan/CANARY/x"]
)
def test_nothing_that_was_sent_comes_back_in_an_error(method: str, path: str) -> None:
    body = b'{"resourceType":"CANARY","CANARY":"CANARY"}'
    headers = {"if-match": "CANARY", "prefer": "handling=strict"}
    status, told, content = asyncio.run(ask(method, path, b"patient=CANARY CANARY&CANARY=1", headers, body))

    assert status >= 400
    assert "CANARY" not in content.decode() + json.dumps(told)


def test_a_caller_that_goes_away_is_no_fault_of_ours(capfd: Any) -> None:
    async def go() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [
            (b"authorization", f"Bearer {DOOR.token()}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/fhir",
            "query_string": b"",
            "headers": headers,
            "root_path": "",
        }
        await DOOR.app(scope, receive, send)
        return sent

    assert asyncio.run(go()) == []
    assert "fault" not in capfd.readouterr().err


def test_a_body_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "BODY_SECONDS", 0.05)

    async def go() -> int:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.02)
            return {"type": "http.request", "body": b" ", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [
            (b"authorization", f"Bearer {DOOR.token()}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/fhir",
            "query_string": b"",
            "headers": headers,
            "root_path": "",
        }
        await DOOR.app(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(go()) == 408
