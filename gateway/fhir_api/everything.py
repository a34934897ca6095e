"""`Patient/{id}/$everything`: all that the caller may see about one patient. HL7 FHIR 4.0.1, operations of Patient.

A search over all types at once, with pages as a search has them. `_type` and `_since` narrow it down; `start` and `end`
are not served, and are refused, since without them more would come than was asked for.
"""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response

from gateway.disclosure.asked import question
from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, until_tick
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, preferences, require_scope
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.search_parameters import (
    Parameters,
    count_in,
    refuse_other_formats,
    values_of,
)
from gateway.fhir_api.search_table import OF_EVERY_TYPE
from gateway.fhir_api.served import LETTERS, SERVED
from gateway.fhir_api.stated import parameters_asked
from gateway.flows.answers import SearchCriteria
from gateway.resources.searching import Filter, fault_of
from gateway.security.scopes import read_scopes

DEFINITION = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_KNOWN = frozenset({"_type", "_since", "_count", "_page", "_format", "_pretty"})
_REFUSED = frozenset({"start", "end"})


async def everything(request: Request) -> Response:
    """`GET` or `POST /fhir/Patient/{id}/$everything`."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, "Patient", "read")
    refuse_other_media(request)
    parameters = await parameters_asked(request)
    refuse_other_formats(parameters)
    strict = preferences(request).get("handling") == "strict"
    patient = str(request.path_params["id"])
    criteria = _criteria(patient, parameters, strict=strict, base=desk.base_url())
    granted = read_scopes(caller.scopes)
    types = [name for name in _types(parameters) if granted.permits(name, LETTERS["read"], limited=True)]
    request.state.resource_type = "Patient"
    try:
        pulled = await desk.doors.everything(caller, types, criteria)
    finally:
        await until_tick(began, desk.tick_seconds)
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content)


def _criteria(patient: str, parameters: Parameters, *, strict: bool, base: str) -> SearchCriteria:
    """Raises NotUnderstood `PARAMETER_UNKNOWN`, `PARAMETER_INVALID`, `PARAMETER_TWICE`."""
    names = {name for name, _ in parameters}
    if names & _REFUSED or (strict and names - _KNOWN):
        raise NotUnderstood("PARAMETER_UNKNOWN", "a parameter is not supported")
    if _ID.fullmatch(patient) is None:
        raise NotUnderstood(
            "PARAMETER_INVALID", "the patient must be given as `Patient/[id]/$everything`", "Patient.id"
        )
    pages, since = values_of(parameters, ("_page",)), values_of(parameters, ("_since",))
    if len(since) > 1 or len(pages) > 1:
        raise NotUnderstood("PARAMETER_TWICE", "a parameter may be given once")
    for one in since:
        if fault := fault_of("date", f"ge{one}"):
            raise NotUnderstood("PARAMETER_INVALID", f"`_since`: {fault}", "http._since")
    address = f"{base}/fhir/Patient/{patient}/$everything"
    asked = ",".join(_types(parameters)) if "_type" in names else ""
    return SearchCriteria(
        patient=patient,
        filters=tuple(Filter("date", OF_EVERY_TYPE["_lastUpdated"].places, (f"ge{one}",)) for one in since),
        count=count_in(parameters),
        page=pages[0] if pages else "",
        address=address,
        page_address=f"{address}?{f'_type={asked}&' if asked else ''}_page=",
        asked=question(f"Patient/{patient}/$everything", parameters),
    )


def _types(parameters: Parameters) -> tuple[str, ...]:
    """The types asked for, in their order; all that are served without `_type`. Raises NotUnderstood."""
    asked = {name for value in values_of(parameters, ("_type",)) for name in value.split(",")}
    if not asked <= SERVED.keys():
        raise NotUnderstood("PARAMETER_INVALID", "`_type` must name types that are served", "http._type")
    return tuple(name for name in SERVED if name in asked or not asked)
