"""What HL7 v2 says of the state of an order (OSU^O51) or a referral (RRI^I12 … I14): who fills it answers, who placed it
cancels.

An order's Task has an id made of its placer's number as the placer writes it, which finds it among those that the
sender was sent, or has sent; written otherwise it is found among what it was sent of the person, and by the filler's own
number alone among what that filler has told it of her. Nothing tells an order
that was never sent to somebody from one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

import mappings
from gateway.disclosure.premises import Premises
from gateway.disclosure.seen import Asking
from gateway.disclosure.shown_versions import present_state
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.flows import status
from gateway.flows.late_messages import newer_kept, said_at
from gateway.flows.messages import ReceivedMessage
from gateway.flows.new_intents import Content, new_intent
from gateway.flows.people import patient_meant
from gateway.flows.redirected import cancelled
from gateway.flows.referral import CANCEL_EVENT, Referral, still_needed
from gateway.flows.task_outputs import words_to_keep
from gateway.identity import IDENTIFIER, Identified, numbers_of
from gateway.store import (
    Intent,
    Record,
    Transaction,
    filler_numbers,
    intents,
    message_times,
    patients,
    records,
)

_ANSWER_TYPE, NO_REASON = "RRI", {"text": "Declined. No reason was given."}
"""An RRI has no place for a reason; its sender declines all the same, and a Task says why in words (SD-01)."""
_OPEN, _BEGUN = ("requested", "received"), ("in-progress", "on-hold")


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """One order's state, understood. `tasks`: the id its Task has, by who may have placed it; `said_at`: when it was
    made; `overtakable`: the Task of which a newer word of the sender's may have come before (`with_order`).

    `business_key` is a keyed hash, as of the order where the sender placed it.
    """

    partner: str
    business_key: str
    resources: Sequence[Mapping[str, Any]]
    tasks: Mapping[str, str]
    message_type: str
    said_at: str
    overtakable: Sequence[Mapping[str, Any]] = ()

    @property
    def is_answer(self) -> bool:
        """Whether it is the answer to a referral (RRI)."""
        return self.message_type.partition("^")[0] == _ANSWER_TYPE

    @property
    def places(self) -> tuple[str, str, str, str]:
        """Where the number, the state, its reason and the person's number stand in the message."""
        number, state, reason = (
            ("RF1-6", "RF1-1", "RF1-1") if self.is_answer else ("ORC-2", "ORC-5", "ORC-16")
        )
        return number, state, reason, "PID-3"

    @property
    def said(self) -> Mapping[str, Any]:
        """The Task as the message writes it: status, reason."""
        return _task(self.resources)

    def step(self, before: str) -> str:
        """The step that its state means from where the Task stands."""
        return _as_step(before, str(self.said["status"]))


def is_order_status(mapping: mappings.Mapping_, kind: str) -> bool:
    """Whether messages of this mapping and type say of a Task only where it stands."""
    if kind.partition("^")[0] == _ANSWER_TYPE:
        return "Task" in mapping.resource_types
    return "Task" in mapping.resource_types and "ServiceRequest" not in mapping.resource_types


def order_status(
    premises: Premises,
    message: ReceivedMessage,
    translation: mappings.Translation,
    mapping: mappings.Mapping_,
    kind: str,
) -> OrderStatus:
    """What such a message says. `kind` as the sender's `messages` writes its type."""
    partner, network = message.partner, premises.network
    placers = {
        one.source for one in network.content.routes if (one.addressee, one.carries) == (partner, "referral")
    }
    found, raw = {}, mappings.in_utf8(message.raw, network.charset_of(partner))
    for placer in sorted({partner, *placers}):
        (record,) = mappings.translate_message(
            mapping, raw, partner=placer, id_key=premises.keys.id_key, zone=network.zone_of(partner)
        )
        assert record.translation is not None, "it was translated a moment ago"
        found[placer] = str(_task(record.translation.resources)["id"])
    key = premises.keys.index("business-key", partner, translation.business_key)
    made_at = said_at(premises, message, translation)
    return OrderStatus(partner, key, translation.resources, found, kind, made_at)


def with_order(premises: Premises, tx: Transaction, made: OrderStatus) -> OrderStatus:
    """The same, with the Task that it is about where the sender has answered it last: only its own words are older or
    newer than one another, and nothing is told of others'. Raises NotUnderstood as `record_order_status` does.
    """
    task, sent = _order(premises, tx, made)
    answered = sent is not None and task.source_partner == made.partner
    return replace(made, overtakable=({"resourceType": "Task", "id": task.id},) if answered else ())


def whose_order(premises: Premises, tx: Transaction, made: OrderStatus) -> Identified:
    """The patient of the order. Raises NotUnderstood as `record_order_status` does."""
    task, _ = _order(premises, tx, made)
    for patient in made.resources:
        for one in patient.get("identifier", ()) if patient["resourceType"] == "Patient" else ():
            known = patient_meant(premises, tx, made.partner, {"identifier": one})
            if known not in (None, task.patient_id):
                raise NotUnderstood(
                    "REFERRAL_OF_ANOTHER_PATIENT", "is another patient's than the order", made.places[3]
                )
    return Identified(str(task.patient_id), certain=True, created=False)


def record_order_status(premises: Premises, tx: Transaction, made: OrderStatus, at: str) -> None:
    """Bring the order's Task to where the message says it stands, and tell the other side; of what a newer message of
    its filler's has said before nothing changes.

    Raises NotUnderstood `ORDER_UNKNOWN`, `ORDER_AMBIGUOUS`, `STATUS_REASON_MISSING`, `ONLY_CANCELLED`, AlreadyReceived
    `STATUS_JUMP`, with the place in the message.
    """
    task, sent = _order(premises, tx, made)
    if sent is None:
        _cancel(premises, tx, made, task, at)
        return
    if newer_kept(tx, made):
        return
    if _is_placers(made):
        filler_numbers.keep(tx, _own_numbers(premises, made), task.id, made.said_at)
    message_times.keep(tx, [("Task", task.id)], made.said_at)
    _answer(premises, tx, made, task, sent, at)


def _answer(
    premises: Premises, tx: Transaction, made: OrderStatus, task: Record, sent: Intent, at: str
) -> None:
    """The filler's word on the order."""
    asking = Asking(made.partner, sent.purpose, premises.clock.now())
    shown = present_state(premises, tx, asking, str(task.patient_id), task)
    before = status.status_known(tx, task, sent, shown, made.partner)
    step = made.step(before)
    reason = made.said.get("statusReason")
    if made.is_answer and made.said["status"] == "rejected" and step != before:
        reason = reason or NO_REASON
    if step == before and not reason:
        return
    if step == "rejected" and not (reason or {}).get("text"):
        raise NotUnderstood("STATUS_REASON_MISSING", "a rejection needs a reason in words", made.places[2])
    saved = task
    for one in way_to(before, step, made.places[1]):
        said = {"status": one, **({"statusReason": reason} if reason and one == step else {})}
        if one == saved.resource["status"] and "businessStatus" in saved.resource:
            said["businessStatus"] = saved.resource["businessStatus"]  # the message has no place for it
        shown = present_state(premises, tx, asking, str(saved.patient_id), saved)
        kept = said if shown is None else words_to_keep(saved, shown, said)
        saved = records.save(tx, status.next_version(premises, saved, kept, made.partner, at))
    if not status.stays_cancelled(tx, task, before, at) and saved.version != task.version:
        status.tell_source(premises, tx, saved, sent, at)


def _order(premises: Premises, tx: Transaction, made: OrderStatus) -> tuple[Record, Intent | None]:
    """The order's Task, and the intent by which the sender was sent it; None where the sender placed it itself."""
    found = (
        list(_by_id(tx, made)) or list(_by_number(premises, tx, made)) or list(_by_own(premises, tx, made))
    )
    place = made.places[0]
    if not found:
        raise NotUnderstood("ORDER_UNKNOWN", "is no order of yours, and none that was sent to you", place)
    if len(found) > 1:
        raise NotUnderstood("ORDER_AMBIGUOUS", "is the number of several orders; add who gave it", place)
    return found[0]


def _by_id(tx: Transaction, made: OrderStatus) -> Iterator[tuple[Record, Intent | None]]:
    for placer, task_id in made.tasks.items():
        task = records.get(tx, "Task", task_id)
        if task is None or task.patient_id is None or task.deleted:
            continue
        if placer == made.partner:
            yield task, None
        elif (sent := status.sent_to(tx, task, made.partner)) is not None:
            yield task, sent


def _by_number(premises: Premises, tx: Transaction, made: OrderStatus) -> Iterator[tuple[Record, Intent]]:
    """Orders of the person that the sender was sent, by the placer's number or, as the filler's, by our own id.

    The person is told by identifiers of the sender's own, or of the agency that placed the very order: whom only others
    know by one is nobody here, so that nothing is learned by asking (`patient_meant`).
    """
    said = _numbers(made.said)
    for patient_id, known_to in sorted(_known_to(premises, tx, made).items()):
        for task in records.of_patient(tx, patient_id, ("Task",)):
            is_meant = said & _numbers(task.resource) or ("FILL", "", task.id) in said
            sent = status.sent_to(tx, task, made.partner) if is_meant else None
            if sent is not None and known_to & {made.partner, sent.source_partner}:
                yield task, sent


def _by_own(premises: Premises, tx: Transaction, made: OrderStatus) -> Iterator[tuple[Record, Intent]]:
    """The order that its filler means by its own number alone, which it told with the placer's before; of a person whom
    the message names as `_by_number` tells her: a number may be given twice.
    """
    known_to = _known_to(premises, tx, made)
    for token in _own_numbers(premises, made) if not _is_placers(made) else ():
        task = records.get(tx, "Task", filler_numbers.task_of(tx, token) or "")
        sent = None if task is None or task.deleted else status.sent_to(tx, task, made.partner)
        if task is None or sent is None:
            continue
        if known_to.get(str(task.patient_id), set()) & {made.partner, sent.source_partner}:
            yield task, sent


def _own_numbers(premises: Premises, made: OrderStatus) -> list[str]:
    """Keyed tokens of the filler's own numbers of an order; no other partner's number makes the same."""
    return [
        premises.keys.index("filler-number", f"{made.partner} {system}", value)
        for whose, system, value in sorted(_numbers(made.said))
        if whose == "FILL"
    ]


def _is_placers(made: OrderStatus) -> bool:
    return any(whose == "PLAC" for whose, _, _ in _numbers(made.said))


def _known_to(premises: Premises, tx: Transaction, made: OrderStatus) -> dict[str, set[str]]:
    """The patients that an identifier in the message may mean, each with those of the sender and of who may have placed
    its orders that use it for her.
    """
    found: dict[str, set[str]] = {}
    for patient in made.resources:
        for system, value in numbers_of(patient) if patient["resourceType"] == "Patient" else ():
            token = premises.keys.index(IDENTIFIER, system, value)
            for partner in made.tasks:
                for _, patient_id in patients.find_by_token(tx, partner, token):
                    found.setdefault(patient_id, set()).add(partner)
    return found


def _numbers(task: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """The numbers of an order: whose (`PLAC`, `FILL`), system and value."""
    return {
        (str(coding.get("code")), str(one.get("system", "")), str(one.get("value")))
        for one in task.get("identifier", ())
        for coding in one.get("type", {}).get("coding", ())
    }


def _as_step(before: str, said: str) -> str:
    """The step that a state means from where the Task stands: table 0038 has one word for several.

    `IP` accepts what was new and is work going on afterwards; `CA` declines what was new and is a failure afterwards.
    """
    if said == "accepted" and before in _BEGUN:
        return "in-progress"
    if said == "rejected" and before in ("accepted", *_BEGUN):
        return "failed"
    return said


def way_to(before: str, step: str, place: str) -> tuple[str, ...]:
    """The steps to take: who begins or completes an order has accepted it. Raises AlreadyReceived `STATUS_JUMP`."""
    if step == before or status.may_follow(before, step):
        return (step,)
    if before in _OPEN and status.may_follow("accepted", step):
        return "accepted", step
    raise AlreadyReceived("STATUS_JUMP", "this status cannot follow the present one", place)


def _cancel(premises: Premises, tx: Transaction, made: OrderStatus, task: Record, at: str) -> None:
    """Who placed the order takes it back: what has not left ends, and whoever may have it is told.

    Judged by what the placer is shown: an end that is hidden from it neither refuses nor stays in the way of its word.
    """
    if made.said["status"] != "cancelled":
        raise NotUnderstood(
            "ONLY_CANCELLED", "who placed an order says only that it is cancelled", made.places[1]
        )
    known_as = _shown_status(premises, tx, made.partner, task)
    if known_as == "cancelled":
        return
    way_to(known_as, "cancelled", made.places[1])
    saved = records.save(tx, _cancelled(premises, made, task, at))
    known = [
        one
        for one in intents.of_patient(tx, str(task.patient_id))
        if one.source_partner == made.partner and one.business_key == made.business_key
    ]
    routes = {route.addressee: route for route in premises.network.routes_from(made.partner, "referral")}
    cancelling = Referral(made.partner, CANCEL_EVENT, made.business_key, (), ())
    for partner in sorted({one.partner for one in known} & set(routes)):
        theirs = [one for one in known if one.partner == partner and one.kind in ("referral", "cancel")]
        focus = tuple(
            f"Task/{saved.id}/{saved.version}" if one.startswith("Task/") else one for one in theirs[-1].focus
        )
        if still_needed(tx, cancelling, theirs, focus, at, task_is_news=True):
            content = Content(made.partner, made.business_key, focus, None, made.message_type)
            intents.add(
                tx, new_intent(premises, routes[partner], saved.patient_id or "", content, "cancel", at)
            )


def _shown_status(premises: Premises, tx: Transaction, placer: str, task: Record) -> str:
    """Where the order stands for its placer: as it is held where it may read that, for any purpose of its routes."""
    held, at = str(task.resource["status"]), premises.clock.now()
    purposes = {
        route.purpose
        for route in premises.network.content.routes
        if placer in (route.source, route.addressee)
    }
    found = set()
    for purpose in purposes:
        shown = present_state(premises, tx, Asking(placer, purpose, at), str(task.patient_id), task)
        found.add(str(shown["status"]) if shown is not None else _OPEN[0])
    return held if held in found else min(found, default=_OPEN[0])


def _cancelled(premises: Premises, made: OrderStatus, task: Record, at: str) -> Record:
    """The placer's own Task, cancelled, with the reason that it gives."""
    found = cancelled(premises, task, made.partner, at)
    if "statusReason" not in made.said:
        return found
    return structs.replace(found, resource={**found.resource, "statusReason": made.said["statusReason"]})


def _task(resources: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(one for one in resources if one["resourceType"] == "Task")
