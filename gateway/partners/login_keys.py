"""Our private keys toward partners' token endpoints: with one of them we sign who we are (SMART Backend Services)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.errors import NotUnderstood
from gateway.partners.deliveries import FhirDelivery, SmartLogin
from gateway.partners.network import Network
from gateway.settings import SettingsRefused, read_secret

_LEAST_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class LoginKey:
    """A private key, the id by which the partner knows its public half, and how it signs: `ES384` or `RS384`."""

    id: str
    algorithm: str
    private: ECKey | RSAKey = field(repr=False)

    def public(self) -> dict[str, str]:
        """The public half as a JWK, as the partner registers it; texts alone."""
        return {
            **{name: str(value) for name, value in self.private.as_dict(private=False).items()},
            "kid": self.id,
            "alg": self.algorithm,
            "use": "sig",
        }


def read_login_key(folder: Path, login: SmartLogin) -> LoginKey:
    """The key in the file that `login` names: PEM, not encrypted, EC P-384 or RSA of 2048 bits or more; its id is
    `kid`, or else its thumbprint (RFC 7638). Raises NotUnderstood `FILE_UNUSABLE`.
    """
    try:
        content = read_secret(folder / login.key)
    except SettingsRefused as refused:
        raise NotUnderstood("FILE_UNUSABLE", str(refused), "key") from None
    try:
        found = load_pem_private_key(content, password=None)
        if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP384R1):
            return _login_key(login, "ES384", ECKey.import_key(content))
        if isinstance(found, rsa.RSAPrivateKey) and found.key_size >= _LEAST_RSA_BITS:
            return _login_key(login, "RS384", RSAKey.import_key(content))
    except (ValueError, TypeError, UnsupportedAlgorithm, JoseError):
        pass
    wanted = f"EC P-384, or RSA of {_LEAST_RSA_BITS} bits or more"
    text = f"`{login.key}` must hold one private key, PEM and not encrypted: {wanted}"
    raise NotUnderstood("FILE_UNUSABLE", text, "key")


def published_keys(folder: Path, network: Network) -> tuple[Mapping[str, str], ...]:
    """The public halves of all keys by which partners' FHIR servers know us, each once, as JWKs; a file that cannot be
    used is left out, as `handoff check` says so. Who registers us by an address (`jwks_url`) finds them there.
    """
    found: dict[str, Mapping[str, str]] = {}
    for partner in network.partners.values():
        delivery = partner.delivery
        if isinstance(delivery, FhirDelivery) and delivery.smart is not None:
            with suppress(NotUnderstood, SettingsRefused):
                content = hashlib.sha256(read_secret(folder / delivery.smart.key)).digest()
                key = _public(folder, delivery.smart, content)
                found[key["kid"]] = key
    return tuple(found.values())


@lru_cache(maxsize=256)
def _public(folder: Path, login: SmartLogin, _content: bytes) -> Mapping[str, str]:
    """The public half of the key in a file with content of that hash: anybody may ask for it, and to read and check a
    private RSA key takes a tenth of a second or more.
    """
    return read_login_key(folder, login).public()


def _login_key(login: SmartLogin, algorithm: str, private: ECKey | RSAKey) -> LoginKey:
    return LoginKey(login.kid or private.thumbprint(), algorithm, private)
