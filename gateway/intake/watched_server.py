"""A partner's folder on its SFTP server, polled: the rules of `watched_folder`, to the server that is pinned alone.

A server that lets us rename has each file moved into `.handoff` before it is read. On one that does not, a file is read
where it lies and noted, for as long as this process runs; after that it is read once more, and every record in it is
known by what the inbox keeps: it is taken in once, however often it is read.
"""

from __future__ import annotations

import hashlib
import posixpath
import stat
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeVar

import asyncssh
from asyncssh import SFTPAttrs, SFTPClient

from gateway.flows.files import TakenFile
from gateway.intake.watched_folder import WatchSettings
from gateway.intake.watched_place import (
    DONE,
    MANIFEST_BYTES,
    MANIFEST_END,
    OURS,
    REJECTED,
    Found,
    PlaceTrouble,
    Seen,
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
from gateway.partners.sftp_doors import SftpDoor
from gateway.partners.sftp_folders import ABSENT, SftpFolder, closing, code_of, is_answer
from gateway.partners.sftp_lines import TROUBLES, NoConnection, SftpLine

T = TypeVar("T")
_CONNECT_SECONDS, _STEP_SECONDS = 30.0, 300.0
_CHUNK = 1024 * 1024


class FileTrouble(Exception):
    """The server does not let us have this one file; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WatchedServer:
    """One folder of one server, and what was seen in it the last time. A claimed file is named by its path."""

    def __init__(
        self,
        settings: WatchSettings,
        door: SftpDoor,
        connect_seconds: float = _CONNECT_SECONDS,
        seconds: float = _STEP_SECONDS,
    ) -> None:
        self._settings = settings
        self._line = SftpLine(door, connect_seconds, seconds)
        self._before: dict[str, Seen] = {}
        self._taken: dict[str, Seen] = {}
        self._wanted_there: dict[str, str] = {}
        self._as_read: Seen | None = None

    async def renew(self, door: SftpDoor) -> None:
        """Log in with another key from the next step on."""
        await self._line.renew(door)

    async def look(self) -> tuple[Found, ...]:
        """What was claimed before, then what has not changed since the last look, oldest first."""
        try:
            return await self._done(self._looked)
        except FileTrouble as trouble:
            raise PlaceTrouble(trouble.code) from None

    async def claim(self, file: Found) -> str | None:
        """Its path in `.handoff`, or where it lies when the server does not let us rename it."""
        return await self._done(lambda there: there.claim(file, self._wanted_there))

    async def read(self, claimed: str) -> bytes | None:
        """All of it; None when it is larger than is taken. Raises FileTrouble when it changed meanwhile."""
        self._as_read = None
        content, self._as_read = await self._done(
            lambda there: there.read(claimed, self._settings.most_bytes)
        )
        return content

    async def digest(self, claimed: str) -> str:
        """The hex SHA-256 of a file too large to be held."""
        return await self._done(lambda there: there.digest(claimed))

    def wanted(self, claimed: str) -> str:
        """The hash that its manifest said; empty without one."""
        there = self._wanted_there.get(claimed)
        return wanted_of(posixpath.basename(claimed)) if there is None else there

    async def put_away(self, claimed: str, digest: str, taken: TakenFile, at: datetime) -> None:
        """Say what was refused, then move the file; the same names each time, so that twice changes nothing."""
        if not await self._done(lambda there: there.put_away(claimed, digest, taken, at, self._as_read)):
            return
        if claimed in self._wanted_there:  # it lies where it lay
            name = posixpath.basename(claimed)
            self._taken[name] = self._as_read or self._before.get(name, (0, 0, 0))
            del self._wanted_there[claimed]

    async def close(self) -> None:
        """End the connection."""
        self._line.drop()

    async def _looked(self, there: _There) -> tuple[Found, ...]:
        claimed = oldest_first(await there.claimed())
        now = await there.waiting()
        stable = settled(now, self._before, with_manifest=self._settings.with_manifest)
        self._before = now
        self._taken = {name: seen for name, seen in self._taken.items() if now.get(name) == seen}
        return claimed + oldest_first(file for file in stable if file.name not in self._taken)

    async def _done(self, step: Callable[[_There], Coroutine[None, None, T]]) -> T:
        """What `step` comes to. Raises PlaceTrouble when there is no line, FileTrouble when the server says no."""
        try:
            client, used_before = await self._line.opened()
            try:
                return await self._line.in_time(step(self._there(client)))
            except TROUBLES as trouble:
                if code_of(trouble) != "CONNECTION_LOST" or not used_before:
                    raise
            self._line.drop()  # it had ended unnoticed since its last use
            client, _ = await self._line.opened()
            return await self._line.in_time(step(self._there(client)))
        except NoConnection as none:
            raise PlaceTrouble(none.code) from None
        except TROUBLES as trouble:
            if is_answer(trouble):
                raise FileTrouble(code_of(trouble)) from None
            self._line.drop()
            raise PlaceTrouble(code_of(trouble)) from None
        finally:
            self._line.rest()

    def _there(self, client: SFTPClient) -> _There:
        return _There(client, str(self._settings.folder))


class _There(SftpFolder):
    """What is done on the server. Everything raises what is in `TROUBLES`, PlaceTrouble or FileTrouble."""

    async def claimed(self) -> list[Found]:
        """What is ours already. Raises PlaceTrouble when the folder, or a part of it of ours, is a link or a file."""
        for part, must_be in (("", True), (OURS, False), (DONE, False), (REJECTED, False)):
            real = await self.is_real(self.shown(part) if part else self._folder)
            if real is False:
                raise PlaceTrouble("PLACE_IS_NO_FOLDER")
            if real is None and must_be:
                raise PlaceTrouble("FOLDER_NOT_PREPARED")
        if not await self.is_there(self.shown(OURS)):
            return []
        found = await self.files(OURS)
        return [Found(name, _seen(attrs), ours=True) for name, attrs in found.items() if is_claimed(name)]

    async def waiting(self) -> dict[str, Seen]:
        """What the partner has put there."""
        return {name: _seen(attrs) for name, attrs in (await self.files()).items() if may_be_taken(name)}

    async def claim(self, file: Found, wanted_there: dict[str, str]) -> str | None:
        """As `WatchedServer.claim`; what the manifest of a file that cannot be moved says goes into `wanted_there`."""
        if file.ours:
            return self.shown(posixpath.join(OURS, file.name))
        lies, manifest = self.shown(file.name), self.shown(file.name + MANIFEST_END)
        wanted = await self._wanted(manifest, file.seen[1])
        found = await self.kind_of(lies)
        if found is None or not stat.S_ISREG(found.permissions or 0) or _seen(found) != file.seen:
            return None
        ours = self.shown(posixpath.join(OURS, claimed_name(file.name, wanted)))
        try:
            await self._make(OURS)
            await self.move(lies, ours)
        except asyncssh.SFTPError as refused:
            if not is_answer(refused):
                raise
            if await self.kind_of(lies) is None:
                return None
            wanted_there[lies] = wanted
            return lies
        if wanted:
            await self.remove(manifest)
        return ours

    async def _wanted(self, manifest: str, size: int) -> str:
        found = await self.kind_of(manifest)
        if found is None or not stat.S_ISREG(found.permissions or 0):
            return ""
        async with closing(await self._client.open(manifest, "rb")) as file:
            return wanted_by(await file.read(MANIFEST_BYTES), size)

    async def read(self, path: str, most_bytes: int) -> tuple[bytes | None, Seen | None]:
        """The content, and how the file was before and after."""
        before = await self._plain(path)
        if before[1] > most_bytes:
            return None, None
        async with closing(await self._client.open(path, "rb", encoding=None)) as file:
            content = _bytes(await file.read(most_bytes + 1))
        if len(content) > most_bytes:
            return None, None
        if await self._plain(path) != before or len(content) != before[1]:
            raise FileTrouble("FILE_CHANGES")
        return content, before

    async def digest(self, path: str) -> str:
        """The hex SHA-256, read in pieces."""
        found = hashlib.sha256()
        async with closing(await self._client.open(path, "rb", encoding=None)) as file:
            while piece := _bytes(await file.read(_CHUNK)):
                found.update(piece)
        return found.hexdigest()

    async def put_away(
        self, claimed: str, digest: str, taken: TakenFile, at: datetime, as_read: Seen | None
    ) -> bool:
        """Whether the file is done with; not when it was written to since it was read."""
        found = await self.kind_of(claimed)
        if found is None:
            return True  # an earlier try has moved it, of which we did not hear
        if as_read is not None and _seen(found) != as_read:
            return False
        movable = posixpath.dirname(claimed) == self.shown(OURS)
        try:
            await self._tell(claimed, digest, taken, at)
        except asyncssh.SFTPError as refused:
            if movable or not is_answer(refused):
                raise  # else: who may not write there is told by what the operator sees
        if movable:
            wholly = bool(taken.records) and refused_in(taken) == len(taken.records)
            place = REJECTED if wholly else DONE
            await self._make(place)
            name = digest[:32] + PurePosixPath(claimed).suffix
            await self._move_over(claimed, self.shown(posixpath.join(place, name)))
        return True

    async def _tell(self, claimed: str, digest: str, taken: TakenFile, at: datetime) -> None:
        if not refused_in(taken):
            return
        await self._make(REJECTED)
        name, ending = digest[:32], PurePosixPath(claimed).suffix.lower()
        told = {f"{name}.errors.json": errors_told(digest, taken, at)}
        if taken.rejected_rows is not None:
            told[f"{name}.rejected{ending}"] = taken.rejected_rows
        for name, content in told.items():
            fresh = self.shown(posixpath.join(REJECTED, f".{name}.part"))
            await self.write(fresh, content)
            await self._move_over(fresh, self.shown(posixpath.join(REJECTED, name)))

    async def _move_over(self, path: str, to: str) -> None:
        """Also over what is there, on servers that do not do that by themselves."""
        try:
            await self._client.posix_rename(path, to)
        except asyncssh.SFTPOpUnsupported:
            await self.remove(to)
            await self._client.rename(path, to)

    async def _make(self, part: str) -> None:
        """A real folder of that name is there. Raises PlaceTrouble when a link or a file is."""
        real = await self.is_real(self.shown(part))
        if real is None:
            await self._client.mkdir(self.shown(part))
        elif not real:
            raise PlaceTrouble("PLACE_IS_NO_FOLDER")

    async def _plain(self, path: str) -> Seen:
        try:
            found = await self._client.lstat(path)
        except ABSENT:
            raise FileTrouble("FILE_CHANGES") from None
        if not stat.S_ISREG(found.permissions or 0):
            raise FileTrouble("FILE_CHANGES")
        return _seen(found)


def _bytes(read: bytes | str) -> bytes:
    assert isinstance(read, bytes)
    return read


def _seen(attrs: SFTPAttrs) -> Seen:
    """By what a change is noticed: time and size, which is all that a server tells."""
    return int(attrs.mtime or 0), int(attrs.size or 0), 0
