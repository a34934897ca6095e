"""Ids that the gateway gives to what partners submit: the same submission, the same id; nobody can guess one."""

from __future__ import annotations

import hashlib
import hmac


def own_id(id_key: bytes, *parts: str) -> str:
    """A UUID version 8 (RFC 9562) from HMAC-SHA256 of the parts, with the deployment's id key."""
    digest = hmac.new(id_key, "|".join(parts).encode(), hashlib.sha256).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-9{digest[17:20]}-{digest[20:32]}"
