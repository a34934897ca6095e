"""Short facts that we give out and know again: in a link or a cookie, under a signature of ours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

LONGEST = 2048


def signed(key: bytes, use: bytes, facts: Sequence[str | int]) -> str:
    """The facts with their signature, in letters that a URL and a cookie may hold. `use` keeps one kind from serving as
    another.
    """
    content = json.dumps(list(facts), separators=(",", ":")).encode()
    return f"{_text(content)}.{_text(_signature(key, use, content))}"


def read_signed(key: bytes, use: bytes, text: str) -> list[str | int] | None:
    """The facts of `signed` with the same key and use; None for any other text."""
    if len(text) > LONGEST or not text.isascii():
        return None
    content_text, _, signature_text = text.partition(".")
    try:
        content, signature = _bytes(content_text), _bytes(signature_text)
    except (ValueError, binascii.Error):
        return None
    if not hmac.compare_digest(signature, _signature(key, use, content)):
        return None
    found: list[str | int] = json.loads(content)
    return found


def digits(key: bytes, use: bytes, about: str, count: int) -> str:
    """`count` decimal digits that only the key tells of `about`."""
    number = int.from_bytes(_signature(key, use, about.encode()), "big")
    return f"{number % 10**count:0{count}d}"


def token(key: bytes, use: bytes, about: str) -> str:
    """A word that only the key tells of `about`."""
    return _text(_signature(key, use, about.encode()))


def _signature(key: bytes, use: bytes, content: bytes) -> bytes:
    return hmac.new(key, use + b"\n" + content, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
