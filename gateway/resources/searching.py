"""Whether a resource meets a search parameter. HL7 FHIR 4.0.1, search.html, sections 3.1.1.4 and 3.1.1.5.

Only what the asker may see is compared, never what is held: a search that could tell by its answer what was withheld
would be a leak.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Literal

Resource = Mapping[str, Any]
Kind = Literal["token", "date", "reference", "uri", "id", "string", "exact", "contains"]
"""`exact` and `contains` are a string with that modifier."""
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")

_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
Span = tuple[datetime, datetime]
"""From the first instant to the one after the last."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One search parameter: any of `values` at any of `places` (element paths).

    `negated` is the modifier `:not`; `missing` is `:missing=true` or `false`, for which there are no values.
    """

    kind: Kind
    places: tuple[str, ...]
    values: tuple[str, ...]
    negated: bool = False
    missing: bool | None = None


def fault_of(kind: Kind, value: str) -> str:
    """What is wrong with a value, in words without it; empty when nothing is."""
    if not value:
        return "a search value must not be empty"
    if kind == "date" and read_date(_parted(value)[1], UTC) is None:
        return "a date must be as FHIR writes it, after at most one of " + ", ".join(PREFIXES)
    if kind == "token" and value.strip("|") == "":
        return "a token must have a system or a code"
    return ""


def meets(resource: Resource, wanted: Filter, zone: tzinfo) -> bool:
    """Whether `resource` meets the parameter; dates without an offset are read in `zone`."""
    found = [value for place in wanted.places for value in _at(resource, place.split("."))]
    if wanted.missing is not None:
        return (not found) == wanted.missing
    met = any(_is(wanted.kind, value, asked, zone) for value in found for asked in wanted.values)
    return met != wanted.negated


def first_instant(resource: Resource, places: Iterable[str], zone: tzinfo) -> datetime | None:
    """The earliest instant at any of `places`, for sorting; None where there is none."""
    spans = [_span(value, zone) for place in places for value in _at(resource, place.split("."))]
    return min((span[0] for span in spans if span is not None), default=None)


def values_at(resource: Resource, place: str) -> Iterable[Any]:
    """Every value at an element path (`target.dueDate`), through lists."""
    return _at(resource, place.split("."))


@lru_cache(maxsize=1024)
def read_date(text: str, zone: tzinfo) -> Span | None:
    """The span of a FHIR date, dateTime or instant of any precision; None when it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, _, second, fraction, offset = match.groups()
    if year == "9999":  # what people write for "no end"; there is no year after it to count to
        return _LATEST, _LATEST
    try:
        if hour is not None:
            return _of_a_time(text, second, fraction, offset, zone)
        start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=zone)
        if day is not None:
            return start, _next(start, days=1)
        years, months = divmod(start.month + (0 if month is None else 1) - 1, 12)
        after = datetime(start.year + years, months + 1, 1, tzinfo=zone) if month else None
        return start, after or datetime(start.year + 1, 1, 1, tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _of_a_time(text: str, second: str | None, fraction: str | None, offset: str | None, zone: tzinfo) -> Span:
    whole = text[: 16 if second is None else 19]
    at = datetime.fromisoformat(whole + (offset or "")) if offset else datetime.fromisoformat(whole)
    start = at if offset else at.replace(tzinfo=zone)
    if second is None:
        return start, start + timedelta(minutes=1)
    if fraction is None:
        return start, start + timedelta(seconds=1)
    start += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    return start, start + timedelta(microseconds=10 ** max(0, 6 - len(fraction)))


def _next(start: datetime, *, days: int) -> datetime:
    """The same wall clock so many days later: a day is not always 24 hours long."""
    later = start.replace(tzinfo=None) + timedelta(days=days)
    return later.replace(tzinfo=start.tzinfo)


def _at(value: Any, path: list[str]) -> Iterable[Any]:
    """Every value at an element path, through lists."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _is(kind: Kind, value: Any, asked: str, zone: tzinfo) -> bool:
    if kind == "token":
        return any(_is_token(system, code, asked) for system, code in _tokens(value))
    if kind == "date":
        return _is_date(value, asked, zone)
    if kind == "reference":
        reference = str(value.get("reference", "")) if isinstance(value, Mapping) else ""
        return bool(reference) and (
            reference == asked or ("/" not in asked and reference.endswith(f"/{asked}"))
        )
    if kind in ("string", "contains"):
        wanted = _folded(asked)
        texts = map(_folded, _texts(value))
        return any(wanted in one if kind == "contains" else one.startswith(wanted) for one in texts)
    return asked in _texts(value) if kind == "exact" else bool(value == asked)


def _texts(value: Any) -> Iterable[str]:
    """The texts of a string, or of each part of a name or an address. FHIR search, string."""
    if isinstance(value, str):
        return (value,)
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return tuple(text for part in parts for text in _texts(part))


def _folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)).strip()


def _tokens(value: Any) -> Iterable[tuple[str | None, str]]:
    """(system, code) pairs; the system is None where the element itself implies it (FHIR `code`, boolean)."""
    if isinstance(value, bool):
        yield None, "true" if value else "false"
    elif isinstance(value, str):
        yield None, value
    elif isinstance(value, Mapping):
        codings = value.get("coding")
        if isinstance(codings, list | tuple):
            for coding in codings:
                yield from _tokens(coding)
        elif "code" in value or "value" in value:
            yield str(value.get("system", "")), str(value.get("code", value.get("value")))


def _is_token(system: str | None, code: str, asked: str) -> bool:
    """FHIR search, token: `code`, `system|code`, `|code` (no system), `system|` (any code of it)."""
    wanted_system, bar, wanted = asked.partition("|")
    if not bar:
        return code == asked
    if wanted and code != wanted:
        return False
    return system is None or system == wanted_system


def _parted(asked: str) -> tuple[str, str]:
    prefix = asked[:2]
    return (prefix, asked[2:]) if prefix in PREFIXES else ("eq", asked)


def _span(value: Any, zone: tzinfo) -> Span | None:
    if isinstance(value, str):
        return read_date(value, zone)
    if isinstance(value, Mapping) and ("start" in value or "end" in value):
        start = read_date(str(value["start"]), zone) if "start" in value else (_EARLIEST, _EARLIEST)
        end = read_date(str(value["end"]), zone) if "end" in value else (_LATEST, _LATEST)
        return (start[0], end[1]) if start is not None and end is not None else None
    return None


def _is_date(value: Any, asked: str, zone: tzinfo) -> bool:
    prefix, text = _parted(asked)
    there, wanted = _span(value, zone), read_date(text, zone)
    if there is None or wanted is None:
        return False
    within = wanted[0] <= there[0] and there[1] <= wanted[1]
    after, before = there[1] > wanted[1], there[0] < wanted[0]
    told: Mapping[str, bool] = {
        "eq": within,
        "ne": not within,
        "gt": after,
        "lt": before,
        "ge": after or within,
        "le": before or within,
        "sa": there[0] >= wanted[1],
        "eb": there[1] <= wanted[0],
    }
    return told[prefix]
