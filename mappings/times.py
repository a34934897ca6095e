"""Dates and times: precision and zone kept, never invented.

A time without a zone takes the zone of its source (an offset text such as `-07:00`, or a named zone); without any,
the date alone goes out and `ZONE_MISSING` says so. Never the server's zone (mapping-language.md section 3).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from mappings.unfit import Partly, Unfit

Zone = ZoneInfo | str | None
"""A named zone, a fixed offset as `+HH:MM`, or nothing known."""

_V2 = re.compile(
    r"^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?$"
)
_ISO = re.compile(
    r"^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$"
)
_FIELDS = {
    "YYYY": r"(?P<y>\d{4})",
    "YY": r"(?P<short>\d\d)",
    "MM": r"(?P<m>\d{1,2})",
    "DD": r"(?P<d>\d{1,2})",
}


class NotATime(Unfit):
    """The text is no date or time of the expected form."""

    def __init__(self) -> None:
        super().__init__("NOT_A_TIME", "no date or time of the expected form")


_PARTLY = {
    "ZONE_MISSING": "the time has no zone and none is configured; only the date goes out",
    "ZONE_AMBIGUOUS": "the hour occurs twice in its zone; only the date goes out",
    "TIME_TOO_COARSE": "an hour without minutes; only the date goes out",
}


class ZoneUnknown(Partly):
    """The time has no zone and none is known for its source; `value` is the date, which can be said."""

    def __init__(self, day: str, code: str = "ZONE_MISSING") -> None:
        super().__init__(code, _PARTLY[code], day)


@lru_cache(maxsize=4096)
def v2_date(text: str) -> str:
    """A v2 DT (or the date of a TS without time) as FHIR date, precision kept. Raises NotATime."""
    size = len(text)
    if size not in (4, 6, 8) or not (text.isascii() and text.isdigit()):
        found = v2_parts(text)
        if found[3] is not None:
            raise NotATime
        text = "".join(part for part in found[:3] if part)
        size = len(text)
    if size == 8:
        return _day(text[:4], text[4:6], text[6:])
    if size == 6:
        return _day(text[:4], text[4:], "01")[:7]
    return _day(text, "01", "01")[:4]


def v2_parts(text: str) -> tuple[str | None, ...]:
    """The parts of a v2 TS/DTM. Raises NotATime."""
    found = _V2.match(text)
    if found is None:
        raise NotATime
    return found.groups()


def v2_datetime(text: str, zone: Zone) -> str:
    """A v2 TS/DTM as FHIR dateTime. Raises NotATime, or ZoneUnknown with the date alone."""
    if len(text) <= 8:
        return v2_date(text)
    return v2_moment(text, zone) or _any_v2_datetime(text, zone)


def v2_moment(text: str, zone: Zone) -> str:
    """A v2 time to the second whose offset is known, as FHIR dateTime; empty for every other form. Raises NotATime."""
    clock = _clock(text[8:14])
    if not clock:
        return ""
    offset = _offset(text[14:]) if len(text) > 14 else zone
    return f"{v2_date(text[:8])}{clock}{offset}" if offset and type(offset) is str else ""


@lru_cache(maxsize=4096)
def _clock(text: str) -> str:
    """A time of day to the second, `hhmmss`, as FHIR writes it behind a date; empty when it is none."""
    hour, minute, second = text[:2], text[2:4], text[4:]
    if (
        len(text) == 6
        and text.isascii()
        and text.isdigit()
        and hour < "24"
        and minute < "60"
        and second < "60"
    ):
        return f"T{hour}:{minute}:{second}"
    return ""


@lru_cache(maxsize=256)
def _offset(text: str) -> str:
    """An offset as v2 writes it in FHIR's form; empty when it is none."""
    found = re.match(r"^([+-](?:0\d|1[0-4]))([0-5]\d)$", text, re.ASCII)
    return f"{found[1]}:{found[2]}" if found and len(text) == 5 else ""


def _any_v2_datetime(text: str, zone: Zone) -> str:
    year, month, day, hour, minute, second, fraction, sign, zh, zm = v2_parts(text)
    if hour is None:
        return v2_date(text[:-5])
    today = _day(year or "", month or "", day or "")
    if minute is None:
        raise ZoneUnknown(today, "TIME_TOO_COARSE")
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise NotATime
    clock = f"{today}T{hour}:{minute}:{second or '00'}{fraction or ''}"
    if sign is not None:
        if int(zh or 0) > 14 or int(zm or 0) > 59:
            raise NotATime
        return f"{clock}{sign}{zh}:{zm}"
    return clock + offset_at(clock, zone, today)


def offset_at(clock: str, zone: Zone, day: str) -> str:
    """The offset that holds at a local time. Raises ZoneUnknown when no zone is known or the hour is doubled."""
    if zone is None:
        raise ZoneUnknown(day)
    if isinstance(zone, str):
        return zone
    local = datetime.fromisoformat(clock[:19]).replace(tzinfo=zone)
    offset = local.strftime("%z")
    if offset != local.replace(fold=1).strftime("%z"):
        raise ZoneUnknown(day, "ZONE_AMBIGUOUS")
    return f"{offset[:3]}:{offset[3:5]}"


def v2_zone(text: str) -> str | None:
    """The offset that a v2 time carries (`20220125+0000` -> `+00:00`), or None."""
    return _offset(text[-5:]) or None


def is_reversed(start: str, end: str) -> bool:
    """Whether a FHIR dateTime surely lies before another one: of different precision, what both say is compared."""
    if "T" in start and "T" in end:
        return datetime.fromisoformat(end) < datetime.fromisoformat(start)
    both = min(len(start[:10]), len(end[:10]))
    return end[:both] < start[:both]


def v2_back(value: str) -> str:
    """A FHIR date, dateTime or instant as v2 text, precision and zone kept. Raises NotATime."""
    found = _ISO.match(value)
    if found is None:
        raise NotATime
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    text = year + (month or "") + (day or "")
    if hour is not None:
        text += hour + minute + (second or "00") + (fraction or "")[:5]
        text += "+0000" if zone == "Z" else (zone or "").replace(":", "")
    return text


def iso_datetime_forward(text: str, zone: Zone) -> str:
    """An ISO 8601 text as FHIR dateTime. Raises NotATime, or ZoneUnknown with the date alone."""
    found = _ISO.match(text)
    if found is None:
        raise NotATime
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    today = _day(year, month or "01", day or "01")
    if hour is None:
        return text
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise NotATime
    clock = f"{today}T{hour}:{minute}:{second or '00'}{fraction or ''}"
    return clock + (offset or offset_at(clock, zone, today))


def datetime_back(value: str) -> str:
    """ISO text as it is. Raises NotATime."""
    if _ISO.match(str(value)) is None:
        raise NotATime
    return str(value)


@lru_cache(maxsize=64)
def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern of a mapping as a regular expression."""
    expression = re.escape(pattern)
    for name, group in _FIELDS.items():
        expression = expression.replace(name, group)
    return re.compile(expression)


def date_forward(text: str, pattern: str, years_from: int = 0) -> str:
    """A local date in `pattern` (YYYY or YY, MM, DD and separators), or in ISO form, as FHIR date. Raises NotATime.

    A year of two digits is the one of the hundred years from `years_from` on.
    """
    found = _expression(pattern).fullmatch(text)
    if found is None:
        if re.fullmatch(r"\d{4}(-\d\d)?", text) and pattern != "YYYYMMDD":
            return text
        iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)  # what a workbook's date cell is read as
        if iso is None:
            raise NotATime
        return _day(*iso.groups())
    parts = found.groupdict()
    year = parts.get("y") or str(years_from + (int(parts["short"]) - years_from) % 100)
    return _day(year, parts.get("m", "1").zfill(2), parts.get("d", "1").zfill(2))


def date_back(value: str, pattern: str, years_from: int = 0) -> str:
    """A FHIR date in the local pattern; a coarser one stays as it is. Raises NotATime, and Unfit `NO_LOCAL_HOME` for a
    year that two digits would say wrongly."""
    found = _ISO.match(str(value))
    if found is None:
        raise NotATime
    if found.group(3) is None:
        return str(value)
    year = found.group(1)
    if years_from and not years_from <= int(year) < years_from + 100:
        raise Unfit("NO_LOCAL_HOME", "the year is none that two digits say")
    pattern = pattern.replace("YYYY", year).replace("YY", year[2:])
    return pattern.replace("MM", found.group(2)).replace("DD", found.group(3))


def _day(year: str, month: str, day: str) -> str:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        raise NotATime from None
    return f"{year}-{month}-{day}"
