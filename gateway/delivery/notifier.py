"""Sending the notices of Subscriptions: one at a time for each, in order, again and again until they are taken.

What may be told is decided by `flows.subscription_events`, at each attempt anew; an endpoint that hangs holds up its own
subscription alone. After a restart everything goes on from what is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import partial

import httpx

from gateway import logs
from gateway.delivery.http_push import HttpTimeouts, post
from gateway.delivery.notice_mail import SendMail, mail_notice
from gateway.delivery.outcome import DeliveryOutcome
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.flows.subscription_events import ToTell, collect, due, may_leave, settle
from gateway.flows.subscription_topics import by_mail
from gateway.logs import Event

_LOOK_SECONDS = 0.5
_AT_ONCE = 32


class Notifier:
    """Tells subscribers what they may know until it is told to stop."""

    def __init__(
        self,
        premises: Premises,
        transport: httpx.AsyncBaseTransport,
        base: Callable[[], str],
        timeouts: HttpTimeouts | None = None,
        mail: SendMail | None = None,
    ) -> None:
        self._premises = premises
        self._transport = transport
        self._base = base
        self._mail = mail
        self._timeouts = timeouts or HttpTimeouts(attempt=10.0)
        self._stopping = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._told_at: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look and send until `stop`; comes back when nothing is under way."""
        try:
            while not self._stopping.is_set():
                more = await self.look()
                if not more:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)
            if self._under_way:
                await asyncio.wait(self._under_way.values(), timeout=self._timeouts.attempt)
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def stop(self) -> None:
        """Take nothing new."""
        self._stopping.set()

    async def look(self) -> bool:
        """Find what has changed and begin to send what is due; whether there is more to look at."""
        try:
            more = await collect(self._premises)
            for to_tell in await due(self._premises, self._told_at, self._base(), self._busy()):
                task = asyncio.create_task(self._tell(to_tell))
                self._under_way[to_tell.made.id] = task
                task.add_done_callback(partial(self._ended, to_tell.made.id))
        except NotNow as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return False
        except Exception as error:  # noqa: BLE001  # one subscription must not end the gateway
            logs.fault(Event.TASK_FAILED, error)
            return False
        return more

    async def settled(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way.values()))
            await asyncio.sleep(0)

    def _busy(self) -> frozenset[str] | None:
        """Subscriptions of which something is under way; None: no room for any more."""
        return frozenset(self._under_way) if len(self._under_way) < _AT_ONCE else None

    def _ended(self, subscription_id: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(subscription_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logs.fault(Event.TASK_FAILED, error)

    async def _tell(self, to_tell: ToTell) -> None:
        try:
            outcome = await self._handed_over(to_tell)
        except NotNow as error:  # the store was busy just before the first byte: nothing left
            outcome = DeliveryOutcome("retry", error.code)
        if outcome.kind == "delivered":
            self._told_at[to_tell.made.id] = self._premises.clock.now()
        event = Event.DELIVERED if outcome.kind == "delivered" else Event.DELIVERY_RETRIED
        logs.info(event, partner=to_tell.made.partner, kind=to_tell.kind, code=outcome.code)
        await settle(self._premises, to_tell, outcome.kind, outcome.code, outcome.retry_after or 0.0)

    async def _handed_over(self, to_tell: ToTell) -> DeliveryOutcome:
        asked_last = partial(may_leave, self._premises, to_tell)
        if by_mail(to_tell.made):
            return await mail_notice(self._mail, to_tell, asked_last)
        headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
        if to_tell.authorization:
            headers["Authorization"] = to_tell.authorization
        return await post(
            self._transport,
            to_tell.made.endpoint,
            to_tell.content,
            {**headers, "Idempotency-Key": to_tell.key},
            self._timeouts,
            asked_last,
            self._premises.clock,
        )
