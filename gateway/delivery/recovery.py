"""What a process was sending that ended without a word: sent again by another, or left to a person.

Only where several processes share a database; alone, a process does this once, at its start.
"""

from __future__ import annotations

import asyncio
import contextlib

from gateway.clock import instant_text
from gateway.delivery.sender import INTERRUPTED
from gateway.disclosure.handovers import interrupted
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.store import Transaction, intents, outbox


class Recovery:
    """Looks for it again and again, until stopped."""

    def __init__(self, premises: Premises, first_after_seconds: float) -> None:
        self._premises = premises
        self._first_after = first_after_seconds
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = 3.0) -> None:
        """Look until `stop`. Not at once: after a failure of the database, all have to say first that they live."""
        wait = self._first_after
        while not await self._stops_within(wait):
            wait = every_seconds
            with contextlib.suppress(NotNow):
                if self._is_needed():
                    await self._premises.store.write(self._recover)
                    self._premises.work_waiting.set()

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def _stops_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    def _is_needed(self) -> bool:
        with self._premises.store.read() as reading:
            return bool(intents.is_sending_left(reading) or outbox.pushes_handed_over(reading))

    def _recover(self, tx: Transaction) -> None:
        """Bytes that may have left are accounted for; then what was in flight goes again, or to a person."""
        at, network = self._premises.clock.now(), self._premises.network
        asks = [partner_id for partner_id in network.partners if network.asks_a_person(partner_id)]
        handed_over = outbox.pushes_handed_over(tx)
        intents.recover_sending(tx, instant_text(at), asks)
        for row in handed_over:
            interrupted(tx, row.id, INTERRUPTED, at)
