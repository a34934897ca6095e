"""What is done in a watched folder: looking, claiming, reading, putting away. Everything here may block.

Names that a partner chose are never written to the log and never used for what we write: our names are hashes.
The partner may write into this folder, so its parts are opened as real folders and all is done by their descriptors: a
link under one of their names leads us nowhere.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from gateway.flows.files import TakenFile
from gateway.intake.watched_place import (
    DONE,
    MANIFEST_BYTES,
    MANIFEST_END,
    OURS,
    REJECTED,
    Found,
    PlaceTrouble,
    claimed_name,
    errors_told,
    is_claimed,
    may_be_taken,
    oldest_first,
    refused_in,
    settled,
    wanted_by,
    wanted_of,
)
from gateway.partners.folders import aside, opened_folder

_FILE_MODE = 0o640
_CLOSED = {errno.EACCES, errno.EROFS}


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """One watched folder. `formats`: mapping id (or `by-message-type`) by ending; `messages`: by message type."""

    partner: str
    folder: Path
    channel: str
    formats: Mapping[str, str]
    messages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    processing_ids: frozenset[str] = frozenset({"P", "T", "D"})
    poll_seconds: float = 5.0
    most_bytes: int = 4 * 1024 * 1024
    with_manifest: bool = False
    longest_pause_seconds: float = 0.0
    """Between looks at a place that cannot be used; each miss doubles the pause up to it."""


class WatchedFolder:
    """One folder, and what was seen in it the last time."""

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self._before: dict[str, tuple[int, int, int]] = {}
        self._as_read: tuple[int, int, int] | None = None

    def look(self) -> tuple[Found, ...]:
        """What was claimed before, then what has not changed since the last look, oldest first.

        Raises OSError; NotADirectoryError when the folder, or one of its parts that are ours, is a link or a file.
        """
        claimed: list[Found] = []
        with opened_folder(self._settings.folder) as folder:
            for part in (OURS, DONE, REJECTED):
                with suppress(FileNotFoundError), opened_folder(part, folder) as place:
                    if part == OURS:
                        claimed = [
                            Found(name, seen, ours=True) for name, seen in _files(place) if is_claimed(name)
                        ]
            now = dict(_files(folder))
        stable = settled(now, self._before, with_manifest=self._settings.with_manifest)
        self._before = now
        return oldest_first(claimed) + oldest_first(stable)

    def claim(self, file: Found) -> str | None:
        """Its name in `.handoff`, where nobody else writes to it; None when it changed since it was looked at."""
        if file.ours:
            return file.name
        with (
            opened_folder(self._settings.folder) as folder,
            opened_folder(OURS, folder, make=True) as ours,
        ):
            manifest = file.name + MANIFEST_END
            claimed = claimed_name(file.name, _wanted(folder, manifest, file.seen[1]))
            try:
                if _seen(os.stat(file.name, dir_fd=folder, follow_symlinks=False)) != file.seen:
                    return None
                os.rename(file.name, claimed, src_dir_fd=folder, dst_dir_fd=ours)
            except FileNotFoundError:
                return None
            os.fsync(ours)
            if wanted_of(claimed):
                with suppress(FileNotFoundError):
                    os.unlink(manifest, dir_fd=folder)
            os.fsync(folder)
        return claimed

    def read(self, claimed: str) -> bytes | None:
        """All of it; None when it is larger than is taken. Raises OSError."""
        self._as_read = None
        with os.fdopen(self._opened(claimed), "rb") as file:
            if os.fstat(file.fileno()).st_size > self._settings.most_bytes:
                return None
            content = file.read()
            self._as_read = _seen(os.fstat(file.fileno()))
            return content

    def digest(self, claimed: str) -> str:
        """The hex SHA-256 of a file too large to be held."""
        with os.fdopen(self._opened(claimed), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _opened(self, claimed: str) -> int:
        """A claimed file, which is neither a link nor a pipe that keeps its reader waiting."""
        with opened_folder(self._settings.folder) as folder, opened_folder(OURS, folder) as ours:
            descriptor = os.open(claimed, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=ours)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError("no plain file")
        return descriptor

    def put_away(self, claimed: str, digest: str, taken: TakenFile, at: datetime) -> None:
        """Say what was refused, then move the file: the same names each time, so that doing it twice changes nothing.

        A file that was written to since it was read stays where it is, and is taken in again.
        """
        with opened_folder(self._settings.folder) as folder, opened_folder(OURS, folder) as ours:
            now = _seen(os.stat(claimed, dir_fd=ours, follow_symlinks=False))
            if self._as_read is not None and self._as_read != now:
                return
            name, ending = digest[:32], Path(claimed).suffix
            refused = refused_in(taken)
            if refused:
                with opened_folder(REJECTED, folder, make=True) as rejected:
                    if taken.rejected_rows is not None:
                        _write(rejected, f"{name}.rejected{ending}", taken.rejected_rows)
                    _write(rejected, f"{name}.errors.json", errors_told(digest, taken, at))
            wholly = bool(taken.records) and refused == len(taken.records)
            with opened_folder(REJECTED if wholly else DONE, folder, make=True) as place:
                os.rename(claimed, f"{name}{ending}", src_dir_fd=ours, dst_dir_fd=place)
                os.fsync(place)
            os.fsync(ours)


def _files(folder: int) -> list[tuple[str, tuple[int, int, int]]]:
    """Plain files that may be taken; links, hidden files and such as programs leave while they write are not."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not may_be_taken(entry.name):
                continue
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.append((entry.name, _seen(status)))
    return found


def _seen(status: os.stat_result) -> tuple[int, int, int]:
    """By what a change is noticed: time, size, and whether it is still the same file."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def _wanted(folder: int, manifest: str, size: int) -> str:
    """The hash that the manifest of a file of `size` bytes says; empty when there is none. A link is none."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return wanted_by(file.read(MANIFEST_BYTES), size)


def _write(folder: int, name: str, content: bytes) -> None:
    """All of `content` under its name, or nothing; always into a file of our own making."""
    fresh = f".{name}.part"
    with suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=folder)
    descriptor = os.open(
        fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE, dir_fd=folder
    )
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)


class LocalPlace:
    """A watched folder of this machine, whose work is done beside the loop."""

    def __init__(self, settings: WatchSettings) -> None:
        self._folder = WatchedFolder(settings)

    async def look(self) -> tuple[Found, ...]:
        """As `WatchedFolder.look`. Raises PlaceTrouble."""
        try:
            return await aside(self._folder.look)
        except OSError as trouble:
            no_folder = isinstance(trouble, NotADirectoryError)
            raise PlaceTrouble("PLACE_IS_NO_FOLDER" if no_folder else None) from None

    async def claim(self, file: Found) -> str | None:
        """As `WatchedFolder.claim`. Raises PlaceTrouble `FOLDER_CLOSED` where nothing of this folder may be moved."""
        try:
            return await aside(lambda: self._folder.claim(file))
        except OSError as trouble:
            if trouble.errno in _CLOSED:
                raise PlaceTrouble("FOLDER_CLOSED") from None
            raise

    async def read(self, claimed: str) -> bytes | None:
        """As `WatchedFolder.read`."""
        return await aside(lambda: self._folder.read(claimed))

    async def digest(self, claimed: str) -> str:
        """As `WatchedFolder.digest`."""
        return await aside(lambda: self._folder.digest(claimed))

    def wanted(self, claimed: str) -> str:
        """The hash that its manifest said; empty without one."""
        return wanted_of(claimed)

    async def put_away(self, claimed: str, digest: str, taken: TakenFile, at: datetime) -> None:
        """As `WatchedFolder.put_away`."""
        await aside(lambda: self._folder.put_away(claimed, digest, taken, at))

    async def close(self) -> None:
        """Nothing is open."""
