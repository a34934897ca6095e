"""A program ends a restriction that it has agreed to, without the patient (42 CFR 2.26, 45 CFR 164.522(a)(2)(iii)): she
was told of it on a day, and for what is of that day or earlier, or of no day, the restriction goes on. What was received
by then and is dated later (an appointment) moves its end: the law frees only what is created or received afterwards.

Never one that may keep a bill which was paid in full from a health plan, and never what she refused herself: only what
she asked the privacy officer for, who agreed. With her agreement any denial ends, as others do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.audit import append
from gateway.clock import instant_text, new_id, read_instant
from gateway.disclosure.consent_standing import (
    LOST,
    TAKEN_BACK,
    TOLD,
    could_deny,
    first_day_of,
    is_signed_here,
    permits_at_root,
)
from gateway.disclosure.premises import Premises
from gateway.errors import NotAllowed, NotFound
from gateway.flows.consent_record import keep_consent
from gateway.flows.consents_given import recipients_of
from gateway.flows.decided_here import act_entry, carry_out, why
from gateway.flows.privacy_requests import day_of_last_year
from gateway.partners import partner_of
from gateway.security.callers import Caller
from gateway.store import Record, Transaction, consents, privacy_requests, records

RESTRICTION_ENDED = "restriction_ended"
RULE = "42 CFR 2.26; 45 CFR 164.522(a)(2)(iii)"
_CARE = frozenset({"TREAT", "ETREAT", "ERTREAT", "COC", "TREATDS", "BTG"})
"""Purposes for which no health plan asks."""
_PLANS = frozenset({"health_plan", "payer"})


async def restriction_ended(premises: Premises, consent_and_day: str, reason: str) -> dict[str, Any]:
    """The patient was told, on that day (`YYYY-MM-DD`), that her restriction goes on for earlier records alone; `reason`
    says how. What is held is decided again.

    Raises NotFound `NO_SUCH_CONSENT` where no such restriction is in force, NotAllowed `RESTRICTION_NOT_AGREED`,
    `MAY_BE_PAID_IN_FULL`, NotUnderstood `DAY_INVALID`, `REASON_MISSING`.
    """
    said, at, request_id = why(reason), premises.clock.now(), new_id()
    consent_id, _, day = consent_and_day.partition(" ")

    def work(tx: Transaction) -> dict[str, Any]:
        before = _restriction(tx, consent_id)
        told_on = day_of_last_year(premises, day)
        until = max((told_on, *_planned(premises, tx, str(before.patient_id), told_on)))
        _must_be_the_programs_to_end(premises, tx, before)
        recorder, patient_id = Caller(before.source_partner, "", "", frozenset(), ""), str(before.patient_id)
        kept = keep_consent(
            premises, tx, recorder, _until(before.resource, until), patient_id, at, request_id
        )
        entry = act_entry(
            RESTRICTION_ENDED,
            instant_text(at),
            f"told on {told_on}: {said}" + (f"; goes on until {until}" if until != told_on else ""),
            patient_id=patient_id,
            subject=kept.record.version_reference,
            partner=before.source_partner,
            request_id=request_id,
            rule=RULE,
        )
        made = append(tx, entry)
        told = {"consent": consent_id, "outcome": RESTRICTION_ENDED, "patient": patient_id}
        return {**told, "until": until.isoformat(), "entry": made.seq}

    return await carry_out(premises, work)


def _restriction(tx: Transaction, consent_id: str) -> Record:
    """A denial in force that was recorded as one, not one told by a message or left of a permission."""
    before, state = records.get(tx, "Consent", consent_id), consents.get(tx, consent_id)
    reasons = () if state is None else json.loads(state.reasons)
    stands = before is not None and before.patient_id is not None and could_deny(before.resource)
    if (
        before is None
        or not stands
        or permits_at_root(before.resource)
        or {TOLD, TAKEN_BACK, LOST} & set(reasons)
    ):
        raise NotFound(
            "NO_SUCH_CONSENT", "no restriction that was agreed to has that id and stands", consent_id
        )
    return before


def _must_be_the_programs_to_end(premises: Premises, tx: Transaction, before: Record) -> None:
    if not _is_agreed(premises, tx, before):
        text = (
            "she refused it herself, or no request of hers for a restriction was granted: only she ends that"
        )
        raise NotAllowed("RESTRICTION_NOT_AGREED", text, before.id)
    if _may_be_paid(premises, before.resource):
        text = "it may keep what was paid in full from a health plan: only the patient ends that"
        raise NotAllowed("MAY_BE_PAID_IN_FULL", text, before.id)


def _is_agreed(premises: Premises, tx: Transaction, before: Record) -> bool:
    """Whether it can be a restriction that she asked for and was granted: recorded after she asked, and not in a form of
    hers, which is her own word.
    """
    recorded_on = _received(tx, before).astimezone(ZoneInfo(premises.network.zone)).date().isoformat()
    granted = privacy_requests.agreed(tx, "restriction", str(before.patient_id))
    return not is_signed_here(before.resource) and any(one.received_on <= recorded_on for one in granted)


def _planned(premises: Premises, tx: Transaction, patient_id: str, told_on: date) -> Iterator[date]:
    """The later days that records have which were held on that day already."""
    zone = ZoneInfo(premises.network.zone)
    for record in records.of_patient(tx, patient_id):
        day = first_day_of(record.resource, zone)
        if day is not None and day > told_on and _received(tx, record).astimezone(zone).date() <= told_on:
            yield day


def _received(tx: Transaction, record: Record) -> datetime:
    """When the first version of a record came; the earliest instant where that cannot be said."""
    first = (record.resource_type, record.id, 1)
    try:
        found = record if record.version == 1 else records.versions(tx, [first]).get(first)
    except NotFound:  # under a key that is gone
        found = None
    return datetime(1, 1, 2, tzinfo=UTC) if found is None else read_instant(found.updated_at)


def _may_be_paid(premises: Premises, resource: Mapping[str, Any]) -> bool:
    """Whether it may be one that a program has to agree to (2.26(a)(6)): it reaches payment or operations, and names a
    health plan, nobody, or somebody of whom it is not known.
    """
    purposes = {one.get("code") for one in resource.get("provision", {}).get("purpose", ())}
    if purposes and purposes <= _CARE:
        return False
    named = [premises.network.partners.get(partner_of(reference)) for reference, _ in recipients_of(resource)]
    return not named or any(one is None or _PLANS & set(one.standing) for one in named)


def _until(resource: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The restriction for what is of that day or earlier."""
    provision = resource.get("provision", {})
    period = provision.get("dataPeriod", {})
    end = min(period.get("end", day.isoformat()), day.isoformat())
    return {**resource, "provision": {**provision, "dataPeriod": {**period, "end": end}}}
