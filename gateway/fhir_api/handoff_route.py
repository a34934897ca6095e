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
from gateway.fhir_api.answers_out import fhir_answer, own_answer, until_tick, version_headers
from gateway.fhir_api.doors import Desk
from gateway.fhir_api.incoming import caller_of, require_letter, require_scope, resource_in, version_in
from gateway.fhir_api.media import refuse_other_media
from gateway.fhir_api.operation_outcome import outcome_bytes
from gateway.fhir_api.reading_routes import nothing
from gateway.fhir_api.stated import Kinds, stated
from gateway.flows.handoff import OUTCOME_CODES, SERVED, STEPS, HandoffStep

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LARGEST = 16_384
_LONGEST = 200
_KINDS: Kinds = {
    "step": ("valueCode", str),
    "worker": ("valueString", str),
    "at": ("valueDateTime", str),
    "outcome": ("valueCode", str),
    "reason": ("valueString", str),
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
    said = _said(_texts(sent), if_match)
    request_id = str(request.path_params["id"])
    request.state.resource_type = "ServiceRequest"
    try:
        if _ID.fullmatch(request_id) is None:
            raise nothing()
        pulled = await desk.doors.operations.handoff(caller, request_id, said)
    finally:
        await until_tick(began, desk.tick_seconds)
    if pulled is None:
        return own_answer(request, outcome_bytes("informational", "SAVED", "saved", severity="information"))
    request.state.request_id = pulled.request_id
    return fhir_answer(pulled.content, headers=version_headers(pulled.version, pulled.last_modified))


def _texts(sent: Mapping[str, Any]) -> dict[str, str]:
    """Each parameter by its name, as text on one line."""
    found = stated(sent, _KINDS, "HANDOFF_PARAMETER")
    for name, value in found.items():
        if not value.strip() or len(value) > _LONGEST:
            raise NotUnderstood("HANDOFF_PARAMETER", f"must have 1 to {_LONGEST} characters", name)
    return {name: " ".join(value.split()) for name, value in found.items()}


def _said(texts: Mapping[str, str], if_match: str | None) -> HandoffStep:
    """The step with what belongs to it, all of it and nothing else."""
    step = texts.get("step", "")
    if step not in STEPS:
        raise NotUnderstood("HANDOFF_PARAMETER", f"must be one of {', '.join(STEPS)}", "step")
    for name in texts:
        if name != "step" and name not in _OF_STEP[step]:
            raise NotUnderstood("HANDOFF_PARAMETER", "is not said with this step", name)
    for name in _OF_STEP[step]:
        needed = name != "reason" or texts.get("outcome") != SERVED
        if needed and name not in texts:
            raise NotUnderstood("HANDOFF_PARAMETER", "must be said with this step", name)
    if "outcome" in texts and texts["outcome"] not in OUTCOME_CODES:
        raise NotUnderstood("HANDOFF_PARAMETER", f"must be one of {', '.join(OUTCOME_CODES)}", "outcome")
    return HandoffStep(
        step=step,
        worker=texts.get("worker", ""),
        at=_instant(texts["at"]) if "at" in texts else None,
        outcome=texts.get("outcome", ""),
        reason=texts.get("reason", ""),
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
