"""Where a network's store is, for what is done with the whole of it: a file, or a database that gateways share."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.audit import verifier_of, verify
from gateway.errors import Internal, NotFound, NotNow
from gateway.security.rotation import sync_folder
from gateway.store import Reading, open_store
from gateway.store.opening import copy_into_database, is_empty
from gateway.store.sqlite_copy import CopiedStore, Progress, copy_apart, sync_file, told_of
from gateway.store.sqlite_migrations import known_version
from gateway.store.sqlite_store import hold, is_postgres, store_path
from gateway.store.whole_database import (
    bring_database_forward,
    content_of_database,
    export_database,
    size_of_database,
    version_of_database,
)
from gateway.wiring.network_folder import NetworkFolder

DRAFT = "database.restoring"
"""What is made beside the network file before it goes into a database; beside a file it has the file's name in front."""


class StorePlace(Protocol):
    """A place of a store. All may raise what opening the store raises."""

    @property
    def name(self) -> str:
        """What it is called in messages: never with a user or a password."""

    @property
    def draft(self) -> Path:
        """The file in which a restored store is made ready."""

    def require(self, text: str) -> None:
        """Raise NotFound `STORE_MISSING` with `text` where there is no store."""

    def size(self) -> int:
        """About how many bytes it takes."""

    def told(self) -> CopiedStore:
        """What it holds."""

    def copy_apart(self, rows: Path, keys: Path, progress: Progress | None) -> CopiedStore:
        """Copy it into two files, as of one moment."""

    def bring_forward(self, folder: NetworkFolder, check: Callable[[CopiedStore], None]) -> tuple[int, int]:
        """Bring its tables forward once `check` raised nothing; versions before and after."""

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Keep other restores (and, of a file, gateways) away. Raises NotNow `STORE_IN_USE`."""

    def refuse_what_is_there(self) -> None:
        """Raise NotNow `STORE_NOT_EMPTY` where there is a store."""

    def put(self, draft: Path, folder: NetworkFolder) -> None:
        """Put the draft in the place in one step: all of it is there afterwards, or nothing."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A SQLite file."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def draft(self) -> Path:
        """Beside the file, so that one rename puts it in its place."""
        return self.path.with_name(self.path.name + ".restoring")

    def require(self, text: str) -> None:
        """See `StorePlace`."""
        if not self.path.is_file():
            raise NotFound("STORE_MISSING", f"there is no store `{self.name}`{text}")

    def size(self) -> int:
        """The file's size."""
        return self.path.stat().st_size

    def told(self) -> CopiedStore:
        """See `StorePlace`."""
        return told_of(self.path)

    def copy_apart(self, rows: Path, keys: Path, progress: Progress | None) -> CopiedStore:
        """See `StorePlace`."""
        return copy_apart(self.path, rows, keys, progress)

    def bring_forward(self, folder: NetworkFolder, check: Callable[[CopiedStore], None]) -> tuple[int, int]:
        """Each step is a transaction: killed in between, the file has whole steps, and the next try does the rest."""
        told = told_of(self.path)
        if told.schema >= known_version():
            return told.schema, told.schema
        check(told)
        store = open_store(f"sqlite:///{self.path.absolute()}", folder.keys.cipher, upgrade=True)
        asyncio.run(store.close())
        return told.schema, known_version()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The store's lock keeps a gateway from starting."""
        with _locked(self.path):
            yield

    def refuse_what_is_there(self) -> None:
        """See `StorePlace`; also what stands beside a file counts."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            file = self.path.with_name(self.path.name + suffix)
            if file.exists() and file.stat().st_size > 0:
                raise NotNow(
                    "STORE_NOT_EMPTY",
                    "move it and the files beside it away first; name it with --old if it can be read",
                    file.name,
                )

    def put(self, draft: Path, folder: NetworkFolder) -> None:
        """One rename."""
        draft.rename(self.path)
        sync_folder(self.path.parent)


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A PostgreSQL database. `beside`: the network's folder, in which drafts and locks are."""

    url: str
    beside: Path

    @property
    def name(self) -> str:
        """Its URL holds more than may be told."""
        return "the database"

    @property
    def draft(self) -> Path:
        """In the network's folder."""
        return self.beside / DRAFT

    def require(self, text: str) -> None:
        """See `StorePlace`."""
        if is_empty(self.url):
            raise NotFound("STORE_MISSING", f"there is no store in the database{text}")

    def size(self) -> int:
        """What the database says of itself; the files of a backup are about as large."""
        return size_of_database(self.url)

    def told(self) -> CopiedStore:
        """See `StorePlace`."""
        return content_of_database(self.url)

    def copy_apart(self, rows: Path, keys: Path, progress: Progress | None) -> CopiedStore:
        """See `StorePlace`."""
        return export_database(self.url, rows, keys, progress)

    def bring_forward(self, folder: NetworkFolder, check: Callable[[CopiedStore], None]) -> tuple[int, int]:
        """All steps are one transaction."""
        before = version_of_database(self.url)
        if before == known_version():
            return before, before
        bring_database_forward(self.url, check)
        return before, known_version()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Two restores from one folder take turns; what else there is is seen in the transaction that copies."""
        with _locked(self.draft.with_suffix("")):
            yield

    def refuse_what_is_there(self) -> None:
        """See `StorePlace`; tables of others count too, which the copy looks at."""
        if not is_empty(self.url):
            raise NotNow("STORE_NOT_EMPTY", "the database holds a store; give a new, empty database")

    def put(self, draft: Path, folder: NetworkFolder) -> None:
        """One transaction: every table is read again and compared, the log verified, and the standstill said."""

        def check(reading: Reading) -> None:
            report = verify(reading, verifier_of(folder.keys.signer), facts=False)
            if not report.ok:
                raise Internal("COPY_DIFFERS", f"the log does not verify ({report.reason})", "audit")

        cipher = folder.keys.cipher_alone()
        copy_into_database(draft, self.url, cipher, check, lambda _begun: None, stands_still=True)
        remove_draft(draft)


def place_of(folder: NetworkFolder, url: str | None) -> FilePlace | DatabasePlace:
    """The place of the store that `url` names, else the file beside the network file.

    Raises NotSupported `STORE_URL`.
    """
    given = url or folder.store_url
    if is_postgres(given):
        return DatabasePlace(given, folder.path)
    return FilePlace(store_path(given, None if url else folder.path))


def settle(draft: Path) -> None:
    """Make one file of the draft, without a log beside it, and durable."""
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    sync_file(draft)
    draft.with_name(draft.name + ".lock").unlink(missing_ok=True)


def remove_draft(draft: Path) -> None:
    """Take away what a restore made ready and nobody needs."""
    for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = hold(path)
    try:
        yield
    finally:
        os.close(descriptor)
