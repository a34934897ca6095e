"""Bulk export: kick-off, status, files, cancel. FHIR Bulk Data Access 2.0.0, export.

The manifest names a file for each type that was asked for, whether or not there is anything in it, and no counts; it
always carries the short statement of 42 CFR §2.32, as each file does in a header. The full notices of what may be seen
are the one file in `error`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.disclosure.content import SHORT_NOTICE
from gateway.errors import NotNow, NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, http_date, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, preferences, require_scope
from gateway.fhir_api.reading_routes import nothing
from gateway.fhir_api.scope_limits import filters_of
from gateway.fhir_api.search_parameters import Parameters, read_query, refuse_identifying
from gateway.fhir_api.search_table import OF_EVERY_TYPE
from gateway.fhir_api.served import LETTERS, SERVED
from gateway.fhir_api.stated import parameters_asked
from gateway.flows.bulk_export import ExportAsked, ExportState, FilePart, TypeLimit
from gateway.resources import to_json
from gateway.resources.searching import Filter, fault_of
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes

GROUPS: Mapping[str, tuple[bool, bool]] = {"known": (True, False), "referred": (False, True)}
"""Id of a Group: whether those are in it whom the caller has named itself, and those it was sent a referral of."""
NDJSON = "application/fhir+ndjson"
NOTICES = "notices"
_FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
_KNOWN = frozenset({"_type", "_since", "_outputFormat", "_typeFilter"})
_NEXT_QUERY = re.compile(r",(?=[A-Z][A-Za-z]{1,63}\?)")
_MOST_LIMITS = 32
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_NOTICE_EXTENSION = "urn:warm-handoff:part-2-notice"


async def export_patients(request: Request) -> Response:
    """`GET` or `POST /fhir/Patient/$export`: of all whom the caller's organisation knows."""
    return await _begin(request, "Patient/$export", known=True, referred=True)


async def export_group(request: Request) -> Response:
    """`GET` or `POST /fhir/Group/{id}/$export`."""
    desk: Desk = request.app.state.desk
    caller_of(desk, request)
    group = str(request.path_params["id"])
    if group not in GROUPS:
        raise nothing()
    known, referred = GROUPS[group]
    return await _begin(request, f"Group/{group}/$export", known=known, referred=referred)


async def _begin(request: Request, path: str, *, known: bool, referred: bool) -> Response:
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    if "respond-async" not in preferences(request):
        raise NotUnderstood("HEADER_INVALID", "must be `respond-async`", "http.Prefer")
    parameters = await _parameters(request)
    types = _types(caller, parameters)
    since, limits = _since(parameters), _type_limits(types, parameters)
    named = [("_type", ",".join(types))] if any(name == "_type" for name, _ in parameters) else []
    named += [("_since", since)] if since else []
    named += [one for one in parameters if one[0] == "_typeFilter"]
    places = OF_EVERY_TYPE["_lastUpdated"].places
    asked = ExportAsked(
        types=types,
        known=known,
        referred=referred,
        request=f"{desk.base_url()}/fhir/{path}" + (f"?{urlencode(named)}" if named else ""),
        filters=(Filter("date", places, (f"ge{since}",)),) if since else (),
        limits=limits,
    )
    export_id = await desk.doors.operations.bulk.begin(caller, asked)
    request.state.request_id = export_id
    return fhir_answer(b"", 202, {"Content-Location": f"{desk.base_url()}/fhir/bulk-status/{export_id}"})


async def status(request: Request) -> Response:
    """`GET /fhir/bulk-status/{id}`: 202 while it is written, then the manifest; `DELETE` takes the export away."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    export_id = str(request.path_params["id"])
    try:
        if request.method == "DELETE":
            await desk.doors.operations.bulk.cancel(caller, export_id)
            return fhir_answer(b"", 202)
        state = await desk.doors.operations.bulk.state(caller, export_id)
    finally:
        await until_tick(began, desk.tick_seconds)
    if state.status == "failed":
        raise NotNow("EXPORT_FAILED", "the export could not be written; delete it and ask again")
    if state.status == "writing":
        return fhir_answer(b"", 202, {"Retry-After": "5", "X-Progress": "being written"})
    files = f"{desk.base_url()}/fhir/bulk-files/{export_id}"
    headers = {"Expires": http_date(state.ends_at), "Cache-Control": "no-store"}
    return Response(to_json(_manifest(state, files)), 200, headers, media_type="application/json")


def _manifest(state: ExportState, files: str) -> dict[str, Any]:
    """The manifest: a file for each type asked for, whatever is in it."""
    return {
        "transactionTime": state.begun_at,
        "request": state.asked.request,
        "requiresAccessToken": True,
        "output": [{"type": name, "url": f"{files}/{name}.ndjson"} for name in state.asked.types],
        "error": [{"type": "OperationOutcome", "url": f"{files}/{NOTICES}.ndjson"}],
        "extension": {_NOTICE_EXTENSION: SHORT_NOTICE},
    }


async def file(request: Request) -> Response:
    """`GET /fhir/bulk-files/{id}/{name}.ndjson`: one file, decided patient by patient while it is sent."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    export_id, name = str(request.path_params["id"]), str(request.path_params["name"])
    try:
        state = await desk.doors.operations.bulk.state(caller, export_id)
        if state.status != "ready" or name not in (NOTICES, *state.asked.types):
            raise nothing()
        if name != NOTICES:
            require_scope(caller, name, "read", limited=True)
    finally:
        await until_tick(began, desk.tick_seconds)
    lines = _notices(desk, request, export_id) if name == NOTICES else _lines(desk, request, export_id, name)
    headers = {"Cache-Control": "no-store", "Warning": f'299 - "{SHORT_NOTICE}"'}
    return StreamingResponse(lines, headers=headers, media_type=NDJSON)


# A file may be long under way: before each patient it is asked again whether the token still counts.


async def _lines(desk: Desk, request: Request, export_id: str, name: str) -> AsyncIterator[bytes]:
    part = FilePart("")
    while part.patient_id is not None:
        part = await desk.doors.operations.bulk.part(
            caller_of(desk, request), export_id, name, part.patient_id
        )
        if part.content:
            yield part.content


async def _notices(desk: Desk, request: Request, export_id: str) -> AsyncIterator[bytes]:
    """Each notice once, whomever it is about."""
    part, told = FilePart(""), set[bytes]()
    while part.patient_id is not None:
        part = await desk.doors.operations.bulk.notices(caller_of(desk, request), export_id, part.patient_id)
        for line in (to_json(one) + b"\n" for one in part.notices):
            if line not in told:
                told.add(line)
                yield line


async def _parameters(request: Request) -> Parameters:
    """Those of the address, and of a Parameters where it is a POST."""
    found = await parameters_asked(request)
    for name, value in found:
        if name not in _KNOWN:
            raise NotUnderstood("PARAMETER_UNKNOWN", "a parameter of an export is not supported")
        if name == "_outputFormat" and value.replace(" ", "+") not in _FORMATS:
            raise NotUnderstood(
                "PARAMETER_INVALID", f"`_outputFormat` must be `{NDJSON}`", "http._outputFormat"
            )
    return found


def _types(caller: Caller, parameters: Parameters) -> tuple[str, ...]:
    """The types asked for; without `_type` all that the token may read. Raises NotUnderstood, NotAllowed."""
    asked = {part for name, value in parameters if name == "_type" for part in value.split(",")}
    if not asked <= SERVED.keys():
        raise NotUnderstood("PARAMETER_INVALID", "`_type` must name types that are served", "http._type")
    for name in sorted(asked):
        require_scope(caller, name, "read", limited=True)
    granted = read_scopes(caller.scopes)
    types = [
        name
        for name in SERVED
        if (name in asked or not asked) and granted.permits(name, LETTERS["read"], limited=True)
    ]
    if not types:
        require_scope(caller, "Patient", "read")
    return tuple(types)


def _type_limits(types: tuple[str, ...], parameters: Parameters) -> tuple[TypeLimit, ...]:
    """What `_typeFilter` says: searches without a patient (`Goal?category=a`), several by commas or said several times.

    Raises NotUnderstood `PARAMETER_INVALID`, `SEARCH_BY_POST` for what identifies a person.
    """
    found: list[TypeLimit] = []
    for asked in (
        one for name, value in parameters if name == "_typeFilter" for one in _NEXT_QUERY.split(value)
    ):
        name, _, search = asked.partition("?")
        filters = filters_of(name, search) if name in types else ()
        if not filters or len(found) == _MOST_LIMITS:
            raise NotUnderstood(
                "PARAMETER_INVALID",
                f"`_typeFilter`: at most {_MOST_LIMITS} of the form `Goal?category=a`, each of a type that is exported, "
                "by parameters that the CapabilityStatement names",
            )
        refuse_identifying(name, read_query(search))
        found.append(TypeLimit(name, filters))
    return tuple(found)


def _since(parameters: Parameters) -> str:
    found = [value for name, value in parameters if name == "_since"]
    if len(found) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "a parameter may be given once")
    for one in found:
        if _INSTANT.fullmatch(one) is None or fault_of("date", f"ge{one}"):
            raise NotUnderstood(
                "PARAMETER_INVALID", "`_since` must be an instant with its zone", "http._since"
            )
        return one
    return ""
