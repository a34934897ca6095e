"""What the FHIR door asks of the flows behind its operations. Wiring binds the real ones, tests bind fakes."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.flows.answers import Pulled, Saved
from gateway.flows.asks_asked import AsksWanted
from gateway.flows.bulk_export import ExportAsked, ExportState, FilePart
from gateway.flows.handoff import HandoffStep
from gateway.security.callers import Caller


class BeginExport(Protocol):
    """`flows.bulk_export.begin_export` with the premises bound."""

    def __call__(self, caller: Caller, asked: ExportAsked, /) -> Awaitable[str]: ...


class StateOfExport(Protocol):
    """`flows.bulk_export.state_of_export` with the premises bound."""

    def __call__(self, caller: Caller, export_id: str, /) -> Awaitable[ExportState]: ...


class CancelExport(Protocol):
    """`flows.bulk_export.cancel_export` with the premises bound."""

    def __call__(self, caller: Caller, export_id: str, /) -> Awaitable[None]: ...


class PartOfFile(Protocol):
    """`flows.bulk_export.part_of_file` with the premises bound."""

    def __call__(
        self, caller: Caller, export_id: str, resource_type: str, after: str, /
    ) -> Awaitable[FilePart]: ...


class NoticesOfExport(Protocol):
    """`flows.bulk_export.notices_of_export` with the premises bound."""

    def __call__(self, caller: Caller, export_id: str, after: str, /) -> Awaitable[FilePart]: ...


@dataclass(frozen=True, slots=True)
class BulkDoors:
    """The flows behind `$export`."""

    begin: BeginExport
    state: StateOfExport
    cancel: CancelExport
    part: PartOfFile
    notices: NoticesOfExport


class Account(Protocol):
    """`flows.account_asked.account_asked` with the premises bound."""

    def __call__(self, caller: Caller, patient: str, law: str, /) -> Awaitable[Pulled]: ...


class Ask(Protocol):
    """`flows.asks_asked.ask` with the premises bound."""

    def __call__(self, caller: Caller, event_id: str, /) -> Awaitable[Pulled]: ...


class Asks(Protocol):
    """`flows.asks_asked.asks` with the premises bound."""

    def __call__(self, caller: Caller, wanted: AsksWanted, /) -> Awaitable[Pulled]: ...


class Handoff(Protocol):
    """`flows.handoff.handoff` with the premises bound."""

    def __call__(self, caller: Caller, request_id: str, said: HandoffStep, /) -> Awaitable[Pulled | None]: ...


class Match(Protocol):
    """`flows.certain_match.certain_match` with the premises bound."""

    def __call__(self, caller: Caller, patient: Mapping[str, Any], /) -> Awaitable[Pulled]: ...


class Patch(Protocol):
    """`flows.patched.patch` with the premises bound."""

    def __call__(
        self,
        caller: Caller,
        resource_type: str,
        resource_id: str,
        operations: Sequence[Any] | Mapping[str, Any],
        if_match: str | None,
        /,
    ) -> Awaitable[Saved]: ...


@dataclass(frozen=True, slots=True)
class OperationDoors:
    """The flows behind the operations."""

    bulk: BulkDoors
    account: Account
    ask: Ask
    asks: Asks
    handoff: Handoff
    match: Match
    patch: Patch
