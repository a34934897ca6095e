"""A clock that is set ahead and back again opens nothing that had ended (`reliability.md` section 3, "clock")."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.clock import SteadyClock, instant_text
from gateway.demo import person
from gateway.disclosure.release import Refusal
from gateway.store import intents, tokens
from gateway.wiring.opening import open_premises
from tests.gateway.county import MRN, County
from tests.gateway.disclosure.test_held_until import a_minute_of_housekeeping

TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_consent_that_has_ended_does_not_begin_again(
    county: County, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    machine = county.clock
    county.premises = replace(county.premises, clock=SteadyClock(machine=machine))
    made = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    made["provision"]["period"] = {"start": "2026-03-01", "end": "2026-04-11T10:00:00-07:00"}
    county.record("hospital", made)
    county.refer()
    machine.advance(timedelta(hours=2, minutes=5))
    county.refused()

    machine.advance(-TEN_MINUTES)
    if restarted:
        monkeypatch.setattr("gateway.clock.SystemClock", lambda: machine)
        county.premises = open_premises(county.folder, county.store)
    now = instant_text(machine.now())
    county.write(lambda tx: intents.wake_patient(tx, county.patient_id, now))

    assert isinstance(county.release(), Refusal)


def test_a_statement_that_was_used_is_not_taken_again(county: County) -> None:
    expires = instant_text(county.clock.now() + timedelta(minutes=7))
    use = lambda: county.write(lambda tx: tokens.use_jti(tx, "otp-client", "one", expires))  # noqa: E731
    assert use()
    county.clock.advance(TEN_MINUTES)
    a_minute_of_housekeeping(county)

    county.clock.advance(-TEN_MINUTES)

    assert not use()
