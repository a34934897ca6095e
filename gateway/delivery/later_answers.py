"""Sending application acknowledgements: HL7 v2 enhanced mode, MSH-16 (2.5.1 ch. 2.9.3), each a message of its own.

They tell a sender what it sent and what is wrong with it, and nothing else; so no consent is asked, as for an answer
on the same connection. An answer that is lost is asked for by sending the message again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway import logs
from gateway.clock import instant_text, read_instant
from gateway.delivery.mllp_push import send_frame
from gateway.delivery.outcome import DeliveryOutcome
from gateway.delivery.ways import PRACTICE, Ways
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.flows.later_answers import LaterAnswer, answers_due, partners_waiting, settle_answer
from gateway.flows.messages import Receipt
from gateway.logs import Event
from gateway.partners import MllpDelivery

Write = Callable[[str, bytes, Receipt], tuple[str, bytes] | None]
"""Partner, message and receipt to control id and answer; None when nothing is owed after all."""

_AT_ONCE = 16
_PARTNERS_AT_ONCE = 64
_LOOK_SECONDS = 0.5
_FIRST_WAIT_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 900.0
_GIVE_UP_AFTER = timedelta(days=7)


class LaterAnswers:
    """Sends what is owed until it is told to stop."""

    def __init__(self, premises: Premises, ways: Ways, write: Write) -> None:
        self._premises = premises
        self._ways = ways
        self._write = write
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._failed: dict[str, tuple[int, datetime]] = {}
        """Partners of whom something unforeseen was raised: how often in a row, and until when they are left alone."""

    async def run(self) -> None:
        """Send until `stop`; comes back when nothing is under way. One partner never waits for another."""
        self._running = asyncio.current_task()
        under_way: dict[str, asyncio.Task[None]] = {}
        try:
            while not self._stopping.is_set():
                self._begin(under_way)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _LOOK_SECONDS)
            if under_way:
                await asyncio.wait(under_way.values())
                self._take_out_ended(under_way)
        finally:
            for task in under_way.values():
                task.cancel()

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """Take nothing new; what is under way is cut after the grace, and goes again after the next start."""
        self._stopping.set()
        if self._running is not None:
            _, late = await asyncio.wait({self._running}, timeout=grace_seconds)
            for task in late:
                task.cancel()

    def _begin(self, under_way: dict[str, asyncio.Task[None]]) -> None:
        """Begin with every partner to whom something is due and nothing is under way, as long as there is room."""
        self._take_out_ended(under_way)
        try:
            waiting = partners_waiting(self._premises)
        except NotNow as error:
            logs.warning(Event.STORE_BUSY, code=error.code)
            return
        now = self._premises.clock.now()
        for partner in waiting:
            resting = partner in self._failed and now < self._failed[partner][1]
            if partner not in under_way and not resting and len(under_way) < _PARTNERS_AT_ONCE:
                under_way[partner] = asyncio.create_task(self._send_in_order(partner))

    def _take_out_ended(self, under_way: dict[str, asyncio.Task[None]]) -> None:
        """Take out what has ended. What it raised is one partner's trouble: said, and it is left alone."""
        for partner in [partner for partner, task in under_way.items() if task.done()]:
            task = under_way.pop(partner)
            error = None if task.cancelled() else task.exception()
            if error is None:
                self._failed.pop(partner, None)
            elif isinstance(error, NotNow):
                logs.warning(Event.STORE_BUSY, code=error.code)
            else:
                logs.fault(Event.TASK_FAILED, error, partner=partner)
                times = self._failed.get(partner, (0, None))[0]
                self._failed[partner] = (times + 1, self._premises.clock.now() + _wait_after(times))

    async def _send_in_order(self, partner: str) -> None:
        """Send what is due to one partner until it does not take something for passing reasons: it has a place among
        few, and what hangs once would hang again.
        """
        for answer in answers_due(self._premises, partner, _AT_ONCE):
            if self._stopping.is_set():
                return
            try:
                outcome = await self._send(answer)
            except Exception as unexpected:  # noqa: BLE001  # one answer must not hold up all others
                logs.fault(Event.TASK_FAILED, unexpected, message_id=answer.owed.message_id)
                outcome = DeliveryOutcome("retry", "INTERNAL")
            with contextlib.suppress(NotNow):
                await self._settle(answer, outcome)
            if outcome.kind not in ("delivered", "refused"):
                return

    async def _send(self, answer: LaterAnswer) -> DeliveryOutcome:
        partner_id = answer.owed.partner
        partner = self._premises.network.partners.get(partner_id)
        if partner is None:
            return DeliveryOutcome("refused", "PARTNER_LEFT")
        if answer.raw is None or answer.receipt is None:
            return DeliveryOutcome("refused", answer.trouble or "KEY_GONE")
        made = self._write(partner_id, answer.raw, answer.receipt)
        if made is None or partner.state == "test":
            return DeliveryOutcome("delivered", PRACTICE)
        if not isinstance(partner.delivery, MllpDelivery):
            return DeliveryOutcome("refused", "NO_DELIVERY")
        control_id, content = made
        endpoint = self._ways.endpoint(partner_id, partner.delivery)

        async def may_go() -> bool:
            return partner.state == "live"

        return await send_frame(
            self._ways.connections, endpoint, content, control_id, self._ways.timeouts.mllp, may_go
        )

    async def _settle(self, answer: LaterAnswer, outcome: DeliveryOutcome) -> None:
        at, owed = self._premises.clock.now(), answer.owed
        state, due_at = "due", at
        if outcome.kind == "delivered":
            state = "sent"
        elif outcome.kind == "refused" or at - _GIVE_UP_AFTER > read_instant(owed.asked_at):
            state = "given_up"
            facts = {"message_id": owed.message_id, "partner": owed.partner}
            logs.warning(Event.DELIVERY_DEAD, **facts, code=outcome.code)
        else:
            due_at = at + _wait_after(owed.attempts)
        await settle_answer(self._premises, answer, state, instant_text(due_at))


def _wait_after(times: int) -> timedelta:
    """How long to wait after so many tries before."""
    return timedelta(seconds=min(_FIRST_WAIT_SECONDS * 2 ** min(times, 10), _LONGEST_WAIT_SECONDS))
