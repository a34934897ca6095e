"""The restore drill: a backup is put back in another place and looked through; nothing of the gateway is touched."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gateway.audit import read_witness, verifier_of, verify
from gateway.audit.journal import FOLDER as JOURNAL
from gateway.clock import Clock, SystemClock, instant_text
from gateway.store import open_store_for_reading
from gateway.store.sqlite_copy import Progress, told_of
from gateway.wiring.backing_up import make_backup, open_samples
from gateway.wiring.backup_notes import (
    KeysBackup,
    StoreBackup,
    keys_place,
    newest_keys_backup,
    newest_store_backup,
    write_whole,
)
from gateway.wiring.kept_notes import LAST_DRILL, paused
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.practice_place import drill_place
from gateway.wiring.restoring import WITNESS, Restored, Wanted, restore

_GROW = ("audit", "consent_history", "legal_hold", "used_assertion")
"""Tables to which a restore itself adds."""
_SAMPLES = 300


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill found. `faults`: what is not as it should be, in plain words; empty when the backup can be relied on.

    Times are in seconds.
    """

    backup: str
    rows: int
    entries: int
    opened: int
    destroyed: int
    backup_seconds: float
    restore_seconds: float
    look_seconds: float
    faults: tuple[str, ...]


def drill(
    folder: NetworkFolder,
    url: str | None,
    place: Path | None = None,
    keys_from: Path | None = None,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Drilled:
    """Restore a backup into a temporary folder and look whether everything is there and opens.

    `place`: where backups are, to try the newest one (`keys_from`: key backups, when not beside it); without, one is
    made for the drill. Raises as `make_backup` and
    `restore`.
    """
    clock = clock or SystemClock()
    with drill_place(folder.path) as scratch:
        there = _scratch_folder(folder, scratch / "network")
        began = time.perf_counter()
        if place is None:
            made = make_backup(folder, url, scratch / "b", clock=clock, progress=progress, is_drill=True)
            rows, keys = made.rows, made.keys
        else:
            rows = newest_store_backup(place, folder.keys.signer)
            keys = newest_keys_backup(keys_from or keys_place(place), folder.keys.signer)
        backed_up = time.perf_counter()
        done = restore(there, None, Wanted(rows, keys, by="drill", reason="restore drill"), clock)
        restored = time.perf_counter()
        found = _look(there, rows, keys, done)
        looked = time.perf_counter()
    seconds = (backed_up - began, restored - backed_up, looked - restored)
    drilled = replace(
        found,
        backup_seconds=round(seconds[0], 3),
        restore_seconds=round(seconds[1], 3),
        look_seconds=round(seconds[2], 3),
    )
    said = {**asdict(drilled), "at": instant_text(clock.now())}
    write_whole(folder.path / LAST_DRILL, json.dumps(said, indent=1).encode())
    return drilled


def _scratch_folder(folder: NetworkFolder, path: Path) -> NetworkFolder:
    """A network folder with the same keys, and with what is left when a store is lost: witness and journal."""
    path.mkdir(mode=0o700)
    if (folder.path / WITNESS).exists():
        shutil.copy(folder.path / WITNESS, path)
    if (folder.path / JOURNAL).is_dir():
        (path / JOURNAL).symlink_to((folder.path / JOURNAL).absolute())
    return replace(folder, path=path)


def _look(folder: NetworkFolder, rows: StoreBackup, keys: KeysBackup, done: Restored) -> Drilled:
    """Verify the whole audit log with all its facts, compare counts, open samples."""
    faults = []
    told = told_of(folder.path / "handoff.db")
    for table, number in rows.note.counts.items():
        now = told.counts.get(table, 0)
        if now < number or (now > number and table not in _GROW):
            faults.append(f"table {table}: {number} rows were backed up, {now} are there")
    if paused(folder.path) is None:
        faults.append("the restored gateway would not stand still")
    witness = read_witness(folder.path / WITNESS)
    store = open_store_for_reading(folder.store_url, folder.keys.cipher_alone(), folder=folder.path)
    try:
        with store.read() as reading:
            report = verify(reading, verifier_of(folder.keys.signer), witness)
            opened, destroyed = open_samples(reading, _SAMPLES)
    finally:
        store.close_readers()
    if not report.ok:
        faults.append(f"the audit log does not verify at entry {report.first_bad_seq}: {report.reason}")
    if done.lost:
        faults.append(f"{done.lost} audit entries that the witness knows of are nowhere else")
    return Drilled(
        rows.note.name,
        sum(told.counts.values()),
        report.entries,
        opened,
        destroyed,
        0.0,
        0.0,
        0.0,
        tuple(faults),
    )
