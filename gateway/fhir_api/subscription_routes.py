"""`/fhir/Subscription`: FHIR R4 rest-hook with the topics of the Subscriptions R5 Backport."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, own_answer, saved_answer, version_headers
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, form_in, preferences, require_letter, resource_in, version_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.search_limits import limits_in
from gateway.fhir_api.search_parameters import Parameters, read_query, refuse_other_formats
from gateway.fhir_api.search_table import Parameter
from gateway.fhir_api.stated import parameters_asked
from gateway.security.callers import Caller

TYPE = "Subscription"
SEARCHED_BY: Mapping[str, Parameter] = {
    "_id": Parameter("id", ("id",)),
    "criteria": Parameter("string", ("criteria",)),
    "payload": Parameter("token", ("channel.payload",)),
    "status": Parameter("token", ("status",)),
    "type": Parameter("token", ("channel.type",)),
    "url": Parameter("uri", ("channel.endpoint",)),
}
_PLAIN = frozenset({"_count", "_format", "_pretty"})
_LARGEST = 16_384
_LAST_NUMBER = 2**62
_SINCE, _UNTIL = "eventsSinceNumber", "eventsUntilNumber"


async def create(request: Request) -> Response:
    """`POST /fhir/Subscription`."""
    desk, caller = _caller(request, "c")
    resource, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    _require_type(resource.get("resourceType"))
    saved = await desk.doors.subscriptions.create(caller, resource)
    return saved_answer(request, saved, desk.base_url())


async def search(request: Request) -> Response:
    """`GET /fhir/Subscription`: your own, on one page: nobody has more than that holds."""
    return await _search(request, _in_address(request))


async def search_by_form(request: Request) -> Response:
    """`POST /fhir/Subscription/_search`: your own, by a form."""
    desk, _ = _caller(request, "s")  # nobody unknown makes us read a body
    in_form = read_query(await form_in(request, desk.body_limit_bytes))
    return await _search(request, _in_address(request) + in_form)


def _in_address(request: Request) -> Parameters:
    return read_query(request.scope["query_string"].decode("latin-1"))


async def _search(request: Request, parameters: Parameters) -> Response:
    desk, caller = _caller(request, "s")
    refuse_other_formats(parameters)
    strict = preferences(request).get("handling") == "strict"
    limits = limits_in(parameters, SEARCHED_BY, _PLAIN, strict=strict)
    pulled = await desk.doors.subscriptions.search(caller, limits, desk.base_url())
    request.state.request_id = pulled.request_id
    return own_answer(request, pulled.content)


async def one(request: Request) -> Response:
    """`GET`, `PUT`, `DELETE /fhir/Subscription/{id}`."""
    subscription_id = str(request.path_params["id"])
    if request.method == "DELETE":
        desk, caller = _caller(request, "d")
        await desk.doors.subscriptions.remove(caller, subscription_id)
        return fhir_answer(b"", 204)
    if request.method == "PUT":
        desk, caller = _caller(request, "u")
        if_match = version_in(request, "if-match")
        resource, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
        _require_type(resource.get("resourceType"))
        if resource.get("id") != subscription_id:
            raise NotUnderstood("ID_MISMATCH", "must be the id in the address", "Subscription.id")
        saved = await desk.doors.subscriptions.replace(caller, subscription_id, resource, if_match)
        return saved_answer(request, saved, desk.base_url())
    desk, caller = _caller(request, "r")
    pulled = await desk.doors.subscriptions.read(caller, subscription_id)
    request.state.request_id = pulled.request_id
    return own_answer(request, pulled.content, headers=version_headers(pulled.version, pulled.last_modified))


async def status(request: Request) -> Response:
    """`GET` or `POST /fhir/Subscription/$status` and `/fhir/Subscription/{id}/$status`."""
    desk, caller = _caller(request, "r")
    await parameters_asked(request)  # none limits it; what is no Parameters is refused
    subscription_id = request.path_params.get("id")
    pulled = await desk.doors.subscriptions.status(caller, subscription_id, desk.base_url())
    request.state.request_id = pulled.request_id
    return own_answer(request, pulled.content)


async def events(request: Request) -> Response:
    """`GET` or `POST /fhir/Subscription/{id}/$events`."""
    desk, caller = _caller(request, "r")
    asked = await parameters_asked(request)
    first, last = _number(asked, _SINCE, 1), _number(asked, _UNTIL, _LAST_NUMBER)
    subscription_id = str(request.path_params["id"])
    pulled = await desk.doors.subscriptions.events(caller, subscription_id, first, last, desk.base_url())
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)


def _caller(request: Request, letter: str) -> tuple[Desk, Caller]:
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    require_letter(caller, TYPE, letter)
    refuse_other_media(request)
    request.state.resource_type = TYPE
    return desk, caller


def _require_type(found: object) -> None:
    if found != TYPE:
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", f"must be a `{TYPE}`", "resourceType")


def _number(asked: Parameters, name: str, default: int) -> int:
    """The number that a parameter gives. Raises NotUnderstood `PARAMETER_INVALID`, `_TWICE`, `_UNKNOWN`."""
    found = [value for key, value in asked if key == name]
    if any(key not in (_SINCE, _UNTIL, "content") for key, _ in asked):
        raise NotUnderstood("PARAMETER_UNKNOWN", f"only `{_SINCE}`, `{_UNTIL}` and `content` are known")
    if len(found) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "each parameter may stand once", name)
    if not found:
        return default
    if not (found[0].isascii() and found[0].isdigit() and len(found[0]) < 19):
        raise NotUnderstood("PARAMETER_INVALID", "must be the number of an event", name)
    return int(found[0])
