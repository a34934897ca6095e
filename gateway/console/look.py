"""What a screen is given to make itself from, and what it gives back. Screens are plain functions of a `Look`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gateway.console import words
from gateway.console.address import Address
from gateway.console.endings import Endings
from gateway.console.office import Office, Visitor
from gateway.console.stops import Told
from gateway.console.tally import Part, Tally
from gateway.console.window import Window
from gateway.store import Reading

RIGHTS: Mapping[str, frozenset[str]] = {
    "compliance_officer": frozenset(
        {
            "export",
            "verify",
            "content",
            "emergency",
            "identity",
            "mappings",
            "messages",
            "partners",
            "requests",
            "agreements",
            "holds",
        }
    ),
    "auditor": frozenset(),
}
"""What a role may do beyond looking. An auditor only looks, and takes copies where her agreement says so."""
PAGE_ROWS, SHEET_ROWS, PART_ROWS = 50, 1_000, 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """Exactly the view as rows for a spreadsheet."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One screen: its template and facts, and whom it shows (for the audit log). `before`: from which entry on its sheet
    goes on with another part (`after`: after which consent); empty where it is whole. `file`: in the place of a screen a
    file, its name and its bytes.
    """

    template: str
    facts: Mapping[str, Any]
    patients: frozenset[str] = field(default_factory=frozenset)
    sheet: Sheet | None = None
    before: str = ""
    after: str = ""
    file: tuple[str, bytes] | None = None

    @property
    def next_part(self) -> Mapping[str, str]:
        """The filter by which the address leads to the next part of the sheet; empty where it is whole."""
        return {name: at for name, at in (("before", self.before), ("after", self.after)) if at}


@dataclass(frozen=True, slots=True)
class Look:
    """One visitor looks at one address at one moment."""

    office: Office
    reading: Reading
    visitor: Visitor
    address: Address
    path: Mapping[str, str]
    now: datetime
    tally: Tally
    endings: Endings
    window: Window
    told: Told
    is_verifying: bool

    def may(self, right: str) -> bool:
        """Whether the visitor has a right."""
        return has_right(self.visitor, right)

    def part(self) -> Part:
        """The part of the log that the window covers."""
        window = self.window
        return self.tally.part(self.reading, window.since, window.until, window.first, window.last)

    @property
    def today(self) -> date:
        """The day in the network's zone."""
        return self.now.astimezone(words.zone_of(self.office.network.zone)).date()

    @property
    def limit(self) -> int:
        """How many rows to show: more in a sheet than on a page."""
        return SHEET_ROWS if self.address.wants_sheet else PAGE_ROWS

    @property
    def rows(self) -> int:
        """How many entries of the log to show: a sheet of them comes in parts."""
        return PART_ROWS if self.address.wants_sheet else PAGE_ROWS


Screen = Callable[[Look], Shown]


def has_right(visitor: Visitor, right: str) -> bool:
    """Whether a visitor's role, or an auditor's agreement, includes a right."""
    if right == "export":
        return visitor.role in RIGHTS and visitor.may_copy
    return right in RIGHTS.get(visitor.role, frozenset())


def patients_of(ids: Iterable[str | None]) -> frozenset[str]:
    """The patients among ids that may be missing."""
    return frozenset(one for one in ids if one)
