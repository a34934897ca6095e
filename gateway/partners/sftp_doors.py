"""Partners' SFTP servers as `network.yaml` names them, checked. The library for SSH is loaded only when there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import NotUnderstood
from gateway.partners.deliveries import SftpServer
from gateway.settings import SettingsRefused, read_secret


@dataclass(frozen=True, slots=True)
class SftpDoor:
    """One login at one server. `host_keys` are the fingerprints (`SHA256:…`) of which the server must prove one."""

    host: str
    port: int
    user: str
    host_keys: frozenset[str]
    key: bytes = field(repr=False)


def sftp_door(folder: Path, server: SftpServer) -> SftpDoor:
    """The login that `server` describes; names of files count from `folder`. Raises NotUnderstood with its place."""
    try:
        import asyncssh
    except ModuleNotFoundError:
        text = "needs the extra `sftp` of this program: pip install 'warm-handoff[sftp]'"
        raise NotUnderstood("SFTP_NOT_INSTALLED", text) from None
    try:
        key = read_secret(folder / server.key)
        asyncssh.import_private_key(key)
    except SettingsRefused as refused:
        raise NotUnderstood("FILE_UNUSABLE", str(refused), "key") from None
    except (asyncssh.KeyImportError, ValueError):
        text = f"`{server.key}` is no private key for SSH, or an encrypted one"
        raise NotUnderstood("FILE_UNUSABLE", text, "key") from None
    host, _, port = server.address.rpartition(":")
    return SftpDoor(host, int(port), server.user, frozenset(server.host_keys), key)
