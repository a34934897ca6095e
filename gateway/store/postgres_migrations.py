"""Bring a database to the tables this program knows. Forward only; all missing steps are one transaction."""

from __future__ import annotations

import hashlib

import psycopg

from gateway.errors import Internal
from gateway.store.named_queries import migrations
from gateway.store.postgres_wire import Connection
from gateway.store.postgres_writer import TURN

_BOOK = """CREATE TABLE IF NOT EXISTS migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)"""


def known_version() -> int:
    """The number of the newest migration this program knows."""
    return len(migrations("postgres"))


def applied_version(connection: Connection) -> int:
    """The number of the newest migration the database has had; 0 for an empty one."""
    try:
        found = connection.execute("SELECT max(number) FROM migration").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return 0 if found is None else int(found[0] or 0)


def refuse_newer(connection: Connection) -> None:
    """Raise Internal `STORE_NEWER` when the tables were made by a newer program."""
    applied, known = applied_version(connection), known_version()
    if applied > known:
        text = f"the store has version {applied}, this program knows {known}: upgrade it"
        raise Internal("STORE_NEWER", text)


def migrate(connection: Connection) -> int:
    """Apply every missing migration, all or none; how many were applied. Two processes that start at once take turns.

    In one transaction, since the others look at the version meanwhile: half the steps are an older store to them, and a
    first start that was cut off would leave one that nobody ever served.

    Raises Internal `STORE_NEWER` when a newer program made the tables, `STORE_ALTERED` when a step is not the one that
    was applied.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (TURN,))
        connection.execute(_BOOK)
        refuse_newer(connection)
        had = dict(connection.execute("SELECT number, sha256 FROM migration").fetchall())
        done = 0
        for number, name, text in migrations("postgres"):
            digest = hashlib.sha256(text.encode()).hexdigest()
            if number not in had:
                connection.execute(text.encode(), prepare=False)
                connection.execute("INSERT INTO migration VALUES (%s, %s, %s)", (number, name, digest))
                done += 1
            elif had[number] != digest:
                raise Internal("STORE_ALTERED", f"migration `{name}` is not the one this store was made with")
    return done
