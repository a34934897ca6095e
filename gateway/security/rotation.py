"""Changing the key that wraps all others: which file is which, and in which order they are written and destroyed.

`store.key` wraps. `store-next-<id>.key` is a new one that wraps nothing yet. `store-until-<time>-<id>.key` wrapped until
then; it still unwraps what has not been wrapped anew, and the key backups of its time. Every file of these names
unwraps, so the order below leaves nothing unreadable wherever it is cut off:

1. the new key is on the disk before anything names it;
2. the present one is on the disk a second time before its file is replaced;
3. one rename makes the new one the present one.

Begun again after a cut, it goes on with the new key that is there already.

A key that is to be destroyed first gets a name ending in `.destroyed`, which no reader looks for, and is overwritten
then. What a cut left of that, and drafts of keys, go at the next start.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.security.keys import NamedKey, new_key, read_key_file, write_key_file

CURRENT = "store.key"
_RETIRED = re.compile(r"store-until-(\d{8}T\d{6}Z)-(.+)\.key")
_DESTROYED, _DRAFT = ".destroyed", ".draft"
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that wraps no more since `until` (zone UTC); its file still unwraps."""

    id: str
    until: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class Rotated:
    """The ids of the key that wrapped until now, and of the one that wraps from now on."""

    before: str
    now: str


def rotate_files(folder: Path, at: datetime) -> Rotated:
    """Make a new key the one that wraps. Raises SettingsRefused when a key file of `folder` cannot be used."""
    present = read_key_file(folder / CURRENT)
    next_file, new = _next_key(folder)
    sync_folder(folder)
    _keep_until(folder, present, at)
    sync_folder(folder)
    next_file.replace(folder / CURRENT)
    sync_folder(folder)
    return Rotated(present.id, new.id)


def retired_keys(folder: Path) -> tuple[RetiredKey, ...]:
    """The keys that wrap no more, the oldest first."""
    found = []
    for path in sorted(folder.glob("store-until-*.key")):
        if match := _RETIRED.fullmatch(path.name):
            until = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            found.append(RetiredKey(match[2], until, path))
    return tuple(found)


def destroy_key_file(path: Path) -> None:
    """Overwrite the file, then take it away. A disk may keep old blocks for a while; a copy kept elsewhere stays."""
    # Overwritten under its own name and cut off there, it would be read as a key at the next start, which would fail.
    doomed = path.with_suffix(_DESTROYED)
    path.rename(doomed)
    sync_folder(path.parent)
    _overwrite(doomed)
    sync_folder(path.parent)


def sweep_key_files(folder: Path) -> None:
    """Take away what an interrupted destruction or rotation left, so that no secret bytes stay. Only at the start of
    the one process that rotates.
    """
    left = [path for ending in (_DESTROYED, _DRAFT) for path in sorted(folder.glob(f"store-*{ending}"))]
    for path in left:
        _overwrite(path)
    if left:
        sync_folder(folder)


def _overwrite(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        os.fsync(file.fileno())
    path.unlink()


def sync_folder(folder: Path) -> None:
    """Make what was renamed, made or taken away in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _next_key(folder: Path) -> tuple[Path, NamedKey]:
    """The new key that an interrupted rotation left, else one made now."""
    for path in sorted(folder.glob("store-next-*.key")):
        return path, read_key_file(path)
    # Written under a name that no reader looks for, so that a file cut short is never taken for a key.
    new = new_key("store")
    draft = folder / f"{new.id}{_DRAFT}"
    write_key_file(draft, new)
    path = folder / f"store-next-{new.id}.key"
    draft.rename(path)
    return path, new


def _keep_until(folder: Path, present: NamedKey, at: datetime) -> None:
    """Keep the present key under the name of one that wraps no more since `at`."""
    path = folder / f"store-until-{at.astimezone(UTC).strftime(_STAMP)}-{present.id}.key"
    for kept in retired_keys(folder):
        if kept.id == present.id:  # kept by a rotation that was cut off; it went on wrapping since
            kept.path.rename(path)
            return
    draft = folder / f"{present.id}{_DRAFT}"
    draft.unlink(missing_ok=True)
    write_key_file(draft, present)
    draft.rename(path)
