"""What the FHIR door asks of the rest of the gateway. Wiring binds the real flows, tests bind fakes."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from gateway.clock import Clock
from gateway.fhir_api.client_rates import ClientRates
from gateway.fhir_api.operation_doors import OperationDoors
from gateway.flows.answers import (
    EntryOutcome,
    HistoryAsked,
    Pulled,
    Saved,
    SearchCriteria,
    TransactionOutcome,
)
from gateway.flows.papers import Paper
from gateway.resources.searching import Filter
from gateway.security.callers import Caller
from gateway.security.client_keys import KeysAt
from gateway.security.client_proof import UseOnce
from gateway.security.tokens import ClientById, TokenChecker, TokenKey


class Search(Protocol):
    """`flows.pull.search` with the premises bound."""

    def __call__(
        self, caller: Caller, resource_type: str, criteria: SearchCriteria, /
    ) -> Awaitable[Pulled]: ...


class Read(Protocol):
    """`flows.pull.read` with the premises bound; raises NotFound alike for unknown and withheld."""

    def __call__(
        self, caller: Caller, resource_type: str, resource_id: str, elements: tuple[str, ...], /
    ) -> Awaitable[Pulled]: ...


class ReadPaper(Protocol):
    """`flows.papers.read_paper` with the premises bound; raises as `Read` does."""

    def __call__(self, caller: Caller, binary_id: str, accepted: Collection[str], /) -> Awaitable[Paper]: ...


class ReadVersion(Protocol):
    """`flows.pull.read_version` with the premises bound; raises as `Read` does."""

    def __call__(
        self, caller: Caller, resource_type: str, resource_id: str, version: str, /
    ) -> Awaitable[Pulled]: ...


class History(Protocol):
    """`flows.pull.history` with the premises bound. Raises as `Read` does."""

    def __call__(
        self, caller: Caller, resource_type: str, resource_id: str, asked: HistoryAsked, /
    ) -> Awaitable[Pulled]: ...


class Everything(Protocol):
    """`flows.pull.everything` with the premises bound."""

    def __call__(
        self, caller: Caller, types: Collection[str], criteria: SearchCriteria, /
    ) -> Awaitable[Pulled]: ...


class SharedPlan(Protocol):
    """`flows.pull.shared_plan` with the premises bound."""

    def __call__(self, caller: Caller, patient: str, types: Collection[str], /) -> Awaitable[Pulled]: ...


class Emergency(Protocol):
    """`flows.emergency.emergency_access` with the premises bound."""

    def __call__(
        self, caller: Caller, parameters: Mapping[str, Any], types: Collection[str], /
    ) -> Awaitable[Pulled]: ...


class Create(Protocol):
    """`flows.consent_record.record_consent` with the premises bound."""

    def __call__(
        self, caller: Caller, resource: Mapping[str, Any], raw: bytes, unless: SearchCriteria | None, /
    ) -> Awaitable[Saved]: ...


class Update(Protocol):
    """`replace_consent` or `update_task` with the premises bound."""

    def __call__(
        self, caller: Caller, resource_id: str, resource: Mapping[str, Any], if_match: str | None, /
    ) -> Awaitable[Saved]: ...


class UpdateOwn(Protocol):
    """`flows.own_update.update_own` with the premises bound."""

    def __call__(
        self, caller: Caller, resource: Mapping[str, Any], raw: bytes, if_match: str | None, /
    ) -> Awaitable[tuple[EntryOutcome, str]]: ...


class Submit(Protocol):
    """`flows.submissions.accept_transaction` with the premises bound."""

    def __call__(
        self, caller: Caller, bundle: dict[str, Any], raw: bytes, idempotency_key: str | None, /
    ) -> Awaitable[TransactionOutcome]: ...


class Hook(Protocol):
    """`flows.cds_hooks.answer_hook` with the premises bound."""

    def __call__(
        self, caller: Caller, service: str, asked: Mapping[str, Any], /
    ) -> Awaitable[dict[str, Any]]: ...


class NewSubscription(Protocol):
    """`flows.subscriptions.create_subscription` with the premises bound."""

    def __call__(self, caller: Caller, resource: Mapping[str, Any], /) -> Awaitable[Saved]: ...


class OneSubscription(Protocol):
    """`flows.subscriptions.read_subscription` with the premises bound."""

    def __call__(self, caller: Caller, subscription_id: str, /) -> Awaitable[Pulled]: ...


class SearchSubscriptions(Protocol):
    """`flows.subscriptions.search_subscriptions` with the premises bound."""

    def __call__(self, caller: Caller, limits: Sequence[Filter], base: str, /) -> Awaitable[Pulled]: ...


class RemoveSubscription(Protocol):
    """`flows.subscriptions.remove_subscription` with the premises bound."""

    def __call__(self, caller: Caller, subscription_id: str, /) -> Awaitable[None]: ...


class SubscriptionStatus(Protocol):
    """`flows.subscriptions.subscription_status` with the premises bound; without an id: of all the caller's."""

    def __call__(self, caller: Caller, subscription_id: str | None, base: str, /) -> Awaitable[Pulled]: ...


class SubscriptionEvents(Protocol):
    """`flows.subscriptions.subscription_events` with the premises bound."""

    def __call__(
        self, caller: Caller, subscription_id: str, first: int, last: int, base: str, /
    ) -> Awaitable[Pulled]: ...


@dataclass(frozen=True, slots=True)
class SubscriptionDoors:
    """The flows behind `/fhir/Subscription`."""

    create: NewSubscription
    replace: Update
    read: OneSubscription
    search: SearchSubscriptions
    remove: RemoveSubscription
    status: SubscriptionStatus
    events: SubscriptionEvents


class Ready(Protocol):
    """Whether the store takes writes and the configuration in force is ours."""

    def __call__(self) -> Awaitable[bool]: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """The flows behind the FHIR routes."""

    search: Search
    read: Read
    paper: ReadPaper
    read_version: ReadVersion
    history: History
    everything: Everything
    shared_plan: SharedPlan
    create_consent: Create
    replace_consent: Update
    update_task: Update
    update_own: UpdateOwn
    submit: Submit
    emergency: Emergency
    subscriptions: SubscriptionDoors
    hook: Hook
    operations: OperationDoors
    ready: Ready


class OwnKeys(Protocol):
    """The public keys by which other servers know us as their client, as JWKs; of no token that we give."""

    def __call__(self) -> tuple[Mapping[str, str], ...]: ...


class PublicAddress(Protocol):
    """The public address of the gateway, without a slash at the end (`https://gateway.example.org`)."""

    def __call__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Gauges:
    """The numbers of the store that `/metrics` shows besides, to who has the token."""

    token: bytes = field(repr=False)
    registry: CollectorRegistry


@dataclass(frozen=True, slots=True)
class Desk:
    """What every route needs: the flows, who may call, where we are, how much we take.

    `tick_seconds`: answers about a patient leave on multiples of it, so that their timing does not tell why
    there is nothing (0 turns it off). `on_call` is the telephone number that an empty answer names. `tls_proxies`: the
    addresses whose word on a client's certificate counts.
    """

    doors: Doors
    clock: Clock
    tokens: TokenChecker
    token_key: TokenKey
    client_by_id: ClientById
    use_once: UseOnce
    base_url: PublicAddress
    body_limit_bytes: int
    started_at: datetime
    on_call: str = ""
    gauges: Gauges | None = None
    rates: ClientRates = field(default_factory=lambda: ClientRates(100))
    tick_seconds: float = 0.025
    keys_at: KeysAt | None = None
    own_keys: OwnKeys = tuple
    tls_proxies: frozenset[str] = frozenset()
