"""Which consents end soon: a consent's last day is read once for each version of it, some at each look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.disclosure.expiry_events import Watched, watched
from gateway.errors import HandoffError
from gateway.flows.held_requests import RENEWAL_DAYS, last_day_in_force
from gateway.store import ConsentState, Reading, consents, records

_OPENED = 300
"""So many consents are opened at one look; the next goes on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A consent and the day on which it ends."""

    state: ConsentState
    last_day: date


@dataclass(frozen=True, slots=True)
class EndsByEvent:
    """A consent that ends when something happens: who watches for it (empty: nobody), and until when somebody looked
    (None: never).
    """

    state: ConsentState
    owner: str
    until: date | None


_Known = tuple[date | None, Watched | None]


class Endings:
    """The last days of consents, and the events by which they end, as far as they were read."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], _Known] = {}

    def soon(self, reading: Reading, today: date, zone: str) -> tuple[tuple[Ending, ...], bool]:
        """Usable consents that end within 30 days, the next first; and whether all consents were looked at."""
        read, is_whole = self._read(reading, zone)
        until = today + timedelta(days=RENEWAL_DAYS)
        found = [
            Ending(state, last) for state, (last, _) in read if last is not None and today <= last <= until
        ]
        return _in_order(found), is_whole

    def by_event(self, reading: Reading, zone: str) -> tuple[EndsByEvent, ...]:
        """Usable consents that end by an event, those at which nobody has looked for longest first."""
        read, _ = self._read(reading, zone)
        found = [
            EndsByEvent(state, event.owner, event.until) for state, (_, event) in read if event is not None
        ]
        return tuple(sorted(found, key=lambda one: (one.until or date.min, one.state.consent_id)))

    def _read(self, reading: Reading, zone: str) -> tuple[list[tuple[ConsentState, _Known]], bool]:
        """The usable consents as far as they were read, 300 more at each look; and whether these are all."""
        found: list[tuple[ConsentState, _Known]] = []
        opened = 0
        for state in consents.of_standing(reading, "usable"):
            key = (state.consent_id, state.version)
            if key not in self._known:
                if opened == _OPENED:
                    return found, False
                opened += 1
                last = last_day_in_force(reading, state.consent_id, zone)
                self._known[key] = (last, _event(reading, state.consent_id, zone))
            found.append((state, self._known[key]))
        return found, True


def _event(reading: Reading, consent_id: str, zone: str) -> Watched | None:
    try:
        record = records.get(reading, "Consent", consent_id)
    except HandoffError:
        return None
    if record is None or record.deleted or record.resource.get("status") != "active":
        return None
    return watched(record.resource, zone)


def _in_order(found: list[Ending]) -> tuple[Ending, ...]:
    return tuple(sorted(found, key=lambda one: (one.last_day, one.state.consent_id)))
