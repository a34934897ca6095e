"""What need not be kept for ever: the raw bytes of messages that were settled long ago, or that nobody corrected.

Each has a key of its own. It is destroyed together with the sealed bytes, so that neither the store nor a backup, opened
with the newest key backup, can show the message again; what became of it, and every record made of it, stays. How long
is the operator's to say (`HANDOFF_MESSAGE_DAYS`); without a word, settled messages stay.

A refused message is kept for no patient, and one that names nobody we know is found by no destruction of a key
(`gateway.flows.refused_about`): so it is bounded by time (`HANDOFF_REFUSED_DAYS`), after which it counts as rejected.
Its sender was told to correct it and has it still.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from functools import partial

from gateway.audit import append
from gateway.clock import Clock, instant_text
from gateway.errors import NotNow
from gateway.flows.decided_here import BY_TIME, act_entry
from gateway.store import Store, Transaction, destruction, inbox

MESSAGES_DESTROYED = "messages_destroyed"
SETTLED = ("accepted", "closed", "rejected", "replayed")
REFUSED = "needs_attention"
_BATCH = 200


class Retention:
    """Destroys settled messages older than `days` and refused ones older than `refused_days`, once an hour, until
    stopped; 0 keeps them.
    """

    def __init__(self, store: Store, clock: Clock, days: int, refused_days: int = 0) -> None:
        self._store = store
        self._clock = clock
        self._days = dict.fromkeys(SETTLED, days) | {REFUSED: refused_days}
        self._stopping = asyncio.Event()

    async def run(self, every_seconds: float = 3600.0) -> None:
        """Destroy what is old until `stop`. A busy store is tried again the next time."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                await self.destroy_old()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def destroy_old(self) -> int:
        """Destroy every message that is old enough; how many. Each batch is one transaction with its entry."""
        return sum([await self._destroy_in(state, days) for state, days in self._days.items() if days])

    async def _destroy_in(self, state: str, days: int) -> int:
        before = instant_text(self._clock.now() - timedelta(days=days))
        done, after = 0, ""
        while not self._stopping.is_set():
            found = await asyncio.to_thread(self._find, state, before, after)
            if not found:
                break
            done += await self._store.write(partial(self._destroy, [one for one, _ in found], state, before))
            after = found[-1][1]
        return done

    def _find(self, state: str, before: str, after: str) -> tuple[tuple[str, str], ...]:
        """In a thread: it looks at every message of the state, also at those destroyed before."""
        with self._store.read() as reading:
            return destruction.old_messages(reading, state, before, after, _BATCH)

    def _destroy(self, ids: list[str], state: str, before: str, tx: Transaction) -> int:
        at = instant_text(self._clock.now())
        if state == REFUSED:
            ids = [one for one in ids if _give_up(tx, one)]
        number = sum(destruction.destroy_message(tx, one, at) for one in ids)
        if number:
            kind = "refused" if state == REFUSED else "settled"
            said = f"{number} {kind} messages from before {before[:10]}, kept for {self._days[state]} days"
            append(tx, act_entry(MESSAGES_DESTROYED, at, said, by=BY_TIME))
            tx.wipe_after_commit()
        return number


def _give_up(tx: Transaction, message_id: str) -> bool:
    """Whether nobody has corrected the message meanwhile; it then counts as rejected."""
    kept = inbox.get(tx, message_id)
    if kept is None or kept.state != REFUSED:
        return False
    inbox.set_state(tx, message_id, "rejected", kept.faults)
    return True
