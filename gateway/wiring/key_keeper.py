"""Rotation of the wrapping key of one network folder, in a running gateway or without one.

Nothing becomes unreadable at any moment: the files are changed first, in the order of `gateway.security.rotation`, and
each data key is replaced in the transaction that wraps it anew. Killed in between, some keys are under the old one and
some under the new; both files are there, and the next start goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from gateway import logs
from gateway.audit import append
from gateway.clock import Clock, SystemClock, instant_text
from gateway.errors import NotNow, NotUnderstood
from gateway.flows.decided_here import BY_A_PERSON, BY_TIME, act_entry
from gateway.logs import Event
from gateway.security.keys import read_store_keys
from gateway.security.rotation import RetiredKey, destroy_key_file, retired_keys, rotate_files
from gateway.store import Store, Transaction
from gateway.wiring.backup_notes import KEY_BACKUP_DAYS
from gateway.wiring.kept_notes import last_backup
from gateway.wiring.network_folder import NetworkFolder

_BATCH = 500
_BATCHES_A_CALL = 20
_BELIEVED = timedelta(minutes=10)
FolderAct = Callable[[str, str], Awaitable[dict[str, Any]]]


class KeyKeeper:
    """Rotates, wraps anew what is left under an older key, and destroys keys that nothing needs any more."""

    def __init__(self, folder: NetworkFolder, store: Store, clock: Clock | None = None) -> None:
        self._folder = folder
        self._store = store
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        # The key under which everything was found wrapped, and until when that is believed.
        self._all_under = ""
        self._believed_until = self._clock.now()

    def acts(self) -> Mapping[str, FolderAct]:
        """What an operator may ask for, by the words of the command; each is told what it is about and why."""
        return {"keys rotate": self.rotate, "keys rewrap": self.rewrap, "keys retire": self.retire}

    async def run(self, every_seconds: float = 60.0) -> None:
        """Once a minute, until `stop`: go on with what a kill cut off, and destroy what has served its time."""
        while not self._stopping.is_set():
            with contextlib.suppress(NotNow):
                after, left = "", True
                while left and not self._stopping.is_set():
                    done = await self.rewrap(after, "")
                    after, left = done["after"], done["left"]
                await self.retire("", "")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), every_seconds)

    async def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def rotate(self, _about: str, reason: str) -> dict[str, Any]:
        """Make a new wrapping key the present one. Raises NotUnderstood `REASON_MISSING`, NotNow `STORE_SHARED`.

        The log says so before it is done: an entry without its rotation misleads nobody, a rotation without its entry
        could.
        """
        if not reason.strip():
            raise NotUnderstood("REASON_MISSING", "say why; the audit log keeps it", "--reason")
        await self._require_alone()
        before = self._folder.keys.provider.current_id
        await self._audit("keys_rotated", before, reason)
        rotated = rotate_files(self._folder.keys_folder, self._clock.now())
        self._folder.keys.provider.use(read_store_keys(self._folder.keys_folder))
        return {"outcome": "keys_rotated", "before": rotated.before, "now": rotated.now}

    async def rewrap(self, after: str, _reason: str) -> dict[str, Any]:
        """Wrap up to 10,000 data keys anew, from scope `after` on; how many, and where to go on while `left`."""
        keys, done = self._folder.keys, 0
        if await asyncio.to_thread(keys.provider.read_again):
            self._all_under = ""
        present, now = keys.provider.current_id, self._clock.now()
        if self._all_under == present and now < self._believed_until:
            return {"rewrapped": 0, "after": after, "left": False}
        if not await asyncio.to_thread(self._any_left, present):
            # Not for ever: a process that had not heard of it may since have wrapped under the former one.
            self._all_under, self._believed_until = present, now + _BELIEVED
            return {"rewrapped": 0, "after": after, "left": False}
        for _ in range(_BATCHES_A_CALL):
            # A transaction for each batch: messages are taken in between.
            made = await self._store.write(partial(keys.cipher.rewrap, limit=_BATCH, after=after))
            done, after = done + made.count, made.after
            if made.count < _BATCH:
                # Whoever began in the middle has not seen the beginning: the next call looks at all of them.
                return {"rewrapped": done, "after": "", "left": False}
        return {"rewrapped": done, "after": after, "left": True}

    async def retire(self, _about: str, reason: str) -> dict[str, Any]:
        """Destroy the files of keys under which nothing is wrapped, neither here nor in a key backup that counts.

        A key backup counts for 30 days; a `reason` says that no older backup is needed and ends that at once. The last
        backup always counts: without its wrapping key there would be none.
        """
        await self._require_alone()
        destroyed, kept = [], []
        await asyncio.to_thread(self._folder.keys.provider.read_again)
        latest = self._clock.now() - timedelta(days=KEY_BACKUP_DAYS)
        for key in retired_keys(self._folder.keys_folder):
            if (key.until > latest and not reason.strip()) or await asyncio.to_thread(self._in_use, key):
                kept.append(key.id)
                continue
            await self._audit("wrapping_key_destroyed", key.id, reason)
            destroy_key_file(key.path)
            destroyed.append(key.id)
        if destroyed:
            self._folder.keys.provider.use(read_store_keys(self._folder.keys_folder))
        return {"destroyed": destroyed, "kept": kept}

    async def _require_alone(self) -> None:
        """Raise NotNow `STORE_SHARED` while another process writes here: it would go on wrapping under a key
        that it took from a file which is then destroyed.
        """
        if not await asyncio.to_thread(self._store.is_alone):
            raise NotNow(
                "STORE_SHARED",
                "wrapping keys change with one gateway running, and that with one worker; stop the others",
            )

    def _any_left(self, present: str) -> bool:
        """Whether a data key is under another key than `present`: a look at all of them, hence in a thread."""
        with self._store.read() as reading:
            return reading.row("data_key.any_under_other_key", {"kek_id": present}) is not None

    def _in_use(self, key: RetiredKey) -> bool:
        last = last_backup(self._folder.path) or {}
        if key.id == self._folder.keys.provider.current_id or key.id in last.get("wrapped_by", ()):
            return True
        with self._store.read() as reading:
            return any(row["kek_id"] == key.id for row in reading.rows("data_key.count_by_kek"))

    async def _audit(self, outcome: str, key_id: str, reason: str) -> None:
        by = BY_A_PERSON if reason.strip() else BY_TIME
        at = instant_text(self._clock.now())
        entry = act_entry(outcome, at, reason.strip(), subject=key_id, by=by, rule="45 CFR 164.312(a)")

        def work(tx: Transaction) -> None:
            append(tx, entry)

        await self._store.write(work)
        logs.info(Event.KEYS_CHANGED, outcome=outcome)
