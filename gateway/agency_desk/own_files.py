"""What the screens ask of the gateway about an agency's own files and numbers. Wiring binds the flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.flows.agency_desk import AtDesk, Worker
from gateway.flows.desk_plan_sheets import PlanSheet
from gateway.flows.desk_sheets import TakenSheet


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """The plan of whoever a thing at the desk is about, as a page and as a file; the agency's own numbers; its sheet."""

    plan: Callable[[Worker, str], Awaitable[AtDesk]]
    plan_sheet: Callable[[Worker, str, str], Awaitable[PlanSheet]]
    number_said: Callable[[Worker, str, str], Awaitable[None]]
    number_wrong: Callable[[Worker, str, str, str], Awaitable[None]]
    sheet_sent: Callable[[Worker, str, bytes], Awaitable[TakenSheet]]
    numbers_of: Callable[[Worker, AtDesk], Awaitable[tuple[str, ...]]]
