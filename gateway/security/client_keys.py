"""Public keys that a client publishes itself, at the address the network file gives for it and at no other.

SMART App Launch 2.2, client authentication (JWKS URL). What a statement's own header says about where to find a key
(`jku`, `jwk`, `x5u`) is never looked at. Whatever goes wrong, there are no keys: nobody is let in by a failure.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import orjson

from gateway.clock import Clock

KeysAt = Callable[[str, str], Awaitable[Mapping[str, object]]]
"""The key set published at a URL, in which a key of that id is wanted."""

FRESH = timedelta(minutes=5)
"""So long at most a key that was withdrawn is still taken; shorter where the client's `Cache-Control` says so."""
ASK_AGAIN = timedelta(seconds=30)
"""Not oftener than this anybody's unknown key id makes us ask a client's server, whatever that says of caching."""
MOST_BYTES, MOST_KEYS = 65_536, 32
SECONDS = 5.0
_AGE = re.compile(r"max-age\s*=\s*\"?([0-9]{1,9})")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(slots=True)
class _Published:
    keys: list[dict[str, object]] = field(default_factory=list)
    at: datetime | None = None
    asked: datetime | None = None
    kept_for: timedelta = FRESH
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class ClientKeys:
    """The key sets of registered clients, each kept for five minutes. Their number is that of the network file."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._known: dict[str, _Published] = {}

    async def at(self, url: str, key_id: str) -> Mapping[str, object]:
        """The key set published at `url`; an empty one when it cannot be had. `key_id`: the key that is wanted."""
        found = self._known.setdefault(url, _Published())
        async with found.asking:
            if self._must_ask(found, key_id):
                found.asked = self._clock.now()
                answer = await self._ask(url)
                if answer is not None:
                    (found.keys, found.kept_for), found.at = answer, found.asked
            fresh = _is_fresh(found, self._clock.now())
        return {"keys": found.keys if fresh else []}

    def _must_ask(self, found: _Published, key_id: str) -> bool:
        now = self._clock.now()
        if found.asked is not None and timedelta(0) <= now - found.asked < ASK_AGAIN:
            return False
        return not _is_fresh(found, now) or not any(key.get("kid") == key_id for key in found.keys)

    async def _ask(self, url: str) -> tuple[list[dict[str, object]], timedelta] | None:
        """The keys published there and how long they are good for; None for anything else: another status, no JSON, too
        much, too slow."""
        limits = {"connect": SECONDS, "read": SECONDS, "write": SECONDS, "pool": SECONDS}
        headers = {"Accept": "application/json", "User-Agent": "warm-handoff"}
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": limits})
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._transport.handle_async_request(request)
                try:
                    content = await whole_of(answer) if answer.status_code == httpx.codes.OK else None
                finally:
                    await answer.aclose()
            keys = None if content is None else _keys_in(content)
            return None if keys is None else (keys, _kept_for(answer.headers.get("cache-control", "")))
        except (httpx.HTTPError, OSError, TimeoutError, ValueError):
            return None


def _is_fresh(found: _Published, now: datetime) -> bool:
    return found.at is not None and now - found.at < found.kept_for


def _kept_for(said: str) -> timedelta:
    """As long as the client says, and at most `FRESH`; what it says of less than `ASK_AGAIN` counts as that."""
    age = _AGE.search(said.lower())
    if "no-store" in said.lower() or "no-cache" in said.lower():
        return ASK_AGAIN
    return FRESH if age is None else min(FRESH, max(ASK_AGAIN, timedelta(seconds=int(age[1]))))


async def whole_of(answer: httpx.Response) -> bytes | None:
    """The body of an answer; None when it is over 64 KiB."""
    content = b""
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    async for part in answer.stream:
        content += part
        if len(content) > MOST_BYTES:
            return None
    return content


def _keys_in(content: bytes) -> list[dict[str, object]] | None:
    """Public keys alone: who publishes a private one is not taken for the only one who has it."""
    found = orjson.loads(content)
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        return None
    return [key for key in keys if isinstance(key, dict) and not _PRIVATE & key.keys()]
