"""Reading and searching. What comes back has passed the gate; nothing here knows what was withheld."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gateway.care_plan import SHARED_TYPES
from gateway.disclosure.asked import question
from gateway.disclosure.content import SHORT_NOTICE
from gateway.errors import NotFound, NotSupported, NotUnderstood
from gateway.fhir_api.addresses import no_such_address
from gateway.fhir_api.answers_out import fhir_answer, until_tick, version_headers
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, form_in, preferences, require_scope, version_in
from gateway.fhir_api.media import media_asked, others_asked, refuse_other_media, take_format
from gateway.fhir_api.search_parameters import (
    Parameters,
    count_in,
    criteria_of,
    elements_in,
    read_query,
    refuse_identifying,
    refuse_other_formats,
    values_of,
)
from gateway.fhir_api.served import LETTERS, SERVED, Interaction
from gateway.fhir_api.stated import parameters_asked
from gateway.flows.answers import MOST_STATES, HistoryAsked, Pulled
from gateway.security.callers import Caller
from gateway.security.scopes import read_scopes

Ask = Callable[[Desk, Caller, str, str], Awaitable[Pulled]]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_OF_OTHER_ROUTES = frozenset({"AuditEvent", "Subscription"})
_NEVER_RUN = {
    "Cache-Control": "no-store",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Warning": f'299 - "{SHORT_NOTICE}"',
}


async def read_one(request: Request) -> Response:
    """`GET /fhir/{type}/{id}`; of a Binary its bytes, where no FHIR is taken."""
    if request.path_params["type"] == "Binary" and media_asked(request) is None:
        return await _paper(request)
    elements = elements_in(read_query(request.scope["query_string"].decode("latin-1")))

    def ask(desk: Desk, caller: Caller, resource_type: str, resource_id: str) -> Awaitable[Pulled]:
        return desk.doors.read(caller, resource_type, resource_id, elements)

    return await _one(request, "read", ask)


async def _paper(request: Request) -> Response:
    """The bytes of a Binary in its own media type, on a tick; to be kept, never to be run by a browser."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, served_type(request, "read"), "read", limited=True)
    binary_id = str(request.path_params["id"])
    try:
        if _ID.fullmatch(binary_id) is None:
            raise nothing()
        paper = await desk.doors.paper(caller, binary_id, others_asked(request))
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = paper.request_id
    headers = {**_NEVER_RUN, **version_headers(paper.version, paper.last_modified)}
    return Response(paper.content, 200, {**headers, "Content-Type": paper.media_type})


async def read_version(request: Request) -> Response:
    """`GET /fhir/{type}/{id}/_history/{version}`: one of the states that the caller may see."""
    version = str(request.path_params["version"])

    def ask(desk: Desk, caller: Caller, resource_type: str, resource_id: str) -> Awaitable[Pulled]:
        return desk.doors.read_version(caller, resource_type, resource_id, version)

    return await _one(request, "vread", ask)


async def history(request: Request) -> Response:
    """`GET /fhir/{type}/{id}/_history`: the states that the caller may see, the latest first."""
    parameters = read_query(request.scope["query_string"].decode("latin-1"))
    refuse_other_formats(parameters)
    strict = preferences(request).get("handling") == "strict"
    if strict and any(name not in ("_format", "_count", "_page") for name, _ in parameters):
        raise NotUnderstood("PARAMETER_UNKNOWN", "a parameter of a history is not supported")
    count, pages = min(count_in(parameters), MOST_STATES), values_of(parameters, ("_page",))
    if len(pages) > 1 or not all(_ID.fullmatch(one) for one in pages):
        raise NotUnderstood("PARAMETER_INVALID", "`_page` must be as a link of the history says")

    def ask(desk: Desk, caller: Caller, resource_type: str, resource_id: str) -> Awaitable[Pulled]:
        asked = HistoryAsked(f"{desk.base_url()}/fhir", count, pages[0] if pages else "")
        return desk.doors.history(caller, resource_type, resource_id, asked)

    return await _one(request, "history-instance", ask)


async def _one(request: Request, interaction: Interaction, ask: Ask) -> Response:
    """What is shown of one resource, on a tick."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    resource_type = served_type(request, interaction)
    require_scope(caller, resource_type, interaction, limited=True)
    refuse_other_media(request)
    resource_id = request.path_params["id"]
    _refuse_no_id(resource_id)
    seen = version_in(request, "if-none-match")
    try:
        if _ID.fullmatch(resource_id) is None:
            raise nothing()
        pulled = await ask(desk, caller, resource_type, resource_id)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    headers = version_headers(pulled.version, pulled.last_modified)
    if seen is not None and seen == pulled.version:
        return fhir_answer(b"", 304, headers)
    return fhir_answer(pulled.content, headers=headers)


async def search_by_address(request: Request) -> Response:
    """`GET /fhir/{type}?patient=[our id]`."""
    parameters = read_query(request.scope["query_string"].decode("latin-1"))
    refuse_identifying(str(request.path_params["type"]), parameters)
    return await _search(request, parameters)


async def search_by_form(request: Request) -> Response:
    """`POST /fhir/{type}/_search` with a form: also by the caller's own identifier of the patient."""
    desk: Desk = request.app.state.desk
    in_address = read_query(request.scope["query_string"].decode("latin-1"))
    refuse_identifying(str(request.path_params["type"]), in_address)
    caller_of(desk, request)  # nobody unknown makes us read a body
    in_form = read_query(await form_in(request, desk.body_limit_bytes))
    return await _search(request, in_address + in_form)


async def _search(request: Request, parameters: Parameters) -> Response:
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    for value in values_of(parameters, ("_format",)):  # of a form as well
        take_format(request, value)
    caller = caller_of(desk, request)
    resource_type = served_type(request, "search-type")
    require_scope(caller, resource_type, "search-type", limited=True)
    refuse_other_formats(parameters)
    refuse_other_media(request)
    strict = preferences(request).get("handling") == "strict"
    criteria = criteria_of(
        resource_type, parameters, strict=strict, base=f"{desk.base_url()}/fhir/{resource_type}"
    )
    criteria = replace(criteria, asked=question(resource_type, parameters))
    try:
        pulled = await desk.doors.search(caller, resource_type, criteria)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)


async def shared_plan(request: Request) -> Response:
    """`GET` or `POST …/{id}/$shared-plan`: one care plan of what agencies contributed, as this caller may see it."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, "CarePlan", "search-type", limited=True)
    refuse_other_media(request)
    await parameters_asked(request)  # it has none; what is no Parameters is refused
    granted = read_scopes(caller.scopes)
    types = [name for name in SHARED_TYPES if granted.permits(name, LETTERS["search-type"], limited=True)]
    request.state.resource_type = "CarePlan"
    patient = request.path_params["id"]
    try:
        if _ID.fullmatch(patient) is None:
            raise NotUnderstood(
                "PARAMETER_INVALID", "the patient must be given as `Patient/[id]/$shared-plan`"
            )
        pulled = await desk.doors.shared_plan(caller, patient, types)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)


def served_type(request: Request, interaction: Interaction) -> str:
    """The resource type in the address.

    Raises NotSupported `TYPE_NOT_SERVED`, `METHOD_NOT_SERVED`: what is served stands in the CapabilityStatement, and
    tells nothing of anybody.
    """
    resource_type = str(request.path_params["type"])
    served = SERVED.get(resource_type)
    if served is None:
        if resource_type in _OF_OTHER_ROUTES:
            raise NotSupported("METHOD_NOT_SERVED", "this is not done with this type; see `/fhir/metadata`")
        raise no_such_address() if resource_type.startswith(("_", "$")) else type_not_served()
    if interaction not in served.interactions:
        raise NotSupported("METHOD_NOT_SERVED", _not_served(resource_type, interaction))
    request.state.resource_type = resource_type
    return resource_type


def methods_served(resource_type: str, *, of_one: bool) -> str:
    """The methods at the address of a type, or of one resource, as `Allow` has them (RFC 9110, 15.5.6)."""
    if resource_type == "Subscription":
        return "GET, HEAD, PUT, DELETE" if of_one else "GET, HEAD, POST"
    ways = SERVED[resource_type].interactions if resource_type in SERVED else ()
    asked: tuple[tuple[str, Interaction], ...] = (("POST", "create"),)
    if of_one:
        asked = (("PUT", "update"), ("PATCH", "patch"))
    return ", ".join(("GET", "HEAD", *(method for method, way in asked if way in ways)))


def _refuse_no_id(resource_id: str) -> None:
    """Nothing, unless an address names what is no resource at all; that is told, as it tells of nobody.

    Raises NotSupported `METHOD_NOT_SERVED`, `NO_SUCH_ADDRESS`.
    """
    if resource_id == "_history":
        text = "no history of all of a type is kept; one record's is at `[type]/[id]/_history`"
        raise NotSupported("METHOD_NOT_SERVED", text)
    if resource_id == "_search":
        raise NotSupported("METHOD_NOT_SERVED", "a search at this address goes by POST with a form")
    if resource_id.startswith(("_", "$")):
        raise no_such_address()


def type_not_served() -> NotSupported:
    """What is wrong with a type that is none of the API's."""
    return NotSupported(
        "TYPE_NOT_SERVED", "this resource type is not served; `/fhir/metadata` names those that are"
    )


def _not_served(resource_type: str, interaction: Interaction) -> str:
    if resource_type == "Task" and interaction == "create":
        return "a Task comes in a transaction, with the ServiceRequest that it asks for"
    return f"of this type are served: {', '.join(SERVED[resource_type].interactions)}"


def nothing() -> NotFound:
    """The one answer for unknown, no consent and withheld."""
    return NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
