"""The review of emergency access (42 CFR §2.51): a finding on each use, and each month looked through by two people.

What was said stands in the audit log and nowhere else: a finding under the request id of its use, the two signatures of
a month under one id made of the month. So nobody can alter or take back either, and a second person is another name in
the log, whatever the pages say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.another_person import may_be_one_person
from gateway.flows.decided_here import Said, act_entry, carry_out, said_under, why
from gateway.flows.emergency import REVIEWED
from gateway.store import Reading, Transaction, emergency_uses
from gateway.store.emergency_uses import EmergencyUse

JUSTIFIED, NOT_JUSTIFIED, FOLLOW_UP = "emergency_justified", "emergency_not_justified", "emergency_follow_up"
FINDINGS = (JUSTIFIED, NOT_JUSTIFIED, FOLLOW_UP)
MONTH_REVIEWED = "emergency_month_reviewed"
PEOPLE = 2
MOST_IN_A_MONTH = 2_000
_RULE = "42 CFR 2.51"
_SAID = (*FINDINGS, REVIEWED)


@dataclass(frozen=True, slots=True)
class Month:
    """One month of uses, in order. `signed` are the signatures of people, each of whom counts once."""

    first: date
    uses: tuple[EmergencyUse, ...]
    signed: tuple[Said, ...]

    @property
    def open_uses(self) -> int:
        """How many uses have no finding that closes them."""
        return sum(not use.review_seq for use in self.uses)

    @property
    def is_reviewed(self) -> bool:
        """Whether two people have looked it through."""
        return len(self.signed) >= PEOPLE


async def find(premises: Premises, use_id: str, finding: str, words: str, by: str) -> dict[str, Any]:
    """Person `by` has looked at a use. `finding` is one of FINDINGS; one that needs follow-up leaves it in the queue.

    Raises NotFound `NO_SUCH_USE`, AlreadyReceived `USE_REVIEWED`, NotUnderstood `FINDING_UNKNOWN`, `REASON_MISSING`.
    """
    said = why(words)
    if finding not in FINDINGS:
        raise NotUnderstood("FINDING_UNKNOWN", f"expected one of {', '.join(FINDINGS)}", "finding")
    return await carry_out(premises, partial(_find, premises, use_id, finding, said, by))


def _find(
    premises: Premises, use_id: str, finding: str, said: str, by: str, tx: Transaction
) -> dict[str, Any]:
    use = emergency_uses.get(tx, use_id)
    if use is None:
        raise NotFound("NO_SUCH_USE", "no use of emergency access has that id", use_id)
    if use.review_seq:
        raise AlreadyReceived("USE_REVIEWED", "was reviewed before", use_id)
    made = act_entry(
        finding,
        instant_text(premises.clock.now()),
        said,
        patient_id=use.patient_id,
        subject=use_id,
        partner=use.partner,
        request_id=use_id,
        rule=_RULE,
    )
    seq = append(tx, replace(made, recipient_name=by)).seq
    if finding != FOLLOW_UP:
        emergency_uses.mark_reviewed(tx, use_id, seq)
    return {"use": use_id, "outcome": finding, "entry": seq}


async def sign_month(premises: Premises, month: str, words: str, by: str) -> dict[str, Any]:
    """Person `by` has looked through all uses of `month` (`YYYY-MM`, in the network's time zone).

    It takes two people, after the month has ended and every use has its finding. Raises NotUnderstood
    `MONTH_UNKNOWN`, `MONTH_NOT_OVER`, `NOTHING_TO_REVIEW`, `USES_OPEN`, `REASON_MISSING`, AlreadyReceived
    `MONTH_REVIEWED`, `SECOND_PERSON_IS_FIRST`.
    """
    said, first = why(words), first_day(month)
    return await carry_out(premises, partial(_sign, premises, first, said, by))


def _sign(premises: Premises, first: date, said: str, by: str, tx: Transaction) -> dict[str, Any]:
    now, zone = premises.clock.now(), premises.network.zone
    found = month_of(tx, first, zone)
    if now < _start(_next_month(first), zone):
        raise NotUnderstood("MONTH_NOT_OVER", "the month has not ended", "month")
    if not found.uses:
        raise NotUnderstood("NOTHING_TO_REVIEW", "there was no use in this month", "month")
    if found.open_uses:
        raise NotUnderstood("USES_OPEN", "each use must have its finding first", "month")
    if found.is_reviewed:
        raise AlreadyReceived("MONTH_REVIEWED", "two people have looked it through")
    if any(may_be_one_person(by, one.by) for one in found.signed):
        raise AlreadyReceived(
            "SECOND_PERSON_IS_FIRST", "the second person must be another login than the first"
        )
    made = act_entry(
        MONTH_REVIEWED,
        instant_text(now),
        f"{first:%Y-%m}, {len(found.uses)} uses: {said}",
        subject=f"emergency-month/{first:%Y-%m}",
        request_id=_month_id(first),
        rule=_RULE,
    )
    seq = append(tx, replace(made, recipient_name=by)).seq
    return {"month": f"{first:%Y-%m}", "signed": len(found.signed) + 1, "entry": seq}


def month_of(reading: Reading, first: date, zone: str) -> Month:
    """The month that begins on `first`, as it stands."""
    since, until = _start(first, zone), _start(_next_month(first), zone)
    uses = emergency_uses.opened_between(reading, instant_text(since), instant_text(until), MOST_IN_A_MONTH)
    signed: list[Said] = []
    for one in said_under(reading, _month_id(first), lambda code: code == MONTH_REVIEWED):
        if one.by and not any(may_be_one_person(one.by, before.by) for before in signed):
            signed.append(one)
    return Month(first, uses, tuple(signed))


def findings_on(reading: Reading, use_id: str) -> tuple[Said, ...]:
    """What was found on a use, in order."""
    return said_under(reading, use_id, lambda code: code in _SAID)


def first_day(month: str) -> date:
    """The first day of `YYYY-MM`. Raises NotUnderstood `MONTH_UNKNOWN`."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotUnderstood("MONTH_UNKNOWN", "expected a month as 2026-11", "month") from None


def _month_id(first: date) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:gateway:emergency-month:{first:%Y-%m}"))


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
