"""What is held is decided again when time alone changes the answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.release import Release
from gateway.flows.answers import Saved
from gateway.store import consent_requests, intents
from gateway.wiring.housekeeping import Housekeeping
from tests.gateway.county import MRN, County

pytestmark = pytest.mark.requirement("DM-20")


def begins(county: County, day: str) -> None:
    """A consent signed today for later."""
    made: dict[str, Any] = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    made["provision"]["period"] = {"start": day, "end": "2026-12-31"}
    county.record("hospital", made)


def a_minute_of_housekeeping(county: County) -> None:
    async def once() -> None:
        keeper = Housekeeping(county.premises)
        running = asyncio.create_task(keeper.run(every_seconds=30.0))
        await asyncio.sleep(0)
        await keeper.stop()
        await running

    county.run(once())


def test_a_referral_goes_on_the_day_her_consent_begins(county: County) -> None:
    county.refer()
    begins(county, "2026-05-01")
    county.refused()
    a_minute_of_housekeeping(county)
    assert county.states() == ["held"], "nothing changes before"

    county.clock.advance(timedelta(days=21))
    a_minute_of_housekeeping(county)

    assert isinstance(county.release(), Release)


def test_what_waits_for_a_person_is_not_decided_again_by_the_clock(county: County) -> None:
    county.refer()
    county.refused()
    entries = len(county.audit())

    county.clock.advance(timedelta(days=400))
    a_minute_of_housekeeping(county)

    assert county.states() == ["held"]
    assert len(county.audit()) == entries


def test_a_consent_that_ended_before_its_day_wakes_nothing_for_good(county: County) -> None:
    """Decided once more when it would have begun, refused, and then held without a day."""
    county.refer()
    begins(county, "2026-05-01")
    county.refused()
    (consent,) = county.records("Consent")
    county.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})
    county.clock.advance(timedelta(days=21))
    a_minute_of_housekeeping(county)
    if county.states() == ["due"]:
        county.refused()

    county.clock.advance(timedelta(days=21))
    a_minute_of_housekeeping(county)

    assert county.states() == ["held"]


@pytest.mark.requirement("P2-31-12")
def test_withdrawn_while_it_was_being_sent_it_ends_and_nobody_is_asked_again(county: County) -> None:
    """No mark could be made of it then, and the attempt came to be tried again."""
    saved = county.consent()
    county.refer()
    county.release()
    (sending,) = county.intents("sending")
    county.withdraw(saved)
    at = instant_text(county.clock.now())
    county.write(lambda tx: intents.finish(tx, sending.id, "retry", at, "POSSIBLE_DUPLICATE", due_at=at))

    refused = county.refused()

    assert refused.ended
    (ended,) = county.intents()
    assert (ended.state, ended.reason) == ("cancelled", "CONSENT_WITHDRAWN")
    assert county.look(lambda reading: consent_requests.of_intent(reading, ended.id)) is None


def prohibition(county: County) -> Saved:
    made: dict[str, Any] = person.consent("hospital", "otp", "TREAT", identifier=MRN, classes=("Condition",))
    made["provision"]["type"] = "deny"
    return county.record("hospital", {**made, "dateTime": "2026-03-02T10:00:00-07:00"})


def released_and_not_taken(county: County) -> None:
    """It was released, and the partner's system was down."""
    county.released()
    (sending,) = county.intents("sending")
    county.settle(sending, "retry", "TIMEOUT")


@pytest.mark.requirement("P2-31-12")
def test_a_prohibition_taken_back_ends_nothing_that_then_runs_out(county: County) -> None:
    """The log names it among the consents of the release, since it kept something back."""
    county.refer()
    county.consent()
    forbidden = prohibition(county)
    released_and_not_taken(county)
    county.withdraw(forbidden)
    county.clock.advance(timedelta(days=900))

    county.refused()

    assert county.states() == ["held"]


@pytest.mark.requirement("P2-31-12")
def test_only_the_last_release_says_what_it_went_by(county: County) -> None:
    county.refer()
    first = county.consent()
    released_and_not_taken(county)
    county.consent()
    county.withdraw(first)
    released_and_not_taken(county)
    county.clock.advance(timedelta(days=900))

    county.refused()

    assert county.states() == ["held"]


def test_what_was_released_under_a_consent_that_only_ran_out_waits_for_a_new_one(county: County) -> None:
    made: dict[str, Any] = person.consent("hospital", "otp", "TREAT", identifier=MRN)
    made["provision"]["period"] = {"start": "2026-01-01", "end": "2026-04-20"}
    county.record("hospital", made)
    county.refer()
    county.release()
    (sending,) = county.intents("sending")
    county.clock.advance(timedelta(days=30))
    at = instant_text(county.clock.now())
    county.write(lambda tx: intents.finish(tx, sending.id, "retry", at, "HTTP_503", due_at=at))

    assert not county.refused().ended
    assert county.states() == ["held"]
