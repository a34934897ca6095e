"""Bringing a store forward to the tables of this program: only with a verified backup of exactly what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Internal, NotFound, NotNow
from gateway.store.sqlite_copy import CopiedStore
from gateway.wiring.backing_up import verify_backup
from gateway.wiring.backup_notes import StoreBackup, keys_place, newest_keys_backup, newest_store_backup
from gateway.wiring.kept_notes import last_backup
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.store_places import place_of


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which version of the tables to which; `backup` can undo it, by `handoff db restore`."""

    before: int
    now: int
    backup: str


def upgrade(folder: NetworkFolder, url: str | None, place: Path | None, keys_from: Path | None) -> Upgraded:
    """Verify the newest backup in `place` (else the last one made), and bring the store forward.

    On SQLite each step is a transaction: killed in between, the store has whole steps, and the next try does the rest;
    the backup then is of an earlier version, which `restore` brings forward too. On PostgreSQL all steps are one.

    Raises NotFound `STORE_MISSING`, `BACKUP_MISSING`, NotNow `BACKUP_TOO_OLD`, `STORE_IN_USE`, Internal
    `BACKUP_ALTERED`, `STORE_NEWER`, `STORE_ALTERED`.
    """
    store = place_of(folder, url)
    store.require("; `handoff serve` makes a new one")
    used: list[str] = []

    def check(told: CopiedStore) -> None:
        rows = newest_store_backup(_place_of(folder, place), folder.keys.signer)
        keys = newest_keys_backup(keys_from or _keys_of(folder, place), folder.keys.signer)
        verify_backup(folder, rows, keys)
        _require_same(rows, told.head.hex(), dict(told.counts))
        used.append(rows.note.name)

    before, now = store.bring_forward(folder, check)
    return Upgraded(before, now, *used or [""])


def _place_of(folder: NetworkFolder, place: Path | None) -> Path:
    if place is not None:
        return place
    last = last_backup(folder.path)
    if last is None:
        raise NotFound("BACKUP_MISSING", "make one with the gateway stopped: `handoff db backup DIR`")
    return Path(last["place"])


def _keys_of(folder: NetworkFolder, place: Path | None) -> Path:
    last = last_backup(folder.path)
    if place is None and last is not None:
        return Path(last["keys"])
    if place is None:
        raise Internal("BACKUP_ALTERED", "the note of the last backup names no keys")
    return keys_place(place)


def _require_same(rows: StoreBackup, head: str, counts: dict[str, int]) -> None:
    # What an earlier try already did (its steps, new tables) is no change of content.
    same = all(
        counts.get(table) == number for table, number in rows.note.counts.items() if table != "migration"
    )
    if rows.note.head != head or not same:
        text = "the store has changed since the backup: stop the gateway, make another one, upgrade"
        raise NotNow("BACKUP_TOO_OLD", text, rows.path.name)
