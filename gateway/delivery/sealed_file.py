"""A file that only its recipient can read: CMS enveloped data (RFC 5652), AES-256, for the holder of one certificate.

Any agency can open it: `openssl cms -decrypt -inform DER -in FILE -inkey KEY.pem -out PLAIN`.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

FILE_END = ".p7m"


def sealed_for(certificate: x509.Certificate, content: bytes) -> bytes:
    """`content` encrypted for the holder of `certificate`; other bytes each time."""
    builder = PKCS7EnvelopeBuilder().set_data(content).add_recipient(certificate)
    return builder.set_content_encryption_algorithm(AES256).encrypt(Encoding.DER, [PKCS7Options.Binary])
