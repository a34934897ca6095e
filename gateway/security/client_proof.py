"""How a client proves who it is at the token door: `private_key_jwt`, RFC 7523, SMART Backend Services.

The statement is signed with RS384 or ES384 by a key registered by value; it lives at most 5 minutes, names
this gateway as audience, is used once, and carries one purpose of use as
`extensions.ihe_iua.purpose_of_use` (IHE IUA, JWT option). No ordinary client library writes that: a client that is
registered for one purpose alone may leave it out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.errors import NotAllowed
from gateway.security.client_keys import KeysAt
from gateway.security.scopes import read_scopes
from gateway.security.tokens import ClientById, RegisteredClient

ASSERTION_SECONDS = 300
SKEW_SECONDS = 60
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PURPOSE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CLIENT_ALGORITHMS = ("RS384", "ES384")

_PURPOSE = re.compile(r"[A-Z][A-Z0-9-]{1,19}")
_ERA = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_STATEMENT = 8192
_LONGEST_ID = 255
_LEAST_RSA_BITS = 2048

UseOnce = Callable[[str, str, datetime], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class ProvenClient:
    """A client whose statement held: whose it is, for which purpose it asks, which scopes it gets."""

    client_id: str
    partner: str
    purpose: str
    scopes: frozenset[str]
    certificates: frozenset[str] = frozenset()
    """Of which it has to show one (`RegisteredClient`)."""
    key_id: str = ""
    """The `kid` of the key that signed its statement."""


async def prove_client(
    form: Mapping[str, str],
    *,
    audiences: frozenset[str],
    client_by_id: ClientById,
    use_once: UseOnce,
    now: datetime,
    keys_at: KeysAt | None = None,
) -> ProvenClient:
    """The client behind a token request's `client_assertion`, with the scopes that are granted.

    `keys_at` gives the keys of a client that publishes them itself.

    `use_once(issuer, jti, expires_at)` answers whether this `jti` is new, and has kept it durably when it is.
    Raises NotAllowed `CLIENT_NOT_PROVEN`, `PURPOSE_MISSING`, `PURPOSE_NOT_REGISTERED`,
    `SCOPE_NOT_GRANTED`; the message says what was wrong with the statement, never whether a client id exists.
    """
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise _not_proven(
            f"`client_assertion_type` must be `{ASSERTION_TYPE}`: a statement that you sign proves you, and no secret"
        )
    assertion = form.get("client_assertion", "")
    client_id, client = _claimed_client(assertion, client_by_id)
    claims = _verified_claims(assertion, await _with_keys(assertion, client, keys_at))
    expires = _check_claims(claims, client_id, audiences, int(now.timestamp()))
    if form.get("client_id", client_id) != client_id:
        raise _not_proven("`client_id` is not the client of the statement")
    purpose = _purpose(claims, client.purposes)
    if purpose not in client.purposes:
        raise NotAllowed("PURPOSE_NOT_REGISTERED", "this purpose of use is not registered for this client")
    granted = read_scopes(form.get("scope", "")).within(read_scopes(" ".join(client.scopes)))
    if not granted.texts():
        raise NotAllowed("SCOPE_NOT_GRANTED", "none of the scopes asked for is registered for this client")
    forget_at = _ERA + timedelta(seconds=expires + 2 * SKEW_SECONDS)
    if not await use_once(client_id, str(claims["jti"]), forget_at):
        raise _not_proven("the statement was used before")
    key_id = str(jws.extract_compact(assertion.encode()).headers().get("kid"))
    return ProvenClient(client_id, client.partner, purpose, granted.texts(), client.certificates, key_id)


async def prove_hook_caller(
    statement: str,
    *,
    audience: str,
    client_by_id: ClientById,
    use_once: UseOnce,
    now: datetime,
    keys_at: KeysAt | None = None,
) -> tuple[str, RegisteredClient]:
    """The client id and client behind the statement with which a CDS Hooks client calls `audience`.

    As at the token door, but for `sub`, which CDS Hooks 2.0 does not know. Raises NotAllowed `CLIENT_NOT_PROVEN`.
    """
    client_id, client = _claimed_client(statement, client_by_id)
    claims = _verified_claims(statement, await _with_keys(statement, client, keys_at))
    stated = {**claims, "sub": claims.get("sub", client_id)}
    expires = _check_claims(stated, client_id, frozenset({audience}), int(now.timestamp()))
    forget_at = _ERA + timedelta(seconds=expires + 2 * SKEW_SECONDS)
    if not await use_once(client_id, str(claims["jti"]), forget_at):
        raise _not_proven("the statement was used before")
    return client_id, client


def _claimed_client(assertion: str, client_by_id: ClientById) -> tuple[str, RegisteredClient]:
    """The client the statement claims to be of; nothing of it is believed before the signature has held."""
    if not assertion or len(assertion) > _LONGEST_STATEMENT:
        raise _not_proven("`client_assertion` is missing or too long")
    try:
        unproven = json.loads(jws.extract_compact(assertion.encode()).payload)
        issuer = unproven["iss"]
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise _not_proven("`client_assertion` is no signed JWT with `iss`") from None
    client = client_by_id(issuer) if isinstance(issuer, str) else None
    if client is None:
        raise _signature()
    return issuer, client


async def _with_keys(assertion: str, client: RegisteredClient, keys_at: KeysAt | None) -> RegisteredClient:
    """The client with its keys, where it publishes them; the statement says by which of them it is signed."""
    if not client.jwks_url or keys_at is None:
        return client
    key_id = jws.extract_compact(assertion.encode()).headers().get("kid")
    return client._replace(jwks=await keys_at(client.jwks_url, str(key_id)))


def _verified_claims(assertion: str, client: RegisteredClient) -> Mapping[str, object]:
    header = jws.extract_compact(assertion.encode()).headers()
    algorithm = header.get("alg")
    if algorithm not in CLIENT_ALGORITHMS:
        raise _not_proven("`alg` must be `RS384` or `ES384`")
    if "jku" in header and header["jku"] != client.jwks_url:
        raise _signature()
    key = _key_of(client.jwks, header.get("kid"), str(algorithm))
    if key is None:
        raise _signature()
    try:
        return jwt.decode(assertion, key, algorithms=[str(algorithm)]).claims
    except (JoseError, ValueError):
        raise _signature() from None


def _key_of(jwks: Mapping[str, object], key_id: object, algorithm: str) -> RSAKey | ECKey | None:
    """The one registered key of that id that fits the algorithm: RSA of 2048 bits or more, or P-384."""
    try:
        keys = KeySet.import_key_set(dict(jwks)).keys  # type: ignore[arg-type]  # checked by the library
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    found: list[RSAKey | ECKey] = []
    for key in keys:
        if key.kid != key_id or key_id is None:
            continue
        if algorithm == "RS384" and isinstance(key, RSAKey) and key.public_key.key_size >= _LEAST_RSA_BITS:
            found.append(key)
        if algorithm == "ES384" and isinstance(key, ECKey) and key.curve_name == "P-384":
            found.append(key)
    return found[0] if len(found) == 1 else None  # of two with one id nobody can say which is meant


def _check_claims(claims: Mapping[str, object], client_id: str, audiences: frozenset[str], now: int) -> int:
    """When the statement expires, in seconds since 1970."""
    if claims.get("sub") != client_id:
        raise _not_proven("`sub` must equal `iss`")
    named = claims.get("aud")
    named = named if isinstance(named, list) else [named]
    if not any(isinstance(audience, str) and audience in audiences for audience in named):
        raise _not_proven("`aud` must be the token endpoint of this gateway")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        raise _not_proven("`jti` is missing or too long")
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    begins = _instant(claims, "nbf")
    if expires is None or expires <= now - SKEW_SECONDS:
        raise _not_proven("`exp` is missing or past")
    if max(issued or now, begins or now) > now + SKEW_SECONDS:
        raise _not_proven("the statement lies in the future")
    longest = issued + ASSERTION_SECONDS if issued is not None else now + ASSERTION_SECONDS
    if expires > min(longest, now + ASSERTION_SECONDS + SKEW_SECONDS):
        raise _not_proven("`exp` must be at most 5 minutes ahead")
    return expires


def _instant(claims: Mapping[str, object], name: str) -> int | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise _not_proven(f"`{name}` is no number of seconds")
    return int(value)


def _purpose(claims: Mapping[str, object], registered: frozenset[str]) -> str:
    """The purpose that the statement names; where it says nothing of one, the only one that is registered."""
    extensions = claims.get("extensions", {})
    if isinstance(extensions, Mapping) and "ihe_iua" not in extensions and len(registered) == 1:
        return next(iter(registered))
    found: object = claims
    for step in ("extensions", "ihe_iua", "purpose_of_use"):
        found = found.get(step) if isinstance(found, Mapping) else None
    first = found[0] if isinstance(found, list) and len(found) == 1 else None
    code = first.get("code") if isinstance(first, Mapping) and first.get("system") == PURPOSE_SYSTEM else None
    if not isinstance(code, str) or _PURPOSE.fullmatch(code) is None:
        raise NotAllowed(
            "PURPOSE_MISSING",
            "the statement must carry exactly one v3-ActReason code in `extensions.ihe_iua.purpose_of_use`; only a "
            "client that is registered for one purpose alone may leave it out",
            "extensions.ihe_iua.purpose_of_use",
        )
    return code


def _signature() -> NotAllowed:
    """One wording for an unknown client, an unknown key and a wrong signature."""
    return _not_proven("the signature does not hold")


def _not_proven(message: str) -> NotAllowed:
    return NotAllowed("CLIENT_NOT_PROVEN", message)
