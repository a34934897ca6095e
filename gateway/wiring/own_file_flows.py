"""The flows behind the plan, its sheet, and an agency's own files and numbers, bound to one set of premises."""

from __future__ import annotations

from gateway.agency_desk.own_files import OwnFiles
from gateway.flows import agency_desk, desk_own_numbers, desk_plan_sheets, desk_sheets
from gateway.wiring.desk_flows import DeskFlows


def own_files(flows: DeskFlows) -> OwnFiles:
    """What these screens ask."""
    return OwnFiles(
        plan=flows.bound(agency_desk.plan),
        plan_sheet=flows.bound(desk_plan_sheets.plan_sheet),
        number_said=flows.bound(desk_own_numbers.number_said),
        number_wrong=flows.bound(desk_own_numbers.number_wrong),
        sheet_sent=flows.bound(desk_sheets.sheet_sent),
        numbers_of=flows.bound(desk_own_numbers.numbers_of),
    )
