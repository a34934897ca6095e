"""A SQLite store copied into an empty PostgreSQL database: all of it, compared with what was read, or nothing.

One transaction of the database makes the tables, takes the rows, is compared and commits; cut off anywhere before, it
leaves an empty database. Sealed bytes are copied as they are, wrapped keys too: nothing is opened on the way. The
numbers that rows count by (`sequence`, `rowid`) go along: the order of messages and releases is read from them.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import msgspec
import psycopg

from gateway.clock import new_id
from gateway.errors import Internal, NotNow
from gateway.store.fresh_records import FreshRecords
from gateway.store.model import Cipher, Reading
from gateway.store.postgres_connections import Database, database_of, require_usable, told
from gateway.store.postgres_migrations import migrate
from gateway.store.postgres_view import PostgresReading
from gateway.store.postgres_wire import Connection, Wire
from gateway.store.postgres_writer import TURN
from gateway.store.sqlite_view import connect_reader

DATABASES_OWN = ("migration", "process", "lease")
"""Tables that belong to a database and not to what is kept in it."""
_KINDS = {"bigint": ("int8", int), "text": ("text", str), "bytea": ("bytea", bytes)}
_PATIENCE = (
    "SET statement_timeout = 0",  # a table is one statement, however long it is
    "SET idle_in_transaction_session_timeout = 0",
    "SET enable_seqscan = on",
    "SET enable_hashjoin = on",
)
_COLUMNS = """SELECT table_name::text, column_name::text, data_type::text, is_identity = 'YES'
FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"""
_REFERENCES = """SELECT child.relname::text, parent.relname::text FROM pg_constraint
JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = current_schema()::regnamespace"""
_STANDS_STILL = """INSERT INTO lease (name, holder, until) VALUES ('standstill', 'restore', 'infinity'),
('configuration', 'restored', 'infinity')"""
"""The second: a gateway that ran on the former store has another configuration than this, and writes nothing here."""
_CONNECTED = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
AND application_name = current_setting('application_name')"""
_encode = msgspec.msgpack.Encoder().encode
Heard = Callable[[str], None]
"""Told what is begun: `copy patient`, `compare patient`, `check`, `commit`."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table whose rows are the same on both sides: how many, and the SHA-256 over them in their order."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CopiedInto:
    """Where the store is now (host and database, no user), and its tables by name."""

    place: str
    tables: tuple[CopiedTable, ...]


@dataclass(frozen=True, slots=True)
class TableOfBoth:
    """A table as both sides have it. `counter`: the column whose numbers go on by themselves; empty without one."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    order: str
    counter: str

    @property
    def selected(self) -> str:
        """The columns, separated."""
        return ", ".join(self.columns)


def copy_to_postgres(
    source: Path,
    url: str,
    cipher: Cipher,
    check: Callable[[Reading], None],
    heard: Heard,
    *,
    stands_still: bool = False,
) -> CopiedInto:
    """Copy the store in the file `source` into the empty database at `url`, once `check` finds nothing there to raise.

    Nobody else may write to `source` meanwhile; what is read is of one moment anyway. `stands_still`: nothing is sent
    out of the copy by whatever gateway, until a named person ends that.

    Raises NotNow `STORE_NOT_EMPTY`, `STORE_IN_USE`, `STORE_BUSY`, Internal `COPY_DIFFERS` (`place`: the table),
    `STORE_UNREACHABLE`, `STORE_UNREADABLE`, NotSupported `STORE_URL`, and what `check` raises; the database is then as
    it was.
    """
    database = database_of(url, new_id())
    try:
        with (
            contextlib.closing(connect_reader(source)) as file,
            contextlib.closing(database.writer()) as wire,
        ):
            wire.say("; ".join(_PATIENCE))
            file.execute("BEGIN")
            wire.say("BEGIN")  # whoever leaves without the commit below leaves an empty database
            _require_empty(wire.connection, database)
            migrate(wire.connection)
            tables = tables_of_both(file, wire.connection)
            for table in tables:
                heard(f"copy {table.name}")
                _copy(file, wire.connection, table)
            copied = tuple(_compared(file, wire.connection, table, heard) for table in tables)
            heard("check")
            check(PostgresReading(wire, cipher, FreshRecords()))
            if stands_still:
                _require_no_gateway(wire.connection, database)
                wire.connection.execute(_STANDS_STILL)
            heard("commit")
            _commit(wire, database)
    except psycopg.Error as error:
        raise told(error, database.place) from None
    except sqlite3.Error as error:
        raise Internal("STORE_UNREADABLE", f"`{source.name}` cannot be read") from error
    return CopiedInto(database.place, tuple(sorted(copied, key=lambda table: table.name)))


def _require_empty(connection: Connection, database: Database) -> None:
    require_usable(connection, database.place)
    taken = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (TURN,)).fetchone()
    if taken is None or not taken[0]:
        raise NotNow("STORE_IN_USE", f"another process writes to `{database.place}`")
    asked = "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema())"
    found = connection.execute(asked).fetchone()
    if found is None or found[0]:
        raise NotNow("STORE_NOT_EMPTY", f"`{database.place}` has tables already; give a new, empty database")


def _require_no_gateway(connection: Connection, database: Database) -> None:
    """One that ran on the former store would go on with this one where it was. Raises NotNow `STORE_IN_USE`."""
    found = connection.execute(_CONNECTED).fetchone()
    if found is None or found[0]:
        raise NotNow("STORE_IN_USE", f"a gateway is connected to `{database.place}`; stop all of them")


def tables_of_both(file: sqlite3.Connection, connection: Connection) -> tuple[TableOfBoth, ...]:
    """The tables of both sides, those first that others refer to. Raises Internal `COPY_DIFFERS` for any other."""
    target: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, kind, counts in connection.execute(_COLUMNS):
        target.setdefault(table, {})[column] = (kind, counts)
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = {str(name) for (name,) in file.execute(asked)} - set(DATABASES_OWN)
    for name in sorted(names ^ (target.keys() - set(DATABASES_OWN))):
        raise Internal("COPY_DIFFERS", "is a table of one of the two stores only", name)
    first: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(sorted(names), ()))
    for child, parent in connection.execute(_REFERENCES):
        if child in names:
            first.add(child, parent)
    return tuple(_table(file, name, target[name]) for name in first.static_order())


def _table(file: sqlite3.Connection, name: str, target: dict[str, tuple[str, bool]]) -> TableOfBoth:
    described = file.execute(f"PRAGMA table_info({name})").fetchall()
    here = [str(row["name"]) for row in described]
    if "rowid" in target:
        here.append("rowid")  # SQLite has it unasked
    if missing := set(here) - target.keys():
        raise Internal("COPY_DIFFERS", "has a column that the other store has not", f"{name}.{min(missing)}")
    counter = next((column for column in here if target[column][1]), "")
    keys = [str(row["name"]) for row in sorted(described, key=lambda row: row["pk"]) if row["pk"]]
    order = [counter] if counter else keys or here
    return TableOfBoth(
        name=name,
        columns=tuple(here),
        kinds=tuple(target[column][0] for column in here),
        order=", ".join(f"{column} NULLS FIRST" for column in order),
        counter=counter,
    )


def _copy(file: sqlite3.Connection, connection: Connection, table: TableOfBoth) -> None:
    """Copy the rows, and let the database count on where the file stopped."""
    text = f"COPY {table.name} ({table.selected}) FROM STDIN (FORMAT BINARY)"
    # What a migration puts there itself.
    connection.execute(f"DELETE FROM {table.name}".encode())  # noqa: S608 - our own names
    try:
        with connection.cursor() as cursor, cursor.copy(text.encode()) as copy:
            copy.set_types([_KINDS[kind][0] for kind in table.kinds])
            for row in rows_of_file(file, table):
                copy.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        text = f"the database does not take a row ({error.sqlstate or type(error).__name__})"
        raise Internal("COPY_DIFFERS", text, table.name) from None
    if table.counter and (last := _last_number(file, table)):
        asked = "SELECT setval(pg_get_serial_sequence(%s, %s), %s)"
        connection.execute(asked, (table.name, table.counter, last))
    connection.execute(
        f"ANALYZE {table.name}".encode()
    )  # plans made before autovacuum comes round are good ones too


def _last_number(file: sqlite3.Connection, table: TableOfBoth) -> int:
    """The highest number that was ever given, also to a row that is gone; 0 before the first."""
    (highest,) = file.execute(f"SELECT max({table.counter}) FROM {table.name}").fetchone()  # noqa: S608 - our own names
    given = file.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)).fetchone()
    return max(int(highest or 0), int(given[0]) if given else 0)


def _compared(
    file: sqlite3.Connection, connection: Connection, table: TableOfBoth, heard: Heard
) -> CopiedTable:
    """The table, after both sides were read again. Raises Internal `COPY_DIFFERS`."""
    heard(f"compare {table.name}")
    wanted, found = digest(rows_of_file(file, table)), digest(rows_of_database(connection, table))
    if wanted != found:
        text = f"what was written is not what was read ({wanted[0]} rows and {found[0]}); nothing was copied"
        raise Internal("COPY_DIFFERS", text, table.name)
    return CopiedTable(table.name, *found)


def rows_of_file(file: sqlite3.Connection, table: TableOfBoth) -> Iterator[tuple[object, ...]]:
    """The rows of a table in a SQLite file, in its order. Raises Internal `COPY_DIFFERS` for a value of another type."""
    kinds = [_KINDS[kind][1] for kind in table.kinds]
    text = f"SELECT {table.selected} FROM {table.name} ORDER BY {table.order}"  # noqa: S608 - our own names
    for row in file.execute(text):
        values = tuple(row)
        for value, kind in zip(values, kinds, strict=True):
            if value is not None and type(value) is not kind:
                raise Internal("COPY_DIFFERS", "holds a value of another type than its column", table.name)
        yield values


def rows_of_database(connection: Connection, table: TableOfBoth) -> Iterator[tuple[object, ...]]:
    """The rows of a table in a database, in the same order. Raises psycopg.Error."""
    asked = f"SELECT {table.selected} FROM {table.name} ORDER BY {table.order}"  # noqa: S608 - our own names
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({asked}) TO STDOUT (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types([_KINDS[kind][0] for kind in table.kinds])
        yield from copy.rows()


def digest(rows: Iterable[Sequence[object]]) -> tuple[int, str]:
    """How many rows, and the SHA-256 over them; each value with its type and length."""
    number, made = 0, hashlib.sha256()
    for row in rows:
        made.update(_encode(row))
        number += 1
    return number, made.hexdigest()


def _commit(wire: Wire, database: Database) -> None:
    try:
        wire.say("COMMIT")
    except psycopg.Error:
        text = (
            f"the connection to `{database.place}` was lost at the commit: all is there, or nothing; "
            "`handoff audit verify --store …` says `STORE_MISSING` when it is nothing"
        )
        raise Internal("STORE_UNREACHABLE", text) from None
