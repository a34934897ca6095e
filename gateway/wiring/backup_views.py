"""Every way in which the backups of a place could be read: each with each key backup that it could be opened with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from gateway.errors import NotFound
from gateway.security.keys import Keys
from gateway.store import Reading
from gateway.store.sqlite_copy import copy_to_read
from gateway.wiring.backup_notes import keys_backups, keys_place, store_backups


def views_of(
    place: Path, keys: Keys, keys_from: Path | None = None
) -> Iterator[tuple[str, AbstractContextManager[Reading]]]:
    """(what it is, a way to read it) of every backup in `place` with every key backup in `keys_from` (else beside it).

    Raises Internal `BACKUP_ALTERED`, NotFound `BACKUP_MISSING` where there is none of either: nothing was looked into,
    which is no proof that nothing opens.
    """
    backups, found = (
        store_backups(place, keys.signer),
        keys_backups(keys_from or keys_place(place), keys.signer),
    )
    if not backups:
        raise NotFound("BACKUP_MISSING", "there is no finished backup", place.name)
    if not found:
        raise NotFound(
            "BACKUP_MISSING", "its key backups are not beside it; name their place with --keys-from"
        )
    for rows in backups:
        for wrapped in found:
            # Also with older ones: they miss the keys of new patients and may hold those of destroyed ones.
            name = f"backup {rows.note.name[:15]} with keys {wrapped.note.name[:15]}"
            yield name, copy_to_read(rows.rows, wrapped.path, keys.cipher_alone())
