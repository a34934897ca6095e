"""The writer: it takes every work that waits, runs them in one transaction, and commits once.

There is no waiting for company: an idle writer starts at once, and what arrives during a commit forms the next group.
Works run on the event loop, where nobody else runs meanwhile; only the commit, which waits for the disk, runs in a
thread of its own. A work that fails is undone alone (SAVEPOINT). A commit that fails fails every work of its group.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from gateway.errors import NotNow
from gateway.store.sqlite_view import BUSY_SECONDS, SqliteTransaction
from gateway.store.waiting_works import QUEUE_LIMIT as QUEUE_LIMIT
from gateway.store.waiting_works import Job, call_all, call_committed, on_loop, tell_waiters, tellable

GROUP_LIMIT = 128
WIPE_AGAIN_SECONDS = 0.5


class GroupWriter:
    """One connection, one group at a time. `submit` from any event loop."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        transaction: Callable[[sqlite3.Connection], SqliteTransaction],
        fault_point: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._transaction = transaction
        self._fault_point = fault_point
        self._connection: sqlite3.Connection | None = connect()
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._waiting: deque[Job] = deque()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._busy = False
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
            idle = not self._busy
        if idle:
            job.loop.call_soon(self._next)

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
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _next(self) -> None:
        """Run what waits as one group, and let it be committed."""
        with self._lock:
            if self._busy or not self._waiting:
                return
            self._busy = True
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]
        try:
            self._begin()
        except sqlite3.OperationalError as error:
            if not getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                self._fail(group, error)
                return
            # Another program holds the file, a backup perhaps: the event loop does not wait for it.
            begun = self._commits.submit(self._begin_patiently)
            begun.add_done_callback(lambda done: on_loop(group[0].loop, partial(self._go_on, group, done)))
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
                self._run_job(job)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever
            self._fail(group, error)
            return
        committed = self._commits.submit(self._commit, group)
        committed.add_done_callback(lambda _: self._ended(group[0].loop, group))

    def _fail(self, group: list[Job], error: BaseException) -> None:
        self._undo(group, _as_not_now(error))
        self._ended(group[0].loop, group)

    def _ended(self, loop: asyncio.AbstractEventLoop, group: list[Job]) -> None:
        """Let those who wait be told, and what came meanwhile follow; on the loop or in the thread of the commit."""
        with self._idle:
            self._busy = False
            following = self._waiting[0].loop if self._waiting else None
            self._idle.notify_all()
        tell_waiters(group)
        if following is not None:
            on_loop(following, self._next)
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

    def _begin(self) -> None:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
            connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("BEGIN IMMEDIATE")

    def _begin_patiently(self) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.execute("PRAGMA busy_timeout = 0")

    def _commit(self, group: list[Job]) -> None:
        """Make the group durable, in the thread that may wait for the disk."""
        try:
            self._commit_or_raise(group)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever, and the thread must live on
            self._undo(group, _as_not_now(error))
        else:
            self._wipe_wanted = call_committed(group) or self._wipe_wanted
        if self._wipe_wanted:
            self._wipe()

    def _commit_or_raise(self, group: list[Job]) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        self._fault_point("store.before_commit")
        connection.execute("COMMIT")
        self._fault_point("store.after_commit")

    def _wipe(self) -> None:
        """Cut the write-ahead log. A reader that still looks at the past hinders it: then again a moment later."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection is None:
                self._connection = self._connect()
                self._connection.execute("PRAGMA busy_timeout = 0")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._wipe_wanted = bool(busy)

    def _run_job(self, job: Job) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        job.tx = self._transaction(connection)
        connection.execute("SAVEPOINT work")
        try:
            job.result = job.work(job.tx)
        except BaseException as error:
            # SQLite itself undoes the whole group when the disk is full or fails.
            if not connection.in_transaction:
                raise
            job.error = _as_not_now(error) if isinstance(error, sqlite3.Error) else tellable(error)
            connection.execute("ROLLBACK TO work")
            call_all(job.tx.rolled_back)
        connection.execute("RELEASE work")

    def _undo(self, group: list[Job], error: BaseException) -> None:
        """Fail every work of the group that has no error of its own, and make the connection usable again."""
        for job in group:
            if job.error is None:
                job.error = error
                call_all(job.tx.rolled_back if job.tx is not None else [])
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _as_not_now(error: BaseException) -> BaseException:
    """A fault of the file or the disk passes; the same write can be tried again."""
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        made = NotNow("STORE_BUSY", f"the store could not take the write ({name})")
        made.__cause__ = error
        return made
    return error
