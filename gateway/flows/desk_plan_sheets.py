"""The care plan of a page as a sheet: the same release, written by the shipped mapping for an agency to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.disclosure.content import as_it_leaves
from gateway.disclosure.local_format import with_texts
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound, NotUnderstood
from gateway.flows.agency_desk import AtDesk, Worker, plan

SHEETS: Mapping[str, str] = {
    "csv": "community/care_plan_sheet",
    "xlsx": "community/care_plan_sheet_xlsx",
}
"""The mapping that writes each kind of file."""


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """The plan as the page shows it, and the file; `content` is empty where nothing of the plan has a row."""

    shown: AtDesk
    content: bytes = field(default=b"", repr=False)
    media_type: str = ""


async def plan_sheet(premises: Premises, worker: Worker, intent_id: str, ending: str) -> PlanSheet:
    """The care plan of the person a thing at the desk is about, as `csv` or `xlsx`, with every notice in every row.

    Decided, kept and logged as the page is. Raises NotFound `NO_SUCH_SHEET`, `NOTHING_AT_DESK`, NotUnderstood
    `NOTICE_CANNOT_BE_CARRIED`.
    """
    if ending not in SHEETS:
        raise NotFound("NO_SUCH_SHEET", "the plan is there as csv and as xlsx")
    shown = await plan(premises, worker, intent_id, f"plan as {ending}")
    if not shown.resources:
        return PlanSheet(shown)
    try:
        made = with_texts(
            premises.library.mapping(SHEETS[ending]),
            [as_it_leaves(one) for one in shown.resources],
            shown.notices,
            at=premises.clock.now(),
            control_id=shown.request_id,
            zone=premises.network.zone_of(worker.partner),
            settings={},
        )
    except NotUnderstood as refused:
        if refused.code != "RENDER_REFUSED":
            raise
        return PlanSheet(shown)
    return PlanSheet(shown, made.content, made.media_type)
