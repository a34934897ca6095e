"""The writer of one process on PostgreSQL: it takes every work that waits, runs them in one transaction, commits once.

Writers of several processes take turns: the first statement of each transaction takes one lock of the database, which
its end gives back. So works run as if one after the other, as on SQLite: the audit log never forks, a lane never has
two heads, and what a work has read is still so when it writes.

When the connection is lost the works that it concerned fail with `STORE_BUSY`, and the next group tries a new one, after
a pause that grows to two seconds. When it is lost while a transaction is being committed, the database itself is asked
afterwards whether it was.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import psycopg
from psycopg.pq import TransactionStatus

from gateway.errors import NotNow
from gateway.store.postgres_connections import Connection, Database, busy
from gateway.store.postgres_view import PostgresTransaction
from gateway.store.waiting_works import QUEUE_LIMIT, Job, call_all, call_committed, tell_waiters, tellable

GROUP_LIMIT = 128
TURN = 0x57484F
"""The advisory lock of whose turn it is to write."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_DOUBT_SECONDS = 30.0
_BEGIN = (
    "BEGIN; SELECT pg_advisory_xact_lock({turn}); SELECT pg_current_xact_id()::text; "
    "SELECT number, scope FROM destroyed_scope WHERE number > {heard} ORDER BY number"
)
Heard = Callable[[Sequence[tuple[int, str]]], int]
"""Told (number, scope) of keys that were destroyed by others; gives the number of the last one it ever heard of."""


class TurnWriter:
    """One thread, one connection, one group at a time. `submit` from any event loop."""

    def __init__(
        self,
        database: Database,
        transaction: Callable[[Connection], PostgresTransaction],
        fault_point: Callable[[str], None],
        heard: Heard,
    ) -> None:
        self._database = database
        self._transaction = transaction
        self._fault_point = fault_point
        self._heard = heard
        self._connection: Connection | None = None
        self._pause, self._not_before = _FIRST_PAUSE, 0.0
        self._xact = ""
        self._waiting: deque[Job] = deque()
        self._some = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many works wait to be taken."""
        return len(self._waiting)

    def submit(self, job: Job) -> None:
        """Let `job` wait for the next group. Raises NotNow `STORE_BUSY` or `STORE_CLOSED`."""
        with self._some:
            if self._closing:
                raise NotNow("STORE_CLOSED", "the store is closing")
            if len(self._waiting) >= QUEUE_LIMIT:
                raise NotNow("STORE_BUSY", "too many writes wait")
            self._waiting.append(job)
            self._some.notify()

    def stop(self) -> None:
        """Wait until nothing waits any more, then close the connection."""
        with self._some:
            self._closing = True
            self._some.notify()
        self._thread.join()
        self._drop()

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._waiting and not self._closing:
                    self._some.wait()
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_LIMIT))]
            if not group:
                return
            self._write(group)
            tell_waiters(group)

    def _write(self, group: list[Job]) -> None:
        try:
            connection = self._begun()
            for job in group:
                self._run_job(connection, job, alone=len(group) == 1)
            if connection.info.transaction_status != TransactionStatus.IDLE:
                self._commit(connection)
        except BaseException as error:  # noqa: BLE001 - nobody may wait for ever, and the thread must live on
            self._undo(group, busy(error) if isinstance(error, psycopg.Error) else error)
        else:
            call_committed(group)

    def _begun(self) -> Connection:
        """The connection, in a transaction, with the turn to write."""
        fresh = self._connection is None
        try:
            return self._begin()
        except psycopg.OperationalError:
            if fresh or (self._connection is not None and not self._connection.broken):
                raise
        # The one of before was lost while nobody needed it.
        self._drop()
        return self._begin()

    def _begin(self) -> Connection:
        connection = self._connected()
        # Four statements at once; the answers to the first two say nothing.
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(_BEGIN.format(turn=TURN, heard=self._heard(())).encode())
        cursor.nextset()
        cursor.nextset()
        self._xact = str(cursor.fetchall()[0][0])
        cursor.nextset()
        destroyed = [(int(number), str(scope)) for number, scope in cursor.fetchall()]
        if destroyed:
            self._heard(destroyed)
        return connection

    def _connected(self) -> Connection:
        if self._connection is not None:
            return self._connection
        if time.monotonic() < self._not_before:
            raise NotNow("STORE_BUSY", "the database cannot be reached")
        try:
            self._connection = self._database.writer()
        except psycopg.Error:
            self._not_before = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            raise
        self._pause = _FIRST_PAUSE
        return self._connection

    def _run_job(self, connection: Connection, job: Job, *, alone: bool) -> None:
        """Run one work; a failing one is undone alone, by its savepoint or, when there is no other, altogether."""
        job.tx = tx = self._transaction(connection)
        if not alone:
            connection.execute("SAVEPOINT work")
        try:
            job.result = job.work(tx)
            failed = connection.info.transaction_status != TransactionStatus.INTRANS
            if failed and not _lost(connection):
                raise RuntimeError("a work went on after a statement of it had failed")
        except BaseException as error:  # noqa: BLE001 - told to who waits for it
            job.error = tellable(error)
        if _lost(connection):
            job.error = None  # it shares the fate of the group
            raise NotNow("STORE_BUSY", "the connection to the database was lost")
        if job.error is not None:
            connection.execute("ROLLBACK" if alone else "ROLLBACK TO work")
            call_all(tx.rolled_back)
        if not alone:
            connection.execute("RELEASE work")

    def _commit(self, connection: Connection) -> None:
        self._fault_point("store.before_commit")
        try:
            done = connection.execute("COMMIT")
            if done.statusmessage != "COMMIT":
                raise NotNow("STORE_BUSY", "the database did not take the transaction")
        except psycopg.OperationalError:
            self._drop()
            if not self._was_committed(self._xact):
                raise
        self._fault_point("store.after_commit")

    def _was_committed(self, xact: str) -> bool:
        """Whether the transaction is durable whose end nobody heard of, from the database as soon as it answers."""
        until = time.monotonic() + _DOUBT_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                self._connection = self._connection or self._database.writer()
                asked = "SELECT pg_xact_status(%s::xid8)"
                try:
                    row = self._connection.execute(asked, (xact,)).fetchone()
                except psycopg.DataError:
                    return False  # a number it has not reached: what took its place never had the transaction
                except psycopg.OperationalError:
                    self._drop()
                    raise
                if row is None or row[0] != "in progress":
                    return row is not None and row[0] == "committed"
            time.sleep(_FIRST_PAUSE)
        return False

    def _undo(self, group: list[Job], error: BaseException) -> None:
        """Fail every work of the group that has no error of its own, and make the connection usable again."""
        for job in group:
            if job.error is None:
                job.error = error
                call_all(job.tx.rolled_back if job.tx is not None else [])
        connection = self._connection
        if connection is None:
            return
        try:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()


def _lost(connection: Connection) -> bool:
    return connection.closed or connection.info.transaction_status == TransactionStatus.UNKNOWN
