"""How consents stand today and which end soon: each version of a consent is opened once, some at each look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.disclosure.consent_standing import TOLD
from gateway.disclosure.expiry_events import Watched, watched
from gateway.errors import HandoffError
from gateway.flows.held_requests import RENEWAL_DAYS, last_day
from gateway.store import ConsentState, Reading, Record, consents, records

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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a version of a Consent says of its standing. `first_day`: YYYY-MM-DD, shorter or empty as it was given;
    `last`: its last day, both in the network's time zone; `event`: by which it ends while it is in force.
    """

    is_in_force: bool
    first_day: str
    last: date | None
    event: Watched | None


class Endings:
    """The facts of consents as far as they were read. No version says two things; whether it can still be opened does
    change, so whoever shows one looks again (`opened`).
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Facts] = {}
        self._lost: set[tuple[str, int]] = set()

    def known(self, state: ConsentState) -> Facts | None:
        """The facts of that version, if it was read before."""
        return self._known.get(_key(state))

    def opened(self, reading: Reading, states: Sequence[ConsentState], zone: str) -> dict[str, Facts]:
        """By consent id, read again now; without those that cannot be opened (any more)."""
        found: dict[str, Facts] = {}
        records_now = _records(reading, [one.consent_id for one in states])
        for state in states:
            record = records_now.get(state.consent_id)
            if record is not None:
                facts = self.known(state) or facts_of(record.resource, zone)
                found[state.consent_id] = self._known[_key(state)] = facts
        return found

    def soon(self, reading: Reading, today: date, zone: str) -> tuple[tuple[Ending, ...], bool]:
        """Usable consents that end within 30 days, the next first; and whether all consents were looked at."""
        read, is_whole = self._read(reading, zone)
        until = today + timedelta(days=RENEWAL_DAYS)
        found = [
            Ending(state, said.last)
            for state, said in read
            if said.last is not None and today <= said.last <= until
        ]
        return _in_order(found), is_whole

    def by_event(self, reading: Reading, zone: str) -> tuple[EndsByEvent, ...]:
        """Usable consents that end by an event, those at which nobody has looked for longest first."""
        read, _ = self._read(reading, zone)
        found = [
            EndsByEvent(state, said.event.owner, said.event.until)
            for state, said in read
            if said.event is not None
        ]
        return tuple(sorted(found, key=lambda one: (one.until or date.min, one.state.consent_id)))

    def _read(self, reading: Reading, zone: str) -> tuple[list[tuple[ConsentState, Facts]], bool]:
        """The usable consents in force as far as they were read, 300 more at each look; and whether these are all."""
        states: list[ConsentState] = []
        unread: list[ConsentState] = []
        is_whole = True
        for state in consents.of_standing(reading, "usable"):
            if _key(state) not in self._known and _key(state) not in self._lost:
                if len(unread) == _OPENED:
                    is_whole = False
                    break
                unread.append(state)
            states.append(state)
        found = self.opened(reading, unread, zone)
        self._lost.update(_key(one) for one in unread if one.consent_id not in found)
        read = ((one, self._known.get(_key(one))) for one in states)
        return [(one, said) for one, said in read if said is not None and said.is_in_force], is_whole


def facts_of(resource: Mapping[str, Any], zone: str) -> Facts:
    """What a Consent says of its standing."""
    is_in_force = resource.get("status") == "active"
    event = watched(resource, zone) if is_in_force else None
    return Facts(is_in_force, _first_day(resource, zone), last_day(resource, ZoneInfo(zone)), event)


def standing_now(state: ConsentState, facts: Facts | None, today: date) -> str:
    """How a consent stands that day: taken back, over, not begun, unreadable (its key was destroyed), else as recording
    it found.
    """
    if facts is None:
        return "unreadable"
    if not facts.is_in_force:  # what a message told and is not in force was never given by it
        return "ended" if TOLD in json.loads(state.reasons) else "withdrawn"
    if facts.last is not None and facts.last < today:
        return "ended"
    return "later" if state.standing == "usable" and facts.first_day > today.isoformat() else state.standing


def _key(state: ConsentState) -> tuple[str, int]:
    return state.consent_id, state.version


def _records(reading: Reading, ids: Sequence[str]) -> dict[str, Record]:
    """Those that can be opened; one that is broken does not hide the others."""
    try:
        found = tuple(records.present(reading, [("Consent", one) for one in ids]).values())
    except HandoffError:
        found = tuple(one for one in (_record(reading, consent_id) for consent_id in ids) if one is not None)
    return {one.id: one for one in found if not one.deleted}


def _record(reading: Reading, consent_id: str) -> Record | None:
    try:
        return records.get(reading, "Consent", consent_id)
    except HandoffError:
        return None


def _first_day(resource: Mapping[str, Any], zone: str) -> str:
    begins = str(resource.get("provision", {}).get("period", {}).get("start", ""))
    if "T" not in begins:
        return begins
    try:
        return datetime.fromisoformat(begins).astimezone(ZoneInfo(zone)).date().isoformat()
    except ValueError:
        return ""


def _in_order(found: list[Ending]) -> tuple[Ending, ...]:
    return tuple(sorted(found, key=lambda one: (one.last_day, one.state.consent_id)))
