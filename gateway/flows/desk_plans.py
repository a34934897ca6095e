"""A client's plan and progress as her case manager's organization may see them, and what stands in the way.

A barrier (a ride, a paper, insurance) is a Task of the organization's own with an owner and a day; it is sent to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from gateway.care_plan import SHARED_TYPES
from gateway.clock import instant_text
from gateway.disclosure.content import collection_bundle
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own
from gateway.disclosure.show import show
from gateway.errors import NotFound, NotUnderstood
from gateway.flows import pull
from gateway.flows.agency_desk import Worker, say_who
from gateway.flows.desk_clients import require_right
from gateway.flows.desk_crisis import notice_texts, plan_purpose
from gateway.flows.desk_days import day_of
from gateway.flows.desk_written import Writing, text_of, written_down
from gateway.partners import reference_of
from gateway.security.callers import Caller
from gateway.store import Reading, Record, Transaction, patients, records

RIGHT = "clients"
BARRIER_SYSTEM = "urn:warm-handoff:barrier"
BARRIERS: Mapping[str, str] = {
    "transport": "Transport",
    "documents": "Documents",
    "insurance": "Insurance",
    "childcare": "Childcare",
    "phone": "Phone",
    "language": "Language",
}
LONGEST_OWNER = 80
MEASURED = ("Observation", "QuestionnaireResponse")
LISTED_AS = "open-barrier"


@dataclass(frozen=True, slots=True)
class Plan:
    """The shared plan as it may be seen: the merged one, what each agency contributed, and what contradicts itself."""

    resources: tuple[Mapping[str, Any], ...] = field(repr=False)
    notices: tuple[str, ...] = field(repr=False)
    request_id: str


async def plan_of(premises: Premises, worker: Worker, patient_id: str) -> Plan:
    """The plan of a client. Raises NotAllowed `RIGHT_MISSING`, NotFound `NO_SUCH_CLIENT`."""
    purpose = _purpose(premises, worker, patient_id)
    caller = Caller(worker.partner, f"desk:{worker.partner}", purpose, frozenset(), "")
    also = partial(say_who, premises, worker, patient_id, purpose, "plan")
    pulled = await pull.shared_plan(premises, caller, patient_id, SHARED_TYPES, also)
    found = [entry["resource"] for entry in msgspec.json.decode(pulled.content).get("entry", ())]
    told = [one for one in found if one["resourceType"] == "OperationOutcome"]
    shown = tuple(one for one in found if one["resourceType"] != "OperationOutcome")
    return Plan(shown, notice_texts(told), pulled.request_id)


async def measured(premises: Premises, worker: Worker, patient_id: str) -> Plan:
    """The findings about a client, and the forms filled in, that may be seen. Raises as `plan_of` does."""
    purpose = _purpose(premises, worker, patient_id)
    told: list[Mapping[str, Any]] = []

    def write(resources: Sequence[Any], notices: Sequence[Any], at: Any) -> bytes:
        told[:] = notices
        return collection_bundle(resources, notices, at)

    shown = await show(
        premises,
        partner=worker.partner,
        purpose=purpose,
        select=lambda reading: (patient_id, records.of_patient(reading, patient_id, MEASURED)),
        write=write,
        kind="read",
        also=partial(say_who, premises, worker, patient_id, purpose, "progress"),
    )
    return Plan(shown.resources, notice_texts(told), shown.request_id)


async def add_barrier(
    premises: Premises, worker: Worker, patient_id: str, kind: str, owner: str, day: str, key: str
) -> None:
    """Something that stands in the way: what, who sees to it and until when.

    Raises NotUnderstood `CHOICE_UNKNOWN`, `OWNER_MISSING`, `DAY_INVALID`, `WORDS_TOO_LONG`, and as `written_down`.
    """
    _purpose(premises, worker, patient_id)
    if kind not in BARRIERS:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "kind")
    who = text_of(owner, LONGEST_OWNER)
    if not who:
        raise NotUnderstood("OWNER_MISSING", "say who sees to it", "owner")
    task = {
        "resourceType": "Task",
        "identifier": [{"system": f"{BARRIER_SYSTEM}:{worker.partner}", "value": key}],
        "status": "requested",
        "intent": "plan",
        "code": {"coding": [{"system": BARRIER_SYSTEM, "code": kind, "display": BARRIERS[kind]}]},
        "authoredOn": instant_text(premises.clock.now()),
        "requester": {"reference": reference_of(worker.partner)},
        "owner": {"display": who},
        "restriction": {"period": {"end": day_of(day).isoformat()}},
    }
    await written_down(premises, worker, patient_id, Writing(key, (task,)))
    await _keep_listed(premises, worker, patient_id)


async def clear_barrier(premises: Premises, worker: Worker, patient_id: str, task_id: str) -> None:
    """It does not stand in the way any more. Raises NotFound `NO_SUCH_BARRIER`, and as `written_down`."""
    _purpose(premises, worker, patient_id)
    with premises.store.read() as reading:
        for one in _own_barriers(reading, worker, patient_id):
            if one.id == task_id and one.resource.get("status") == "requested":
                break
        else:
            raise NotFound("NO_SUCH_BARRIER", "there is no such thing in the way")
    task = {name: value for name, value in one.resource.items() if name not in ("id", "meta", "text")}
    done = Writing(f"clear-{task_id}", ({**task, "status": "completed"},))
    await written_down(premises, worker, patient_id, done)
    await _keep_listed(premises, worker, patient_id)


async def _keep_listed(premises: Premises, worker: Worker, patient_id: str) -> None:
    """What stands in the way of her, and nothing else of hers, is found as something to do of the organization's."""
    token = open_barriers(premises, worker.partner)

    def work(tx: Transaction) -> None:
        for one in _own_barriers(tx, worker, patient_id):
            is_open = one.resource.get("status") == "requested"
            records.set_tokens(tx, one, [(LISTED_AS, token)] if is_open else [])

    await premises.store.write(work)


def open_barriers(premises: Premises, partner: str) -> str:
    """Under what an organization's open barriers are found (`records.find_token` of `LISTED_AS`)."""
    return premises.keys.index(LISTED_AS, "", partner)


async def barriers_of(premises: Premises, worker: Worker, patient_id: str) -> tuple[Mapping[str, Any], ...]:
    """What still stands in the way of a client, by day: the organization's own words. Raises as `plan_of` does."""
    _purpose(premises, worker, patient_id)
    shown = await show(
        premises,
        partner=worker.partner,
        purpose="",
        select=lambda reading: (patient_id, _own_barriers(reading, worker, patient_id)),
        write=lambda resources, notices, at: collection_bundle(resources, notices, at),
        kind="read",
        choose=lambda seen: [one for one in seen if one.get("status") == "requested"],
        also=partial(say_who, premises, worker, patient_id, "", "barriers"),
    )
    return tuple(sorted(shown.resources, key=lambda one: str(one["restriction"]["period"]["end"])))


def _own_barriers(reading: Reading, worker: Worker, patient_id: str) -> list[Record]:
    system = f"{BARRIER_SYSTEM}:{worker.partner}"
    return [
        one
        for one in records.of_patient(reading, patient_id, ("Task",))
        if is_own(one, worker.partner)
        and any(name.get("system") == system for name in one.resource.get("identifier", ()))
    ]


def _purpose(premises: Premises, worker: Worker, patient_id: str) -> str:
    """The purpose for which plans come to the organization, for a client whom it knows."""
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        if not (patients.exists(reading, patient_id) and patients.knows(reading, worker.partner, patient_id)):
            raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")
    return plan_purpose(premises, worker.partner)
