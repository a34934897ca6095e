"""Making an intent: these record versions should go along that route."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.clock import new_row_id
from gateway.disclosure.premises import Premises
from gateway.partners import Route, format_of
from gateway.store import Intent


@dataclass(frozen=True, slots=True)
class Content:
    """What should go: from whom, under which business key, which record versions, brought by which message.

    `message_type`: as which message of HL7 v2 it came, or came what it answers.
    """

    source: str
    business_key: str
    focus: tuple[str, ...]
    message_id: str | None
    message_type: str = ""


def new_intent(
    premises: Premises,
    route: Route,
    patient_id: str,
    content: Content,
    kind: str,
    at: str,
    held_for: str = "",
) -> Intent:
    """An intent along `route`, due at once; or held from the start, with the reason `held_for`."""
    return Intent(
        id=new_row_id(),
        patient_id=patient_id,
        partner=route.addressee,
        source_partner=content.source,
        business_key=content.business_key,
        purpose=route.purpose,
        kind=kind,
        format=format_of(premises.network.partners[route.addressee].delivery, kind, content.message_type),
        message_id=content.message_id,
        focus=content.focus,
        state="held" if held_for else "due",
        due_at=at,
        attempts=0,
        reason=held_for,
        created_at=at,
        updated_at=at,
        message_type=content.message_type,
    )
