"""Handing a Bundle to a partner over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gateway.clock import FixedClock
from gateway.delivery.http_push import HttpTimeouts, open_transport, push_bundle
from gateway.delivery.outcome import DeliveryOutcome
from tests.gateway.certificates import authority, issued

pytestmark = pytest.mark.timeout(180)

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
BUNDLE = b'{"resourceType":"Bundle","type":"transaction","entry":[{"canary":"Canary"}]}'
LONG = HttpTimeouts(connect=30.0, attempt=30.0)
SHORT = HttpTimeouts(connect=30.0, attempt=1.5)
Step = bytes | float | None


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return ("127.0.0.1", 0)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def push(
    client: httpx.AsyncBaseTransport,
    url: str,
    check: Callable[[], Awaitable[bool]] = yes,
    times: HttpTimeouts = LONG,
) -> DeliveryOutcome:
    return await push_bundle(client, url, BUNDLE, "release-1", times, check, clock=FixedClock(AT))


def run(scene: Callable[[httpx.AsyncBaseTransport], Coroutine[Any, Any, Any]]) -> Any:
    async def with_client() -> Any:
        async with open_transport() as client:
            return await scene(client)

    return asyncio.run(with_client())


class Partner:
    """A partner at the level of sockets: writes the steps it is told to once it has read so many bytes."""

    def __init__(self, *steps: Step, wait_for: bytes = b"Canary") -> None:
        self._steps = steps
        self._wait_for = wait_for
        self.seen = b""
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mine = b""
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while self._wait_for not in mine and (piece := await reader.read(65536)):
                mine += piece
                self.seen += piece
            for step in self._steps:
                if step is None:
                    writer.transport.abort()
                elif isinstance(step, bytes):
                    writer.write(step)
                    await writer.drain()
                else:
                    await asyncio.sleep(step)
            self.seen += await reader.read(65536)
        writer.close()


def met(
    partner: Partner, check: Callable[[], Awaitable[bool]] = yes, times: HttpTimeouts = LONG
) -> DeliveryOutcome:
    async def scene(client: httpx.AsyncBaseTransport) -> DeliveryOutcome:
        server = await asyncio.start_server(partner.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await push(client, f"http://127.0.0.1:{port}/fhir", check, times)
        finally:
            await asyncio.sleep(0.05)
            server.close()

    outcome: DeliveryOutcome = run(scene)
    return outcome


def test_bundle_is_posted_once_with_its_key(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/fhir", method="POST").respond_with_json({}, status=200)
    outcome = run(lambda client: push(client, httpserver.url_for("/fhir")))
    assert outcome == DeliveryOutcome("delivered", "HTTP_200")
    ((request, _),) = httpserver.log
    assert request.data == BUNDLE
    assert request.headers["Content-Type"] == "application/fhir+json"
    assert request.headers["Idempotency-Key"] == "release-1"
    assert request.headers["Content-Length"] == str(len(BUNDLE))
    assert "Transfer-Encoding" not in request.headers
    assert "Canary" not in request.url


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, "delivered"), (201, "delivered"), (202, "delivered"), (204, "delivered")]
    + [(status, "refused") for status in (301, 302, 303, 307, 308)]
    + [(status, "refused") for status in (400, 403, 404, 405, 410, 412, 413, 415, 422, 501)]
    + [(status, "retry") for status in (401, 408, 409, 425, 429, 500, 502, 503, 507)]
    + [(status, "unknown") for status in (504, 522, 599)],
)
def test_status_decides_the_outcome(httpserver: HTTPServer, status: int, kind: str) -> None:
    away = {"Location": httpserver.url_for("/elsewhere")} if 300 <= status < 400 else {}
    httpserver.expect_request("/fhir").respond_with_data(b"", status=status, headers=away)
    outcome = run(lambda client: push(client, httpserver.url_for("/fhir")))
    assert (outcome.kind, outcome.code) == (kind, f"HTTP_{status}")
    assert [request.path for request, _ in httpserver.log] == ["/fhir"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (format_datetime(AT + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(AT - timedelta(seconds=90), usegmt=True), 0.0),
        ("99999999999999999999", 86400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_honoured_within_a_day(
    httpserver: HTTPServer, value: str, seconds: float | None
) -> None:
    httpserver.expect_request("/fhir").respond_with_data(b"", status=503, headers={"Retry-After": value})
    outcome = run(lambda client: push(client, httpserver.url_for("/fhir")))
    assert outcome == DeliveryOutcome("retry", "HTTP_503", "", seconds)


def test_refusal_tells_nothing_of_the_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/fhir").respond_with_json({"text": "Canary"}, status=422)
    assert "Canary" not in repr(run(lambda client: push(client, httpserver.url_for("/fhir"))))


def test_nobody_listening_is_retried_later_without_asking() -> None:
    async def never() -> bool:
        raise AssertionError("asked without a connection")

    outcome = run(lambda client: push(client, "http://127.0.0.1:1/fhir", never))
    assert outcome == DeliveryOutcome("retry", "CONNECT_FAILED")


@pytest.mark.slow
def test_connecting_is_tried_again_within_the_attempt() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def scene(client: httpx.AsyncBaseTransport) -> DeliveryOutcome:
        server = await asyncio.start_server(partner.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        attempt = asyncio.ensure_future(push(client, f"http://127.0.0.1:{port}/fhir"))
        await asyncio.sleep(0.01)
        server = await asyncio.start_server(partner.serve, "127.0.0.1", port)
        try:
            return await attempt
        finally:
            server.close()

    outcomes = {run(scene).kind for _ in range(5)}
    assert "delivered" in outcomes


@pytest.mark.slow
def test_no_answer_after_the_body_leaves_it_unknown() -> None:
    assert met(Partner(60.0), times=SHORT) == DeliveryOutcome("unknown", "ATTEMPT_TIMEOUT")


def test_connection_that_breaks_after_the_body_leaves_it_unknown() -> None:
    partner = Partner(None)
    assert met(partner) == DeliveryOutcome("unknown", "CONNECTION_LOST")
    assert partner.connections == 1


def test_answer_that_is_no_http_leaves_it_unknown() -> None:
    assert met(Partner(b"MSH|^~\\&|junk\r\n\r\n")).kind == "unknown"


@pytest.mark.slow
def test_status_counts_even_when_the_rest_of_the_answer_never_comes() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{"
    assert met(Partner(head, 60.0), times=SHORT) == DeliveryOutcome("delivered", "HTTP_201")
    assert met(Partner(head, None)) == DeliveryOutcome("delivered", "HTTP_201")


def test_endless_answer_is_cut_off() -> None:
    flood = [b"x" * 65536] * 200
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", *flood, 60.0)
    began = time.monotonic()
    assert met(partner) == DeliveryOutcome("delivered", "HTTP_200")
    assert time.monotonic() - began < 29


def test_check_that_says_no_lets_no_byte_of_the_body_leave() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert met(partner, no) == DeliveryOutcome("aborted", "CHECK_SAID_NO")
    assert b"resourceType" not in partner.seen
    assert partner.connections == 1


def test_check_is_asked_on_an_open_connection_before_the_body() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    seen: list[tuple[int, bool]] = []

    async def check() -> bool:
        await asyncio.sleep(0.05)
        seen.append((partner.connections, b"resourceType" in partner.seen))
        return True

    assert met(partner, check).kind == "delivered"
    assert seen == [(1, False)]


def test_trouble_of_the_check_comes_out_with_nothing_sent() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def broken() -> bool:
        raise KeyError("store")

    with pytest.raises(KeyError):
        met(partner, broken)
    assert b"resourceType" not in partner.seen


@pytest.mark.slow
def test_slow_check_ends_with_the_attempt_and_nothing_is_sent_later() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def slow() -> bool:
        await asyncio.sleep(1.6)
        return True

    assert met(partner, slow, SHORT) == DeliveryOutcome("retry", "ATTEMPT_TIMEOUT")
    time.sleep(0.2)
    assert b"resourceType" not in partner.seen


def test_success_said_before_the_body_left_counts_for_nothing() -> None:
    partner = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0.3, wait_for=b"")

    async def slow() -> bool:
        await asyncio.sleep(0.2)
        return False

    assert met(partner, slow).kind in {"retry", "aborted"}
    assert b"resourceType" not in partner.seen


def test_connection_is_used_again() -> None:
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        seen = b""
        while piece := await reader.read(65536):
            seen += piece
            if b"Canary" in seen:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                seen = b""
        writer.close()

    async def scene(client: httpx.AsyncBaseTransport) -> list[DeliveryOutcome]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir"
        outcomes = [await push(client, url) for _ in range(3)]
        server.close()
        return outcomes

    assert [outcome.kind for outcome in run(scene)] == ["delivered"] * 3
    assert len(connections) == 1


def test_cookies_of_a_partner_are_not_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/fhir").respond_with_data(b"", headers={"Set-Cookie": "who=knows; Path=/"})

    async def scene(client: httpx.AsyncBaseTransport) -> None:
        for _ in range(2):
            await push(client, httpserver.url_for("/fhir"))

    run(scene)
    assert [request.headers.get("Cookie") for request, _ in httpserver.log] == [None, None]


def test_proxies_of_the_environment_are_not_used(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    httpserver.expect_request("/fhir").respond_with_data(b"")
    assert run(lambda client: push(client, httpserver.url_for("/fhir"))).kind == "delivered"


def test_slow_partner_does_not_hold_up_another(httpserver: HTTPServer) -> None:
    release = threading.Event()

    def slow(_request: Request) -> Response:
        release.wait(60)
        return Response(b"", 200)

    httpserver.expect_request("/fhir").respond_with_handler(slow)
    quick = Partner(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def scene(client: httpx.AsyncBaseTransport) -> tuple[DeliveryOutcome, DeliveryOutcome]:
        server = await asyncio.start_server(quick.serve, "127.0.0.1", 0)
        held = asyncio.ensure_future(push(client, httpserver.url_for("/fhir")))
        await asyncio.sleep(0.05)
        first = await push(client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir")
        assert not held.done()
        release.set()
        server.close()
        return first, await held

    assert [outcome.kind for outcome in run(scene)] == ["delivered", "delivered"]


def test_a_server_that_no_authority_of_this_machine_vouches_for_gets_nothing(tmp_path: Path) -> None:
    partner, of_nobody = Partner(b"HTTP/1.1 200 OK\r\n\r\n"), authority(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(issued(tmp_path, "server", of_nobody).file)
    trusting = ssl.create_default_context(cafile=of_nobody.file)

    async def scene() -> list[DeliveryOutcome]:
        server = await asyncio.start_server(partner.serve, "127.0.0.1", 0, ssl=ours)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir"
        found = []
        async with server:
            for context in (None, trusting):
                async with open_transport(context) as client:
                    found.append(await push(client, url))
        return found

    refused, taken = asyncio.run(scene())
    assert (refused.kind, refused.code) == ("retry", "CONNECT_FAILED")
    assert taken.kind == "delivered"
    assert partner.connections == 1, "only who is trusted is spoken to"


def test_a_way_out_that_could_not_be_opened_is_opened_for_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read in at the first request may fail for a moment (too many open files)."""
    ways = iter(
        (OSError(24, "too many open files"), httpx.MockTransport(lambda _request: httpx.Response(204)))
    )

    def opened(_way: object) -> httpx.AsyncBaseTransport:
        if isinstance(way := next(ways), OSError):
            raise way
        return way

    transport = open_transport()
    monkeypatch.setattr(type(transport), "_open", opened)
    asked = httpx.Request("GET", "https://partner.test")

    async def twice() -> int:
        with pytest.raises(OSError, match="too many"):
            await transport.handle_async_request(asked)
        answer = await transport.handle_async_request(asked)
        await transport.aclose()
        return answer.status_code

    assert asyncio.run(twice()) == 204
