"""That nobody answers is something to be told: a referral that its addressee has not answered in time (SD-06, DM-20).

The time counts from when it was delivered, in the addressee's own opening hours (its zone, its holidays); of one that is
urgent at once (`stat`), in hours of the clock. Then its addressee's owner and the operator are told, not its sender: an
answer that the sender may not see would show by a notice that does not come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.audit import append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError
from gateway.flows.decided_here import BY_TIME, act_entry
from gateway.partners import Network, Partner
from gateway.partners.opening_hours import after_open
from gateway.store import Intent, Reading, Record, Transaction, awaited_answers, intents, records

UNANSWERED, PRACTICE = "referral_unanswered", "PRACTICE"
_AT_ONCE = 200
_AGAIN = timedelta(minutes=10)
_GONE = ("refused", "cancelled")
_NO_ANSWER_YET = ("requested", "received")


def look_for_answers(premises: Premises, tx: Transaction, at: datetime) -> bool:
    """Look at some of the referrals whose turn it is, and tell the log of each that is over its time; whether there are
    more.
    """
    now = instant_text(at)
    begun = awaited_answers.begin(tx, instant_text(at - _AGAIN), _AT_ONCE)
    due = awaited_answers.to_look_at(tx, now, _AT_ONCE)
    for one in due:
        intent = intents.get(tx, one.intent_id)
        until = None if intent is None else answer_due(premises.network, tx, intent, at)
        if intent is None or until is None:
            awaited_answers.end(tx, one.intent_id)
            continue
        if until > at:
            awaited_answers.look_again(tx, intent.id, instant_text(until))
            continue
        if not one.over_since:
            _tell(tx, intent, until, now)
        awaited_answers.look_again(
            tx, intent.id, instant_text(at + _AGAIN), one.over_since or instant_text(until)
        )
    return _AT_ONCE in (begun, len(due))


def answer_due(network: Network, reading: Reading, intent: Intent, at: datetime) -> datetime | None:
    """Until when (UTC) its addressee is to answer that referral; None when no answer is awaited: it was answered, has
    ended, or cannot be answered here. What has not gone yet is looked at again soon.
    """
    partner = network.partners.get(intent.partner)
    if partner is None or intent.state in _GONE or intent.reason == PRACTICE:
        return None
    if not any(
        one.addressee == intent.source_partner for one in network.routes_from(intent.partner, "status")
    ):
        return None
    if intent.state != "delivered":
        return at + _AGAIN
    task = task_of(reading, intent)
    if task is None or task.resource.get("status") not in _NO_ANSWER_YET:
        return None
    since, zone = read_instant(intent.updated_at), network.zone_of(intent.partner)
    if task.resource.get("priority") == "stat":
        return _after(partner.answer_hours_stat, since)
    if not partner.answer_hours:
        return None
    return after_open(partner.hours, zone, since, timedelta(hours=partner.answer_hours))


def over_time(network: Network, reading: Reading, at: datetime, limit: int) -> Iterator[tuple[Intent, str]]:
    """The referrals that are over their time and not answered meanwhile, each with since when (ISO 8601 UTC)."""
    for one in awaited_answers.over(reading, limit):
        intent = intents.get(reading, one.intent_id)
        if intent is not None and answer_due(network, reading, intent, at) is not None:
            yield intent, one.over_since


def owner_at(network: Network, partner: Partner) -> str:
    """Who sees to it that an agency answers: its own owner, else the operator's desk."""
    return (partner.owner or network.content.operator.consent_desk).name


def task_of(reading: Reading, intent: Intent) -> Record | None:
    """The Task of a referral; None when there is none any more."""
    named = next((one for one in intent.focus if one.startswith("Task/")), "Task//")
    try:
        task = records.get(reading, "Task", named.split("/")[1])
    except HandoffError:
        return None  # her key was destroyed
    return None if task is None or task.deleted else task


def _after(hours: int, since: datetime) -> datetime | None:
    return since + timedelta(hours=hours) if hours else None


def _tell(tx: Transaction, intent: Intent, until: datetime, now: str) -> None:
    entry = act_entry(
        UNANSWERED,
        now,
        f"an answer was due at {instant_text(until)[:16]}Z",
        patient_id=intent.patient_id,
        subject=intent.id,
        partner=intent.partner,
        purpose=intent.purpose,
        by=BY_TIME,
    )
    append(tx, entry)
