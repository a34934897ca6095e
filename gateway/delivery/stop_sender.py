"""Sending stop notices after withdrawals: each partner's in order of its own, again and again until it takes them.

What is to be told is read from the log (`flows.stop_sending`) and so needs no queue of its own: after a restart, or when
another process takes over, it is found again. A partner that hangs holds up itself alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta

from gateway import logs
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.ways import Ways
from gateway.disclosure.premises import Premises
from gateway.errors import HandoffError, NotNow
from gateway.flows.stop_notices import ToTell, settle_withdrawals
from gateway.flows.stop_sending import (
    begun,
    given,
    last_withdrawal,
    may_be_told,
    not_taken,
    sends_notices,
    to_send,
    written,
)
from gateway.logs import Event

_LOOK_SECONDS = 1.0
_AGAIN = timedelta(minutes=5)
"""What was being sent during a withdrawal is accounted for a moment later: so long after, all are looked at again."""
_SETTLED_EVERY = timedelta(hours=1)
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 5.0, 900.0
_PARTNERS_AT_ONCE = 16


class StopSender:
    """Tells recipients to stop until it is told to stop itself."""

    def __init__(self, premises: Premises, ways: Ways) -> None:
        self._premises = premises
        self._ways = ways
        self._stopping = asyncio.Event()
        self._seen, self._looked_at = -1, premises.clock.now()
        self._settled_at: datetime | None = None
        self._waiting: tuple[ToTell, ...] = ()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._rests: dict[str, tuple[int, datetime]] = {}
        """Partners that did not take one for passing reasons: how often in a row, and until when they are left alone."""

    async def run(self) -> None:
        """Look and send until `stop`; comes back when nothing is under way."""
        try:
            while not self._stopping.is_set():
                await self.look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)
            await self.settled()
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Take nothing new; what is under way is cut after the grace, and found again at the next start."""
        self._stopping.set()
        if self._under_way:
            _, late = await asyncio.wait(tuple(self._under_way.values()), timeout=grace_seconds)
            for task in late:
                task.cancel()

    async def settled(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(tuple(self._under_way.values()))
            await asyncio.sleep(0)

    async def look(self) -> None:
        """Find whom to tell, and begin with every partner of whom nothing is under way."""
        try:
            await self._find()
        except NotNow as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return
        now = self._premises.clock.now()
        for partner in sorted({one.partner for one in self._waiting}):
            resting = partner in self._rests and now < self._rests[partner][1]
            live = sends_notices(self._premises.network.partners[partner])
            if (
                live
                and not resting
                and partner not in self._under_way
                and len(self._under_way) < _PARTNERS_AT_ONCE
            ):
                task = asyncio.create_task(self._tell_all(partner))
                self._under_way[partner] = task
                task.add_done_callback(lambda ended, of=partner: self._ended(of, ended))  # type: ignore[misc]

    async def _find(self) -> None:
        now = self._premises.clock.now()

        def last() -> int:
            with self._premises.store.read() as reading:
                return last_withdrawal(reading)

        seen = await asyncio.to_thread(last)
        if seen != self._seen or now - self._looked_at >= _AGAIN:
            self._waiting = await asyncio.to_thread(to_send, self._premises)
            self._seen, self._looked_at = seen, now
        if self._settled_at is None or now - self._settled_at >= _SETTLED_EVERY:
            self._settled_at = now
            await settle_withdrawals(self._premises)

    def _ended(self, partner: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(partner, None)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if isinstance(error, NotNow):
            logs.warning(Event.STORE_BUSY, code=error.code)
        else:
            logs.fault(Event.TASK_FAILED, error, partner=partner)
        self._rest(partner)

    async def _tell_all(self, partner: str) -> None:
        for about in reversed([one for one in self._waiting if one.partner == partner]):
            if self._stopping.is_set() or not await self._tell(about):
                return
            self._waiting = tuple(one for one in self._waiting if one is not about)
            self._rests.pop(partner, None)

    async def _tell(self, about: ToTell) -> bool:
        """Whether this one is done with."""
        now = await begun(self._premises, about)
        if now is None:
            return True
        outcome = await self._sent(now)
        asks = outcome.kind == "unknown" and self._premises.network.asks_a_person(about.partner)
        event = Event.DELIVERED if outcome.kind == "delivered" else Event.DELIVERY_RETRIED
        if outcome.kind == "delivered":
            await given(self._premises, about, outcome.code)
        elif outcome.kind == "refused" or asks:
            event = Event.DELIVERY_DEAD
            await not_taken(self._premises, about, outcome.code)
        else:
            self._rest(about.partner)
        logs.info(event, partner=about.partner, kind="stop", code=outcome.code)
        return event != Event.DELIVERY_RETRIED

    async def _sent(self, about: ToTell) -> DeliveryOutcome:
        left = False

        async def may_go() -> bool:
            nonlocal left
            left = await asyncio.to_thread(may_be_told, self._premises, about.partner)
            return left

        try:
            return await self._ways.hand_over(about.partner, written(self._premises, about), may_go)
        except HandoffError as error:
            return DeliveryOutcome("unknown" if left else "retry", error.code)

    def _rest(self, partner: str) -> None:
        times = self._rests.get(partner, (0, None))[0]
        wait = min(_FIRST_WAIT_SECONDS * 2 ** min(times, 10), _LONGEST_WAIT_SECONDS)
        self._rests[partner] = (times + 1, self._premises.clock.now() + timedelta(seconds=wait))
