"""Which days a screen looks at: 30 by default, in the network's time zone, so that no screen reads everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.clock import instant_text
from gateway.console.address import Address

DEFAULT_DAYS = 30
_SHORTCUTS = (("Today", 1), ("7 days", 7), ("30 days", 30), ("90 days", 90), ("1 year", 365))
_LONGEST_DAYS = 366 * 7


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both inclusive, and the instants (ISO 8601 UTC text, the second exclusive) between which they lie."""

    first: date
    last: date
    since: str
    until: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def shortcuts(self, address: Address, today: date) -> tuple[tuple[str, str, bool], ...]:
        """Name, address and whether it is chosen, of the usual windows."""
        return tuple(
            (
                name,
                address.to(since=(today - timedelta(days=days - 1)).isoformat(), until=today.isoformat()),
                self.last == today and self.days == days,
            )
            for name, days in _SHORTCUTS
        )


def read_window(address: Address, now: datetime, zone: str, days: int = DEFAULT_DAYS) -> Window:
    """The days that an address asks for; without any the last `days`. No window is longer than seven years."""
    today = now.astimezone(ZoneInfo(zone)).date()
    last = date.fromisoformat(address["until"]) if address["until"] else today
    first = (
        date.fromisoformat(address["since"])
        if address["since"]
        else min(last, today) - timedelta(days=days - 1)
    )
    first = max(min(first, last), last - timedelta(days=_LONGEST_DAYS))
    return Window(first, last, _start_of(first, zone), _start_of(last + timedelta(days=1), zone))


def _start_of(day: date, zone: str) -> str:
    return instant_text(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))
