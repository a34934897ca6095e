"""`POST /fhir/{type}/$validate`: what is wrong with a resource, each fault with its FHIRPath; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import own_answer
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_letter, resource_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.operation_outcome import issue_of
from gateway.fhir_api.reading_routes import type_not_served
from gateway.fhir_api.served import VALIDATED
from gateway.flows.validated import validated
from gateway.resources import to_json


async def validate(request: Request) -> Response:
    """An OperationOutcome of every finding; 200 also for a resource that would be refused."""
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    resource_type = str(request.path_params["type"])
    if resource_type not in VALIDATED:
        raise type_not_served()
    require_letter(caller, resource_type, "c")
    refuse_other_media(request)
    sent, _ = await resource_in(request, desk.body_limit_bytes)
    request.state.resource_type = resource_type
    found = validated(_resource(sent), resource_type)
    issues = [issue_of(one.issue, one.code, one.message, one.place, one.severity) for one in found]
    return own_answer(request, to_json({"resourceType": "OperationOutcome", "issue": issues}))


def _resource(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The resource itself, or the one in the parameter `resource`."""
    if sent.get("resourceType") != "Parameters":
        return sent
    listed = sent.get("parameter")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("name") == "resource" and isinstance(one.get("resource"), dict):
            found: Mapping[str, Any] = one["resource"]
            return found
    raise NotUnderstood("PARAMETER_MISSING", "needs a parameter `resource`", "Parameters.parameter")
