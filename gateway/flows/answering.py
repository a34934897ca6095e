"""A Task in a FHIR transaction that answers a referral its sender was sent: put under our id of it, or a system's own
copy that keeps a number of it (another county's gateway, a record system that posts Bundles).

Looked for only among what that very partner was sent, as of a row of a sheet: what names none of it is its sender's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.flows import status
from gateway.flows.order_status import NO_REASON, way_to
from gateway.flows.people import known_by_number
from gateway.flows.sheet_answer import URN, gateways_id, referrals_named, require_same_birth
from gateway.flows.submitted_ids import Submitted, resolved
from gateway.identity import IDENTIFIER, names_of, numbers_of
from gateway.security.callers import Caller
from gateway.store import Intent, Record, Transaction, patients, records

_SAID_BY_ADDRESSEES = frozenset(
    ["received", "accepted", "rejected", "in-progress", "on-hold", "completed", "failed", "cancelled"]
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A referral that the Task of an entry answers, as it is held; by which intent its sender was sent it, and whether
    it was named by our id.
    """

    task: Record
    sent: Intent
    by_id: bool


def answered_in(
    premises: Premises, tx: Transaction, partner: str, entries: Sequence[Submitted]
) -> Mapping[int, Answered]:
    """Which entries answer which referral. Raises NotUnderstood `ORDER_AMBIGUOUS`, `ENTRY_TWICE` with the place.

    The id in the address of a PUT means a referral where it is ours, never where it is like a number of one: it is its
    sender's own for whatever it likes.
    """
    found: dict[int, Answered] = {}
    resources = [one.resource for one in entries]
    for number, entry in enumerate(entries):
        task = entry.resource
        if task["resourceType"] != "Task" or task.get("status") not in _SAID_BY_ADDRESSEES:
            continue
        if records.get(tx, "Task", str(task["id"])) is not None:
            continue  # one of its own, which it has sent before
        address = [{"value": f"{URN}{entry.named}"}] if entry.named else []
        numbers = [*address, *task.get("identifier", ())]
        named = list(referrals_named(premises, tx, partner, resources, {"identifier": numbers}))
        if len({held.id for held, _ in named}) > 1:
            place = f"Bundle.entry[{number}].resource.identifier"
            text = "is the number of several referrals that were sent to you"
            raise NotUnderstood("ORDER_AMBIGUOUS", text, place)
        for held, sent in named[:1]:
            if any(held.id == one.task.id for one in found.values()):
                text = "is in this transaction more than once"
                raise NotUnderstood("ENTRY_TWICE", text, f"Bundle.entry[{number}].fullUrl")
            found[number] = Answered(held, sent, held.id == entry.named)
    return found


def under_our_names(
    tx: Transaction, entries: Sequence[Submitted], answered: Mapping[int, Answered]
) -> tuple[tuple[Submitted, ...], frozenset[int]]:
    """The entries with each answered Task, and the ServiceRequest that it is about, named as they are held; and which
    entries repeat such a ServiceRequest: what it says is known from who made it. One of another intent (an order that
    its filler makes of it) is the sender's own.
    """
    names, asked = dict[str, str](), set[str]()
    intents = {f"ServiceRequest/{one.resource['id']}": one.resource.get("intent") for one in entries}
    for number, one in answered.items():
        theirs, ours = entries[number].resource, one.task.resource
        names[f"Task/{theirs['id']}"] = one.task.reference
        said, meant = (str(task.get("focus", {}).get("reference", "")) for task in (theirs, ours))
        kind, _, name = meant.partition("/")
        was_sent = any(reference.startswith(f"{meant}/") for reference in one.sent.focus)
        held = records.get(tx, kind, name) if was_sent and said.startswith(f"{kind}/") else None
        if held is not None and intents.get(said, held.resource.get("intent")) == held.resource.get("intent"):
            names[said] = meant
            asked.add(said)
    found, repeated = [], set[int]()
    for number, entry in enumerate(entries):
        reference = f"{entry.resource['resourceType']}/{entry.resource['id']}"
        resource = {
            **resolved(entry.resource, names),
            "id": names.get(reference, reference).partition("/")[2],
        }
        found.append(replace(entry, resource=resource))
        if reference in asked:
            repeated.add(number)
    return tuple(found), frozenset(repeated)


def patient_answered(
    premises: Premises,
    tx: Transaction,
    partner: str,
    entries: Sequence[Submitted],
    answered: Mapping[int, Answered],
) -> str:
    """The patient of the referrals; the numbers under which the sender has her are its own from now on.

    Raises NotUnderstood `ONE_PATIENT`, `REFERRAL_OF_ANOTHER_PATIENT`.
    """
    (first, *others) = answered.values()
    patient_id = str(first.task.patient_id)
    hers = [one.resource for one in entries if one.resource["resourceType"] == "Patient"]
    if any(one.task.patient_id != patient_id for one in others) or not _may_be_one(hers):
        raise NotUnderstood("ONE_PATIENT", "must be about exactly one patient", "Bundle.entry")
    for number, entry in enumerate(entries):
        if entry.resource["resourceType"] == "Patient":
            place = f"Bundle.entry[{number}].resource"
            require_same_birth(premises, tx, partner, first.task, entry.resource, f"{place}.birthDate")
            _claim(premises, tx, partner, entry.resource, patient_id, f"{place}.identifier")
    return patient_id


def _may_be_one(described: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these are no two people by what is said of them here: none is looked for among those known by numbers."""
    born = {str(one["birthDate"]) for one in described if "birthDate" in one}
    named = [found for one in described if (found := set(names_of(one)))]
    return len(born) < 2 and (not named or bool(set.intersection(*named)))


def _claim(
    premises: Premises, tx: Transaction, partner: str, patient: Mapping[str, Any], patient_id: str, place: str
) -> None:
    for system, value in numbers_of(patient):
        meant = gateways_id(tx, partner, value) or known_by_number(premises, tx, partner, system, value)
        if meant not in (None, patient_id):
            raise NotUnderstood(
                "REFERRAL_OF_ANOTHER_PATIENT", "is another patient's than the referral", place
            )
        if meant is None:
            patients.link(tx, partner, premises.keys.index(IDENTIFIER, system, value), patient_id)


def record_answer(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    answered: Answered,
    task: Mapping[str, Any],
    at: str,
    place: str,
) -> Record:
    """The referral's Task as it is held from now on; its source is told. A copy says where the work stands, so that
    steps between are taken along, and may have lost the words of a reason on its way.

    Raises AlreadyReceived `STATUS_JUMP`, NotUnderstood as `update_task` does, under `place`.
    """
    if task["status"] == "rejected" and not answered.by_id and not task.get("statusReason", {}).get("text"):
        task = {**task, "statusReason": NO_REASON}
    before = answered.task
    try:
        status.check_words(before.id, task)
        shown = status.shown_to(premises, tx, caller, before)
        known = status.status_known(tx, before, answered.sent, shown, caller.partner)
        way = way_to(known, str(task["status"]), "Task.status")
    except (AlreadyReceived, NotUnderstood) as fault:
        where = (fault.place or "Task").removeprefix("Task")
        raise type(fault)(fault.code, fault.message, place + where) from None
    saved = before
    for step in way:
        said = task if step == task["status"] else {"status": step}
        saved = status.save_answer(
            premises, tx, caller, saved, status.shown_to(premises, tx, caller, saved), said, at
        )
    if not status.stays_cancelled(tx, before, known, at) and saved.version != before.version:
        status.tell_source(premises, tx, saved, answered.sent, at)
    return saved
