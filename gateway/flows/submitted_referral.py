"""A referral that came as FHIR: a Task that asks a partner of the network to fulfil a ServiceRequest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.disclosure.seen import Asking, last_own_version
from gateway.disclosure.shown_versions import present_state
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.flows.addressee import looking_in, partner_meant
from gateway.flows.came_before import came_before
from gateway.flows.named_apart import with_what_only_they_name
from gateway.flows.new_intents import Content, new_intent
from gateway.flows.redirected import taken_back
from gateway.flows.referral import (
    CANCEL_EVENT,
    ENDED,
    Referral,
    finish_not_yet_there,
    still_needed,
    with_answer,
)
from gateway.flows.sources import Beside, beside
from gateway.flows.submitted_ids import Submitted
from gateway.partners import Route
from gateway.store import Intent, Reading, Record, Transaction, intents

_NOT_SENT = ("Organization",)
_SENT_KINDS = ("referral", "cancel")
_REFERRED = "I12"
_OUTPUT = "output"
_ANSWERS = ("statusReason", "businessStatus", "executionPeriod")
"""What an answer says, beside the status and the outputs."""


def add_referral_intents(
    premises: Premises,
    tx: Transaction,
    source: str,
    entries: Sequence[Submitted],
    saved: Sequence[Record],
    patient_id: str,
    at: str,
    news: Collection[str],
    message_id: str,
) -> None:
    """What the submitted Tasks mean for what is under way. `saved` are the records of the entries as they are held now;
    `news` names the resources this transaction changed.

    A Task with an owner in this network refers: what goes there, in place of what has not left yet, is the whole
    transaction but its Consents and the referrals in it that are for somebody else. A cancelled one ends what never
    left, and is told to whoever may have it.
    Raises NotUnderstood `ADDRESSEE_UNKNOWN` at `Task.owner` when no route leads there.
    """
    every = [e.resource for e in entries]
    tasks = [one for one in every if one["resourceType"] == "Task" and _means_something(one)]
    focus, owners = (_focus(saved), _owners(premises, tx, source, every)) if tasks else ((), {})
    for task in tasks:
        _settle(
            premises,
            tx,
            source,
            task,
            owners[task["id"]],
            patient_id,
            _without(_of_others(owners, source, every, task), focus),
            at,
            f"Task/{task['id']}" in news,
            message_id,
        )


def _settle(
    premises: Premises,
    tx: Transaction,
    source: str,
    task: Mapping[str, Any],
    owner: str | None,
    patient_id: str,
    focus: tuple[str, ...],
    at: str,
    is_news: bool,
    message_id: str,
) -> None:
    """Bring what is under way for one Task in line with what it says now."""
    key, ended = premises.keys.index("business-key", source, str(task["id"])), task.get("status") in ENDED
    known = [i for i in intents.of_patient(tx, patient_id) if i.business_key == key and i.kind in _SENT_KINDS]
    routes = _routes_back(premises, source, known, owner) if ended else _routes(premises, source, owner)
    addressees = {route.addressee for route in routes}
    finish_not_yet_there(tx, _elsewhere(known, addressees), at)
    referral = Referral(source, CANCEL_EVENT if ended else _REFERRED, key, (), routes)
    asked = focus if ended else (*focus, *came_before(tx, source, task, patient_id, focus, known))
    for route in routes:
        theirs = [i for i in known if i.partner == route.addressee]
        going = _with_earlier(focus, theirs) if ended else asked
        if still_needed(tx, referral, theirs, going, at, task_is_news=is_news):
            content = Content(source, key, going, message_id)
            intents.add(
                tx,
                new_intent(premises, route, patient_id, content, "cancel" if ended else "referral", at),
            )


def told_whom_it_leaves(
    premises: Premises,
    tx: Transaction,
    source: str,
    before: Record,
    task: Mapping[str, Any],
    around: Beside,
    message_id: str,
    at: str,
) -> list[Intent]:
    """Intents that tell who may have a referral of `source`'s, which it addresses to somebody else now, that it is taken
    back, as by HL7 v2. To be called before the Task's new version is saved.

    Raises NotUnderstood `ADDRESSEE_UNKNOWN` at `Task.owner`, `ADDRESSEE_MISSING` where it names nobody any more.
    """
    if not _is_referral({**task, "owner": True}):
        return []
    patient_id, key = str(before.patient_id), premises.keys.index("business-key", source, before.id)
    known = [one for one in intents.of_patient(tx, patient_id) if one.business_key == key]
    if not task.get("owner"):
        if known:
            text = "must name who is asked: to take a referral back, say `cancelled`"
            raise NotUnderstood("ADDRESSEE_MISSING", text, "Task.owner")
        return []
    owner = owner_of(premises, tx, source, task, around)
    left = _elsewhere(known, {route.addressee for route in _routes(premises, source, owner)}) if known else []
    told = taken_back(premises, tx, (before.reference,), left, message_id, at)
    return [new_intent(premises, route, patient_id, content, "cancel", at) for route, content in told]


def _elsewhere(known: Sequence[Intent], addressees: Collection[str]) -> list[Intent]:
    """What is or was on its way to partners who are asked no more; but what tells them so, which stands."""
    return [one for one in known if one.kind == "referral" and one.partner not in addressees]


def owner_of(
    premises: Premises, reading: Reading, source: str, task: Mapping[str, Any], around: Beside
) -> str | None:
    """The partner that a Task of `source`'s names as its owner."""
    return partner_meant(
        premises.network, task.get("owner", {}), looking_in(premises, reading, source, around, task)
    )


def own_words(
    premises: Premises,
    reading: Reading,
    submitter: str,
    before: Record | None,
    resource: Mapping[str, Any],
    owner: str | None,
) -> tuple[Mapping[str, Any], str]:
    """A submitted Task for partner `owner`, and who has the last word in it: the addressee's answer stands when the
    sender repeats itself.

    A cancellation is the sender's to make, and a Task addressed to somebody else starts with the sender's words alone:
    what they repeat of the answer is left out, as it is no record of the sender's (42 CFR 2.12(d)).
    Raises AlreadyReceived `STATUS_JUMP` when the sender takes back its own cancellation.
    """
    if before is None or resource["resourceType"] != "Task":
        return resource, submitter
    if before.source_partner == submitter:
        if before.resource.get("status") in ENDED and resource.get("status") not in ENDED:
            raise AlreadyReceived(
                "STATUS_JUMP", "a cancelled referral stays so; send a new one", "Task.status"
            )
        return resource, submitter
    if resource.get("status") in ENDED or not _is_addressed(premises, submitter, before, owner):
        return _without_answer(premises, reading, submitter, before, resource), submitter
    return with_answer(resource, before.resource), before.source_partner


def _without_answer(
    premises: Premises, reading: Reading, submitter: str, before: Record, task: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The Task without what it repeats of the answer, whole or as far as it was shown; what the submitter had said
    before the answer stays. Of an answer that it is not shown nothing is left out: a guess would be told from others.
    """
    first = last_own_version(reading, before, submitter)
    own = {} if first is None else first.resource
    told = _shown(premises, reading, submitter, before)
    found = {
        name: said
        for name, said in task.items()
        if name not in _ANSWERS
        or said == own.get(name)
        or not any(_within(said, one.get(name)) for one in told)
    }
    theirs = [one for shown in told for one in shown.get(_OUTPUT, ()) if one not in own.get(_OUTPUT, ())]
    left = [one for one in task.get(_OUTPUT, ()) if not any(_within(one, other) for other in theirs)]
    return {
        **{name: said for name, said in found.items() if name != _OUTPUT},
        **({_OUTPUT: left} if left else {}),
    }


def _shown(premises: Premises, reading: Reading, submitter: str, task: Record) -> list[Mapping[str, Any]]:
    """The Task as its submitter may read it, for each purpose of its routes."""
    at, routes = premises.clock.now(), premises.network.content.routes
    purposes = {one.purpose for one in routes if submitter in (one.source, one.addressee)}
    asking = (Asking(submitter, purpose, at) for purpose in sorted(purposes))
    seen = (present_state(premises, reading, one, str(task.patient_id), task) for one in asking)
    return [one for one in seen if one is not None]


def _within(said: object, whole: object) -> bool:
    """Whether all that is said stands in the other, from which something may have been removed."""
    if isinstance(said, Mapping):
        return isinstance(whole, Mapping) and all(_within(one, whole.get(name)) for name, one in said.items())
    if isinstance(said, list | tuple) and isinstance(whole, list | tuple):
        return all(any(_within(one, other) for other in whole) for one in said)
    return said == whole


def _is_addressed(premises: Premises, submitter: str, before: Record, owner: str | None) -> bool:
    """Whether who last wrote to the Task is still one of those it is for."""
    routes = premises.network.routes_from(submitter, "referral")
    joined = {route.addressee for route in routes if route.with_addressee == owner}
    return before.source_partner in {owner, *joined}


def _routes_back(
    premises: Premises, source: str, known: Sequence[Intent], owner: str | None
) -> tuple[Route, ...]:
    """One route to each partner for whom there is something to cancel; who was told so, as the referral went to somebody
    else, is told no more of it.
    """
    last = {intent.partner: intent.kind for intent in known}
    found = {route.addressee: route for route in premises.network.routes_from(source, "referral")}
    wanted = {
        one
        for one, kind in last.items()
        if kind != "cancel" or (one in found and owner in (one, found[one].with_addressee))
    }
    return tuple(found[addressee] for addressee in sorted(wanted & set(found)))


def _with_earlier(focus: tuple[str, ...], theirs: Sequence[Intent]) -> tuple[str, ...]:
    """What a cancellation carries: what came with it, and beside that what the addressee was sent before."""
    named = {reference.rpartition("/")[0] for reference in focus}
    earlier = theirs[-1].focus if theirs else ()
    return (*focus, *(reference for reference in earlier if reference.rpartition("/")[0] not in named))


def _focus(saved: Sequence[Record]) -> tuple[str, ...]:
    latest = {record.reference: record for record in saved}
    return tuple(
        f"{record.resource_type}/{record.id}/{record.version}"
        for record in (latest[one.reference] for one in saved)
        if not is_recorder_only(record) and record.resource_type not in _NOT_SENT
    )


def _of_others(
    owners: Mapping[str, str | None],
    source: str,
    every: Sequence[Mapping[str, Any]],
    task: Mapping[str, Any],
) -> frozenset[str]:
    """What a transaction says of referrals that are for somebody else, also of those not made yet or made before: the
    pantry is not told that legal aid was asked too.
    """
    owner, ours, theirs = owners[task["id"]], set[str](), set[str]()
    for one in (other for other in every if other["resourceType"] == "Task"):
        whose, focus = owners[one["id"]], str(one.get("focus", {}).get("reference", ""))
        named = {f"Task/{one['id']}", focus if focus.startswith("ServiceRequest/") else ""}
        if whose == owner:
            ours.update(named)
        elif _means_something(one) or whose not in (None, source):
            theirs.update(named)
    return with_what_only_they_name(every, frozenset(theirs - ours))


def _without(apart: Collection[str], focus: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in focus if one.rpartition("/")[0] not in apart)


def _routes(premises: Premises, source: str, addressee: str | None) -> tuple[Route, ...]:
    routes = premises.network.routes_from(source, "referral")
    direct = [route for route in routes if route.addressee == addressee and route.with_addressee is None]
    if not direct:
        raise NotUnderstood(
            "ADDRESSEE_UNKNOWN", "names no addressee this sender has a route to", "Task.owner"
        )
    return (direct[0], *(route for route in routes if route.with_addressee == addressee))


def _means_something(task: Mapping[str, Any]) -> bool:
    """Whether a submitted Task asks somebody, or takes that back."""
    return _is_referral(task) or task.get("status") in ENDED


def _is_referral(task: Mapping[str, Any]) -> bool:
    focus = str(task.get("focus", {}).get("reference", ""))
    return (
        task.get("status") == "requested" and bool(task.get("owner")) and focus.startswith("ServiceRequest/")
    )


def _owners(
    premises: Premises, reading: Reading, source: str, every: Sequence[Mapping[str, Any]]
) -> dict[str, str | None]:
    """The partner that each Task's owner names, by the Task's id."""
    around = beside(every)
    tasks = (one for one in every if one["resourceType"] == "Task")
    return {str(one["id"]): owner_of(premises, reading, source, one, around) for one in tasks}
