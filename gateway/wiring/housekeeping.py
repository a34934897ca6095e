"""What has to be tidied now and then: used login and token ids that have expired."""

from __future__ import annotations

import asyncio
import contextlib

from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.store import Transaction, tokens


class Housekeeping:
    """Forgets expired token ids once a minute, until stopped."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = 60.0) -> None:
        """Tidy until `stop`. A busy store is tried again the next time."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                await self._premises.store.write(self._tidy)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    def _tidy(self, tx: Transaction) -> None:
        tokens.forget_expired(tx, instant_text(self._premises.clock.now()))
