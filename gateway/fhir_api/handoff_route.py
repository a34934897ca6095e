"""`POST /fhir/ServiceRequest/{id}/$handoff`: one step of a warm hand-off."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import NotUnderstood
from gateway.fhir_api.answers_out import fhir_answer, until_tick, version_headers
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import (
    caller_of,
    refuse_other_media,
    require_letter,
    require_scope,
    resource_in,
    version_in,
)
from gateway.fhir_api.operation_outcome import outcome_bytes
from gateway.fhir_api.reading_routes import nothing
from gateway.flows.handoff import OUTCOME_CODES, SERVED, STEPS, HandoffStep

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LARGEST = 16_384
_LONGEST = 200
_FIELDS = {
    "step": "valueCode",
    "worker": "valueString",
    "at": "valueDateTime",
    "outcome": "valueCode",
    "reason": "valueString",
}
_OF_STEP: Mapping[str, tuple[str, ...]] = {
    "accept": (),
    "first-contact": ("worker", "at"),
    "close": ("outcome", "reason"),
}


async def handoff(request: Request) -> Response:
    """The Task after the step, as the caller may see it; an OperationOutcome where it may not see it."""
    desk: Desk = request.app.state.desk
    began = asyncio.get_running_loop().time()
    caller = caller_of(desk, request)
    require_scope(caller, "Task", "update")
    require_letter(caller, "Task", "r")
    refuse_other_media(request)
    if_match = version_in(request, "if-match")
    sent, _ = await resource_in(request, min(_LARGEST, desk.body_limit_bytes))
    said = _said(_stated(sent), if_match)
    request_id = str(request.path_params["id"])
    request.state.resource_type = "ServiceRequest"
    try:
        if _ID.fullmatch(request_id) is None:
            raise nothing()
        pulled = await desk.doors.operations.handoff(caller, request_id, said)
    finally:
        await until_tick(began, desk.tick_seconds)
    if pulled is None:
        return fhir_answer(outcome_bytes("informational", "SAVED", "saved", severity="information"))
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content, headers=version_headers(pulled.version, pulled.last_modified))


def _stated(sent: Mapping[str, Any]) -> dict[str, str]:
    """Each parameter by its name, as text."""
    if sent.get("resourceType") != "Parameters":
        raise NotUnderstood("RESOURCE_TYPE_UNEXPECTED", "must be a `Parameters`", "resourceType")
    found: dict[str, str] = {}
    listed = sent.get("parameter")
    for index, one in enumerate(listed if isinstance(listed, list) else ()):
        name = one.get("name") if isinstance(one, dict) else None
        place = f"Parameters.parameter[{index}]"
        if not isinstance(name, str) or name not in _FIELDS or name in found:
            raise NotUnderstood(
                "HANDOFF_PARAMETER", "is none of this operation, or stands there twice", place
            )
        value = one.get(_FIELDS[name])
        if set(one) != {"name", _FIELDS[name]} or not isinstance(value, str) or not value.strip():
            raise NotUnderstood("HANDOFF_PARAMETER", f"must have a `{_FIELDS[name]}` alone", place)
        if len(value) > _LONGEST:
            raise NotUnderstood("HANDOFF_PARAMETER", f"must have at most {_LONGEST} characters", place)
        found[name] = " ".join(value.split())
    return found


def _said(stated: Mapping[str, str], if_match: str | None) -> HandoffStep:
    """The step with what belongs to it, all of it and nothing else."""
    step = stated.get("step", "")
    if step not in STEPS:
        raise NotUnderstood("HANDOFF_PARAMETER", f"must be one of {', '.join(STEPS)}", "step")
    for name in stated:
        if name != "step" and name not in _OF_STEP[step]:
            raise NotUnderstood("HANDOFF_PARAMETER", "is not said with this step", name)
    for name in _OF_STEP[step]:
        needed = name != "reason" or stated.get("outcome") != SERVED
        if needed and name not in stated:
            raise NotUnderstood("HANDOFF_PARAMETER", "must be said with this step", name)
    if "outcome" in stated and stated["outcome"] not in OUTCOME_CODES:
        raise NotUnderstood("HANDOFF_PARAMETER", f"must be one of {', '.join(OUTCOME_CODES)}", "outcome")
    return HandoffStep(
        step=step,
        worker=stated.get("worker", ""),
        at=_instant(stated["at"]) if "at" in stated else None,
        outcome=stated.get("outcome", ""),
        reason=stated.get("reason", ""),
        if_match=if_match,
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise NotUnderstood("HANDOFF_PARAMETER", "must be a date and time with its zone", "at")
    return at
