"""The keys that wrap all others (KEK), and the files they are in.

A key file holds one line, `<id> <32 bytes as base64>`, readable by its owner only.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Internal
from gateway.settings import SettingsRefused, read_secret

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class NamedKey:
    """32 secret bytes and their public id."""

    id: str
    secret: bytes = field(repr=False)


class KeyProvider(Protocol):
    """Wraps data keys under a KEK that it alone holds: files here, a key service elsewhere."""

    @property
    def current_id(self) -> str:
        """Id of the KEK that new keys are wrapped under."""
        ...

    def wrap(self, plain: bytes, context: bytes) -> tuple[str, bytes]:
        """The id of the current KEK, and `plain` wrapped under it, bound to `context`."""
        ...

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The plain key. Raises Internal `KEK_UNKNOWN`, `SEAL_BROKEN`."""
        ...


class FileKeyProvider:
    """KEKs from files: the first is current, the others still unwrap what was wrapped under them.

    `folder` is where they are; without one they are all there will ever be.
    """

    def __init__(self, keys: Iterable[NamedKey], folder: Path | None = None) -> None:
        self._folder = folder
        self._as_read: tuple[tuple[str, int, int], ...] | None = None
        self.use(keys)

    def use(self, keys: Iterable[NamedKey]) -> None:
        """From now on these, the first of them current: after a rotation, in a gateway that goes on running."""
        found = tuple(keys)
        # The old ones stay usable until the new ones are all there: another thread may be unwrapping.
        self._by_id = {key.id: AESGCM(key.secret) for key in found}
        self._current = found[0].id

    @property
    def current_id(self) -> str:
        """Id of the KEK that new keys are wrapped under."""
        return self._current

    def read_again(self) -> bool:
        """Take account of key files that another process made or destroyed; False when there is nothing new.

        Raises SettingsRefused when a file cannot be used; what was in use stays in use.
        """
        if self._folder is None:
            return False
        now = _files_seen(self._folder)
        if now == self._as_read:
            return False
        before = (self._current, frozenset(self._by_id))
        self.use(read_store_keys(self._folder))
        self._as_read = now
        return before != (self._current, frozenset(self._by_id))

    @property
    def older_ids(self) -> frozenset[str]:
        """Ids of the KEKs that only unwrap."""
        return frozenset(self._by_id) - {self._current}

    def wrap(self, plain: bytes, context: bytes) -> tuple[str, bytes]:
        """The id of the current KEK, and `plain` wrapped under it, bound to `context`."""
        nonce = os.urandom(_NONCE_BYTES)
        # Another thread may make another one current meanwhile: the id that is told is of the one that wrapped.
        kek_id = self._current
        return kek_id, nonce + self._by_id[kek_id].encrypt(nonce, plain, context)

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The plain key. Raises Internal `KEK_UNKNOWN` when its file is not here, `SEAL_BROKEN` when altered."""
        kek = self._by_id.get(kek_id) or self._found_since(kek_id)
        if kek is None:
            raise Internal("KEK_UNKNOWN", f"the key file of `{kek_id}` is not here")
        return decrypt(kek, wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)

    def _found_since(self, kek_id: str) -> AESGCM | None:
        """A key that another process of the same folder has made current meanwhile."""
        with contextlib.suppress(SettingsRefused, OSError):
            self.read_again()
        return self._by_id.get(kek_id)


def _files_seen(folder: Path) -> tuple[tuple[str, int, int], ...]:
    found = ((path.name, path.stat()) for path in sorted(folder.glob("store*.key")))
    return tuple((name, status.st_mtime_ns, status.st_ino) for name, status in found)


def read_key_file(path: Path) -> NamedKey:
    """The key in `path`. Raises SettingsRefused when it is absent, open to others, or holds no 32-byte key."""
    try:
        key_id, encoded = read_secret(path).decode("ascii").split()
        secret = base64.b64decode(encoded, validate=True)
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        if isinstance(error, SettingsRefused):
            raise
        raise SettingsRefused(f"key file `{path.name}` must hold an id and 32 bytes as base64") from None
    if len(secret) != KEY_BYTES:
        raise SettingsRefused(f"key file `{path.name}` must hold 32 bytes, not {len(secret)}")
    return NamedKey(key_id, secret)


def write_key_file(path: Path, key: NamedKey) -> None:
    """Write `key` where its owner alone can read it. Raises FileExistsError: a key is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(f"{key.id} {base64.b64encode(key.secret).decode()}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def new_key(purpose: str) -> NamedKey:
    """A new random key with an id such as `store-1f3a9c02`."""
    return NamedKey(f"{purpose}-{secrets.token_hex(4)}", secrets.token_bytes(KEY_BYTES))


def read_store_keys(folder: Path) -> tuple[NamedKey, ...]:
    """The KEKs in `folder`, the current one first. Raises SettingsRefused."""
    older = (read_key_file(path) for path in sorted(folder.glob("store-*.key")))
    return (read_key_file(folder / "store.key"), *older)


def decrypt(key: AESGCM, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
    """What `sealed` holds. Raises Internal `SEAL_BROKEN` when it was altered or is bound to something else."""
    try:
        return key.decrypt(nonce, sealed, context)
    except (InvalidTag, ValueError):  # a nonce that is none
        raise Internal("SEAL_BROKEN", "sealed bytes were altered or belong to another row") from None
