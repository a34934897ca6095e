"""A device with a passkey, in software: what a browser would send for it (W3C Web Authentication, no attestation)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One key; `count` goes up by one at each use unless it is set back. `flags`: who was there."""

    origin: str
    host: str = "localhost"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    id: bytes = b"device-one-0123456"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, page: str) -> dict[str, str]:
        """The form that a page's script sends for a new passkey."""
        options, challenge = offered(page)
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        about = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(key)
        authenticator = self._authenticator(NEW) + about
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator})
        said = {"clientDataJSON": self._client("webauthn.create", options), "attestationObject": attestation}
        return self._form(challenge, said)

    def show(self, page: str) -> dict[str, str]:
        """The form that a page's script sends for a passkey that is shown."""
        options, challenge = offered(page)
        self.count += 1
        authenticator, client = self._authenticator(0), self._client("webauthn.get", options)
        signature = self.key.sign(authenticator + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"authenticatorData": authenticator, "clientDataJSON": client, "signature": signature}
        return self._form(challenge, said)

    def _authenticator(self, more: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _form(self, challenge: str, said: dict[str, bytes]) -> dict[str, str]:
        response = {name: text(content) for name, content in said.items()}
        answer = {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        return {"challenge": challenge, "passkey": json.dumps({**answer, "clientExtensionResults": {}})}


def offered(page: str) -> tuple[dict[str, Any], str]:
    """The options of a page, and its challenge as it comes back."""
    options = re.search(r'data-options="([^"]*)"', page)
    challenge = re.search(r'name="challenge" value="([^"]*)"', page)
    assert options is not None and challenge is not None, "no passkey is offered"
    return json.loads(unescape(options[1])), challenge[1]


def text(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
