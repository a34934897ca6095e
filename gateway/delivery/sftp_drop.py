"""Putting a release into a partner's folder on its SFTP server, by the rules of `file_drop`.

There are no descriptors of folders here: a link in place of one is looked for, and what is written is always a new file.
Many servers cannot say that a disk is full, and some cannot rename over a file; both are found out. What is in doubt
when a connection breaks after the first byte is *unknown*; the next attempt reads from the marks what came of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import posixpath
import stat
from contextlib import suppress

import asyncssh
from asyncssh import SFTPClient

from gateway.clock import read_instant
from gateway.delivery.file_drop import (
    MANIFEST_END,
    OURS,
    OWN_NAME,
    UNDER_WAY_SECONDS,
    BeforeHandover,
    Parcel,
    manifest_of,
    overdue,
)
from gateway.delivery.outcome import DeliveryOutcome
from gateway.partners.sftp_doors import SftpDoor
from gateway.partners.sftp_folders import ABSENT, SftpFolder, closing, code_of, is_answer
from gateway.partners.sftp_lines import TROUBLES, NoConnection, SftpLine

_MANIFEST_BYTES = 65536


class SftpDrop:
    """All servers of one process. Seconds are those of connecting, and of each step of an attempt."""

    def __init__(self, connect_seconds: float, seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._seconds = seconds
        self._lines: dict[SftpDoor, SftpLine] = {}

    async def drop(self, door: SftpDoor, parcel: Parcel, before_handover: BeforeHandover) -> DeliveryOutcome:
        """What came of putting `parcel` into its folder behind `door`.

        What `before_handover` raises comes out of here with nothing written.
        """
        line = self._lines.setdefault(door, SftpLine(door, self._connect_seconds, self._seconds))
        try:
            async with asyncio.timeout(line.seconds):
                await line.turn.acquire()
        except TimeoutError:
            return DeliveryOutcome("retry", "FOLDER_BUSY")
        attempt = _Attempt(line, parcel)
        try:
            return await attempt.outcome(before_handover)
        except BaseException:
            line.drop()
            raise
        finally:
            line.rest()
            line.turn.release()

    def close(self) -> None:
        """End the connections."""
        for line in self._lines.values():
            line.drop()


class _Attempt:
    """One try at one parcel. `left`: the first byte may be there; `giving`: the partner may have been given the file."""

    def __init__(self, line: SftpLine, parcel: Parcel) -> None:
        self._line = line
        self._parcel = parcel
        self._left = self._giving = False
        self._there: _Place

    async def outcome(self, before_handover: BeforeHandover) -> DeliveryOutcome:
        """What came of it, each step within its time."""
        earlier = await self._look()
        if earlier is not None:
            return earlier
        if not await before_handover():
            await self._taken_back()
            return DeliveryOutcome("aborted", "CHECK_SAID_NO")
        try:
            await self._line.in_time(self._write_parts())
            await self._line.in_time(self._show())
        except TROUBLES as trouble:
            return await self._failed(trouble)
        await self._sweep()
        return DeliveryOutcome("delivered", "FILE_WRITTEN")

    async def _look(self) -> DeliveryOutcome | None:
        """What an earlier attempt came to; None when this one is to write."""
        try:
            client, used_before = await self._line.opened()
            try:
                return await self._looked(client)
            except TROUBLES as trouble:
                if code_of(trouble) != "CONNECTION_LOST" or not used_before:
                    raise
            self._line.drop()  # it had ended unnoticed since its last use
            client, _ = await self._line.opened()
            return await self._looked(client)
        except NoConnection as none:
            return DeliveryOutcome("retry", none.code)
        except TROUBLES as trouble:
            if not is_answer(trouble):
                self._line.drop()
            return DeliveryOutcome("retry", code_of(trouble))

    async def _looked(self, client: SFTPClient) -> DeliveryOutcome | None:
        self._there = _Place(client, str(self._parcel.folder))
        given = await self._line.in_time(self._is_given())
        return DeliveryOutcome("delivered", "FILE_GIVEN_BEFORE") if given else None

    async def _is_given(self) -> bool:
        await self._there.must_be_prepared()
        return await self._there.was_given(self._parcel.name) or await self._lies_there()

    async def _lies_there(self) -> bool:
        """Whether the file and its manifest are shown though their mark says nothing of it; then it is set right."""
        there, parcel = self._there, self._parcel
        manifest = await there.manifest(parcel.name)
        size = (await there.plain_files(parcel.name)).get(parcel.name)
        if manifest is None or (manifest.get("file"), manifest.get("bytes")) != (parcel.name, size):
            return False
        if (
            parcel.encryption == "none"
            and manifest.get("sha256") != hashlib.sha256(parcel.content).hexdigest()
        ):
            return False
        with suppress(asyncssh.SFTPError):  # it is given, whether or not that can be noted
            await there.write(there.ours(f"{parcel.name}.mark"), b"")
            await there.remove(there.ours(f"{parcel.name}.manifest"))
        return True

    async def _write_parts(self) -> None:
        parcel, there = self._parcel, self._there
        content = parcel.sealed_by(parcel.content)
        kept = [name for name in await there.touched(OURS) if OWN_NAME.fullmatch(name.removesuffix(".mark"))]
        self._left = True
        await there.write(there.ours(f"{parcel.name}.part"), content)
        await there.write(there.ours(f"{parcel.name}.manifest"), manifest_of(parcel, content, kept))
        await there.write(there.ours(f"{parcel.name}.mark"), b"")

    async def _show(self) -> None:
        """Both to where they are read."""
        there, name = self._there, self._parcel.name
        await there.move(there.ours(f"{name}.part"), there.shown(name))
        self._giving = True
        await there.move(there.ours(f"{name}.manifest"), there.shown(name + MANIFEST_END))

    async def _failed(self, trouble: Exception) -> DeliveryOutcome:
        """What a trouble after the last look came to. `retry` only when all that left was taken back for certain."""
        code = code_of(trouble)
        if not is_answer(trouble):
            self._line.drop()
            return DeliveryOutcome("unknown" if self._left else "retry", code)
        if code == "FOLDER_FAILED" and await self._is_full():
            code = "FOLDER_FULL"
        gone = await self._taken_back()
        return DeliveryOutcome("retry" if gone and not self._giving else "unknown", code)

    async def _is_full(self) -> bool:
        with suppress(*TROUBLES):
            return await self._line.in_time(self._there.is_full(len(self._parcel.content)))
        return False

    async def _taken_back(self) -> bool:
        """Remove what is there of a file that was not given; whether nothing of it is left."""
        try:
            return await self._line.in_time(self._there.take_back(self._parcel.name))
        except TROUBLES as trouble:
            if not is_answer(trouble):
                self._line.drop()
            return False

    async def _sweep(self) -> None:
        """Now and then, take back what was cut short. By the server's clock, which the mark just written tells."""
        at = read_instant(self._parcel.written_at).timestamp()
        if at - self._line.swept_at < UNDER_WAY_SECONDS:
            return
        try:
            await self._line.in_time(self._swept())
        except TROUBLES as trouble:
            if not is_answer(trouble):
                self._line.drop()
            return  # another delivery's turn; this one is done
        self._line.swept_at = at

    async def _swept(self) -> None:
        there = self._there
        shown, kept = await there.touched(), await there.touched(OURS)
        now = kept.get(f"{self._parcel.name}.mark", 0.0)
        cut_short, forgotten = overdue(shown, kept, now - UNDER_WAY_SECONDS)
        for stem in cut_short:
            await there.take_back(stem)
        for mark in forgotten:
            await there.remove(there.ours(mark))


class _Place(SftpFolder):
    """One folder of one server, over an open connection. Everything raises what is in `TROUBLES`."""

    def ours(self, name: str) -> str:
        """The path of what is in `.handoff`."""
        return posixpath.join(self._folder, OURS, name)

    async def must_be_prepared(self) -> None:
        """Raises SFTPNotADirectory unless the folder and our folder in it are real ones."""
        for path in (self._folder, self.shown(OURS)):
            if not await self.is_real(path):
                raise asyncssh.SFTPNotADirectory("no real folder")

    async def was_given(self, name: str) -> bool:
        """By the marks."""
        return await self.is_there(self.ours(f"{name}.mark")) and not await self.is_there(
            self.ours(f"{name}.manifest")
        )

    async def manifest(self, name: str) -> dict[str, object] | None:
        """What the manifest shown for `name` says, if there is one that can be read."""
        path = self.shown(name + MANIFEST_END)
        if not await self.plain_files(name + MANIFEST_END):
            return None
        async with closing(await self._client.open(path, "rb")) as file:
            content = await file.read(_MANIFEST_BYTES)
        with suppress(ValueError):
            found = json.loads(content)
            return found if isinstance(found, dict) else None
        return None

    async def plain_files(self, name: str) -> dict[str, int]:
        """The size of the shown file `name`; empty when there is none, or something else in its place."""
        try:
            found = await self._client.lstat(self.shown(name))
        except ABSENT:
            return {}
        return {name: found.size or 0} if stat.S_ISREG(found.permissions or 0) else {}

    async def touched(self, within: str = "") -> dict[str, float]:
        """When each plain file was last written to, Unix time of the server."""
        return {name: float(attrs.mtime or 0) for name, attrs in (await self.files(within)).items()}

    async def take_back(self, name: str) -> bool:
        """Remove what is there of a file that was not given; the mark before the manifest, as alone it says: given."""
        if await self.was_given(name):
            return False
        for path in (
            self.shown(name),
            *(self.ours(f"{name}{end}") for end in (".part", ".mark", ".manifest")),
        ):
            await self.remove(path)
        return True

    async def is_full(self, needed: int) -> bool:
        """Whether there is no space for `needed` bytes, as far as the server tells."""
        space = await self._client.statvfs(self._folder)
        return space.bavail * space.frsize < needed
