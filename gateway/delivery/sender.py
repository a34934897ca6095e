"""Sending what is due: decide, hand over, record what came of it. At every attempt anew.

One claimed intent of a lane at a time; lanes and partners are independent. Nothing is sent that the gate did not
release in this very attempt, and just before the first byte the ground is looked at once more (invariant I3). From
that byte on the intent is never put back as if nothing had left: what came of it is kept here and stored again, round
after round, until the store takes it; after a restart it is found as handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import httpx

from gateway import logs
from gateway.clock import instant_text, read_instant
from gateway.delivery.breaker import Breaker
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.ways import PRACTICE, Reach, Timeouts, Ways
from gateway.disclosure.gate import LastLook, release
from gateway.disclosure.handovers import account_for, interrupted
from gateway.disclosure.held import WITHDRAWN
from gateway.disclosure.premises import Premises
from gateway.disclosure.release import Refusal, Release
from gateway.errors import HandoffError, NotNow, NotUnderstood
from gateway.flows.referral import POSSIBLE_DUPLICATE
from gateway.logs import Event
from gateway.store import Intent, Transaction, intents, outbox, partner_pauses

_MOST_AT_ONCE = 64
_MOST_OF_A_PARTNER = 24
_LOOK_AGAIN_SECONDS = 1.0
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 900.0
_GIVE_UP_AFTER = timedelta(days=7)
_BETWEEN_BURSTS = timedelta(minutes=5)
INTERRUPTED = "INTERRUPTED"
_EVENTS = {
    "delivered": Event.DELIVERED,
    "refused": Event.DELIVERY_REFUSED,
    "retry": Event.DELIVERY_RETRIED,
    "unknown": Event.DELIVERY_UNKNOWN,
    "aborted": Event.DELIVERY_STOPPED,
}


Settling = Callable[[Transaction], None]
"""What is to be stored of an attempt that ended; stored twice it changes nothing."""


class Sender:
    """Takes due intents and delivers them until it is told to stop."""

    def __init__(
        self,
        premises: Premises,
        transport: httpx.AsyncBaseTransport,
        timeouts: Timeouts | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._premises = premises
        self.ways = Ways(premises, transport, timeouts or Timeouts(), reach or Reach())
        self._under_way: set[asyncio.Task[None]] = set()
        self._of_partner: dict[str, int] = {}
        self._unsettled: dict[str, Settling] = {}
        self._breaker = Breaker()
        self._answering: set[str] = set()
        self._just_answered: set[str] = set()
        self._brought_forward: dict[str, datetime] = {}
        self._stopping = False

    def resting(self) -> frozenset[str]:
        """The partners to whom nothing goes now, because they do not answer; as this process knows it."""
        return self._breaker.resting(self._premises.clock.now())

    def not_taking(self) -> frozenset[str]:
        """The partners of whom a person is to be told (`breaker.py`)."""
        return self._breaker.not_taking(self._premises.clock.now())

    async def run(self) -> None:
        """Deliver until `stop`; comes back when nothing is under way any more."""
        accounted = False
        await self._try_each()
        while not self._stopping:
            self._premises.work_waiting.clear()
            # Before anything is sent: what is handed over from then on is not what the last process left.
            accounted = accounted or self._account_for_interrupted()
            if not accounted:
                await self._wait()
                continue
            await self._settle_the_rest()
            await self._bring_forward()
            claimed = await self._claim()
            for intent in claimed:
                self._start(intent)
            if not claimed:
                await self._wait()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._settle_the_rest()

    async def stop(self, seconds: float) -> None:
        """Take nothing new; give what is under way `seconds` to finish, then cut it (a restart finds it again)."""
        self._stopping = True
        self._premises.work_waiting.set()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=seconds)
            for task in late:
                task.cancel()
        self.ways.close()

    async def _claim(self) -> tuple[Intent, ...]:
        room = _MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return ()
        full = {partner for partner, number in self._of_partner.items() if number >= _MOST_OF_A_PARTNER}
        closed = {
            pid for pid, partner in self._premises.network.partners.items() if partner.state == "paused"
        }
        at = self._premises.clock.now()
        now, probed = instant_text(at), self._breaker.to_probe(at)
        closed |= self._breaker.resting(at)
        try:
            with self._premises.store.read() as reading:
                due = intents.partners_due(reading, now)
                closed |= {one.partner for one in partner_pauses.every(reading)} if due else set()
        except NotNow as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return ()
        if not due - full - closed:
            return ()
        most = min(room, _MOST_OF_A_PARTNER)

        def claim(tx: Transaction) -> tuple[Intent, ...]:
            found = intents.claim_due(tx, now, most, full | closed | probed)
            for partner in sorted(probed & due - full - closed):
                found += intents.claim_due(tx, now, 1, due - {partner})
            return found

        try:
            claimed = await self._premises.store.write(claim)
        except HandoffError as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return ()
        for partner in probed & {intent.partner for intent in claimed}:
            self._breaker.probe(partner)
        return claimed

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
            self._breaker.ended(intent.partner)
            self._of_partner[intent.partner] -= 1
            self._premises.work_waiting.set()

        task.add_done_callback(done)

    async def _deliver(self, intent: Intent) -> None:
        """One attempt. What raises on the way releases nothing; the intent is tried again later."""
        settling: Settling
        made: Release | Refusal | None = None
        try:
            if intent.partner not in self._premises.network.partners:
                text = (
                    "has left the network; set it up again and have the message taken in again, or leave it"
                )
                raise NotUnderstood("PARTNER_LEFT", text, intent.partner)
            made = await release(self._premises, intent)
            if isinstance(made, Refusal):
                logs.info(Event.HELD, intent_id=intent.id, partner=intent.partner, request_id=made.request_id)
                return
            settling = await self._attempt(intent, made)
        except NotUnderstood as error:
            # It cannot be written in the partner's format, now or later, or nobody is there: a person must look.
            logs.fault(Event.DELIVERY_DEAD, error, intent_id=intent.id, partner=intent.partner)
            settling = self._ending(intent, made, "dead", error.code, None)
        except Exception as error:  # noqa: BLE001  # one bad intent must not stop the others; it fails closed
            code = error.code if isinstance(error, HandoffError) else "INTERNAL"
            logs.fault(Event.TASK_FAILED, error, intent_id=intent.id, partner=intent.partner)
            settling = self._postponing(intent, made, code)
        self._unsettled[intent.id] = settling
        await self._settle_one(intent.id)

    async def _attempt(self, intent: Intent, made: Release) -> Settling:
        """Hand `made` over; what to store of it. Raises only while nothing can have left."""
        last_look, began = LastLook(self._premises, made), self._premises.clock.now()
        try:
            outcome = await self._outcome(intent.partner, made, last_look)
        except asyncio.CancelledError:
            # Cut at a stop: what may have left is recorded before the process ends.
            if last_look.said_yes:
                outcome = DeliveryOutcome("unknown", INTERRUPTED)
                self._unsettled[intent.id] = self._settling(intent, made, outcome, left=True)
            else:
                now = instant_text(self._premises.clock.now())
                self._unsettled[intent.id] = self._ending(intent, made, "retry", INTERRUPTED, now)
            raise
        except Exception as error:
            if not last_look.said_yes:
                raise
            logs.fault(Event.TASK_FAILED, error, intent_id=intent.id, partner=intent.partner)
            outcome = DeliveryOutcome("unknown", "INTERNAL")
        logs.info(_EVENTS[outcome.kind], intent_id=intent.id, partner=intent.partner, code=outcome.code)
        self._heed(intent.partner, outcome, began)
        lost_before = outcome.kind == "retry" and outcome.code == "CONNECTION_LOST"
        return self._settling(intent, made, outcome, left=last_look.said_yes and not lost_before)

    async def _outcome(self, partner: str, made: Release, last_look: LastLook) -> DeliveryOutcome:
        """What came of handing `made` over; what is practice goes to nobody, though the partner be live."""
        if made.entry.kind == "practice":
            return DeliveryOutcome("delivered", PRACTICE)
        return await self.ways.hand_over(partner, made, last_look)

    async def _try_each(self) -> None:
        """What kept a partner away may have ended with the last process: of each, one retry finds out now, unless it is
        the partner that wants to be left alone.
        """
        now = instant_text(self._premises.clock.now())
        with contextlib.suppress(HandoffError):
            with self._premises.store.read() as reading:
                waiting = {partner for partner, state in intents.counts_by_state(reading) if state == "retry"}
                firsts = [one for name in waiting for one in intents.in_state(reading, "retry", 1, name)]
            partners = {one.partner for one in firsts if not _is_wished(one)}
            if partners:
                await self._premises.store.write(lambda tx: intents.bring_one_forward(tx, partners, now))

    async def _bring_forward(self) -> None:
        """What waits to be tried again toward a partner that answers goes now; not what it asked to wait for long.

        Once in five minutes: one that answers and stops again and again is not asked for all of it each time.
        """
        at = self._premises.clock.now()
        now, latest = instant_text(at), instant_text(at + timedelta(seconds=2 * _LONGEST_WAIT_SECONDS))
        for partner in tuple(self._just_answered):
            if partner in self._brought_forward and at - self._brought_forward[partner] < _BETWEEN_BURSTS:
                continue
            with contextlib.suppress(HandoffError):
                await self._premises.store.write(
                    partial(intents.bring_forward, partner=partner, now=now, latest=latest)
                )
                self._just_answered.discard(partner)
                self._brought_forward[partner] = at

    def _heed(self, partner: str, outcome: DeliveryOutcome, began: datetime) -> None:
        """Leave the partner alone when it does not answer, and say so; say so too when it answers again."""
        if outcome.kind == "delivered" and partner not in self._answering:
            self._answering.add(partner)
            self._just_answered.add(partner)
        changed = self._breaker.told(partner, outcome, self._premises.clock.now(), began)
        if changed:
            self._answering.discard(partner)
        if changed is not None:
            event = Event.PARTNER_NOT_ANSWERING if changed else Event.PARTNER_ANSWERS
            logs.warning(event, partner=partner, code=outcome.code)

    async def _settle_the_rest(self) -> None:
        """Store again what the store did not take before."""
        for key in tuple(self._unsettled):
            await self._settle_one(key)

    async def _settle_one(self, key: str) -> None:
        settling = self._unsettled.get(key)
        if settling is None:
            return
        try:
            await self._premises.store.write(settling)
        except Exception as error:  # noqa: BLE001  # what has happened must be recorded, however long it takes
            code = error.code if isinstance(error, HandoffError) else "INTERNAL"
            logs.warning(Event.STORE_BUSY, intent_id=key, code=code)
            return
        if self._unsettled.get(key) is settling:
            del self._unsettled[key]

    def _account_for_interrupted(self) -> bool:
        """Pushes that were handed over when the last process ended: they may have arrived, and are accounted for.

        False: the store cannot be asked at the moment.
        """
        try:
            with self._premises.store.read() as reading:
                found = outbox.pushes_handed_over(reading)
        except NotNow as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return False
        at = self._premises.clock.now()
        for row in found:
            self._unsettled[row.id] = partial(interrupted, release_id=row.id, code=INTERRUPTED, at=at)
        return True

    def _settling(self, intent: Intent, made: Release, outcome: DeliveryOutcome, *, left: bool) -> Settling:
        at = self._premises.clock.now()
        now, state, reason, due_at = instant_text(at), "failed", outcome.code, None
        intent_state = "retry"
        if outcome.kind == "delivered":
            state = intent_state = "delivered"
        elif outcome.kind == "refused":
            intent_state = "dead"
        elif outcome.kind == "aborted":
            # It was permitted a moment ago: when the next decision refuses, that is because it was withdrawn.
            intent_state, reason, due_at = "due", WITHDRAWN, now
        elif outcome.kind == "unknown":
            state = "unknown"
            if self._premises.network.asks_a_person(intent.partner):
                intent_state = "unknown"
            else:
                reason = POSSIBLE_DUPLICATE
        if intent_state == "retry":
            intent_state, due_at = self._next_try(intent, at, outcome.retry_after)

        def settle(tx: Transaction) -> None:
            if not outbox.close(tx, made.id, state, now):
                return  # stored before
            if left:
                account_for(tx, made.id, made.entry, outcome.kind, outcome.code, at)
            if intents.end_attempt(tx, intent, intent_state, now, reason, due_at):
                return
            # Another process has it now. Where it has put it back and nobody is sending it, that it was delivered is
            # true all the same, and spares a repeat.
            present = intents.get(tx, intent.id)
            if present is not None and outcome.kind == "delivered" and present.state in ("retry", "unknown"):
                intents.end(tx, present, intent_state, now, reason, due_at)

        return settle

    def _postponing(self, intent: Intent, made: Release | Refusal | None, code: str) -> Settling:
        state, due_at = self._next_try(intent, self._premises.clock.now(), None)
        return self._ending(intent, made, state, code, due_at)

    def _ending(
        self, intent: Intent, made: Release | Refusal | None, state: str, code: str, due_at: str | None
    ) -> Settling:
        """What to store of an attempt of which nothing left."""
        at = instant_text(self._premises.clock.now())

        def end(tx: Transaction) -> None:
            if isinstance(made, Release):
                outbox.mark(tx, made.id, "failed", at)
            intents.end_attempt(tx, intent, state, at, code, due_at)

        return end

    def _next_try(self, intent: Intent, at: datetime, retry_after: float | None) -> tuple[str, str | None]:
        """The next state and time: longer waits with jitter, the partner's own wish honoured, an end after a week.

        The week counts from the first try since it last became due, not while it waited for a consent. No wait is longer
        than it has been tried so far: attempts that our own end cut short say nothing of the partner.
        """
        if intent.first_tried_at and instant_text(at - _GIVE_UP_AFTER) > intent.first_tried_at:
            return "dead", None
        wait = min(_FIRST_WAIT_SECONDS * 2 ** min(intent.attempts - 1, 12), _LONGEST_WAIT_SECONDS)
        if intent.first_tried_at:
            tried = (at - read_instant(intent.first_tried_at)).total_seconds()
            wait = min(wait, max(_FIRST_WAIT_SECONDS, tried))
        wait *= random.uniform(0.75, 1.25)  # noqa: S311  # spreads retries; nothing secret
        return "retry", instant_text(at + timedelta(seconds=max(wait, retry_after or 0.0)))


def _is_wished(intent: Intent) -> bool:
    """Whether it waits longer than it would of itself (`Sender._next_try`): its receiver asked for that."""
    longest = 1.25 * min(_FIRST_WAIT_SECONDS * 2 ** min(intent.attempts - 1, 12), _LONGEST_WAIT_SECONDS)
    waits = read_instant(intent.due_at) - read_instant(intent.updated_at)
    return waits > timedelta(seconds=longest)
