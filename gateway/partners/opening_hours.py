"""When a partner can be reached: its hours of a week, its holidays, and whether it is open at an instant.

A partner that states no hours is not known to be open or closed; nothing is guessed for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from gateway.partners.deliveries import Strict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOKED_AHEAD_DAYS, _LONG = 16, timedelta(days=14)
_COUNTED_AHEAD_DAYS = 366
_MIDNIGHT = "24:00"
Span = Annotated[
    str,
    msgspec.Meta(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="from and until, such as 08:00-17:00",
    ),
]
Day = Annotated[str, msgspec.Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="such as 2026-12-25")]


class OpeningHours(Strict, frozen=True):
    """The hours of each day of the week in the partner's own zone; a day not named is closed, as are holidays."""

    mon: tuple[Span, ...] = ()
    tue: tuple[Span, ...] = ()
    wed: tuple[Span, ...] = ()
    thu: tuple[Span, ...] = ()
    fri: tuple[Span, ...] = ()
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    holidays: tuple[Day, ...] = ()

    def week(self) -> Mapping[str, tuple[str, ...]]:
        """The hours by the day's short name, Monday first."""
        return {day: getattr(self, day) for day in DAYS}


@dataclass(frozen=True, slots=True)
class OpenOrNot:
    """How it stands at an instant, and when that changes next (in the partner's zone; None: not within two weeks)."""

    is_open: bool
    changes_at: datetime | None


def stands(hours: OpeningHours, zone: str, at: datetime) -> OpenOrNot:
    """Whether a partner with these hours is open at that instant, and until or from when."""
    local = at.astimezone(ZoneInfo(zone))
    spans = list(_spans(hours, zone, local.date() - timedelta(days=1)))
    for begins, ends in spans:
        if begins <= at < ends:
            return OpenOrNot(True, ends if ends - at < _LONG else None)
    opens = next((begins for begins, _ in spans if begins > at), None)
    return OpenOrNot(False, opens if opens is not None and opens - at < _LONG else None)


def after_open(hours: OpeningHours | None, zone: str, since: datetime, wanted: timedelta) -> datetime:
    """The instant (UTC) at which a partner with these hours has been open for as long as `wanted` since then. Hours of
    the clock where it states none, or is not open so long within a year: a timer ends, whatever somebody has written.
    """
    at, left = since.astimezone(UTC), wanted
    if hours is None:
        return at + wanted
    first = at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    for opens, closes in _spans(hours, zone, first, _COUNTED_AHEAD_DAYS):
        begins, ends = max(opens.astimezone(UTC), at), closes.astimezone(UTC)
        if ends - begins >= left:
            return begins + left
        left -= max(ends - begins, timedelta())
    return at + wanted


def next_open(hours: OpeningHours | None, zone: str, at: datetime) -> datetime:
    """That instant (UTC), or when a partner with these hours opens next; that instant where it is not known."""
    found = None if hours is None else stands(hours, zone, at)
    if found is None or found.is_open or found.changes_at is None:
        return at.astimezone(UTC)
    return found.changes_at.astimezone(UTC)


def after_open_days(hours: OpeningHours | None, zone: str, since: datetime, days: int) -> datetime:
    """The instant (UTC) so many days of a partner with these hours later, and not before it opens: days on which it is
    closed do not count. Days of the calendar where it states no hours, or is not open on so many within a year.
    """
    if hours is None:
        return since.astimezone(UTC) + timedelta(days=days)
    local, left = since.astimezone(ZoneInfo(zone)), days
    for number in range(1, _COUNTED_AHEAD_DAYS):
        day = local.date() + timedelta(days=number)
        left -= bool(_spans_of(hours, day))
        if not left:
            return next_open(hours, zone, datetime.combine(day, local.time(), ZoneInfo(zone)))
    return since.astimezone(UTC) + timedelta(days=days)


def hours_faults(hours: OpeningHours) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with hours, by their place below `hours`, and what to do."""
    for day, spans in hours.week().items():
        before = ""
        for span in spans:
            begins, _, ends = span.partition("-")
            if begins >= ends:
                yield (
                    (day,),
                    "must end later than it begins; hours over midnight are two entries, up to 24:00",
                )
            if begins < before:
                yield (day,), "must be in order, and none may begin before the one before it has ended"
            before = ends
    for day in hours.holidays:
        try:
            date.fromisoformat(day)
        except ValueError:
            yield ("holidays",), f"`{day}` is no day; write it as 2026-12-25"


def _spans(
    hours: OpeningHours, zone: str, first: date, days: int = _LOOKED_AHEAD_DAYS
) -> Iterator[tuple[datetime, datetime]]:
    """Each span of the days from `first` on, those that touch at midnight as one."""
    last: tuple[datetime, datetime] | None = None
    for number in range(days + 1):
        day = first + timedelta(days=number)
        for span in _spans_of(hours, day):
            begins, _, ends = span.partition("-")
            found = (_instant(day, begins, zone), _instant(day, ends, zone))
            if last is not None and last[1] == found[0]:
                last = (last[0], found[1])
                continue
            if last is not None:
                yield last
            last = found
    if last is not None:
        yield last


def _spans_of(hours: OpeningHours, day: date) -> tuple[str, ...]:
    return () if day.isoformat() in hours.holidays else hours.week()[DAYS[day.weekday()]]


def _instant(day: date, text: str, zone: str) -> datetime:
    if text == _MIDNIGHT:
        day, text = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(text), ZoneInfo(zone))
