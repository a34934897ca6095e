"""What is done in a watched folder: looking, claiming, reading, putting away. Everything here may block.

Names that a partner chose are never written to the log and never used for what we write: our names are hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from gateway.clock import instant_text, new_id
from gateway.flows.files import TakenFile, in_the_file
from gateway.partners.folders import settle_folder

OURS, DONE, REJECTED = ".handoff", "done", "rejected"
_UNFINISHED = ("~", ".part", ".filepart", ".tmp", ".crdownload")
_ERRORS_SHOWN = 10_000
_FILE_MODE = 0o640


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


@dataclass(frozen=True, slots=True)
class Found:
    """A file that has stopped changing; `ours`: it was claimed before."""

    name: str = field(repr=False)
    seen: tuple[int, int, int]
    ours: bool

    @property
    def ending(self) -> str:
        """What stands behind the last dot, in small letters."""
        return Path(self.name).suffix[1:].lower()


class WatchedFolder:
    """One folder, and what was seen in it the last time."""

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self._ours = settings.folder / OURS
        self._before: dict[str, tuple[int, int, int]] = {}
        self._as_read: tuple[int, int, int] | None = None

    def look(self) -> tuple[Found, ...]:
        """What was claimed before, then what has not changed since the last look, oldest first. Raises OSError."""
        claimed = (
            [Found(name, seen, ours=True) for name, seen in _files(self._ours)] if self._ours.is_dir() else []
        )
        now = dict(_files(self._settings.folder))
        stable = [
            Found(name, seen, ours=False) for name, seen in now.items() if self._before.get(name) == seen
        ]
        self._before = now
        return tuple(sorted(claimed, key=_age)) + tuple(sorted(stable, key=_age))

    def claim(self, file: Found) -> Path | None:
        """The file where nobody else writes to it; None when it changed since it was looked at."""
        if file.ours:
            return self._ours / file.name
        self._ours.mkdir(mode=0o750, exist_ok=True)
        here = self._settings.folder / file.name
        claimed = self._ours / f"{new_id()}{Path(file.name).suffix.lower()}"
        try:
            if _seen(os.lstat(here)) != file.seen:
                return None
            here.rename(claimed)
        except FileNotFoundError:
            return None
        settle_folder(self._ours)
        settle_folder(self._settings.folder)
        return claimed

    def read(self, claimed: Path) -> bytes | None:
        """All of it; None when it is larger than is taken. Raises OSError."""
        self._as_read = None
        descriptor = os.open(claimed, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if os.fstat(descriptor).st_size > self._settings.most_bytes:
                return None
            content = file.read()
            self._as_read = _seen(os.fstat(descriptor))
            return content

    def digest(self, claimed: Path) -> str:
        """The hex SHA-256 of a file too large to be held."""
        with claimed.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def put_away(self, claimed: Path, digest: str, taken: TakenFile, at: datetime) -> None:
        """Say what was refused, then move the file: the same names each time, so that doing it twice changes nothing.

        A file that was written to since it was read stays where it is, and is taken in again.
        """
        if self._as_read is not None and self._as_read != _seen(os.lstat(claimed)):
            return
        name = digest[:32]
        refused = [one for one in taken.records if one.receipt.outcome != "accepted"]
        if refused:
            rejected = self._settings.folder / REJECTED
            rejected.mkdir(mode=0o750, exist_ok=True)
            if taken.rejected_rows is not None:
                _write(rejected / f"{name}.rejected{claimed.suffix}", taken.rejected_rows)
            _write(rejected / f"{name}.errors.json", _errors(digest, taken, at))
        wholly = bool(taken.records) and len(refused) == len(taken.records)
        place = self._settings.folder / (REJECTED if wholly else DONE)
        place.mkdir(mode=0o750, exist_ok=True)
        claimed.replace(place / f"{name}{claimed.suffix}")
        settle_folder(place)
        settle_folder(self._ours)


def _files(folder: Path) -> list[tuple[str, tuple[int, int, int]]]:
    """Plain files that may be taken; links, hidden files and such as programs leave while they write are not."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
                continue
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.append((entry.name, _seen(status)))
    return found


def _seen(status: os.stat_result) -> tuple[int, int, int]:
    """By what a change is noticed: time, size, and whether it is still the same file."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def _age(file: Found) -> tuple[int, str]:
    return file.seen[0], file.name


def _errors(digest: str, taken: TakenFile, at: datetime) -> bytes:
    """What was refused, for the partner: codes, places and our message numbers; no value of the file."""
    refused = [in_the_file(one) for one in taken.records if one.receipt.outcome != "accepted"]
    told = {
        "sha256": digest,
        "taken_at": instant_text(at),
        "accepted": len(taken.records) - len(refused),
        "refused": len(refused),
        "records": [
            {
                "place": one.place,
                "message": one.receipt.message_id,
                "faults": [
                    {"code": fault.code, "place": fault.place, "what is wrong": fault.message}
                    for fault in one.receipt.faults
                    if fault.severity == "E"
                ],
            }
            for one in refused[:_ERRORS_SHOWN]
        ],
    }
    return json.dumps(told, indent=1).encode() + b"\n"


def _write(file: Path, content: bytes) -> None:
    """All of `content` under its name, or nothing."""
    fresh = file.with_name(f".{file.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    fresh.replace(file)
