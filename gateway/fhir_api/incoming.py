"""Reading a request: body within its limit, headers, preferences."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator
from functools import lru_cache
from typing import Any

from starlette.requests import Request

from gateway.disclosure.content import FHIR_JSON, FHIR_XML
from gateway.errors import NotAllowed, NotNow, NotUnderstood
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.media import header_of, media_asked, media_sent
from gateway.fhir_api.own_addresses import with_relative_references
from gateway.fhir_api.scope_limits import limits_of
from gateway.fhir_api.served import LETTERS, Interaction
from gateway.resources import parse_json
from gateway.resources.xml_reading import from_xml
from gateway.security.callers import Caller, ScopeLimit
from gateway.security.client_certificates import HEADER, certificate_shown
from gateway.security.scopes import granted

_MOST_AT_ONCE = 65_536
"""Octets of XML that are read on the event loop."""
_FORM = "application/x-www-form-urlencoded"
_VERSION_TAG = re.compile(r'(?:W/)?"([A-Za-z0-9\-.]{1,64})"|([A-Za-z0-9\-.]{1,64})')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
BODY_SECONDS = 60
LARGE_BYTES = 256 * 1024
"""A body that has grown so large is read on only when it is among the few that may."""

LARGE_AT_ONCE = 8
"""Large bodies that arrive at once: more would fill the memory when many clients send at the same time."""

LARGE_OF_ONE = 2
"""Of one partner: whoever sends slowly, or means harm, holds up its own large bodies and nobody else's."""

PURPOSE_HEADER = b"purpose-of-use"


BODIES_OF_ONE = 256
"""Bodies of one partner on their way at once, large or not: what waits or trickles in is in memory too."""


class LargeBodies:
    """The turns in which large bodies arrive: `LARGE_AT_ONCE` of all, `LARGE_OF_ONE` of one partner."""

    def __init__(self) -> None:
        self._coming: Counter[str] = Counter()
        self._all = asyncio.Semaphore(LARGE_AT_ONCE)
        self._of: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(LARGE_OF_ONE))

    @contextlib.contextmanager
    def coming(self, partner: str) -> Iterator[None]:
        """One body more is on its way; of whom nobody knows yet (`""`: a form for a token) any number.

        Raises NotNow `CLIENT_TOO_FAST` where there are `BODIES_OF_ONE`.
        """
        if partner and self._coming[partner] >= BODIES_OF_ONE:
            raise NotNow("CLIENT_TOO_FAST", "too many bodies of yours are on their way at once")
        self._coming[partner] += 1
        try:
            yield
        finally:
            self._coming[partner] -= 1

    @contextlib.asynccontextmanager
    async def turn(self, partner: str) -> AsyncIterator[None]:
        """One of them, when it comes."""
        async with self._of[partner], self._all:
            yield


def caller_of(desk: Desk, request: Request) -> Caller:
    """Who calls.

    Raises NotNow `CLIENT_TOO_FAST`, NotAllowed as `TokenChecker.check` does, `CERTIFICATE_DIFFERS` (RFC 8705), and
    `PURPOSE_DIFFERS` when a header claims another purpose than the token is bound to (requirement SM-03).
    """
    now = desk.clock.now()
    caller = desk.tokens.check(header_of(request, b"authorization"), now)
    if caller.certificate and caller.certificate != certificate_of(desk, request):
        raise NotAllowed(
            "CERTIFICATE_DIFFERS", "the token is bound to a certificate that this connection does not show"
        )
    state: dict[str, Any] = request.scope.setdefault("state", {})
    if state.get("partner") is None:  # once for a request, however often it is asked who calls
        state["partner"] = caller.partner
        desk.rates.take(caller.client_id, now)
    claimed = header_of(request, PURPOSE_HEADER)
    if claimed is not None and claimed.strip() != caller.purpose:
        raise NotAllowed("PURPOSE_DIFFERS", "the purpose is not the one the token is bound to")
    media = FHIR_XML if media_asked(request) == FHIR_XML else FHIR_JSON
    return _as_asked(caller, media, f"{desk.base_url()}/fhir")


def _as_asked(caller: Caller, media: str, base: str) -> Caller:
    """The caller of a token with what a request says besides."""
    return Caller(
        caller.partner,
        caller.client_id,
        caller.purpose,
        caller.scopes,
        caller.token_id,
        media,
        _limits(caller.scopes),
        caller.certificate,
        base,
        caller.key_id,
    )


@lru_cache(maxsize=512)
def _limits(scopes: frozenset[str]) -> tuple[ScopeLimit, ...]:
    """The limits of a token's scopes; read once, as the scopes are."""
    return limits_of(scopes) if any("?" in scope for scope in scopes) else ()


def certificate_of(desk: Desk, request: Request) -> str:
    """The certificate that the caller showed to our proxy, as `certificate_shown` gives it."""
    peer = request.scope.get("client") or ("", 0)
    return certificate_shown(str(peer[0]), request.headers.getlist(HEADER), desk.tls_proxies)


def require_certificate(desk: Desk, request: Request, registered: Collection[str]) -> str:
    """The one of the registered certificates that the caller shows; empty where none is registered.

    Raises NotAllowed `CLIENT_NOT_PROVEN`.
    """
    if not registered:
        return ""
    shown = certificate_of(desk, request)
    if shown not in registered:
        raise NotAllowed(
            "CLIENT_NOT_PROVEN", "this connection shows no certificate that is registered for the client"
        )
    return shown


def require_scope(
    caller: Caller, resource_type: str, interaction: Interaction, *, limited: bool = False
) -> None:
    """Nothing, when the token's scopes cover the interaction; `limited`: for some of it, which the flow keeps to.

    Raises NotAllowed `SCOPE_MISSING`.
    """
    require_letter(caller, resource_type, LETTERS[interaction], limited=limited)


def require_letter(caller: Caller, resource_type: str, letter: str, *, limited: bool = False) -> None:
    """Nothing, when the token's scopes cover `letter` (one of c, r, u, d, s) for the type.

    Raises NotAllowed `SCOPE_MISSING`.
    """
    if not granted(caller.scopes).permits(resource_type, letter, limited=limited):
        raise NotAllowed("SCOPE_MISSING", "the token's scopes do not cover this")


async def body_of(request: Request, limit: int) -> bytes:
    """The body, of at most `limit` bytes, arrived within a minute.

    The minute counts what a large one waits for others too. Raises NotUnderstood `BODY_TOO_LARGE`, `BODY_TOO_SLOW`,
    `MEDIA_TYPE_SENT` for a compressed one, NotNow `CLIENT_TOO_FAST`.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise NotUnderstood("MEDIA_TYPE_SENT", "compressed bodies are not taken", "http.Content-Encoding")
    stated = request.headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _whole(request, limit)
    except TimeoutError:
        raise NotUnderstood("BODY_TOO_SLOW", f"the body took over {BODY_SECONDS} seconds") from None


async def _whole(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    partner = getattr(request.state, "partner", None) or ""
    bodies: LargeBodies = request.app.state.large_bodies
    async with contextlib.AsyncExitStack() as turn:
        turn.enter_context(bodies.coming(partner))
        async for part in request.stream():
            if size <= LARGE_BYTES < size + len(part):
                await turn.enter_async_context(bodies.turn(partner))
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
        return b"".join(parts)


async def resource_in(request: Request, limit: int) -> tuple[dict[str, Any], bytes]:
    """The resource sent, in JSON or XML, and its exact bytes.

    Raises NotUnderstood: see `parse_json`, `from_xml` and `body_of`.
    """
    media = media_sent(request)
    if media is None:
        raise NotUnderstood(
            "MEDIA_TYPE_SENT", f"the body must be `{FHIR_JSON}` or `{FHIR_XML}`", "http.Content-Type"
        )
    raw = await body_of(request, limit)
    if media == FHIR_JSON:
        return parse_json(raw), raw
    return (await asyncio.to_thread(from_xml, raw) if len(raw) > _MOST_AT_ONCE else from_xml(raw)), raw


async def submitted_in(request: Request, limit: int, base: str) -> tuple[dict[str, Any], bytes]:
    """As `resource_in`, of what is to be kept: what it names by our whole address, `base`, named as we keep it."""
    resource, raw = await resource_in(request, limit)
    return with_relative_references(resource, raw, f"{base}/fhir"), raw


async def form_in(request: Request, limit: int) -> str:
    """The form sent, not yet taken apart.

    Raises NotUnderstood `MEDIA_TYPE_SENT`, `BODY_TOO_LARGE`, `PARAMETER_INVALID`.
    """
    if _media_type(request) != _FORM:
        raise NotUnderstood("MEDIA_TYPE_SENT", f"the body must be `{_FORM}`", "http.Content-Type")
    try:
        return (await body_of(request, min(limit, 65_536))).decode()
    except UnicodeDecodeError:
        raise NotUnderstood("PARAMETER_INVALID", "the parameters cannot be read") from None


def preferences(request: Request) -> dict[str, str]:
    """The `Prefer` header: names to values (`{"return": "minimal", "handling": "strict"}`). RFC 7240."""
    parts = re.split(r"[,;]", request.headers.get("prefer", ""))
    pairs = (part.partition("=") for part in parts if part.strip())
    return {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}


def version_in(request: Request, header: str) -> str | None:
    """The version id in `If-Match` or `If-None-Match` (`W/"3"` gives `3`), or None without the header.

    A bare `3` is taken too: clients that people use send it (fhirpy), and it can mean nothing else.

    Raises NotUnderstood `HEADER_INVALID`.
    """
    value = header_of(request, header.encode())
    if value is None:
        return None
    match = _VERSION_TAG.fullmatch(value.strip())
    if match is None:
        raise NotUnderstood("HEADER_INVALID", 'must be one tag such as `W/"3"`', f"http.{header.title()}")
    return match.group(1) or match.group(2)


def idempotency_key(request: Request) -> str | None:
    """The `Idempotency-Key`, or None.

    Raises NotUnderstood `HEADER_INVALID`.
    """
    value = request.headers.get("idempotency-key")
    if value is not None and _KEY.fullmatch(value) is None:
        raise NotUnderstood("HEADER_INVALID", "must be 1 to 255 visible characters", "http.Idempotency-Key")
    return value


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(limit: int) -> NotUnderstood:
    return NotUnderstood("BODY_TOO_LARGE", f"the body is over {limit} bytes")
