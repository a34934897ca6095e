"""The first page after logging in: what there is to do, each with the way to its next step."""

from __future__ import annotations

from collections.abc import Collection

from gateway.agency_desk.desk import SHEET
from gateway.agency_desk.records_in_words import name_of, words_of
from gateway.agency_desk.screens import Answer, Page, Screen, Visit
from gateway.flows.agency_desk import AtDesk
from gateway.flows.to_do import LISTED


async def _to_do(visit: Visit) -> Answer:
    found = await visit.desk.to_do(visit.worker)
    return Page(
        "to_do.html",
        {
            "found": found,
            "new": [_row(one, found.late) for one in found.new],
            "unanswered": [_row(one, found.late) for one in found.unanswered],
            "takes_consents": visit.desk.may(visit.worker, "consents"),
            "answers": visit.desk.may(visit.worker, "answer"),
            "brings_sheets": visit.desk.may(visit.worker, SHEET),
            "most": LISTED,
            "desk_contact": visit.desk.network.content.operator.consent_desk,
        },
    )


def _row(one: AtDesk, late: Collection[str]) -> dict[str, object]:
    return {
        "it": one,
        "is_late": one.id in late,
        "person": name_of(one.first("Patient")),
        "need": words_of(one.first("ServiceRequest").get("code")),
        "state": str(one.first("Task").get("status", "")),
    }


SCREENS = (Screen("/", "", _to_do, menu="to_do"),)
