"""Does it add up? What senders were told is accepted, against what became of it, against what the audit log says left.

Three tables that are written apart are counted apart: messages, intents with their releases, and audit entries.
`accepted = delivered + queued + held + refused + dead + unknown + ended`, difference 0 (law F1 of the fault run).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.clock import instant_text
from gateway.store import Reading, workload

_WORDS: Mapping[str, str] = {
    "delivered": "delivered",
    "due": "queued",
    "retry": "queued",
    "sending": "queued",
    "held": "held",
    "refused": "refused",
    "dead": "dead",
    "unknown": "unknown",
    "cancelled": "ended",
}
COLUMNS = ("delivered", "queued", "held", "refused", "dead", "unknown", "ended")
"""What became of an intent. `refused`: by the recipient; `ended`: superseded, withdrawn or given up by a person."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's account. `sent`: recipient to what became of what was meant for it."""

    since: str
    until: str
    accepted: tuple[workload.Accepted, ...]
    sent: Mapping[str, Mapping[str, int]]
    delivered_unaccounted: tuple[str, ...]
    handed_over_unreleased: tuple[int, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every delivery is in the audit log and every entry that bytes left has its release."""
        return not self.delivered_unaccounted and not self.handed_over_unreleased


def day_account(reading: Reading, day: date, zone: str) -> Day:
    """The account of the messages that arrived on `day` in the IANA time zone `zone`."""
    since, until = _window(day, zone)
    sent: dict[str, Counter[str]] = {}
    for (partner, state), number in workload.intended(reading, since, until).items():
        sent.setdefault(partner, Counter())[_WORDS[state]] += number
    return Day(
        since,
        until,
        workload.accepted(reading, since, until),
        {partner: dict(became) for partner, became in sent.items()},
        workload.delivered_unaccounted(reading, since, until),
        workload.handed_over_unreleased(reading, since, until),
    )


def _window(day: date, zone: str) -> tuple[str, str]:
    local = ZoneInfo(zone)
    bounds = (datetime.combine(one, time(), local).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    since, until = bounds
    return instant_text(since), instant_text(until)
