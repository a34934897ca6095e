"""Which consents end soon: a consent's last day is read once for each version of it, some at each look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.flows.held_requests import RENEWAL_DAYS, last_day_in_force
from gateway.store import ConsentState, Reading, consents

_OPENED = 300
"""So many consents are opened at one look; the next goes on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A consent and the day on which it ends."""

    state: ConsentState
    last_day: date


class Endings:
    """The last days of consents, as far as they were read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], date | None] = {}

    def soon(self, reading: Reading, today: date, zone: str) -> tuple[tuple[Ending, ...], bool]:
        """Usable consents that end within 30 days, the next first; and whether all consents were looked at."""
        found: list[Ending] = []
        opened = 0
        for state in consents.of_standing(reading, "usable"):
            key = (state.consent_id, state.version)
            if key not in self._known:
                if opened == _OPENED:
                    return _in_order(found), False
                opened += 1
                self._known[key] = last_day_in_force(reading, state.consent_id, zone)
            last = self._known[key]
            if last is not None and today <= last <= today + timedelta(days=RENEWAL_DAYS):
                found.append(Ending(state, last))
        return _in_order(found), True


def _in_order(found: list[Ending]) -> tuple[Ending, ...]:
    return tuple(sorted(found, key=lambda one: (one.last_day, one.state.consent_id)))
