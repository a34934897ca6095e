"""Logging in by a link that the command line prints: signed, good for ten minutes, good once.

No password exists. The link names a person and a role; opening it shows a button (so that a mail scanner that
follows links does not use it up), and the button makes the session.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway import pages
from gateway.console.office import Office, Visitor
from gateway.errors import NotAllowed
from gateway.flows.another_person import is_name_of_link
from gateway.flows.console_accounts import ROLES, Moment, require_account
from gateway.pages import Link, Session

LINK_MINUTES = 10
NAME = "handoff console"
"""Of the console's pages, in what they sign."""

_LINK = b"handoff console link 3"


def make_link(key: bytes, name: str, role: str, now: datetime) -> str:
    """The secret part of a login link for `name`, to be put after `/console/login?link=`.

    Raises NotAllowed `ROLE_UNKNOWN`, `NAME_UNFIT`.
    """
    if not is_name_of_link(name):
        raise NotAllowed(
            "NAME_UNFIT", "say her name, shortly, with no brackets at its end and no `account:` before it"
        )
    if role not in ROLES:
        raise NotAllowed("ROLE_UNKNOWN", f"the role must be one of {', '.join(ROLES)}")
    return pages.make_link(key, _LINK, (name, role), now, timedelta(minutes=LINK_MINUTES))[0]


def read_link(key: bytes, link: str, now: datetime) -> tuple[Visitor, Link]:
    """Who comes by a login link, when it is ours and still good; whether it was used is not asked here.

    Raises NotAllowed `LINK_INVALID`, `LINK_EXPIRED`.
    """
    found = pages.read_link(key, _LINK, link, now)
    name, role = found.who
    return Visitor(name, role), found


def let_in(office: Office, visitor: Visitor, made_at: datetime) -> None:
    """Nothing, when somebody may come by what was made then.

    Raises NotAllowed `LINK_EXPIRED`, or as `require_account` does.
    """
    if office.restored_at is not None and made_at <= office.restored_at:
        text = "the link was made before the store was restored; have another made"
        raise NotAllowed("LINK_EXPIRED", text)
    moment = Moment(office.clock.now(), office.network.zone, office.restored_at)
    with office.read() as reading:
        require_account(reading, visitor.name, visitor.role, moment, made_at)


def has_to_go(office: Office, session: Session) -> bool:
    """Whether a session has ended because of whose it is; asked at each page: who is disabled sees no more."""
    name, role = session.who
    try:
        let_in(office, Visitor(name, role), session.began)
    except NotAllowed:
        return True
    return False
