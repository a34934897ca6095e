"""`Patient/[id]/$accounting`, `Consent/$what-if`: questions that are answered by one resource."""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import long_answer, own_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, preferences, require_letter, resource_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.search_parameters import refuse_other_formats, values_of
from gateway.fhir_api.stated import parameters_asked
from gateway.flows.account_asked import LAWS
from gateway.flows.what_if_asked import what_if_asked
from gateway.resources import to_json

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LARGEST = 262_144


async def accounting(request: Request) -> Response:
    """`GET` or `POST …/{id}/$accounting`: what the caller's organisation has disclosed about her, as AuditEvents."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_letter(caller, "AuditEvent", "r")
    refuse_other_media(request)
    parameters = await parameters_asked(request)
    refuse_other_formats(parameters)
    laws = values_of(parameters, ("law",)) or [LAWS[0]]
    if len(laws) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "a parameter may be given once")
    strict = preferences(request).get("handling") == "strict"
    if strict and any(name not in ("law", "_format") for name, _ in parameters):
        raise NotUnderstood("PARAMETER_UNKNOWN", "a parameter is not supported")
    patient = str(request.path_params["id"])
    if _ID.fullmatch(patient) is None:
        raise NotUnderstood("PARAMETER_INVALID", "the patient must be given as `Patient/[id]/$accounting`")
    request.state.resource_type = "AuditEvent"
    try:
        pulled = await desk.doors.operations.account(caller, patient, laws[0])
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return await long_answer(request, pulled.content)  # the caller's own account; no digest of it is kept


async def what_if(request: Request) -> Response:
    """`POST /fhir/Consent/$what-if`: who would see what under a draft, in sentences; nothing of anybody is read."""
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    require_letter(caller, "Consent", "c")
    refuse_other_media(request)
    sent, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    request.state.resource_type = "Consent"
    told = await asyncio.to_thread(what_if_asked, sent, desk.clock.now())
    return own_answer(request, to_json(told))
