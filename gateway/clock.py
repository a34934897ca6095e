"""The one place that knows the time and makes random ids.

Everything else is handed a `Clock`, so that a test can hold time still and a clock step can be tried.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

LONGEST_STAND = timedelta(minutes=15)
_ZERO_OFFSET = len("+00:00")
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_random = os.urandom
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class Clock(Protocol):
    """Something that knows the present instant."""

    def now(self) -> datetime:
        """The present instant, with zone UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, with zone UTC."""
        return datetime.now(UTC)


class SteadyClock:
    """The machine's clock, except that it stands where that is set back by up to `LONGEST_STAND`: what has ended, a
    consent above all, does not begin again. A longer step is followed, as the clock was wrong before it.

    `told`: an instant that was told before this process began, if any.
    """

    def __init__(self, told: datetime | None = None, machine: Clock | None = None) -> None:
        self._latest = told or datetime.min.replace(tzinfo=UTC)
        self._machine = machine or SystemClock()

    def now(self) -> datetime:
        """The present instant, with zone UTC."""
        at, latest = self._machine.now(), self._latest
        if at < latest <= at + LONGEST_STAND:
            return latest
        self._latest = at
        return at


class FixedClock:
    """A clock that stands still until it is moved. For tests and for replay."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant the clock was set to, with zone UTC."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move the clock by `by` (which may be negative, as after a clock step)."""
        self._at += by


def new_id() -> str:
    """A new random id that tells nothing, not even when it was made: the text of a UUID version 4 (RFC 9562)."""
    text = _random(16).hex()
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def new_row_id() -> str:
    """A new id of something of ours that says when it happened anyway, as the text of a UUID version 7 (RFC 9562).

    Rows of one moment stand together in an index: a group of messages changes a page or two of it, not one each.
    """
    text = f"{time.time_ns() // 1_000_000:012x}7{os.urandom(10).hex()}"
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{variant}{text[17:20]}-{text[20:32]}"


def instant_text(at: datetime) -> str:
    """`at` as ISO 8601 text in UTC with microseconds and `Z`, so that text order is time order."""
    at = at.astimezone(UTC)
    return f"{_second_text(at.replace(microsecond=0))}.{at.microsecond:06d}Z"


@lru_cache(maxsize=64)
def _second_text(at: datetime) -> str:
    """A second of UTC without its zone: many messages are of one, and writing it takes ten times as long as this."""
    return at.isoformat()[:-_ZERO_OFFSET]


def read_instant(text: str) -> datetime:
    """The instant that `instant_text` wrote, with zone UTC.

    Raises ValueError when `text` is no such instant.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError("no instant of ours")
    return datetime.fromisoformat(text)
