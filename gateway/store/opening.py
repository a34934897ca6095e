"""Opening the store a URL names: a SQLite file, or a PostgreSQL database, whose driver is only then looked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.errors import NotSupported
from gateway.store.model import Cipher, Reading
from gateway.store.sqlite_store import (
    ReadOnlyStore,
    SqliteStore,
    is_postgres,
    no_fault,
    open_sqlite,
    open_sqlite_for_reading,
)

if TYPE_CHECKING:
    from gateway.store.postgres_copy import CopiedInto
    from gateway.store.postgres_store import PostgresReader, PostgresStore

Heard = Callable[[str], None]
"""Told which step of a copy is begun."""


def open_store(
    url: str,
    cipher: Cipher,
    *,
    folder: Path | None = None,
    fault_point: Callable[[str], None] = no_fault,
    upgrade: bool = False,
    configuration: str = "",
) -> SqliteStore | PostgresStore:
    """Open the store at `url` for writing; a missing one is made, with `upgrade` an older one upgraded.

    `configuration`: what this process decides by; on one database all have to have the same.

    Raises NotNow `STORE_IN_USE`, NotSupported `STORE_URL`, `STORE_DRIVER_MISSING`, Internal `STORE_OLDER`,
    `STORE_NEWER`, `STORE_ALTERED`, `STORE_UNREADABLE`, `STORE_UNREACHABLE`.
    """
    if is_postgres(url):
        opening = require_driver().open_postgres
        made: PostgresStore = opening(
            url, cipher, fault_point=fault_point, upgrade=upgrade, configuration=configuration
        )
        return made
    return open_sqlite(url, cipher, folder=folder, fault_point=fault_point, upgrade=upgrade)


def open_store_for_reading(
    url: str, cipher: Cipher, *, folder: Path | None = None
) -> ReadOnlyStore | PostgresReader:
    """Open the store at `url` for reading only; works while a gateway writes to it.

    Raises NotFound `STORE_MISSING`, NotSupported `STORE_URL`, `STORE_DRIVER_MISSING`, Internal `STORE_NEWER`,
    `STORE_OLDER`, `STORE_UNREADABLE`, `STORE_UNREACHABLE`.
    """
    if is_postgres(url):
        made: PostgresReader = require_driver().open_postgres_for_reading(url, cipher)
        return made
    return open_sqlite_for_reading(url, cipher, folder=folder)


def is_empty(url: str, folder: Path | None = None) -> bool:
    """Whether nothing was ever kept in the store at `url`. Raises as `open_store_for_reading`."""
    from gateway.store.sqlite_store import store_path

    if is_postgres(url):
        return bool(require_driver().is_empty(url))
    path = store_path(url, folder)
    return not (path.exists() and path.stat().st_size)


def copy_into_database(
    source: Path,
    url: str,
    cipher: Cipher,
    check: Callable[[Reading], None],
    heard: Heard,
    *,
    stands_still: bool = False,
) -> CopiedInto:
    """Copy a SQLite store into an empty database, all or nothing; see `postgres_copy.copy_to_postgres`.

    Raises NotSupported `STORE_DRIVER_MISSING`, and as that.
    """
    require_driver()
    from gateway.store.postgres_copy import copy_to_postgres

    return copy_to_postgres(source, url, cipher, check, heard, stands_still=stands_still)


def require_driver() -> Any:
    """The module of the PostgreSQL store. Raises NotSupported `STORE_DRIVER_MISSING`."""
    try:
        from gateway.store import postgres_store
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("psycopg", "psycopg_binary") and "libpq" not in str(
            error
        ):
            raise
        text = "PostgreSQL needs psycopg: `pip install 'warm-handoff[postgres]'`"
        raise NotSupported("STORE_DRIVER_MISSING", text) from None
    return postgres_store
