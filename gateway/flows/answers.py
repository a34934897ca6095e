"""What the FHIR door asks of the flows, and what it gets back. All frozen; no HTTP here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """One search. `patient` is our id without type; `identifier` is (system, value) of the caller's own identifier.

    `other` holds further parameters the door has already checked to be supported (name, value).
    """

    patient: str | None = None
    identifier: tuple[str, str] | None = field(default=None, repr=False)
    other: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pulled:
    """The exact bytes to answer with. `version` and `last_modified` (ISO 8601 UTC) stand for a single resource."""

    content: bytes = field(repr=False)
    request_id: str
    version: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A resource that was taken in, as its submitter may see it again; `version` is 0 where it is not theirs to know."""

    resource: Mapping[str, Any] = field(repr=False)
    version: int
    last_modified: str
    request_id: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of one transaction entry: `Type/id`, its version, and the HTTP status line (`201 Created`)."""

    reference: str
    version: int
    status: str
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class TransactionOutcome:
    """What became of a transaction, entry by entry in the order sent."""

    entries: tuple[EntryOutcome, ...]
    request_id: str
    duplicate: bool = False
