"""Putting a release into a partner's folder: the file first, its manifest last; once, however often it is tried.

Until the manifest is there, the file does not count: that is what readers of the folder are told. Both are written
out of sight and moved to where they are read, one right after the other; an attempt that fails or is called off takes
back what it left. The partner may write into its folder: all is done by the descriptors of real folders, so that a link
in place of one leads us nowhere. The partner's folder holds a folder `.handoff` that is ours. In it stand what is being
written, and a mark for each file that went; from the marks a second attempt knows what became of the first, also when
the partner has taken the file away meanwhile.

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
import stat
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gateway.clock import read_instant
from gateway.delivery.outcome import DeliveryOutcome
from gateway.partners.folders import aside, opened_folder

OURS = ".handoff"
MANIFEST_END = ".manifest.json"
BeforeHandover = Callable[[], Awaitable[bool]]
"""Asked once, just before the first byte is written. False: nothing is written."""

_AT_ONCE = 2
_MARKS_KEPT_SECONDS = 60 * 24 * 3600.0
UNDER_WAY_SECONDS = 600.0
OWN_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9a-f]{16}(?:\.[a-z0-9]{2,4}){1,2}")
"""Names of files that we put there: a delivery's number, the beginning of a hash, an ending."""

FILE_MODE = 0o640
_CODES = {
    errno.ENOENT: "FOLDER_NOT_PREPARED",
    errno.ENOTDIR: "FOLDER_NOT_PREPARED",
    errno.ENOSPC: "FOLDER_FULL",
    errno.EDQUOT: "FOLDER_FULL",
    errno.EACCES: "FOLDER_CLOSED",
    errno.EPERM: "FOLDER_CLOSED",
    errno.EROFS: "FOLDER_CLOSED",
    errno.ETIMEDOUT: "ATTEMPT_TIMEOUT",
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
    """How far an attempt came; from `giving` on the partner may have been given the file.

    `called_off`: nobody waits for it any more; what is not given by then is not given.
    """

    giving = False
    called_off = False


class _Line:
    """One folder: its own places, so that a folder that hangs holds up no other."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._names: set[str] = set()
        self.swept_at = 0.0

    async def enter(self, name: str, seconds: float) -> bool:
        """A place for `name`; False when there is none in time, or when an attempt at it has not ended."""
        if name in self._names:
            return False
        self._names.add(name)
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except BaseException as trouble:
            self._names.discard(name)
            if isinstance(trouble, TimeoutError):
                return False
            raise
        return True

    def leave(self, name: str) -> None:
        """The place is free."""
        self._names.discard(name)
        self._places.release()


class _Attempt:
    """One try at one parcel. `running` is its step in a thread of its own, which may outlast the try."""

    def __init__(self, line: _Line, parcel: Parcel, seconds: float) -> None:
        self._line = line
        self._parcel = parcel
        self._seconds = seconds
        self.stage = _Stage()
        self.running: asyncio.Future[DeliveryOutcome | None] | None = None

    async def outcome(self, before_handover: BeforeHandover) -> DeliveryOutcome:
        """What came of it, each step within its time."""
        parcel, at = self._parcel, read_instant(self._parcel.written_at).timestamp()
        sweep = at - self._line.swept_at >= UNDER_WAY_SECONDS
        earlier = await self._step(
            partial(_look, parcel, sweep=sweep), DeliveryOutcome("retry", "ATTEMPT_TIMEOUT")
        )
        if sweep and (earlier is None or earlier.kind == "delivered"):
            self._line.swept_at = at
        if earlier is not None:
            return earlier
        if not await before_handover():
            aborted = DeliveryOutcome("aborted", "CHECK_SAID_NO")
            return await self._step(partial(_clear, parcel), aborted) or aborted
        late = DeliveryOutcome("unknown", "ATTEMPT_TIMEOUT")
        return await self._step(partial(_give, parcel, self.stage), late) or late

    async def _step(
        self, work: Callable[[], DeliveryOutcome | None], late: DeliveryOutcome
    ) -> DeliveryOutcome | None:
        self.running = aside(work)
        return await _within(self.running, self._seconds, late)


class FileDrop:
    """All folders of one process."""

    def __init__(self) -> None:
        self._lines: dict[Path, _Line] = {}

    async def drop(self, parcel: Parcel, seconds: float, before_handover: BeforeHandover) -> DeliveryOutcome:
        """What came of putting `parcel` into its folder, each step within `seconds`.

        What `before_handover` raises comes out of here with nothing written.
        """
        line = self._lines.setdefault(parcel.folder, _Line())
        if not await line.enter(parcel.name, seconds):
            return DeliveryOutcome("retry", "FOLDER_BUSY")
        attempt = _Attempt(line, parcel, seconds)
        try:
            return await attempt.outcome(before_handover)
        finally:
            attempt.stage.called_off = True
            if attempt.running is None or attempt.running.done():
                line.leave(parcel.name)
            else:  # a thread cannot be stopped: its place is free when it ends
                attempt.running.add_done_callback(lambda _ended: line.leave(parcel.name))


async def _within(
    running: asyncio.Future[DeliveryOutcome | None], seconds: float, late: DeliveryOutcome
) -> DeliveryOutcome | None:
    done, _ = await asyncio.wait({running}, timeout=seconds)
    return running.result() if done else late


def _look(parcel: Parcel, *, sweep: bool) -> DeliveryOutcome | None:
    """What an earlier attempt came to; None when this one is to write."""
    try:
        with opened_folder(parcel.folder) as folder, opened_folder(OURS, folder) as ours:
            if sweep:
                _sweep(folder, ours, read_instant(parcel.written_at).timestamp() - UNDER_WAY_SECONDS)
            given = _was_given(parcel.name, ours)
    except OSError as trouble:
        return _failed(trouble, _Stage())
    return DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE") if given else None


def _clear(parcel: Parcel) -> None:
    """Take back what earlier attempts left of a parcel that is not to be given. What cannot be is swept later."""
    with suppress(OSError), opened_folder(parcel.folder) as folder, opened_folder(OURS, folder) as ours:
        _take_back(parcel.name, folder, ours)


def _give(parcel: Parcel, stage: _Stage) -> DeliveryOutcome:
    """File, manifest and mark out of sight; then file and manifest to where they are read."""
    try:
        with opened_folder(parcel.folder) as folder, opened_folder(OURS, folder) as ours:
            try:
                _write_parts(parcel, ours)
                _show(parcel.name, stage, folder, ours)
            except BaseException:
                _take_back(parcel.name, folder, ours)
                raise
    except OSError as trouble:
        return _failed(trouble, stage)
    return DeliveryOutcome("delivered", "FILE_WRITTEN")


def _write_parts(parcel: Parcel, ours: int) -> None:
    content = parcel.sealed_by(parcel.content)
    _write(ours, f"{parcel.name}.part", content)
    _write(ours, f"{parcel.name}.manifest", manifest_of(parcel, content, os.listdir(ours)))
    _write(ours, f"{parcel.name}.mark", b"")
    os.fsync(ours)


def _show(name: str, stage: _Stage, folder: int, ours: int) -> None:
    """Both to where they are read. Raises TimeoutError when it was called off meanwhile."""
    for part, shown in ((f"{name}.part", name), (f"{name}.manifest", name + MANIFEST_END)):
        if stage.called_off:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        stage.giving = part.endswith(".manifest")
        os.rename(part, shown, src_dir_fd=ours, dst_dir_fd=folder)
    os.fsync(folder)
    os.fsync(ours)


def _take_back(name: str, folder: int, ours: int) -> None:
    """Remove what is there of a file that was not given; the mark before the manifest, as alone it says: given."""
    with suppress(OSError):
        if _was_given(name, ours):
            return
    for place, part in (
        (folder, name),
        (ours, f"{name}.part"),
        (ours, f"{name}.mark"),
        (ours, f"{name}.manifest"),
    ):
        with suppress(OSError):
            os.unlink(part, dir_fd=place)


def _failed(trouble: OSError, stage: _Stage) -> DeliveryOutcome:
    code = _CODES.get(trouble.errno or 0, "FOLDER_FAILED")
    return DeliveryOutcome("unknown" if stage.giving else "retry", code)


def manifest_of(parcel: Parcel, content: bytes, kept: Iterable[str]) -> bytes:
    """What the partner checks the file by. Hashes are of the file as it lies there; `kept`: names in `.handoff`."""
    marked = {
        name.removesuffix(".mark")
        for name in kept
        if name.startswith(f"{parcel.delivery}-") and name.endswith(".mark")
    }
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
        "replaces": sorted(marked - {parcel.name}),
    }
    return json.dumps(facts, indent=1).encode() + b"\n"


def _write(folder: int, name: str, content: bytes) -> None:
    """All of `content`, on the disk when this returns."""
    descriptor = os.open(
        name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE, dir_fd=folder
    )
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def _sweep(folder: int, ours: int, untouched_since: float) -> None:
    """Take back and forget what `overdue` says."""
    cut_short, forgotten = overdue(_touched(folder), _touched(ours), untouched_since)
    for stem in cut_short:
        _take_back(stem, folder, ours)
    for mark in forgotten:
        os.unlink(mark, dir_fd=ours)


def overdue(
    shown: Mapping[str, float], kept: Mapping[str, float], untouched_since: float
) -> tuple[list[str], list[str]]:
    """Files of ours that were cut short and never given; marks far older than any delivery that is still tried.

    `shown` are the plain files in the partner's folder, `kept` those in `.handoff`, with when each was written to (Unix
    time). What an ended process left behind may be of somebody who has withdrawn meanwhile. Only what has not been
    touched for a while is named: another attempt may be under way.
    """
    cut_short, forgotten = [], []
    stems = {re.sub(r"\.(part|manifest|mark)$", "", name) for name in kept} | set(shown)
    for stem in filter(OWN_NAME.fullmatch, stems):
        mark = f"{stem}.mark"
        here = [kept[part] for part in (mark, f"{stem}.manifest", f"{stem}.part") if part in kept]
        if stem in shown:
            here.append(shown[stem])
        if max(here, default=untouched_since) >= untouched_since:
            continue
        if mark not in kept or f"{stem}.manifest" in kept:  # without its mark it counts as not given
            cut_short.append(stem)
        elif stem not in shown and untouched_since - kept[mark] > _MARKS_KEPT_SECONDS:
            forgotten.append(mark)  # kept as long as the file lies there: by it we know that it was given
    return cut_short, forgotten


def _touched(folder: int) -> dict[str, float]:
    """When each plain file was last written to, Unix time."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found[entry.name] = status.st_mtime
    return found


def _was_given(name: str, ours: int) -> bool:
    return _is_there(f"{name}.mark", ours) and not _is_there(f"{name}.manifest", ours)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
