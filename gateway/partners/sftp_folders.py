"""One folder of a partner's SFTP server over an open connection: what both directions do in it, and what went wrong.

There are no descriptors of folders here: a link in place of one is looked for, and what is written is always a new file.
Some servers cannot rename over a file, and some cannot tell why they refuse; both are found out.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncssh
from asyncssh import FXF_CREAT, FXF_EXCL, FXF_WRITE, SFTPAttrs, SFTPClient, SFTPClientFile

ABSENT = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_CODES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((TimeoutError,), "ATTEMPT_TIMEOUT"),
    ((asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection), "CONNECTION_LOST"),
    ((*ABSENT, asyncssh.SFTPNotADirectory), "FOLDER_NOT_PREPARED"),
    ((asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect), "FOLDER_CLOSED"),
    ((asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded), "FOLDER_FULL"),
    ((asyncssh.SFTPError,), "FOLDER_FAILED"),
)
FILE_MODE = 0o640
MOST_NAMES = 200_000
"""So many names of a folder are looked at, whatever else its server lists."""


class SftpFolder:
    """One folder over an open connection. Everything raises what is in `sftp_lines.TROUBLES`."""

    def __init__(self, client: SFTPClient, folder: str) -> None:
        self._client = client
        self._folder = folder

    def shown(self, name: str) -> str:
        """The path of what lies in the folder."""
        return posixpath.join(self._folder, name)

    async def files(self, within: str = "") -> dict[str, SFTPAttrs]:
        """The plain files of the folder, or of a part of it, by name."""
        found: dict[str, SFTPAttrs] = {}
        async for entry in self._client.scandir(self.shown(within) if within else self._folder):
            if stat.S_ISREG(entry.attrs.permissions or 0) and isinstance(entry.filename, str):
                found[entry.filename] = entry.attrs
            if len(found) >= MOST_NAMES:
                break
        return found

    async def write(self, path: str, content: bytes) -> None:
        """All of `content` in a new file, on the server's disk where it can be asked for that."""
        await self.remove(path)
        flags = FXF_WRITE | FXF_CREAT | FXF_EXCL
        opened = await self._client.open(path, flags, SFTPAttrs(permissions=FILE_MODE), encoding=None)
        async with closing(opened) as file:
            await file.write(content)
            with suppress(asyncssh.SFTPOpUnsupported):
                await file.fsync()

    async def move(self, path: str, to: str) -> None:
        """In one step where the server can do that."""
        try:
            await self._client.posix_rename(path, to)
        except asyncssh.SFTPOpUnsupported:
            await self._client.rename(path, to)

    async def remove(self, path: str) -> None:
        """Nothing is there afterwards; a link goes, and not what it leads to."""
        with suppress(*ABSENT):
            await self._client.remove(path)

    async def is_there(self, path: str) -> bool:
        """Whether there is anything of that name."""
        return await self.kind_of(path) is not None

    async def kind_of(self, path: str) -> SFTPAttrs | None:
        """What is there, a link as a link; None when nothing is."""
        try:
            return await self._client.lstat(path)
        except ABSENT:
            return None

    async def is_real(self, path: str) -> bool | None:
        """Whether it is a folder and no link; None when nothing is there."""
        found = await self.kind_of(path)
        return None if found is None else stat.S_ISDIR(found.permissions or 0)


@asynccontextmanager
async def closing(file: SFTPClientFile) -> AsyncIterator[SFTPClientFile]:
    """Close `file` at the end, but not when time is over or the line is broken: the answer to that might never come."""
    try:
        yield file
    except asyncssh.SFTPError as trouble:
        if is_answer(trouble):
            with suppress(asyncssh.SFTPError):
                await file.close()
        raise
    await file.close()


def code_of(trouble: Exception) -> str:
    """The code of what went wrong on an open connection."""
    return next((code for kinds, code in _CODES if isinstance(trouble, kinds)), "CONNECTION_LOST")


def is_answer(trouble: Exception) -> bool:
    """Whether the server has said that it did not do it, on a connection that goes on."""
    return isinstance(trouble, asyncssh.SFTPError) and code_of(trouble) != "CONNECTION_LOST"
