"""The writer of a SQLite file; see `group_writer`.

A savepoint copies each page that is changed under it, for the rare work that fails. So none is made until one fails:
then the transaction is undone, what the works before it wrote is written again, and the rest has savepoints.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable

from gateway.errors import NotNow
from gateway.store.group_writer import GROUP_LIMIT as GROUP_LIMIT
from gateway.store.group_writer import GroupWriter
from gateway.store.sqlite_view import BUSY_SECONDS, SqliteTransaction
from gateway.store.waiting_works import QUEUE_LIMIT as QUEUE_LIMIT
from gateway.store.waiting_works import Job, call_all, tellable


class SqliteWriter(GroupWriter):
    """The one connection that writes to the file."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        transaction: Callable[[sqlite3.Connection], SqliteTransaction],
        fault_point: Callable[[str], None],
    ) -> None:
        super().__init__(fault_point)
        self._connect = connect
        self._transaction = transaction
        self._standing: list[SqliteTransaction] | None = []
        """The works of the group so far; None once one has failed."""
        self._connection: sqlite3.Connection | None = connect()
        self._connection.execute("PRAGMA busy_timeout = 0")

    def _begin(self) -> bool:
        self._standing = []
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect()
            connection.execute("PRAGMA busy_timeout = 0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                return False  # another program holds the file, a backup perhaps
            raise
        return True

    def _begin_patiently(self) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            connection.execute("PRAGMA busy_timeout = 0")

    def _commit_now(self) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        connection.execute("COMMIT")
        self._standing = []

    def _wipe(self) -> None:
        """Cut the write-ahead log. A reader that still looks at the past hinders it: then again a moment later."""
        with contextlib.suppress(sqlite3.Error):
            if self._connection is None:
                self._connection = self._connect()
                self._connection.execute("PRAGMA busy_timeout = 0")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._wipe_wanted = bool(busy)

    def _run_job(self, job: Job, *, alone: bool) -> None:
        connection = self._connection
        if connection is None:
            raise NotNow("STORE_BUSY", "the store has no connection")
        job.tx = tx = self._transaction(connection)
        standing = self._standing
        if standing is None:
            connection.execute("SAVEPOINT work")
        try:
            job.result = job.work(tx)
        except BaseException as error:
            # SQLite itself undoes the whole group when the disk is full or fails.
            if not connection.in_transaction:
                raise
            job.error = self._as_not_now(error) if isinstance(error, sqlite3.Error) else tellable(error)
            call_all(tx.rolled_back)
            self._undo_last(connection, standing)
        else:
            if standing is not None:
                standing.append(tx)
        if standing is None:
            connection.execute("RELEASE work")

    def _undo_last(self, connection: sqlite3.Connection, standing: list[SqliteTransaction] | None) -> None:
        """Undo the work that failed, and nothing of those that are `standing`."""
        if standing is None:
            connection.execute("ROLLBACK TO work")
            return
        self._standing = None
        ground = _ground(connection)
        connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        if _ground(connection) != ground:
            # Another program wrote in between: what the works read, a consent perhaps, may be no longer so.
            raise NotNow("STORE_BUSY", "another program wrote meanwhile")
        for tx in standing:
            tx.write_again()

    def _roll_back(self) -> None:
        if self._connection is None:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _as_not_now(self, error: BaseException) -> BaseException:
        """A fault of the file or the disk passes; the same write can be tried again."""
        if isinstance(error, sqlite3.Error):
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            made = NotNow("STORE_BUSY", f"the store could not take the write ({name})")
            made.__cause__ = error
            return made
        return error


def _ground(connection: sqlite3.Connection) -> int:
    """A number that is another one once another connection has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
