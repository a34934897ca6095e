"""Logging in to an agency's page: a link that is sent to the worker, and a code that is told to her, by another way.

The link alone opens nothing: whoever reads her mail has no code. Both are good for a day and once; five wrong codes end
them.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway import pages
from gateway.errors import NotAllowed
from gateway.flows.agency_desk import Worker
from gateway.security.signed_texts import digits

LINK_HOURS = 24
MOST_TRIES = 5
CODE_DIGITS = 8
NAME = "agency desk"
"""Of the desk's pages, in what they sign."""

_LINK, _CODE = b"agency desk link 2", b"agency desk code"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was checked: for whom, under which id it counts once, when it was made, and until when it is good."""

    worker: Worker
    id: str
    made_at: datetime
    expires_at: datetime

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
    link, link_id = pages.make_link(key, _LINK, (partner, said), now, timedelta(hours=LINK_HOURS))
    return link, digits(key, _CODE, link_id, CODE_DIGITS)


def read_link(key: bytes, link: str, now: datetime) -> Invitation:
    """What a link says, when it is ours and still good; whether it was used is not asked here.

    Raises NotAllowed `LINK_INVALID`, `LINK_EXPIRED`.
    """
    found = pages.read_link(key, _LINK, link, now)
    return Invitation(Worker(*found.who), found.id, found.made_at, found.expires_at)


def is_code(key: bytes, invitation: Invitation, code: str) -> bool:
    """Whether that is the code of the link; blanks do not count."""
    said = "".join(code.split()).replace("-", "")
    return hmac.compare_digest(said.encode(), digits(key, _CODE, invitation.id, CODE_DIGITS).encode())
