"""The store on SQLite: one writer thread with group commit, many readers.

One process may write to a file (a lock beside it says so); others may open it for reading meanwhile.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from gateway.errors import Internal, NotFound, NotNow, NotSupported
from gateway.store.fresh_records import FreshRecords
from gateway.store.model import Cipher, Reading, Transaction
from gateway.store.sqlite_migrations import applied_version, known_version, migrate, refuse_newer
from gateway.store.sqlite_statements import sqlite_statements
from gateway.store.sqlite_view import SqliteReading, SqliteTransaction, connect_reader, connect_writer
from gateway.store.sqlite_writer import SqliteWriter
from gateway.store.waiting_works import Job

T = TypeVar("T")
_SCHEME = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def no_fault(_point: str) -> None:
    """In production nothing happens at a fault point; tests stop or kill the process there."""


class ReadOnlyStore:
    """A file opened for reading only."""

    def __init__(self, path: Path, cipher: Cipher) -> None:
        self.path = path
        self._cipher = cipher
        self._fresh = FreshRecords()
        self._queries = sqlite_statements()
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    def read(self) -> Snapshot:
        """A snapshot to read from: `with store.read() as reading: …`."""
        return Snapshot(self)

    def close_readers(self) -> None:
        """Close the connections that nobody uses; those in use are closed when given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise NotNow("STORE_CLOSED", "the store is closed")
            if self._idle:
                return self._idle.pop()
        return connect_reader(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


class Snapshot:
    """The view between `with` and its end; it does not change, whatever is written meanwhile."""

    __slots__ = ("_connection", "_store")

    def __init__(self, store: ReadOnlyStore) -> None:
        self._store = store
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Reading:
        connection = self._connection = self._store._take()
        connection.execute("BEGIN")
        return SqliteReading(connection, self._store._queries, self._store._cipher, self._store._fresh)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.execute("COMMIT")
            self._store._give_back(connection)


class SqliteStore(ReadOnlyStore):
    """The file with its writer."""

    def __init__(
        self,
        path: Path,
        cipher: Cipher,
        fault_point: Callable[[str], None] = no_fault,
        *,
        upgrade: bool = False,
    ) -> None:
        super().__init__(path, cipher)
        self._lock_file = _hold(path)
        try:
            self._migrate(upgrade)
            self._writer = SqliteWriter(lambda: connect_writer(path), self._transaction, fault_point)
        except BaseException:
            os.close(self._lock_file)
            raise

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """What `work` returns, after the durable commit. See `Store.write`."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Job(work, loop, waiter))
        return await waiter

    @property
    def waiting(self) -> int:
        """How many writes wait: the depth that back-pressure looks at."""
        return self._writer.waiting

    @property
    def is_shared(self) -> bool:
        """False: one process writes to a file."""
        return False

    def is_alone(self) -> bool:
        """True: a lock keeps others out."""
        return True

    @property
    def is_keeper(self) -> bool:
        """True: there is no other."""
        return True

    async def close(self) -> None:
        """Finish what waits, then release the file."""
        await asyncio.get_running_loop().run_in_executor(None, self._writer.stop)
        self.close_readers()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def _transaction(self, connection: sqlite3.Connection) -> SqliteTransaction:
        return SqliteTransaction(connection, self._queries, self._cipher, self._fresh)

    def _migrate(self, upgrade: bool) -> None:
        connection = connect_writer(self.path)
        try:
            if 0 < applied_version(connection) < known_version() and not upgrade:
                # There is no way back but a backup: only `handoff db upgrade`, which asks for one, goes forward.
                raise _older(self.path)
            migrate(connection)
        finally:
            connection.close()


def _hold(path: Path) -> int:
    """An open descriptor that holds the exclusive lock of the file, which is made when it is missing."""
    descriptor = hold(path)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return descriptor


def hold(path: Path) -> int:
    """An open descriptor: while it is open, no other process writes to the store in `path`, which may not be there yet.

    Raises NotNow `STORE_IN_USE`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise NotNow(
            "STORE_IN_USE", f"another process writes to `{path.name}`; stop it or open it to read"
        ) from None
    return descriptor


def is_postgres(url: str) -> bool:
    """Whether a store URL names a PostgreSQL database."""
    return url.startswith(_POSTGRES)


def store_path(url: str, folder: Path | None = None) -> Path:
    """The file of a store URL: `sqlite:///file.db` beside `folder` (else here), `sqlite:////full/path.db`.

    Raises NotSupported `STORE_URL` for another kind of store.
    """
    if is_postgres(url):
        text = "this works on a SQLite store only; for PostgreSQL see deploy/postgresql.md"
        raise NotSupported("STORE_URL", text)
    if not url.startswith(_SCHEME) or len(url) == len(_SCHEME):
        raise NotSupported(
            "STORE_URL", "the store must be given as `sqlite:///file.db` or `postgresql://host/database`"
        )
    return (folder or Path()) / url.removeprefix(_SCHEME)


def open_sqlite(
    url: str,
    cipher: Cipher,
    *,
    folder: Path | None = None,
    fault_point: Callable[[str], None] = no_fault,
    upgrade: bool = False,
) -> SqliteStore:
    """Open the store at `url` for this one writing process; a missing one is made, with `upgrade` an older one upgraded.

    Raises NotNow `STORE_IN_USE`, NotSupported `STORE_URL`, Internal `STORE_OLDER`, `STORE_NEWER`, `STORE_ALTERED`,
    `STORE_UNREADABLE`.
    """
    path = store_path(url, folder)
    try:
        return SqliteStore(path, cipher, fault_point, upgrade=upgrade)
    except sqlite3.Error as error:
        raise Internal("STORE_UNREADABLE", f"`{path.name}` is no usable store") from error


def open_sqlite_for_reading(url: str, cipher: Cipher, *, folder: Path | None = None) -> ReadOnlyStore:
    """Open the store at `url` for reading only; works while a gateway writes to it.

    Raises NotFound `STORE_MISSING`, NotSupported `STORE_URL`, Internal `STORE_NEWER`, `STORE_OLDER`,
    `STORE_UNREADABLE`.
    """
    path = store_path(url, folder)
    if not path.is_file():
        raise NotFound("STORE_MISSING", f"there is no store `{path.name}` yet; `handoff serve` makes it")
    try:
        connection = connect_reader(path)
        try:
            refuse_newer(connection)
            if applied_version(connection) < known_version():
                raise _older(path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Internal("STORE_UNREADABLE", f"`{path.name}` is no usable store") from error
    return ReadOnlyStore(path, cipher)


def _older(path: Path) -> Internal:
    return Internal(
        "STORE_OLDER", f"`{path.name}` is of an older version: `handoff db backup`, then `handoff db upgrade`"
    )
