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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.clock import new_id
from gateway.console.office import Visitor
from gateway.errors import NotAllowed

LINK_MINUTES = 10
IDLE_MINUTES = 30
LONGEST_HOURS = 8
ROLES = ("compliance_officer", "auditor")

_LINK, _SESSION, _FORM = (
    b"handoff console link 2\n",
    b"handoff console session 2\n",
    b"handoff console form\n",
)
_LONGEST_LINK = 1024


@dataclass(frozen=True, slots=True)
class LoginLink:
    """A link that was checked: who comes, under which id it counts once, and until when."""

    visitor: Visitor
    link_id: str
    expires_at: datetime

    @property
    def made_at(self) -> datetime:
        """When it was made, to the second."""
        return self.expires_at - timedelta(minutes=LINK_MINUTES)


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


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in. `id` names the session where it is ended."""

    visitor: Visitor
    id: str
    began: datetime
    last_seen: datetime

    @property
    def ends_at(self) -> datetime:
        """When it ends whatever happens."""
        return self.began + timedelta(hours=LONGEST_HOURS)


class Sessions:
    """Who is logged in, as the cookie says under a signature of ours: every process of the gateway can read it. What was
    ended stands in the store.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def begin(self, visitor: Visitor, now: datetime) -> Session:
        """A new session."""
        return Session(visitor, new_id(), now, now)

    def cookie(self, session: Session) -> str:
        """The session as its cookie says it."""
        times = [int(session.began.timestamp()), int(session.last_seen.timestamp())]
        facts = json.dumps([session.visitor.name, session.visitor.role, session.id, *times]).encode()
        return f"{_text(facts)}.{_text(_signature(self._key, facts, _SESSION))}"

    def read(self, cookie: str | None, now: datetime) -> Session | None:
        """The session of a cookie, unless it is not ours, idle over 30 minutes or older than 8 hours."""
        facts_text, _, signature_text = (cookie or "").partition(".")
        try:
            facts, signature = _bytes(facts_text), _bytes(signature_text)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(signature, _signature(self._key, facts, _SESSION)):
            return None
        name, role, session_id, began, seen = json.loads(facts)
        times = (datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(seen, UTC))
        session = Session(Visitor(name, role), session_id, *times)
        is_idle = now - session.last_seen > timedelta(minutes=IDLE_MINUTES)
        return None if is_idle or now > session.ends_at else session

    def form_token(self, session: Session | None) -> str:
        """What every form of this session carries, so that no other site can send one; empty without a session."""
        return _text(_signature(self._key, session.id.encode(), _FORM)) if session is not None else ""


def _signature(key: bytes, facts: bytes, use: bytes = _LINK) -> bytes:
    return hmac.new(key, use + facts, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _invalid() -> NotAllowed:
    return NotAllowed("LINK_INVALID", "the link is not one of this gateway")
