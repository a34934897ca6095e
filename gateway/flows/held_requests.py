"""Who has to see to a consent, and until when: what is held waits for an owner, and not for ever.

The owner is asked at the due time and then weekly; what nobody has seen to within the operator's days ends. And before
a consent ends, whoever recorded it is asked to renew it, so that nothing has to be held for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from gateway.audit import append
from gateway.clock import instant_text, read_instant
from gateway.disclosure.expiry_events import watched
from gateway.disclosure.held import owner_of, owner_s_time
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotFound, NotUnderstood
from gateway.flows.decided_here import BY_TIME, act_entry, carry_out, why
from gateway.flows.stop_notices import ToTell, to_tell
from gateway.flows.unanswered import over_time, owner_at
from gateway.partners import Network, partner_of
from gateway.store import (
    ConsentState,
    Intent,
    Reading,
    Transaction,
    consent_requests,
    consents,
    emergency_uses,
    intents,
    records,
)
from gateway.store.emergency_uses import EmergencyUse

EVENT_LACKS = frozenset({"EXPIRY_EVENT_WITHOUT_DATE", "EXPIRY_EVENT_WITHOUT_OWNER"})
HELD_TOO_LONG = "HELD_TOO_LONG"
REMINDED, ASSIGNED = "request_reminded", "request_assigned"
RENEWAL_DAYS, URGENT_DAYS = 30, 7
_SETTLED = "SETTLED"
_AT_ONCE = 200
_LAST_MONTH = 12
_WHOLE = ("0", "0")
_FIRST = ("emergency", "stop", "unanswered")


@dataclass(frozen=True, slots=True)
class ToSeeTo:
    """One thing an owner has to see to. `kind`: `emergency` (a use of emergency access is to be reviewed), `stop` (a
    recipient has to be told that a consent was withdrawn), `unanswered` (an agency has not answered a referral in time),
    `consent` (an intent is held for one) `renewal` (one ends) or `event` (somebody has to look whether the event has
    come with which one ends).

    `about` is the id of the intent or the consent, `due` when the owner is to be asked, `ends` the day on which the
    held intent is given up or the consent ends (`YYYY-MM-DD`; empty: never).
    """

    kind: str
    about: str
    owner: str
    due: str
    is_due: bool
    ends: str
    patient: str
    source: str
    to: str = ""


def tidy_requests(tx: Transaction, at: datetime, held_days: int) -> int:
    """Close requests whose intents have gone, and end what was held for more than `held_days` (0: never), some at a
    time; how many were ended, each with its audit entry.
    """
    now = instant_text(at)
    consent_requests.close_settled(tx, now, _SETTLED)
    if not held_days:
        return 0
    old = consent_requests.held_before(tx, instant_text(at - timedelta(days=held_days)), _AT_ONCE)
    for intent_id in old:
        intent = intents.get(tx, intent_id)
        if intent is None:
            continue
        intents.finish(tx, intent_id, "cancelled", now, HELD_TOO_LONG)
        consent_requests.close(tx, intent_id, now, HELD_TOO_LONG)
        entry = act_entry(
            HELD_TOO_LONG.lower(),
            now,
            f"held since {intent.created_at[:10]}, for at most {held_days} days",
            patient_id=intent.patient_id,
            subject=intent_id,
            partner=intent.partner,
            purpose=intent.purpose,
            by=BY_TIME,
        )
        append(tx, entry)
    return len(old)


async def reminded(premises: Premises, intent_id: str, reason: str) -> dict[str, Any]:
    """Somebody has asked the owner; the next reminder is due in a week, when the owner's agency is open.

    Raises NotFound `NO_SUCH_REQUEST`, NotUnderstood `REASON_MISSING`.
    """
    said = why(reason)

    def work(tx: Transaction) -> dict[str, Any]:
        due = _owner_s_time(premises, tx, intent_id, reminded=True)
        if not consent_requests.ask_again_at(tx, intent_id, due):
            raise _none_open(intent_id)
        _log(premises, tx, intent_id, REMINDED, said)
        return {"intent": intent_id, "outcome": REMINDED, "next reminder": due}

    return await carry_out(premises, work)


async def assign(premises: Premises, intent_and_owner: str, reason: str) -> dict[str, Any]:
    """Somebody else sees to it from now on; named after the intent's id and a blank.

    Raises NotFound `NO_SUCH_REQUEST`, NotUnderstood `OWNER_MISSING`, `REASON_MISSING`.
    """
    said = why(reason)
    intent_id, _, named = intent_and_owner.partition(" ")
    owner = " ".join(named.split())
    if not owner:
        raise NotUnderstood("OWNER_MISSING", "say who sees to it", "OWNER")

    def work(tx: Transaction) -> dict[str, Any]:
        due = _owner_s_time(premises, tx, intent_id)
        if not consent_requests.assign(tx, intent_id, owner, due):
            raise _none_open(intent_id)
        _log(premises, tx, intent_id, ASSIGNED, f"{owner}: {said}")
        return {"intent": intent_id, "outcome": ASSIGNED, "owner": owner, "next reminder": due}

    return await carry_out(premises, work)


def to_see_to(
    reading: Reading, network: Network, now: datetime, *, held_days: int, limit: int, owner: str | None = None
) -> tuple[ToSeeTo, ...]:
    """Emergency uses to review, who has to be told of a withdrawal, who has not answered, then all open requests (up to
    `limit`), the most urgent first, and then the consents that end within 30 days; of one owner, if given. Looks at
    every consent in force: it takes its time.
    """
    reviews = (_review(network, one) for one in emergency_uses.not_reviewed(reading, limit))
    stops = (_stop(network, one) for one in to_tell(reading))
    late = (_unanswered(network, *one) for one in over_time(network, reading, now, limit))
    asked = map(partial(_asked, now, held_days), consent_requests.waiting(reading, owner, limit))
    renewals = sorted(_renewals(reading, network, now), key=lambda one: (one.ends, one.about))
    mine = [one for one in (*reviews, *stops, *late, *renewals) if owner in (None, one.owner)]
    return (
        *(one for one in mine if one.kind in _FIRST),
        *asked,
        *(one for one in mine if one.kind not in _FIRST),
    )


def _review(network: Network, use: EmergencyUse) -> ToSeeTo:
    """A use of emergency access that nobody has reviewed; at once for the operator's desk, at the latest when due."""
    return ToSeeTo(
        kind="emergency",
        about=use.id,
        owner=network.content.operator.consent_desk.name,
        due=use.review_due,
        is_due=True,
        ends=use.review_due[:10],
        patient=use.patient_id,
        source="",
        to=use.partner,
    )


def last_day_in_force(reading: Reading, consent_id: str, zone: str) -> date | None:
    """The day on which a Consent that is in force ends as a whole; None without one, or when it is not in force."""
    return last_day(_in_force(reading, consent_id), ZoneInfo(zone))


def _stop(network: Network, told: ToTell) -> ToSeeTo:
    return ToSeeTo(
        kind="stop",
        about=told.consent,
        owner=network.content.operator.consent_desk.name,
        due=told.withdrawn_at,
        is_due=True,
        ends="",
        patient=told.patient,
        source="",
        to=told.partner,
    )


def _unanswered(network: Network, intent: Intent, since: str) -> ToSeeTo:
    return ToSeeTo(
        kind="unanswered",
        about=intent.id,
        owner=owner_at(network, network.partners[intent.partner]),
        due=since,
        is_due=True,
        ends="",
        patient=intent.patient_id,
        source=intent.source_partner,
        to=intent.partner,
    )


def _asked(now: datetime, held_days: int, waiting: consent_requests.WaitingRequest) -> ToSeeTo:
    request = waiting.request
    ends = read_instant(waiting.since) + timedelta(days=held_days)
    return ToSeeTo(
        kind="consent",
        about=request.intent_id,
        owner=request.owner,
        due=request.due_at,
        is_due=request.due_at <= instant_text(now),
        ends=f"{ends:%Y-%m-%d}" if held_days else "",
        patient=request.patient_id,
        source=waiting.source_partner,
        to=waiting.partner,
    )


def _renewals(reading: Reading, network: Network, now: datetime) -> Iterator[ToSeeTo]:
    """Consents in force that end within 30 days, whether or not another one goes on; of those that end with an event the
    ones for which somebody has to look within 30 days, or had to.
    """
    zone = ZoneInfo(network.zone)
    today = now.astimezone(zone).date()
    for state in consents.of_standing(reading, "usable"):
        resource = _in_force(reading, state.consent_id)
        last, event = last_day(resource, zone), watched(resource, network.zone)
        if last is not None and 0 <= (last - today).days <= RENEWAL_DAYS:
            yield _ending(network, state, "renewal", owner_of(network, state.recorded_by), last, today)
        if event is not None and event.until is not None and (event.until - today).days <= RENEWAL_DAYS:
            yield _ending(network, state, "event", event.owner, event.until, today)
    for state in consents.of_standing(reading, "deficient"):
        if EVENT_LACKS.isdisjoint(json.loads(state.reasons)) or not _in_force(reading, state.consent_id):
            continue
        owner = owner_of(network, state.recorded_by)
        yield ToSeeTo("event", state.consent_id, owner, "", True, "", state.patient_id, state.recorded_by)


def _ending(network: Network, state: ConsentState, kind: str, owner: str, last: date, today: date) -> ToSeeTo:
    named = network.partners.get(partner_of(owner))
    return ToSeeTo(
        kind=kind,
        about=state.consent_id,
        owner=owner if named is None or named.owner is None else named.owner.name,
        due=f"{last - timedelta(days=RENEWAL_DAYS):%Y-%m-%d}",
        is_due=(last - today).days <= URGENT_DAYS,
        ends=f"{last:%Y-%m-%d}",
        patient=state.patient_id,
        source=state.recorded_by,
    )


def _in_force(reading: Reading, consent_id: str) -> Mapping[str, Any]:
    """The Consent; nothing of one that was taken back or cannot be opened any more."""
    try:
        record = records.get(reading, "Consent", consent_id)
    except HandoffError:
        return {}
    is_active = record is not None and not record.deleted and record.resource.get("status") == "active"
    return record.resource if record is not None and is_active else {}


def last_day(resource: Mapping[str, Any], zone: ZoneInfo) -> date | None:
    """The day on which a Consent ends as a whole; None without one. A month or a year ends with its last day."""
    text = str(resource.get("provision", {}).get("period", {}).get("end", ""))
    try:
        if "T" in text:
            return datetime.fromisoformat(text).astimezone(zone).date()
        year, month, day = (int(part) for part in (*text.split("-"), *_WHOLE)[:3])
    except ValueError:
        return None
    if day:
        return date(year, month, day)
    month = month or _LAST_MONTH
    return date(year + month // _LAST_MONTH, month % _LAST_MONTH + 1, 1) - timedelta(days=1)


def _owner_s_time(premises: Premises, tx: Transaction, intent_id: str, *, reminded: bool = False) -> str:
    intent = intents.get(tx, intent_id)
    source = intent.source_partner if intent is not None else ""
    return owner_s_time(premises.network, source, premises.clock.now(), reminded=reminded)


def _none_open(intent_id: str) -> NotFound:
    return NotFound("NO_SUCH_REQUEST", "no open request is about that intent", intent_id)


def _log(premises: Premises, tx: Transaction, intent_id: str, outcome: str, said: str) -> None:
    intent, at = intents.get(tx, intent_id), instant_text(premises.clock.now())
    patient_id = intent.patient_id if intent is not None else None
    append(tx, act_entry(outcome, at, said, patient_id=patient_id, subject=intent_id))
