"""Days and hours as a reader says them, in the zone of the network."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from gateway.disclosure.desk_forms import spoken_day

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}


_HALVES = {"en": ("AM", "PM"), "es": ("a. m.", "p. m.")}


def in_words(instant: str, zone: ZoneInfo, language: str) -> str:
    """`Monday 2026-11-23 9:30 AM MST`, in that zone; as it stands where it is no instant. `language`: `en` or `es`."""
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return instant
    if at.tzinfo is None:
        return instant
    at = at.astimezone(zone)
    return f"{_DAYS[language][at.weekday()]} {at:%Y-%m-%d} {hour_in_words(at, language)} {at:%Z}"


def hour_in_words(at: datetime | time, language: str) -> str:
    """The time of day as people here say it: `4:05 PM`, `4:05 p. m.`. `language`: `en` or `es`."""
    return f"{at.hour % 12 or 12}:{at:%M} {_HALVES[language][at.hour >= 12]}"  # noon


_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T[0-9:.]+(?:Z|[+-]\d\d:\d\d)?)?")


def day_in_words(text: str, language: str, zone: ZoneInfo) -> Markup:
    """The text for a page with each ISO day in it as people say it: `November 23, 2026`, `23 de noviembre de 2026`.

    What is no day stands as it is; of an instant it is the day in that zone. `language`: `en` or `es`.
    """

    def said(found: re.Match[str]) -> str:
        try:
            day = date(*(int(part) for part in _local(found, zone)))
        except ValueError:
            return found[0]
        return f'<time datetime="{day.isoformat()}">{spoken_day(day, language)}</time>'

    return Markup(_DAY.sub(said, str(escape(text))))  # noqa: S704  # escaped just before


def _local(found: re.Match[str], zone: ZoneInfo) -> tuple[str, ...]:
    """Year, month and day of what was found, in the zone where it is an instant."""
    try:
        at = datetime.fromisoformat(found[0])
    except ValueError:
        return found.groups()[:3]
    return tuple(f"{at if at.tzinfo is None else at.astimezone(zone):%Y-%m-%d}".split("-"))
