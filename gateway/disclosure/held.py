"""Holding what consent does not allow yet, and asking the right person to see to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from gateway.audit import AuditReason, append, get
from gateway.clock import instant_text, new_id
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.consent_standing import could_deny, permits_at_root
from gateway.disclosure.handovers import permits_of
from gateway.disclosure.outlook import waits_for_consent
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Refusal
from gateway.partners import Network
from gateway.partners.opening_hours import after_open_days, next_open
from gateway.store import (
    ConsentRequest,
    Intent,
    Reading,
    Transaction,
    consent_requests,
    intents,
    outbox,
    patients,
    records,
)

WITHDRAWN = "CONSENT_WITHDRAWN"
WAITING = "CONSENT_NEEDED"
IDENTITY_PENDING = "IDENTITY_PENDING"
_DAYS_TO_ANSWER, _DAYS_TO_REMIND = 2, 7
_NOT_YET_SENT = ("due", "retry")


def hold(
    premises: Premises, tx: Transaction, intent: Intent, at: datetime, changes_at: datetime | None
) -> bool:
    """Hold `intent` for a consent; or end it, when it waits because a consent was withdrawn. True when it ended.

    It is decided again when a consent comes, and at `changes_at`, when one that is there begins or ends.

    A held intent opens a consent request with an owner and a due time. The reason kept with the intent is the same
    for every cause, because others than the compliance role can see it.
    """
    if _was_withdrawn(tx, intent):
        intents.finish(tx, intent.id, "cancelled", instant_text(at), WITHDRAWN)
        return True
    intents.hold(tx, intent.id, instant_text(at), WAITING, instant_text(changes_at) if changes_at else "")
    _ask(premises, tx, intent, at)
    return False


def decide_again(
    tx: Transaction, patient_id: str, before: Mapping[str, Any], now: Mapping[str, Any], at: str
) -> None:
    """After a Consent that said `before` (empty: nothing) says `now`: what is held, after a new word and after the end
    of a denial; after a withdrawal what was released and has not left.
    """
    was_active, is_active = before.get("status") == "active", now.get("status") == "active"
    if was_active and not is_active and permits_at_root(before):
        _stop_what_waits(tx, patient_id, at)
    if is_active or could_deny(before):
        intents.wake_patient(tx, patient_id, at)


def _stop_what_waits(tx: Transaction, patient_id: str, at: str) -> None:
    """After a withdrawal: what was released before and has not left is decided again, and ends if nothing permits it
    and it went by what was withdrawn.

    What no consent ever released waits on, as it did, for one that does.
    """
    for intent in intents.of_patient(tx, patient_id):
        if intent.state in _NOT_YET_SENT and outbox.of_intent(tx, intent.id):
            intents.finish(tx, intent.id, "due", at, WITHDRAWN, due_at=at)


def _was_withdrawn(tx: Transaction, intent: Intent) -> bool:
    """Whether what the intent's last release was about went only by consents that were taken back since: also while it
    was being sent, when nobody could mark it. Nobody is asked for the consent again that she has just withdrawn.

    Not what merely ran out or never permitted anything, and not what an earlier release went by. In doubt it is held:
    nobody would send again what was ended.
    """
    made = outbox.of_intent(tx, intent.id)
    logged = get(tx, made[-1].audit_seq) if made else None
    if logged is None or logged.entry is None:
        return False
    heart = ("ServiceRequest/", "Task/") if intent.kind == "referral" else ("Task/",)
    taken_back = {
        reference: all(_is_taken_back(tx, name) for name in consents)
        for reference, consents in permits_of(logged.entry)
    }
    about = [gone for reference, gone in taken_back.items() if reference.startswith(heart)]
    return any(about) if about else bool(taken_back) and all(taken_back.values())


def _is_taken_back(tx: Transaction, version_reference: str) -> bool:
    consent_id = version_reference.removeprefix("Consent/").partition("/")[0]
    found = records.get(tx, "Consent", consent_id)
    return found is not None and found.resource.get("status") != "active"


def hold_for_identity(premises: Premises, intent: Intent, tx: Transaction) -> Refusal | None:
    """Hold `intent` until a person has said who the patient is; a consent does not wake it. None: it has been said."""
    if patients.certain(tx, intent.patient_id):
        return None
    at, request_id = premises.clock.now(), new_id()
    entry = own_record_entry(
        premises,
        kind="refuse",
        request_id=request_id,
        at=at,
        patient_id=intent.patient_id,
        partner=intent.partner,
        purpose=intent.purpose,
        returned=(),
        content_sha256=None,
    )
    reasons = (AuditReason(IDENTITY_PENDING, "the patient's identity is not certain"),)
    seq = append(tx, replace(entry, reasons=reasons, subject=intent.id)).seq
    if intent.reason == WITHDRAWN and _was_withdrawn(tx, intent):
        intents.finish(tx, intent.id, "cancelled", instant_text(at), WITHDRAWN)
        return Refusal(request_id, (IDENTITY_PENDING,), seq, ended=True)
    intents.hold(tx, intent.id, instant_text(at), IDENTITY_PENDING)
    ask_in_doubt(premises, tx, intent, at)
    return Refusal(request_id, (IDENTITY_PENDING,), seq)


def ask_in_doubt(premises: Premises, tx: Transaction, intent: Intent, at: datetime) -> None:
    """While it is in doubt who the patient is, the owner is asked for a consent, or is not any more, as without a doubt:
    who asks learns by neither that somebody else knows her (DM-28). What would have gone once is as good as gone.
    """
    if would_have_gone(tx, intent.id):
        return
    waits = waits_for_consent(premises, tx, intent)
    if not waits:
        consent_requests.close(tx, intent.id, instant_text(at), IDENTITY_PENDING)
    _ask(premises, tx, intent, at, request_id=intent.id)  # by that id it is found again when it is closed
    if not waits:
        consent_requests.close(tx, intent.id, instant_text(at), IDENTITY_PENDING)


def would_have_gone(reading: Reading, intent_id: str) -> bool:
    """Whether an intent that waits because of such a doubt would have gone without it, by what its sender could know."""
    return consent_requests.closed_for(reading, intent_id, IDENTITY_PENDING)


def _ask(premises: Premises, tx: Transaction, intent: Intent, at: datetime, request_id: str = "") -> None:
    request = ConsentRequest(
        id=request_id or new_id(),
        intent_id=intent.id,
        patient_id=intent.patient_id,
        owner=owner_of(premises.network, intent.source_partner),
        opened_at=instant_text(at),
        due_at=owner_s_time(premises.network, intent.source_partner, at),
    )
    consent_requests.open_request(tx, request)


def owner_s_time(network: Network, source_partner: str, at: datetime, *, reminded: bool = False) -> str:
    """When the owner of what that partner sent is to be asked (ISO 8601 UTC): after two days on which the owner's
    agency is open, or a week after a reminder; never while it is closed. Days of the calendar for the network's desk.
    """
    partner = network.partners.get(source_partner)
    is_own = partner is not None and owner_of(network, source_partner) == (
        partner.owner and partner.owner.name
    )
    hours = partner.hours if partner is not None and is_own else None
    zone = network.zone_of(source_partner) if hours is not None else network.zone
    if reminded:
        return instant_text(next_open(hours, zone, at + timedelta(days=_DAYS_TO_REMIND)))
    return instant_text(after_open_days(hours, zone, at, _DAYS_TO_ANSWER))


def owner_of(network: Network, source_partner: str) -> str:
    """Who is asked: the worker of the referring organisation, else the network's consent desk. Law enforcement is never
    asked: who has to ask for a consent learns that one is wanting (DM-12).
    """
    partner = network.partners.get(source_partner)
    is_asked = partner is not None and partner.kind != "law_enforcement"
    own = partner.owner if partner is not None and is_asked else None
    return (own or network.content.operator.consent_desk).name
