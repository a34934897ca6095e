"""A partner without software of its own: its workers read what waits for them, and say what became of it.

Every page that shows a person is a release to the worker's organization: consent is decided when it is opened, and the
log says who opened it. What came to the desk and is not permitted any more is named by its day alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from gateway.audit import AuditEntry, append
from gateway.care_plan import SHARED_TYPES, self_harm_told
from gateway.clock import instant_text, new_row_id
from gateway.disclosure.content import collection_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.show import in_order, show
from gateway.errors import NotFound, NotNow, NotUnderstood
from gateway.flows import pull, status
from gateway.flows.waiting_text import with_waiting_text
from gateway.security.callers import Caller
from gateway.store import Intent, Reading, Record, Transaction, intents, patients, records

ON_A_PAGE, LONGEST_REASON = 20, 200
BASIS = "AGENCY_DESK"
_TRIES = 5
_IN_THE_LIST = frozenset({"Patient", "ServiceRequest", "Task"})
_NOTICE = "informational"
_NO_SHOW = {"coding": [{"system": status.BSER_STATUS, "code": status.NO_SHOW}]}
_STEPS: Mapping[str, str] = {
    "accept": "accepted",
    "decline": "rejected",
    "start": "in-progress",
    "no-show": "on-hold",
    "done": "completed",
    "not-done": "failed",
}
"""What a worker can say, and the status that it is."""

NEEDS_REASON = frozenset({"decline", "not-done"})
MAY_FOLLOW: Mapping[str, tuple[str, ...]] = {
    "requested": ("accept", "decline"),
    "received": ("accept", "decline"),
    "accepted": ("start", "no-show", "done", "not-done"),
    "in-progress": ("no-show", "done", "not-done"),
    "on-hold": ("start", "done", "not-done"),
}
"""What can be said of a referral of that status. SDOHCC ReferralTaskStateDiagram (SD-02)."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who is logged in at a partner's page."""

    partner: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AtDesk:
    """One thing that waits, as it may be seen now. `resources` is empty where it may not be seen any more.

    `place` orders what waits: the higher, the newer. `came_at`: ISO 8601 UTC. `version`: of its Task, to answer by.
    """

    id: str
    place: int
    kind: str
    source: str
    came_at: str
    patient: str
    request_id: str
    resources: tuple[Mapping[str, Any], ...] = field(repr=False)
    notices: tuple[str, ...] = field(repr=False)
    version: str = ""

    def first(self, resource_type: str) -> Mapping[str, Any]:
        """The resource of that type; of several Patients the one that says who she is, else the first. Empty where there
        is none.
        """
        found = [one for one in self.resources if one["resourceType"] == resource_type]
        return max(found, key=lambda one: bool(one.get("name")), default={})


async def waiting(premises: Premises, worker: Worker, before: int) -> tuple[AtDesk, ...]:
    """Up to `ON_A_PAGE` things that came to the desk before a place, the newest first; 0: the newest of all. Of each
    only the person, the need and the state, and a PHQ-9 that tells of self-harm.

    Raises NotNow `CONSENT_KEEPS_CHANGING`.
    """
    with premises.store.read() as reading:
        found = intents.at_desk(reading, worker.partner, before or 2**62, ON_A_PAGE)
    shown: dict[str, AtDesk] = {}
    moved = list(found)
    for _ in range(_TRIES):
        epochs = _epochs(premises, found)
        opened = await asyncio.gather(*(opened_for_list(premises, worker, intent) for intent in moved))
        shown |= {one.id: one for one in opened}
        now = _epochs(premises, found)  # while one was waited for, another of them may have withdrawn
        moved = [intent for intent in found if now[intent.patient_id] != epochs[intent.patient_id]]
        if not moved:
            return tuple(shown[intent.id] for intent in found)
    raise NotNow("CONSENT_KEEPS_CHANGING", "consents change faster than they can be decided")


def _epochs(premises: Premises, found: Sequence[Intent]) -> dict[str, int]:
    with premises.store.read() as reading:
        return {one: patients.epoch(reading, one) for one in {intent.patient_id for intent in found}}


async def opened(premises: Premises, worker: Worker, intent_id: str) -> AtDesk:
    """One thing that waits. Raises NotFound `NOTHING_AT_DESK` for what did not come to this partner's desk."""
    return await _opened(premises, worker, _at_desk(premises, worker, intent_id), "referral")


async def answered(
    premises: Premises, worker: Worker, intent_id: str, step: str, reason: str, version: str
) -> None:
    """The worker's word on a referral; `version` is that of the Task on the page it was said on.

    Raises NotUnderstood `STEP_UNKNOWN`, `STEP_REASON_MISSING`, `STEP_REASON_LONG`, NotFound `NOTHING_AT_DESK`, and what
    `status.update_task` raises.
    """
    if step not in _STEPS:
        raise NotUnderstood("STEP_UNKNOWN", "say one of what the page offers", "step")
    said = " ".join(reason.split())
    if step in NEEDS_REASON and not said:
        raise NotUnderstood(
            "STEP_REASON_MISSING", "say why, in words that may be read by the sender", "reason"
        )
    if len(said) > LONGEST_REASON:
        raise NotUnderstood("STEP_REASON_LONG", f"say it in {LONGEST_REASON} letters", "reason")
    intent = _at_desk(premises, worker, intent_id)
    caller = _caller(worker, intent.purpose)
    with premises.store.read() as reading:
        task = status.present_task(premises, reading, caller, _task_of(intent))
    if task is None:
        raise _nothing()
    kept = {
        name: value for name, value in task.items() if name not in ("statusReason", "businessStatus", "text")
    }
    told: dict[str, Any] = {**kept, "status": _STEPS[step]}
    if said:
        told["statusReason"] = {"text": said}
    if step == "no-show":
        told["businessStatus"] = _NO_SHOW
    await status.update_task(premises, caller, str(task["id"]), told, version)


async def plan(premises: Premises, worker: Worker, intent_id: str, page: str = "plan") -> AtDesk:
    """The care plan of the person a thing at the desk is about, as it may be seen now; `page` for the log.

    Raises NotFound `NOTHING_AT_DESK`.
    """
    intent = _at_desk(premises, worker, intent_id)
    caller = _caller(worker, intent.purpose)
    also = partial(say_who, premises, worker, intent.patient_id, intent.purpose, page)
    pulled = await pull.shared_plan(premises, caller, intent.patient_id, SHARED_TYPES, also)
    found = [entry["resource"] for entry in msgspec.json.decode(pulled.content).get("entry", ())]
    shown = tuple(one for one in found if one["resourceType"] != "OperationOutcome")
    return _thing(intent, pulled.request_id, shown, [one for one in found if one not in shown])


async def opened_for_list(premises: Premises, worker: Worker, intent: Intent) -> AtDesk:
    """A thing at the desk as it may be seen now: of it only what a list shows (`waiting`)."""
    return await _opened(premises, worker, intent, "list", _IN_THE_LIST)


def task_state(premises: Premises, reading: Reading, worker: Worker, intent: Intent) -> str:
    """Where a referral stands for the worker's organization; empty where that may not be seen. Nothing is released."""
    task = status.present_task(premises, reading, _caller(worker, intent.purpose), _task_of(intent))
    return "" if task is None else str(task["status"])


def _at_desk(premises: Premises, worker: Worker, intent_id: str) -> Intent:
    with premises.store.read() as reading:
        intent = intents.get(reading, intent_id)
    if intent is None or intent.partner != worker.partner or intent.reason != intents.AT_DESK:
        raise _nothing()
    return intent


async def _opened(
    premises: Premises, worker: Worker, intent: Intent, page: str, kinds: Collection[str] = ()
) -> AtDesk:
    """The thing as it may be seen now; of those types alone, where some are given, and what tells of self-harm."""
    told: list[Mapping[str, Any]] = []

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        found = (records.get(reading, *one.split("/")[:2]) for one in intent.focus)
        about = (intent.patient_id, None)
        return intent.patient_id, [
            r for r in found if r is not None and not r.deleted and r.patient_id in about
        ]

    def choose(seen: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        asked = self_harm_told(seen) if kinds else ()  # whom to see first (DM-23), and of nobody else
        return in_order([one for one in seen if not kinds or one["resourceType"] in kinds or one in asked])

    def write(
        resources: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]], at: datetime
    ) -> bytes:
        told[:] = notices
        return collection_bundle(resources, notices, at)

    shown = await show(
        premises,
        partner=worker.partner,
        purpose=intent.purpose,
        select=select,
        write=write,
        kind="read",
        choose=choose,
        dress=partial(with_waiting_text, premises, worker.partner),
        also=partial(say_who, premises, worker, intent.patient_id, intent.purpose, page),
    )
    thing = _thing(intent, shown.request_id, shown.resources, told)
    if not thing.first("Task"):
        return thing
    with premises.store.read() as reading:
        task = status.present_task(premises, reading, _caller(worker, intent.purpose), _task_of(intent))
    return replace(thing, version="" if task is None else str(task["meta"]["versionId"]))


def _task_of(intent: Intent) -> str:
    """The id of the Task among what was referred; empty where there is none."""
    named = (one.split("/") for one in intent.focus)
    return next((parts[1] for parts in named if parts[0] == "Task"), "")


def say_who(
    premises: Premises,
    worker: Worker,
    patient_id: str | None,
    purpose: str,
    page: str,
    tx: Transaction,
    request_id: str,
    is_shown: bool,
) -> None:
    """Log which person of the partner it was: the release names the organization. Goes with `show` as its `also`."""
    entry = AuditEntry(
        request_id=new_row_id(),
        at=instant_text(premises.clock.now()),
        kind="read",
        patient_id=patient_id,
        partner=worker.partner,
        purpose=purpose,
        outcome="disclose" if is_shown else "withhold",
        basis=BASIS,
        recipient_name=worker.name,
        description=page,
        subject=request_id,
    )
    append(tx, entry)


def _thing(
    intent: Intent,
    request_id: str,
    resources: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
) -> AtDesk:
    texts = [
        str(issue.get("details", {}).get("text", ""))
        for one in notices
        for issue in one.get("issue", ())
        if issue.get("code") == _NOTICE
    ]
    return AtDesk(
        id=intent.id,
        place=intent.sequence,
        kind=intent.kind,
        source=intent.source_partner,
        came_at=intent.updated_at,
        patient=intent.patient_id,
        request_id=request_id,
        resources=tuple(resources),
        notices=tuple(dict.fromkeys(text for text in texts if text)),
    )


def _caller(worker: Worker, purpose: str) -> Caller:
    return Caller(worker.partner, f"desk:{worker.partner}", purpose, frozenset(), "")


def _nothing() -> NotFound:
    return NotFound("NOTHING_AT_DESK", "nothing like this waits here")
