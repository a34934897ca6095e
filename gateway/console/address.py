"""The filters of a screen: every one of them stands in the address, so that a view can be shared and exported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

_ID = re.compile(r"[A-Za-z0-9\-._]{1,64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.:/]{0,79}")
_STAMP = re.compile(r"[0-9T:.\-]{10,30}Z?(,[A-Za-z0-9\-]{1,64})?")
_MOST = 2**53
_PLACES = ("before", "earlier", "after", "entry")
"""Filters that say where in a list one is."""
SHEET = "csv"


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and 0 < int(text[:17]) <= _MOST


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text)) and len(text) == 10
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "patient": _matches(_ID),
    "request": _matches(_ID),
    "since": _is_day,
    "until": _is_day,
    "day": _is_day,
    "month": lambda text: _is_day(f"{text}-01"),
    "before": _is_number,
    "entry": _is_number,
    "after": _matches(_ID),
    "earlier": _matches(_STAMP),
    "who": lambda text: text.isprintable() and len(text) <= 80,
    "as": lambda text: text == SHEET,
}
"""How a filter of that name must look; any other is a code."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a visitor is: the page and its filters. `odd` are the filters that could not be understood."""

    path: str
    given: Mapping[str, str]
    odd: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        """The value of a filter; empty when it is not set."""
        return self.given.get(name, "")

    @property
    def wants_sheet(self) -> bool:
        """Whether the view is wanted as a file."""
        return self["as"] == SHEET

    @property
    def subject(self) -> str:
        """Page and filters, for the audit log."""
        return f"{self.path or 'overview'}{self._query(self.given)}"

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set but the page of a list."""
        return any(name not in (*_PLACES, "as", "kind", "by") for name in self.given)

    def to(self, **changes: str) -> str:
        """The same page with some filters changed; a change starts again at the newest entry."""
        kept = {name: value for name, value in self.given.items() if name not in (*_PLACES, "as")}
        return self._query({**kept, **changes}) or "?"

    def beside(self, entry: str) -> str:
        """The same view, with an entry in the panel beside it; empty: without the panel."""
        return self._query({**self.given, "entry": entry}) or "?"

    def part(self, place: Mapping[str, str]) -> Address:
        """The same view from another place on."""
        return Address(self.path, {**self.given, **place})

    def sheet(self) -> str:
        """The same view as a file."""
        return self._query({**self.given, "entry": "", "as": SHEET})

    @staticmethod
    def _query(given: Mapping[str, str]) -> str:
        wanted = {name: value for name, value in given.items() if value}
        return f"?{urlencode(wanted)}" if wanted else ""


def read_address(path: str, query: Mapping[str, str], known: frozenset[str]) -> Address:
    """The address as far as it is understood; what is not is named, left out and never guessed."""
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    odd = tuple(sorted(name for name, value in given.items() if name not in known or not _fits(name, value)))
    return Address(path, {name: value for name, value in given.items() if name not in odd}, odd)


def _fits(name: str, value: str) -> bool:
    return _CHECKS.get(name, _matches(_WORD))(value)
