"""Access tokens: made for a checked client, checked at every call. SMART App Launch, Backend Services.

A client that has proved itself (`client_proof`) gets a token that the gateway signs itself (ES384), good for
at most 300 seconds and bound to the partner, the client, one purpose of use and the scopes granted.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.clock import new_id
from gateway.errors import NotAllowed, NotUnderstood
from gateway.security.callers import Caller
from gateway.security.client_certificates import confirmation, confirmed

ACCESS_TOKEN_SECONDS = 300
TOKEN_ISSUER = "urn:warm-handoff:gateway"  # noqa: S105  a name, not a secret

_OWN_ALGORITHMS = ["ES384"]
_MOST_TOKENS_REMEMBERED = 4096
_LONGEST_TOKEN = 8192


class RegisteredClient(NamedTuple):
    """A client as `network.yaml` registers it: whose it is, its public keys by value or where it publishes them, its
    scopes and the purposes of use it may name."""

    partner: str
    jwks: Mapping[str, object]
    scopes: frozenset[str]
    purposes: frozenset[str]
    jwks_url: str = ""
    certificates: frozenset[str] = frozenset()
    """Those that it shows at TLS, one of them at each request (SHA-256, hex); none: it need not."""


ClientById = Callable[[str], RegisteredClient | None]


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The gateway's own ES384 key. `key_id` is its RFC 7638 thumbprint."""

    key_id: str
    private: ECKey


def new_token_key() -> bytes:
    """A fresh P-384 private key, as PEM."""
    return ECKey.generate_key("P-384").as_pem(private=True)


def read_token_key(pem: bytes) -> TokenKey:
    """The token key that `pem` holds.

    Raises NotUnderstood `TOKEN_KEY_UNFIT` when it is no P-384 private key.
    """
    try:
        key = ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        raise NotUnderstood("TOKEN_KEY_UNFIT", "the token key must be a P-384 private key in PEM") from None
    if key.curve_name != "P-384" or not key.is_private:
        raise NotUnderstood("TOKEN_KEY_UNFIT", "the token key must be a P-384 private key in PEM")
    return TokenKey(key.thumbprint(), key)


def issue_token(
    partner: str,
    client_id: str,
    purpose: str,
    scopes: Iterable[str],
    key: TokenKey,
    now: datetime,
    certificate: str = "",
    key_id: str = "",
) -> str:
    """A bearer token good for `ACCESS_TOKEN_SECONDS` from `now`, with `certificate` for who shows that one alone.
    `key_id`: the key by which the client was proven, for the audit log.
    """
    at = _seconds(now)
    claims: dict[str, object] = {
        "iss": TOKEN_ISSUER,
        "aud": TOKEN_ISSUER,
        "sub": client_id,
        "iat": at,
        "exp": at + ACCESS_TOKEN_SECONDS,
        "jti": new_id(),
        "partner": partner,
        "purpose": purpose,
        "scope": " ".join(sorted(scopes)),
    }
    if certificate:
        claims["cnf"] = confirmation(certificate)
    if key_id:
        claims["proven_by"] = key_id
    return jwt.encode(
        {"alg": "ES384", "kid": key.key_id, "typ": "at+jwt"}, claims, key.private, algorithms=_OWN_ALGORITHMS
    )


class TokenChecker:
    """Turns an `Authorization` header into a `Caller`.

    A token once verified is remembered by its SHA-256 until it expires (an ES384 check costs a millisecond),
    together with the configuration version it was verified under. Whether the client is still registered, and
    for the same partner, is asked every time: taking a client out of the network ends its tokens at once.
    """

    def __init__(
        self, keys: tuple[TokenKey, ...], client_by_id: ClientById, configuration: Callable[[], str]
    ) -> None:
        self._keys = {key.key_id: key.private for key in keys}
        self._client_by_id = client_by_id
        self._configuration = configuration
        self._known: OrderedDict[tuple[str, bytes], tuple[Caller, int]] = OrderedDict()

    def check(self, authorization_header: str | None, now: datetime) -> Caller:
        """The caller whose token stands in the header.

        Raises NotAllowed: `TOKEN_MISSING`, `TOKEN_UNREADABLE`, `TOKEN_EXPIRED`, `CLIENT_UNKNOWN`, `TOKEN_UNBOUND`.
        Whether the certificate is shown that the token is bound to is asked where the connection is known.
        """
        token = _bearer(authorization_header)
        known_as = (self._configuration(), hashlib.sha256(token.encode()).digest())
        found = self._known.get(known_as)
        if found is None:
            found = self._verify(token)
        caller, expires = found
        if expires <= _seconds(now):
            self._known.pop(known_as, None)
            raise NotAllowed("TOKEN_EXPIRED", "the token has expired")
        client = self._client_by_id(caller.client_id)
        if client is None or client.partner != caller.partner:
            raise NotAllowed("CLIENT_UNKNOWN", "the client is not registered")
        if client.certificates and caller.certificate not in client.certificates:
            raise NotAllowed(
                "TOKEN_UNBOUND", "the token is bound to no certificate of this client; get a new one"
            )
        self._remember(known_as, found)
        return caller

    def look_at(self, token: str, now: datetime) -> tuple[Caller, int] | None:
        """Whose token it is and when it ends, in seconds since 1970; None unless it would open the door now."""
        try:
            caller = self.check(f"Bearer {token}", now)
            return caller, self._verify(token)[1]
        except NotAllowed:
            return None

    def _remember(self, known_as: tuple[str, bytes], found: tuple[Caller, int]) -> None:
        self._known[known_as] = found
        if len(self._known) > _MOST_TOKENS_REMEMBERED:
            self._known.popitem(last=False)

    def _verify(self, token: str) -> tuple[Caller, int]:
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = self._keys.get(str(header.get("kid")))
            if key is None or header.get("typ") != "at+jwt":
                raise _unreadable()
            claims = jwt.decode(token, key, algorithms=_OWN_ALGORITHMS).claims
        except (JoseError, ValueError):
            raise _unreadable() from None
        if claims.get("iss") != TOKEN_ISSUER or claims.get("aud") != TOKEN_ISSUER:
            raise _unreadable()
        caller = Caller(
            partner=str(claims["partner"]),
            client_id=str(claims["sub"]),
            purpose=str(claims["purpose"]),
            scopes=frozenset(str(claims["scope"]).split()),
            token_id=str(claims["jti"]),
            certificate=confirmed(claims.get("cnf")),
            key_id=str(claims.get("proven_by", "")),
        )
        return caller, int(claims["exp"])


def _bearer(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotAllowed("TOKEN_MISSING", "a bearer token is needed")
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise _unreadable()
    return token


def _unreadable() -> NotAllowed:
    return NotAllowed("TOKEN_UNREADABLE", "the token is not one of this gateway")


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
