"""The flows behind the crisis screens of the desk, bound to one set of premises."""

from __future__ import annotations

from functools import partial

from gateway.agency_desk.crisis_desk import CrisisDesk
from gateway.disclosure.premises import Premises
from gateway.flows import desk_crisis, desk_crisis_records, desk_public_safety
from gateway.wiring.desk_flows import DeskFlows


def crisis_desk(flows: DeskFlows, premises: Premises) -> CrisisDesk:
    """What the crisis screens ask."""
    return CrisisDesk(
        look_up=flows.bound(desk_crisis.look_up),
        emergency=flows.bound(desk_crisis.emergency),
        write_plan=flows.bound(desk_crisis_records.write_plan),
        write_event=flows.bound(desk_crisis_records.write_event),
        write_follow_up=flows.bound(desk_crisis_records.write_follow_up),
        follow_up_agencies=partial(desk_crisis_records.follow_up_agencies, premises),
        is_medical=partial(desk_crisis.is_medical, premises),
        refer_in=flows.bound(desk_public_safety.refer_in),
    )
