"""Every way in which the backups of a place could be read: each with each key backup that it could be opened with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from gateway.security.keys import Keys
from gateway.store import Reading
from gateway.store.sqlite_copy import copy_to_read
from gateway.wiring.backup_notes import keys_backups, keys_place, store_backups


def views_of(place: Path, keys: Keys) -> Iterator[tuple[str, AbstractContextManager[Reading]]]:
    """(what it is, a way to read it) of every backup in `place` with every key backup beside it.

    Raises Internal `BACKUP_ALTERED`.
    """
    for rows in store_backups(place, keys.signer):
        for wrapped in keys_backups(keys_place(place), keys.signer):
            # Also with older ones: they miss the keys of new patients and may hold those of destroyed ones.
            name = f"backup {rows.note.name[:15]} with keys {wrapped.note.name[:15]}"
            yield name, copy_to_read(rows.rows, wrapped.path, keys.cipher_alone())
