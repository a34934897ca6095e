"""Resource ids: UUID version 8 from HMAC-SHA256 of (partner, key, role) under the deployment's id key.

The same record gives the same ids, so a resend is the same Bundle; without the key, nobody can tell a record number
from an id by trying (mapping-language.md section 4, RFC 9562 section 5.8).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

_SEPARATOR = "\x1f"
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

PUBLISHED_TEST_KEY = hashlib.sha256(b"warm-handoff published test id key").digest()
"""The id key of the command line when no network is named. Published on purpose: never for real records."""


def id_maker(id_key: bytes, partner: str) -> Callable[[str, str], str]:
    """A function (record key, role) -> id text, for one partner."""
    digest = hmac.digest
    prefix = partner + _SEPARATOR

    def make(key: str, role: str) -> str:
        text = digest(id_key, (prefix + key + _SEPARATOR + role).encode(), "sha256").hex()
        variant = _VARIANT[text[16]]
        return f"{text[:8]}-{text[8:12]}-8{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    return make
