"""Keys: what seals the store, what hides index values, what signs the audit log.

Every scope (a patient, a message, a patient's audit facts) has a random data key of its own, stored wrapped
under a key-encryption key (KEK) that never enters the store. Destroying the wrapped key destroys the data.
AES-256-GCM throughout, with the identity of the row as associated data.

A key file holds one line, `<id> <32 bytes as base64>`, readable by its owner only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Internal, NotFound
from gateway.settings import SettingsRefused, read_secret
from gateway.store.model import Reading, Row, Transaction

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_HEAD_BYTES = 1 + 2 + _NONCE_BYTES
_CACHED_SCOPES = 8192
_KEPT_IN_MEMORY = ("patient:", "audit:", "network")


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
    """KEKs from files: the first is current, the others still unwrap what was wrapped under them."""

    def __init__(self, keys: Iterable[NamedKey]) -> None:
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
        kek = self._by_id.get(kek_id)
        if kek is None:
            raise Internal("KEK_UNKNOWN", f"the key file of `{kek_id}` is not here")
        return _decrypt(kek, wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many data keys were wrapped anew (0: none is left), and the scope of the last of them."""

    count: int
    after: str


class _ScopeKeys:
    """The unwrapped keys of one scope by generation; `newest` is 0 until it was looked for."""

    __slots__ = ("by_generation", "newest")

    def __init__(self) -> None:
        self.newest = 0
        self.by_generation: dict[int, AESGCM] = {}


class EnvelopeCipher:
    """Seals and opens rows; see `gateway.store.model.Cipher`. Safe to use from several threads."""

    def __init__(self, provider: KeyProvider, digest_key: bytes) -> None:
        self._provider = provider
        self._digest_key = digest_key
        self._cache: OrderedDict[str, _ScopeKeys] = OrderedDict()
        self._destroyed: set[str] = set()
        self._lock = threading.Lock()

    def seal(self, tx: Transaction | None, scope: str, row: str, plain: bytes) -> bytes:
        """`plain`, sealed. With a transaction a missing key is made.

        Raises NotFound `KEY_GONE` when the key of the scope was destroyed, Internal `KEY_MISSING` when there
        is none and no transaction.
        """
        generation, key = self._newest(tx, scope)
        nonce = os.urandom(_NONCE_BYTES)
        head = _FORMAT + generation.to_bytes(2, "big") + nonce
        return head + key.encrypt(nonce, plain, _bound(scope, row, generation))

    def open(self, reading: Reading, scope: str, row: str, sealed: bytes) -> bytes:
        """The plain bytes.

        Raises NotFound `KEY_GONE` when the key was destroyed, Internal `SEAL_BROKEN` when the bytes were
        altered or belong to another row.
        """
        if len(sealed) < _HEAD_BYTES or sealed[:1] != _FORMAT:
            raise Internal("SEAL_BROKEN", "sealed bytes of no known form")
        generation = int.from_bytes(sealed[1:3], "big")
        key = self._of_generation(reading, scope, generation)
        return _decrypt(key, sealed[3:_HEAD_BYTES], sealed[_HEAD_BYTES:], _bound(scope, row, generation))

    def digest(self, row: str, plain: bytes) -> bytes:
        """A keyed hash of `plain` as content of `row`, 16 bytes (BLAKE2b): by it the same content again is known."""
        return hashlib.blake2b(row.encode() + b"\x00" + plain, digest_size=16, key=self._digest_key).digest()

    def forget(self, scope: str, *, for_ever: bool = False) -> None:
        """Drop the keys of `scope` from memory; `for_ever` after destruction, so that no old snapshot brings
        them back.
        """
        with self._lock:
            self._cache.pop(scope, None)
            if for_ever:
                self._destroyed.add(scope)

    def remember(self, scope: str) -> None:
        """The destruction of the keys of `scope` was rolled back: they are in the store as before."""
        with self._lock:
            self._destroyed.discard(scope)

    def rewrap(self, tx: Transaction, limit: int = 500, after: str = "") -> Rewrapped:
        """Wrap up to `limit` data keys that are under another KEK under the current one, in the order of their scopes,
        from the one after `after` on.
        """
        asked = {"kek_id": self._provider.current_id, "after": after, "limit": limit}
        rows = tx.rows("data_key.under_other_key", asked)
        for row in rows:
            scope, generation = row["scope"], row["generation"]
            context = _bound(scope, "data_key", generation)
            plain = self._provider.unwrap(row["kek_id"], row["wrapped"], context)
            kek_id, wrapped = self._provider.wrap(plain, context)
            place = {"scope": scope, "generation": generation}
            tx.execute("data_key.rewrap", place | {"kek_id": kek_id, "wrapped": wrapped})
        return Rewrapped(len(rows), rows[-1]["scope"] if rows else after)

    def succeed(self, tx: Transaction, scope: str, sealed: Iterable[bytes]) -> None:
        """Where the key that sealed any of these is not in the store, seal from now on under one of a later generation:
        what the lost one sealed then counts as gone (`KEY_GONE`) and not as altered (`SEAL_BROKEN`).
        """
        wanted = max((int.from_bytes(one[1:3], "big") for one in sealed), default=0)
        row = tx.row("data_key.newest", {"scope": scope})
        is_here = row is not None and row["generation"] >= wanted
        if not is_here and tx.row("data_key.is_destroyed", {"scope": scope}) is None:
            self._make(tx, scope, wanted + 1)

    def _newest(self, tx: Transaction | None, scope: str) -> tuple[int, AESGCM]:
        with self._lock:
            if scope in self._destroyed:
                raise _gone()
            held = self._cache.get(scope)
            if held is not None and held.newest:
                self._cache.move_to_end(scope)
                return held.newest, held.by_generation[held.newest]
        if tx is None:
            raise Internal("KEY_MISSING", "no key in memory and no transaction to find it in")
        row = tx.row("data_key.newest", {"scope": scope})
        if row is None:
            return 1, self._make(tx, scope, 1)
        return row["generation"], self._keep(scope, row["generation"], self._unwrap(scope, row), newest=True)

    def _of_generation(self, reading: Reading, scope: str, generation: int) -> AESGCM:
        with self._lock:
            held = self._cache.get(scope)
            if held is not None and generation in held.by_generation:
                self._cache.move_to_end(scope)
                return held.by_generation[generation]
        row = reading.row("data_key.of_generation", {"scope": scope, "generation": generation})
        if row is None:
            raise _gone()
        return self._keep(scope, generation, self._unwrap(scope, row), newest=False)

    def _make(self, tx: Transaction, scope: str, generation: int) -> AESGCM:
        if tx.row("data_key.is_destroyed", {"scope": scope}) is not None:
            raise _gone()
        plain = os.urandom(KEY_BYTES)
        kek_id, wrapped = self._provider.wrap(plain, _bound(scope, "data_key", generation))
        place = {"scope": scope, "generation": generation}
        tx.execute("data_key.add", place | {"kek_id": kek_id, "wrapped": wrapped})
        # A key whose row is rolled back must not seal anything afterwards.
        tx.after_rollback(partial(self.forget, scope))
        return self._keep(scope, generation, AESGCM(plain), newest=True)

    def _unwrap(self, scope: str, row: Row) -> AESGCM:
        context = _bound(scope, "data_key", row["generation"])
        return AESGCM(self._provider.unwrap(row["kek_id"], row["wrapped"], context))

    def _keep(self, scope: str, generation: int, key: AESGCM, *, newest: bool) -> AESGCM:
        if not scope.startswith(_KEPT_IN_MEMORY):
            return key
        with self._lock:
            if scope in self._destroyed:
                return key
            held = self._cache.setdefault(scope, _ScopeKeys())
            held.by_generation[generation] = key
            if newest:
                held.newest = generation
            if len(self._cache) > _CACHED_SCOPES:
                self._cache.popitem(last=False)
        return key


class Ed25519Signer:
    """Signs the heads of the audit log. `name` goes into each signed note; `public_key` is 32 bytes."""

    def __init__(self, key: NamedKey) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key.secret)
        self.name = f"warm-handoff/{key.id}"
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(content)


class Keys:
    """All keys of one deployment."""

    def __init__(self, store: Iterable[NamedKey], index: NamedKey, audit: NamedKey) -> None:
        self._index = index.secret
        self.provider = FileKeyProvider(store)
        self.cipher = EnvelopeCipher(self.provider, self.derived("record-digests"))
        self.signer = Ed25519Signer(audit)

    def cipher_alone(self) -> EnvelopeCipher:
        """A cipher that shares no memory with `cipher`: for a copy of the store, which may hold keys that the store no
        longer has.
        """
        return EnvelopeCipher(self.provider, self.derived("record-digests"))

    def index_hmac(self, parameter: str, system: str, value: str) -> str:
        """What stands in an index instead of the value: HMAC-SHA256 as 64 hex digits."""
        return index_hmac(self._index, parameter, system, value)

    def derived(self, purpose: str) -> bytes:
        """A 32-byte key for one other purpose (`ids`, `aliases`), always the same for the same index key."""
        return hmac.digest(self._index, b"derived\x00" + purpose.encode(), "sha256")


def index_hmac(index_key: bytes, parameter: str, system: str, value: str) -> str:
    """HMAC-SHA256 over parameter, system and value, each with its length before it, as 64 hex digits."""
    of, within, what = parameter.encode(), system.encode(), value.encode()
    content = b"index\x00%b%b%b%b%b%b" % (_length(of), of, _length(within), within, _length(what), what)
    return hmac.digest(index_key, content, "sha256").hex()


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big")


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


def make_keys(folder: Path) -> Keys:
    """Write new keys into `folder` (`store.key`, `index.key`, `audit.key`) and read them.

    Raises FileExistsError when one is there already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for purpose in ("store", "index", "audit"):
        write_key_file(folder / f"{purpose}.key", new_key(purpose))
    return read_keys(folder)


def read_keys(folder: Path) -> Keys:
    """The keys in `folder`; `store-*.key` are older KEKs that still unwrap. Raises SettingsRefused."""
    return Keys(
        read_store_keys(folder), read_key_file(folder / "index.key"), read_key_file(folder / "audit.key")
    )


def read_store_keys(folder: Path) -> tuple[NamedKey, ...]:
    """The KEKs in `folder`, the current one first. Raises SettingsRefused."""
    older = (read_key_file(path) for path in sorted(folder.glob("store-*.key")))
    return (read_key_file(folder / "store.key"), *older)


def _gone() -> NotFound:
    return NotFound("KEY_GONE", "the key of this content was destroyed")


def _bound(scope: str, row: str, generation: int) -> bytes:
    return b"\x00".join((b"handoff-seal-1", scope.encode(), row.encode(), str(generation).encode()))


def _decrypt(key: AESGCM, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
    try:
        return key.decrypt(nonce, sealed, context)
    except InvalidTag:
        raise Internal("SEAL_BROKEN", "sealed bytes were altered or belong to another row") from None
