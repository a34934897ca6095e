"""Consents, the status of a referral, and transactions: what callers bring in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import HandoffError, NotSupported, NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, long_answer, saved_answer, until_tick
from gateway.fhir_api.batch_reads import answer_reads, reads_in
from gateway.fhir_api.batch_writes import each_alone, entry_response, goes_apart
from gateway.fhir_api.conditional_create import condition_of
from gateway.fhir_api.creating import created, updated
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import (
    caller_of,
    idempotency_key,
    preferences,
    require_scope,
    submitted_in,
    version_in,
)
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.reading_routes import nothing, served_type
from gateway.fhir_api.served import Interaction
from gateway.flows.answers import Saved, TransactionOutcome
from gateway.resources import to_json
from gateway.security.callers import Caller

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TARGET = re.compile(r"([A-Z][A-Za-z]{1,63})(?:[/?].*)?", re.DOTALL)
_INTERACTION_OF: Mapping[str, Interaction] = {"POST": "create", "PUT": "update"}
_RESPONSE_TYPE = {"transaction": "transaction-response", "batch": "batch-response"}


async def create_one(request: Request) -> Response:
    """`POST /fhir/{type}`: a Consent or a clinical record; with `If-None-Exist` only where none is there."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    resource_type = served_type(request, "create")
    require_scope(caller, resource_type, "create")
    refuse_other_media(request)
    resource, raw = await submitted_in(request, desk.body_limit_bytes, desk.base_url())
    _require_type(resource, resource_type)
    if resource_type != "Consent":
        try:
            return await created(desk, caller, request, resource, raw)
        finally:
            await until_tick(began, desk.tick_seconds)
    unless = condition_of(caller, request, resource_type)
    try:
        saved = await desk.doors.create_consent(caller, resource, raw, unless)
    finally:
        await until_tick(began, desk.tick_seconds if unless else 0)
    return saved_answer(request, saved, desk.base_url())


async def update_one(request: Request) -> Response:
    """`PUT /fhir/{type}/{id}`: a Consent (also its withdrawal), the Task of a referral, or a record of one's own."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    resource_type = served_type(request, "update")
    require_scope(caller, resource_type, "update")
    refuse_other_media(request)
    if_match = version_in(request, "if-match")
    resource, raw = await submitted_in(request, desk.body_limit_bytes, desk.base_url())
    _require_type(resource, resource_type)
    resource_id = str(request.path_params["id"])
    if resource.get("id") != resource_id:
        raise NotUnderstood("ID_MISMATCH", "must be the id in the address", f"{resource_type}.id")
    try:
        if resource_type not in ("Consent", "Task"):
            return await updated(desk, caller, request, resource, raw, if_match)
        saved = await _update(desk, caller, resource, if_match)
    finally:
        await until_tick(began, desk.tick_seconds)
    return saved_answer(request, saved, desk.base_url())


async def _update(desk: Desk, caller: Caller, resource: Mapping[str, Any], if_match: str | None) -> Saved:
    resource_id = str(resource["id"])
    if _ID.fullmatch(resource_id) is None:
        raise nothing()
    if resource["resourceType"] == "Task":
        return await desk.doors.update_task(caller, resource_id, resource, if_match)
    return await desk.doors.replace_consent(caller, resource_id, resource, if_match)


async def submit_bundle(request: Request) -> Response:
    """`POST /fhir`: a transaction or batch, or a batch of what is asked."""
    desk: Desk = request.app.state.desk
    caller = caller_of(desk, request)
    refuse_other_media(request)
    key = idempotency_key(request)
    bundle, raw = await submitted_in(request, desk.body_limit_bytes, desk.base_url())
    _require_type(bundle, "Bundle")
    if bundle.get("type") not in tuple(_RESPONSE_TYPE):
        raise NotUnderstood("BUNDLE_TYPE", "must be `transaction` or `batch`", "Bundle.type")
    reads = reads_in(bundle, f"{desk.base_url()}/fhir")
    if reads:
        return await answer_reads(request, reads)
    _require_scopes(caller, bundle)
    try:
        outcome = await desk.doors.submit(caller, bundle, raw, key)
    except HandoffError as error:
        if not goes_apart(bundle, error):
            raise
        return await long_answer(request, await each_alone(desk, caller, bundle, request.state.request_id))
    request.state.request_id = outcome.request_id
    if preferences(request).get("return") == "minimal":
        return fhir_answer(b"")
    return await long_answer(request, _response_bundle(str(bundle["type"]), outcome))


def _response_bundle(sent: str, outcome: TransactionOutcome) -> bytes:
    entries = [entry_response(one) for one in outcome.entries]
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": _RESPONSE_TYPE[sent]}
    return to_json({**bundle, "entry": entries} if entries else bundle)


def _require_scopes(caller: Caller, bundle: Mapping[str, Any]) -> None:
    """Each entry is checked by itself (requirement SM-02), on the type of what would be saved and not of its address."""
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        asked = entry.get("request") if isinstance(entry, dict) else None
        method, url = (asked.get("method"), asked.get("url")) if isinstance(asked, dict) else (None, None)
        target = _TARGET.fullmatch(url) if isinstance(url, str) else None
        place = f"Bundle.entry[{index}].request"
        if not isinstance(method, str) or target is None:
            raise NotUnderstood("REQUEST_INVALID", "an entry needs a method and a relative URL", place)
        interaction = _INTERACTION_OF.get(method)
        if interaction is None:
            raise NotSupported("ENTRY_METHOD", "this method is not supported in an entry", f"{place}.method")
        resource = entry.get("resource", {})
        own_type = resource.get("resourceType") if isinstance(resource, dict) else None
        require_scope(caller, own_type if isinstance(own_type, str) else target.group(1), interaction)
        if isinstance(own_type, str) and own_type != target.group(1):
            message = f"must address the resource of the entry, a `{own_type}`"
            raise NotUnderstood("ENTRY_TYPE_DIFFERS", message, f"{place}.url")


def _require_type(resource: Mapping[str, Any], expected: str) -> None:
    if resource.get("resourceType") != expected:
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", f"must be a `{expected}`", "resourceType")
