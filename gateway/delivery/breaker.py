"""Leaving a partner alone that does not answer: nothing is tried but one delivery now and then, until one gets through.

While a partner is left alone its intents stay due, so that no attempt is counted, no decision logged and no wait grows;
as soon as the partner answers, everything goes. Other partners are not touched (`reliability.md` section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.delivery.outcome import DeliveryOutcome

FAILURES = 5
"""So many in a row, with nothing taken in between, say that it is the partner and not the message."""

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(seconds=60)
LONGEST_WISH = timedelta(hours=1)
"""A partner's own `Retry-After` is honoured for the whole partner up to here; beyond, for the one delivery alone."""

_OF_THE_MESSAGE = frozenset({"HTTP_408", "HTTP_409", "HTTP_423", "HTTP_425", "INTERNAL"})
"""Passing reasons that say nothing about the next message."""


TOLD_AFTER = timedelta(seconds=25)
"""A partner that has taken nothing for so long, though it was tried, is told of: less than the deadline of an attempt,
so that a person hears within a minute also of one that is silent and of whom a single delivery waits.
"""


@dataclass(slots=True)
class _Line:
    """What is known of one partner. `failed`: in a row, the first of them begun at `since`, the last ended at `last`;
    `rests`: how often it was left alone without a success; `taken`: when it last took something.
    """

    failed: int = 0
    rests: int = 0
    until: datetime | None = None
    probing: bool = False
    since: datetime | None = None
    last: datetime | None = None
    taken: datetime | None = None


class Breaker:
    """Which partners are left alone now. Kept in memory: after a restart each is tried again."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def resting(self, now: datetime) -> frozenset[str]:
        """Partners to whom nothing goes now: left alone, or the one delivery that is to find out is under way."""
        return frozenset(
            partner
            for partner, line in self._lines.items()
            if line.until is not None and (line.probing or _still(line.until, now))
        )

    def not_taking(self, now: datetime) -> frozenset[str]:
        """Partners to tell a person of: they have taken nothing for `TOLD_AFTER` though they were tried. Not any more
        once nothing is tried: no wait is longer than the time it has been tried for.
        """
        return self.resting(now) | {
            partner
            for partner, line in self._lines.items()
            if line.since and line.last and _is_told(line.since, line.last, now)
        }

    def to_probe(self, now: datetime) -> frozenset[str]:
        """Partners who have been left alone long enough: one delivery may go, and no more."""
        return frozenset(
            partner
            for partner, line in self._lines.items()
            if line.until is not None and not line.probing and not _still(line.until, now)
        )

    def probe(self, partner: str) -> None:
        """The one delivery is under way."""
        self._lines[partner].probing = True

    def ended(self, partner: str) -> None:
        """A delivery has ended, whether it reached for the partner or not: another may find out."""
        if partner in self._lines:
            self._lines[partner].probing = False

    def told(
        self, partner: str, outcome: DeliveryOutcome, now: datetime, began: datetime | None = None
    ) -> bool | None:
        """What became of a delivery that reached for the partner and `began` then (none: now).

        True when the partner is left alone from now on, False when it is not any more, None when nothing changed.
        """
        line = self._lines.setdefault(partner, _Line())
        was_resting = line.until is not None
        if outcome.kind == "aborted" or outcome.code in _OF_THE_MESSAGE:
            return None
        if outcome.kind in ("delivered", "refused"):
            self._lines[partner] = _Line(taken=now)
            return False if was_resting else None
        line.failed, line.last = line.failed + 1, now
        line.since = line.since or max(began or now, line.taken or began or now)
        wish = timedelta(seconds=outcome.retry_after or 0.0)
        if line.until is not None and _still(line.until, now) and not wish:
            return None  # it was under way before the partner was left alone, and tells nothing new
        if not was_resting and line.failed < FAILURES and not wish:
            return None
        line.until = now + max(_rest(line.rests), min(wish, LONGEST_WISH))
        line.rests += 1
        return None if was_resting else True


def _rest(rests: int) -> timedelta:
    longest: timedelta = min(FIRST_REST * 2 ** min(rests, 10), LONGEST_REST)
    return longest


def _is_told(since: datetime, last: datetime, now: datetime) -> bool:
    tried = last - since
    return now - since >= TOLD_AFTER and now - last <= 2 * tried + LONGEST_REST


def _still(until: datetime, now: datetime) -> bool:
    """Whether it is not over; a clock that was set back does not make it longer than any rest."""
    return now < until <= now + LONGEST_WISH + LONGEST_REST
