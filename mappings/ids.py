"""Resource ids: UUID version 8 from HMAC-SHA256 of (partner, key, role) under the deployment's id key.

The same record gives the same ids, so a resend is the same Bundle; without the key, nobody can tell a record number
from an id by trying (mapping-language.md section 4, RFC 9562 section 5.8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

try:  # SHA-256 of the interpreter's own: an id hashes three short blocks, where OpenSSL's copying costs most
    from _sha256 import sha256 as _sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    _sha256 = hashlib.sha256
_SEPARATOR = "\x1f"
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_VERSION_8 = bytes(0x80 | byte & 0x0F for byte in range(256))
_VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))

PUBLISHED_TEST_KEY = hashlib.sha256(b"warm-handoff published test id key").digest()
"""The id key of the command line when no network is named. Published on purpose: never for real records."""

IdsOf = Callable[[Iterable[tuple[str, Sequence[bytes]]]], list[str]]
"""Record keys, each with roles as bytes -> their ids, in the same order."""


def id_maker(id_key: bytes, partner: str) -> Callable[[str, bytes], str]:
    """A function (record key, role as bytes) -> id text, for one partner."""
    ids_of = key_ids(id_key, partner)
    return lambda key, role: ids_of(((key, (role,)),))[0]


@lru_cache(maxsize=256)
def key_ids(id_key: bytes, partner: str) -> IdsOf:
    """A function that gives all ids of a record at once, for one partner.

    HMAC (RFC 2104) is written out so that the part that all roles of a record share is hashed once.
    """
    start, outer = _halves(id_key, partner)

    def ids_of(wanted: Iterable[tuple[str, Sequence[bytes]]]) -> list[str]:
        inner: list[Any] = []
        for key, roles in wanted:
            known = start.copy()
            known.update((key + _SEPARATOR).encode())
            begun = [*map(_copy, repeat(known, len(roles)))]
            any(map(_update, begun, roles))
            inner += begun
        last = [*map(_copy, repeat(outer, len(inner)))]
        any(map(_update, last, map(_digest, inner)))
        return uuid_texts(b"".join(map(_first_16, map(_digest, last))))

    return ids_of


_State = type(_sha256())
_copy, _update, _digest = _State.copy, _State.update, _State.digest
_first_16 = itemgetter(slice(16))


def uuid_texts(found: bytes) -> list[str]:
    """Each 16 bytes as the text of a UUID of version 8, all of them in few steps: every 16th byte takes its version or
    variant bits, then every 40th character of `xxxx-xxxx-...` that is no hyphen of a UUID goes."""
    marked = bytearray(found)
    marked[6::16] = marked[6::16].translate(_VERSION_8)
    marked[8::16] = marked[8::16].translate(_VARIANT)
    text = bytearray(marked.hex("-", 2), "ascii")
    text[39::40] = b" " * (len(found) // 16 - 1)
    del text[34::40]
    del text[29::39]
    del text[4::38]
    return text.decode().split(" ")


def _halves(id_key: bytes, partner: str) -> tuple[Any, Any]:
    """The inner hash up to the partner, and the outer hash; both are only ever copied."""
    block = (id_key if len(id_key) <= 64 else hashlib.sha256(id_key).digest()).ljust(64, b"\0")
    return _sha256(block.translate(_INNER) + (partner + _SEPARATOR).encode()), _sha256(
        block.translate(_OUTER)
    )
