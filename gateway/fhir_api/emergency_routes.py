"""`POST /fhir/Patient/$emergency-access`: 42 CFR §2.51, for medical personnel alone."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_scope, resource_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.served import LETTERS
from gateway.flows.emergency import EMERGENCY_TYPES
from gateway.security.scopes import read_scopes

_LARGEST = 16_384


async def emergency_access(request: Request) -> Response:
    """A collection of the emergency data set, or a refusal that tells nothing of the patient."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, "Patient", "read")
    refuse_other_media(request)
    granted = read_scopes(caller.scopes)
    types = [name for name in EMERGENCY_TYPES if granted.permits(name, LETTERS["read"])]
    parameters, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    if parameters.get("resourceType") != "Parameters":
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", "must be a `Parameters`", "resourceType")
    request.state.resource_type = "Patient"
    try:
        pulled = await desk.doors.emergency(caller, parameters, types)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)
