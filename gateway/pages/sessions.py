"""Who is logged in, as the cookie says under a signature of ours: every process of the gateway can read it. What was
ended stands in the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.clock import new_id
from gateway.security.signed_texts import read_signed, signed, token

IDLE_MINUTES = 30
LONGEST_HOURS = 8


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in: `who` as the pages name her. `id` names the session where it is ended."""

    who: tuple[str, ...] = field(repr=False)
    id: str
    began: datetime
    last_seen: datetime

    @property
    def ends_at(self) -> datetime:
        """When it ends whatever happens."""
        return self.began + timedelta(hours=LONGEST_HOURS)


class Sessions:
    """The sessions of one set of pages. `use` (its name) keeps the cookie of one from being good at another."""

    def __init__(self, key: bytes, use: str) -> None:
        self._key = key
        self._session = f"{use} session".encode()
        self._form = f"{use} form".encode()

    def begin(self, who: tuple[str, ...], now: datetime) -> Session:
        """A new session."""
        return Session(who, new_id(), now, now)

    def cookie(self, session: Session) -> str:
        """The session as its cookie says it."""
        times = (int(session.began.timestamp()), int(session.last_seen.timestamp()))
        return signed(self._key, self._session, [session.id, *times, *session.who])

    def read(self, cookie: str | None, now: datetime) -> Session | None:
        """The session of a cookie, unless it is not ours, idle over 30 minutes or older than 8 hours."""
        found = read_signed(self._key, self._session, cookie or "")
        if found is None:
            return None
        session_id, began, seen, *who = found
        times = (datetime.fromtimestamp(int(began), UTC), datetime.fromtimestamp(int(seen), UTC))
        session = Session(tuple(str(one) for one in who), str(session_id), *times)
        is_idle = now - session.last_seen > timedelta(minutes=IDLE_MINUTES)
        return None if is_idle or now > session.ends_at else session

    def form_token(self, session: Session | None) -> str:
        """What every form of this session carries, so that no other site can send one; empty without a session."""
        return token(self._key, self._form, session.id) if session is not None else ""
