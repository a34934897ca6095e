"""The two sets of pages that a desk has: its workers' own, and the one page on which a client reads and signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gateway.agency_desk import login
from gateway.agency_desk.desk import Desk
from gateway.flows.agency_desk import Worker
from gateway.pages import Session, Site

PATH, COOKIE = "/agency", "handoff_desk"
SIGNING_PATH, SIGNING_COOKIE = "/sign", "handoff_sign"
_SIGNING = "signing"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose turn it is at the signing page, as its session says: one draft, and nothing else of the gateway.

    `way`: as of the draft. `began`: when the session began that the worker goes on with, in whole seconds, and `proof`:
    what the code that she has chosen comes to (empty: her phone is asked); both of a tablet alone.
    """

    patient: str
    draft: str
    seal: str = field(repr=False)
    way: str
    worker: Worker
    began: int = 0
    proof: str = field(default="", repr=False)

    def who(self) -> tuple[str, ...]:
        """As a session says it."""
        worker = self.worker
        what = (self.patient, self.draft, self.seal, self.way)
        return (*what, worker.partner, worker.name, str(self.began), self.proof)

    @property
    def began_at(self) -> datetime:
        """When the worker's session began."""
        return datetime.fromtimestamp(self.began, UTC)


def signer_of(who: tuple[str, ...]) -> Signer:
    """What a session says."""
    patient, draft, seal, way, partner, name, began, proof = who
    return Signer(patient, draft, seal, way, Worker(partner, name), int(began), proof)


def desk_site(desk: Desk) -> Site:
    """The workers' own pages."""

    def has_to_go(session: Session) -> bool:
        """Whether her organization has no desk any more, or she was sent away."""
        worker = Worker(*session.who)
        return not desk.serves(worker) or desk.has_to_go(worker, session.began)

    return _site(desk, (login.NAME, PATH, COOKIE), has_to_go)


def signing_site(desk: Desk) -> Site:
    """The page on which a client reads and signs; it ends with what the worker was given."""

    def has_to_go(session: Session) -> bool:
        worker = signer_of(session.who).worker
        return not desk.serves(worker) or desk.has_to_go(worker, session.began)

    return _site(desk, (_SIGNING, SIGNING_PATH, SIGNING_COOKIE), has_to_go)


def _site(desk: Desk, named: tuple[str, str, str], has_to_go: Callable[[Session], bool]) -> Site:
    name, path, cookie = named
    return Site(
        name=name,
        path=path,
        cookie=cookie,
        folder=_FOLDER,
        key=desk.key,
        clock=desk.clock,
        secure=desk.secure,
        use_once=desk.use_once,
        was_used=desk.was_used,
        has_to_go=has_to_go,
    )
