"""Bring a SQLite file to the tables this program knows. Forward only; each step of an upgrade is one transaction."""

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

    A new file gets all in one transaction: a first start that was cut off would leave an older store that nobody ever
    served.

    Raises Internal `STORE_NEWER` when a newer program made the file, `STORE_ALTERED` when a step is not the
    one that was applied.
    """
    connection.execute(_BOOK)
    applied = dict(connection.execute("SELECT number, sha256 FROM migration").fetchall())
    refuse_newer(connection)
    missing = []
    for number, name, text in migrations("sqlite"):
        digest = hashlib.sha256(text.encode()).hexdigest()
        if number not in applied:
            missing.append(_step(number, name, digest, text))
        elif applied[number] != digest:
            raise Internal("STORE_ALTERED", f"migration `{name}` is not the one this store was made with")
    for steps in [[step] for step in missing] if applied else [missing]:
        _apply(connection, steps)
    return len(missing)


def migrate_to(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables of `version` in an empty file, as a store of that version has them."""
    connection.execute(_BOOK)
    steps = migrations("sqlite")[:version]
    _apply(
        connection,
        [_step(n, name, hashlib.sha256(text.encode()).hexdigest(), text) for n, name, text in steps],
    )


def refuse_newer(connection: sqlite3.Connection) -> None:
    """Raise Internal `STORE_NEWER` when the file was made by a newer program."""
    applied, known = applied_version(connection), known_version()
    if applied > known:
        raise Internal(
            "STORE_NEWER", f"the store has version {applied}, this program knows {known}: upgrade it"
        )


def _step(number: int, name: str, digest: str, text: str) -> str:
    return f"{text}\nINSERT INTO migration VALUES ({number}, '{name}', '{digest}');"


def _apply(connection: sqlite3.Connection, steps: list[str]) -> None:
    if not steps:
        return
    try:
        connection.executescript("\n".join(("BEGIN IMMEDIATE;", *steps, "COMMIT;")))
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise
