"""The writer: it takes every work that waits, runs them in one transaction, and commits once.

A group begins as soon as the event loop has nothing else at hand, at the latest after `_GATHER_SECONDS`: an idle writer
starts at once, a busy process pays for fewer commits. What arrives during a commit is for the next group. Works run on
the event loop, where nobody else runs meanwhile; only what waits, for the disk or for another process, runs in a thread
of its own. A work that fails is undone alone. A commit that fails fails every work of its group.

What differs between databases is in the methods that raise here.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from gateway.errors import NotNow
from gateway.store.waiting_works import QUEUE_LIMIT, Job, call_all, call_committed, on_loop, tell_waiters

GROUP_LIMIT = 128
WIPE_AGAIN_SECONDS = 0.5
_GATHER_SECONDS = 0.01
_QUIET_SECONDS = 0.0003
"""A round of the event loop that takes no longer has nothing else to do."""


class GroupWriter(ABC):
    """One connection, one group at a time. `submit` from any event loop."""

    def __init__(self, fault_point: Callable[[str], None]) -> None:
        self._fault_point = fault_point
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._busy = False
        self._gathering: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._wipe_wanted = False
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="store-commit")

    @property
    def waiting(self) -> int:
        """How many works wait to be taken."""
        return len(self._waiting)

    def submit(self, job: Job) -> None:
        """Let `job` wait for the next group. Raises NotNow `STORE_BUSY` or `STORE_CLOSED`."""
        with self._lock:
            if self._closing:
                raise NotNow("STORE_CLOSED", "the store is closing")
            if len(self._waiting) >= QUEUE_LIMIT:
                raise NotNow("STORE_BUSY", "too many writes wait")
            self._waiting.append(job)
            first = not self._busy and self._gathering is not job.loop
            if first:
                self._gathering = job.loop
        if first:
            now = time.monotonic()
            job.loop.call_soon(self._gather, job.loop, now, now)

    def stop(self) -> None:
        """Wait until nothing waits any more, then close the connection. Not to be called on the event loop."""
        self._closing = True
        while self._busy or self._waiting:
            self._next()
            with self._idle:
                while self._busy:
                    self._idle.wait()
        if self._wipe_wanted:
            self._commits.submit(self._wipe).result()
        self._commits.shutdown()
        self._disconnect()

    @abstractmethod
    def _begin(self) -> bool:
        """Begin a transaction without waiting; False when that has to be waited for."""

    @abstractmethod
    def _begin_patiently(self) -> None:
        """Begin the transaction that had to be waited for; in the thread that may wait."""

    @abstractmethod
    def _run_job(self, job: Job, *, alone: bool) -> None:
        """Run one work. What it raises is its own error; an error that is raised here is that of the whole group."""

    @abstractmethod
    def _commit_now(self) -> None:
        """Commit the transaction; in the thread that may wait."""

    @abstractmethod
    def _roll_back(self) -> None:
        """End the transaction, if there is one, and have a usable connection or none."""

    @abstractmethod
    def _wipe(self) -> None:
        """Overwrite what was deleted, as far as that can be done now."""

    @abstractmethod
    def _disconnect(self) -> None:
        """Close the connection."""

    @abstractmethod
    def _as_not_now(self, error: BaseException) -> BaseException:
        """A fault that passes as NotNow `STORE_BUSY`; any other as it is."""

    def _gather(self, loop: asyncio.AbstractEventLoop, since: float, last: float) -> None:
        """Begin the next group once a round of the loop, begun at `last`, was a quiet one; or it is long `since`."""
        now = time.monotonic()
        if now - last > _QUIET_SECONDS and now - since < _GATHER_SECONDS:
            loop.call_soon(self._gather, loop, since, now)
        else:
            self._next()

    def _next(self) -> None:
        """Run what waits as one group, and let it be committed."""
        with self._lock:
            self._gathering = None
            if self._busy or not self._waiting:
                return
            self._busy = True
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]
        try:
            if not self._begin():
                # Another program holds the store: the event loop does not wait for it.
                begun = self._commits.submit(self._begin_patiently)
                begun.add_done_callback(
                    lambda done: on_loop(group[0].loop, partial(self._go_on, group, done))
                )
                return
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever
            self._fail(group, error)
        else:
            self._go_on(group, None)

    def _go_on(self, group: list[Job], begun: Future[None] | None) -> None:
        """Run the works of a group whose transaction has begun, and hand the commit to its thread."""
        try:
            if begun is not None:
                begun.result()
            for job in group:
                self._run_job(job, alone=len(group) == 1)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever
            self._fail(group, error)
            return
        committed = self._commits.submit(self._commit, group)
        committed.add_done_callback(lambda _: self._ended(group[0].loop, group))

    def _fail(self, group: list[Job], error: BaseException) -> None:
        self._undo(group, error)
        self._ended(group[0].loop, group)

    def _ended(self, loop: asyncio.AbstractEventLoop, group: list[Job]) -> None:
        """Let those who wait be told, and what came meanwhile follow; on the loop or in the thread of the commit."""
        with self._idle:
            self._busy = False
            following = self._gathering = self._waiting[0].loop if self._waiting else None
            self._idle.notify_all()
        tell_waiters(group)
        if following is not None:
            now = time.monotonic()
            on_loop(following, partial(self._gather, following, now, now))
        elif self._wipe_wanted:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.call_later, WIPE_AGAIN_SECONDS, self._wipe_again, loop)

    def _wipe_again(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if self._busy or self._closing or not self._wipe_wanted:
                return
            self._busy = True
        done = self._commits.submit(self._wipe)
        done.add_done_callback(lambda _: self._ended(loop, []))

    def _commit(self, group: list[Job]) -> None:
        """Make the group durable, in the thread that may wait for the disk."""
        try:
            self._fault_point("store.before_commit")
            self._commit_now()
            self._fault_point("store.after_commit")
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever, and the thread must live on
            self._undo(group, error)
        else:
            self._wipe_wanted = call_committed(group) or self._wipe_wanted
        if self._wipe_wanted:
            self._wipe()

    def _undo(self, group: list[Job], error: BaseException) -> None:
        """Fail every work of the group that has no error of its own, and make the connection usable again."""
        told = self._as_not_now(error)
        for job in group:
            if job.error is None:
                job.error = told
                call_all(job.tx.rolled_back if job.tx is not None else [])
        self._roll_back()
