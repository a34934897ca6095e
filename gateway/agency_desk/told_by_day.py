"""Who was told what, for a reader: an agency opens a page ten times a day, and she reads one line of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.disclosure.accounting import AccountLine

_CAME = frozenset({"delivered", "pulled"})


@dataclass(frozen=True, slots=True)
class ToldOfDay:
    """What one agency was told on one day for one purpose. `day`: ISO 8601, in the zone asked for; `times`: how often;
    `came`: whether the agency is known to have it; `request_ids`: one for each release, the newest first.
    """

    day: str
    recipient: str
    purpose: str
    came: bool
    times: int
    descriptions: tuple[str, ...]
    request_ids: tuple[str, ...]


def told_by_day(lines: Iterable[AccountLine], zone: ZoneInfo) -> tuple[ToldOfDay, ...]:
    """The lines of an account, the oldest first, put together by day in that zone, agency, purpose and whether it came;
    the newest first.
    """
    found: dict[tuple[str, str, str, bool], list[AccountLine]] = {}
    for line in reversed(tuple(lines)):
        found.setdefault((_day(line, zone), line.recipient, line.purpose, line.outcome in _CAME), []).append(
            line
        )
    return tuple(
        ToldOfDay(
            *key,
            sum(one.times for one in held),
            tuple(dict.fromkeys(one.description for one in held)),
            tuple(dict.fromkeys(one.request_id for one in held)),
        )
        for key, held in sorted(found.items(), key=lambda one: one[0][0], reverse=True)
    )


def _day(line: AccountLine, zone: ZoneInfo) -> str:
    """Of what a person disclosed outside the gateway a day is known and no hour."""
    if line.outcome == "outside":
        return line.at[: len("YYYY-MM-DD")]
    return datetime.fromisoformat(line.at).astimezone(zone).date().isoformat()
