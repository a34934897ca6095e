"""`/fhir/AuditEvent`, read only: what the caller's own organisation has asked here, and what it was shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway.disclosure.asked import question
from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import long_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, form_in, preferences, require_letter
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.reading_routes import nothing
from gateway.fhir_api.search_limits import limits_in
from gateway.fhir_api.search_parameters import (
    Parameters,
    count_in,
    read_query,
    refuse_other_formats,
    values_of,
)
from gateway.fhir_api.search_table import Parameter
from gateway.flows.asks_asked import AsksWanted

TYPE = "AuditEvent"
SEARCHED_BY: Mapping[str, Parameter] = {
    "_id": Parameter("id", ("id",)),
    "action": Parameter("token", ("action",)),
    "date": Parameter("date", ("recorded",)),
    "entity": Parameter("reference", ("entity.what",)),
    "outcome": Parameter("token", ("outcome",)),
    "patient": Parameter("reference", ("entity.what",)),
    "subtype": Parameter("token", ("subtype",)),
    "type": Parameter("token", ("type",)),
}
_PLAIN = frozenset({"_count", "_format", "_page", "_pretty"})
_MOST = 100
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def one(request: Request) -> Response:
    """`GET /fhir/AuditEvent/{id}`: one of your own requests, by its `X-Request-Id`."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_letter(caller, TYPE, "r")
    refuse_other_media(request)
    request.state.resource_type = TYPE
    event_id = str(request.path_params["id"])
    try:
        if _ID.fullmatch(event_id) is None:
            raise nothing()
        pulled = await desk.doors.operations.ask(caller, event_id)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return await long_answer(request, pulled.content)


async def search(request: Request) -> Response:
    """`GET /fhir/AuditEvent`: your own requests, the latest first."""
    return await _search(request, _in_address(request))


async def search_by_form(request: Request) -> Response:
    """`POST /fhir/AuditEvent/_search`: your own requests, by a form."""
    desk: Desk = request.app.state.desk
    caller_of(desk, request)  # nobody unknown makes us read a body
    in_form = read_query(await form_in(request, desk.body_limit_bytes))
    return await _search(request, _in_address(request) + in_form)


def _in_address(request: Request) -> Parameters:
    return read_query(request.scope["query_string"].decode("latin-1"))


async def _search(request: Request, parameters: Parameters) -> Response:
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_letter(caller, TYPE, "s")
    refuse_other_media(request)
    refuse_other_formats(parameters)
    request.state.resource_type = TYPE
    strict = preferences(request).get("handling") == "strict"
    wanted = _wanted(parameters, f"{desk.base_url()}/fhir/{TYPE}", strict=strict)
    try:
        pulled = await desk.doors.operations.asks(caller, wanted)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return await long_answer(request, pulled.content)


def _wanted(parameters: Parameters, address: str, *, strict: bool) -> AsksWanted:
    """Raises NotUnderstood `PARAMETER_INVALID`, `PARAMETER_MODIFIER`, `PARAMETER_UNKNOWN`."""
    pages = values_of(parameters, ("_page",))
    if len(pages) > 1 or not all(_ID.fullmatch(page) for page in pages):
        raise NotUnderstood("PARAMETER_INVALID", "`_page` must be as a link of the search says")
    return AsksWanted(
        filters=limits_in(parameters, SEARCHED_BY, _PLAIN, strict=strict),
        count=min(count_in(parameters), _MOST),
        page=pages[0] if pages else "",
        address=address,
        asked=question(TYPE, parameters),
    )
