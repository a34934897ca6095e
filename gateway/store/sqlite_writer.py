"""The writer thread: it takes every work that waits, runs them in one transaction, and commits once.

There is no waiting for company: an idle writer starts at once, and what arrives during a commit forms the
next group. A work that fails is undone alone (SAVEPOINT). A commit that fails fails every work of its group.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import NotNow
from gateway.store.model import Transaction
from gateway.store.sqlite_view import BUSY_SECONDS, SqliteTransaction

GROUP_LIMIT = 256
QUEUE_LIMIT = 2000
WIPE_AGAIN_SECONDS = 0.5


@dataclass(slots=True)
class Job:
    """A work, who waits for it, and how it ended."""

    work: Callable[[Transaction], Any]
    loop: asyncio.AbstractEventLoop
    waiter: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    tx: SqliteTransaction | None = field(default=None)


class GroupWriter:
    """One thread, one connection. `submit` from any event loop."""

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
        self._waiting: deque[Job] = deque()
        self._signal = threading.Condition()
        self._closing = False
        self._wipe_wanted = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many works wait to be taken."""
        return len(self._waiting)

    def submit(self, job: Job) -> None:
        """Let `job` wait for the next group. Raises NotNow `STORE_BUSY` or `STORE_CLOSED`."""
        with self._signal:
            if self._closing:
                raise NotNow("STORE_CLOSED", "the store is closing")
            if len(self._waiting) >= QUEUE_LIMIT:
                raise NotNow("STORE_BUSY", "too many writes wait")
            self._waiting.append(job)
            self._signal.notify()

    def stop(self) -> None:
        """Finish everything that waits, then end the thread and close the connection."""
        with self._signal:
            self._closing = True
            self._signal.notify()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if group:
                self._write_or_undo(group)
            if self._wipe_wanted:
                self._wipe()
            _resolve(group)

    def _write_or_undo(self, group: list[Job]) -> None:
        try:
            self._write_group(group)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever, and the thread must live on
            self._undo(group, _as_not_now(error))

    def _next_group(self) -> list[Job] | None:
        """What waits, up to the limit; nothing when it is time to try to wipe again; None at the end."""
        with self._signal:
            while not self._waiting:
                if self._closing:
                    return None
                if not self._signal.wait(WIPE_AGAIN_SECONDS if self._wipe_wanted else None):
                    return []
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]

    def _write_group(self, group: list[Job]) -> None:
        connection = self._connection = self._connection or self._connect()
        connection.execute("BEGIN IMMEDIATE")
        for job in group:
            self._run_job(connection, job)
        self._fault_point("store.before_commit")
        connection.execute("COMMIT")
        self._fault_point("store.after_commit")
        done = [job.tx for job in group if job.error is None and job.tx is not None]
        for tx in done:
            _call_all(tx.committed)
        self._wipe_wanted = self._wipe_wanted or any(tx.wipe for tx in done)

    def _wipe(self) -> None:
        """Cut the write-ahead log. A reader that still looks at the past hinders it: then again a moment later."""
        with contextlib.suppress(sqlite3.Error):
            connection = self._connection = self._connection or self._connect()
            connection.execute("PRAGMA busy_timeout = 0")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._wipe_wanted = bool(busy)
            connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")

    def _run_job(self, connection: sqlite3.Connection, job: Job) -> None:
        job.tx = self._transaction(connection)
        connection.execute("SAVEPOINT work")
        try:
            job.result = job.work(job.tx)
        except BaseException as error:
            # SQLite itself undoes the whole group when the disk is full or fails.
            if not connection.in_transaction:
                raise
            job.error = _as_not_now(error) if isinstance(error, sqlite3.Error) else error
            connection.execute("ROLLBACK TO work")
            _call_all(job.tx.rolled_back)
        connection.execute("RELEASE work")

    def _undo(self, group: list[Job], error: BaseException) -> None:
        """Fail every work of the group that has no error of its own, and make the connection usable again."""
        for job in group:
            if job.error is None:
                job.error = error
                _call_all(job.tx.rolled_back if job.tx is not None else [])
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _call_all(actions: list[Callable[[], None]]) -> None:
    for action in actions:
        action()


def _as_not_now(error: BaseException) -> BaseException:
    """A fault of the file or the disk passes; the same write can be tried again."""
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        made = NotNow("STORE_BUSY", f"the store could not take the write ({name})")
        made.__cause__ = error
        return made
    return error


def _resolve(group: list[Job]) -> None:
    """Tell the waiters; one call for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        # A loop that has been closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, jobs)


def _tell(jobs: list[Job]) -> None:
    for job in jobs:
        if job.waiter.done():
            continue
        if job.error is None:
            job.waiter.set_result(job.result)
        else:
            job.waiter.set_exception(job.error)
