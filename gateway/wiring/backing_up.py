"""Making a backup while the gateway runs, and looking whether one can be relied on."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.audit import VerifyReport, verifier_of, verify
from gateway.clock import Clock, SystemClock, instant_text
from gateway.errors import Internal, NotFound, NotNow
from gateway.security.rotation import sync_folder
from gateway.store import Reading, samples
from gateway.store.sqlite_copy import CopiedStore, Progress, copy_to_read, told_of
from gateway.wiring.backup_notes import (
    KEY_BACKUP_DAYS,
    KEYS_SUFFIX,
    NETWORK_FILE,
    STORE_FILE,
    STORE_NOTE,
    UNDER_WAY,
    KeysBackup,
    KeysNote,
    StoreBackup,
    StoreNote,
    keys_backups,
    keys_note_of,
    keys_place,
    made_at,
    sha256_of_file,
    write_note,
    write_whole,
)
from gateway.wiring.kept_notes import LAST_BACKUP
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.store_places import StorePlace, place_of

_STAMP = "%Y%m%dT%H%M%S.%fZ"
_SPARE = 1.2
_SAMPLES = 60


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A finished and verified backup, and the key backups that were taken away because of their age."""

    rows: StoreBackup
    keys: KeysBackup
    found: FoundGood
    expired: int


@dataclass(frozen=True, slots=True)
class FoundGood:
    """What a look at a backup found: entries of an unbroken audit log, rows opened, and rows whose key was destroyed."""

    entries: int
    opened: int
    destroyed: int


def make_backup(
    folder: NetworkFolder,
    url: str | None,
    place: Path,
    keys_to: Path | None = None,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
    is_drill: bool = False,
) -> MadeBackup:
    """Copy the store into `place`, its wrapped keys into `keys_to`, and verify both as they are on the disk.

    Killed at any point: the folder under way has no note and another name, so it is no backup and the next one takes
    it away. The keys get their name before the rows do, so that there are never rows without keys; and the gateway's
    own note of the last backup comes after both.

    Raises NotFound `STORE_MISSING`, NotNow `DISK_FULL` or `BACKUP_UNDER_WAY`, Internal `BACKUP_ALTERED` when what was
    written is not what is read back.
    """
    source = place_of(folder, url)
    source.require(" to back up")
    keys_to = keys_to or keys_place(place)
    for one in (place, keys_to):
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(place):
        at = (clock or SystemClock()).now()
        made = _make(folder, source, place, keys_to, at, progress)
    if not is_drill:
        _remember(folder, made.rows, made.keys)
    return made


def _make(
    folder: NetworkFolder,
    source: StorePlace,
    place: Path,
    keys_to: Path,
    at: datetime,
    progress: Progress | None,
) -> MadeBackup:
    under_way = _begin(source, place, keys_to, at)
    name = under_way.name.removeprefix(UNDER_WAY)
    keys_file = keys_to / f"{UNDER_WAY}{name}{KEYS_SUFFIX}"
    told = source.copy_apart(under_way / STORE_FILE, keys_file, progress)
    network = (folder.path / NETWORK_FILE).read_bytes()
    write_whole(under_way / NETWORK_FILE, network)
    keys = _name_keys(folder, keys_file, name, at, told)
    signer = folder.keys.signer
    note = write_note(under_way / STORE_NOTE, _store_note(folder, under_way, told, name, at), signer)
    found = verify_backup(folder, StoreBackup(under_way, note), keys)
    sync_folder(under_way)
    done = StoreBackup(under_way.rename(place / name), note)
    sync_folder(place)
    return MadeBackup(done, keys, found, _expire(folder, keys_to, at))


def verify_backup(folder: NetworkFolder, rows: StoreBackup, keys: KeysBackup) -> FoundGood:
    """Read everything back: hashes, tables, counts, the whole audit chain against its signed heads, and samples of
    sealed rows opened with the keys of the key backup.

    Raises Internal `BACKUP_ALTERED` with what does not fit, `STORE_UNREADABLE`, `KEK_UNKNOWN` without the wrapping key.
    """
    _same(rows.rows, rows.note.sha256, rows.note.bytes)
    _same(keys.path, keys.note.sha256, keys.note.bytes)
    if keys.note.entries < rows.note.entries:
        raise Internal(
            "BACKUP_ALTERED", "the key backup is older than the rows: keys are missing", keys.path.name
        )
    told = told_of(rows.rows)
    if (told.schema, told.entries, told.head.hex(), dict(told.counts)) != _noted(rows.note):
        raise Internal("BACKUP_ALTERED", "the rows are not those of the note", rows.path.name)
    with copy_to_read(rows.rows, keys.path, folder.keys.cipher_alone()) as reading:
        report = audit_of(folder, reading)
        opened, destroyed = open_samples(reading)
    if not report.ok:
        raise Internal("BACKUP_ALTERED", f"the audit log does not verify ({report.reason})", rows.path.name)
    return FoundGood(report.entries, opened, destroyed)


def audit_of(folder: NetworkFolder, reading: Reading) -> VerifyReport:
    """What verifying the audit log of a copy finds: the chain and its signed heads."""
    return verify(reading, verifier_of(folder.keys.signer), facts=False)


def open_samples(reading: Reading, number: int = _SAMPLES) -> tuple[int, int]:
    """Open sealed rows from all over the store; how many opened, and how many had their key destroyed.

    Raises Internal `SEAL_BROKEN`, `KEK_UNKNOWN`, `KEY_MISSING` for one that neither opens nor was destroyed.
    """
    opened = destroyed = 0
    for scope, look in samples.sealed_samples(reading, number):
        try:
            look()
            opened += 1
        except NotFound:
            if reading.row("data_key.is_destroyed", {"scope": scope}) is None:
                raise Internal("KEY_MISSING", "a key is missing and was not destroyed", scope) from None
            destroyed += 1
    return opened, destroyed


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """One backup at a time into a place: the next one takes away what an interrupted one left.

    Raises NotNow `BACKUP_UNDER_WAY`.
    """
    descriptor = os.open(place / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise NotNow("BACKUP_UNDER_WAY", "another backup is being made there", place.name) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _begin(source: StorePlace, place: Path, keys_to: Path, at: datetime) -> Path:
    """An empty folder for the backup under way; what an interrupted one left is taken away."""
    for left in place.glob(f"{UNDER_WAY}*"):
        shutil.rmtree(left)
    for file in keys_to.glob(f"{UNDER_WAY}*"):
        file.unlink()
    needed = int(source.size() * _SPARE)
    if shutil.disk_usage(place).free < needed:
        raise NotNow("DISK_FULL", f"the backup needs {needed // 1_000_000} MB of room", place.name)
    under_way = place / f"{UNDER_WAY}{at.astimezone(UTC).strftime(_STAMP)}"
    under_way.mkdir(mode=0o700)
    return under_way


def _name_keys(folder: NetworkFolder, file: Path, name: str, at: datetime, told: CopiedStore) -> KeysBackup:
    """Give the key backup its note and its name."""
    done = file.with_name(f"{name}{KEYS_SUFFIX}")
    wrapped_by, destroyed = samples.wrapped_keys(file)
    note = KeysNote(
        name=name,
        made_at=instant_text(at),
        sha256=sha256_of_file(file),
        bytes=file.stat().st_size,
        entries=told.entries,
        wrapped_by=wrapped_by,
        destroyed=destroyed,
    )
    signed = write_note(keys_note_of(done), note, folder.keys.signer)
    file.rename(done)
    sync_folder(done.parent)
    return KeysBackup(done, signed)


def _store_note(folder: NetworkFolder, path: Path, told: CopiedStore, name: str, at: datetime) -> StoreNote:
    rows = path / STORE_FILE
    return StoreNote(
        name=name,
        made_at=instant_text(at),
        schema=told.schema,
        network=folder.network.version,
        sha256=sha256_of_file(rows),
        bytes=rows.stat().st_size,
        entries=told.entries,
        head=told.head.hex(),
        checkpoint=told.note,
        counts=told.counts,
        keys=f"{name}{KEYS_SUFFIX}",
    )


def _remember(folder: NetworkFolder, rows: StoreBackup, keys: KeysBackup) -> None:
    said = {
        "place": str(rows.path.absolute()),
        "keys": str(keys.path.absolute()),
        "made_at": rows.note.made_at,
        "sha256": rows.note.sha256,
        "wrapped_by": sorted(keys.note.wrapped_by),
    }
    write_whole(folder.path / LAST_BACKUP, json.dumps(said, indent=1).encode())


def _expire(folder: NetworkFolder, keys_to: Path, at: datetime) -> int:
    """Take away key backups over 30 days old: the newest one opens all older rows, and old ones still hold the keys of
    patients destroyed since.
    """
    old = [
        backup
        for backup in keys_backups(keys_to, folder.keys.signer)[:-1]
        if made_at(backup.note) < at - timedelta(days=KEY_BACKUP_DAYS)
    ]
    for backup in old:
        backup.path.unlink()
        keys_note_of(backup.path).unlink()
    return len(old)


def _same(path: Path, sha256: str, size: int) -> None:
    if not path.is_file():
        raise NotFound("BACKUP_MISSING", "a file of the backup is not there", path.name)
    if path.stat().st_size != size or sha256_of_file(path) != sha256:
        raise Internal("BACKUP_ALTERED", "is not the file that was written", path.name)


def _noted(note: StoreNote) -> tuple[int, int, str, dict[str, int]]:
    return note.schema, note.entries, note.head, dict(note.counts)
