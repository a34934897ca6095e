"""A worker's word at a desk that she and the other agency's worker have met with the client (DM-20).

Either side says it for itself; when both have, the referral is under way (`handoff.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows import agency_desk, handoff
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import own_referral, purpose_back
from gateway.security.callers import Caller
from gateway.store import intents

_FOCUS = "ServiceRequest/"


async def met_as_sender(
    premises: Premises, worker: Worker, patient_id: str, task_id: str, day: str, hour: str
) -> None:
    """Said by who has sent the referral.

    Raises NotFound `NO_SUCH_REFERRAL`, NotUnderstood `DAY_INVALID`, and as `handoff.handoff` does.
    """
    sent = await own_referral(premises, worker, patient_id, task_id)
    purpose = purpose_back(premises, worker, sent.agency)
    await _met(premises, worker, purpose, sent.task, day, hour)


async def met_as_addressee(premises: Premises, worker: Worker, intent_id: str, day: str, hour: str) -> None:
    """Said by who has the referral at its desk. Raises NotFound `NOTHING_AT_DESK`, and as `met_as_sender` does."""
    thing = await agency_desk.opened(premises, worker, intent_id)
    with premises.store.read() as reading:
        intent = intents.get(reading, intent_id)
    if intent is None or not thing.first("Task"):
        raise NotFound("NOTHING_AT_DESK", "nothing like this waits here")
    await _met(premises, worker, intent.purpose, thing.first("Task"), day, hour)


async def _met(
    premises: Premises, worker: Worker, purpose: str, task: Mapping[str, Any], day: str, hour: str
) -> None:
    caller = Caller(worker.partner, f"desk:{worker.partner}", purpose, frozenset(), "")
    request_id = str(task.get("focus", {}).get("reference", "")).removeprefix(_FOCUS)
    said = handoff.HandoffStep("first-contact", worker=worker.name, at=_at(premises, day, hour))
    await handoff.handoff(premises, caller, request_id, said)


def _at(premises: Premises, day: str, hour: str) -> datetime:
    """The instant of a day and a time of the network's zone."""
    try:
        told = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour).replace(tzinfo=None))
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day and a time, such as 14:30", "day") from None
    return told.replace(tzinfo=ZoneInfo(premises.network.zone)).astimezone(UTC)
