"""`POST /fhir/Patient/$match`: the one person who is certainly meant. HL7 FHIR 4.0.1, operations of Patient."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_scope, resource_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.stated import Kinds, stated

_LARGEST = 65_536
_KINDS: Kinds = {
    "resource": ("resource", dict),
    "onlyCertainMatches": ("valueBoolean", bool),
    "count": ("valueInteger", int),
}


async def match(request: Request) -> Response:
    """A searchset of one Patient or none."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, "Patient", "search-type")
    refuse_other_media(request)
    sent, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    patient = _patient(sent)
    request.state.resource_type = "Patient"
    try:
        pulled = await desk.doors.operations.match(caller, patient)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)


def _patient(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Patient that is described. Only certain matches are ever answered, at most one, whatever else is asked for."""
    found = stated(sent, _KINDS, "MATCH_PARAMETER")
    if found.get("count", 1) < 1:
        raise NotUnderstood("MATCH_PARAMETER", "must be 1 or more", "count")
    if "resource" not in found:
        raise NotUnderstood("PARAMETER_MISSING", "needs a parameter `resource`", "Parameters.parameter")
    patient: Mapping[str, Any] = found["resource"]
    return patient
