"""The store on PostgreSQL: a writer thread with group commit, many readers; several processes on one database."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TypeVar

import psycopg
from psycopg import pq

from gateway.clock import new_id
from gateway.errors import Internal, NotFound, NotNow
from gateway.store.fresh_records import FreshRecords
from gateway.store.model import Cipher, Params, Reading, Transaction
from gateway.store.postgres_connections import Database, busy, database_of, require_usable, told
from gateway.store.postgres_migrations import applied_version, known_version, migrate, refuse_newer
from gateway.store.postgres_presence import Presence
from gateway.store.postgres_view import PostgresReading, PostgresTransaction
from gateway.store.postgres_wire import Wire
from gateway.store.postgres_writer import TurnWriter
from gateway.store.waiting_works import Job

T = TypeVar("T")
_PATIENT = "patient:"
_PAUSE_SECONDS = 1.0


class PostgresReader:
    """A database opened for reading only."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher
        self._fresh = FreshRecords()
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._closed = False
        self._not_before = 0.0

    def read(self) -> PostgresSnapshot:
        """A snapshot to read from: `with store.read() as reading: …`."""
        return PostgresSnapshot(self)

    def close_readers(self) -> None:
        """Close the connections that nobody uses; those in use are closed when given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    def _take(self) -> Wire:
        """A connection in a transaction that has not looked yet. Raises NotNow `STORE_BUSY`, `STORE_CLOSED`."""
        with self._lock:
            if self._closed:
                raise NotNow("STORE_CLOSED", "the store is closed")
            if self._idle:
                return self._idle.pop()
        # Who reads waits on the event loop: a database that does not answer is not asked at each read.
        if time.monotonic() < self._not_before:
            raise NotNow("STORE_BUSY", "the database cannot be reached")
        try:
            wire = self._database.reader()
            wire.say("BEGIN")
        except psycopg.Error as error:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            raise busy(error) from None
        return wire

    def _give_back(self, wire: Wire) -> None:
        try:
            # Before the new transaction: whatever is said in it, this too, fixes what it sees from then on.
            wire.forget_old_plans()
            # The next transaction begins in the same breath; it sees what there is at its own first look.
            wire.say("COMMIT AND CHAIN")
        except psycopg.Error:
            wire.close()
            return
        with self._lock:
            if not self._closed:
                self._idle.append(wire)
                return
        wire.close()


class _Looking(PostgresReading):
    """The view of a snapshot. A connection that was lost before the first look is replaced."""

    __slots__ = ("_looked", "_store")

    def __init__(self, store: PostgresReader) -> None:
        super().__init__(store._take(), store._cipher, store._fresh)
        self._store = store
        self._looked = False

    def _asked(self, name: str, params: Params | None) -> pq.abc.PGresult:
        if self._looked:
            return super()._asked(name, params)
        try:
            found = super()._asked(name, params)
        except NotNow:
            found = super(_Looking, self._on_another())._asked(name, params)
        self._looked = True
        return found

    def _on_another(self) -> _Looking:
        while self._wire.is_lost:
            self._wire.close()
            self._wire = self._store._take()
        return self

    def end(self) -> None:
        """Give the connection back."""
        self._store._give_back(self._wire)


class PostgresSnapshot:
    """The view between `with` and its end; it does not change, whatever is written meanwhile."""

    __slots__ = ("_store", "_view")

    def __init__(self, store: PostgresReader) -> None:
        self._store = store
        self._view: _Looking | None = None

    def __enter__(self) -> Reading:
        self._view = _Looking(self._store)
        return self._view

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.end()


class PostgresStore(PostgresReader):
    """The database with the writer of this process."""

    def __init__(
        self,
        database: Database,
        wire: Wire,
        cipher: Cipher,
        fault_point: Callable[[str], None],
        configuration: str,
    ) -> None:
        super().__init__(database, cipher)
        asked = "SELECT coalesce(max(number), 0) FROM destroyed_scope"
        last = wire.connection.execute(asked).fetchone()
        self._last_heard = 0 if last is None else int(last[0])
        self._presence = Presence(database, self._hear, configuration)
        self._presence.begin()
        self._writer = TurnWriter(database, wire, self._transaction, fault_point, self._hear, configuration)

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
        """True: other processes may write to the database too."""
        return True

    def is_alone(self) -> bool:
        """Whether no other process was seen on the database lately."""
        with self.read() as reading:
            return not reading.rows("processes.others", {"id": self._database.process})

    @property
    def is_keeper(self) -> bool:
        """Whether this process, of all on the database, does what only one may do."""
        return self._presence.is_keeper

    async def close(self) -> None:
        """Finish what waits, then leave the database to the others."""
        await asyncio.get_running_loop().run_in_executor(None, self._leave)

    def _leave(self) -> None:
        self._writer.stop()
        self._presence.end()
        self.close_readers()

    def _transaction(self, wire: Wire) -> PostgresTransaction:
        return PostgresTransaction(wire, self._cipher, self._fresh)

    def _hear(self, destroyed: Sequence[tuple[int, str]]) -> int:
        """Drop what is in memory of keys that another process destroyed; the number of the last one heard of."""
        for number, scope in destroyed:
            self._cipher.forget(scope, for_ever=True)
            if scope.startswith(_PATIENT):
                self._fresh.forget(scope.removeprefix(_PATIENT))
            self._last_heard = max(self._last_heard, number)
        return self._last_heard


def open_postgres(
    url: str,
    cipher: Cipher,
    *,
    fault_point: Callable[[str], None],
    upgrade: bool = False,
    configuration: str = "",
) -> PostgresStore:
    """Open the database at `url` for writing; the tables of an empty one are made, with `upgrade` older ones upgraded.

    Raises NotSupported `STORE_URL`, NotNow `STORE_IN_USE`, Internal `STORE_OLDER`, `STORE_NEWER`, `STORE_ALTERED`,
    `STORE_UNREACHABLE`, `STORE_UNREADABLE`.
    """
    database = database_of(url, new_id())
    try:
        with contextlib.ExitStack() as undone:
            wire = database.writer()
            undone.callback(wire.close)
            connection = wire.connection
            require_usable(connection, database.place)
            if 0 < applied_version(connection) < known_version() and not upgrade:
                raise _older(database)
            migrate(connection)
            made = PostgresStore(database, wire, cipher, fault_point, configuration)
            undone.pop_all()
            return made
    except psycopg.Error as error:
        raise told(error, database.place) from None


def open_postgres_for_reading(url: str, cipher: Cipher) -> PostgresReader:
    """Open the database at `url` for reading only; works while gateways write to it.

    Raises NotFound `STORE_MISSING`, NotSupported `STORE_URL`, Internal `STORE_NEWER`, `STORE_OLDER`,
    `STORE_UNREACHABLE`, `STORE_UNREADABLE`.
    """
    database = database_of(url, new_id())
    try:
        with contextlib.closing(database.reader()) as wire:
            connection = wire.connection
            require_usable(connection, database.place)
            refuse_newer(connection)
            if not applied_version(connection):
                text = f"there is no store in `{database.place}` yet; `handoff serve` makes it"
                raise NotFound("STORE_MISSING", text)
            if applied_version(connection) < known_version():
                raise _older(database)
    except psycopg.Error as error:
        raise told(error, database.place) from None
    return PostgresReader(database, cipher)


def is_empty(url: str) -> bool:
    """Whether the database at `url` has no table of ours yet. Raises as `open_postgres`."""
    database = database_of(url, new_id())
    try:
        with contextlib.closing(database.reader()) as wire:
            return not applied_version(wire.connection)
    except psycopg.Error as error:
        raise told(error, database.place) from None


def _older(database: Database) -> Internal:
    text = (
        f"the tables in `{database.place}` are of an older version: back them up, then `handoff db upgrade`"
    )
    return Internal("STORE_OLDER", text)
