"""The first page after logging in: what there is to do, each with the way to its next step."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.agency_desk.desk import SHEET
from gateway.agency_desk.referrals import row_of
from gateway.agency_desk.screens import Answer, Page, Screen, Visit
from gateway.flows.agency_desk import AtDesk
from gateway.flows.to_do import LISTED


async def _to_do(visit: Visit) -> Answer:
    found = await visit.desk.to_do(visit.worker)
    return Page(
        "to_do.html",
        {
            "found": found,
            "new": _rows(found.new, found.late),
            "unanswered": _rows(found.unanswered, found.late),
            "takes_consents": visit.desk.may(visit.worker, "consents"),
            "answers": visit.desk.may(visit.worker, "answer"),
            "brings_sheets": visit.desk.may(visit.worker, SHEET),
            "most": LISTED,
            "desk_contact": visit.desk.network.content.operator.consent_desk,
        },
    )


def _rows(things: Sequence[AtDesk], late: Collection[str]) -> list[dict[str, object]]:
    """As they come; whoever has told of self-harm is seen first (DM-23)."""
    made = [{**row_of(one), "is_late": one.id in late} for one in things]
    return sorted(made, key=lambda row: not row["is_at_risk"])


SCREENS = (Screen("/", "", _to_do, menu="to_do"),)
