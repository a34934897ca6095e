"""Keys: what seals the store, what hides index values, what signs the audit log.

Every scope (a patient, a message, a patient's audit facts) has a random data key of its own, stored wrapped
under a key-encryption key (KEK) that never enters the store. Destroying the wrapped key destroys the data.
AES-256-GCM throughout, with the identity of the row as associated data.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Internal, NotFound
from gateway.security.wrapping_keys import KEY_BYTES as KEY_BYTES
from gateway.security.wrapping_keys import FileKeyProvider as FileKeyProvider
from gateway.security.wrapping_keys import KeyProvider as KeyProvider
from gateway.security.wrapping_keys import NamedKey as NamedKey
from gateway.security.wrapping_keys import decrypt
from gateway.security.wrapping_keys import new_key as new_key
from gateway.security.wrapping_keys import read_key_file as read_key_file
from gateway.security.wrapping_keys import read_store_keys as read_store_keys
from gateway.security.wrapping_keys import write_key_file as write_key_file
from gateway.store.model import Reading, Row, Transaction

T = TypeVar("T")
_NONCE_BYTES = 12
_BLOCK = 64
"""Octets that SHA-256 takes in at once."""
_FORMAT = b"\x01"
_HEAD_BYTES = 1 + 2 + _NONCE_BYTES
_CACHED_SCOPES = 8192
_READ_BYTES = 128 * 1024
"""Of what is sealed, as much as is kept as it was read: a hundred sets of records, about a megabyte in memory."""
_KEPT_IN_MEMORY = ("patient:", "audit:", "network")


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
        self._digesting = hashlib.blake2b(digest_size=16, key=digest_key)
        self._cache: OrderedDict[str, _ScopeKeys] = OrderedDict()
        self._destroyed: set[str] = set()
        self._read: OrderedDict[tuple[str, str, bytes], object] = OrderedDict()
        self._read_bytes = 0
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
        return decrypt(key, sealed[3:_HEAD_BYTES], sealed[_HEAD_BYTES:], _bound(scope, row, generation))

    def read(self, reading: Reading, scope: str, row: str, sealed: bytes, reader: Callable[[bytes], T]) -> T:
        """What `reader` makes of the plain bytes. What was read a moment ago is given out again, as long as the key of
        its scope is there: it must not be changed. Raises as `open`.
        """
        asked = scope, row, sealed
        with self._lock:
            if asked in self._read:
                self._read.move_to_end(asked)
                return cast(T, self._read[asked])
        made = reader(self.open(reading, scope, row, sealed))
        with self._lock:
            if scope not in self._destroyed and len(sealed) <= _READ_BYTES // 8 and asked not in self._read:
                self._read[asked] = made
                self._read_bytes += len(sealed)
                while self._read_bytes > _READ_BYTES:
                    self._read_bytes -= len(self._read.popitem(last=False)[0][2])
        return made

    def fetch(self, reading: Reading, scopes: Iterable[str]) -> None:
        """Have the keys of these scopes (of patients, audit facts, the network) at hand, asked for at once; those that
        are gone are found to be so when they are needed.
        """
        with self._lock:
            unknown = [one for one in dict.fromkeys(scopes) if one not in self._cache]
        if unknown:
            asked = {"wanted": orjson.dumps(unknown).decode()}
            for row in reading.rows("data_key.of_scopes", asked):
                self._keep(row["scope"], row["generation"], self._unwrap(row["scope"], row), newest=False)

    def open_each(
        self, reading: Reading, asked: Sequence[tuple[str, str, bytes]]
    ) -> Iterator[bytes | NotFound | Internal]:
        """For each (scope, row, sealed) what `open` returns or raises; their keys are asked for at once."""
        with suppress(Internal):  # of which key that is, is found below
            self.fetch(reading, (scope for scope, _, _ in asked))
        for scope, row, sealed in asked:
            generation = int.from_bytes(sealed[1:3], "big")
            try:
                key = self._cache[scope].by_generation[generation]
                context = _bound(scope, row, generation)
                yield key.decrypt(sealed[3:_HEAD_BYTES], sealed[_HEAD_BYTES:], context)
            except (KeyError, ValueError, InvalidTag):
                yield self._refused_or_open(reading, scope, row, sealed)

    def _refused_or_open(
        self, reading: Reading, scope: str, row: str, sealed: bytes
    ) -> bytes | NotFound | Internal:
        try:
            return self.open(reading, scope, row, sealed)
        except (NotFound, Internal) as refusal:
            return refusal

    def digest(self, row: str, plain: bytes) -> bytes:
        """A keyed hash of `plain` as content of `row`, 16 bytes (BLAKE2b): by it the same content again is known."""
        keyed = self._digesting.copy()  # the key is taken in once
        keyed.update(b"%b\x00%b" % (row.encode(), plain))
        return keyed.digest()

    def forget(self, scope: str, *, for_ever: bool = False) -> None:
        """Drop the keys of `scope` from memory; `for_ever` after destruction, so that no old snapshot brings
        them back.
        """
        with self._lock:
            self._cache.pop(scope, None)
            for asked in [one for one in self._read if one[0] == scope]:
                del self._read[asked]
                self._read_bytes -= len(asked[2])
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
        is_kept = scope.startswith(
            _KEPT_IN_MEMORY
        )  # another scope is, as good as always, one that was just begun
        row = tx.row("data_key.newest", {"scope": scope}) if is_kept else None
        if row is None:
            made = self._make(tx, scope, 1)
            if made is not None:
                return 1, made
            # another process may have made it in this very moment
            row = tx.row("data_key.newest", {"scope": scope})
        if row is None:
            raise _gone()
        return row["generation"], self._keep(scope, row["generation"], self._unwrap(scope, row), newest=True)

    def _of_generation(self, reading: Reading, scope: str, generation: int) -> AESGCM:
        with self._lock:
            held = self._cache.get(scope)
            if held is not None and generation in held.by_generation:
                self._cache.move_to_end(scope)
                return held.by_generation[generation]
            if scope in self._destroyed:  # an old snapshot may still show it
                raise _gone()
        row = reading.row("data_key.of_generation", {"scope": scope, "generation": generation})
        if row is None:
            raise _gone()
        return self._keep(scope, generation, self._unwrap(scope, row), newest=False)

    def _make(self, tx: Transaction, scope: str, generation: int) -> AESGCM | None:
        """A new key, stored; None where there is one of that generation, or the key of the scope was destroyed."""
        plain = os.urandom(KEY_BYTES)
        kek_id, wrapped = self._provider.wrap(plain, _bound(scope, "data_key", generation))
        place = {"scope": scope, "generation": generation}
        if not tx.execute("data_key.make", place | {"kek_id": kek_id, "wrapped": wrapped}):
            return None
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

    def __init__(
        self, store: Iterable[NamedKey], index: NamedKey, audit: NamedKey, folder: Path | None = None
    ) -> None:
        self._index = index.secret
        self._inner, self._outer = _halves(index.secret)
        self.provider = FileKeyProvider(store, folder)
        self.cipher = EnvelopeCipher(self.provider, self.derived("record-digests"))
        self.signer = Ed25519Signer(audit)

    def cipher_alone(self) -> EnvelopeCipher:
        """A cipher that shares no memory with `cipher`: for a copy of the store, which may hold keys that the store no
        longer has.
        """
        return EnvelopeCipher(self.provider, self.derived("record-digests"))

    def index_hmac(self, parameter: str, system: str, value: str) -> str:
        """What stands in an index instead of the value: HMAC-SHA256 over all three, each with its length before it, as
        64 hex digits.
        """
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(_indexed(parameter, system, value))
        outer.update(inner.digest())
        return outer.hexdigest()

    def derived(self, purpose: str) -> bytes:
        """A 32-byte key for one other purpose (`ids`, `aliases`), always the same for the same index key."""
        return hmac.digest(self._index, b"derived\x00" + purpose.encode(), "sha256")


def _halves(secret: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """What HMAC-SHA256 hashes inside and outside, with the key taken in (RFC 2104); only ever copied. Written out, as a
    copy of OpenSSL's own HMAC costs three times as much, and a message has ten index values.
    """
    block = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(hmac.trans_36)), hashlib.sha256(block.translate(hmac.trans_5C))


def _indexed(parameter: str, system: str, value: str) -> bytes:
    of, within, what = parameter.encode(), system.encode(), value.encode()
    return b"index\x00%b%b%b%b%b%b" % (_length(of), of, _length(within), within, _length(what), what)


def _length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big")


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
    store, index = read_store_keys(folder), read_key_file(folder / "index.key")
    return Keys(store, index, read_key_file(folder / "audit.key"), folder)


def _gone() -> NotFound:
    return NotFound("KEY_GONE", "the key of this content was destroyed")


def _bound(scope: str, row: str, generation: int) -> bytes:
    return f"handoff-seal-1\0{scope}\0{row}\0{generation}".encode()
