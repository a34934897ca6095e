"""Logging in at an organization's OpenID provider: authorization code with PKCE, state and nonce; roles from a claim.

OpenID Connect Core 1.0, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer). Nobody is let in by a failure: whatever cannot
be had or does not fit ends the login. A person without a mapped role has none here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson

from gateway.clock import Clock, new_id
from gateway.console.office import Visitor
from gateway.errors import NotAllowed, NotNow
from gateway.security.signed_texts import read_signed, signed

BEGUN_MINUTES = 10
"""So long a login that was begun here may take at the provider."""
ALGORITHMS = ("RS256", "ES256", "PS256", "RS384", "ES384", "RS512")
_BEGUN = b"handoff console oidc 1"
_SKEW_SECONDS = 60
_SECONDS = 10.0
_MOST_BYTES = 256 * 1024
_MOST_KEYS = 32
_DISCOVERED_FOR = timedelta(minutes=15)
_LONGEST_LOGIN = 120
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LETTERS = re.compile(r"[^\w .,'’\-@]")

UseOnce = Callable[[str, datetime], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The provider as the operator set it up: `roles` gives, in order of preference, a value of the claim and the role
    that it means here. `answer_at` is this gateway's own address that the provider has registered.
    """

    issuer: str
    client_id: str
    secret: bytes = field(repr=False)
    claim: str
    roles: Sequence[tuple[str, str]]
    answer_at: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it has to bring back in a cookie."""

    location: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Doors:
    authorize: str
    token: str
    keys: str


class Provider:
    """One provider. Its doors are asked for anew every quarter of an hour."""

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        key: bytes,
        clock: Clock,
        transport: Callable[[], httpx.AsyncBaseTransport],
        use_once: UseOnce,
    ) -> None:
        self._settings = settings
        self._key = key
        self._clock = clock
        self._transport = transport
        self._use_once = use_once
        self._doors: tuple[_Doors, datetime] | None = None

    async def begin(self) -> Begun:
        """A new login. Raises NotNow `PROVIDER_SILENT`."""
        async with self._line() as line:
            doors = await self._found(line)
        state, nonce, verifier = new_id(), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        ends = int((self._clock.now() + timedelta(minutes=BEGUN_MINUTES)).timestamp())
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.answer_at,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        sign = "&" if urlsplit(doors.authorize).query else "?"
        kept = signed(self._key, _BEGUN, [state, nonce, verifier, ends])
        return Begun(f"{doors.authorize}{sign}{urlencode(asked)}", kept)

    async def finish(self, kept: str, answer: Mapping[str, str]) -> Visitor:
        """Who has logged in, by what the browser kept and what the provider sent back through it; each login once.

        Raises NotAllowed `LOGIN_NOT_BEGUN`, `PROVIDER_REFUSED`, `PROVIDER_ANSWER`, `ROLE_NOT_MAPPED`, NotNow
        `PROVIDER_SILENT`.
        """
        nonce, verifier = await self._begun(kept, answer)
        if "error" in answer or not answer.get("code"):
            raise NotAllowed("PROVIDER_REFUSED", "the provider did not log you in")
        if answer.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _unfit("`iss` names another provider")
        async with self._line() as line:
            doors = await self._found(line)
            token = await self._token(line, doors, answer["code"], verifier)
            claims = await self._proven(line, doors, token)
        self._check(claims, nonce)
        return Visitor(_name_in(claims), self._role(claims))

    # ------------------------------------------------------------------------------------------ steps

    async def _begun(self, kept: str, answer: Mapping[str, str]) -> tuple[str, str]:
        """Nonce and verifier of the login that this browser began."""
        found = read_signed(self._key, _BEGUN, kept)
        refused = NotAllowed("LOGIN_NOT_BEGUN", "this login was not begun here, or too long ago; begin again")
        if found is None:
            raise refused
        state, nonce, verifier, ends = (str(one) for one in found)
        until = datetime.fromtimestamp(int(ends), UTC)
        same = hmac.compare_digest(state.encode(), answer.get("state", "").encode())
        if not same or self._clock.now() >= until:
            raise refused
        if not await self._use_once(f"oidc-{state}", until):
            raise refused
        return nonce, verifier

    async def _found(self, line: httpx.AsyncClient) -> _Doors:
        now = self._clock.now()
        if self._doors is None or now - self._doors[1] >= _DISCOVERED_FOR:
            issuer = self._settings.issuer
            told = await _ask(line, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != issuer:
                raise NotNow("PROVIDER_SILENT", "the provider names another issuer than it is set up with")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            urls = [str(told.get(name, "")) for name in names]
            if not all(is_safe(url) for url in urls):
                raise NotNow("PROVIDER_SILENT", "the provider names an address that is not over https")
            self._doors = (_Doors(*urls), now)
        return self._doors[0]

    async def _token(self, line: httpx.AsyncClient, doors: _Doors, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.answer_at,
            "code_verifier": verifier,
        }
        # RFC 6749, section 2.3.1: id and secret are form-encoded before they are put together.
        user, password = (
            quote(one, safe="") for one in (self._settings.client_id, self._settings.secret.decode())
        )
        told = await _ask(line, "POST", doors.token, data=form, auth=(user, password))
        token = told.get("id_token")
        if not isinstance(token, str) or len(token) > _MOST_BYTES:
            raise _unfit("it has no `id_token`")
        return token

    async def _proven(self, line: httpx.AsyncClient, doors: _Doors, token: str) -> Mapping[str, Any]:
        """The claims of an ID token that a published key of the provider's signed."""
        from joserfc import jws, jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import import_key

        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError):
            raise _unfit("its `id_token` is no signed JWT") from None
        if header.get("alg") not in ALGORITHMS:
            raise _unfit("its `id_token` is signed in a way that is not taken")
        key_id = str(header.get("kid", ""))
        for one in await _published(line, doors.keys):
            if key_id and one.get("kid", key_id) != key_id:
                continue
            try:
                return jwt.decode(token, import_key(one), algorithms=[str(header["alg"])]).claims
            except (JoseError, ValueError, TypeError, KeyError):
                continue
        raise _unfit("no published key has signed its `id_token`")

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        """OpenID Connect Core 1.0, section 3.1.3.7."""
        now, client = self._clock.now().timestamp(), self._settings.client_id
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        expires, issued = _instant(claims.get("exp")), _instant(claims.get("iat"))
        if claims.get("iss") != self._settings.issuer:
            raise _unfit("its `iss` is another")
        if client not in audiences or (len(audiences) > 1 and claims.get("azp") != client):
            raise _unfit("its `id_token` is for somebody else")
        if expires <= now - _SKEW_SECONDS or issued > now + _SKEW_SECONDS:
            raise _unfit("its `id_token` is too old or too new")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _unfit("its `nonce` is another")

    def _role(self, claims: Mapping[str, Any]) -> str:
        """The first role of the setting that the claim has. Raises NotAllowed `ROLE_NOT_MAPPED`."""
        told = claims.get(self._settings.claim)
        if told is None:
            told = claims
            for part in self._settings.claim.split("."):
                told = told.get(part) if isinstance(told, Mapping) else None
        has = {one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)}
        for value, role in self._settings.roles:
            if value in has:
                return role
        raise NotAllowed("ROLE_NOT_MAPPED", "the provider knows you, and no role of yours opens these pages")

    def _line(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport(), timeout=_SECONDS, follow_redirects=False)


def is_safe(url: str) -> bool:
    """Whether an address is over https, or on this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    except ValueError:
        return False


async def _ask(line: httpx.AsyncClient, method: str, url: str, **more: Any) -> Mapping[str, Any]:
    """The JSON object that is answered. Raises NotNow `PROVIDER_SILENT`, NotAllowed `PROVIDER_ANSWER`."""
    found = b""
    try:
        async with asyncio.timeout(_SECONDS), line.stream(method, url, **more) as answer:
            async for part in answer.aiter_bytes():
                found += part
                if len(found) > _MOST_BYTES:
                    raise _unfit("it is too long")
            status = answer.status_code
        told = orjson.loads(found)
    except (httpx.HTTPError, OSError, TimeoutError):
        raise NotNow("PROVIDER_SILENT", "the provider cannot be reached; try again") from None
    except ValueError:
        raise _unfit("it is no JSON") from None
    if status != httpx.codes.OK or not isinstance(told, dict):
        raise _unfit(f"it is answered with status {status}")
    return told


async def _published(line: httpx.AsyncClient, url: str) -> Sequence[dict[str, Any]]:
    """The public keys at an address; asked for at each login, so that one that was withdrawn is taken no more."""
    keys = (await _ask(line, "GET", url)).get("keys")
    found = keys if isinstance(keys, list) else []
    return [one for one in found[:_MOST_KEYS] if isinstance(one, dict) and one.get("kty") in ("RSA", "EC")]


def _name_in(claims: Mapping[str, Any]) -> str:
    """How pages and log name her: her name, and in brackets what the provider never gives to anybody else."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_LOGIN or not subject.isprintable():
        raise _unfit("it names nobody")
    told = claims.get("name") or claims.get("preferred_username") or claims.get("email") or "Somebody"
    shown = " ".join(_LETTERS.sub(" ", str(told)).split())[:60]
    return f"{shown} [{subject}]"


def _instant(value: object) -> float:
    """Seconds since 1970. Raises NotAllowed `PROVIDER_ANSWER`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unfit("its `id_token` has no times")
    return float(value)


def _unfit(why: str) -> NotAllowed:
    return NotAllowed("PROVIDER_ANSWER", f"the provider's answer cannot be used: {why}")
