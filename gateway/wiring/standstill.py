"""After a restore nothing leaves until a named person says so: neither what waits to be sent nor what is asked for.

The note `paused.json` stands in the network's folder before the restored store gets its name, so that no gateway ever
runs on such a store without it. Messages are taken in meanwhile.

In a database that several gateways share, the standstill is kept in the database itself and holds for all of them, also
for one on another machine: no statement gives out what is due (`intents.due_of_partner`), and each gateway looks once a
second. There the note only tells what the restore found; a machine without it counts as one where that is not known.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from gateway import logs
from gateway.audit import append
from gateway.clock import Clock, SystemClock, instant_text
from gateway.errors import Internal, NotFound, NotNow, NotUnderstood
from gateway.flows.decided_here import act_entry
from gateway.logs import Event
from gateway.security.rotation import sync_folder
from gateway.store import Store, Transaction
from gateway.wiring.kept_notes import MAY_BE_MISSING, PAUSED_FILE, paused

RESUMED = "resumed_after_restore"
CHECKED = "consents checked"
_LOOK_AGAIN_SECONDS = 1.0
P = ParamSpec("P")
T = TypeVar("T")


class Standstill:
    """Whether the gateway of a folder stands still after a restore, and the end of it."""

    def __init__(self, folder: Path, store: Store, clock: Clock | None = None) -> None:
        self._file = folder / PAUSED_FILE
        self._store = store
        self._clock = clock or SystemClock()
        self._over = asyncio.Event()
        if self._stands():
            logs.warning(Event.PAUSED_AFTER_RESTORE)
        else:
            self._over.set()

    @property
    def is_over(self) -> bool:
        """Whether the gateway may send and answer."""
        return self._over.is_set()

    async def watch(self, stopping: asyncio.Event) -> None:
        """Hear of what others do on a shared store, until it is to stop.

        Raises Internal `STORE_ROLLED_BACK` when a backup took the store's place under a gateway that was sending: what
        that one knows is of another store. It ends, and stands still when it is started again.
        """
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _LOOK_AGAIN_SECONDS)
            with contextlib.suppress(NotNow):
                stands = await asyncio.to_thread(self._stands)
                if stands and self._over.is_set():
                    raise Internal("STORE_ROLLED_BACK", "a backup took the place of the store")
                if not stands and not self._over.is_set():
                    self._end()

    def acts(self) -> Mapping[str, Callable[[str, str], Awaitable[dict[str, Any]]]]:
        """What an operator may ask for, by the words of the command."""
        return {"db resume": self.resume}

    async def then(self, run: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
        """`run()` once the standstill is over; nothing when it is to stop before."""
        waits = [asyncio.ensure_future(self._over.wait()), asyncio.ensure_future(stopping.wait())]
        _, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in left:
            wait.cancel()
        if self._over.is_set():
            await run()

    def guard(self, door: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """`door`, which answers `PAUSED_AFTER_RESTORE` until the standstill is over."""

        async def guarded(*given: P.args, **named: P.kwargs) -> T:
            if not self._over.is_set():
                raise NotNow(
                    "PAUSED_AFTER_RESTORE", "nothing is given out at the moment", retry_after_seconds=300
                )
            return await door(*given, **named)

        return guarded

    async def resume(self, about: str, reason: str) -> dict[str, Any]:
        """End the standstill. `about` is `consents checked`: the person says that she has asked the agencies for
        withdrawals and denials of the time in which entries may be missing. No restore knows of the last moments before
        the loss, so it is always demanded.

        Raises NotFound `NOT_PAUSED`, NotUnderstood `REASON_MISSING`, `CONSENTS_NOT_CHECKED`.
        """
        if not await asyncio.to_thread(self._stands):
            raise NotFound("NOT_PAUSED", "the gateway does not stand still after a restore")
        if not reason.strip():
            raise NotUnderstood("REASON_MISSING", "say why; the audit log keeps it", "--reason")
        note = paused(self._file.parent) or {}
        if about != CHECKED:
            text = (
                f"what was withdrawn or refused from {note.get(MAY_BE_MISSING, 'the backup')} on may be lost;"
            )
            text += " ask the agencies, then add --consents-checked"
            raise NotUnderstood("CONSENTS_NOT_CHECKED", text)
        at = instant_text(self._clock.now())
        said = f"{reason.strip()}; {about}" if about else reason.strip()

        def work(tx: Transaction) -> None:
            append(tx, act_entry(RESUMED, at, said, subject=str(note.get("backup", ""))))
            if self._store.is_shared:
                tx.execute("processes.end_standstill")

        # The entry first: killed in between, the gateway of a file still stands still, and somebody says so again.
        await self._store.write(work)
        self._end()
        return {"outcome": RESUMED}

    def _stands(self) -> bool:
        """Whether nothing may leave; where several gateways share a store, by what stands in it."""
        if not self._store.is_shared:
            return paused(self._file.parent) is not None
        with self._store.read() as reading:
            return reading.row("processes.standstill") is not None

    def _end(self) -> None:
        self._file.unlink(missing_ok=True)
        sync_folder(self._file.parent)
        self._over.set()
