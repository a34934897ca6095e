"""What the console asks of the rest of the gateway. Wiring binds the store, the audit log and the folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.audit import NoteVerifier, VerifyReport
from gateway.clock import Clock
from gateway.disclosure.premises import Premises
from gateway.partners import Network
from gateway.store import Reading
from gateway.store.audit_agreements import AuditAgreement


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person logged in to the console. `name` and `role` were stated when the link was made.

    `agreement`: under which an auditor looks (42 CFR §2.53); None for every other role, and before it was asked for.
    """

    name: str
    role: str
    agreement: AuditAgreement | None = None

    @property
    def may_copy(self) -> bool:
        """Whether a page may be printed or taken along as a file."""
        return self.role != "auditor" or (self.agreement is not None and self.agreement.copies)


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page a visitor is about to see: for the audit log. `subject` is the page and its filters, ids only; `reason`
    is what she said where content is shown.
    """

    request_id: str
    at: datetime
    visitor: Visitor
    subject: str
    patients: tuple[str, ...]
    reason: str = ""


class RecordRead(Protocol):
    """Append the read to the audit log, durably. A page whose read cannot be recorded is not shown."""

    def __call__(self, read: PageRead, /) -> Awaitable[None]: ...


class UseLinkOnce(Protocol):
    """Whether this link id is new; it is kept durably when it is."""

    def __call__(self, link_id: str, expires_at: datetime, /) -> Awaitable[bool]: ...


@dataclass(frozen=True, slots=True)
class LineTest:
    """What came of opening the line to a partner: `code` says what failed (empty: nothing, or there is no line)."""

    is_reached: bool
    code: str
    milliseconds: int
    is_secured: bool


class Begun(Protocol):
    """A login that was begun at a provider: where the browser goes, and what it has to bring back in a cookie."""

    @property
    def location(self) -> str: ...
    @property
    def kept(self) -> str: ...


class LoginProvider(Protocol):
    """An OpenID provider at which people log in."""

    async def begin(self) -> Begun: ...
    async def finish(self, kept: str, answer: Mapping[str, str]) -> Visitor: ...


class Verify(Protocol):
    """Verify the whole log and append who did and what came of it; as long as that takes."""

    def __call__(self, visitor: Visitor, /) -> Awaitable[VerifyReport]: ...


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """When a certificate that the network file names ends; `ends` is None when it cannot be read."""

    whose: str
    file: str
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Witness:
    """The file of signed heads beside the store: how many bytes it has, and its newest note."""

    size: int
    newest: str


@dataclass(frozen=True, slots=True)
class Office:
    """Everything the pages are made from.

    On `premises` acts are carried out and questions asked. `was_used` asks for an id that `use_link_once` was given;
    `link_key` signs login links and sessions (32 bytes or more); `secure` says whether the console is reached over
    https, so that the cookie may insist on it. `resting` are the partners that are left alone for a moment because they
    do not answer, by what this process knows.
    `patience_seconds`: so long a page waits for what is counted or looked up behind it. `restored_at`: when the store
    was last restored; of links and sessions from before it may have forgotten that they were used or ended.
    `spans_missing`: from when to when (ISO, UTC) restores say that entries may be missing.
    `provider`: where people may log in beside the link that the command line makes.
    """

    read: Callable[[], AbstractContextManager[Reading]]
    network: Network
    premises: Premises
    record_read: RecordRead
    use_link_once: UseLinkOnce
    was_used: Callable[[str], bool]
    verify: Verify
    verifier: NoteVerifier
    certificates: Callable[[], tuple[CertificateEnd, ...]]
    witness: Callable[[], Witness | None]
    resting: Callable[[], frozenset[str]]
    try_line: Callable[[str], Awaitable[LineTest]]
    explain: Callable[[str], str]
    clock: Clock
    link_key: bytes
    secure: bool
    held_days: int
    patience_seconds: float
    restored_at: datetime | None
    spans_missing: tuple[tuple[str, str], ...]
    provider: LoginProvider | None = None

    def partner_name(self, partner: str) -> str:
        """The organisation's name of a partner id; the id itself when it is no longer known."""
        found = self.network.partners.get(partner)
        return partner if found is None else found.organization.name
