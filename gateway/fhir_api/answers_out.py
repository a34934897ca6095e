"""Writing an answer: bytes, version headers, and the moment at which it leaves."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from gateway.disclosure.content import FHIR_JSON, FHIR_XML, in_media, in_media_apart, media_of
from gateway.fhir_api.incoming import preferences
from gateway.fhir_api.media import media_asked
from gateway.fhir_api.operation_outcome import outcome_bytes
from gateway.flows.answers import Saved
from gateway.resources import to_json

_EVEN = 8
"""As far as the ticks are even: with 25 ms, up to 0.2 s."""


def fhir_answer(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content` as the FHIR that it is, never to be kept by a cache. Nothing is not called JSON: a client would try to
    read it.
    """
    return _Fhir(content, status, headers or {})


class _Fhir(Response):
    """What `fhir_answer` gives, its headers put together without what other answers need."""

    def __init__(self, content: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.status_code, self.body, self.background = status, content, None
        raw = [(b"cache-control", b"no-store")]
        raw += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        if content:
            raw.append((b"content-type", _TYPES[media_of(content)]))
        if status not in _WITHOUT_LENGTH:
            raw.append((b"content-length", b"%d" % len(content)))
        self.raw_headers = raw


_TYPES = {media: f"{media}; fhirVersion=4.0".encode() for media in (FHIR_JSON, FHIR_XML)}
_WITHOUT_LENGTH = frozenset({204, 304})


def own_answer(
    request: Request, content: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """What is the gateway's own to say, or the caller's own words back (FHIR JSON), written as the request asks."""
    return fhir_answer(in_media(content, media_asked(request) or FHIR_JSON), status, headers)


async def long_answer(request: Request, content: bytes) -> Response:
    """As `own_answer`, of what may be long: XML is then written beside the event loop."""
    return fhir_answer(await in_media_apart(content, media_asked(request) or FHIR_JSON))


def version_headers(version: str, last_modified: str) -> dict[str, str]:
    """`ETag` and `Last-Modified`, as far as they are known."""
    headers = {"ETag": f'W/"{version}"'} if version else {}
    if last_modified:
        headers["Last-Modified"] = http_date(last_modified)
    return headers


@lru_cache(maxsize=2048)
def http_date(instant: str) -> str:
    """An ISO 8601 UTC instant as RFC 9110 wants it (`Sun, 22 Nov 2026 02:00:00 GMT`)."""
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)


def saved_answer(request: Request, saved: Saved, base: str) -> Response:
    """What `Prefer: return=` asks for about a resource that was taken in."""
    request.state.request_id = saved.request_id
    headers = version_headers(saved.version, saved.last_modified)
    reference = f"{saved.resource['resourceType']}/{saved.resource['id']}"
    history = f"/_history/{saved.version}" if saved.version else ""
    headers["Location"] = f"{base}/fhir/{reference}{history}"
    status = 201 if saved.created else 200
    wanted = preferences(request).get("return", "representation")
    if wanted == "minimal":
        return fhir_answer(b"", status, headers)
    if wanted == "operationoutcome":
        said = outcome_bytes("informational", "SAVED", "saved", severity="information")
        return own_answer(request, said, status, headers)
    return own_answer(request, to_json(saved.resource), status, headers)


async def until_tick(began: float, tick: float) -> None:
    """Wait until as many ticks have gone by since `began` (event-loop time, seconds) as `ticks_of` says."""
    if tick > 0:
        gone = asyncio.get_running_loop().time() - began
        await asyncio.sleep(ticks_of(gone, tick) * tick - gone)


def ticks_of(gone: float, tick: float) -> int:
    """The class of time in which an answer leaves: 1, 2, 3 … 8 ticks, and then 16, 32 …

    Much that is withheld takes longer to decide than nothing does; in doubling steps only its order of magnitude shows.
    """
    ticks = max(math.ceil(gone / tick), 1)
    return ticks if ticks <= _EVEN else 1 << (ticks - 1).bit_length()
