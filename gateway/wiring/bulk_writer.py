"""Writes the bulk exports that wait, patient by patient; what has ended is deleted."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.flows.bulk_export import write_waiting
from gateway.store import bulk_exports

_ROUNDS_BETWEEN_TIDYING = 600


class BulkWriter:
    """Looks for exports to write until stopped. One that a stopped gateway had begun goes on where it was."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = 0.5) -> None:
        """Write what waits until `stop`. A busy store is tried again the next time."""
        rounds = 0
        while not self._stopping.is_set():
            wrote = False
            with contextlib.suppress(NotNow):
                if rounds % _ROUNDS_BETWEEN_TIDYING == 0:
                    now = instant_text(self._premises.clock.now())
                    await self._premises.store.write(partial(bulk_exports.drop_ended, now=now))
                wrote = await write_waiting(self._premises)
            rounds += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.001 if wrote else every_seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()
