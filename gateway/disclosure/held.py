"""Holding what consent does not allow yet, and asking the right person to see to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.store import ConsentRequest, Intent, Transaction, consent_requests, intents

WITHDRAWN = "CONSENT_WITHDRAWN"
WAITING = "CONSENT_NEEDED"
_DAYS_TO_ANSWER = 2


def hold(premises: Premises, tx: Transaction, intent: Intent, codes: tuple[str, ...], at: datetime) -> bool:
    """Hold `intent` for a consent; or end it, when it waits because a consent was withdrawn. True when it ended.

    A held intent opens a consent request with an owner and a due time. The reason kept with the intent is the same
    for every cause, because others than the compliance role can see it.
    """
    if intent.reason == WITHDRAWN:
        intents.finish(tx, intent.id, "cancelled", instant_text(at), WITHDRAWN)
        return True
    intents.hold(tx, intent.id, instant_text(at), WAITING)
    request = ConsentRequest(
        id=new_id(),
        intent_id=intent.id,
        patient_id=intent.patient_id,
        owner=_owner(premises, intent.source_partner),
        opened_at=instant_text(at),
        due_at=instant_text(at + timedelta(days=_DAYS_TO_ANSWER)),
    )
    consent_requests.open_request(tx, request)
    return False


def _owner(premises: Premises, source_partner: str) -> str:
    """Who is asked: the worker of the referring organisation, else the network's consent desk."""
    partner = premises.network.partners[source_partner]
    contact = partner.owner or premises.network.content.operator.consent_desk
    return contact.name
