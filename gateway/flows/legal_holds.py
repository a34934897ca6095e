"""Legal hold: what a court, an authority or an inquiry may ask for is not destroyed, whoever would destroy it.

A hold is on a patient, a partner, a span of days, or on what is all of these at once. While it stands, no key of a
patient whom it reaches is destroyed, and no message that falls under it; each refusal is in the log under the hold's id.
It is lifted by another person than who placed it (Fed. R. Civ. P. 37(e): what should have been kept must not be lost).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.audit import append, get
from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.errors import AlreadyReceived, NotAllowed, NotFound, NotUnderstood
from gateway.flows.another_person import account_name, login_of, may_be_one_person
from gateway.flows.decided_here import Said, act_entry, carry_out, said_under, why
from gateway.flows.ever_one import all_reached, ever_one_with
from gateway.store import Reading, Transaction, legal_holds, patients
from gateway.store.legal_holds import LegalHold
from gateway.store.model import AuditRow
from gateway.store.plain_text import require_plain

UNDER_HOLD = "LEGAL_HOLD"
PLACED, LIFTED, REFUSED = "hold_placed", "hold_lifted", "hold_refused"
REASONS: Mapping[str, str] = {
    "LITIGATION": "Litigation, pending or expected (Fed. R. Civ. P. 37(e))",
    "COURT_ORDER": "An order or a subpoena that is being answered (42 CFR 2.61 to 2.67)",
    "INVESTIGATION": "An inquiry by an authority (45 CFR 160.310)",
    "BREACH": "A breach that is being looked into (45 CFR 164.402)",
    "COMPLAINT": "A complaint (42 CFR 2.4; 45 CFR 164.530(d))",
    "AUDIT": "An audit or evaluation (42 CFR 2.53)",
}
RESTORE = "RESTORE"
"""Of a hold that the gateway places itself: after a restore nobody can say which holds were forgotten."""
NOT_READ = "NOT_READ"
"""Of a hold that was read back at a restore without its sealed facts: why it was placed, and by whom, is not known."""
BY_GATEWAY = "the gateway"
_IN_ENTRY = ("reason", "since", "until", "placed_by")


@dataclass(frozen=True, slots=True)
class HoldAsked:
    """On what a hold is to be: what is given must all be so; at least one is. Days are `YYYY-MM-DD`, both inclusive."""

    reason: str
    patient: str = ""
    partner: str = ""
    first_day: str = ""
    last_day: str = ""


async def place(premises: Premises, asked: HoldAsked, words: str, by: str) -> dict[str, Any]:
    """Place a hold; it stands from now on. `words` say for which matter.

    Raises NotUnderstood `HOLD_REASON`, `HOLD_EMPTY`, `DAY_INVALID`, `REASON_MISSING`, NotFound `NO_SUCH_PATIENT`,
    `NO_SUCH_PARTNER`, AlreadyReceived `KEY_DESTROYED`.
    """
    said = why(words)
    if asked.reason not in REASONS:
        raise NotUnderstood("HOLD_REASON", f"expected one of {', '.join(REASONS)}", "reason")
    if not (asked.patient or asked.partner or asked.first_day or asked.last_day):
        raise NotUnderstood("HOLD_EMPTY", "name a patient, a partner or days")
    if asked.partner and asked.partner not in premises.network.partners:
        raise NotFound("NO_SUCH_PARTNER", "no partner of the network has that id", asked.partner)
    since, until = _span(asked, ZoneInfo(premises.network.zone))
    login = login_of(by)
    require_plain(placed_by=login)
    now = instant_text(premises.clock.now())
    made = LegalHold(new_id(), asked.reason, asked.patient, asked.partner, since, until, now, login)

    def work(tx: Transaction) -> dict[str, Any]:
        if made.patient_id and not patients.exists(tx, made.patient_id):
            raise NotFound("NO_SUCH_PATIENT", "no patient has that id", made.patient_id)
        if made.patient_id and patients.is_destroyed(tx, made.patient_id):
            text = "the key of this patient was destroyed; nothing is left to hold"
            raise AlreadyReceived("KEY_DESTROYED", text, made.patient_id)
        legal_holds.add(tx, made)
        return {"hold": made.id, "outcome": PLACED, "entry": _logged(tx, made, PLACED, now, said, by)}

    return await carry_out(premises, work)


async def lift(premises: Premises, hold_id: str, words: str, by: str) -> dict[str, Any]:
    """Lift a hold; what was kept for it is destroyed when it is asked for, or due, again.

    Raises NotFound `NO_SUCH_HOLD`, AlreadyReceived `HOLD_LIFTED`, NotAllowed `SECOND_PERSON_NEEDED` for whoever
    may have placed it, NotUnderstood `REASON_MISSING`.
    """
    said, now = why(words), instant_text(premises.clock.now())

    def work(tx: Transaction) -> dict[str, Any]:
        found = legal_holds.get(tx, hold_id)
        if found is None:
            raise NotFound("NO_SUCH_HOLD", "no hold has that id")
        if not may_be_lifted_by(found, by):
            text = "another person lifts it: another login of the console, or another account where a command placed it"
            raise NotAllowed("SECOND_PERSON_NEEDED", text, hold_id)
        if not legal_holds.lift(tx, hold_id, now):
            raise AlreadyReceived("HOLD_LIFTED", "it was lifted before", hold_id)
        return {"hold": hold_id, "outcome": LIFTED, "entry": _logged(tx, found, LIFTED, now, said, by)}

    return await carry_out(premises, work)


def may_be_lifted_by(hold: LegalHold, by: str) -> bool:
    """Whether `by` is surely another person than who placed it. Whoever it is where nobody did (a restore) or nobody
    knows who: no second person can be told from a first that is not known.
    """
    is_nobodys = hold.reason == RESTORE or not hold.placed_by
    return is_nobodys or not may_be_one_person(by, hold.placed_by)


async def place_told(premises: Premises, about: str, reason: str) -> dict[str, Any]:
    """`place` for a command: `about` is JSON of `HoldAsked` with `by`, an account. Raises as `place` does."""
    told = json.loads(about)
    by = str(told.pop("by"))
    return await place(premises, HoldAsked(**told), reason, account_name(by))


async def lift_told(premises: Premises, about: str, reason: str) -> dict[str, Any]:
    """`lift` for a command: `about` is the hold and the lifting account, a blank between. Raises as `lift` does."""
    hold_id, _, by = about.partition(" ")
    return await lift(premises, hold_id, reason, account_name(by))


def persons_of(reading: Reading, patient_id: str) -> frozenset[str]:
    """Under which ids what is hers may stand: of all with whom she is one, or ever was."""
    return all_reached(partial(ever_one_with, reading), patient_id)


def over_patient(reading: Reading, patient_id: str) -> tuple[LegalHold, ...]:
    """The holds that reach a patient, under whatever id anything of hers stands."""
    standing = legal_holds.standing(reading)
    if not standing:
        return ()
    persons = persons_of(reading, patient_id)
    return tuple(
        hold
        for hold in standing
        if hold.patient_id in ("", *persons)
        and any(legal_holds.reaches(reading, hold, one) for one in persons)
    )


def refuse_held(reading: Reading, patient_id: str) -> None:
    """Raises AlreadyReceived `LEGAL_HOLD` when what is of this patient must be kept; `place` names the holds."""
    if holds := over_patient(reading, patient_id):
        told = "; ".join(f"{one.id} ({one.reason}, since {one.placed_at[:10]})" for one in holds)
        text = f"nothing of hers is destroyed while a legal hold stands: {told}"
        raise AlreadyReceived(UNDER_HOLD, text, " ".join(one.id for one in holds))


async def record_refusal(premises: Premises, patient_id: str, holds: Iterable[str], said: str) -> None:
    """Say in the log, under each hold, that a patient's key was not destroyed for it, and who asked why."""
    at = instant_text(premises.clock.now())

    def work(tx: Transaction) -> None:
        for hold in filter(None, (legal_holds.get(tx, one) for one in holds)):
            _log_refusal(tx, hold, at, f"her key was to be destroyed: {said}", patient_id)

    await premises.store.write(work)


def record_kept(tx: Transaction, hold: LegalHold, number: int, at: str) -> None:
    """Say in the log that messages that were old enough to be destroyed are kept for a hold."""
    _log_refusal(tx, hold, at, f"{number} messages were old enough to be destroyed and are kept", None)


def said_of(reading: Reading, hold_id: str) -> tuple[Said, ...]:
    """What was done about a hold, in order: placed, what was refused for it, lifted."""
    return said_under(reading, hold_id, lambda code: code in (PLACED, REFUSED, LIFTED))


def hold_again(tx: Transaction, rows: Sequence[AuditRow], *, whole: bool, at: str) -> None:
    """In a store that is older than `rows` (entries about holds, in order): as they say. Where rows after the backup
    are known to be missing (not `whole`), nobody can say which holds are forgotten: all is held until a person lifts it.
    """
    for row in rows:
        if row.outcome == LIFTED:
            legal_holds.lift(tx, row.request_id, row.at)
        elif row.outcome == PLACED:
            legal_holds.add(tx, _read_back(tx, row))
    if not whole and not any(map(_is_over_everything, legal_holds.standing(tx))):
        made = LegalHold(new_id(), RESTORE, "", "", "", "", at, BY_GATEWAY)
        legal_holds.add(tx, made)
        said = "after the backup holds may have been placed that are forgotten: lift this when the officers were asked"
        _logged(tx, made, PLACED, at, said, BY_GATEWAY)


def _is_over_everything(hold: LegalHold) -> bool:
    """Whether it is one that the gateway placed at a restore; before `NOT_READ` others could have its reason too."""
    limits = hold.patient_id or hold.partner or hold.since or hold.until
    return hold.reason == RESTORE and not limits


def _read_back(tx: Transaction, row: AuditRow) -> LegalHold:
    """The hold of an entry; without its sealed facts it has no end of its span, so that it holds more, not less."""
    found = get(tx, row.seq)
    told = found.entry.versions if found is not None and found.entry is not None else {}
    known = {name: told.get(f"hold.{name}", "") for name in _IN_ENTRY}
    return LegalHold(
        row.request_id, known["reason"] or NOT_READ, row.patient_id or "", row.partner,
        known["since"], known["until"], row.at, known["placed_by"],
    )  # fmt: skip


def _span(asked: HoldAsked, zone: ZoneInfo) -> tuple[str, str]:
    """The instants at which the days begin and end; empty where none was given. Raises NotUnderstood `DAY_INVALID`."""
    try:
        first = date.fromisoformat(asked.first_day) if asked.first_day else None
        last = date.fromisoformat(asked.last_day) if asked.last_day else None
        if first and last and last < first:
            raise ValueError
        after = None if last is None else last + timedelta(days=1)
    except (ValueError, OverflowError):
        text = "give days as 2026-11-22, the first not after the last"
        raise NotUnderstood("DAY_INVALID", text, "from, until") from None
    return _begin(first, zone), _begin(after, zone)


def _begin(day: date | None, zone: ZoneInfo) -> str:
    return "" if day is None else instant_text(datetime.combine(day, time(), zone).astimezone(UTC))


def _logged(tx: Transaction, hold: LegalHold, outcome: str, at: str, said: str, by: str) -> int:
    entry = act_entry(
        outcome,
        at,
        said,
        patient_id=hold.patient_id or None,
        subject="legal-hold",
        partner=hold.partner,
        request_id=hold.id,
        rule=REASONS.get(hold.reason, ""),
    )
    facts = {f"hold.{name}": value for name, value in asdict(hold).items() if name in _IN_ENTRY}
    return append(tx, replace(entry, recipient_name=by, versions=facts)).seq


def _log_refusal(tx: Transaction, hold: LegalHold, at: str, said: str, patient_id: str | None) -> None:
    entry = act_entry(REFUSED, at, said, patient_id=patient_id, subject="legal-hold", request_id=hold.id)
    append(tx, replace(entry, reasons=tuple(replace(one, code=UNDER_HOLD) for one in entry.reasons)))
