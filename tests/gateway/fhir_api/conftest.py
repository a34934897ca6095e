"""The FHIR door with fake flows: they remember what they were asked and answer from a small table."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.clock import FixedClock
from gateway.errors import AlreadyReceived, NotFound
from gateway.fhir_api import Desk, Doors, build_app
from gateway.fhir_api.doors import SubscriptionDoors
from gateway.fhir_api.operation_doors import BulkDoors, OperationDoors
from gateway.flows.answers import (
    EntryOutcome,
    HistoryAsked,
    Pulled,
    Saved,
    SearchCriteria,
    TransactionOutcome,
)
from gateway.resources import to_json
from gateway.resources.searching import Filter
from gateway.security.callers import Caller
from gateway.security.client_proof import ASSERTION_TYPE, PURPOSE_SYSTEM
from gateway.security.tokens import RegisteredClient, TokenChecker, issue_token, new_token_key, read_token_key

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
BASE = "https://gateway.test"
FLOW_ID = "11111111-1111-4111-8111-111111111111"


@dataclass
class FakeFlows:
    """Knows one patient, `p1`, with one care plan, `c1`; everybody else has nothing."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    raises: BaseException | None = None

    def _note(self, *what: Any) -> None:
        self.asked.append(what)
        if self.raises is not None:
            raise self.raises

    async def search(self, caller: Caller, resource_type: str, criteria: SearchCriteria) -> Pulled:
        self._note("search", caller, resource_type, criteria)
        return Pulled(to_json({"resourceType": "Bundle", "type": "searchset", "total": 0}), FLOW_ID)

    async def read(
        self, caller: Caller, resource_type: str, resource_id: str, elements: tuple[str, ...] = ()
    ) -> Pulled:
        self._note("read", caller, resource_type, resource_id, *elements)
        if (resource_type, resource_id) != ("CarePlan", "c1"):
            raise NotFound("NO_SUCH_RECORD", f"withheld {resource_id}", "CarePlan")
        return Pulled(b'{"resourceType":"CarePlan","id":"c1"}', FLOW_ID, "3", "2026-11-21T10:00:00.000000Z")

    async def read_version(
        self, caller: Caller, resource_type: str, resource_id: str, version: str
    ) -> Pulled:
        self._note("vread", caller, resource_type, resource_id, version)
        if version != "3":
            raise NotFound("NO_SUCH_RECORD", f"withheld {resource_id}", "CarePlan")
        return await self.read(caller, resource_type, resource_id)

    async def history(
        self, caller: Caller, resource_type: str, resource_id: str, asked: HistoryAsked
    ) -> Pulled:
        self._note("history", caller, resource_type, resource_id, asked)
        found = await self.read(caller, resource_type, resource_id)
        bundle = to_json({"resourceType": "Bundle", "type": "history", "total": 0})
        return Pulled(bundle, FLOW_ID, found.version, found.last_modified)

    async def everything(self, caller: Caller, types: Collection[str], criteria: SearchCriteria) -> Pulled:
        self._note("everything", caller, tuple(types), criteria)
        return Pulled(to_json({"resourceType": "Bundle", "type": "searchset"}), FLOW_ID)

    async def shared_plan(self, caller: Caller, patient: str, types: Collection[str]) -> Pulled:
        self._note("shared-plan", caller, patient, tuple(types))
        return Pulled(to_json({"resourceType": "Bundle", "type": "collection"}), FLOW_ID)

    async def emergency(
        self, caller: Caller, parameters: Mapping[str, Any], types: Collection[str]
    ) -> Pulled:
        self._note("emergency", caller, parameters, frozenset(types))
        return Pulled(to_json({"resourceType": "Bundle", "type": "collection"}), FLOW_ID)

    async def hook(self, caller: Caller, service: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._note("hook", caller, service, asked)
        return {"cards": []}

    async def new_subscription(self, caller: Caller, resource: Mapping[str, Any]) -> Saved:
        self._note("new-subscription", caller, resource)
        return Saved({**resource, "id": "s1"}, "1", "2026-11-22T02:00:00.000000Z", FLOW_ID, created=True)

    async def one_subscription(self, caller: Caller, subscription_id: str) -> Pulled:
        self._note("subscription", caller, subscription_id)
        return Pulled(b'{"resourceType":"Subscription"}', FLOW_ID, "1", "2026-11-21T10:00:00.000000Z")

    async def own_subscriptions(self, caller: Caller, limits: Sequence[Filter], base: str) -> Pulled:
        self._note("subscriptions", caller, limits, base)
        return Pulled(to_json({"resourceType": "Bundle", "type": "searchset"}), FLOW_ID)

    async def remove_subscription(self, caller: Caller, subscription_id: str) -> None:
        self._note("remove-subscription", caller, subscription_id)

    async def subscription_status(self, caller: Caller, subscription_id: str | None, base: str) -> Pulled:
        self._note("subscription-status", caller, subscription_id, base)
        return Pulled(to_json({"resourceType": "Bundle", "type": "searchset"}), FLOW_ID)

    async def subscription_events(
        self, caller: Caller, subscription_id: str, first: int, last: int, base: str
    ) -> Pulled:
        self._note("subscription-events", caller, subscription_id, first, last, base)
        return Pulled(to_json({"resourceType": "Bundle", "type": "history"}), FLOW_ID)

    async def create_consent(
        self, caller: Caller, resource: Mapping[str, Any], raw: bytes, unless: SearchCriteria | None
    ) -> Saved:
        self._note("create", caller, resource, raw, *([unless] if unless else []))
        return Saved({**resource, "id": "k1"}, "1", "2026-11-22T02:00:00.000000Z", FLOW_ID, created=True)

    async def update(
        self, caller: Caller, resource_id: str, resource: Mapping[str, Any], if_match: str | None
    ) -> Saved:
        self._note("update", caller, resource_id, resource, if_match)
        if if_match not in (None, "3"):
            raise AlreadyReceived("VERSION_CONFLICT", "is not the present version", "If-Match")
        return Saved(resource, "4", "2026-11-22T02:00:00.000000Z", FLOW_ID)

    async def patch(
        self, caller: Caller, resource_type: str, resource_id: str, operations: Any, if_match: str | None
    ) -> Saved:
        changed = {"resourceType": resource_type, "id": resource_id, "patched": operations}
        return await self.update(caller, resource_id, changed, if_match)

    async def submit(
        self, caller: Caller, bundle: dict[str, Any], raw: bytes, key: str | None
    ) -> TransactionOutcome:
        self._note("submit", caller, bundle, raw, key)
        return TransactionOutcome(
            (EntryOutcome("CarePlan/c9", 1, "201 Created", "2026-11-22T02:00:00.000000Z", "abc"),), FLOW_ID
        )

    async def operation(self, *asked: Any) -> Any:
        """Operations are tried over a whole county, not here."""
        raise AssertionError(asked)

    async def ready(self) -> bool:
        return self.raises is None


class Door:
    """The app with one registered client (`otp-client` of partner `otp`), called without a network."""

    def __init__(self, tick_seconds: float = 0) -> None:
        self.flows = FakeFlows()
        self.clock = FixedClock(NOW)
        self.key = read_token_key(new_token_key())
        self.client_key = ECKey.generate_key("P-384", {"kid": "k1"})
        self.client = RegisteredClient(
            "otp",
            {"keys": [self.client_key.as_dict(private=False)]},
            frozenset({"system/*.cruds"}),
            frozenset({"TREAT", "COC"}),
        )
        self.used: set[tuple[str, str]] = set()
        flows = self.flows
        doors = Doors(
            search=flows.search,
            read=flows.read,
            paper=flows.operation,
            read_version=flows.read_version,
            history=flows.history,
            everything=flows.everything,
            shared_plan=flows.shared_plan,
            create_consent=flows.create_consent,
            replace_consent=flows.update,
            update_task=flows.update,
            update_own=flows.operation,
            submit=flows.submit,
            emergency=flows.emergency,
            hook=flows.hook,
            subscriptions=SubscriptionDoors(
                create=flows.new_subscription,
                replace=flows.update,
                read=flows.one_subscription,
                search=flows.own_subscriptions,
                remove=flows.remove_subscription,
                status=flows.subscription_status,
                events=flows.subscription_events,
            ),
            operations=OperationDoors(
                bulk=BulkDoors(*(flows.operation,) * 5),
                account=flows.operation,
                ask=flows.operation,
                asks=flows.operation,
                handoff=flows.operation,
                match=flows.operation,
                patch=flows.patch,
            ),
            ready=flows.ready,
        )
        self.desk = Desk(
            doors=doors,
            clock=self.clock,
            tokens=TokenChecker((self.key,), self.client_by_id, lambda: "v1"),
            token_key=self.key,
            client_by_id=self.client_by_id,
            use_once=self.use_once,
            base_url=lambda: BASE,
            body_limit_bytes=10_000,
            started_at=NOW,
            on_call="+1 555 0100",
            tick_seconds=tick_seconds,
        )
        self.app = build_app(self.desk)

    def client_by_id(self, client_id: str) -> RegisteredClient | None:
        return self.client if client_id == "otp-client" else None

    async def use_once(self, issuer: str, jti: str, _expires_at: datetime) -> bool:
        known = (issuer, jti) in self.used
        self.used.add((issuer, jti))
        return not known

    def token(self, scopes: str = "system/*.cruds", purpose: str = "TREAT") -> str:
        return issue_token("otp", "otp-client", purpose, scopes.split(), self.key, self.clock.now())

    def call(self, method: str, path: str, *, token: str | None = "", **more: Any) -> httpx.Response:
        """One request, with a good token unless `token` is given (None: no token)."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token()}"

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(ask())

    def post_resource(self, method: str, path: str, resource: Any, **more: Any) -> httpx.Response:
        content = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
        headers = {"Content-Type": "application/fhir+json", **more.pop("headers", {})}
        return self.call(method, path, content=content, headers=headers, **more)

    def assertion(
        self, *, algorithm: str = "ES384", key: Any = None, kid: str | None = "k1", **claims: Any
    ) -> str:
        """A statement that would be accepted, with `claims` in place of the usual ones (None: left out)."""
        at = int(self.clock.now().timestamp())
        usual: dict[str, Any] = {
            "iss": "otp-client",
            "sub": "otp-client",
            "aud": f"{BASE}/oauth/token",
            "iat": at,
            "exp": at + 240,
            "jti": f"j{time.perf_counter_ns()}",
            "extensions": {
                "ihe_iua": {"purpose_of_use": [{"system": PURPOSE_SYSTEM, "code": "TREAT"}]},
            },
        }
        given = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        header = {"alg": algorithm} | ({"kid": kid} if kid else {})
        return jwt.encode(header, given, key or self.client_key, algorithms=[algorithm])

    def ask_token(self, assertion: str, **form: str) -> httpx.Response:
        usual = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": "system/CarePlan.rs",
        }
        return self.call("POST", "/oauth/token", token=None, data={**usual, **form})


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def slow_door() -> Door:
    """A door whose patient answers leave on ticks of 50 ms."""
    return Door(tick_seconds=0.05)
