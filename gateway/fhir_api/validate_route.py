"""`POST /fhir/{type}/$validate`: what is wrong with a resource, each fault with its FHIRPath; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotSupported, NotUnderstood
from gateway.fhir_api.answers_out import own_answer
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_letter, resource_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.operation_outcome import issue_of
from gateway.fhir_api.reading_routes import type_not_served
from gateway.fhir_api.search_parameters import Parameters, read_query
from gateway.fhir_api.served import VALIDATED
from gateway.flows.validated import validated
from gateway.resources import to_json

_OWN_PROFILES, _PROFILE_VALUE = "http://hl7.org/fhir/StructureDefinition/", "valueCanonical"


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
    _refuse_profile(resource_type, read_query(request.scope["query_string"].decode("latin-1")), sent)
    request.state.resource_type = resource_type
    found = validated(_resource(sent), resource_type)
    issues = [issue_of(one.issue, one.code, one.message, one.place, one.severity) for one in found]
    return own_answer(request, to_json({"resourceType": "OperationOutcome", "issue": issues}))


def _refuse_profile(resource_type: str, asked: Parameters, sent: Mapping[str, Any]) -> None:
    """Nothing, unless another profile than the type's own is asked for. A server that cannot check against it SHALL
    answer so (HL7 FHIR 4.0.1, resource-operation-validate), as "nothing was found wrong" would be read otherwise.

    Raises NotSupported `PROFILE_NOT_CHECKED`.
    """
    listed = sent.get("parameter") if sent.get("resourceType") == "Parameters" else None
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    profiles: list[object] = [value for name, value in asked if name == "profile"]
    profiles += [
        one.get(_PROFILE_VALUE, one.get("valueUri")) for one in named if one.get("name") == "profile"
    ]
    if any(one != f"{_OWN_PROFILES}{resource_type}" for one in profiles):
        text = "no profile is checked here but that of the type; leave `profile` out"
        raise NotSupported("PROFILE_NOT_CHECKED", text, "http.profile")


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
