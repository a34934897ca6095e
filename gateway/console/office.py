"""What the console asks of the rest of the gateway. Wiring binds the store and the audit log, tests bind fakes."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.audit import LoggedEntry
from gateway.clock import Clock
from gateway.store.model import AuditFilter


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person logged in to the console. `name` and `role` were stated when the link was made."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page a visitor is about to see: for the audit log. `subject` is the page and its filters, ids only."""

    request_id: str
    at: datetime
    visitor: Visitor
    subject: str
    patients: tuple[str, ...]


class Newest(Protocol):
    """The newest audit entries that a filter asks for, newest first."""

    def __call__(self, limit: int, wanted: AuditFilter, /) -> tuple[LoggedEntry, ...]: ...


class EntryOf(Protocol):
    """The audit entry of that number, or None."""

    def __call__(self, seq: int, /) -> LoggedEntry | None: ...


class RecordRead(Protocol):
    """Append the read to the audit log, durably. A page whose read cannot be recorded is not shown."""

    def __call__(self, read: PageRead, /) -> Awaitable[None]: ...


class UseLinkOnce(Protocol):
    """Whether this link id is new; it is kept durably when it is."""

    def __call__(self, link_id: str, expires_at: datetime, /) -> Awaitable[bool]: ...


class PartnerName(Protocol):
    """The organisation's name of a partner id; the id itself when it is no longer known."""

    def __call__(self, partner: str, /) -> str: ...


class Explain(Protocol):
    """A reason code as a sentence; empty when there is none."""

    def __call__(self, code: str, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Office:
    """Everything the pages are made from. `link_key` signs login links (32 bytes or more); `secure` says whether the
    console is reached over https, so that the cookie may insist on it."""

    newest: Newest
    entry_of: EntryOf
    record_read: RecordRead
    use_link_once: UseLinkOnce
    partner_name: PartnerName
    explain: Explain
    partners: tuple[str, ...]
    clock: Clock
    link_key: bytes
    secure: bool
