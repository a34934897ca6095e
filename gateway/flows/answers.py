"""What the FHIR door asks of the flows, and what it gets back. All frozen; no HTTP here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.resources.searching import Filter

MOST_ON_A_PAGE, MOST_STATES = 250, 50


@dataclass(frozen=True, slots=True)
class Include:
    """What goes along with a search: what a resource of type `source` refers to at `places`, of the types `target`; or
    (`reverse`) the resources of type `source` that so refer to what was found. `iterate`: also of what went along.
    """

    source: str
    places: tuple[str, ...]
    target: tuple[str, ...]
    reverse: bool = False
    iterate: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """A chained limit: a match refers by `by` to a resource that meets `wanted`, or (`by.reverse`, FHIR's `_has`) is so
    referred to by one.
    """

    by: Include
    wanted: Filter = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """One search. `patient` is our id without type; `identifier` is (system, value) of the caller's own identifier;
    `named` (`Type/id`) is a record whose patient is meant. Without any of these the directory of services is searched.

    Of what the caller may see, only what meets all `filters` is shown, sorted by the first of `sort` (element paths of
    dates; without any: by type and id), `count` on a page, and with them what `includes` say. `elements`: what of each
    is shown (empty: all). `only_count`: nothing is listed, and told is how many meet it. `links` limit like `filters`,
    by what a match is linked to. `page`: the token of a page that was offered before; it stands for all the rest.
    `address` is that of the type and `page_address` what a page's token is added to, for links.
    `asked`: the question as it was sent, for the log alone. `worklist`: of Tasks those of or for the caller's own
    organization, of whomever (`worklist.py`).
    """

    patient: str | None = None
    identifier: tuple[str, str] | None = field(default=None, repr=False)
    named: str = ""
    filters: tuple[Filter, ...] = field(default=(), repr=False)
    sort: tuple[str, ...] = ()
    descending: bool = False
    count: int = MOST_ON_A_PAGE
    includes: tuple[Include, ...] = ()
    links: tuple[Linked, ...] = field(default=(), repr=False)
    elements: tuple[str, ...] = ()
    only_count: bool = False
    worklist: bool = False
    page: str = field(default="", repr=False)
    address: str = field(default="", repr=False, compare=False)
    page_address: str = field(default="", repr=False, compare=False)
    asked: str = field(default="", repr=False, compare=False)

    @property
    def is_of_a_patient(self) -> bool:
        """Whether it says whose records are searched, and of those alone."""
        return bool(self.patient or self.identifier)


@dataclass(frozen=True, slots=True)
class HistoryAsked:
    """A page of a history: `count` states, those after the one with the version id `page` (empty: from the present on).
    `base`: the address of the API.
    """

    base: str
    count: int = MOST_STATES
    page: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """The exact bytes to answer with. `version` and `last_modified` (ISO 8601 UTC) stand for a single resource."""

    content: bytes = field(repr=False)
    request_id: str
    version: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A resource that was taken in, as its submitter may see it again; no `version` where it is not theirs to know."""

    resource: Mapping[str, Any] = field(repr=False)
    version: str
    last_modified: str
    request_id: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of one transaction entry: `Type/id`, and the HTTP status line (`201 Created`).

    `version` is that of what is held and is not told. `tag` and `last_modified`: the version and time of what its
    submitter would read now, where nobody else can have a part in it; else empty.
    """

    reference: str
    version: int
    status: str
    last_modified: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class TransactionOutcome:
    """What became of a transaction, entry by entry in the order sent."""

    entries: tuple[EntryOutcome, ...]
    request_id: str
    duplicate: bool = False
