"""A message arrives: kept, translated, identified, recorded and addressed in one durable transaction; then the receipt.

Accepted means custody. Consent is not asked here and has no part in any receipt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import mappings
from gateway.clock import instant_text, new_row_id, read_instant
from gateway.disclosure.document_words import labelled_as_document
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, HandoffError, NotSupported, NotUnderstood
from gateway.flows.body_hash import BodyHash, body_hash
from gateway.flows.closed_doors import closed_doors
from gateway.flows.contribution import Contribution, contribution, record_contribution
from gateway.flows.heard_denials import hear_denials
from gateway.flows.late_messages import late_warnings, said_at
from gateway.flows.messages import Fault, Receipt, ReceiptOutcome, ReceivedMessage
from gateway.flows.order_status import (
    OrderStatus,
    is_order_status,
    order_status,
    record_order_status,
    whose_order,
    with_order,
)
from gateway.flows.referral import (
    CANCEL_EVENT,
    ENDED,
    Referral,
    addressees_of,
    identify_patient,
    record_referral,
)
from gateway.flows.sheet_answer import Row, RowAnswer, answered_in, record_row_answer, row_said
from gateway.flows.told_consents import denial_warnings, keep_told_consents
from gateway.flows.withdrawn_entries import told_whole
from gateway.identity import Identified
from gateway.store import InboxMessage, Transaction, application_acks, destruction, inbox

_STATE: dict[ReceiptOutcome, str] = {
    "accepted": "accepted",
    "content_error": "needs_attention",
    "rejected": "rejected",
    "our_fault": "received",
}
_OUTCOME: dict[str, ReceiptOutcome] = {
    "accepted": "accepted",
    "closed": "accepted",
    "replayed": "content_error",
    "needs_attention": "content_error",
    "rejected": "rejected",
}
_WARNINGS_KEPT = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HL7_CODE_OF = {
    "MESSAGE_TYPE_UNKNOWN": "200",
    "MESSAGE_EVENT_UNKNOWN": "201",
    "CONTROL_ID_MISSING": "101",
    "CONTROL_ID_INVALID": "102",
    "PATIENT_UNIDENTIFIABLE": "101",
}


Said = Referral | Contribution | OrderStatus


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: ReceiptOutcome
    faults: tuple[Fault, ...]
    said: tuple[Said, ...]


class _OrdersRefused(NotUnderstood):
    """Some of a message's orders cannot be taken, and so none of it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))  # what is wrong with all of them alike is said once
        first = self.faults[0]
        super().__init__(first.code, first.message, first.place)


async def accept_message(
    premises: Premises,
    message: ReceivedMessage,
    *,
    replay_of: str | None = None,
    understood: mappings.TranslatedRecord | None = None,
) -> Receipt:
    """The receipt for `message`, after everything it names is durable.

    `understood` is what an agency's own format says, translated before; without it the message is HL7 v2, its mapping
    named by its type. The same bytes again get the first receipt again. Content faults are kept with the raw message
    for correction and replay. Raises NotNow when the store cannot take it: the sender keeps the message and sends it
    again.
    """
    body = body_hash(premises, message.partner, message.raw)
    arrived, message = message, _with_sayable_id(message)
    if replay_of is None:
        with premises.store.read() as reading:
            known = inbox.find(reading, message.partner, message.channel, message.control_id)
        for earlier in known:
            if body.is_of(earlier):
                return await _answer_again(premises, message, earlier)
    else:
        known = ()
    reused = bool(message.control_id) and any(earlier.state == "accepted" for earlier in known)
    if understood is None:
        verdict = _understand(premises, arrived, reused=reused)
    else:
        verdict = _understood(premises, message, understood)
    try:
        receipt = await premises.store.write(
            lambda tx: _keep(premises, tx, message, body, verdict, replay_of)
        )
    except (NotUnderstood, AlreadyReceived) as error:
        # What was written on the way is undone; the message itself is kept with what is wrong with it.
        refused = _Verdict("content_error", _faults(error), ())
        receipt = await premises.store.write(
            lambda tx: _keep(premises, tx, message, body, refused, replay_of)
        )
    premises.work_waiting.set()
    return receipt


def _with_sayable_id(message: ReceivedMessage) -> ReceivedMessage:
    """The message under a control id that every store can keep, whatever it came with."""
    sayable = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", message.control_id)
    return message if sayable == message.control_id else replace(message, control_id=sayable)


def _understand(premises: Premises, message: ReceivedMessage, *, reused: bool) -> _Verdict:
    """What the message says, or why it cannot be used. Pure: nothing is written here."""
    if message.refusals:
        return _Verdict("rejected", message.refusals, ())
    partner = premises.network.partners[message.partner]
    warnings: tuple[Fault, ...] = ()
    try:
        if reused:
            refused = AlreadyReceived("CONTROL_ID_REUSED", "was used before for another message", "MSH-10")
            if partner.control_id_reuse == "refuse":
                raise refused
            warnings = (_fault(refused, severity="W"),)
        kind = _type_set_up(partner.messages, message.message_type)
        if not message.control_id:
            raise NotUnderstood("CONTROL_ID_MISSING", "the message has no control id", "MSH-10")
        if _CONTROL.search(message.control_id):
            raise NotUnderstood("CONTROL_ID_INVALID", "must hold no control characters", "MSH-10")
        own_kind = "^".join(message.message_type.split("^")[:2])  # of several mappings under one id its own
        mapping = premises.library.mapping(partner.messages[kind]).taking((own_kind,))
        translated = _translated(premises, message, mapping)
        said = tuple(_said(premises, message, one, mapping, kind, place) for place, one in translated)
    except mappings.TranslationRefused as refusal:
        return _Verdict("content_error", (_refused(refusal), *warnings), ())
    except NotSupported as error:
        return _Verdict("rejected", (_fault(error),), ())
    except (NotUnderstood, AlreadyReceived) as error:
        return _Verdict("content_error", _faults(error), ())
    return _Verdict("accepted", (*warnings, *_warnings(*(one for _, one in translated))), said)


def _translated(
    premises: Premises, message: ReceivedMessage, mapping: mappings.Mapping_
) -> list[tuple[str, mappings.Translation]]:
    """What the message says; where it brings several orders, what each says, with its place.

    Raises TranslationRefused; _OrdersRefused with the faults of all orders, when one of several is refused.
    """
    records = mappings.translate_message(
        mapping,
        mappings.in_utf8(message.raw, premises.network.charset_of(message.partner)),
        partner=message.partner,
        id_key=premises.keys.id_key,
        zone=premises.network.zone_of(message.partner),
    )
    refusals = [record.refusal for record in records if record.refusal is not None]
    if refusals and len(records) == 1:
        raise refusals[0]
    if refusals:
        raise _OrdersRefused(map(_refused, refusals))
    return [(record.place, record.translation) for record in records if record.translation is not None]


def _said(
    premises: Premises,
    message: ReceivedMessage,
    translation: mappings.Translation,
    mapping: mappings.Mapping_,
    kind: str,
    place: str,
) -> Said:
    """What a record says: a referral, with its routes, the state of an order, or what is only to be kept (a visit, a
    result, a document). Raises NotUnderstood as `addressees_of` does.
    """
    if is_order_status(mapping, kind):
        return order_status(premises, message, translation, mapping, kind)
    if mapping.names_addressee:
        return _referral(premises, message, translation, kind, place)
    if "Task" in mapping.resource_types:  # an order
        return _referral(premises, message, translation, kind, place, unnamed=True)
    made_at = said_at(premises, message, translation)
    return contribution(premises, message.partner, translation, made_at)


def _referral(
    premises: Premises,
    message: ReceivedMessage,
    translation: mappings.Translation,
    kind: str,
    place: str,
    *,
    unnamed: bool = False,
) -> Referral:
    """The referral that a record says, with its routes. Raises NotUnderstood as `addressees_of` does."""
    partner, event = message.partner, translation.message.get("event", "")
    # An order has no event of its own to cancel it: its control code or status does, which is in its Task.
    if unnamed and any(r["resourceType"] == "Task" and r["status"] in ENDED for r in translation.resources):
        event = CANCEL_EVENT
    return Referral(
        partner=partner,
        event=event,
        business_key=premises.keys.index("business-key", partner, translation.business_key),
        resources=labelled_as_document(premises, translation.resources),
        addressees=addressees_of(premises.network, partner, translation, kind if unnamed else ""),
        place=place,
        message_type=kind,
        said_at=said_at(premises, message, translation),
        whole=told_whole(translation.message),
    )


def _understood(premises: Premises, message: ReceivedMessage, record: mappings.TranslatedRecord) -> _Verdict:
    """The verdict on a record of an agency's own format."""
    if record.translation is None:
        refusal = record.refusal or mappings.TranslationRefused("NO_RECORD", "no record found")
        return _Verdict("content_error", (_refused(refusal),), ())
    made = row_said(premises, message, record.translation)
    return _Verdict("accepted", _warnings(record.translation), (made,))


def _type_set_up(messages: Mapping[str, str], message_type: str) -> str:
    """MSH-9 as this partner is set up for it (`REF^I12`, or `REF` for every event).

    Raises NotSupported, HL7 table 0357 codes 200 and 201.
    """
    code, event, *_ = f"{message_type}^".split("^")
    if not code:
        raise NotSupported("MESSAGE_TYPE_UNKNOWN", "the message names no type", "MSH-9.1")
    for kind in (f"{code}^{event}", code):
        if kind in messages:
            return kind
    if any(known.partition("^")[0] == code for known in messages):
        raise NotSupported("MESSAGE_EVENT_UNKNOWN", "this event is not set up for the sender", "MSH-9.2")
    raise NotSupported("MESSAGE_TYPE_UNKNOWN", "this message type is not set up for the sender", "MSH-9.1")


def _keep(
    premises: Premises,
    tx: Transaction,
    message: ReceivedMessage,
    body: BodyHash,
    verdict: _Verdict,
    replay_of: str | None,
) -> Receipt:
    """Everything of one message in one transaction."""
    if replay_of is None:
        for earlier in inbox.find(tx, message.partner, message.channel, message.control_id):
            if body.is_of(earlier):
                return receipt_of(earlier)
    received_at = instant_text(message.received_at)
    said = tuple(_seen_now(premises, tx, one, received_at) for one in verdict.said)
    who = _about(premises, tx, said[0], received_at) if said else None  # orders of one message share it
    outcome, faults = verdict.outcome, verdict.faults + late_warnings(tx, said)
    faults += denial_warnings(premises, tx, said) + closed_doors(premises.network, said, message.received_at)
    row = InboxMessage(
        id=new_row_id(),
        partner=message.partner,
        channel=message.channel,
        control_id=message.control_id,
        body_sha256=body.kept,
        format=message.format,
        state=_STATE[outcome],
        faults=json.dumps([asdict(fault) for fault in faults]) if faults else "[]",
        business_key=said[0].business_key if len(said) == 1 else "",
        patient_id=who.patient_id if who is not None else None,
        received_at=received_at,
        replay_of=replay_of,
    )
    inbox.keep(tx, row, message.raw)
    if who is not None:
        _record(premises, tx, said, who, row.id, received_at)
    if replay_of is not None and outcome == "accepted":
        _settle_original(tx, replay_of, row.patient_id)
    if message.asks_later:
        application_acks.ask(tx, row.id, message.partner, received_at)
    return Receipt(row.id, message.received_at, outcome, faults)


def _seen_now(premises: Premises, tx: Transaction, one: Said, at: str) -> Said:
    """The same by what is held now: an order's state with its order, a row that answers a referral as its answer."""
    if isinstance(one, Row):
        return answered_in(premises, tx, one, at)
    return with_order(premises, tx, one) if isinstance(one, OrderStatus) else one


def _about(premises: Premises, tx: Transaction, one: Said, at: str) -> Identified:
    """Whom a record is about; the state of an order is about whom the order is."""
    if isinstance(one, OrderStatus):
        return whose_order(premises, tx, one)
    return identify_patient(premises, tx, one, at)


def _record(
    premises: Premises,
    tx: Transaction,
    said: tuple[Said, ...],
    who: Identified,
    message_id: str,
    at: str,
) -> None:
    """Save what the message says, all of it. Raises _OrdersRefused with the fault of each order that cannot be."""
    faults: list[Fault] = []
    for one in said:
        if isinstance(one, Contribution):
            record_contribution(premises, tx, one, who, message_id, at)
        elif isinstance(one, RowAnswer):
            record_row_answer(premises, tx, one, message_id, at)
        elif isinstance(one, OrderStatus):
            record_order_status(premises, tx, one, at)
        else:
            try:
                record_referral(premises, tx, one, who, message_id, at)
            except NotUnderstood as error:
                faults.append(_fault(error))
        keep_told_consents(premises, tx, one, who.patient_id, message_id, at)
    if faults:
        raise _OrdersRefused(faults)
    hear_denials(premises, tx, who.patient_id, read_instant(at), message_id)


def _settle_original(tx: Transaction, message_id: str, patient_id: str | None) -> None:
    """The message that was taken in again is done with, and is about whom the second one is about."""
    inbox.set_state(tx, message_id, "replayed", "[]")
    if patient_id is not None:
        destruction.count_as_hers(tx, message_id, patient_id)


async def _answer_again(premises: Premises, message: ReceivedMessage, earlier: InboxMessage) -> Receipt:
    """The first receipt; who asks for a later answer again has not got it."""
    if message.asks_later:
        at = instant_text(message.received_at)
        await premises.store.write(lambda tx: application_acks.ask(tx, earlier.id, message.partner, at))
    return receipt_of(earlier)


def receipt_of(earlier: InboxMessage) -> Receipt:
    """The receipt that was given for a kept message."""
    faults = tuple(Fault(**fault) for fault in json.loads(earlier.faults))
    received_at = read_instant(earlier.received_at)
    return Receipt(earlier.id, received_at, _OUTCOME[earlier.state], faults, duplicate=True)


def _faults(error: HandoffError) -> tuple[Fault, ...]:
    return error.faults if isinstance(error, _OrdersRefused) else (_fault(error),)


def _fault(error: HandoffError, severity: Any = "E") -> Fault:
    erl = _erl_of(error.place)
    return Fault(error.code, error.message, error.place, _HL7_CODE_OF.get(error.code, "207"), erl, severity)


def _refused(refusal: mappings.TranslationRefused) -> Fault:
    return Fault(refusal.code, refusal.message, refusal.place, refusal.hl7_error_code, refusal.erl)


def _warnings(*translations: mappings.Translation) -> tuple[Fault, ...]:
    issues = (issue for translation in translations for issue in translation.issues)
    found = (_warning(issue) for issue in issues if issue.severity == "W")
    return tuple(islice(found, _WARNINGS_KEPT))


def _warning(issue: mappings.Issue) -> Fault:
    return Fault(issue.code, issue.message, issue.place, issue.hl7_error_code, issue.erl, "W")


def _erl_of(place: str | None) -> str | None:
    """`MSH-9.1`, or who she is, as an ERL (segment^sequence^field^repetition^component); None for anything else."""
    segment, dash, rest = ("PID-3" if place == "Patient.identifier" else place or "").partition("-")
    if not dash or len(segment) != 3:
        return None
    field, _, component = rest.partition(".")
    return f"{segment}^1^{field}^1^{component}".rstrip("^")
