"""`PATCH /fhir/{type}/{id}` with a JSON Patch or a FHIRPath Patch. HL7 FHIR 4.0.1, http.html#patch."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import saved_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import body_of, caller_of, require_scope, resource_in, version_in
from gateway.fhir_api.media import media_sent, refuse_other_media
from gateway.fhir_api.reading_routes import nothing, served_type
from gateway.resources import parse_json

JSON_PATCH = "application/json-patch+json"
_TAKEN = (
    f"a patch is a list of operations as `{JSON_PATCH}`, or a `Parameters` (FHIRPath Patch); part of a resource, "
    "to be merged, is not taken: read it, change it and `PUT` it, or send operations"
)
_LARGEST = 131_072
"""Of all operations together, in bytes."""
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def patch_one(request: Request) -> Response:
    """`PATCH /fhir/{type}/{id}`: a Consent or the Task of a referral, changed as the patch says."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    resource_type = served_type(request, "patch")
    require_scope(caller, resource_type, "patch")
    require_scope(caller, resource_type, "read")  # what fails to apply tells of what is there
    refuse_other_media(request)
    if_match = version_in(request, "if-match")
    operations = await _operations(request, min(_LARGEST, desk.body_limit_bytes))
    resource_id = str(request.path_params["id"])
    try:
        if _ID.fullmatch(resource_id) is None:
            raise nothing()
        saved = await desk.doors.operations.patch(caller, resource_type, resource_id, operations, if_match)
    finally:
        await until_tick(began, desk.tick_seconds)
    return saved_answer(request, saved, desk.base_url())


async def _operations(request: Request, limit: int) -> list[Any] | dict[str, Any]:
    """The operations sent, read as carefully as a resource: a list, or a Parameters."""
    if media_sent(request) is not None:
        sent, _ = await resource_in(request, limit)
        if sent.get("resourceType") != "Parameters":
            raise NotUnderstood("MEDIA_TYPE_SENT", _TAKEN, "http.Content-Type")
        return sent
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_PATCH:
        raise NotUnderstood("MEDIA_TYPE_SENT", _TAKEN, "http.Content-Type")
    found = parse_json(b'{"patch":' + await body_of(request, limit) + b"}")
    operations = found.get("patch")
    if set(found) != {"patch"} or not isinstance(operations, list):
        raise NotUnderstood("PATCH_INVALID", "must be a list of operations")
    return operations
