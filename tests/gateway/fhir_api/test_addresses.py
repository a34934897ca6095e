"""Addresses are found as the framework would find them, and served with the same answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from gateway.errors import NotFound
from gateway.fhir_api.addresses import Address, Addresses
from gateway.fhir_api.app import _ROUTES

ALL = [Address(path, endpoint, methods, name) for path, endpoint, methods, name in _ROUTES]
PATHS = [
    *(one.path.replace("{type}", "Goal").replace("{id}", "g-1").replace("{version}", "1") for one in ALL),
    *(
        "/fhir/metadata/x",
        "/fhir/Patient/$other",
        "/fhir/Goal/g 1",
        "/fhir/Goal/",
        "/nothing",
        "/fhir/a/b/c/d/e",
    ),
]


async def rest(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for the framework."""
    await PlainTextResponse("the framework")(scope, receive, send)


def scope_of(method: str, path: str, root_path: str = "") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [],
    }


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_the_same_address_is_found_as_by_the_framework(method: str) -> None:
    addresses, found = Addresses(ALL, rest, {}), 0
    for path in PATHS:
        theirs = [(one, *one.matches(scope_of(method, path))) for one in ALL]
        full = next(((one, said["path_params"]) for one, match, said in theirs if match is Match.FULL), None)
        assert addresses._found(scope_of(method, path)) == full, path
        found += full is not None
    assert (found > 0) is (method not in ("OPTIONS", "TRACE"))
    assert addresses._found(scope_of("GET", "/healthz", "/below")) is None


def answer_of(addresses: Addresses, path: str, method: str = "GET") -> bytes:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(addresses(scope_of(method, path), receive, send))
    return b"".join(one.get("body", b"") for one in sent)


def test_what_an_address_raises_becomes_the_answer_of_its_kind_and_the_unforeseen_is_raised_on() -> None:
    async def fails(request: Request) -> Response:
        raise {"a": NotFound("X", "x"), "b": ClientDisconnect(), "c": KeyError("c")}[
            request.path_params["id"]
        ]

    async def of_ours(_request: Request, error: Exception) -> Response:
        return PlainTextResponse(type(error).__name__)

    addresses = Addresses(
        [Address("/x/{id}", fails, ("GET",), "x")], rest, {Exception: of_ours, NotFound: of_ours}
    )

    assert answer_of(addresses, "/x/a") == b"NotFound"
    assert answer_of(addresses, "/x/b") == b"ClientDisconnect"
    assert answer_of(addresses, "/x/b", "HEAD") == b""
    assert answer_of(addresses, "/y/a") == b"the framework"
    with pytest.raises(KeyError):
        answer_of(addresses, "/x/c")
