"""A partner's SFTP server on this machine, over real SSH, that fails where a test says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncssh

from gateway.partners.sftp_doors import SftpDoor

Fault = Callable[[str, bytes], None]
"""Called with the name of the operation and its path (or what is written); raises what the server is to answer."""

OUR_KEY = asyncssh.generate_private_key("ssh-ed25519")
SERVER_KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519")
_WRITTEN = {key: key.export_private_key() for key in (OUR_KEY, OTHER_KEY)}  # differs each time it is written


class Partner(asyncssh.SSHServer):
    """A server whose `root` is what it shows; what it saw stands in `asked` and `logins`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[tuple[str, str]] = []
        self.methods: set[str] = set()
        self.open: list[asyncssh.SSHServerConnection] = []
        self.connections = 0
        self.fault: Fault = lambda _operation, _path: None
        self.renames_over = True
        self.silent_at = ""
        self.fell_silent = False
        self.port = 0

    def seen(self, operation: str, path: bytes) -> None:
        self.asked.append((operation, path.decode("utf-8", "replace")[-80:]))
        self.fault(operation, path)

    def answer(self, operation: str, found: Any) -> Any:
        """`found`, or nothing for ever where this server falls silent."""
        return self.silence() if operation == self.silent_at else found

    async def silence(self) -> None:
        """Never ends by itself."""
        self.fell_silent = True
        await asyncio.Event().wait()

    def cut(self) -> None:
        """End all connections as a line that breaks does."""
        for connection in self.open:
            connection.abort()

    def door(self, key: asyncssh.SSHKey = OUR_KEY, pinned: asyncssh.SSHKey = SERVER_KEY) -> SftpDoor:
        return SftpDoor(
            "127.0.0.1",
            self.port,
            "handoff",
            frozenset({pinned.get_fingerprint()}),
            _WRITTEN[key],
        )


class _Login(asyncssh.SSHServer):
    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._partner.connections += 1
        self._partner.open.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._partner.methods.add("password")
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._partner.methods.add("publickey")
        return username == "handoff" and key == OUR_KEY.convert_to_public()


def _files(partner: Partner) -> type[asyncssh.SFTPServer]:
    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(chan, chroot=str(partner.root).encode())

        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            partner.seen("open", path)
            return partner.answer("open", super().open(path, pflags, attrs))

        def write(self, file_obj: object, offset: int, data: bytes) -> Any:
            partner.seen("write", data)
            return partner.answer("write", super().write(file_obj, offset, data))

        async def scandir(self, path: bytes) -> Any:
            partner.seen("scandir", path)
            if partner.silent_at == "scandir":
                await partner.silence()
            async for entry in super().scandir(path):
                yield entry

        def remove(self, path: bytes) -> Any:
            partner.seen("remove", path)
            return super().remove(path)

        def lstat(self, path: bytes) -> Any:
            partner.seen("lstat", path)
            return super().lstat(path)

        def statvfs(self, path: bytes) -> Any:
            partner.seen("statvfs", path)
            found = asyncssh.SFTPVFSAttrs.from_local(super().statvfs(path))
            found.bavail = 0
            return found

        def rename(self, oldpath: bytes, newpath: bytes) -> Any:
            partner.seen("rename", newpath)
            return super().rename(oldpath, newpath)

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
            if not partner.renames_over:
                raise asyncssh.SFTPOpUnsupported("no such extension")
            partner.seen("rename", newpath)
            return partner.answer("rename", super().posix_rename(oldpath, newpath))

    return Files


@contextlib.asynccontextmanager
async def partner_server(root: Path) -> AsyncIterator[Partner]:
    """The server, listening; `root` is made ready with a folder `drop` that holds `.handoff`."""
    (root / "drop" / ".handoff").mkdir(parents=True, exist_ok=True)
    partner = Partner(root)
    listening = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[SERVER_KEY],
        server_factory=lambda: _Login(partner),
        sftp_factory=_files(partner),
        config=None,
    )
    partner.port = listening.get_port()
    try:
        yield partner
    finally:
        partner.cut()
        listening.close()
        await listening.wait_closed()
