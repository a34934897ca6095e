"""A store under which consents move or whose writes fail: the faults that the gate must survive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from gateway.disclosure.premises import Premises
from gateway.errors import NotNow
from gateway.store import Reading, Store, Transaction, patients


class UnsteadyStore:
    """The real store, but the patient's consents change just before (or after) each of the first `times` writes."""

    def __init__(self, store: Store, patient_id: str, times: int, *, after: bool = False) -> None:
        self._store = store
        self._patient_id = patient_id
        self._left = times
        self._after = after

    async def _move(self) -> None:
        self._left -= 1
        await self._store.write(lambda tx: patients.raise_epoch(tx, self._patient_id))

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        moves = self._left > 0
        if moves and not self._after:
            await self._move()
        done = await self._store.write(work)
        if moves and self._after:
            await self._move()
        return done

    def read(self) -> AbstractContextManager[Reading]:
        return self._store.read()

    async def close(self) -> None:
        await self._store.close()


class FullStore:
    """The real store to read from, but nothing can be written: after `works` writes the disk is full."""

    def __init__(self, store: Store, works: int = 0) -> None:
        self._store = store
        self._left = works

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        if self._left <= 0:
            raise NotNow("STORE_BUSY", "the disk does not take it")
        self._left -= 1
        return await self._store.write(work)

    def read(self) -> AbstractContextManager[Reading]:
        return self._store.read()

    async def close(self) -> None:
        await self._store.close()


def unsteady(premises: Premises, patient_id: str, times: int, *, after: bool = False) -> Premises:
    """The premises on a store where consents move under `times` writes."""
    return replace(premises, store=UnsteadyStore(premises.store, patient_id, times, after=after))
