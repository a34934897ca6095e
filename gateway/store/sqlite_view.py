"""`Reading` and `Transaction` over one SQLite connection, and how connections are opened."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from gateway.errors import AlreadyReceived, HandoffError, Internal
from gateway.store.model import Cipher, Fresh, Params, Row
from gateway.store.sqlite_statements import Statement

_NOTHING: Params = {}
_STATEMENTS_KEPT = 256
BUSY_SECONDS = 30
_WRITER_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -4000",
    # Pages that change often are then written once for many commits; the log grows to about 32 MB.
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA journal_size_limit = 67108864",
)


class SqliteReading:
    """A snapshot of the file, through one connection that nobody else uses meanwhile."""

    __slots__ = ("_connection", "_queries", "cipher", "fresh", "standing")

    def __init__(
        self, connection: sqlite3.Connection, queries: Mapping[str, Statement], cipher: Cipher, fresh: Fresh
    ) -> None:
        self._connection = connection
        self._queries = queries
        self.cipher = cipher
        self.fresh = fresh
        self.standing: dict[str, Row] | None = {}

    def rows(self, name: str, params: Params | None = None) -> list[Row]:
        """All rows of the named query."""
        sql, in_order = self._queries[name]
        found: list[Row] = self._connection.execute(sql, in_order(params or _NOTHING)).fetchall()
        return found

    def row(self, name: str, params: Params | None = None) -> Row | None:
        """The first row of the named query, or None."""
        sql, in_order = self._queries[name]
        found: Row | None = self._connection.execute(sql, in_order(params or _NOTHING)).fetchone()
        return found


class SqliteTransaction(SqliteReading):
    """One work's view inside the group's transaction."""

    __slots__ = ("committed", "rolled_back", "wipe", "written")

    def __init__(
        self, connection: sqlite3.Connection, queries: Mapping[str, Statement], cipher: Cipher, fresh: Fresh
    ) -> None:
        super().__init__(connection, queries, cipher, fresh)
        self.standing = None
        self.committed: list[Callable[[], None]] = []
        self.rolled_back: list[Callable[[], None]] = []
        self.wipe = False
        self.written: list[tuple[str, Sequence[tuple[object, ...]]]] = []

    def execute(self, name: str, params: Params | None = None) -> int:
        """Run the named statement; the number of rows it changed.

        Raises AlreadyReceived `ROW_EXISTS` when a unique key is taken, Internal `STORE_RULE_BROKEN` when
        another rule of the tables forbids it (a release without audit entry, a change of an audit entry).
        """
        sql, in_order = self._queries[name]
        values = in_order(params or _NOTHING)
        self.written.append((sql, (values,)))
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.IntegrityError as error:
            raise _told(name, error) from error

    def execute_each(self, name: str, rows: Sequence[Params]) -> None:
        """Run the named statement once for each of `rows`. Raises as `execute`."""
        sql, in_order = self._queries[name]
        values = list(map(in_order, rows))
        self.written.append((sql, values))
        try:
            self._connection.executemany(sql, values)
        except sqlite3.IntegrityError as error:
            raise _told(name, error) from error

    def write_again(self) -> None:
        """Everything that was written, once more, after the transaction was undone: the same on the same ground, also
        where a rule of the tables forbade it.
        """
        for sql, rows in self.written:
            with contextlib.suppress(sqlite3.IntegrityError):
                self._connection.executemany(sql, rows)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer once this work is durable."""
        self.committed.append(action)

    def after_rollback(self, action: Callable[[], None]) -> None:
        """Run `action` in the writer when this work, or the group it is in, is rolled back."""
        self.rolled_back.append(action)

    def wipe_after_commit(self) -> None:
        """Once this work is durable, also cut the write-ahead log, which still holds what was deleted."""
        self.wipe = True


def _told(name: str, error: sqlite3.IntegrityError) -> HandoffError:
    """Which rule of the tables was broken, without the values."""
    if error.sqlite_errorname in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return AlreadyReceived("ROW_EXISTS", f"`{name}` found a row of that key")
    return Internal("STORE_RULE_BROKEN", f"`{name}` breaks a rule of the tables")


def connect_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, every commit synced to the disk, deleted content overwritten."""
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
        timeout=BUSY_SECONDS,
    )
    for setting in _WRITER_SETTINGS:
        connection.execute(setting)
    connection.row_factory = sqlite3.Row
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot change the file."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
        timeout=BUSY_SECONDS,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -1000")  # there may be many; the system has the pages too
    connection.row_factory = sqlite3.Row
    return connection
