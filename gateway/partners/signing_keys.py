"""Keys that we share with one partner, for signing what we send it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import NotUnderstood
from gateway.settings import SettingsRefused, read_secret

_LEAST_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """At least 32 secret bytes, and the id by which the partner knows them."""

    id: str
    secret: bytes = field(repr=False)


def read_signing_key(folder: Path, file: str) -> SigningKey:
    """The key in `file`: one line, `<id> <32 bytes or more as base64>`. Raises NotUnderstood."""
    try:
        key_id, encoded = read_secret(folder / file).decode("ascii").split()
        secret = base64.b64decode(encoded, validate=True)
    except SettingsRefused as refused:
        raise NotUnderstood("FILE_UNUSABLE", str(refused), "key") from None
    except (UnicodeDecodeError, binascii.Error, ValueError):
        key_id, secret = "", b""
    if not _KEY_ID.fullmatch(key_id) or len(secret) < _LEAST_BYTES:
        text = f"`{file}` must hold one line: an id, and {_LEAST_BYTES} bytes or more as base64"
        raise NotUnderstood("FILE_UNUSABLE", text, "key")
    return SigningKey(key_id, secret)
