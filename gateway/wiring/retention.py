"""What need not be kept for ever: the raw bytes of messages that were settled long ago, or that nobody corrected.

Each has a key of its own. It is destroyed together with the sealed bytes, so that neither the store nor a backup, opened
with the newest key backup, can show the message again; what became of it, and every record made of it, stays. How long
is the operator's to say (`HANDOFF_MESSAGE_DAYS`); without a word, settled messages stay.

A refused message is kept for no patient, and one that names nobody we know is found by no destruction of a key
(`gateway.flows.refused_about`): so it is bounded by time (`HANDOFF_REFUSED_DAYS`), after which it counts as rejected.
Its sender was told to correct it and has it still.

What falls under a legal hold is kept (`gateway.flows.held_messages`); the log says for which hold, when that changes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta
from functools import partial

from gateway.audit import append
from gateway.clock import Clock, instant_text
from gateway.errors import NotNow
from gateway.flows.decided_here import BY_TIME, act_entry
from gateway.flows.held_messages import under_hold
from gateway.flows.legal_holds import record_kept
from gateway.store import Store, Transaction, destruction, inbox
from gateway.store.legal_holds import LegalHold

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
        self._said: dict[LegalHold, int] = {}
        """For which holds the log was last told that messages are kept, and how many."""

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
        kept: Counter[LegalHold] = Counter()
        done = sum([await self._destroy_in(state, days, kept) for state, days in self._days.items() if days])
        if kept != self._said and not self._stopping.is_set():
            await self._store.write(partial(self._say_kept, kept))
            self._said = dict(kept)
        return done

    async def _destroy_in(self, state: str, days: int, kept: Counter[LegalHold]) -> int:
        before = instant_text(self._clock.now() - timedelta(days=days))
        done, after = 0, ("", "")
        while not self._stopping.is_set():
            found = await asyncio.to_thread(self._find, state, before, after)
            if not found:
                break
            number, held = await self._store.write(
                partial(self._destroy, [one for _, one in found], state, before)
            )
            done += number
            kept.update(held.values())
            after = found[-1]
        return done

    def _say_kept(self, kept: Counter[LegalHold], tx: Transaction) -> None:
        """A hold of which nothing more is kept was lifted, which has an entry of its own."""
        at = self._clock.now()
        for hold, number in kept.items():
            if self._said.get(hold) != number:
                record_kept(tx, hold, number, instant_text(at))

    def _find(self, state: str, before: str, after: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """In a thread: it looks at every message of the state, also at those destroyed before."""
        with self._store.read() as reading:
            return destruction.old_messages(reading, state, before, after, _BATCH)

    def _destroy(
        self, found: list[str], state: str, before: str, tx: Transaction
    ) -> tuple[int, dict[str, LegalHold]]:
        """How many were destroyed, and those that are kept for a hold that stands at this moment."""
        at = instant_text(self._clock.now())
        held = under_hold(tx, found)
        ids = [one for one in found if one not in held]
        if state == REFUSED:
            ids = [one for one in ids if _give_up(tx, one)]
        number = sum(destruction.destroy_message(tx, one, at) for one in ids)
        if number:
            kind = "refused" if state == REFUSED else "settled"
            said = f"{number} {kind} messages from before {before[:10]}, kept for {self._days[state]} days"
            append(tx, act_entry(MESSAGES_DESTROYED, at, said, by=BY_TIME))
            tx.wipe_after_commit()
        return number, held


def _give_up(tx: Transaction, message_id: str) -> bool:
    """Whether nobody has corrected the message meanwhile; it then counts as rejected."""
    kept = inbox.get(tx, message_id)
    if kept is None or kept.state != REFUSED:
        return False
    inbox.set_state(tx, message_id, "rejected", kept.faults)
    return True
