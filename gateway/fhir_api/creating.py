"""`POST /fhir/{type}` of a clinical record: a transaction of one entry, with all that holds for those.

The same content of the same sender again is the same record, as everywhere here; so is one that has the same first
identifier, which `If-None-Exist` may name to leave what is there as it is.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import AlreadyReceived, HandoffError, NotFound, NotSupported, NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, own_answer, version_headers
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import idempotency_key, preferences
from gateway.fhir_api.operation_outcome import outcome_bytes
from gateway.flows.answers import EntryOutcome
from gateway.resources import to_json
from gateway.security.callers import Caller

_ENTRY = "Bundle.entry[0]"
_PLACES = {
    f"{_ENTRY}.request.ifNoneExist": "http.If-None-Exist",
    f"{_ENTRY}.fullUrl": "http.body",
    f"{_ENTRY}.request.url": "http.id",
    "Bundle.entry": "http.body",
}


async def created(
    desk: Desk, caller: Caller, request: Request, resource: dict[str, Any], raw: bytes
) -> Response:
    """The record as its sender may see it, with where it is; 200 where it was there already.

    Raises what a transaction raises, with the place in the resource.
    """
    asked: dict[str, Any] = {"method": "POST", "url": resource["resourceType"]}
    if "if-none-exist" in request.headers:
        asked["ifNoneExist"] = request.headers["if-none-exist"]
    name = uuid.UUID(bytes=hashlib.sha256(to_json(resource)).digest()[:16], version=4)
    entry = {"fullUrl": f"urn:uuid:{name}", "resource": resource, "request": asked}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    key = idempotency_key(request)
    if key is None and "ifNoneExist" in asked:  # the same bytes without the condition are another request
        key = f"if-none-exist {hashlib.sha256(asked['ifNoneExist'].encode() + raw).hexdigest()}"
    try:
        outcome = await desk.doors.submit(caller, bundle, raw, key)
    except (NotUnderstood, NotSupported, AlreadyReceived) as error:
        raise _placed(error, str(resource["resourceType"])) from None
    request.state.request_id = outcome.request_id
    return await _answered(desk, caller, request, outcome.entries[0])


async def updated(
    desk: Desk,
    caller: Caller,
    request: Request,
    resource: dict[str, Any],
    raw: bytes,
    if_match: str | None,
) -> Response:
    """A record of the caller's own after its update, as it may see it. Raises with the place in the resource."""
    try:
        made, request.state.request_id = await desk.doors.update_own(caller, resource, raw, if_match)
    except (NotUnderstood, NotSupported, AlreadyReceived) as error:
        raise _placed(error, str(resource["resourceType"])) from None
    return await _answered(desk, caller, request, made)


async def _answered(desk: Desk, caller: Caller, request: Request, made: EntryOutcome) -> Response:
    """What `Prefer: return=` asks for. Without a tag nothing is told of when, as in a transaction."""
    headers = version_headers(made.tag, made.last_modified if made.tag else "")
    history = f"/_history/{made.tag}" if made.tag else ""
    headers["Location"] = f"{desk.base_url()}/fhir/{made.reference}{history}"
    status = int(made.status.partition(" ")[0])
    wanted = preferences(request).get("return", "representation")
    if wanted == "operationoutcome":
        said = outcome_bytes("informational", "SAVED", "saved", severity="information")
        return own_answer(request, said, status, headers)
    if wanted != "minimal":
        resource_type, _, resource_id = made.reference.partition("/")
        try:
            pulled = await desk.doors.read(caller, resource_type, resource_id, ())
        except NotFound:  # it says that it came from another source, whose consent is asked
            return fhir_answer(b"", status, headers)
        return fhir_answer(pulled.content, status, headers)
    return fhir_answer(b"", status, headers)


def _placed(error: HandoffError, resource_type: str) -> HandoffError:
    """The fault with its place in what was sent, not in the transaction that was made of it."""
    place = error.place or ""
    if place.startswith(f"{_ENTRY}.resource."):
        inside = place.removeprefix(f"{_ENTRY}.resource.")
        place = inside if inside.partition(".")[0] == resource_type else f"{resource_type}.{inside}"
    told = _PLACES.get(place, place.removeprefix(f"{_ENTRY}."))
    return type(error)(error.code, error.message, told or None)
