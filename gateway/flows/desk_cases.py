"""A case manager's clients: referred by the path of every submission, followed, called off, sent elsewhere, met.

What she sees of an answer is what her organization may see of it; what would become of a referral is asked beforehand
with her own words alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gateway.clock import instant_text
from gateway.disclosure.content import collection_bundle
from gateway.disclosure.outlook import would_be_held
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import is_own, last_own_version
from gateway.disclosure.show import show
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.agency_desk import Worker, say_who
from gateway.flows.desk_clients import require_right
from gateway.flows.desk_written import Writing, name_of, own_patient, own_patients, said_again, written_down
from gateway.partners import Route, partner_of, reference_of
from gateway.store import Reading, Record, Transaction, patients, records

RIGHT = "clients"
REFERRALS = "urn:warm-handoff:desk-referral"
OPEN = ("requested", "received", "accepted", "in-progress", "on-hold")
CAN_GO_ELSEWHERE = ("requested", "received", "rejected", "on-hold", "failed")
PRIORITIES = ("routine", "urgent", "asap")
_SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
_OURS = "urn:warm-handoff:service"
NEEDS: Mapping[str, tuple[str, str]] = {
    "housing-instability": (_SDOH, "Housing Instability"),
    "food-insecurity": (_SDOH, "Food Insecurity"),
    "transportation-insecurity": (_SDOH, "Transportation Insecurity"),
    "employment-status": (_SDOH, "Employment Status"),
    "material-hardship": (_SDOH, "Material Hardship"),
    "treatment": (_OURS, "Treatment"),
    "peer-support": (_OURS, "Peer support"),
    "legal-help": (_OURS, "Legal help"),
    "follow-up": (_OURS, "Follow-up contact"),
}
"""What a client can be referred for: the codes of SDOHCC that the needs assessment uses, and plain ones of ours."""

OTHERS: Mapping[str, tuple[str, str]] = {"plan-change": (_OURS, "Change of the care plan")}
"""What is asked for otherwise than by choosing a need."""

_REASON = "urn:warm-handoff:referral-reason"
CHANGES: Mapping[str, str] = {
    "too-much": "It is too much at once",
    "no-help": "It does not help",
    "side-effects": "It makes something else worse",
    "cannot-come": "Times or places do not fit",
    "other-goal": "The goal has changed",
}
"""Why a plan does not work: chosen, as free words are not sent."""

_REASONS: Mapping[str, str] = {**CHANGES, "step-down": "Another level of care has ended"}
_FULFILL = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}


@dataclass(frozen=True, slots=True)
class NewReferral:
    """What is asked for, of which partner and how soon. `need` of `NEEDS` or `OTHERS`, `priority` of `PRIORITIES`;
    `reason`: a code that says why, empty for none.
    """

    need: str
    agency: str
    priority: str
    key: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral of the organization's own, as it may see it now."""

    task: Mapping[str, Any] = field(repr=False)
    request: Mapping[str, Any] = field(repr=False)
    agency: str

    @property
    def state(self) -> str:
        """A FHIR Task status."""
        return str(self.task.get("status", ""))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the other side would see now: whether anything would wait, and of what it consists."""

    agency: str
    purpose: str
    sees_person: bool
    sees_need: bool


def agencies_for(premises: Premises, worker: Worker) -> tuple[Route, ...]:
    """The routes by which the worker's organization may refer."""
    routes = premises.network.routes_from(worker.partner, "referral")
    return tuple(one for one in routes if one.with_addressee is None)


async def outlook(premises: Premises, worker: Worker, patient_id: str, wanted: NewReferral) -> Outlook:
    """What the agency would see if it were sent now; asked with the organization's own words alone, and logged.

    Raises NotAllowed `RIGHT_MISSING`, NotUnderstood `CHOICE_UNKNOWN`, NotFound `NO_SUCH_CLIENT`.
    """
    route = _route(premises, worker, wanted)
    return await premises.store.write(partial(_outlook, premises, worker, patient_id, wanted, route))


def _outlook(
    premises: Premises,
    worker: Worker,
    patient_id: str,
    wanted: NewReferral,
    route: Route,
    tx: Transaction,
) -> Outlook:
    _known(tx, worker, patient_id)
    own = own_patient(tx, worker.partner, patient_id)
    at = instant_text(premises.clock.now())
    draft = {**_request(worker, wanted, at), "id": "draft", "subject": {"reference": f"Patient/{patient_id}"}}
    program = premises.network.partners[worker.partner].is_part2_program
    sources = (worker.partner,)
    request = Record(
        "ServiceRequest", "draft", 0, patient_id, worker.partner, sources, program, at, False, draft
    )
    person, need = (
        not would_be_held(
            premises,
            tx,
            patient_id=patient_id,
            discloser=worker.partner,
            recipient=route.addressee,
            purpose=route.purpose,
            own=one,
        )
        for one in ((own,) if own else (), (request,))
    )
    return Outlook(route.addressee, route.purpose, person, need)


async def refer(premises: Premises, worker: Worker, patient_id: str, wanted: NewReferral) -> None:
    """Send a client to an agency, as far as she has agreed, decided like every referral.

    Raises as `outlook` and `written_down` do.
    """
    route = _route(premises, worker, wanted)
    with premises.store.read() as reading:
        _known(reading, worker, patient_id)
        own = own_patients(reading, worker.partner, patient_id)
    at = instant_text(premises.clock.now())
    names = [{"system": f"{REFERRALS}:{worker.partner}", "value": wanted.key}]
    task = {
        "resourceType": "Task",
        "identifier": names,
        "status": "requested",
        "intent": "order",
        "priority": wanted.priority,
        "code": _FULFILL,
        "focus": {"reference": name_of(wanted.key, 0)},
        "authoredOn": at,
        "requester": {"reference": reference_of(worker.partner)},
        "owner": {"reference": reference_of(route.addressee)},
    }
    said = ({**_request(worker, wanted, at), "identifier": names}, task, *own)
    await written_down(premises, worker, patient_id, Writing(wanted.key, said, route.purpose))


async def referrals_of(premises: Premises, worker: Worker, patient_id: str) -> tuple[Sent, ...]:
    """The organization's own referrals of a client, the newest first, with what it may know of the answers."""
    require_right(premises, worker, RIGHT)
    with premises.store.read() as reading:
        _known(reading, worker, patient_id)
        own = [one for one in records.of_patient(reading, patient_id, ("Task",)) if _is_sent(one, worker)]
    by_purpose: dict[str, list[str]] = {}
    for one in own:
        by_purpose.setdefault(_purpose(premises, worker, one), []).append(one.id)
    found: list[Sent] = []
    for purpose, wanted in by_purpose.items():
        found += [one async for one in _shown(premises, worker, patient_id, purpose, frozenset(wanted))]
    return tuple(sorted(found, key=lambda one: str(one.task.get("authoredOn", "")), reverse=True))


async def _shown(
    premises: Premises, worker: Worker, patient_id: str, purpose: str, wanted: frozenset[str]
) -> AsyncIterator[Sent]:
    """The Tasks of these ids with their ServiceRequests, as a release to the organization."""

    def chosen(held: Sequence[Record]) -> Sequence[Record]:
        return [one for one in held if one.id in wanted and one.resource_type == "Task"]

    for task, request in await show_tasks(premises, worker, patient_id, purpose, chosen, "referrals"):
        agency = partner_of(str(task.get("owner", {}).get("reference", "")))
        yield Sent(task, request, agency)


async def show_tasks(
    premises: Premises,
    worker: Worker,
    patient_id: str,
    purpose: str,
    chosen: Callable[[Sequence[Record]], Sequence[Record]],
    what: str,
) -> tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]:
    """The Tasks that `chosen` takes of all that is held of her, each with its ServiceRequest (empty where that may not
    be seen), as one release to the worker's organization; `what` the log says was looked at.
    """

    def select(reading: Reading) -> tuple[str | None, Sequence[Record]]:
        held = records.of_patient(reading, patient_id, ("ServiceRequest", "Task"))
        tasks = chosen(held)
        about = {focus_of(one.resource) for one in tasks}
        return patient_id, [*tasks, *(one for one in held if one.reference in about)]

    shown = await show(
        premises,
        partner=worker.partner,
        purpose=purpose,
        select=select,
        write=lambda resources, notices, at: collection_bundle(resources, notices, at),
        kind="read",
        also=partial(say_who, premises, worker, patient_id, purpose, what),
    )
    requests = {f"ServiceRequest/{one['id']}": one for one in shown.resources}
    tasks = (one for one in shown.resources if one["resourceType"] == "Task")
    return tuple((one, requests.get(focus_of(one), {})) for one in tasks)


def focus_of(task: Mapping[str, Any]) -> str:
    """What a Task asks to be done, as a reference; empty where it says nothing."""
    return str(task.get("focus", {}).get("reference", ""))


async def cancel(premises: Premises, worker: Worker, patient_id: str, task_id: str, key: str) -> None:
    """Call a referral off: what never left is not sent, and whoever has it is told.

    Raises NotFound `NO_SUCH_REFERRAL`, AlreadyReceived `STATUS_JUMP`, and as `written_down`.
    """
    sent = await own_referral(premises, worker, patient_id, task_id)
    if sent.state not in OPEN:
        raise AlreadyReceived("STATUS_JUMP", "this referral has ended", "Task.status")
    with premises.store.read() as reading:
        held = records.get(reading, "Task", task_id)
        own = None if held is None else _last_own(reading, held, worker.partner)
    if own is None:
        raise _no_referral()
    task = {**said_again(own.resource), "status": "cancelled"}
    await written_down(premises, worker, patient_id, Writing(f"cancel-{key}", (task,)))


async def send_elsewhere(
    premises: Premises, worker: Worker, patient_id: str, task_id: str, wanted: NewReferral
) -> None:
    """The same need to another agency, decided anew; the first referral is called off where it is still open.

    Raises as `refer` and `cancel` do, AlreadyReceived `STATUS_JUMP` for one that is under way or done.
    """
    before = await own_referral(premises, worker, patient_id, task_id)
    if before.state not in CAN_GO_ELSEWHERE:
        raise AlreadyReceived("STATUS_JUMP", "this referral is under way", "Task.status")
    if before.agency == wanted.agency:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose another agency", "agency")
    await refer(premises, worker, patient_id, wanted)
    if before.state in OPEN:
        await cancel(premises, worker, patient_id, task_id, wanted.key)


async def own_referral(premises: Premises, worker: Worker, patient_id: str, task_id: str) -> Sent:
    """One of them. Raises NotFound `NO_SUCH_REFERRAL`."""
    for one in await referrals_of(premises, worker, patient_id):
        if one.task["id"] == task_id:
            return one
    raise _no_referral()


def _route(premises: Premises, worker: Worker, wanted: NewReferral) -> Route:
    require_right(premises, worker, RIGHT)
    if wanted.need not in {*NEEDS, *OTHERS} or wanted.priority not in PRIORITIES:
        raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "need")
    for route in agencies_for(premises, worker):
        if route.addressee == wanted.agency:
            return route
    raise NotUnderstood("CHOICE_UNKNOWN", "choose one of what the page offers", "agency")


def _request(worker: Worker, wanted: NewReferral, at: str) -> dict[str, Any]:
    system, display = {**NEEDS, **OTHERS}[wanted.need]
    concept = {"coding": [{"system": system, "code": wanted.need, "display": display}]}
    why = {"system": _REASON, "code": wanted.reason, "display": _REASONS.get(wanted.reason, "")}
    return {
        **({"reasonCode": [{"coding": [why]}]} if wanted.reason else {}),
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [concept],
        "code": concept,
        "priority": wanted.priority,
        "authoredOn": at,
        "requester": {"reference": reference_of(worker.partner)},
    }


def _known(reading: Reading, worker: Worker, patient_id: str) -> None:
    """Nothing, for a client of the organization's own. Raises NotFound `NO_SUCH_CLIENT`."""
    if not (patients.exists(reading, patient_id) and patients.knows(reading, worker.partner, patient_id)):
        raise NotFound("NO_SUCH_CLIENT", "nothing can be shown for this request")


def _is_sent(record: Record, worker: Worker) -> bool:
    named = any(
        one.get("system") == f"{REFERRALS}:{worker.partner}" for one in record.resource.get("identifier", ())
    )
    return named and worker.partner in record.sources and not record.deleted


def _last_own(reading: Reading, record: Record, partner: str) -> Record | None:
    return record if is_own(record, partner) else last_own_version(reading, record, partner)


def _purpose(premises: Premises, worker: Worker, record: Record) -> str:
    owner = str(record.resource.get("owner", {}).get("reference", ""))
    return purpose_back(premises, worker, partner_of(owner))


def purpose_back(premises: Premises, worker: Worker, agency: str) -> str:
    """The purpose for which an agency's answers come back: its status route's, else that of the way there."""
    back = premises.network.routes_from(agency, "status") if agency in premises.network.partners else ()
    routes = [one for one in back if one.addressee == worker.partner]
    routes += [one for one in agencies_for(premises, worker) if one.addressee == agency]
    return routes[0].purpose if routes else ""


def _no_referral() -> NotFound:
    return NotFound("NO_SUCH_REFERRAL", "the organization has sent no such referral")
