"""A PostgreSQL database copied into the two files of a SQLite copy: rows, and apart from them the wrapped keys.

All tables are read in one transaction that sees one moment (REPEATABLE READ), while gateways write. Each table is then
read back from its file and compared. What comes out is read, verified and restored as a copy of a SQLite store is; so
nothing of PostgreSQL's own has to be installed beside the gateway, and a backup of either store restores into either.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from gateway.clock import new_id
from gateway.errors import Internal, NotFound
from gateway.store.postgres_connections import database_of, require_usable, told
from gateway.store.postgres_copy import (
    DATABASES_OWN,
    TableOfBoth,
    digest,
    rows_of_database,
    rows_of_file,
    tables_of_both,
)
from gateway.store.postgres_migrations import applied_version, refuse_newer
from gateway.store.postgres_wire import Connection
from gateway.store.sqlite_copy import (
    KEY_TABLES,
    CopiedStore,
    Progress,
    fault_of_copy,
    new_file,
    sync_file,
    what_is_in,
)
from gateway.store.sqlite_migrations import migrate_to

_BATCH = 2000
_PATIENCE = "SET statement_timeout = 0; SET enable_seqscan = on; SET enable_hashjoin = on"
_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def export_apart(url: str, rows: Path, keys: Path, progress: Progress | None = None) -> CopiedStore:
    """Copy the database at `url` into `rows` and `keys`, both as of one moment, and onto the disk.

    Raises NotFound `STORE_MISSING`, NotNow `DISK_FULL`, NotSupported `STORE_URL`, Internal `STORE_NEWER`,
    `STORE_UNREACHABLE`, `STORE_UNREADABLE`, `COPY_DIFFERS` (`place`: the table).
    """
    try:
        with _one_moment(url) as connection, contextlib.closing(new_file(rows)) as file:
            file.row_factory = sqlite3.Row
            migrate_to(file, applied_version(connection))
            tables = tables_of_both(file, connection)
            _part_keys(file, keys)
            total = _about(connection, tables)
            done = 0
            for table in tables:
                done += _export(file, connection, table)
                if progress is not None:
                    progress(min(done, total), total)
            file.execute("DETACH keys")
            said = what_is_in(file)
    except psycopg.Error as error:
        raise told(error, database_of(url, "").place) from None
    except sqlite3.Error as error:
        raise fault_of_copy(error, f"`{rows.name}` cannot be written") from error
    for one in (rows, keys):
        sync_file(one)
    return said


def told_of_database(url: str) -> CopiedStore:
    """What the database at `url` holds, as `sqlite_copy.told_of` says it of a file.

    Raises NotFound `STORE_MISSING`, and as `export_apart`.
    """
    try:
        with _one_moment(url) as connection:
            return content_of(connection)
    except psycopg.Error as error:
        raise told(error, database_of(url, "").place) from None


def content_of(connection: Connection) -> CopiedStore:
    """The same over a connection, at the moment its transaction sees."""
    last = connection.execute("SELECT seq, chain_hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    note = connection.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    found = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    )
    counts = {
        str(name): _one(connection, f"SELECT count(*) FROM {name}")  # noqa: S608 - a table of ours
        for (name,) in found.fetchall()
        if name not in (*KEY_TABLES, *DATABASES_OWN)
    }
    entries, head = (0, bytes(32)) if last is None else (int(last[0]), bytes(last[1]))
    noted = "" if note is None else str(note[0])
    return CopiedStore(applied_version(connection), entries, head, noted, counts)


def size_of_database(url: str) -> int:
    """About how many bytes the database takes on its server. Raises as `told_of_database`."""
    try:
        with _one_moment(url) as connection:
            return _one(connection, "SELECT pg_database_size(current_database())")
    except psycopg.Error as error:
        raise told(error, database_of(url, "").place) from None


@contextlib.contextmanager
def _one_moment(url: str) -> Iterator[Connection]:
    """A connection in a transaction that sees one moment, of a database with a store in it."""
    database = database_of(url, new_id())
    with contextlib.closing(database.reader()) as wire:
        wire.say(_PATIENCE)
        require_usable(wire.connection, database.place)
        refuse_newer(wire.connection)
        if not applied_version(wire.connection):
            raise NotFound("STORE_MISSING", f"there is no store in `{database.place}`")
        wire.say(_ONE_MOMENT)
        yield wire.connection


def _part_keys(file: sqlite3.Connection, keys: Path) -> None:
    """Take the empty tables of keys out of `file` into `keys`, attached under that name: no key is ever in `file`."""
    new_file(keys).close()
    file.execute("ATTACH ? AS keys", (str(keys),))
    file.execute("PRAGMA keys.secure_delete = ON")
    for table in KEY_TABLES:
        asked = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?"
        (text,) = file.execute(asked, (table,)).fetchone()
        file.execute(f"DROP TABLE main.{table}")
        file.execute(text.replace(f"CREATE TABLE {table}", f"CREATE TABLE keys.{table}", 1))


def _export(file: sqlite3.Connection, connection: Connection, table: TableOfBoth) -> int:
    """Copy one table and compare it; how many rows. Raises Internal `COPY_DIFFERS`."""
    marks = ", ".join("?" * len(table.columns))
    text = f"INSERT INTO {table.name} ({table.selected}) VALUES ({marks})"  # noqa: S608 - our own names
    file.execute("BEGIN")
    file.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own names; what a migration puts there itself
    read = digest(_told_each(rows_of_database(connection, table), _into(file, text)))
    _count_on(file, connection, table)
    file.execute("COMMIT")
    if read != digest(rows_of_file(file, table)):
        raise Internal("COPY_DIFFERS", "what was written is not what was read", table.name)
    return read[0]


def _into(file: sqlite3.Connection, text: str) -> Callable[[list[tuple[object, ...]]], None]:
    def insert(rows: list[tuple[object, ...]]) -> None:
        file.executemany(text, rows)

    return insert


def _told_each(
    rows: Iterator[tuple[object, ...]], hear: Callable[[list[tuple[object, ...]]], None]
) -> Iterator[tuple[object, ...]]:
    """The same rows, of which `hear` is told in batches."""
    batch: list[tuple[object, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            hear(batch)
            batch = []
        yield row
    hear(batch)


def _count_on(file: sqlite3.Connection, connection: Connection, table: TableOfBoth) -> None:
    """Let the file's numbers go on where the database's stopped, also after rows that are gone."""
    if not table.counter or table.counter == "rowid":
        return
    asked = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table.name}_{table.counter}_seq"  # noqa: S608
    last = _one(connection, asked)
    held = file.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table.name))
    if not held.rowcount and last:
        file.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))


def _about(connection: Connection, tables: tuple[TableOfBoth, ...]) -> int:
    """About how many rows there are, for who looks on."""
    names = [table.name for table in tables]
    asked = (
        "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class "
        "WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)"
    )
    found = connection.execute(asked, (names,)).fetchone()
    return max(1, int(found[0]) if found else 0)


def _one(connection: Connection, asked: str) -> int:
    found = connection.execute(asked.encode()).fetchone()
    return 0 if found is None else int(found[0])
