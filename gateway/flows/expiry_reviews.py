"""A consent that ends with an event: a person has looked whether it has come, and says when to look again (P2-31-09).

The event has not come, so what was signed goes on; when it has come, whoever recorded the consent withdraws it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.audit import append
from gateway.clock import instant_text, new_id
from gateway.disclosure.expiry_events import REVIEWED, ends_with_one_event, looked_again, watched
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.consent_record import keep_consent
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.security.callers import Caller
from gateway.store import Record, Transaction, records

LONGEST_DAYS = 365


async def goes_on(premises: Premises, consent_day_owner: str, reason: str) -> dict[str, Any]:
    """The event has not come; look again by the day, at most 365 days ahead.

    Named by the consent's id, the day (`YYYY-MM-DD`) and, where somebody else watches from now on, the owner. What is
    held is decided again. Raises NotFound `NO_SUCH_CONSENT`, NotUnderstood `NO_EXPIRY_EVENT`, `REVIEW_DAY`,
    `OWNER_MISSING`, `REASON_MISSING`.
    """
    said = why(reason)
    consent_id, _, rest = consent_day_owner.partition(" ")
    day, _, owner = rest.partition(" ")
    at = premises.clock.now()
    today = at.astimezone(ZoneInfo(premises.network.zone)).date()

    def work(tx: Transaction) -> dict[str, Any]:
        before = records.get(tx, "Consent", consent_id)
        if before is None or before.patient_id is None or before.resource.get("status") != "active":
            raise NotFound("NO_SUCH_CONSENT", "no consent in force has that id", consent_id)
        _check(premises, before, owner)
        next_day = _day(day, today)
        changed = looked_again(before.resource, today, next_day, " ".join(owner.split()))
        request_id = new_id()
        as_recorder, patient_id = _recorder(before), before.patient_id
        kept = keep_consent(premises, tx, as_recorder, changed, patient_id, at, request_id, logs_review=False)
        entry = act_entry(
            REVIEWED,
            instant_text(at),
            said,
            patient_id=before.patient_id,
            subject=f"Consent/{consent_id}",
            request_id=request_id,
            rule="42 CFR 2.31(a)(7)",
        )
        append(tx, entry)
        told = {"consent": consent_id, "version": kept.record.version, "outcome": REVIEWED}
        return {**told, "standing": kept.judgement.standing, "next review": next_day.isoformat()}

    return await carry_out(premises, work)


def _day(text: str, today: date) -> date:
    """The day of the next review. Raises NotUnderstood `REVIEW_DAY`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not today < day <= today + timedelta(days=LONGEST_DAYS):
        raise NotUnderstood(
            "REVIEW_DAY", f"give a day within the next {LONGEST_DAYS} days, as 2027-03-01", "DAY"
        )
    return day


def _check(premises: Premises, before: Record, owner: str) -> None:
    found = watched(before.resource, premises.network.zone)
    if found is None or not ends_with_one_event(before.resource):
        raise NotUnderstood("NO_EXPIRY_EVENT", "does not end with one event", before.reference)
    if not (found.owner or owner.strip()):
        raise NotUnderstood("OWNER_MISSING", "say who watches for the event", "--owner")


def _recorder(before: Record) -> Caller:
    """In whose name the next version stands: the recorder's, whose consent it stays."""
    return Caller(before.source_partner, "", "", frozenset(), "")
