"""Logging in to an agency's page: a link that is sent to the worker, and a code that is told to her, by another way.

The link alone opens nothing: whoever reads her mail has no code. Both are good for a day and once; five wrong codes end
them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.clock import new_id
from gateway.errors import NotAllowed
from gateway.flows.agency_desk import Worker
from gateway.security.signed_texts import digits, read_signed, signed, token

LINK_HOURS = 24
IDLE_MINUTES = 30
LONGEST_HOURS = 8
MOST_TRIES = 5
CODE_DIGITS = 8

_LINK, _CODE, _SESSION, _FORM = (
    b"agency desk link",
    b"agency desk code",
    b"agency desk session",
    b"agency desk form",
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was checked: for whom, under which id it counts once, and until when."""

    worker: Worker
    id: str
    expires_at: datetime

    @property
    def made_at(self) -> datetime:
        """When the link was made."""
        return self.expires_at - timedelta(hours=LINK_HOURS)

    def tries(self) -> tuple[str, ...]:
        """The ids under which the tries of a code count."""
        return tuple(f"try{number}-{self.id}" for number in range(1, MOST_TRIES + 1))


def make_link(key: bytes, partner: str, name: str, now: datetime) -> tuple[str, str]:
    """The secret part of a link for `name` of `partner`, and the code that goes with it.

    Raises NotAllowed `NAME_MISSING`.
    """
    said = " ".join(name.split())
    if not said:
        raise NotAllowed("NAME_MISSING", "say who will log in; the audit log names her")
    link_id, expires = new_id(), int((now + timedelta(hours=LINK_HOURS)).timestamp())
    return signed(key, _LINK, [partner, said, link_id, expires]), digits(key, _CODE, link_id, CODE_DIGITS)


def read_link(key: bytes, link: str, now: datetime) -> Invitation:
    """What a link says, when it is ours and still good; whether it was used is not asked here.

    Raises NotAllowed `LINK_INVALID`, `LINK_EXPIRED`.
    """
    found = read_signed(key, _LINK, link)
    if found is None:
        raise NotAllowed("LINK_INVALID", "the link is not one of this gateway")
    partner, name, link_id, expires = found
    expires_at = datetime.fromtimestamp(int(expires), UTC)
    if expires_at <= now:
        raise NotAllowed("LINK_EXPIRED", "the link has expired")
    return Invitation(Worker(str(partner), str(name)), str(link_id), expires_at)


def is_code(key: bytes, invitation: Invitation, code: str) -> bool:
    """Whether that is the code of the link; blanks do not count."""
    said = "".join(code.split()).replace("-", "")
    return hmac.compare_digest(said.encode(), digits(key, _CODE, invitation.id, CODE_DIGITS).encode())


@dataclass(frozen=True, slots=True)
class Session:
    """A worker who is logged in. `id` names the session where it is ended."""

    worker: Worker
    id: str
    began: datetime
    last_seen: datetime

    @property
    def ends_at(self) -> datetime:
        """When it ends whatever happens."""
        return self.began + timedelta(hours=LONGEST_HOURS)


def cookie_of(key: bytes, session: Session) -> str:
    """The session as its cookie says it, under a signature of ours: every process of the gateway can read it."""
    times = (int(session.began.timestamp()), int(session.last_seen.timestamp()))
    return signed(key, _SESSION, [session.worker.partner, session.worker.name, session.id, *times])


def session_of(key: bytes, cookie: str | None, now: datetime) -> Session | None:
    """The session of a cookie, unless it is not ours, idle over 30 minutes or older than 8 hours."""
    found = read_signed(key, _SESSION, cookie or "")
    if found is None:
        return None
    partner, name, session_id, began, seen = found
    times = (datetime.fromtimestamp(int(began), UTC), datetime.fromtimestamp(int(seen), UTC))
    session = Session(Worker(str(partner), str(name)), str(session_id), *times)
    is_idle = now - session.last_seen > timedelta(minutes=IDLE_MINUTES)
    return None if is_idle or now > session.ends_at else session


def form_token(key: bytes, session: Session | None) -> str:
    """What every form of a session carries, so that no other site can send one; empty without a session."""
    return token(key, _FORM, session.id) if session is not None else ""
