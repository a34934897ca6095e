"""Connections to partners' SFTP servers: one at a time for each login, to a server that proves the key pinned for it.

We show one key and nothing else: no password, no agent, no settings of the account the gateway runs under.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

import asyncssh

from gateway.partners.sftp_doors import SftpDoor

T = TypeVar("T")
TROUBLES = (asyncssh.Error, OSError)
"""Whatever goes wrong on an open connection, time-outs too."""

_IDLE_SECONDS = 60.0
_ALIVE_SECONDS = 15.0
_ALIVE_MISSED = 3
_CODES = (
    (asyncssh.HostKeyNotVerifiable, "HOST_KEY_NOT_PINNED"),
    (asyncssh.PermissionDenied, "LOGIN_REFUSED"),
    (TimeoutError, "CONNECT_TIMEOUT"),
    (asyncssh.Error, "SSH_FAILED"),
    (OSError, "CONNECT_FAILED"),
)

logging.getLogger("asyncssh").setLevel(logging.CRITICAL)  # it names hosts, logins and files; we log codes


class NoConnection(Exception):
    """There is none. `code` says why; nothing was sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Pinned(asyncssh.SSHClient):
    def __init__(self, door: SftpDoor) -> None:
        self._door = door

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return key.get_fingerprint() in self._door.host_keys


class SftpLine:
    """One login: its connection, kept for the next use. Who uses it holds `turn`; `seconds` is the time of each step."""

    def __init__(self, door: SftpDoor, connect_seconds: float, seconds: float) -> None:
        self._door = door
        self._connect_seconds = connect_seconds
        self.seconds = seconds
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._ending: asyncio.TimerHandle | None = None
        self.turn = asyncio.Lock()
        self.swept_at = 0.0

    async def renew(self, door: SftpDoor) -> None:
        """Log in as `door` says from the next use on; who uses the connection now ends in peace."""
        async with self.turn:
            self._door = door
            self.drop()

    async def opened(self) -> tuple[asyncssh.SFTPClient, bool]:
        """The open connection, and whether it was used before. Raises NoConnection."""
        if self._ending is not None:
            self._ending.cancel()
        if self._client is not None and self._connection is not None and not self._connection.is_closed():
            return self._client, True
        self.drop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                self._connection = await _connected(self._door)
                self._client = await self._connection.start_sftp_client(
                    path_errors="surrogateescape"  # whatever others call their files is no trouble of ours
                )
        except BaseException as trouble:
            self.drop()
            for kind, code in _CODES:
                if isinstance(trouble, kind):
                    raise NoConnection(code) from None
            raise
        return self._client, False

    async def in_time(self, step: Coroutine[None, None, T]) -> T:
        """What `step` gives back. When its time is over, or nobody waits for it any more, the connection ends with it.

        Then nothing of it waits for a server that says no more, as its own cleaning up would. Raises TimeoutError.
        """
        running = asyncio.ensure_future(step)
        running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        try:
            await asyncio.wait({running}, timeout=self.seconds)
            if not running.done():
                raise TimeoutError
            return running.result()
        finally:
            if not running.done():
                self.drop()
                running.cancel()

    def rest(self) -> None:
        """End the use for now: the connection stays open for a while."""
        if self._connection is not None:
            self._ending = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.drop)

    def drop(self) -> None:
        """End the connection at once. What the server has not answered by then is unknown."""
        if self._ending is not None:
            self._ending.cancel()
        if self._connection is not None:
            self._connection.abort()
        self._connection = self._client = self._ending = None


async def _connected(door: SftpDoor) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        door.host,
        door.port,
        username=door.user,
        client_keys=[asyncssh.import_private_key(door.key)],
        client_factory=lambda: _Pinned(door),
        known_hosts=([], [], []),  # none but what `_Pinned` knows
        config=None,
        agent_path=None,
        agent_forwarding=False,
        x509_trusted_certs=None,
        preferred_auth=["publickey"],
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        keepalive_interval=_ALIVE_SECONDS,
        keepalive_count_max=_ALIVE_MISSED,
    )
