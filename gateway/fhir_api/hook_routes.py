"""`/cds-services`: CDS Hooks 2.0, for the systems in which referrals are ordered."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotAllowed, NotFound
from gateway.fhir_api.answers_out import until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_certificate, require_letter, resource_in
from gateway.flows.cds_hooks import SERVICES
from gateway.resources import to_json
from gateway.security.callers import Caller
from gateway.security.client_proof import prove_hook_caller

_LARGEST = 262_144
_NOT_KEPT = {"Cache-Control": "no-store"}


async def discovery(_request: Request) -> Response:
    """`GET /cds-services`."""
    return Response(to_json({"services": list(SERVICES)}), media_type="application/json")


async def call(request: Request) -> Response:
    """`POST /cds-services/{id}`."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    service = str(request.path_params["id"])
    if all(one["id"] != service for one in SERVICES):
        raise NotFound("NO_SUCH_ADDRESS", "there is nothing at this address")
    caller = await _caller(request, desk, service)
    require_letter(caller, "ServiceRequest", "c")
    asked, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    try:
        cards = await desk.doors.hook(caller, service, asked)
    finally:
        await until_tick(began, desk.tick_seconds)
    return Response(to_json(cards), headers=_NOT_KEPT, media_type="application/json")


async def _caller(request: Request, desk: Desk, service: str) -> Caller:
    """Who calls: by a token of ours, or by a statement that a CDS Hooks client signs for each call."""
    try:
        return caller_of(desk, request)
    except NotAllowed as error:
        if error.code != "TOKEN_UNREADABLE":
            raise
    now = desk.clock.now()
    client_id, client = await prove_hook_caller(
        request.headers["authorization"].partition(" ")[2].strip(),
        audience=f"{desk.base_url()}/cds-services/{service}",
        client_by_id=desk.client_by_id,
        use_once=desk.use_once,
        now=now,
        keys_at=desk.keys_at,
    )
    require_certificate(desk, request, client.certificates)
    request.state.partner = client.partner
    desk.rates.take(client_id, now)
    return Caller(client.partner, client_id, "", client.scopes, "")
