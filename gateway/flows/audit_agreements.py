"""Auditors look under an agreement (42 CFR 2.53): who, for which audit, between which days, and with copies or without.

An officer records it; the table has login, days and whether copies may be made, the log's entry under its id says for
which audit, and by whom it was recorded. Without one that holds today an auditor is shown nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.audit import append
from gateway.clock import instant_text, new_id, read_instant
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotFound, NotUnderstood
from gateway.flows.another_person import LONGEST_LOGIN, login_of
from gateway.flows.decided_here import Said, act_entry, carry_out, said_under, why
from gateway.store import Reading, Transaction, audit_agreements
from gateway.store.audit_agreements import AuditAgreement
from gateway.store.plain_text import require_plain

LONGEST_DAYS = 366
RULE = "42 CFR 2.53"
MADE, ENDED = "agreement_made", "agreement_ended"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with an auditor. Days are `YYYY-MM-DD`, both inclusive; `copies`: 2.53(b), else looks only."""

    auditor: str
    first_day: str
    last_day: str
    copies: bool


def in_force(
    reading: Reading, auditor: str, now: datetime, zone: str, restored_at: datetime | None = None
) -> AuditAgreement | None:
    """The agreement under which somebody of that name may look now, one with copies before others; None: not at all.

    One from before the last restore does not count: that it was ended since may have been forgotten with the rest.
    """
    today = now.astimezone(ZoneInfo(zone)).date().isoformat()
    found = audit_agreements.of_auditor(reading, login_of(auditor), today)
    kept = (one for one in found if restored_at is None or read_instant(one.made_at) > restored_at)
    return next(kept, None)


async def agree(premises: Premises, terms: Terms, words: str, by: str) -> dict[str, Any]:
    """Record an agreement; it holds from its first day on. `words` say for whom and which audit.

    Raises NotUnderstood `AUDITOR_MISSING`, `DAY_INVALID`, `REASON_MISSING`.
    """
    said, auditor = why(words), login_of(terms.auditor)
    if not 0 < len(auditor) <= LONGEST_LOGIN or not auditor.isprintable():
        raise NotUnderstood("AUDITOR_MISSING", "say who, as the console names her at the top", "auditor")
    require_plain(auditor=auditor)
    first, last = _days(premises, terms)
    now = instant_text(premises.clock.now())
    made = AuditAgreement(new_id(), auditor, first.isoformat(), last.isoformat(), terms.copies, now)

    def work(tx: Transaction) -> dict[str, Any]:
        audit_agreements.add(tx, made)
        kind = "with copies" if made.copies else "looks only"
        text = f"{made.auditor}, {made.first_day} to {made.last_day}, {kind}: {said}"
        return _logged(tx, made.id, MADE, now, text, by)

    return await carry_out(premises, work)


async def end(premises: Premises, agreement_id: str, words: str, by: str) -> dict[str, Any]:
    """End an agreement at once: the auditor's next page is refused.

    Raises NotFound `NO_SUCH_AGREEMENT`, AlreadyReceived `AGREEMENT_ENDED`, NotUnderstood `REASON_MISSING`.
    """
    said, now = why(words), instant_text(premises.clock.now())

    def work(tx: Transaction) -> dict[str, Any]:
        if audit_agreements.get(tx, agreement_id) is None:
            raise NotFound("NO_SUCH_AGREEMENT", "no agreement has that id")
        if not audit_agreements.end(tx, agreement_id, now):
            raise AlreadyReceived("AGREEMENT_ENDED", "it was ended before", agreement_id)
        return _logged(tx, agreement_id, ENDED, now, said, by)

    return await carry_out(premises, work)


def said_of(reading: Reading, agreement_id: str) -> tuple[Said, ...]:
    """What was recorded about an agreement, in order."""
    return said_under(reading, agreement_id, lambda code: code in (MADE, ENDED))


def _days(premises: Premises, terms: Terms) -> tuple[date, date]:
    today = premises.clock.now().astimezone(ZoneInfo(premises.network.zone)).date()
    try:
        first, last = date.fromisoformat(terms.first_day), date.fromisoformat(terms.last_day)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "give two days, as 2026-11-22", "from, until") from None
    if not first <= last or last < today or last - first > timedelta(days=LONGEST_DAYS):
        text = f"the last day is today or later, and within {LONGEST_DAYS} days of the first"
        raise NotUnderstood("DAY_INVALID", text, "from, until")
    return first, last


def _logged(tx: Transaction, agreement_id: str, outcome: str, at: str, said: str, by: str) -> dict[str, Any]:
    entry = act_entry(outcome, at, said, subject="audit-agreement", request_id=agreement_id, rule=RULE)
    seq = append(tx, replace(entry, recipient_name=by)).seq
    return {"agreement": agreement_id, "outcome": outcome, "entry": seq}
