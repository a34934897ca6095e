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


@dataclass(slots=True)
class _Line:
    """What is known of one partner. `failed`: in a row; `rests`: how often it was left alone without a success."""

    failed: int = 0
    rests: int = 0
    until: datetime | None = None
    probing: bool = False


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

    def told(self, partner: str, outcome: DeliveryOutcome, now: datetime) -> bool | None:
        """What became of a delivery that reached for the partner.

        True when the partner is left alone from now on, False when it is not any more, None when nothing changed.
        """
        line = self._lines.setdefault(partner, _Line())
        was_resting = line.until is not None
        if outcome.kind == "aborted" or outcome.code in _OF_THE_MESSAGE:
            return None
        if outcome.kind in ("delivered", "refused"):
            self._lines[partner] = _Line()
            return False if was_resting else None
        line.failed += 1
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


def _still(until: datetime, now: datetime) -> bool:
    """Whether it is not over; a clock that was set back does not make it longer than any rest."""
    return now < until <= now + LONGEST_WISH + LONGEST_REST
