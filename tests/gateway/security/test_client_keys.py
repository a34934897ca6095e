"""Keys that a client publishes itself: within limits, and nobody gets in by what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from gateway.clock import FixedClock
from gateway.security.client_keys import ASK_AGAIN, FRESH, MOST_BYTES, MOST_KEYS, ClientKeys

URL = "https://hospital.test/jwks.json"
KEY = {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "k1"}
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), 1000):
            yield self._content[start : start + 1000]


@dataclass
class Publisher(httpx.AsyncBaseTransport):
    """The client's server."""

    content: bytes = field(default_factory=lambda: json.dumps({"keys": [KEY]}).encode())
    status: int = 200
    error: Exception | None = None
    caching: str = ""
    asked: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.error is not None:
            raise self.error
        headers = {"Location": "https://else.test/"} | (
            {"Cache-Control": self.caching} if self.caching else {}
        )
        return httpx.Response(self.status, stream=Body(self.content), headers=headers)


class Asking:
    def __init__(self, **publisher: Any) -> None:
        self.publisher, self.clock = Publisher(**publisher), FixedClock(NOW)
        self.keys = ClientKeys(self.publisher, self.clock)

    def at(self, key_id: str = "k1") -> list[str]:
        found: Any = asyncio.run(self.keys.at(URL, key_id))
        return [key["kid"] for key in found["keys"]]


@pytest.mark.requirement("SM-01")
def test_a_published_key_is_found_and_kept_for_a_while() -> None:
    asking = Asking()
    assert asking.at() == asking.at() == ["k1"]
    assert asking.publisher.asked == [URL]
    asking.clock.advance(FRESH)
    assert asking.at() == ["k1"] and len(asking.publisher.asked) == 2


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize(
    ("caching", "seconds"),
    [
        ("max-age=60", 60),
        ("public, Max-Age=60", 60),
        ("max-age=86400", 300),
        ("max-age=1", 30),
        ("no-store", 30),
        ("private, no-cache, max-age=60", 30),
        ("immutable", 300),
    ],
)
def test_keys_are_kept_no_longer_than_their_publisher_says(caching: str, seconds: int) -> None:
    asking = Asking(caching=caching)
    assert asking.at() == ["k1"]
    asking.publisher.content = b'{"keys": []}'
    asking.clock.advance(timedelta(seconds=seconds - 1))
    assert asking.at() == ["k1"] and len(asking.publisher.asked) == 1
    asking.clock.advance(timedelta(seconds=1))
    assert asking.at() == [] and len(asking.publisher.asked) == 2


@pytest.mark.requirement("SM-01")
def test_a_key_that_is_not_published_any_more_ends_with_what_was_kept() -> None:
    asking = Asking()
    asking.at()
    asking.publisher.content = b'{"keys": []}'
    asking.clock.advance(FRESH - timedelta(seconds=1))
    assert asking.at() == ["k1"]
    asking.clock.advance(timedelta(seconds=1))
    assert asking.at() == []


@pytest.mark.requirement("SM-01")
def test_a_new_key_is_found_at_once_and_nobody_makes_us_ask_all_the_time() -> None:
    asking = Asking()
    asking.at()
    asking.publisher.content = json.dumps({"keys": [KEY, {**KEY, "kid": "k2"}]}).encode()
    for number in range(50):
        asking.at(f"unknown-{number}")
    assert len(asking.publisher.asked) == 1
    asking.clock.advance(ASK_AGAIN)
    assert asking.at("k2") == ["k1", "k2"] and len(asking.publisher.asked) == 2


@pytest.mark.requirement("SM-01")
@pytest.mark.parametrize(
    "publisher",
    [
        {"status": 404},
        {"status": 500},
        {"status": 302},
        {"content": b""},
        {"content": b"<html>"},
        {"content": b"[]"},
        {"content": b'{"keys": {}}'},
        {"content": b'{"keys": [' + b" " * MOST_BYTES + b"]}"},
        {"content": json.dumps({"keys": [KEY] * (MOST_KEYS + 1)}).encode()},
        {
            "content": json.dumps(
                {"keys": [{**KEY, "d": "x"}, 7, {"kty": "oct", "k": "x", "kid": "k1"}]}
            ).encode()
        },
        {"error": httpx.ConnectError("away")},
        {"error": OSError("away")},
    ],
)
def test_whatever_goes_wrong_there_are_no_keys(publisher: dict[str, Any]) -> None:
    assert Asking(**publisher).at() == []


@pytest.mark.requirement("SM-01")
def test_while_it_is_away_what_was_kept_serves_until_it_is_old() -> None:
    asking = Asking()
    asking.at()
    asking.publisher.error = httpx.ConnectError("away")
    asking.clock.advance(ASK_AGAIN)
    assert asking.at("unknown") == ["k1"]
    asking.clock.advance(FRESH)
    assert asking.at() == []


def test_many_at_once_ask_once() -> None:
    asking = Asking()

    async def all_at_once() -> None:
        await asyncio.gather(*(asking.keys.at(URL, "k1") for _ in range(20)))

    asyncio.run(all_at_once())
    assert len(asking.publisher.asked) == 1
