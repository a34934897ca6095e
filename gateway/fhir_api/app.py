"""The HTTP application: routes, and one wrapper that gives each request its id, error answer and log line.

Pure ASGI, bytes out: no middleware stack, no response models. Query strings, bodies and header values are
never logged; a log line names the door, not the address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import logs
from gateway.clock import new_id
from gateway.errors import HandoffError, NotFound, NotSupported
from gateway.fhir_api import plain_routes, reading_routes, token_route, writing_routes
from gateway.fhir_api.answers_out import fhir_answer
from gateway.fhir_api.counters import RequestCounters
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.operation_outcome import Refusal, refusal_of, unexpected

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def build_app(
    desk: Desk, *, mounts: Mapping[str, ASGIApp] | None = None, registry: CollectorRegistry | None = None
) -> ASGIApp:
    """The ASGI application. `mounts` are further applications by path (`{"/console": …}`); they keep their
    own errors and get the same request id in `scope["state"]["request_id"]`."""
    routes: list[BaseRoute] = [
        Route("/fhir/metadata", plain_routes.metadata, name="metadata"),
        Route("/fhir/.well-known/smart-configuration", plain_routes.smart, name="smart"),
        Route("/.well-known/smart-configuration", plain_routes.smart, name="smart"),
        Route("/oauth/token", token_route.give_token, methods=["POST"], name="token"),
        Route("/healthz", plain_routes.alive, name="healthz"),
        Route("/readyz", plain_routes.ready, name="readyz"),
        Route("/metrics", plain_routes.metrics, name="metrics"),
        Route("/fhir", writing_routes.submit_bundle, methods=["POST"], name="submit"),
        Route("/fhir/", writing_routes.submit_bundle, methods=["POST"], name="submit"),
        Route("/fhir/{type}/_search", reading_routes.search_by_form, methods=["POST"], name="search"),
        Route("/fhir/{type}", _type_level, methods=["GET", "POST"], name="type"),
        Route("/fhir/{type}/{id}", _instance_level, methods=["GET", "PUT"], name="instance"),
        *(Mount(path, app=app, name=path.strip("/")) for path, app in (mounts or {}).items()),
        *(Route(path, _to_folder, name=path.strip("/")) for path in mounts or ()),
    ]
    return _Entrance(desk, Router(routes, redirect_slashes=False), RequestCounters(registry))


async def _to_folder(request: Request) -> Response:
    """`/console` is `/console/`, so that its relative addresses hold."""
    return RedirectResponse(request.url.path + "/", 308)


async def _type_level(request: Request) -> Response:
    if request.method == "POST":
        return await writing_routes.create_one(request)
    return await reading_routes.search_by_address(request)


async def _instance_level(request: Request) -> Response:
    if request.method == "PUT":
        return await writing_routes.update_one(request)
    return await reading_routes.read_one(request)


class _Entrance:
    """Every request enters and leaves here."""

    def __init__(self, desk: Desk, router: ASGIApp, counters: RequestCounters) -> None:
        self._router = router
        self._counters = counters
        self._desk = desk
        self.state = State({"desk": desk, "counters": counters})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        began = asyncio.get_running_loop().time()
        scope["app"] = self
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
            refusal = await self._answer(scope, receive, send_marked)
            if refusal is not None:
                state["code"] = refusal.code
                if not status:
                    await _refuse(refusal)(scope, receive, send_marked)
        self._tell(scope, state, status, asyncio.get_running_loop().time() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        """None when the answer was sent, else the refusal to send."""
        state = scope["state"]
        try:
            await self._router(scope, receive, send)
        except HandoffError as error:
            state["request_id"] = getattr(error, "request_id", None) or state["request_id"]
            refusal = refusal_of(error, state["request_id"], self._desk.on_call)
            if refusal.status == 500:
                logs.fault(logs.Event.FAULT, error, incident_id=state["request_id"])
            return refusal
        except HTTPException as error:  # the router's own: no such address, wrong method
            return self._no_such_route(error, state["request_id"])
        except ClientDisconnect:  # nobody is there to be answered
            state["code"] = "CLIENT_GONE"
        except Exception as error:  # noqa: BLE001  the last fence: nothing of a fault leaves, all of it is counted
            logs.fault(logs.Event.FAULT, error, incident_id=state["request_id"])
            return unexpected(state["request_id"])
        return None

    def _no_such_route(self, error: HTTPException, request_id: str) -> Refusal:
        if error.status_code == 405:
            refused: HandoffError = NotSupported("METHOD_NOT_SERVED", "this method is not served here")
        else:
            refused = NotFound("NO_SUCH_ADDRESS", "there is nothing at this address")
        refusal = refusal_of(refused, request_id, self._desk.on_call)
        headers = tuple((name, value) for name, value in (error.headers or {}).items())
        return Refusal(refusal.status, refusal.code, refusal.content, (*refusal.headers, *headers))

    def _tell(self, scope: Scope, state: Mapping[str, Any], status: int, seconds: float) -> None:
        route = scope.get("route")
        door = str(getattr(route, "name", "") or "none")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._counters.answered(door, method, status, seconds)
        logs.info(
            logs.Event.REQUEST_ANSWERED,
            request_id=state["request_id"],
            door=door,
            method=method.lower(),
            status=status,
            milliseconds=round(seconds * 1000, 1),
            partner=state.get("partner"),
            resource_type=state.get("resource_type"),
            code=state.get("code"),
        )


def _refuse(refusal: Refusal) -> Response:
    return fhir_answer(refusal.content, refusal.status, dict(refusal.headers))


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop belong to wiring; the server only wants to hear that both went well."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
