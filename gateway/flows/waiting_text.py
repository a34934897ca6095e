"""The neutral words a referral's sender sees while it waits, the same for every cause (design section 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.flows.decided_here import BY_A_PERSON
from gateway.flows.held_requests import HELD_TOO_LONG
from gateway.flows.unanswered import PRACTICE
from gateway.partners import Network
from gateway.store import Intent, Reading, intents, records

SENT = "Sent."
FIXED = "Free text and attachments are not forwarded."
_ENDED = (HELD_TOO_LONG, BY_A_PERSON)
_WAITING_STATES = ("requested",)
_NOT_YET = "Waiting. Not yet sent to the receiving organization."
_NO_MORE = "Not sent, and not waiting any more."


def without_our_words(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Task as its sender means it, who writes back all that it has read: our words on it are not its own."""
    text = resource.get("statusReason", {}).get("text", "") if resource.get("resourceType") == "Task" else ""
    if not text.startswith((_NOT_YET, _NO_MORE, f"{SENT} {FIXED}")):
        return resource
    return {name: value for name, value in resource.items() if name != "statusReason"}


def waiting_text(premises: Premises, partner: str, reference: str) -> str:
    """What the sender of a waiting referral reads; never whether consent, identity or the partner is the cause."""
    desk = premises.network.content.operator.consent_desk
    contact = premises.network.partners[partner].owner or desk
    return (
        f"{_NOT_YET} It may need the patient's written permission. "
        f"Next step: {contact.name}, {contact.phone}. Reference {reference}."
    )


def ended_text(reference: str) -> str:
    """What the sender of a referral reads that ended before it left; the same for every cause."""
    return f"{_NO_MORE} If it is still needed, send it again. Reference {reference}."


def with_waiting_text(
    premises: Premises, partner: str, reading: Reading, resource: Mapping[str, Any]
) -> Mapping[str, Any]:
    """`resource`, and if it is the partner's own Task that has not left yet, with the waiting words on it."""
    if resource.get("resourceType") != "Task" or resource.get("status") not in _WAITING_STATES:
        return resource
    sent = _own_referrals(reading, partner, str(resource["id"]))
    if not sent:
        return resource
    reference, state = str(resource["id"]), _delivery_state(sent)
    text = {"delivered": f"{SENT} {FIXED}", "ended": ended_text(reference)}.get(state)
    said = [text or waiting_text(premises, partner, reference)]
    if state != "ended":
        addressees = sorted({intent.partner for intent in sent})
        said += filter(None, (when_closed_text(premises.network, partner, one) for one in addressees))
    return {**resource, "statusReason": {"text": " ".join(said)}}


def has_ended(reading: Reading, partner: str, task_id: str) -> bool:
    """Whether that referral of the partner's was given up before it left, as `ended_text` says it."""
    sent = _own_referrals(reading, partner, task_id)
    return bool(sent) and all(_told_as(one) == "ended" for one in sent)


def when_closed_text(network: Network, sender: str, addressee: str) -> str:
    """Whom to call when the addressee is closed, and who is there instead, as `network.yaml` says; empty without either.

    The same whether the referral has left, waits or is open at all: it is of the addressee, not of the referral. Who is
    there instead is named only to a sender that may refer there.
    """
    known = network.partners.get(addressee)
    if known is None:
        return ""
    call, said = known.after_hours, []
    if call is not None:
        said.append(f"When they are closed, call {call.name}, {call.phone}.")
    may_refer = {one.addressee for one in network.routes_from(sender, "referral")}
    if known.fallback is not None and known.fallback in may_refer:
        said.append(f"There instead: {network.partners[known.fallback].organization.name}.")
    return " ".join(said)


def _own_referrals(reading: Reading, partner: str, task_id: str) -> list[Intent]:
    """The intents by which this partner has sent that Task; none for anybody else's."""
    record = records.get(reading, "Task", task_id)
    if record is None or record.patient_id is None:
        return []
    return [
        intent
        for intent in intents.of_patient(reading, record.patient_id)
        if intent.source_partner == partner
        and intent.kind == "referral"
        and any(reference.startswith(f"Task/{task_id}/") for reference in intent.focus)
    ]


def _delivery_state(sent: Sequence[Intent]) -> str:
    """`delivered`, `waiting` or `ended`."""
    states = {_told_as(intent) for intent in sent}
    return next((state for state in ("delivered", "waiting") if state in states), "ended")


def _told_as(intent: Intent) -> str:
    """Delivered is what has left, and nothing else: who is told so waits for an answer and sends it no other way. Ended
    is what time or a person at the gateway ended, for whatever cause; a consent that was taken back or a key
    that was destroyed is not told by another text than before.
    """
    if intent.reason == PRACTICE:
        return "waiting"
    if intent.state == "cancelled" and intent.reason in _ENDED:
        return "ended"
    return "delivered" if intent.state == "delivered" else "waiting"
