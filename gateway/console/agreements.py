"""Agreements of auditors (42 CFR §2.53): who may look between which days, with copies or not; made and ended here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.clock import read_instant
from gateway.console.doing import Deed, Doing, Done
from gateway.console.look import Look, Sheet, Shown
from gateway.console.office import Office, Visitor
from gateway.errors import NotAllowed
from gateway.flows.another_person import login_of
from gateway.flows.audit_agreements import Terms, agree, end, in_force, said_of
from gateway.flows.decided_here import Said
from gateway.store import audit_agreements
from gateway.store.audit_agreements import AuditAgreement

FILTERS = frozenset({"as"})
SOON = timedelta(days=7)
_LISTED = 100
_HEADS = ("agreement", "auditor", "from", "until", "copies", "state", "recorded by", "for")


@dataclass(frozen=True, slots=True)
class Listed:
    """One agreement with how it stands (`in force`, `later`, `over`, `ended`, `forgotten`) and what was said of it."""

    agreement: AuditAgreement
    state: str
    said: tuple[Said, ...]


def admit(office: Office, visitor: Visitor) -> AuditAgreement | None:
    """Under which agreement an auditor looks now; None for every other role.

    Raises NotAllowed `NO_AGREEMENT` for an auditor without one.
    """
    if visitor.role != "auditor":
        return None
    with office.read() as reading:
        found = in_force(reading, visitor.name, office.clock.now(), office.network.zone, office.restored_at)
    if found is None:
        login = login_of(visitor.name)
        text = f"for the auditor {login} no agreement is in force today; a compliance officer records it (42 CFR 2.53)"
        raise NotAllowed("NO_AGREEMENT", text)
    return found


def agreements(look: Look) -> Shown:
    """The list, with the form by which an agreement is recorded."""
    today = look.today
    listed = tuple(
        Listed(one, _state(look, one, today), said_of(look.reading, one.id))
        for one in audit_agreements.newest(look.reading, _LISTED)
    )
    rows = [
        (
            one.agreement.id,
            one.agreement.auditor,
            one.agreement.first_day,
            one.agreement.last_day,
            "yes" if one.agreement.copies else "no",
            one.state,
            *((one.said[0].by, one.said[0].words) if one.said else ("", "")),
        )
        for one in listed
    ]
    shown = {"listed": listed, "today": today, "soon": (today + SOON).isoformat()}
    return Shown("agreements.html", shown, sheet=Sheet("agreements", _HEADS, rows))


def ending(look: Look) -> tuple[AuditAgreement, ...]:
    """Those that hold now and end within a week, or ended in the last one by their day."""
    today = look.today
    first, last = (today - SOON).isoformat(), (today + SOON).isoformat()
    found = audit_agreements.ending_from(look.reading, first, _LISTED)
    return tuple(one for one in found if one.last_day <= last and not one.ended_at)


def _state(look: Look, one: AuditAgreement, today: date) -> str:
    restored = look.office.restored_at
    if one.ended_at:
        return "ended"
    if one.last_day < today.isoformat():
        return "over"
    if restored is not None and read_instant(one.made_at) <= restored:
        return "forgotten"
    return "later" if today.isoformat() < one.first_day else "in force"


# -------------------------------------------------------------------------------------------------- acts


async def _agree(doing: Doing) -> Done:
    terms = Terms(doing["auditor"], doing["from"], doing["until"], doing["copies"] == "yes")
    await agree(doing.office.premises, terms, doing.reason, doing.visitor.name)
    return Done(location="requests/agreements")


async def _end(doing: Doing) -> Done:
    await end(doing.office.premises, doing.path["id"], doing.reason, doing.visitor.name)
    return Done(location="requests/agreements")


DEEDS = (
    Deed("requests/agreements/made", "agreements", _agree),
    Deed("requests/agreements/{id}/end", "agreements", _end),
)
