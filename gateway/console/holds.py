"""Legal holds: what must not be destroyed, since when, for which matter; placed by an officer and lifted by another."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.console import words
from gateway.console.doing import Deed, Doing, Done, confirm
from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.flows.decided_here import Said
from gateway.flows.legal_holds import REASONS, HoldAsked, lift, may_be_lifted_by, place, said_of
from gateway.store import legal_holds
from gateway.store.legal_holds import LegalHold

FILTERS = frozenset({"patient", "partner", "state", "as"})
STATES = (("", "All"), ("standing", "Standing"), ("lifted", "Lifted"))
_LISTED = 100
_SAID = 6
_HEADS = (
    "hold",
    "reason",
    "patient",
    "partner",
    "from",
    "before",
    "placed",
    "placed by",
    "lifted",
    "for",
    "refused",
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One hold with what was said of it, the newest last; `refusals`: how often something was kept for it."""

    hold: LegalHold
    said: tuple[Said, ...]
    refusals: int
    may_lift: bool

    @property
    def matter(self) -> str:
        """For which matter, in the words of who placed it."""
        return self.said[0].words if self.said else ""


def holds(look: Look) -> Shown:
    """The list, with the form by which a hold is placed."""
    found = (one for one in legal_holds.newest(look.reading, _LISTED) if _wanted(look, one))
    listed = tuple(_listed(look, one) for one in found)
    shown = {
        "listed": listed,
        "states": STATES,
        "reasons": REASONS,
        "said_most": _SAID,
        "partners": look.office.network.partners,
    }
    ids = patients_of(one.hold.patient_id for one in listed)
    return Shown("holds.html", shown, ids, Sheet("legal-holds", _HEADS, [_row(one) for one in listed]))


def _wanted(look: Look, one: LegalHold) -> bool:
    state = "lifted" if one.lifted_at else "standing"
    return (
        look.address["state"] in ("", state)
        and look.address["patient"] in ("", one.patient_id)
        and look.address["partner"] in ("", one.partner)
    )


def _listed(look: Look, one: LegalHold) -> Listed:
    said = said_of(look.reading, one.id)
    refusals = sum(each.outcome == "hold_refused" for each in said)
    may_lift = look.may("holds") and not one.lifted_at and may_be_lifted_by(one, look.visitor.name)
    return Listed(one, said, refusals, may_lift)


def _row(one: Listed) -> tuple[object, ...]:
    hold = one.hold
    return (
        hold.id, hold.reason, hold.patient_id, hold.partner, hold.since, hold.until, hold.placed_at, hold.placed_by,
        hold.lifted_at, one.matter, one.refusals,
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------- acts


async def _place(doing: Doing) -> Done:
    asked = HoldAsked(doing["code"], doing["patient"], doing["partner"], doing["from"], doing["until"])
    await place(doing.office.premises, asked, doing.reason, doing.visitor.name)
    return Done(location="requests/holds")


def _ask(doing: Doing) -> Done:
    with doing.office.read() as reading:
        hold = legal_holds.get(reading, doing.path["id"])
    lines = (
        ()
        if hold is None
        else (words.hold_words(hold.reason), f"placed by {hold.placed_by or 'nobody known'}")
    )
    return confirm(
        doing,
        heading="Lift the legal hold",
        lines=(*lines, "What was kept for it alone may be destroyed from now on, by a person or by age."),
        button="Yes, lift it",
        back="requests/holds",
        action=f"requests/holds/{doing.path['id']}/lift",
        patients=patients_of((hold.patient_id,)) if hold is not None else frozenset(),
    )


async def _lift(doing: Doing) -> Done:
    await lift(doing.office.premises, doing.path["id"], doing.reason, doing.visitor.name)
    return Done(location="requests/holds")


DEEDS = (
    Deed("requests/holds/placed", "holds", _place),
    Deed("requests/holds/{id}/lift", "holds", _lift, _ask),
)
