"""Discovery, health and metrics: answers that no patient has a part in."""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime
from functools import lru_cache

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from gateway.fhir_api.answers_out import own_answer
from gateway.fhir_api.capability import capability_statement, smart_configuration
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.operations import emergency_operation, shared_plan_operation
from gateway.resources import to_json

_KEYS_GOOD_FOR = 300
"""Seconds for which a partner may keep our public keys; one that it does not know it asks for anew."""


async def metadata(request: Request) -> Response:
    """`GET /fhir/metadata`."""
    desk: Desk = request.app.state.desk
    return own_answer(request, _statement(desk.base_url(), desk.started_at))


@lru_cache(maxsize=8)
def _statement(base: str, started_at: datetime) -> bytes:
    return to_json(capability_statement(base, started_at))


async def shared_plan_definition(request: Request) -> Response:
    """`GET /fhir/OperationDefinition/shared-plan`."""
    desk: Desk = request.app.state.desk
    return own_answer(request, to_json(shared_plan_operation(desk.base_url())))


async def emergency_definition(request: Request) -> Response:
    """`GET /fhir/OperationDefinition/emergency-access`."""
    desk: Desk = request.app.state.desk
    return own_answer(request, to_json(emergency_operation(desk.base_url())))


async def smart(request: Request) -> Response:
    """`GET /.well-known/smart-configuration`."""
    desk: Desk = request.app.state.desk
    told = smart_configuration(desk.base_url(), binds_tokens=bool(desk.tls_proxies))
    return Response(to_json(told), media_type="application/json")


async def own_keys(request: Request) -> Response:
    """`GET /.well-known/jwks.json`: by which keys we prove ourselves at partners' token endpoints (RFC 7517)."""
    desk: Desk = request.app.state.desk
    keys = await asyncio.to_thread(desk.own_keys)
    headers = {"Cache-Control": f"max-age={_KEYS_GOOD_FOR}"}
    return Response(to_json({"keys": list(keys)}), headers=headers, media_type="application/json")


async def alive(_request: Request) -> Response:
    """`GET /healthz`: the process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def ready(request: Request) -> Response:
    """`GET /readyz`: the store takes writes; 503 otherwise."""
    desk: Desk = request.app.state.desk
    if await desk.doors.ready():
        return Response(b'{"status":"ready"}', media_type="application/json")
    return Response(b'{"status":"not ready"}', 503, {"Retry-After": "5"}, media_type="application/json")


async def metrics(request: Request) -> Response:
    """`GET /metrics`: counts and times by door; with the scraper's token also what waits, by partner and state.

    Never by patient. The token keeps an agency from reading out of the depths what consent holds back from it.
    """
    desk: Desk = request.app.state.desk
    content = generate_latest(request.app.state.counters.registry)
    shown = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if desk.gauges is not None and hmac.compare_digest(shown, desk.gauges.token):
        content += generate_latest(desk.gauges.registry)
    return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})
