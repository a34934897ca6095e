"""Which consents of one recorder end soon, found out a little at each look, however many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.flows.held_requests import RENEWAL_DAYS, last_day_in_force
from gateway.store import ConsentState, Reading, consents

_A_LOOK = 300
"""So many consents are opened at one look; the next goes on where this one ended."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """A consent and the last day on which it holds."""

    state: ConsentState
    last_day: date


@dataclass(frozen=True, slots=True)
class _Round:
    """What is known of one recorder's consents: where the next look begins, and whether all were seen once."""

    after: str = ""
    is_whole: bool = False


class Renewals:
    """The consents that end within 30 days, by recorder, in this process alone."""

    def __init__(self) -> None:
        self._rounds: dict[str, _Round] = {}
        self._soon: dict[str, dict[str, Renewal]] = {}

    def soon(
        self, reading: Reading, recorder: str, today: date, zone: str
    ) -> tuple[tuple[Renewal, ...], bool]:
        """Usable consents that `recorder` recorded and that end within 30 days, the next first; and whether all of its
        consents were looked at. What is named is looked at again each time: a consent that was taken back is not.
        """
        known = self._soon.setdefault(recorder, {})
        for consent_id in list(known):
            state = consents.get(reading, consent_id)
            del known[consent_id]
            if state is not None and state.standing == "usable":
                self._learn(reading, known, state, today, zone)
        before = self._rounds.get(recorder, _Round())
        page = consents.of_recorder_after(reading, recorder, "usable", before.after, _A_LOOK)
        for state in page:
            if state.consent_id not in known:
                self._learn(reading, known, state, today, zone)
        is_last = len(page) < _A_LOOK
        after = "" if is_last else page[-1].consent_id
        self._rounds[recorder] = replace(before, after=after, is_whole=before.is_whole or is_last)
        found = sorted(known.values(), key=lambda one: (one.last_day, one.state.consent_id))
        return tuple(found), self._rounds[recorder].is_whole

    @staticmethod
    def _learn(
        reading: Reading, known: dict[str, Renewal], state: ConsentState, today: date, zone: str
    ) -> None:
        last = last_day_in_force(reading, state.consent_id, zone)
        if last is not None and today <= last <= today + timedelta(days=RENEWAL_DAYS):
            known[state.consent_id] = Renewal(state, last)
