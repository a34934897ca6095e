"""Sending what is due: decide, hand over, record what came of it. At every attempt anew.

One claimed intent of a lane at a time; lanes and partners are independent. Nothing is sent that the gate did not
release in this very attempt, and just before the first byte the ground is looked at once more (invariant I3).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from gateway import logs
from gateway.clock import instant_text
from gateway.delivery.http_push import HttpTimeouts, push_bundle
from gateway.delivery.mllp_push import MllpConnections, MllpEndpoint, MllpTimeouts, send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.disclosure.gate import release, still_stands
from gateway.disclosure.held import WITHDRAWN
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Refusal, Release
from gateway.errors import HandoffError, NotUnderstood
from gateway.flows.referral import POSSIBLE_DUPLICATE
from gateway.logs import Event
from gateway.partners import FhirDelivery, MllpDelivery
from gateway.store import Intent, Transaction, intents, outbox

_MOST_AT_ONCE = 64
_MOST_OF_A_PARTNER = 16
_LOOK_AGAIN_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 900.0
_GIVE_UP_AFTER = timedelta(days=7)
PRACTICE = "PRACTICE"
_EVENTS = {
    "delivered": Event.DELIVERED,
    "refused": Event.DELIVERY_REFUSED,
    "retry": Event.DELIVERY_RETRIED,
    "unknown": Event.DELIVERY_UNKNOWN,
    "aborted": Event.DELIVERY_STOPPED,
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines of one attempt."""

    http: HttpTimeouts = field(default_factory=HttpTimeouts)
    mllp: MllpTimeouts = field(default_factory=MllpTimeouts)


class Sender:
    """Takes due intents and delivers them until it is told to stop."""

    def __init__(
        self, premises: Premises, client: httpx.AsyncClient, timeouts: Timeouts | None = None
    ) -> None:
        self._premises = premises
        self._client = client
        self._timeouts = timeouts or Timeouts()
        self._connections = MllpConnections()
        self._under_way: set[asyncio.Task[None]] = set()
        self._of_partner: dict[str, int] = {}
        self._stopping = False

    async def run(self) -> None:
        """Deliver until `stop`; comes back when nothing is under way any more."""
        while not self._stopping:
            self._premises.work_waiting.clear()
            claimed = await self._claim()
            for intent in claimed:
                self._start(intent)
            if not claimed:
                await self._wait()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def stop(self, seconds: float) -> None:
        """Take nothing new; give what is under way `seconds` to finish, then cut it (a restart finds it again)."""
        self._stopping = True
        self._premises.work_waiting.set()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=seconds)
            for task in late:
                task.cancel()
        self._connections.close()

    async def _claim(self) -> tuple[Intent, ...]:
        room = _MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return ()
        full = {partner for partner, number in self._of_partner.items() if number >= _MOST_OF_A_PARTNER}
        closed = {
            pid for pid, partner in self._premises.network.partners.items() if partner.state == "paused"
        }
        now = instant_text(self._premises.clock.now())
        with self._premises.store.read() as reading:
            if not intents.partners_due(reading, now) - full - closed:
                return ()
        try:
            return await self._premises.store.write(
                lambda tx: intents.claim_due(tx, now, min(room, _MOST_OF_A_PARTNER), full | closed)
            )
        except HandoffError as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return ()

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await self._premises.work_waiting.wait()

    def _start(self, intent: Intent) -> None:
        task = asyncio.create_task(self._deliver(intent))
        self._under_way.add(task)
        self._of_partner[intent.partner] = self._of_partner.get(intent.partner, 0) + 1

        def done(ended: asyncio.Task[None]) -> None:
            self._under_way.discard(ended)
            self._of_partner[intent.partner] -= 1
            self._premises.work_waiting.set()

        task.add_done_callback(done)

    async def _deliver(self, intent: Intent) -> None:
        """One attempt. What raises on the way releases nothing; the intent is tried again later."""
        try:
            made = await release(self._premises, intent)
            if isinstance(made, Refusal):
                logs.info(Event.HELD, intent_id=intent.id, partner=intent.partner, request_id=made.request_id)
                return
            outcome = await self._hand_over(intent, made)
            await self._record(intent, made, outcome)
        except asyncio.CancelledError:
            raise
        except NotUnderstood as error:
            # It cannot be written in the partner's format, now or later: a person must look.
            logs.fault(Event.DELIVERY_DEAD, error, intent_id=intent.id, partner=intent.partner)
            await self._end(intent, "dead", error.code, None)
        except Exception as error:  # noqa: BLE001  # one bad intent must not stop the others; it fails closed
            code = error.code if isinstance(error, HandoffError) else "INTERNAL"
            logs.fault(Event.TASK_FAILED, error, intent_id=intent.id, partner=intent.partner)
            await self._postpone(intent, code)

    async def _hand_over(self, intent: Intent, made: Release) -> DeliveryOutcome:
        partner = self._premises.network.partners[intent.partner]
        if partner.state == "test":
            return DeliveryOutcome("delivered", PRACTICE)

        async def before_handover() -> bool:
            return still_stands(self._premises, made)

        if isinstance(partner.delivery, FhirDelivery):
            return await push_bundle(
                self._client,
                partner.delivery.url,
                made.content,
                intent.id,
                self._timeouts.http,
                before_handover,
                clock=self._premises.clock,
            )
        if isinstance(partner.delivery, MllpDelivery):
            host, _, port = partner.delivery.address.rpartition(":")
            endpoint = MllpEndpoint(host, int(port))
            return await send_frame(
                self._connections,
                endpoint,
                made.content,
                made.control_id,
                self._timeouts.mllp,
                before_handover,
            )
        return DeliveryOutcome("refused", "NO_DELIVERY")

    async def _record(self, intent: Intent, made: Release, outcome: DeliveryOutcome) -> None:
        at = self._premises.clock.now()
        logs.info(_EVENTS[outcome.kind], intent_id=intent.id, partner=intent.partner, code=outcome.code)
        await self._premises.store.write(lambda tx: self._settle(tx, intent, made, outcome, at))

    def _settle(
        self, tx: Transaction, intent: Intent, made: Release, outcome: DeliveryOutcome, at: datetime
    ) -> None:
        now = instant_text(at)
        state, intent_state, reason, due_at = "failed", "retry", outcome.code, None
        if outcome.kind == "delivered":
            state, intent_state = "delivered", "delivered"
        elif outcome.kind == "refused":
            intent_state = "dead"
        elif outcome.kind == "aborted":
            # It was permitted a moment ago: when the next decision refuses, that is because it was withdrawn.
            intent_state, reason, due_at = "due", WITHDRAWN, now
        elif outcome.kind == "unknown":
            state = "unknown"
            if self._asks_a_person(intent.partner):
                intent_state = "unknown"
            else:
                reason = POSSIBLE_DUPLICATE
        if intent_state == "retry":
            intent_state, due_at = self._next_try(intent, at, outcome.retry_after)
        outbox.mark(tx, made.id, state, now)
        intents.finish(tx, intent.id, intent_state, now, reason, due_at=due_at)

    async def _postpone(self, intent: Intent, code: str) -> None:
        state, due_at = self._next_try(intent, self._premises.clock.now(), None)
        await self._end(intent, state, code, due_at)

    async def _end(self, intent: Intent, state: str, code: str, due_at: str | None) -> None:
        at = instant_text(self._premises.clock.now())
        try:
            await self._premises.store.write(
                lambda tx: intents.finish(tx, intent.id, state, at, code, due_at=due_at)
            )
        except HandoffError as error:
            # It stays `sending` and is found again at the next start.
            logs.warning(Event.STORE_BUSY, intent_id=intent.id, code=error.code)

    def _next_try(self, intent: Intent, at: datetime, retry_after: float | None) -> tuple[str, str | None]:
        """The next state and time: longer waits with jitter, the partner's own wish honoured, an end after a week."""
        if instant_text(at - _GIVE_UP_AFTER) > intent.created_at:
            return "dead", None
        wait = min(_FIRST_WAIT_SECONDS * 2 ** min(intent.attempts - 1, 12), _LONGEST_WAIT_SECONDS)
        wait *= random.uniform(0.75, 1.25)  # noqa: S311  # spreads retries; nothing secret
        return "retry", instant_text(at + timedelta(seconds=max(wait, retry_after or 0.0)))

    def _asks_a_person(self, partner_id: str) -> bool:
        delivery = self._premises.network.partners[partner_id].delivery
        return isinstance(delivery, FhirDelivery | MllpDelivery) and delivery.on_unknown == "ask"
