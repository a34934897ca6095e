"""The sets of pages of this room: the workers' own, the one page on which a client reads and signs, a person's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from gateway.agency_desk import login
from gateway.agency_desk.desk import Desk
from gateway.clock import Clock
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_drafts import Draft
from gateway.pages import Session, Site

PATH, COOKIE = "/agency", "handoff_desk"
SIGNING_PATH, SIGNING_COOKIE = "/sign", "handoff_sign"
_SIGNING = "signing 2"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose turn it is at the signing page: one draft, and nothing else of the gateway.

    `began`: when the session began that the worker goes on with, in whole seconds, and `proof`: what the code that she
    has chosen comes to (empty: her phone is asked); both of a tablet alone.
    """

    id: str
    draft: Draft = field(repr=False)
    began: int = 0
    proof: str = field(default="", repr=False)

    @property
    def worker(self) -> Worker:
        """Who sits with her, or talks with her."""
        return self.draft.witness

    @property
    def way(self) -> str:
        """`TABLET` or `PHONE`."""
        return self.draft.way

    @property
    def patient(self) -> str:
        """Whose draft it is."""
        return self.draft.wanted.patient_id

    @property
    def began_at(self) -> datetime:
        """When the worker's session began."""
        return datetime.fromtimestamp(self.began, UTC)


def turn_of(draft_id: str, began: int = 0, proof: str = "") -> tuple[str, ...]:
    """What a link or a cookie says of a turn. What a phone keeps of it is an id: no name, no program."""
    return (draft_id, str(began), proof)


def signer_of(desk: Desk, who: tuple[str, ...]) -> Signer | None:
    """Whose turn that is, by the draft as it is kept; None where there is none of that id any more."""
    draft_id, began, proof = who
    draft = desk.consents.signing.held(draft_id)
    return None if draft is None else Signer(draft_id, draft, int(began), proof)


def desk_site(desk: Desk) -> Site:
    """The workers' own pages."""

    def has_to_go(session: Session) -> bool:
        """Whether her organization has no desk any more, or she was sent away."""
        worker = Worker(*session.who)
        return not desk.serves(worker) or desk.has_to_go(worker, session.began)

    return site_of(desk, (login.NAME, PATH, COOKIE), has_to_go)


def signing_site(desk: Desk) -> Site:
    """The page on which a client reads and signs; it ends with what the worker was given."""

    def has_to_go(session: Session) -> bool:
        signer = signer_of(desk, session.who)
        if signer is None or not desk.serves(signer.worker):
            return True
        return desk.has_to_go(signer.worker, session.began)

    return site_of(desk, (_SIGNING, SIGNING_PATH, SIGNING_COOKIE), has_to_go)


class Keeper(Protocol):
    """Whoever keeps what was used and ended of one set of pages, and their key."""

    @property
    def key(self) -> bytes:
        """Signs links and sessions."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def secure(self) -> bool:
        """Whether the pages are reached over https."""

    @property
    def use_once(self) -> Callable[[str, datetime], Awaitable[bool]]:
        """Keeps an id durably and says whether it was new."""

    @property
    def was_used(self) -> Callable[[str], bool]:
        """Whether an id was used."""


def site_of(keeper: Keeper, named: tuple[str, str, str], has_to_go: Callable[[Session], bool]) -> Site:
    """One set of pages of this room: its name in signatures, its path and its cookie."""
    name, path, cookie = named
    return Site(
        name=name,
        path=path,
        cookie=cookie,
        folder=_FOLDER,
        key=keeper.key,
        clock=keeper.clock,
        secure=keeper.secure,
        use_once=keeper.use_once,
        was_used=keeper.was_used,
        has_to_go=has_to_go,
    )
