"""A copy of a SQLite store in two files: the rows, and apart from them the wrapped keys they are sealed under.

Taken from one snapshot while a gateway writes. The rows' file holds no wrapped key, so that a backup that is kept for
years says nothing about a patient whose key was destroyed meanwhile; and the newest keys' file, which is small, serves
every older copy of the rows.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import HandoffError, Internal, NotNow
from gateway.store.fresh_records import FreshRecords
from gateway.store.model import Cipher, Reading
from gateway.store.sqlite_migrations import applied_version
from gateway.store.sqlite_statements import sqlite_statements
from gateway.store.sqlite_view import SqliteReading, connect_reader

KEY_TABLES = ("data_key", "destroyed_scope")
_PAGES_A_STEP = 2000
Progress = Callable[[int, int], None]
"""Told how many pages are copied, of how many."""


@dataclass(frozen=True, slots=True)
class CopiedStore:
    """What a copy holds: version of its tables, audit entries with the hash after the last, rows by table."""

    schema: int
    entries: int
    head: bytes
    note: str
    counts: Mapping[str, int]


def copy_apart(source: Path, rows: Path, keys: Path, progress: Progress | None = None) -> CopiedStore:
    """Copy the store in `source` into `rows` and `keys`, both as of one moment, and onto the disk.

    Raises Internal `STORE_UNREADABLE` for a file that is no store, NotNow `DISK_FULL`.
    """
    try:
        with closing(connect_reader(source)) as connection:
            # The snapshot: it is held by this transaction, whatever is written meanwhile, so the copy never starts
            # again and both files are of the same moment.
            connection.execute("BEGIN")
            told = what_is_in(connection)
            _copy_keys(connection, keys)
            with closing(new_file(rows)) as target:
                connection.backup(
                    target,
                    pages=_PAGES_A_STEP,
                    progress=_heard(progress),
                    sleep=0,
                )
                _drop_keys(target)
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise fault_of_copy(error, f"`{source.name}` cannot be copied") from error
    for file in (rows, keys):
        sync_file(file)
    return told


def told_of(rows: Path) -> CopiedStore:
    """What the store or the copy in `rows` holds. Raises Internal `STORE_UNREADABLE` when SQLite finds it damaged."""
    try:
        with closing(connect_reader(rows)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise Internal("STORE_UNREADABLE", f"`{rows.name}` is damaged")
            return what_is_in(connection)
    except sqlite3.Error as error:
        raise Internal("STORE_UNREADABLE", f"`{rows.name}` is no usable store") from error


@contextmanager
def copy_to_read(rows: Path, keys: Path, cipher: Cipher) -> Iterator[Reading]:
    """The copy in `rows`, to be read with the wrapped keys in `keys`.

    Raises Internal `STORE_UNREADABLE`.
    """
    try:
        with closing(connect_reader(rows)) as connection:
            # The copy has no tables of keys: their names lead into the file that is put beside it.
            connection.execute("ATTACH ? AS keys", (str(keys),))
            connection.execute("BEGIN")
            yield SqliteReading(connection, sqlite_statements(), cipher, FreshRecords())
    except sqlite3.Error as error:
        raise Internal("STORE_UNREADABLE", f"`{rows.name}` is no usable store") from error


def join_copy(rows: Path, keys: Path, target: Path) -> None:
    """Make a whole store in `target` out of the two files. Raises Internal `STORE_UNREADABLE`, NotNow `DISK_FULL`."""
    try:
        with closing(new_file(target)) as made:
            with closing(connect_reader(rows)) as connection:
                connection.backup(made)
            made.execute("ATTACH ? AS keys", (str(keys),))
            made.execute("BEGIN")
            for table in KEY_TABLES:
                asked = "SELECT sql FROM keys.sqlite_master WHERE type = 'table' AND name = ?"
                (text,) = made.execute(asked, (table,)).fetchone()
                made.execute(text)
                made.execute(f"INSERT INTO main.{table} SELECT * FROM keys.{table}")  # noqa: S608 - our own names
            made.execute("COMMIT")
            made.execute("DETACH keys")
    except (sqlite3.Error, TypeError) as error:
        raise fault_of_copy(error, "the backup's two files do not make a store") from error
    sync_file(target)


def sync_file(path: Path) -> None:
    """Make the content of the file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fault_of_copy(error: Exception, text: str) -> HandoffError:
    """A full disk passes; everything else is a fault of the file."""
    if getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return NotNow("DISK_FULL", "there was no room for the copy; what was begun does not count")
    return Internal("STORE_UNREADABLE", text)


def new_file(path: Path) -> sqlite3.Connection:
    """A new file without a log of its own: what is deleted from it is overwritten in place."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _drop_keys(copy: sqlite3.Connection) -> None:
    # A copied file says of itself that it has a write-ahead log; without one it is a single file.
    copy.execute("PRAGMA journal_mode = MEMORY")
    for table in KEY_TABLES:
        copy.execute(f"DROP TABLE {table}")


def _copy_keys(connection: sqlite3.Connection, keys: Path) -> None:
    with closing(new_file(keys)) as target:
        target.execute("BEGIN")
        for table in KEY_TABLES:
            asked = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
            (text,) = connection.execute(asked, (table,)).fetchone()
            target.execute(text)
            rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            marks = ", ".join("?" * len(rows.description))
            target.executemany(f"INSERT INTO {table} VALUES ({marks})", (tuple(row) for row in rows))  # noqa: S608
        target.execute("COMMIT")


def what_is_in(connection: sqlite3.Connection) -> CopiedStore:
    """What the store or copy holds over whose connection it is asked."""
    last = connection.execute("SELECT seq, chain_hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    note = connection.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    counts = {
        name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - a table of ours
        for (name,) in names
        if name not in KEY_TABLES
    }
    entries, head = (0, bytes(32)) if last is None else (int(last[0]), bytes(last[1]))
    return CopiedStore(
        applied_version(connection), entries, head, "" if note is None else str(note[0]), counts
    )


def _heard(progress: Progress | None) -> Callable[[int, int, int], None] | None:
    if progress is None:
        return None
    return lambda _status, left, total: progress(total - left, total)
