"""Resource ids: UUID version 8 from HMAC-SHA256 of (partner, key, role) under the deployment's id key.

The same record gives the same ids, so a resend is the same Bundle; without the key, nobody can tell a record number
from an id by trying (mapping-language.md section 4, RFC 9562 section 5.8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_SEPARATOR = "\x1f"
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

PUBLISHED_TEST_KEY = hashlib.sha256(b"warm-handoff published test id key").digest()
"""The id key of the command line when no network is named. Published on purpose: never for real records."""


def id_maker(id_key: bytes, partner: str) -> Callable[[str, bytes], str]:
    """A function (record key, role as bytes) -> id text, for one partner and the few keys of one record.

    HMAC (RFC 2104) is written out so that the part that all roles of a record share is hashed once.
    """
    start, outer = _halves(id_key, partner)
    shared: dict[str, Any] = {}

    def make(key: str, role: bytes) -> str:
        known = shared.get(key)
        if known is None:
            known = shared[key] = start.copy()
            known.update((key + _SEPARATOR).encode())
        inner, last = known.copy(), outer.copy()
        inner.update(role)
        last.update(inner.digest())
        text = last.hexdigest()
        return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"

    return make


@lru_cache(maxsize=256)
def _halves(id_key: bytes, partner: str) -> tuple[Any, Any]:
    """The inner hash up to the partner, and the outer hash; both are only ever copied."""
    block = (id_key if len(id_key) <= 64 else hashlib.sha256(id_key).digest()).ljust(64, b"\0")
    inner = hashlib.sha256(block.translate(_INNER) + (partner + _SEPARATOR).encode())
    return inner, hashlib.sha256(block.translate(_OUTER))
