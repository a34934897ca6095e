"""What a worker at an agency's desk has to do next, of her own organization's things alone.

Each person is named as a release to that organization shows her, or not at all; what may not be seen any more is no
task. Nobody is asked again within the time for which she said no, whichever referral to the same agency waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.clock import instant_text
from gateway.disclosure.consent_standing import may_record
from gateway.disclosure.premises import Premises
from gateway.flows import desk_plans
from gateway.flows.agency_desk import AtDesk, Worker, opened_for_list, task_state
from gateway.flows.desk_refusals import who_refused
from gateway.flows.files import CHANNEL
from gateway.flows.own_records import fullest, own_records
from gateway.flows.renewals import Renewals
from gateway.store import Intent, Reading, awaited_answers, consent_requests, desk_lists, intents, records
from gateway.store.consent_requests import SAID_NO, WaitingRequest

LISTED = 20
_LOOKED_AT = 200
_NEW, _ANSWERABLE = ("requested", "received"), ("accepted", "in-progress", "on-hold")
_SHEETS_SINCE = timedelta(days=90)
_NOT_TAKEN = "needs_attention"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody has to be asked for a consent: of whom, for which agency, by whom and until when (ISO 8601 UTC).

    `has_refused`: a refusal stands that this organization itself has told, so that nothing signed counts against it.
    """

    intent_id: str
    person: str = field(repr=False)
    agency: str
    source: str
    owner: str
    due_at: str
    is_due: bool
    has_refused: bool = False


@dataclass(frozen=True, slots=True)
class Renewed:
    """A consent that ends soon. `last_day`: `YYYY-MM-DD`."""

    consent_id: str
    patient_id: str
    person: str = field(repr=False)
    last_day: str


@dataclass(frozen=True, slots=True)
class Barrier:
    """What stands in the way of a client: of which kind, who sees to it and until when (`YYYY-MM-DD`)."""

    patient_id: str
    person: str = field(repr=False)
    kind: str
    owner: str = field(repr=False)
    day: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class ToDo:
    """The lists of the first page, each with the most urgent first and at most `LISTED` long.

    `new` and `unanswered` are referrals, `late` the ids of those that were not answered in time; `rows` says how many
    rows of the agency's sheets were not taken.
    `renewals_known`: whether every consent was looked at.
    """

    asked: tuple[Asked, ...]
    new: tuple[AtDesk, ...]
    unanswered: tuple[AtDesk, ...]
    renewals: tuple[Renewed, ...]
    renewals_known: bool
    rows: int
    late: frozenset[str] = frozenset()
    barriers: tuple[Barrier, ...] = ()


async def to_do(premises: Premises, renewals: Renewals, worker: Worker) -> ToDo:
    """What there is to do for the worker's organization now. Consents only where its desk may take them.

    Raises NotNow `CONSENT_KEEPS_CHANGING`.
    """
    desk = premises.network.partners[worker.partner].desk
    takes_consents = "consents" in desk
    new, unanswered = await _referrals(premises, worker)
    asked = await _asked(premises, worker) if takes_consents else ()
    ending, known = await _renewed(premises, renewals, worker) if takes_consents else ((), True)
    with premises.store.read() as reading:
        rows = len(_rows_not_taken(premises, reading, worker.partner))
        late = frozenset(one.id for one in new if awaited_answers.is_over(reading, one.id))
    barriers = await _barriers(premises, worker) if desk_plans.RIGHT in desk else ()
    return ToDo(asked, new, unanswered, ending, known, rows, late, barriers)


async def _barriers(premises: Premises, worker: Worker) -> tuple[Barrier, ...]:
    """What stands in the way of the organization's clients, what is due first at the front."""
    token = desk_plans.open_barriers(premises, worker.partner)
    with premises.store.read() as reading:
        named = records.find_token(reading, "Task", desk_plans.LISTED_AS, token)[:_LOOKED_AT]
        held = records.present(reading, named).values()
    first = sorted((one for one in held if one.patient_id), key=lambda one: _due(one.resource))[:LISTED]
    whose, ids = {str(one.id): str(one.patient_id) for one in first}, {one.id for one in first}
    shown = await asyncio.gather(
        *(
            own_records(premises, worker, "to do", one, "Task", lambda task: task.id in ids)
            for one in dict.fromkeys(whose.values())
        )
    )
    persons = await _persons(premises, worker, tuple(whose.values()), "to do")
    today = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).date().isoformat()
    made = [
        Barrier(
            patient_id=whose[task["id"]],
            person=persons[whose[task["id"]]],
            kind=task["code"]["coding"][0]["code"],
            owner=task["owner"]["display"],
            day=_due(task),
            is_late=_due(task) < today,
        )
        for tasks in shown
        for task in tasks
    ]
    return tuple(sorted(made, key=lambda one: one.day))


def _due(task: Mapping[str, Any]) -> str:
    return str(task["restriction"]["period"]["end"])


async def _referrals(premises: Premises, worker: Worker) -> tuple[tuple[AtDesk, ...], tuple[AtDesk, ...]]:
    """New referrals, and those whose outcome is not told yet; the oldest first."""
    with premises.store.read() as reading:
        waiting = intents.at_desk(reading, worker.partner, 2**62, _LOOKED_AT)
        states = [(task_state(premises, reading, worker, one), one) for one in reversed(waiting)]
    new = [one for state, one in states if state in _NEW][:LISTED]
    unanswered = [one for state, one in states if state in _ANSWERABLE][:LISTED]
    seen = await asyncio.gather(*(opened_for_list(premises, worker, one) for one in (*new, *unanswered)))
    shown = {one.id: one for one in seen if one.resources}
    return _those_of(new, shown), _those_of(unanswered, shown)


def _those_of(wanted: Sequence[Intent], shown: dict[str, AtDesk]) -> tuple[AtDesk, ...]:
    return tuple(shown[one.id] for one in wanted if one.id in shown)


async def _asked(premises: Premises, worker: Worker) -> tuple[Asked, ...]:
    now = instant_text(premises.clock.now())
    with premises.store.read() as reading:
        sources = sorted(may_record(premises.network, worker.partner))
        found = [
            one
            for source in sources
            for one in consent_requests.waiting_of_source(reading, source, _LOOKED_AT)
        ]
    open_now = sorted(to_be_asked(found, now), key=lambda one: (one.request.due_at, one.request.id))[:LISTED]
    patients = [one.request.patient_id for one in open_now]
    persons = await _persons(premises, worker, patients, "to do")
    with premises.store.read() as reading:
        refused = who_refused(reading, worker.partner, frozenset(patients))
    return tuple(
        Asked(
            intent_id=one.request.intent_id,
            person=persons[one.request.patient_id],
            agency=one.partner,
            source=one.source_partner,
            owner=one.request.owner,
            due_at=one.request.due_at,
            is_due=one.request.due_at <= now,
            has_refused=one.request.patient_id in refused,
        )
        for one in open_now
    )


def to_be_asked(found: Sequence[WaitingRequest], now: str) -> list[WaitingRequest]:
    """Those of whom nobody has said no for a time that is not over yet."""
    resting = {
        (one.request.patient_id, one.partner)
        for one in found
        if one.request.reason == SAID_NO and one.request.due_at > now
    }
    return [one for one in found if (one.request.patient_id, one.partner) not in resting]


async def _renewed(
    premises: Premises, renewals: Renewals, worker: Worker
) -> tuple[tuple[Renewed, ...], bool]:
    today = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).date()
    with premises.store.read() as reading:
        found, known = renewals.soon(reading, worker.partner, today, premises.network.zone)
    ending = found[:LISTED]
    persons = await _persons(premises, worker, [one.state.patient_id for one in ending], "to do")
    shown = (
        Renewed(
            one.state.consent_id,
            one.state.patient_id,
            persons[one.state.patient_id],
            one.last_day.isoformat(),
        )
        for one in ending
    )
    return tuple(shown), known


def _rows_not_taken(premises: Premises, reading: Reading, partner: str) -> tuple[str, ...]:
    """Ids of the rows of this partner's sheets that wait for a correction, of the last 90 days."""
    since = instant_text(premises.clock.now() - _SHEETS_SINCE)
    found = desk_lists.messages_before(
        reading, state=_NOT_TAKEN, partner=partner, since=since, before="", limit=_LOOKED_AT
    )
    return tuple(one.id for one in found if one.channel.startswith(CHANNEL))


async def _persons(premises: Premises, worker: Worker, patients: Sequence[str], page: str) -> dict[str, str]:
    """Each patient's name, as the worker's organization has her on file itself; empty where it does not."""
    once = list(dict.fromkeys(patients))
    found = await asyncio.gather(*(own_records(premises, worker, page, one, "Patient") for one in once))
    return {one: called(fullest(own)) if own else "" for one, own in zip(once, found, strict=True)}


def called(patient: Mapping[str, Any]) -> str:
    """The name by which a Patient is called; empty without one."""
    for name in patient.get("name", ()):
        parts = [*map(str, name.get("given", ())), str(name.get("family", ""))]
        if said := str(name.get("text", "")) or " ".join(part for part in parts if part):
            return said
    return ""
