"""Reads and searches in a batch: each entry is asked as the request that it is by itself. HL7 FHIR 4.0.1, http.html.

So each has passed the same gate, has its own entry in the log, counts toward the client's rate, and takes whole ticks:
many at once tell no more by their time than one does.
"""

from __future__ import annotations

import asyncio
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from gateway import logs
from gateway.clock import instant_text, new_id
from gateway.errors import NotSupported, NotUnderstood
from gateway.fhir_api.answers_out import long_answer
from gateway.fhir_api.media import media_asked
from gateway.fhir_api.search_parameters import read_query
from gateway.resources import to_json
from gateway.resources.xml_reading import read_fhir
from gateway.security.client_certificates import HEADER

REQUEST_ID = "urn:warm-handoff:request-id"
"""The extension of an entry's response that says by which id support finds it: what `X-Request-Id` is of an answer."""
_MOST = 20
"""What is allowed for one entry waits for the last: with 25 ms for each, half a second."""
_ROOM = 32 * 1024 * 1024
"""Octets of answers after which no further entry is asked: all of a batch is held at once."""
_AT_ONCE = 32_768
"""Octets of an answer that are read on the event loop: of XML some 25 ms."""
_DOORS = frozenset(
    {"accounting", "audit", "everything", "history", "instance", "metadata", "shared-plan", "subscription", "type"}
)  # fmt: skip
_FULL = NotUnderstood("BATCH_TOO_LARGE", "the entries before it fill the answer: ask for it by itself")
_HANDED_ON = frozenset({b"authorization", b"accept", b"prefer", b"purpose-of-use", HEADER.encode()})


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry: path and query behind our base, and the version that its sender has already."""

    path: str
    query: str
    known_version: str


def reads_in(bundle: Mapping[str, Any], base: str) -> Sequence[Asked]:
    """What a Bundle asks to be read; nothing where it writes. `base`: the address of the API.

    Raises NotSupported `ENTRY_METHOD` for reads in a transaction or beside writes, NotUnderstood `ENTRY_COUNT`,
    `REQUEST_INVALID`, `PARAMETER_INVALID` and `PARAMETER_UNKNOWN`.
    """
    listed = bundle.get("entry")
    entries = listed if isinstance(listed, list) else []
    asked = [one.get("request") if isinstance(one, dict) else None for one in entries]
    reads = [one for one in asked if isinstance(one, dict) and one.get("method") == "GET"]
    if not reads:
        return ()
    if bundle.get("type") != "batch" or len(reads) < len(entries):
        place = f"Bundle.entry[{asked.index(reads[0])}].request.method"
        raise NotSupported("ENTRY_METHOD", "what reads goes in a `batch` of its own, without writes", place)
    if len(reads) > _MOST:
        raise NotUnderstood("ENTRY_COUNT", f"a batch that reads holds 1 to {_MOST} entries", "Bundle.entry")
    return [_asked(one, base, f"Bundle.entry[{number}].request") for number, one in enumerate(reads)]


def _asked(request: Mapping[str, Any], base: str, place: str) -> Asked:
    url, version = request.get("url"), request.get("ifNoneMatch", "")
    if not isinstance(url, str) or not isinstance(version, str) or not (url + version).isprintable():
        raise NotUnderstood("REQUEST_INVALID", "an entry needs a method and a relative URL", place)
    path, _, query = url.removeprefix(f"{base}/").partition("?")
    if any(name == "_format" for name, _ in read_query(query)):
        raise NotUnderstood("PARAMETER_UNKNOWN", "an entry is written as the batch is", f"{place}.url")
    return Asked(f"/fhir/{unquote(path)}", quote(query, safe=string.punctuation), version)


async def answer_reads(request: Request, asked: Sequence[Asked]) -> Response:
    """The batch-response: one entry for each, in their order."""
    entries, room = [], _ROOM
    for one in asked:
        entry, size = await _answered(request, one, has_room=room > 0)
        entries.append(entry)
        room -= size
    bundle = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
    return await long_answer(request, to_json(bundle))


async def _answered(request: Request, asked: Asked, *, has_room: bool) -> tuple[dict[str, Any], int]:
    """One entry, by the endpoint of its own address: written as the batch will be, so the log names what leaves; and its
    octets.
    """
    state = {"request_id": new_id(), "media": media_asked(request)}
    scope = {**request.scope, "method": "GET", "path": asked.path, "state": state}
    scope["query_string"] = asked.query.encode()
    scope["headers"] = [one for one in request.scope["headers"] if one[0] in _HANDED_ON]
    if asked.known_version:
        scope["headers"].append((b"if-none-match", asked.known_version.encode()))
    own, clock = request.app.state, asyncio.get_running_loop().time
    began = clock()
    with logs.bound(request_id=state["request_id"]):
        answer = await (
            own.addresses.within(scope, _DOORS) if has_room else own.addresses.refused(scope, _FULL)
        )
    own.counters.tell(scope, answer.status_code, clock() - began)
    content = bytes(answer.body)
    found = await asyncio.to_thread(_resource, content) if len(content) > _AT_ONCE else _resource(content)
    return _entry(answer, found, str(state["request_id"])), len(content)


def _resource(content: bytes) -> dict[str, Any] | None:
    return read_fhir(content) if content else None


def _entry(answer: Response, found: dict[str, Any] | None, request_id: str) -> dict[str, Any]:
    status = f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}"
    response: dict[str, Any] = {
        "extension": [{"url": REQUEST_ID, "valueString": request_id}],
        "status": status,
    }
    if "etag" in answer.headers:
        response["etag"] = answer.headers["etag"]
    if "last-modified" in answer.headers:
        response["lastModified"] = instant_text(parsedate_to_datetime(answer.headers["last-modified"]))
    if answer.status_code >= 400:
        return {"response": {**response, "outcome": found}}
    return {"resource": found, "response": response} if found else {"response": response}
