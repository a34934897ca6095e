"""The flows behind the case manager's screens of the desk, bound to one set of premises."""

from __future__ import annotations

from functools import partial

from gateway.agency_desk.case_desk import CaseDesk
from gateway.disclosure.premises import Premises
from gateway.flows import (
    desk_cases,
    desk_clients,
    desk_meetings,
    desk_needs,
    desk_others,
    desk_plans,
    desk_standing,
    desk_steps,
)
from gateway.wiring.desk_flows import DeskFlows


def case_desk(flows: DeskFlows, premises: Premises) -> CaseDesk:
    """What the case manager's screens ask."""
    return CaseDesk(
        find=flows.bound(desk_clients.find_client),
        register=flows.bound(desk_clients.register_client),
        client=flows.bound(desk_clients.client_of),
        agencies=partial(desk_cases.agencies_for, premises),
        outlook=flows.bound(desk_cases.outlook),
        refer=flows.bound(desk_cases.refer),
        referrals=flows.bound(desk_cases.referrals_of),
        others=flows.bound(desk_others.others_of),
        standings=flows.bound(desk_standing.standings),
        cancel=flows.bound(desk_cases.cancel),
        send_elsewhere=flows.bound(desk_cases.send_elsewhere),
        met=flows.bound(desk_meetings.met_as_sender),
        met_here=flows.bound(desk_meetings.met_as_addressee),
        plan=flows.bound(desk_plans.plan_of),
        measured=flows.bound(desk_plans.measured),
        assess=flows.bound(desk_needs.assess),
        assessments=flows.bound(desk_needs.assessments_of),
        add_own_goal=flows.bound(desk_steps.add_own_goal),
        add_comment=flows.bound(desk_steps.add_comment),
        people=flows.bound(desk_steps.people_of_the_plan),
        ask_change=flows.bound(desk_steps.ask_change),
        step_down=flows.bound(desk_steps.step_down),
        barriers=flows.bound(desk_plans.barriers_of),
        add_barrier=flows.bound(desk_plans.add_barrier),
        clear_barrier=flows.bound(desk_plans.clear_barrier),
    )
