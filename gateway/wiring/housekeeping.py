"""What time brings: a consent that begins wakes what waited for it, what was held too long ends, what nobody answered in
time is told; expired ids of logins and tokens are forgotten.

After a start refusals are heard whose recorders have come to have to do with the person before that was looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from functools import partial

from gateway.clock import instant_text, new_id
from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.flows.heard_denials import hear_denials, unheard
from gateway.flows.held_requests import tidy_requests
from gateway.flows.unanswered import look_for_answers
from gateway.store import Transaction, intents, tokens

_PAUSE_SECONDS = 0.02
_STEP_BACK = timedelta(hours=1)
"""So much longer ids are kept: were the clock ahead and is set right again, what was used could be used once more."""


class Housekeeping:
    """Once a minute, until stopped: wakes what is held until now, ends what is held for over `held_days` (0: never),
    looks which referrals nobody has answered in time, and forgets expired token ids.
    """

    def __init__(self, premises: Premises, held_days: int = 0) -> None:
        self._premises = premises
        self._held_days = held_days
        self._stopping = asyncio.Event()
        self._has_heard = False

    async def run(self, every_seconds: float = 60.0) -> None:
        """Tidy until `stop`. A busy store is tried again the next time."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                if not self._has_heard:
                    await self._hear()
                if await self._premises.store.write(self._tidy):
                    self._premises.work_waiting.set()
                while await self._premises.store.write(self._look_for_answers):
                    await self._rest(_PAUSE_SECONDS)  # after an upgrade there may be many
            await self._rest(every_seconds)

    async def _hear(self) -> None:
        """Once: have refusals of an older store bind."""
        premises = self._premises

        def look() -> tuple[str, ...]:
            with premises.store.read() as reading:
                return unheard(reading)

        for patient_id in await asyncio.to_thread(look):
            at = premises.clock.now()
            await premises.store.write(
                partial(hear_denials, premises, patient_id=patient_id, at=at, request_id=new_id())
            )
        self._has_heard = True

    async def _rest(self, seconds: float) -> None:
        """So long, or until it is to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    def _tidy(self, tx: Transaction) -> int:
        at = self._premises.clock.now()
        now = instant_text(at)
        tokens.forget_expired(tx, instant_text(at - _STEP_BACK))
        tidy_requests(tx, at, self._held_days)
        return intents.wake_due(tx, now)

    def _look_for_answers(self, tx: Transaction) -> bool:
        return not self._stopping.is_set() and look_for_answers(
            self._premises, tx, self._premises.clock.now()
        )
