"""The way back: the addressee says what became of the referral, and its source is told as far as consent allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from gateway.clock import instant_text, new_id
from gateway.disclosure.answered import older_versions
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking
from gateway.disclosure.shown_versions import present_state
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.answers import Saved
from gateway.flows.checked import checked
from gateway.flows.new_intents import Content, new_intent
from gateway.flows.nothing import nothing_for
from gateway.flows.sources import comes_from_program
from gateway.flows.task_outputs import outputs_to_keep, words_to_keep
from gateway.flows.waiting_text import with_waiting_text
from gateway.security.callers import Caller
from gateway.store import Intent, Reading, Record, Transaction, intents, message_times, records

# SDOHCC ReferralTaskStateDiagram (SD-02), without the undrawn arrow out of `cancelled`.
_NEXT: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"requested"}),
    "requested": frozenset({"received", "accepted", "rejected", "cancelled"}),
    "received": frozenset({"accepted", "rejected", "cancelled"}),
    "accepted": frozenset({"in-progress", "on-hold", "cancelled", "completed", "failed"}),
    "in-progress": frozenset({"completed", "failed", "on-hold", "cancelled"}),
    "on-hold": frozenset({"in-progress", "cancelled", "completed", "failed"}),
}
_CANCELLED = "cancelled"
BSER_STATUS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
NO_SHOW = "5.1.2"
_BSER = frozenset({"2.0", "3.0", "4.0", "5.1.1", NO_SHOW, "5.1.3", "5.1.4", "5.2", "6.0", "7.0"})
_RECEIVED = ("delivered", "unknown", "sending")
_ADDRESSEE_MAY_SET = ("status", "statusReason", "businessStatus", "output", "executionPeriod")
_ADDRESSEE_WRITES = frozenset({*_ADDRESSEE_MAY_SET, "lastModified"})
_STAYS_UNSAID = ("status", "output", "executionPeriod")
"""What an answer that does not name it leaves as it was; a reason goes with the status that it was for."""
_STATUS_FOCUS = ("Task", "ServiceRequest", "Patient", "PractitionerRole", "Practitioner", "Organization")


async def update_task(
    premises: Premises,
    caller: Caller,
    task_id: str,
    resource: Mapping[str, Any],
    if_match: str | None,
    outputs: Sequence[Any] | None = None,
) -> Saved:
    """A new version of a referral's Task, with only what the addressee may set taken over; the source's status intent.
    What is hidden from the caller stays as it is held. `outputs`: those it has for the caller from now on (None: those
    of `resource`, and where it names none, as they are).

    Raises NotFound `NO_SUCH_RECORD` (unknown, or never sent to the caller), AlreadyReceived `STATUS_JUMP` or
    `VERSION_CONFLICT`, NotUnderstood with the place.
    """
    check_words(task_id, resource)
    at, request_id = instant_text(premises.clock.now()), new_id()

    def work(tx: Transaction) -> Saved:
        before = records.get(tx, "Task", task_id)
        sent = sent_to(tx, before, caller.partner) if before is not None else None
        if before is None or sent is None:
            raise NotFound("NO_SUCH_RECORD", "nothing can be shown for this request")
        shown = shown_to(premises, tx, caller, before)
        if if_match is not None and if_match != version_of(shown):
            raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")
        known = status_known(tx, before, sent, shown, caller.partner)
        _check_step(known, str(resource["status"]))
        said = {**resource, "output": outputs} if outputs is not None else resource
        saved = save_answer(premises, tx, caller, before, shown, said, at)
        if not stays_cancelled(tx, before, known, at) and saved.version != before.version:
            tell_source(premises, tx, saved, sent, at)
        return _told(resource, shown_to(premises, tx, caller, saved), request_id)

    try:
        told = await premises.store.write(work)
    except NotFound:
        raise await nothing_for(premises, caller, f"Task/{task_id}", "TASK_NOT_SENT_TO_CALLER") from None
    premises.work_waiting.set()
    return told


def save_answer(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    before: Record,
    shown: Mapping[str, Any] | None,
    resource: Mapping[str, Any],
    at: str,
) -> Record:
    """The Task saved with what its addressee, who is `shown` that much of it, says in `resource`; and when this was said
    of it: a message that was made before and comes later changes nothing.
    """
    said = dict(resource)
    is_news = shown is not None and _is_news(said, shown)
    if "output" in said:
        said["output"] = outputs_to_keep(premises, tx, caller, before, said["output"])
    kept = said if shown is None else words_to_keep(before, shown, said)
    message_times.keep(tx, [("Task", before.id)], at)
    return records.save(tx, next_version(premises, before, kept, caller.partner, at, is_news=is_news))


def check_words(task_id: str, resource: Mapping[str, Any]) -> None:
    """Nothing, when an addressee may say that of the Task. Raises NotUnderstood with the place."""
    checked(resource, "Task")
    if resource.get("id", task_id) != task_id:
        raise NotUnderstood("ID_MISMATCH", "must be the id in the address", "Task.id")
    if resource["status"] == "rejected" and not resource.get("statusReason", {}).get("text"):
        raise NotUnderstood(
            "STATUS_REASON_MISSING", "a rejection needs a reason in words", "Task.statusReason.text"
        )
    _check_business_status(resource)


def present_task(
    premises: Premises, reading: Reading, caller: Caller, task_id: str
) -> Mapping[str, Any] | None:
    """A Task as `caller` would be shown it now, alone; None where it would be shown nothing. Nothing is released.

    Its version is the one by which the caller may say that it has not changed, whatever else it was shown with.
    """
    task = records.get(reading, "Task", task_id)
    return None if task is None else shown_to(premises, reading, caller, task)


def shown_to(premises: Premises, tx: Reading, caller: Caller, task: Record) -> Mapping[str, Any] | None:
    """The Task as a read of the caller's would show it now; None where it would show nothing."""
    asking = Asking(caller.partner, caller.purpose, premises.clock.now())
    dress = partial(with_waiting_text, premises, caller.partner)
    return present_state(premises, tx, asking, str(task.patient_id), task, dress)


def status_known(
    reading: Reading, task: Record, sent: Intent, shown: Mapping[str, Any] | None, partner: str
) -> str:
    """The status from which `partner` goes on: the one it is shown, else what it last said itself or was sent.

    A status of anybody else's that it may not see has no part in what it is answered (FH-RED-02).
    """
    if shown is not None:
        return str(shown["status"])
    received = max(int(f.rpartition("/")[2]) for f in sent.focus if f.startswith(f"Task/{task.id}/"))
    for one in (task, *older_versions(reading, task)):
        as_sent = one.version <= received and one.source_partner == sent.source_partner
        if as_sent or one.source_partner == partner:
            return str(one.resource["status"])
    return str(task.resource["status"])


def stays_cancelled(tx: Transaction, before: Record, known: str, at: str) -> bool:
    """Whether its sender has taken it back and its addressee, who knows it as `known`, may not see that: it then stands
    on top of what the addressee has said.
    """
    if known == _CANCELLED or before.resource["status"] != _CANCELLED:
        return False
    records.save(tx, replace(before, updated_at=at))
    return True


def version_of(shown: Mapping[str, Any] | None) -> str:
    """The version id of what is shown; empty where nothing is."""
    return "" if shown is None else str(shown["meta"]["versionId"])


def _told(resource: Mapping[str, Any], shown: Mapping[str, Any] | None, request_id: str) -> Saved:
    """The answer to the addressee: its own words, with the version and time of what it would read."""
    sent = {name: value for name, value in resource.items() if name != "meta"}
    if shown is None:
        return Saved(sent, "", "", request_id)
    version, at = version_of(shown), str(shown["meta"]["lastUpdated"])
    return Saved({**sent, "meta": {"versionId": version, "lastUpdated": at}}, version, at, request_id)


def sent_to(reading: Reading, task: Record, partner: str) -> Intent | None:
    """The referral intent by which `partner` received this Task, if it is one of its present addressees."""
    if task.patient_id is None:
        return None
    sent = [
        intent
        for intent in intents.of_patient(reading, task.patient_id)
        if intent.kind == "referral" and any(f.startswith(f"Task/{task.id}/") for f in intent.focus)
    ]
    theirs = [intent for intent in sent if intent.partner == partner and intent.state in _RECEIVED]
    if not theirs:
        return None
    # A referral that went on to somebody else is no longer the former addressee's to answer.
    newest = sent[-1]
    present = theirs[-1].message_id == newest.message_id or newest.partner == partner
    return theirs[-1] if present or newest.state == "cancelled" else None


def _check_business_status(resource: Mapping[str, Any]) -> None:
    """A business status of BSeR is one that there is, and of a no-show the Task waits (SD-04)."""
    for coding in resource.get("businessStatus", {}).get("coding", ()):
        if coding.get("system") != BSER_STATUS:
            continue
        if coding.get("code") not in _BSER:
            text = "is no business status of a referral"
            raise NotUnderstood("BUSINESS_STATUS_UNKNOWN", text, "Task.businessStatus")
        if coding["code"] == NO_SHOW and resource["status"] != "on-hold":
            raise NotUnderstood("BUSINESS_STATUS_DIFFERS", "of a no-show must be `on-hold`", "Task.status")


def may_follow(before: str, after: str) -> bool:
    """Whether a Task may go from one status to another at once."""
    return after in _NEXT.get(before, frozenset())


def _check_step(before: str, after: str) -> None:
    if after != before and not may_follow(before, after):
        raise AlreadyReceived("STATUS_JUMP", "this status cannot follow the present one", "Task.status")


def _is_news(said: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    """Whether the addressee says anything else than it is shown, whatever is held beside that."""
    return any(said[name] != shown.get(name, []) for name in _ADDRESSEE_MAY_SET if name in said)


def next_version(
    premises: Premises,
    before: Record,
    resource: Mapping[str, Any],
    partner: str,
    at: str,
    *,
    is_news: bool = False,
) -> Record:
    """The Task as we hold it, with the addressee's word: what was redacted on the way out must not be lost.

    Where it `is_news` to who says it, it is a new version also if it says what is held: a guess is not told from others.
    """
    theirs = {name: resource[name] for name in _ADDRESSEE_MAY_SET if name in resource}
    same = not is_news and all(before.resource.get(name, []) == value for name, value in theirs.items())
    ours = {name: value for name, value in before.resource.items() if name not in _ADDRESSEE_WRITES}
    stays = {name: before.resource[name] for name in _STAYS_UNSAID if name in before.resource}
    # In one order, whatever was said before: else where an element stands would tell of earlier answers.
    told = {**stays, **theirs}
    said = {name: told[name] for name in _ADDRESSEE_MAY_SET if told.get(name, []) != []}
    content = dict(before.resource) if same else {**ours, **said, "lastModified": at}
    sources = tuple(sorted({*before.sources, partner}))
    return Record(
        resource_type="Task",
        id=before.id,
        version=0,
        patient_id=before.patient_id,
        source_partner=partner,
        sources=sources,
        part2=comes_from_program(premises.network, sources, before),
        updated_at=at,
        deleted=False,
        resource=content,
    )


def tell_source(premises: Premises, tx: Transaction, task: Record, sent: Intent, at: str) -> None:
    """An intent for each status route back to who sent the referral; without a route nothing is told."""
    assert task.patient_id is not None
    for route in premises.network.routes_from(sent.partner, "status"):
        if route.addressee != sent.source_partner:
            continue
        focus = [f"Task/{task.id}/{task.version}"]
        focus += [f for f in sent.focus if f.partition("/")[0] in _STATUS_FOCUS and not f.startswith("Task/")]
        content = Content(sent.partner, sent.business_key, tuple(focus), None, sent.message_type)
        intents.add(tx, new_intent(premises, route, task.patient_id, content, "status", at))
