"""Putting a release into a partner's folder: the file first, its manifest last; once, however often it is tried.

Until the manifest is there, the file does not count: that is what readers of the folder are told. The partner's folder
holds a folder `.handoff` that is ours. In it stand what is being written, and a mark for each file that went; from
the marks a second attempt knows what became of the first, also when the partner has taken the file away meanwhile.

| in `.handoff` | means |
|---|---|
| no mark | the partner has not been given it |
| mark and `….manifest` | not given either: cut short just before |
| mark alone | it was given |
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gateway.clock import read_instant
from gateway.delivery.outcome import DeliveryOutcome
from gateway.partners.folders import aside, settle_folder

OURS = ".handoff"
MANIFEST_END = ".manifest.json"
BeforeHandover = Callable[[], Awaitable[bool]]
"""Asked once, just before the first byte is written. False: nothing is written."""

_AT_ONCE = 2
_MARKS_KEPT_SECONDS = 60 * 24 * 3600.0
_UNDER_WAY_SECONDS = 600.0
_OWN_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{16}(?:\.[a-z0-9]{2,4}){1,2}")
"""Names of files that we put there: a delivery's number, the beginning of a hash, an ending."""

_FILE_MODE = 0o640
_CODES = {
    errno.ENOENT: "FOLDER_NOT_PREPARED",
    errno.ENOTDIR: "FOLDER_NOT_PREPARED",
    errno.ENOSPC: "FOLDER_FULL",
    errno.EDQUOT: "FOLDER_FULL",
    errno.EACCES: "FOLDER_CLOSED",
    errno.EPERM: "FOLDER_CLOSED",
    errno.EROFS: "FOLDER_CLOSED",
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file for one folder. `name` is made of our ids; `delivery` is the same for every try at one delivery.

    `sealed_by` makes the bytes that are written of the content (encryption), or gives them back as they are.
    """

    folder: Path
    name: str
    delivery: str
    content: bytes = field(repr=False)
    media_type: str
    network: str
    written_at: str
    encryption: str
    sealed_by: Callable[[bytes], bytes] = field(repr=False)


class _Stage:
    """How far an attempt came; from `giving` on the partner may have been given the file."""

    giving = False


class _Line:
    """One folder: its own places, so that a folder that hangs holds up no other."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(_AT_ONCE)
        self.swept = False


class FileDrop:
    """All folders of one process."""

    def __init__(self) -> None:
        self._lines: dict[Path, _Line] = {}

    async def drop(self, parcel: Parcel, seconds: float, before_handover: BeforeHandover) -> DeliveryOutcome:
        """What came of putting `parcel` into its folder, each step within `seconds`.

        What `before_handover` raises comes out of here with nothing written.
        """
        line = self._lines.setdefault(parcel.folder, _Line())
        try:
            async with asyncio.timeout(seconds):
                await line.places.acquire()
        except TimeoutError:
            return DeliveryOutcome("retry", "FOLDER_BUSY")
        running: asyncio.Future[DeliveryOutcome | None] | None = None
        try:
            running = aside(partial(_look, parcel, sweep=not line.swept))
            earlier = await _within(running, seconds, DeliveryOutcome("retry", "ATTEMPT_TIMEOUT"))
            line.swept = True
            if earlier is not None:
                return earlier
            if not await before_handover():
                return DeliveryOutcome("aborted", "CHECK_SAID_NO")
            running = aside(partial(_give, parcel))
            late = DeliveryOutcome("unknown", "ATTEMPT_TIMEOUT")
            return await _within(running, seconds, late) or late
        finally:
            if running is None or running.done():
                line.places.release()
            else:  # a thread cannot be stopped: its place is free when it ends
                running.add_done_callback(lambda _ended: line.places.release())


async def _within(
    running: asyncio.Future[DeliveryOutcome | None], seconds: float, late: DeliveryOutcome
) -> DeliveryOutcome | None:
    done, _ = await asyncio.wait({running}, timeout=seconds)
    return running.result() if done else late


def _look(parcel: Parcel, *, sweep: bool) -> DeliveryOutcome | None:
    """What an earlier attempt came to; None when this one is to write."""
    ours = parcel.folder / OURS
    if ours.is_symlink() or not ours.is_dir():
        return DeliveryOutcome("retry", "FOLDER_NOT_PREPARED")
    try:
        if sweep:
            _sweep(parcel)
        given = _mark(parcel).exists() and not _pending(parcel).exists()
    except OSError as trouble:
        return _failed(trouble, _Stage())
    return DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE") if given else None


def _give(parcel: Parcel) -> DeliveryOutcome:
    """File, manifest, mark, and the manifest to where it is read."""
    stage = _Stage()
    ours = parcel.folder / OURS
    try:
        content = parcel.sealed_by(parcel.content)
        _write(ours / f"{parcel.name}.part", content)
        (ours / f"{parcel.name}.part").replace(parcel.folder / parcel.name)
        _write(_pending(parcel), _manifest(parcel, content))
        _write(_mark(parcel), b"")
        settle_folder(ours)
        settle_folder(parcel.folder)
        stage.giving = True
        _pending(parcel).replace(parcel.folder / (parcel.name + MANIFEST_END))
        settle_folder(parcel.folder)
        settle_folder(ours)
    except OSError as trouble:
        return _failed(trouble, stage)
    return DeliveryOutcome("delivered", "FILE_WRITTEN")


def _failed(trouble: OSError, stage: _Stage) -> DeliveryOutcome:
    code = _CODES.get(trouble.errno or 0, "FOLDER_FAILED")
    return DeliveryOutcome("unknown" if stage.giving else "retry", code)


def _manifest(parcel: Parcel, content: bytes) -> bytes:
    """What the partner checks the file by. Hashes are of the file as it lies there."""
    marks = (parcel.folder / OURS).glob(f"{parcel.delivery}-*.mark")
    facts = {
        "manifest": 1,
        "file": parcel.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": parcel.media_type,
        "encryption": parcel.encryption,
        "delivery": parcel.delivery,
        "network": parcel.network,
        "written_at": parcel.written_at,
        "replaces": sorted(name for mark in marks if (name := mark.name[: -len(".mark")]) != parcel.name),
    }
    return json.dumps(facts, indent=1).encode() + b"\n"


def _write(file: Path, content: bytes) -> None:
    """All of `content`, on the disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _sweep(parcel: Parcel) -> None:
    """Forget marks far older than any delivery that is still tried, and take back what was cut short and never given.

    What an ended process left behind may be of somebody who has withdrawn meanwhile. Only what has not been touched for
    a while is taken back: another attempt may be under way.
    """
    ours = parcel.folder / OURS
    untouched_since = read_instant(parcel.written_at).timestamp() - _UNDER_WAY_SECONDS
    files = {
        file.name: file for folder in (ours, parcel.folder) for file in folder.iterdir() if file.is_file()
    }
    old = {name for name, file in files.items() if file.stat().st_mtime < untouched_since}
    for stem in {re.sub(r"\.(part|manifest|mark)$", "", name) for name in old}:
        parts = [
            f"{stem}.mark",
            f"{stem}.manifest",
            f"{stem}.part",
            stem,
        ]  # without its mark it counts as not given
        given = parts[0] in files and parts[1] not in files
        mine = _OWN_NAME.fullmatch(stem) is not None and all(part in old for part in parts if part in files)
        if mine and not given:
            _remove(files, parts)
        elif mine and stem not in files and _age(files[parts[0]], untouched_since) > _MARKS_KEPT_SECONDS:
            _remove(files, parts[:1])  # kept as long as the file lies there: by it we know that it was given


def _remove(files: Mapping[str, Path], names: Iterable[str]) -> None:
    for name in names:
        if name in files:
            files[name].unlink(missing_ok=True)


def _age(file: Path, at: float) -> float:
    return at - file.stat().st_mtime


def _mark(parcel: Parcel) -> Path:
    return parcel.folder / OURS / f"{parcel.name}.mark"


def _pending(parcel: Parcel) -> Path:
    return parcel.folder / OURS / f"{parcel.name}.manifest"
