"""Signing a request so that its receiver knows that it is ours, whole, and new (RFC 9421, RFC 9530; HMAC-SHA256).

What is signed: the method, the address, the hash of the body, its type and the idempotency key; with the moment, an
end, a number used once, and the id of the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from gateway.partners.signing_keys import SigningKey

LABEL = "handoff"
GOOD_FOR_SECONDS = 300
"""After so long a receiver takes the request no more; it need not remember its number longer."""


def signed_headers(
    key: SigningKey, url: str, content: bytes, media_type: str, idempotency_key: str, nonce: str, at: datetime
) -> dict[str, str]:
    """The header fields of a signed POST of `content` to `url`, signed at `at`."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    covered = (
        ("@method", "POST"),
        ("@target-uri", url),
        ("content-digest", f"sha-256=:{digest}:"),
        ("content-type", media_type),
        ("idempotency-key", idempotency_key),
    )
    created = int(at.timestamp())
    names = " ".join(f'"{name}"' for name, _ in covered)
    params = (
        f"({names});created={created};expires={created + GOOD_FOR_SECONDS}"
        f';nonce="{nonce}";alg="hmac-sha256";keyid="{key.id}"'
    )
    signature = sign(key.secret, signature_base(covered, params))
    return {
        "Content-Type": media_type,
        "Content-Digest": f"sha-256=:{digest}:",
        "Idempotency-Key": idempotency_key,
        "Signature-Input": f"{LABEL}={params}",
        "Signature": f"{LABEL}=:{signature}:",
    }


def signature_base(covered: Sequence[tuple[str, str]], params: str) -> str:
    """What is signed (RFC 9421, 2.5): a line for each component, and last the parameters."""
    return "\n".join((*(f'"{name}": {value}' for name, value in covered), f'"@signature-params": {params}'))


def sign(secret: bytes, base: str) -> str:
    """HMAC-SHA256 of a signature base, as base64 (RFC 9421, 3.3.3)."""
    return base64.b64encode(hmac.digest(secret, base.encode("ascii"), "sha256")).decode()
