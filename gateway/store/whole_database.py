"""What is done with a whole PostgreSQL database; psycopg is looked for only when one of these is asked for.

Each raises NotSupported `STORE_DRIVER_MISSING` without psycopg, and what the function of the same kind raises.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.store.opening import require_driver
from gateway.store.sqlite_copy import CopiedStore, Progress


def export_database(url: str, rows: Path, keys: Path, progress: Progress | None) -> CopiedStore:
    """Copy it into two files; see `postgres_export.export_apart`."""
    require_driver()
    from gateway.store.postgres_export import export_apart

    return export_apart(url, rows, keys, progress)


def content_of_database(url: str) -> CopiedStore:
    """What it holds; see `postgres_export.told_of_database`."""
    require_driver()
    from gateway.store.postgres_export import told_of_database

    return told_of_database(url)


def size_of_database(url: str) -> int:
    """About how many bytes it takes; see `postgres_export.size_of_database`."""
    require_driver()
    from gateway.store import postgres_export

    return postgres_export.size_of_database(url)


def version_of_database(url: str) -> int:
    """The version of its tables; see `postgres_upgrade.version_of`."""
    require_driver()
    from gateway.store.postgres_upgrade import version_of

    return version_of(url)


def bring_database_forward(url: str, check: Callable[[CopiedStore], None]) -> None:
    """Apply the steps it lacks; see `postgres_upgrade.bring_forward`."""
    require_driver()
    from gateway.store.postgres_upgrade import bring_forward

    bring_forward(url, check)
