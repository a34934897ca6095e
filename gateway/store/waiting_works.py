"""Works that wait to be written, and telling those who wait for them how they ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway import logs
from gateway.logs import Event
from gateway.store.model import Transaction

QUEUE_LIMIT = 2000


class WorkView(Transaction, Protocol):
    """What a work was given, with what it wants done afterwards."""

    committed: list[Callable[[], None]]
    rolled_back: list[Callable[[], None]]
    wipe: bool


@dataclass(slots=True)
class Job:
    """A work, who waits for it, and how it ended."""

    work: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    waiter: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    tx: WorkView | None = field(default=None)


def call_all(actions: list[Callable[[], None]]) -> None:
    """Call them in their order."""
    for action in actions:
        action()


def call_committed(group: list[Job]) -> bool:
    """Do what the works wanted done once they are durable; whether one of them deleted what is to be wiped.

    A fault in it undoes nothing: they are durable.
    """
    done = [job.tx for job in group if job.error is None and job.tx is not None]
    for action in (action for tx in done for action in tx.committed):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the next ones must be called all the same
            logs.fault(Event.TASK_FAILED, error)
    return any(tx.wipe for tx in done)


def tellable(error: BaseException) -> BaseException:
    """A future takes no StopIteration."""
    if not isinstance(error, StopIteration):
        return error
    made = RuntimeError("a work ended with StopIteration")
    made.__cause__ = error
    return made


def on_loop(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Run `action` on the loop; at once, here, where the loop has been closed and nobody waits any more."""
    try:
        loop.call_soon_threadsafe(action)
    except RuntimeError:
        action()


def tell_waiters(group: list[Job]) -> None:
    """Tell the waiters; one call for each event loop that is not this one."""
    here = _running_loop()
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        if loop is here:
            _tell(jobs)
            continue
        # A loop that has been closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, jobs)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _tell(jobs: list[Job]) -> None:
    for job in jobs:
        if job.waiter.done():
            continue
        if job.error is None:
            job.waiter.set_result(job.result)
        else:
            job.waiter.set_exception(job.error)
