"""When a partner can be reached: its hours of a week, its holidays, and whether it is open at an instant.

A partner that states no hours is not known to be open or closed; nothing is guessed for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from gateway.partners.deliveries import Strict

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOKED_AHEAD_DAYS, _LONG = 16, timedelta(days=14)
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


def _spans(hours: OpeningHours, zone: str, first: date) -> Iterator[tuple[datetime, datetime]]:
    """Each span of the days from `first` on, those that touch at midnight as one."""
    last: tuple[datetime, datetime] | None = None
    for number in range(_LOOKED_AHEAD_DAYS + 1):
        day = first + timedelta(days=number)
        for span in () if day.isoformat() in hours.holidays else hours.week()[DAYS[day.weekday()]]:
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


def _instant(day: date, text: str, zone: str) -> datetime:
    if text == _MIDNIGHT:
        day, text = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(text), ZoneInfo(zone))
