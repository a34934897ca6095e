"""A database brought forward to the tables of this program: all steps in one transaction, with no gateway on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import psycopg

from gateway.clock import new_id
from gateway.errors import NotNow
from gateway.store.postgres_connections import database_of, require_usable, told
from gateway.store.postgres_export import content_of
from gateway.store.postgres_migrations import applied_version, migrate
from gateway.store.postgres_writer import TURN
from gateway.store.sqlite_copy import CopiedStore

_PATIENCE = "SET statement_timeout = 0; SET lock_timeout = '30s'"


def bring_forward(url: str, check: Callable[[CopiedStore], None]) -> None:
    """Apply the missing steps to the database at `url`, once `check` finds nothing to raise in what it holds.

    Cut off anywhere, the database is as it was. Raises NotNow `STORE_IN_USE` while a gateway lives on it, Internal
    `STORE_NEWER`, `STORE_ALTERED`, `STORE_UNREACHABLE`, `STORE_UNREADABLE`, and what `check` raises.
    """
    database = database_of(url, new_id())
    try:
        with contextlib.closing(database.writer()) as wire:
            wire.say(_PATIENCE)
            connection = wire.connection
            require_usable(connection, database.place)
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (TURN,))
                connection.execute("LOCK TABLE process IN EXCLUSIVE MODE")  # none begins meanwhile
                if wire.rows(wire.run("processes.others", {"id": database.process})):
                    raise NotNow("STORE_IN_USE", f"a gateway runs on `{database.place}`; stop all of them")
                check(content_of(connection))
                migrate(connection)
    except psycopg.Error as error:
        raise told(error, database.place) from None


def version_of(url: str) -> int:
    """The version of the tables in the database at `url`; 0 for none. Raises as `bring_forward`."""
    database = database_of(url, new_id())
    try:
        with contextlib.closing(database.reader()) as wire:
            return applied_version(wire.connection)
    except psycopg.Error as error:
        raise told(error, database.place) from None
