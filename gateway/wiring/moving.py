"""Moving a network from its SQLite file to a PostgreSQL database: copied, compared, the log verified; or nothing.

The lock of the file is held from the first look to the commit, so no gateway starts in between. The file stays as it is;
that nobody serves it afterwards by mistake is seen to by the journal beside it, which belongs to the log and not to the
store: it goes on with the database, and a store that lacks what the journal has is not served (`STORE_ROLLED_BACK`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Internal, NotFound, NotSupported
from gateway.store import Reading, open_store_for_reading
from gateway.store.opening import Heard, copy_into_database
from gateway.store.sqlite_copy import told_of
from gateway.store.sqlite_store import hold, is_postgres, store_path
from gateway.wiring.backing_up import audit_of, open_samples
from gateway.wiring.kept_notes import paused
from gateway.wiring.network_folder import NetworkFolder


@dataclass(frozen=True, slots=True)
class Moved:
    """The old file, the database (host and name), rows by table in both, entries of the verified log, rows opened."""

    file: Path
    place: str
    tables: tuple[tuple[str, int], ...]
    entries: int
    opened: int


def move_to_postgres(
    folder: NetworkFolder, url: str | None, target: str, heard: Heard = lambda _begun: None
) -> Moved:
    """Copy the store at `url` (else the one beside the network file) into the empty database at `target`.

    Raises NotFound `STORE_MISSING`, NotNow `STORE_IN_USE`, `STORE_NOT_EMPTY`, `STORE_BUSY`, NotSupported `STORE_URL`,
    `STORE_DRIVER_MISSING`, Internal `STORE_OLDER`, `STORE_NEWER`, `STORE_UNREADABLE`, `STORE_UNREACHABLE`,
    `COPY_DIFFERS` (`place`: the table), `SEAL_BROKEN`, `KEK_UNKNOWN`, `KEY_MISSING`; nothing is then copied.
    """
    if not is_postgres(target):
        raise NotSupported("STORE_URL", "give the database as `postgresql://host/database`")
    path = store_path(url or folder.store_url, None if url else folder.path)
    if not path.is_file():
        raise NotFound("STORE_MISSING", f"there is no store `{path.name}` to move")
    found: list[int] = []

    def check(reading: Reading) -> None:
        report = audit_of(folder, reading)
        if not report.ok:
            text = f"the log does not verify from entry {report.first_bad_seq} on ({report.reason})"
            raise Internal("COPY_DIFFERS", text, "audit")
        found.extend((report.entries, open_samples(reading)[0]))

    lock = hold(path)
    try:
        # Looks at the version of its tables, then at every page of it.
        open_store_for_reading(f"sqlite:///{path.absolute()}", folder.keys.cipher).close_readers()
        told_of(path)
        stands_still = paused(folder.path) is not None
        copied = copy_into_database(
            path, target, folder.keys.cipher_alone(), check, heard, stands_still=stands_still
        )
    finally:
        os.close(lock)
    tables = tuple((table.name, table.rows) for table in copied.tables)
    return Moved(path, copied.place, tables, *found)
