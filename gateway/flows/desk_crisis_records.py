"""What a worker writes down in a crisis: a safety plan in the person's own words, what happened, and the next morning.

The shapes are those of the mapping `crisis/event`, so that a plan looks the same whichever way it came.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import Worker
from gateway.flows.desk_clients import (
    Described,
    find_client,
    patient_of,
    register_client,
    require_right,
)
from gateway.flows.desk_crisis import RIGHT, plan_purpose
from gateway.flows.desk_written import (
    MENTAL_HEALTH,
    Writing,
    name_of,
    own_patients,
    recognised,
    text_of,
    written_down,
)
from gateway.partners import reference_of

LONGEST_STEP, LONGEST_NOTE = 600, 2000
STEPS: Mapping[str, str] = {
    "warning-signs": "Warning signs",
    "coping": "What I can do myself",
    "places": "People and places that take my mind off it",
    "professionals": "Whom to call",
    "safe-space": "Making my surroundings safe",
}
"""The parts of a safety plan, as the mapping `crisis/event` codes them."""

_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
SETTINGS: Mapping[str, tuple[str, str]] = {
    "line": ("VR", "virtual"),
    "mobile": ("FLD", "field"),
    "walk-in": ("AMB", "ambulatory"),
    "stabilization": ("SS", "short stay"),
}
REASONS: Mapping[str, str] = {
    "self-harm-thoughts": "Thoughts of self-harm",
    "panic": "Panic",
    "mania": "Manic upswing",
    "substance-use": "Substance use",
    "family-conflict": "Family conflict",
    "no-shelter": "No shelter for the night",
}
OUTCOMES: Mapping[str, str] = {
    "home": "Home",
    "psy": "Psychiatric hospital",
    "other-hcf": "Other healthcare facility",
    "aadvice": "Left against advice",
}
_STEP, _REASON = "urn:warm-handoff:safety-plan-step", "urn:warm-handoff:crisis-reason"
_DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_CATEGORY = [
    {"system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan"},
    {"system": "urn:warm-handoff:care-plan-category", "code": "safety-plan"},
]
_FULFILL = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}
_MEETING = timedelta(minutes=30)
_FURTHEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class About:
    """Whom a writing is about: `patient_id` where she was shown to the worker (the caller has proof), else as she is
    `described`.
    """

    patient_id: str
    described: Described = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventNote:
    """What happened; `note` stays with the organization that writes it."""

    setting: str
    reason: str
    outcome: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """When somebody speaks with her next, and which partner's counselor; her own organization's where `agency` is it."""

    day: str
    hour: str
    agency: str


async def write_plan(
    premises: Premises, worker: Worker, about: About, steps: Mapping[str, str], key: str
) -> None:
    """A safety plan, or the next version of the one that the organization has of her.

    Raises NotUnderstood `PLAN_EMPTY`, `WORDS_TOO_LONG` and what `find_client`, `register_client` and `written_down`
    raise.
    """
    require_right(premises, worker, RIGHT)
    said = {name: text_of(steps.get(name, ""), LONGEST_STEP) for name in STEPS}
    activity = [
        {"detail": {"code": _coded(_STEP, name, STEPS[name]), "status": "not-started", "description": text}}
        for name, text in said.items()
        if text
    ]
    if not activity:
        raise NotUnderstood("PLAN_EMPTY", "write at least one part of the plan", "steps")
    patient_id = await _whose(premises, worker, about)
    own = premises.keys.index("desk-safety-plan", worker.partner, patient_id)[:24]
    plan = {
        "resourceType": "CarePlan",
        "meta": MENTAL_HEALTH,
        "identifier": [{"system": f"urn:warm-handoff:desk-safety-plan:{worker.partner}", "value": own}],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": _CATEGORY}],
        "title": "Safety plan",
        "created": instant_text(premises.clock.now()),
        "author": {"reference": reference_of(worker.partner)},
        "activity": activity,
    }
    await written_down(premises, worker, patient_id, Writing(key, (plan,)))


async def write_event(premises: Premises, worker: Worker, about: About, event: EventNote, key: str) -> None:
    """An Encounter, and the words about it as a document, which no other organization is shown.

    Raises NotUnderstood `CHOICE_UNKNOWN`, and what `write_plan` raises.
    """
    require_right(premises, worker, RIGHT)
    if event.setting not in SETTINGS or event.reason not in REASONS or event.outcome not in OUTCOMES:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "event")
    note = text_of(event.note, LONGEST_NOTE)
    patient_id = await _whose(premises, worker, about)
    code, display = SETTINGS[event.setting]
    now = instant_text(premises.clock.now())
    encounter = {
        "resourceType": "Encounter",
        "meta": MENTAL_HEALTH,
        "status": "finished",
        "class": {"system": _ACT, "code": code, "display": display},
        "type": [_coded("urn:warm-handoff:encounter-type", "crisis", "Crisis contact")],
        "period": {"start": now, "end": now},
        "reasonCode": [_coded(_REASON, event.reason, REASONS[event.reason])],
        "hospitalization": {
            "dischargeDisposition": _coded(_DISPOSITION, event.outcome, OUTCOMES[event.outcome])
        },
        "serviceProvider": {"reference": reference_of(worker.partner)},
    }
    document = {
        "resourceType": "DocumentReference",
        "meta": MENTAL_HEALTH,
        "status": "current",
        "type": {"text": "Event note"},
        "date": now,
        "content": [
            {"attachment": {"contentType": "text/plain", "data": base64.b64encode(note.encode()).decode()}}
        ],
        "context": {"encounter": [{"reference": name_of(key, 0)}]},
    }
    said = Writing(key, (encounter, document), kept_here=(1,)) if note else Writing(key, (encounter,))
    await written_down(premises, worker, patient_id, said)


async def write_follow_up(
    premises: Premises, worker: Worker, about: About, wanted: FollowUp, key: str
) -> None:
    """An Appointment, and a Task for whoever keeps it: of a partner it is a referral like any other, decided like any.

    Raises NotUnderstood `DAY_INVALID`, `CHOICE_UNKNOWN`, and what `write_plan` raises.
    """
    require_right(premises, worker, RIGHT)
    start = _start(premises, wanted)
    if wanted.agency not in follow_up_agencies(premises, worker):
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "agency")
    patient_id = await _whose(premises, worker, about)
    with premises.store.read() as reading:
        own = own_patients(reading, worker.partner, patient_id)
    end = start + _MEETING
    ours, theirs = ({"reference": reference_of(one)} for one in (worker.partner, wanted.agency))
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": "asap",
        "code": _coded("urn:warm-handoff:service", "follow-up", "Follow-up contact"),
        "occurrenceDateTime": start.isoformat(),
        "authoredOn": instant_text(premises.clock.now()),
        "requester": ours,
    }
    meeting = {
        "resourceType": "Appointment",
        "status": "pending",
        "start": start.isoformat(),
        "end": end.isoformat(),
        "basedOn": [{"reference": name_of(key, 0)}],
        "participant": [{"actor": {"reference": f"Patient/{patient_id}"}, "status": "needs-action"}],
    }
    task = {
        **_task_of(premises, ours, theirs, end),
        "focus": {"reference": name_of(key, 1 if wanted.agency == worker.partner else 0)},
    }
    await written_down(premises, worker, patient_id, Writing(key, (request, meeting, task, *own)))


def _task_of(
    premises: Premises, ours: Mapping[str, str], theirs: Mapping[str, str], end: datetime
) -> dict[str, Any]:
    """Who is asked to be there, and until when."""
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "asap",
        "code": _FULFILL,
        "authoredOn": instant_text(premises.clock.now()),
        "requester": ours,
        "owner": theirs,
        "restriction": {"period": {"end": end.isoformat()}},
    }


def follow_up_agencies(premises: Premises, worker: Worker) -> tuple[str, ...]:
    """Who can be asked for the follow-up: the organization itself, and those to whom it may refer."""
    routes = premises.network.routes_from(worker.partner, "referral")
    return tuple(
        dict.fromkeys((worker.partner, *(one.addressee for one in routes if not one.with_addressee)))
    )


def _start(premises: Premises, wanted: FollowUp) -> datetime:
    try:
        day, hour = date.fromisoformat(wanted.day), time.fromisoformat(wanted.hour)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day such as 2026-11-22", "day") from None
    start = datetime.combine(day, hour.replace(tzinfo=None), ZoneInfo(premises.network.zone))
    if not timedelta() <= start - premises.clock.now() <= _FURTHEST:
        raise NotUnderstood("DAY_INVALID", "must be within the next month", "day")
    return start


async def _whose(premises: Premises, worker: Worker, about: About) -> str:
    """Our id of whom it is about. Somebody not shown is one of the organization's own, or is written down now."""
    if about.patient_id:
        number = await recognised(premises, worker, about.patient_id, plan_purpose(premises, worker.partner))
        if number is not None and about.described.family and about.described.born:
            her = {**patient_of(about.described, number)}
            await written_down(premises, worker, about.patient_id, Writing(number["value"], (her,)))
        return about.patient_id
    own = await find_client(premises, worker, about.described)
    return own.patient_id if own is not None else await register_client(premises, worker, about.described)


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}
