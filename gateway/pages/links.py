"""Links that log somebody in: signed, good until an instant, and counted once by whoever keeps their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.clock import new_id
from gateway.errors import NotAllowed
from gateway.security.signed_texts import read_signed, signed


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was checked: for whom (as the link's maker put it), under which id it counts once, until when."""

    who: tuple[str, ...] = field(repr=False)
    id: str
    expires_at: datetime
    made_at: datetime


def make_link(
    key: bytes, use: bytes, who: Sequence[str], now: datetime, good_for: timedelta
) -> tuple[str, str]:
    """The secret part of a link, and the id under which it counts. `use` keeps one kind of link from opening another."""
    link_id = new_id()
    times = (int(now.timestamp()), int((now + good_for).timestamp()))
    return signed(key, use, [link_id, *times, *who]), link_id


def read_link(key: bytes, use: bytes, text: str, now: datetime) -> Link:
    """What a link says, when it is ours and still good; whether it was used is not asked here.

    Raises NotAllowed `LINK_INVALID`, `LINK_EXPIRED`.
    """
    found = said_by(key, use, text)
    if found.expires_at <= now:
        raise NotAllowed("LINK_EXPIRED", "the link has expired")
    return found


def said_by(key: bytes, use: bytes, text: str) -> Link:
    """What a link of ours says, expired or not: for who has to say so. Raises NotAllowed `LINK_INVALID`."""
    found = read_signed(key, use, text)
    if found is None:
        raise NotAllowed("LINK_INVALID", "the link is not one of this gateway")
    link_id, made, expires, *who = found
    expires_at = datetime.fromtimestamp(int(expires), UTC)
    made_at = datetime.fromtimestamp(int(made), UTC)
    return Link(tuple(str(one) for one in who), str(link_id), expires_at, made_at)
