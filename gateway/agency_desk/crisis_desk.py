"""What the crisis screens ask of the rest of the gateway. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.flows.agency_desk import Worker
from gateway.flows.desk_crisis import EmergencyStated, Found
from gateway.flows.desk_crisis_records import About, EventNote, FollowUp
from gateway.flows.desk_public_safety import ReferredIn
from gateway.flows.desk_sought import Sought


@dataclass(frozen=True, slots=True)
class CrisisDesk:
    """The flows of `desk_crisis` and `desk_crisis_records`, for one set of premises."""

    look_up: Callable[[Worker, Sought], Awaitable[Found]]
    emergency: Callable[[Worker, EmergencyStated], Awaitable[Found]]
    write_plan: Callable[[Worker, About, Mapping[str, str], str], Awaitable[None]]
    write_event: Callable[[Worker, About, EventNote, str], Awaitable[None]]
    write_follow_up: Callable[[Worker, About, FollowUp, str], Awaitable[None]]
    follow_up_agencies: Callable[[Worker], tuple[str, ...]]
    is_medical: Callable[[Worker], bool]
    refer_in: Callable[[Worker, ReferredIn], Awaitable[None]]
    """Of public safety, which sees nothing of all this."""
