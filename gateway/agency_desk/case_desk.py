"""What the case manager's screens ask of the rest of the gateway. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.flows.agency_desk import Worker
from gateway.flows.desk_cases import NewReferral, Outlook, Sent
from gateway.flows.desk_clients import Client, Described
from gateway.flows.desk_needs import Assessed, Given
from gateway.flows.desk_others import Other
from gateway.flows.desk_plans import Plan
from gateway.flows.desk_steps import OfThePlan, StepDown
from gateway.partners import Route


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """The flows of `desk_clients`, `desk_cases` and `desk_plans`, for one set of premises."""

    find: Callable[[Worker, Described], Awaitable[Client | None]]
    register: Callable[[Worker, Described], Awaitable[str]]
    client: Callable[[Worker, str, str], Awaitable[Client]]
    agencies: Callable[[Worker], tuple[Route, ...]]
    outlook: Callable[[Worker, str, NewReferral], Awaitable[Outlook]]
    refer: Callable[[Worker, str, NewReferral], Awaitable[None]]
    referrals: Callable[[Worker, str], Awaitable[tuple[Sent, ...]]]
    others: Callable[[Worker, str], Awaitable[tuple[Other, ...]]]
    standings: Callable[[Worker, str, Sequence[Sent]], Awaitable[dict[str, str]]]
    cancel: Callable[[Worker, str, str, str], Awaitable[None]]
    send_elsewhere: Callable[[Worker, str, str, NewReferral], Awaitable[None]]
    met: Callable[[Worker, str, str, str, str], Awaitable[None]]
    met_here: Callable[[Worker, str, str, str], Awaitable[None]]
    """The same, said of a referral that waits at the own desk."""
    plan: Callable[[Worker, str], Awaitable[Plan]]
    measured: Callable[[Worker, str], Awaitable[Plan]]
    assess: Callable[[Worker, str, str, Given, str], Awaitable[None]]
    assessments: Callable[[Worker, str], Awaitable[tuple[Assessed, ...]]]
    add_own_goal: Callable[[Worker, str, str, str, str, str], Awaitable[None]]
    add_comment: Callable[[Worker, str, str, str], Awaitable[None]]
    people: Callable[[Worker, str], Awaitable[tuple[OfThePlan, ...]]]
    ask_change: Callable[[Worker, str, str, Sequence[str], str], Awaitable[None]]
    step_down: Callable[[Worker, str, StepDown, str], Awaitable[None]]
    barriers: Callable[[Worker, str], Awaitable[tuple[Mapping[str, Any], ...]]]
    add_barrier: Callable[[Worker, str, str, str, str, str], Awaitable[None]]
    clear_barrier: Callable[[Worker, str, str], Awaitable[None]]
