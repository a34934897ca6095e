"""The HTTP application: routes, and one wrapper that gives each request its id, error answer and log line.

Pure ASGI, bytes out: no middleware stack, no response models. Query strings, bodies and header values are
never logged; a log line names the door, not the address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import logs
from gateway.clock import new_id
from gateway.errors import HandoffError, NotSupported
from gateway.fhir_api import (
    docs_routes,
    emergency_routes,
    hook_routes,
    patch_route,
    plain_routes,
    reading_routes,
    subscription_routes,
    token_route,
    validate_route,
    writing_routes,
)
from gateway.fhir_api.addresses import Address, Addresses, Endpoint, ToAnswer, no_such_address
from gateway.fhir_api.answers_out import fhir_answer, own_answer
from gateway.fhir_api.counters import RequestCounters
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.everything import everything
from gateway.fhir_api.incoming import LargeBodies
from gateway.fhir_api.operation_outcome import Refusal, refusal_of, unexpected
from gateway.fhir_api.operation_routes import OPERATION_ROUTES


def build_app(
    desk: Desk, *, mounts: Mapping[str, ASGIApp] | None = None, registry: CollectorRegistry | None = None
) -> ASGIApp:
    """The ASGI application. `mounts` are further applications by path (`{"/console": …}`); they keep their
    own errors and get the same request id in `scope["state"]["request_id"]`."""
    api = FastAPI(title="Warm Handoff", docs_url=None, redoc_url=None, openapi_url=None)
    api.router.redirect_slashes = False
    addresses = [Address(path, endpoint, methods, name) for path, endpoint, methods, name in _ROUTES]
    api.router.routes.extend(addresses)
    for path, app in (mounts or {}).items():
        api.add_api_route(path, _to_folder, name=path.strip("/"), include_in_schema=False)
        api.mount(path, app, name=path.strip("/"))
    errors = _Errors(desk)
    answers: dict[type[Exception], ToAnswer] = {
        HandoffError: errors.of_ours,
        HTTPException: errors.of_the_router,
        ClientDisconnect: errors.gone,
    }
    for kind, to_answer in answers.items():
        api.add_exception_handler(kind, to_answer)
    api.add_exception_handler(Exception, errors.unforeseen)
    counters = RequestCounters(registry)
    found = Addresses(addresses, api, answers)
    api.state = State(
        {
            "desk": desk,
            "counters": counters,
            "addresses": found,
            "large_bodies": LargeBodies(),
        }
    )
    return _Entrance(desk, found, counters)


async def _to_folder(request: Request) -> Response:
    """`/console` is `/console/`, so that its relative addresses hold."""
    return RedirectResponse(request.url.path + "/", 308)


async def _type_level(request: Request) -> Response:
    if request.method == "POST":
        return await writing_routes.create_one(request)
    return await reading_routes.search_by_address(request)


async def _instance_level(request: Request) -> Response:
    if request.method == "PATCH":
        return await patch_route.patch_one(request)
    if request.method == "PUT":
        return await writing_routes.update_one(request)
    return await reading_routes.read_one(request)


async def _to_words(_request: Request) -> Response:
    """Where the API is described: who opens the bare address in a browser finds it."""
    return RedirectResponse("/docs", 307)


_GET, _POST, _GET_POST, _ONE = ("GET",), ("POST",), ("GET", "POST"), ("GET", "PUT", "PATCH")
_ROUTES: tuple[tuple[str, Endpoint, tuple[str, ...], str], ...] = (
    ("/", _to_words, _GET, "docs"),
    ("/fhir/metadata", plain_routes.metadata, _GET, "metadata"),
    ("/fhir/.well-known/smart-configuration", plain_routes.smart, _GET, "smart"),
    ("/.well-known/smart-configuration", plain_routes.smart, _GET, "smart"),
    ("/.well-known/jwks.json", plain_routes.own_keys, _GET, "smart"),
    ("/oauth/token", token_route.give_token, _POST, "token"),
    ("/oauth/introspect", token_route.introspect, _POST, "introspect"),
    ("/cds-services", hook_routes.discovery, _GET, "cds-services"),
    ("/cds-services/{id}", hook_routes.call, _POST, "cds-services"),
    ("/healthz", plain_routes.alive, _GET, "healthz"),
    ("/readyz", plain_routes.ready, _GET, "readyz"),
    ("/metrics", plain_routes.metrics, _GET, "metrics"),
    ("/openapi.json", docs_routes.openapi, _GET, "docs"),
    ("/docs", docs_routes.docs, _GET, "docs"),
    ("/docs/style.css", docs_routes.style, _GET, "docs"),
    ("/fhir", writing_routes.submit_bundle, _POST, "submit"),
    ("/fhir/", writing_routes.submit_bundle, _POST, "submit"),
    ("/fhir/Patient/{id}/$shared-plan", reading_routes.shared_plan, _GET_POST, "shared-plan"),
    ("/fhir/Patient/{id}/$everything", everything, _GET_POST, "everything"),
    ("/fhir/Patient/$emergency-access", emergency_routes.emergency_access, _POST, "emergency-access"),
    ("/fhir/OperationDefinition/emergency-access", plain_routes.emergency_definition, _GET, "metadata"),
    ("/fhir/OperationDefinition/shared-plan", plain_routes.shared_plan_definition, _GET, "metadata"),
    *OPERATION_ROUTES,
    ("/fhir/Subscription", subscription_routes.create, _POST, "subscription"),
    ("/fhir/Subscription", subscription_routes.search, _GET, "subscription"),
    ("/fhir/Subscription/_search", subscription_routes.search_by_form, _POST, "subscription"),
    ("/fhir/Subscription/$status", subscription_routes.status, _GET_POST, "subscription"),
    ("/fhir/Subscription/{id}/$status", subscription_routes.status, _GET_POST, "subscription"),
    ("/fhir/Subscription/{id}/$events", subscription_routes.events, _GET_POST, "subscription"),
    ("/fhir/Subscription/{id}", subscription_routes.one, ("GET", "PUT", "DELETE"), "subscription"),
    ("/fhir/{type}/$validate", validate_route.validate, _POST, "validate"),
    ("/fhir/{type}/_search", reading_routes.search_by_form, _POST, "search"),
    ("/fhir/{type}", _type_level, _GET_POST, "type"),
    ("/fhir/{type}/{id}", _instance_level, _ONE, "instance"),
    ("/fhir/{type}/{id}/_history", reading_routes.history, _GET, "history"),
    ("/fhir/{type}/{id}/_history/{version}", reading_routes.read_version, _GET, "history"),
)


class _Nothing(Response):
    """An answer that sends nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


class _Errors:
    """What an error becomes, as FastAPI's exception handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_ours(self, request: Request, error: Exception) -> Response:
        """An error of our own tree: the one table."""
        assert isinstance(error, HandoffError)
        state = request.scope["state"]
        state["request_id"] = getattr(error, "request_id", None) or state["request_id"]
        refusal = refusal_of(error, state["request_id"], self._desk.on_call)
        if refusal.status == 500:
            logs.fault(logs.Event.FAULT, error, incident_id=state["request_id"])
        state["code"] = refusal.code
        if refusal.status == 405:
            refusal = replace(refusal, headers=(*refusal.headers, ("Allow", _allowed(request))))
        return _refuse(request, refusal)

    async def unforeseen(self, request: Request, _error: Exception) -> Response:
        """A fault of ours: its number alone leaves. It is raised on to the entrance, which logs and counts it."""
        return _refuse(request, unexpected(request.scope["state"]["request_id"]))

    async def gone(self, request: Request, _error: Exception) -> Response:
        """The caller went away in the middle of its request: nobody is there to answer."""
        request.scope["state"]["code"] = "CLIENT_GONE"
        return _Nothing()

    async def of_the_router(self, request: Request, error: Exception) -> Response:
        """No such address, or a method that is not served there."""
        assert isinstance(error, HTTPException)
        state = request.scope["state"]
        refused: HandoffError = no_such_address()
        if error.status_code == 405:
            refused = NotSupported("METHOD_NOT_SERVED", "this method is not served here; see `/docs`")
        refusal = refusal_of(refused, state["request_id"], self._desk.on_call)
        state["code"] = refusal.code
        headers = tuple((name, value) for name, value in (error.headers or {}).items())
        return _refuse(
            request, Refusal(refusal.status, refusal.code, refusal.content, (*refusal.headers, *headers))
        )


class _Entrance:
    """Every request enters and leaves here."""

    def __init__(self, desk: Desk, api: ASGIApp, counters: RequestCounters) -> None:
        self._api = api
        self._counters = counters
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        began = asyncio.get_running_loop().time()
        state: dict[str, Any] = {"request_id": new_id()}
        scope["state"] = state
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", str(state["request_id"]).encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        with logs.bound(request_id=state["request_id"]):
            try:
                await self._api(scope, receive, send_marked)
            except Exception as error:  # noqa: BLE001  the last fence: nothing of a fault leaves, all of it is counted
                logs.fault(logs.Event.FAULT, error, incident_id=state["request_id"])
                state["code"] = "INTERNAL"
                if not status:
                    refused = fhir_answer(unexpected(state["request_id"]).content, 500)
                    await refused(scope, receive, send_marked)
        self._counters.tell(scope, status, asyncio.get_running_loop().time() - began)


def _allowed(request: Request) -> str:
    """What is served at the address of a request whose method is not."""
    found, named = request.path_params, request.path_params.get("id", "")
    if named.startswith("_"):
        return "POST" if named == "_search" else ""
    return reading_routes.methods_served(str(found.get("type", "")), of_one="id" in found)


def _refuse(request: Request, refusal: Refusal) -> Response:
    """As the request asked to be answered; anything but FHIR is refused in JSON."""
    answers = own_answer if str(request.scope["path"]).startswith("/fhir") else _in_json
    return answers(request, refusal.content, refusal.status, dict(refusal.headers))


def _in_json(_request: Request, content: bytes, status: int, headers: Mapping[str, str]) -> Response:
    return fhir_answer(content, status, headers)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop belong to wiring; the server only wants to hear that both went well."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
