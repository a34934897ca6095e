"""FHIR dates as half-open spans of time in UTC, with the precision they were written in.

A date-only end includes its whole day in the deployment's zone, a month its whole month, a year its whole year; an
instant ends at itself. What no calendar holds is `None`: a permit never matches it, a denial always does.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?\Z", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)\Z", re.ASCII
)
LONGEST = 40
_FRACTION = re.compile(r"\.(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (inside) up to `end` (outside), both UTC. An instant is a span whose ends are equal."""

    start: datetime = EARLIEST
    end: datetime = LATEST

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies inside: `start <= at < end`."""
        return self.start <= at < self.end

    def surrounds(self, other: Span) -> bool:
        """Whether all of `other` lies inside."""
        return self.start <= other.start < self.end and other.end <= self.end

    def touches(self, other: Span) -> bool:
        """Whether some of `other` may lie inside."""
        return other.start < self.end and (self.start < other.end or self.start <= other.start)


ALWAYS = Span()


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo | None:
    """The zone of an IANA name, or None if there is none."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def read_instant(text: object) -> datetime | None:
    """An instant with a zone, in UTC; None for anything else."""
    if not isinstance(text, str) or not _INSTANT.match(text):
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub(_six_digits, text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _six_digits(found: re.Match[str]) -> str:
    return "." + found[1][:6].ljust(6, "0")


def read_span(text: object, zone: tzinfo) -> Span | None:
    """The time a FHIR date or dateTime stands for; None if it is none."""
    return _read_text(text, zone) if isinstance(text, str) and len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _read_text(text: str, zone: tzinfo) -> Span | None:
    found = _DATE.match(text)
    if found is None:
        instant = read_instant(text)
        return None if instant is None else Span(instant, instant)
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        first = datetime(year or 0, month or 1, day or 1)  # noqa: DTZ001  # local day, its zone comes next
        return Span(_local(first, zone), _after(first, month, day, zone))
    except (ValueError, OverflowError):
        return None


def _after(first: datetime, month: int | None, day: int | None, zone: tzinfo) -> datetime:
    """The first instant after the day, month or year; the end of time for the last ones."""
    try:
        if day:
            return _local(first + timedelta(days=1), zone)
        if month:
            return _local(first.replace(year=first.year + month // 12, month=month % 12 + 1), zone)
        return _local(first.replace(year=first.year + 1), zone)
    except (ValueError, OverflowError):
        return LATEST


def _local(moment: datetime, zone: tzinfo) -> datetime:
    """A local wall time in UTC; the ends of the calendar stay inside it."""
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST


def read_period(period: object, zone: tzinfo) -> Span | None:
    """A FHIR Period as a span; an absent end is open. None if it is none, has neither, or ends before it starts."""
    if not isinstance(period, Mapping) or not {"start", "end", "id", "extension"} >= period.keys():
        return None
    if not {"start", "end"} & period.keys():
        return None
    start, end = ALWAYS, ALWAYS
    if "start" in period:
        found = read_span(period["start"], zone)
        if found is None:
            return None
        start = found
    if "end" in period:
        found = read_span(period["end"], zone)
        if found is None:
            return None
        end = found
    return None if end.end < start.start else Span(start.start, end.end)


def months_after(moment: datetime, months: int) -> datetime:
    """The same day `months` later (the last day of a shorter month); `LATEST` beyond the end of the calendar."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if year > LATEST.year:
        return LATEST
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
