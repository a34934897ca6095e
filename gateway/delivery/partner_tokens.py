"""Tokens by which a partner's FHIR server knows us: we are its client (SMART Backend Services, RFC 6749, RFC 7523).

One for each partner, kept in memory alone until shortly before it ends, and asked for once at a time. Without one
nothing is sent; neither a token nor the statement that asks for it is ever logged or stored.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
from joserfc import jwt

from gateway.clock import Clock
from gateway.delivery.http_push import broken_line, retry_after
from gateway.delivery.outcome import DeliveryOutcome
from gateway.partners import FhirDelivery
from gateway.partners.connection_faults import PUBLISHED
from gateway.partners.login_keys import LoginKey
from gateway.security.client_keys import whole_of
from gateway.security.client_proof import ASSERTION_TYPE

_SECONDS = 10.0
_STATEMENT_SECONDS = 240
"""A minute less than the five that a server allows (SMART), for clocks that differ."""
_BEFORE_ITS_END = timedelta(seconds=30)
"""An attempt may take so long: what it begins with must still be good."""
_UNSTATED = timedelta(seconds=60)
_LONGEST_SECONDS = 3600
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,8192}=*")
_BUSY = frozenset({408, 425, 429})
_REFUSALS = {
    name: f"TOKEN_{name.upper()}"
    for name in ("invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client")
}


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    since: datetime
    until: datetime


class _NoToken(Exception):
    """What came of asking, in place of a token."""

    def __init__(self, code: str, after: float | None = None) -> None:
        self.outcome = DeliveryOutcome("retry", code, "", after)


class PartnerTokens:
    """The tokens of one process."""

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._asking: dict[str, asyncio.Task[str | DeliveryOutcome]] = {}

    async def token(self, partner: str, delivery: FhirDelivery, key: LoginKey) -> str | DeliveryOutcome:
        """A token that is good for an attempt; else what came of asking for one. Who comes while it is asked for waits
        for that answer, whatever it is.
        """
        held = self._held.get(partner)
        if held is not None and held.since <= self._clock.now() < held.until:
            return held.token
        asking = self._asking.get(partner)
        if asking is None:
            asking = self._asking[partner] = asyncio.create_task(self._ask(partner, delivery, key))
            asking.add_done_callback(lambda _ended: self._asking.pop(partner, None))
        return await asyncio.shield(asking)  # who gives up waiting takes it from nobody else

    def forget(self, partner: str, token: str) -> None:
        """The partner took this token no more: the next attempt asks for another, unless there is one already."""
        held = self._held.get(partner)
        if held is not None and held.token == token:
            del self._held[partner]

    def close(self) -> None:
        """Ask for nothing any more."""
        for asking in self._asking.values():
            asking.cancel()

    async def _ask(self, partner: str, delivery: FhirDelivery, key: LoginKey) -> str | DeliveryOutcome:
        assert delivery.smart is not None
        now = self._clock.now()
        try:
            async with asyncio.timeout(_SECONDS):
                endpoint = delivery.smart.token_url or await self._endpoint_of(delivery.url)
                form = {
                    "grant_type": "client_credentials",
                    "scope": delivery.smart.scope,
                    "client_assertion_type": ASSERTION_TYPE,
                    "client_assertion": _statement(delivery.smart.client_id, endpoint, key, now),
                }
                status, told, after = await self._told("POST", endpoint, urlencode(form).encode())
            held = _held(status, told, after, now)
        except _NoToken as none:
            return none.outcome
        except (OSError, TimeoutError, *broken_line()):
            return DeliveryOutcome("retry", "TOKEN_SERVER_DOWN")
        self._held[partner] = held
        return held.token

    async def _endpoint_of(self, base: str) -> str:
        """Where the FHIR server says that its tokens are given (SMART, `.well-known/smart-configuration`)."""
        address = base.rstrip("/") + "/.well-known/smart-configuration"
        status, told, after = await self._told("GET", address, None)
        endpoint = told.get("token_endpoint")
        if status != httpx.codes.OK or not isinstance(endpoint, str) or not PUBLISHED.fullmatch(endpoint):
            raise _no_token(status, "TOKEN_NOT_UNDERSTOOD", after)
        return endpoint

    async def _told(
        self, method: str, url: str, form: bytes | None
    ) -> tuple[int, Mapping[str, Any], float | None]:
        """Status, JSON object (empty: none, or too much) and `Retry-After` of the answer; redirects are not followed."""
        limits = {"connect": _SECONDS, "read": _SECONDS, "write": _SECONDS, "pool": _SECONDS}
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "warm-handoff"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        asked = httpx.Request(method, url, headers=headers, content=form, extensions={"timeout": limits})
        answer = await self._transport.handle_async_request(asked)
        try:
            content = await whole_of(answer)
        finally:
            await answer.aclose()
        wait = retry_after(answer.headers.get("Retry-After", ""), self._clock.now())
        try:
            told = orjson.loads(content or b"{}")
        except orjson.JSONDecodeError:
            told = {}
        return answer.status_code, told if isinstance(told, dict) else {}, wait


def _statement(client_id: str, endpoint: str, key: LoginKey, now: datetime) -> str:
    """Who we are, signed: good for that endpoint alone, four minutes, once."""
    at = int(now.timestamp())
    claims: dict[str, str | int] = {
        "iss": client_id,
        "sub": client_id,
        "aud": endpoint,
        "iat": at,
        "exp": at + _STATEMENT_SECONDS,
        "jti": secrets.token_urlsafe(32),
    }
    header = {"alg": key.algorithm, "kid": key.id, "typ": "JWT"}
    return jwt.encode(header, claims, key.private, algorithms=[key.algorithm])


def _held(status: int, told: Mapping[str, Any], after: float | None, asked: datetime) -> _Held:
    """The token in an answer. Raises _NoToken where there is none that can be used."""
    if status != httpx.codes.OK:
        error = told.get("error")
        refused = isinstance(error, str) and _REFUSALS.get(error)
        codes = {400: refused or "TOKEN_REFUSED", 401: refused or "TOKEN_REFUSED", 403: "TOKEN_REFUSED"}
        raise _no_token(status, codes.get(status, "TOKEN_NOT_UNDERSTOOD"), after)
    token, kind, seconds = told.get("access_token"), told.get("token_type"), told.get("expires_in")
    fits = isinstance(token, str) and _TOKEN.fullmatch(token)
    if not fits or not isinstance(kind, str) or kind.lower() != "bearer":
        raise _NoToken("TOKEN_NOT_UNDERSTOOD")
    life = _UNSTATED
    if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
        life = timedelta(seconds=min(seconds, _LONGEST_SECONDS))
    return _Held(str(token), asked, asked + life - min(_BEFORE_ITS_END, life / 2))


def _no_token(status: int, otherwise: str, after: float | None) -> _NoToken:
    """The server has no answer at the moment, or else `otherwise`."""
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _BUSY:
        return _NoToken("TOKEN_SERVER_DOWN", after)
    return _NoToken(otherwise)
