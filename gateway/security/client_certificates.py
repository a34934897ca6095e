"""The certificate that a client showed to the proxy which ends its TLS, and tokens bound to it. RFC 8705 section 3.

The gateway speaks plain HTTP, so it takes the word of a proxy that it is told of, and of nobody else: the header
`Client-Cert` (RFC 9440) counts only where the connection itself comes from an address of `HANDOFF_TLS_PROXIES`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
from collections.abc import Collection, Sequence
from urllib.parse import unquote

HEADER = "client-cert"
_LONGEST = 16_384


def certificate_shown(peer: str, headers: Sequence[str], proxies: Collection[str]) -> str:
    """SHA-256 of the certificate, 64 small hex digits; empty where none was shown, or nobody may say so.

    `peer`: the address that the connection comes from; `headers`: every value of `Client-Cert`, as RFC 9440 writes it
    (`:base64:`) or as nginx does (PEM with percent signs). Of two values none counts.
    """
    if peer not in proxies or len(headers) != 1 or len(headers[0]) > _LONGEST:
        return ""
    value = headers[0].strip()
    try:
        if value.startswith(":") and value.endswith(":") and len(value) > 2:
            return hashlib.sha256(base64.b64decode(value[1:-1], validate=True)).hexdigest()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(unquote(value))).hexdigest()
    except (binascii.Error, ValueError):
        return ""


def confirmation(certificate: str) -> dict[str, str]:
    """The `cnf` of a token that is bound to a certificate. RFC 8705 section 3.1."""
    return {"x5t#S256": base64.urlsafe_b64encode(bytes.fromhex(certificate)).rstrip(b"=").decode()}


def confirmed(cnf: object) -> str:
    """The certificate that a `cnf` names, as `certificate_shown` gives it; empty without one."""
    said = cnf.get("x5t#S256", "") if isinstance(cnf, dict) else ""
    return base64.urlsafe_b64decode(str(said) + "=" * (-len(str(said)) % 4)).hex()
