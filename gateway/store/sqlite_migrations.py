"""Bring a SQLite file to the tables this program knows. Forward only; each step is one transaction."""

from __future__ import annotations

import hashlib
import sqlite3

from gateway.errors import Internal
from gateway.store.named_queries import migrations

_BOOK = """CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)"""


def known_version() -> int:
    """The number of the newest migration this program knows."""
    return len(migrations("sqlite"))


def applied_version(connection: sqlite3.Connection) -> int:
    """The number of the newest migration the file has had; 0 for an empty file."""
    try:
        found = connection.execute("SELECT max(number) FROM migration").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(found[0] or 0)


def migrate(connection: sqlite3.Connection) -> int:
    """Apply every missing migration; how many were applied. A crash in between leaves whole steps only.

    Raises Internal `STORE_NEWER` when a newer program made the file, `STORE_ALTERED` when a step is not the
    one that was applied.
    """
    connection.execute(_BOOK)
    applied = dict(connection.execute("SELECT number, sha256 FROM migration").fetchall())
    refuse_newer(connection)
    done = 0
    for number, name, text in migrations("sqlite"):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if number not in applied:
            _apply(connection, number, name, digest, text)
            done += 1
        elif applied[number] != digest:
            raise Internal("STORE_ALTERED", f"migration `{name}` is not the one this store was made with")
    return done


def migrate_to(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables of `version` in an empty file, as a store of that version has them."""
    connection.execute(_BOOK)
    for number, name, text in migrations("sqlite")[:version]:
        _apply(connection, number, name, hashlib.sha256(text.encode()).hexdigest(), text)


def refuse_newer(connection: sqlite3.Connection) -> None:
    """Raise Internal `STORE_NEWER` when the file was made by a newer program."""
    applied, known = applied_version(connection), known_version()
    if applied > known:
        raise Internal(
            "STORE_NEWER", f"the store has version {applied}, this program knows {known}: upgrade it"
        )


def _apply(connection: sqlite3.Connection, number: int, name: str, digest: str, text: str) -> None:
    book = f"INSERT INTO migration VALUES ({number}, '{name}', '{digest}');"  # noqa: S608 - our own file's name
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{text}\n{book}\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise
