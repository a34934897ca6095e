"""Resource ids: UUID version 8 from HMAC-SHA256 of (partner, key, role) under the deployment's id key.

The same record gives the same ids, so a resend is the same Bundle; without the key, nobody can tell a record number
from an id by trying (mapping-language.md section 4, RFC 9562 section 5.8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

try:  # SHA-256 of the interpreter's own: an id hashes three short blocks, where OpenSSL's copying costs most
    from _sha256 import sha256 as _sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    _sha256 = hashlib.sha256
_SEPARATOR = "\x1f"
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

PUBLISHED_TEST_KEY = hashlib.sha256(b"warm-handoff published test id key").digest()
"""The id key of the command line when no network is named. Published on purpose: never for real records."""


def id_maker(id_key: bytes, partner: str) -> Callable[[str, bytes], str]:
    """A function (record key, role as bytes) -> id text, for one partner and the few keys of one record."""
    ids_of = key_ids(id_key, partner)
    shared: dict[str, Callable[[bytes], str]] = {}

    def make(key: str, role: bytes) -> str:
        ids = shared.get(key)
        if ids is None:
            ids = shared[key] = ids_of(key)
        return ids(role)

    return make


@lru_cache(maxsize=256)
def key_ids(id_key: bytes, partner: str) -> Callable[[str], Callable[[bytes], str]]:
    """A function record key -> (role as bytes -> id text), for one partner.

    HMAC (RFC 2104) is written out so that the part that all roles of a record share is hashed once.
    """
    start, outer = _halves(id_key, partner)
    copy_outer = outer.copy

    def ids_of(key: str) -> Callable[[bytes], str]:
        known = start.copy()
        known.update((key + _SEPARATOR).encode())
        copy_inner = known.copy

        def make(role: bytes, variant: dict[str, str] = _VARIANT) -> str:
            inner, last = copy_inner(), copy_outer()
            inner.update(role)
            last.update(inner.digest())
            text = last.hexdigest()
            return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-{variant[text[16]]}{text[17:20]}-{text[20:32]}"

        return make

    return ids_of


def _halves(id_key: bytes, partner: str) -> tuple[Any, Any]:
    """The inner hash up to the partner, and the outer hash; both are only ever copied."""
    block = (id_key if len(id_key) <= 64 else hashlib.sha256(id_key).digest()).ljust(64, b"\0")
    return _sha256(block.translate(_INNER) + (partner + _SEPARATOR).encode()), _sha256(
        block.translate(_OUTER)
    )
