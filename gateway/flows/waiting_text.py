"""The neutral words a referral's sender sees while it waits, the same for every cause (design section 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.store import intents, records

SENT = "Sent."
FIXED = "Free text and attachments are not forwarded."
PRACTICE = "PRACTICE"
_WAITING_STATES = ("requested",)


def waiting_text(premises: Premises, partner: str, reference: str) -> str:
    """What the sender of a waiting referral reads; never whether consent, identity or the partner is the cause."""
    desk = premises.network.content.operator.consent_desk
    contact = premises.network.partners[partner].owner or desk
    return (
        "Waiting. Not yet sent to the receiving organization. It may need the patient's written permission. "
        f"Next step: {contact.name}, {contact.phone}. Reference {reference}."
    )


def with_waiting_text(premises: Premises, partner: str, resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """`resource`, and if it is the partner's own Task that has not left yet, with the waiting words on it."""
    if resource.get("resourceType") != "Task" or resource.get("status") not in _WAITING_STATES:
        return resource
    state = _delivery_state(premises, partner, str(resource["id"]))
    if state is None:
        return resource
    text = f"{SENT} {FIXED}" if state == "delivered" else waiting_text(premises, partner, str(resource["id"]))
    return {**resource, "statusReason": {"text": text}}


def _delivery_state(premises: Premises, partner: str, task_id: str) -> str | None:
    """`delivered` or `waiting` for a Task this partner has sent; None for anybody else's."""
    with premises.store.read() as reading:
        record = records.get(reading, "Task", task_id)
        if record is None or record.patient_id is None:
            return None
        states = [
            "practised" if intent.reason == PRACTICE else intent.state
            for intent in intents.of_patient(reading, record.patient_id)
            if intent.source_partner == partner
            and intent.kind == "referral"
            and any(reference.startswith(f"Task/{task_id}/") for reference in intent.focus)
        ]
    if not states:
        return None
    return "delivered" if any(state == "delivered" for state in states) else "waiting"
