"""Logging in by a link that the command line prints: signed, good for ten minutes, good once.

No password exists. The link names a person and a role; opening it shows a button (so that a mail scanner that
follows links does not use it up), and the button makes the session.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.clock import new_id
from gateway.console.office import Visitor
from gateway.errors import NotAllowed

LINK_MINUTES = 10
IDLE_MINUTES = 30
LONGEST_HOURS = 8
ROLES = ("compliance_officer", "auditor")

_MOST_SESSIONS = 1000
_LONGEST_LINK = 1024


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A link that was checked: who comes, under which id it counts once, and until when."""

    visitor: Visitor
    link_id: str
    expires_at: datetime


def make_link(key: bytes, name: str, role: str, now: datetime) -> str:
    """The secret part of a login link for `name`, to be put after `/console/login?link=`.

    Raises NotAllowed `ROLE_UNKNOWN`.
    """
    if role not in ROLES:
        raise NotAllowed("ROLE_UNKNOWN", f"the role must be one of {', '.join(ROLES)}")
    expires = int((now + timedelta(minutes=LINK_MINUTES)).timestamp())
    facts = json.dumps([name, role, expires, new_id()], separators=(",", ":")).encode()
    return f"{_text(facts)}.{_text(_signature(key, facts))}"


def read_link(key: bytes, link: str, now: datetime) -> LoginLink:
    """What a login link says, when it is ours and still good; whether it was used is not asked here.

    Raises NotAllowed `LINK_INVALID`, `LINK_EXPIRED`.
    """
    if len(link) > _LONGEST_LINK or not link.isascii():
        raise _invalid()
    facts_text, _, signature_text = link.partition(".")
    try:
        facts, signature = _bytes(facts_text), _bytes(signature_text)
    except (ValueError, binascii.Error):
        raise _invalid() from None
    if not hmac.compare_digest(signature, _signature(key, facts)):
        raise _invalid()
    name, role, expires, link_id = json.loads(facts)
    expires_at = datetime.fromtimestamp(expires, UTC)
    if expires_at <= now:
        raise NotAllowed("LINK_EXPIRED", "the link has expired")
    return LoginLink(Visitor(name, role), link_id, expires_at)


@dataclass(slots=True)
class _Session:
    visitor: Visitor
    began: datetime
    last_seen: datetime
    form_token: str


class Sessions:
    """Who is logged in. Kept in memory under the hash of the cookie: a restart logs everybody out."""

    def __init__(self) -> None:
        self._open: dict[bytes, _Session] = {}

    def begin(self, visitor: Visitor, now: datetime) -> str:
        """A new session; the secret for the cookie."""
        if len(self._open) >= _MOST_SESSIONS:
            self._open.pop(next(iter(self._open)))
        secret = secrets.token_urlsafe(32)
        self._open[_hash(secret)] = _Session(visitor, now, now, secrets.token_urlsafe(24))
        return secret

    def visitor(self, secret: str | None, now: datetime) -> Visitor | None:
        """Who the cookie stands for, unless it is unknown, idle over 30 minutes or older than 8 hours."""
        session = self._open.get(_hash(secret)) if secret else None
        if session is None or secret is None:
            return None
        idle = now - session.last_seen > timedelta(minutes=IDLE_MINUTES)
        if idle or now - session.began > timedelta(hours=LONGEST_HOURS):
            self.end(secret)
            return None
        session.last_seen = now
        return session.visitor

    def form_token(self, secret: str | None) -> str:
        """What every form of this session carries, so that no other site can send one; empty without a session."""
        session = self._open.get(_hash(secret)) if secret else None
        return session.form_token if session is not None else ""

    def end(self, secret: str) -> None:
        """Log out."""
        self._open.pop(_hash(secret), None)


def _signature(key: bytes, facts: bytes) -> bytes:
    return hmac.new(key, b"handoff console link\n" + facts, hashlib.sha256).digest()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _invalid() -> NotAllowed:
    return NotAllowed("LINK_INVALID", "the link is not one of this gateway")
