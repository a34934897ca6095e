"""Certificates for a test: authorities, and what they issue; each a PEM file with its key behind it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Paper:
    """One certificate with its key, as a file that its owner alone may read."""

    file: Path
    certificate: x509.Certificate
    key: Key = field(repr=False)

    @property
    def sha256(self) -> str:
        """Its fingerprint, 64 small hex digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def authority(folder: Path, name: str = "authority") -> Paper:
    """Somebody who issues certificates."""
    return _made(folder, name, None, (-DAY, DAY), ec.generate_private_key(ec.SECP256R1()))


def issued(
    folder: Path,
    name: str,
    by: Paper,
    days: tuple[timedelta, timedelta] = (-DAY, DAY),
    *,
    key: Key | None = None,
) -> Paper:
    """A certificate of `by` for 127.0.0.1, good for `days` counted from now."""
    return _made(folder, name, by, days, key or ec.generate_private_key(ec.SECP256R1()))


def _made(folder: Path, name: str, by: Paper | None, days: tuple[timedelta, timedelta], key: Key) -> Paper:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0])
        .not_valid_after(now + days[1])
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by is not None:
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(address, critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return Paper(file, certificate, key)
