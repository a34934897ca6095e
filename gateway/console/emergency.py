"""Emergency access (42 CFR §2.51): what is to be reviewed, one use with its findings, and each month for two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gateway import audit
from gateway.audit import EmergencyFacts, LoggedEntry
from gateway.clock import instant_text
from gateway.console.doing import Deed, Doing, Done
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.errors import NotFound
from gateway.flows.decided_here import Said
from gateway.flows.emergency_reviews import FINDINGS, Month, find, findings_on, month_of, sign_month
from gateway.store import emergency_uses
from gateway.store.emergency_uses import EmergencyUse

FILTERS = frozenset({"month", "as"})
MONTH_DUE_DAYS = 10
"""A month is to be looked through within so many days after it has ended."""
_LISTED = 200
_MONTHS = 13
_HEADS = ("use", "opened", "by", "patient", "entry", "review due", "finding", "found by", "words")


@dataclass(frozen=True, slots=True)
class Use:
    """A use with what was found on it, the newest last. `is_late`: nobody reviewed it within its day."""

    use: EmergencyUse
    said: tuple[Said, ...]
    is_late: bool

    @property
    def finding(self) -> str:
        """The newest finding; empty: none."""
        return self.said[-1].outcome if self.said else ""


@dataclass(frozen=True, slots=True)
class Due:
    """A month that has uses, and how its review stands. `due` is its last day."""

    month: Month
    due: date
    is_over: bool
    is_late: bool


def emergency(look: Look) -> Shown:
    """The queue, and the months; with one chosen its uses."""
    now = instant_text(look.now)
    queue = tuple(_use(look, one, now) for one in emergency_uses.not_reviewed(look.reading, _LISTED))
    today = look.today
    months = due_months(look, today)
    wanted = look.address["month"]
    chosen = next((one for one in months if f"{one.month.first:%Y-%m}" == wanted), None)
    of_month = tuple(_use(look, one, now) for one in chosen.month.uses) if chosen else ()
    listed = of_month if chosen else queue
    shown = {"queue": queue, "months": months, "chosen": chosen, "of_month": of_month, "wanted": wanted}
    ids = patients_of(one.use.patient_id for one in (*queue, *of_month))
    return Shown(
        "emergency.html", shown, ids, Sheet("emergency-access", _HEADS, [_row(one) for one in listed])
    )


def one_use(look: Look) -> Shown:
    """One use: who, why, what was shown, what was found. Raises NotFound `NO_SUCH_USE`."""
    use = emergency_uses.get(look.reading, look.path["id"])
    if use is None:
        raise NotFound("NO_SUCH_USE", "no use of emergency access has that id")
    entries = audit.find_by_request(look.reading, use.id)
    shown = {
        "one": _use(look, use, instant_text(look.now)),
        "stated": _facts(entries),
        "disclosed": tuple(one for one in entries if one.row.kind == "disclose"),
        "findings": FINDINGS,
    }
    return Shown("emergency_use.html", shown, frozenset({use.patient_id}))


def due_months(look: Look, today: date) -> tuple[Due, ...]:
    """The months of a year that have uses, the newest first."""
    zone, first, found = look.office.network.zone, today.replace(day=1), []
    for _ in range(_MONTHS):
        month = month_of(look.reading, first, zone)
        end = (first + timedelta(days=32)).replace(day=1)
        due = end + timedelta(days=MONTH_DUE_DAYS - 1)
        if month.uses:
            found.append(Due(month, due, today >= end, today > due and not month.is_reviewed))
        first = (first - timedelta(days=1)).replace(day=1)
    return tuple(found)


async def _find(doing: Doing) -> Done:
    use_id = doing.path["id"]
    await find(doing.office.premises, use_id, doing["finding"], doing.reason, doing.visitor.name)
    return Done(location=f"emergency/{use_id}")


async def _sign(doing: Doing) -> Done:
    month = doing["month"]
    await sign_month(doing.office.premises, month, doing.reason, doing.visitor.name)
    return Done(location=f"emergency?month={month}#month")


DEEDS = (
    Deed("emergency/{id}/finding", "emergency", _find),
    Deed("emergency/month", "emergency", _sign),
)


def _use(look: Look, use: EmergencyUse, now: str) -> Use:
    return Use(use, findings_on(look.reading, use.id), not use.review_seq and use.review_due <= now)


def _facts(entries: tuple[LoggedEntry, ...]) -> EmergencyFacts | None:
    return next((one.entry.emergency for one in entries if one.entry and one.entry.emergency), None)


def _row(one: Use) -> tuple[object, ...]:
    use, last = one.use, one.said[-1] if one.said else None
    return (
        use.id, use.opened_at, use.partner, use.patient_id, use.audit_seq, use.review_due, one.finding,
        last.by if last else "", last.words if last else "",
    )  # fmt: skip
