"""A message arrives: kept, translated, identified, recorded and addressed in one durable transaction; then the receipt.

Accepted means custody. Consent is not asked here and has no part in any receipt.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import mappings
from gateway.clock import instant_text, new_row_id, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, HandoffError, NotSupported, NotUnderstood
from gateway.flows.body_hash import BodyHash, body_hash
from gateway.flows.contribution import Contribution, record_contribution
from gateway.flows.messages import Fault, Receipt, ReceiptOutcome, ReceivedMessage
from gateway.flows.referral import Referral, addressees_of, identify_patient, record_referral
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
_HL7_CODE_OF = {
    "MESSAGE_TYPE_UNKNOWN": "200",
    "MESSAGE_EVENT_UNKNOWN": "201",
    "CONTROL_ID_MISSING": "101",
    "PATIENT_UNIDENTIFIABLE": "101",
}


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: ReceiptOutcome
    faults: tuple[Fault, ...]
    said: Referral | Contribution | None


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
        verdict = _understand(premises, message, reused=reused)
    else:
        verdict = _understood(premises, message, understood)
    try:
        receipt = await premises.store.write(
            lambda tx: _keep(premises, tx, message, body, verdict, replay_of)
        )
    except (NotUnderstood, AlreadyReceived) as error:
        # What was written on the way is undone; the message itself is kept with what is wrong with it.
        refused = _Verdict("content_error", (_fault(error),), None)
        receipt = await premises.store.write(
            lambda tx: _keep(premises, tx, message, body, refused, replay_of)
        )
    premises.work_waiting.set()
    return receipt


def _understand(premises: Premises, message: ReceivedMessage, *, reused: bool) -> _Verdict:
    """What the message says, or why it cannot be used. Pure: nothing is written here."""
    if message.refusals:
        return _Verdict("rejected", message.refusals, None)
    partner = premises.network.partners[message.partner]
    warnings: tuple[Fault, ...] = ()
    try:
        if reused:
            refused = AlreadyReceived("CONTROL_ID_REUSED", "was used before for another message", "MSH-10")
            if partner.control_id_reuse == "refuse":
                raise refused
            warnings = (_fault(refused, severity="W"),)
        mapping = premises.library.mapping(_mapping_id(partner.messages, message.message_type))
        if not message.control_id:
            raise NotUnderstood("CONTROL_ID_MISSING", "the message has no control id", "MSH-10")
        translation = mappings.translate(
            mapping,
            message.raw,
            partner=message.partner,
            id_key=premises.keys.id_key,
            zone=premises.network.zone_of(message.partner),
        )
        addressees = addressees_of(premises.network, message.partner, translation)
    except mappings.TranslationRefused as refusal:
        return _Verdict("content_error", (_refused(refusal), *warnings), None)
    except NotSupported as error:
        return _Verdict("rejected", (_fault(error),), None)
    except (NotUnderstood, AlreadyReceived) as error:
        return _Verdict("content_error", (_fault(error),), None)
    referral = Referral(
        partner=message.partner,
        event=translation.message.get("event", ""),
        business_key=premises.keys.index("business-key", message.partner, translation.business_key),
        resources=translation.resources,
        addressees=addressees,
    )
    return _Verdict("accepted", (*warnings, *_warnings(translation)), referral)


def _understood(premises: Premises, message: ReceivedMessage, record: mappings.TranslatedRecord) -> _Verdict:
    """The verdict on a record of an agency's own format."""
    if record.translation is None:
        refusal = record.refusal or mappings.TranslationRefused("NO_RECORD", "no record found")
        return _Verdict("content_error", (_refused(refusal),), None)
    contribution = Contribution(
        partner=message.partner,
        business_key=premises.keys.index("business-key", message.partner, record.translation.business_key),
        resources=record.translation.resources,
    )
    return _Verdict("accepted", _warnings(record.translation), contribution)


def _mapping_id(messages: dict[str, str], message_type: str) -> str:
    """The mapping for MSH-9 as this partner is set up. Raises NotSupported, HL7 table 0357 codes 200 and 201."""
    code, _, rest = message_type.partition("^")
    event = rest.partition("^")[0]
    if not code:
        raise NotSupported("MESSAGE_TYPE_UNKNOWN", "the message names no type", "MSH-9.1")
    found = messages.get(f"{code}^{event}") or messages.get(code)
    if found is not None:
        return found
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
    said = verdict.said
    who = None if said is None else identify_patient(premises, tx, said, received_at)
    row = InboxMessage(
        id=new_row_id(),
        partner=message.partner,
        channel=message.channel,
        control_id=message.control_id,
        body_sha256=body.kept,
        format=message.format,
        state=_STATE[verdict.outcome],
        faults=json.dumps([asdict(fault) for fault in verdict.faults]) if verdict.faults else "[]",
        business_key=said.business_key if said else "",
        patient_id=who.patient_id if who is not None else None,
        received_at=received_at,
        replay_of=replay_of,
    )
    inbox.keep(tx, row, message.raw)
    outcome, faults = verdict.outcome, verdict.faults
    if isinstance(said, Referral) and who is not None:
        record_referral(premises, tx, said, who, row.id, received_at)
    if isinstance(said, Contribution) and who is not None:
        record_contribution(premises, tx, said, who, row.id, received_at)
    if replay_of is not None and outcome == "accepted":
        _settle_original(tx, replay_of, row.patient_id)
    if message.asks_later:
        application_acks.ask(tx, row.id, message.partner, received_at)
    return Receipt(row.id, message.received_at, outcome, faults)


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


def _fault(error: HandoffError, severity: Any = "E") -> Fault:
    erl = _erl_of(error.place)
    return Fault(error.code, error.message, error.place, _HL7_CODE_OF.get(error.code, "207"), erl, severity)


def _refused(refusal: mappings.TranslationRefused) -> Fault:
    return Fault(refusal.code, refusal.message, refusal.place, refusal.hl7_error_code, refusal.erl)


def _warnings(translation: mappings.Translation) -> tuple[Fault, ...]:
    found = (_warning(issue) for issue in translation.issues if issue.severity == "W")
    return tuple(islice(found, _WARNINGS_KEPT))


def _warning(issue: mappings.Issue) -> Fault:
    return Fault(issue.code, issue.message, issue.place, issue.hl7_error_code, issue.erl, "W")


def _erl_of(place: str | None) -> str | None:
    """`MSH-9.1` as an ERL (segment^sequence^field^repetition^component); None for anything else."""
    segment, dash, rest = (place or "").partition("-")
    if not dash or len(segment) != 3:
        return None
    field, _, component = rest.partition(".")
    return f"{segment}^1^{field}^1^{component}".rstrip("^")
