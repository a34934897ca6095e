"""A partner that does not answer is left alone, and everything goes as soon as it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import instant_text
from gateway.delivery.breaker import FAILURES, FIRST_REST, LONGEST_REST, LONGEST_WISH, Breaker
from gateway.delivery.outcome import DeliveryOutcome
from gateway.store import Intent, Reading, intents
from tests.gateway.county import MRN, County
from tests.gateway.delivery.test_sender import Server, play

NOON = datetime(2026, 4, 11, 12, tzinfo=UTC)
TAKEN = DeliveryOutcome("delivered", "HTTP_200")
NO_LINE = DeliveryOutcome("retry", "CONNECT_FAILED")
NO_ANSWER = DeliveryOutcome("unknown", "ANSWER_TIMEOUT")


def left_alone(at: datetime = NOON) -> Breaker:
    """A breaker that has just left the partner `otp` alone."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.told("otp", NO_LINE, at)
    return breaker


def test_after_so_many_failures_in_a_row_nothing_goes_to_that_partner() -> None:
    breaker = Breaker()
    changes = [breaker.told("otp", NO_LINE if n % 2 else NO_ANSWER, NOON) for n in range(FAILURES)]
    breaker.told("housing", NO_LINE, NOON)

    assert changes == [None] * (FAILURES - 1) + [True]
    assert breaker.resting(NOON) == {"otp"}
    assert breaker.to_probe(NOON) == frozenset()
    assert breaker.told("otp", NO_LINE, NOON) is None, "it is said once"


@pytest.mark.parametrize("taken", [TAKEN, DeliveryOutcome("refused", "HTTP_422")])
def test_an_answer_in_between_starts_the_count_anew(taken: DeliveryOutcome) -> None:
    breaker = Breaker()
    for outcome in [NO_LINE] * (FAILURES - 1) + [taken] + [NO_LINE] * (FAILURES - 1):
        assert breaker.told("otp", outcome, NOON) is None
    assert breaker.resting(NOON) == frozenset()


@pytest.mark.parametrize(
    "outcome",
    [
        DeliveryOutcome("aborted", "CHECK_SAID_NO"),
        DeliveryOutcome("retry", "HTTP_409"),
        DeliveryOutcome("unknown", "INTERNAL"),
    ],
)
def test_what_is_the_message_s_own_trouble_does_not_count(outcome: DeliveryOutcome) -> None:
    breaker = Breaker()
    for _ in range(3 * FAILURES):
        breaker.told("otp", outcome, NOON)
    assert breaker.resting(NOON) == frozenset()


def test_then_one_delivery_finds_out_and_no_more() -> None:
    breaker, later = left_alone(), NOON + FIRST_REST
    assert breaker.resting(later - timedelta(milliseconds=1)) == {"otp"}
    assert (breaker.resting(later), breaker.to_probe(later)) == (frozenset(), {"otp"})

    breaker.probe("otp")
    assert (breaker.resting(later), breaker.to_probe(later)) == ({"otp"}, frozenset())
    breaker.ended("otp")
    assert breaker.to_probe(later) == {"otp"}, "it did not come as far as the partner"

    assert breaker.told("otp", TAKEN, later) is False
    assert breaker.resting(later) | breaker.to_probe(later) == frozenset()
    breaker.ended("nobody")


def test_what_was_under_way_when_it_was_left_alone_makes_no_rest_longer() -> None:
    breaker = left_alone()
    for _ in range(20):
        assert breaker.told("otp", NO_ANSWER, NOON) is None
    assert breaker.to_probe(NOON + FIRST_REST) == {"otp"}


def test_each_time_it_is_left_alone_longer_up_to_a_minute() -> None:
    breaker, at, rests = left_alone(), NOON, []
    for _ in range(8):
        began = at
        while "otp" in breaker.resting(at):
            at += timedelta(seconds=1)
        rests.append(at - began)
        breaker.told("otp", NO_LINE, at)
    assert rests[:4] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[4:] == [LONGEST_REST] * 4


@pytest.mark.parametrize(
    ("wish", "rest"), [(20.0, timedelta(seconds=20)), (1.0, FIRST_REST), (1e6, LONGEST_WISH)]
)
def test_a_partner_that_asks_for_time_gets_it(wish: float, rest: timedelta) -> None:
    breaker = Breaker()
    assert breaker.told("otp", DeliveryOutcome("retry", "HTTP_429", retry_after=wish), NOON) is True
    assert breaker.resting(NOON + rest - timedelta(milliseconds=1)) == {"otp"}
    assert breaker.to_probe(NOON + rest) == {"otp"}


def test_a_clock_that_is_set_back_leaves_nobody_alone_for_long() -> None:
    assert left_alone().to_probe(NOON - timedelta(days=1)) == {"otp"}


# --- in the sender --------------------------------------------------------------------------------------------------


def patients_due(county: County, number: int) -> None:
    """So many people's referrals to the program, each permitted."""
    for n in range(number):
        letter = chr(65 + n % 26) + chr(65 + n // 26)
        county.refer(
            f"ED-{n}",
            f"R-{n}",
            change={
                "770011": f"8800{10 + n}",
                "Testperson^Maribel": f"Person{letter * 3}^Given{letter * 3}",
                "19960417": f"19{40 + n}0{1 + n % 9}1{n % 9}",
            },
        )
        county.consent(identifier=(MRN[0], f"8800{10 + n}"))


def waiting(county: County) -> dict[str, int]:
    """How many intents are in each state that is not settled."""
    found = county.look(intents.counts_by_state)
    return {state: number for (_, state), number in found.items()}


@pytest.mark.slow
def test_a_partner_that_is_down_is_tried_a_few_times_and_then_once_in_a_while(county: County) -> None:
    patients_due(county, 30)
    down, up = Server("503 Service Unavailable"), Server("200 OK")
    looks: list[int] = []

    def tried_and_left_alone() -> bool:
        """So it stays for longer than a sender waits before it looks for work again."""
        found = waiting(county)
        looks.append(1) if "retry" in found and "sending" not in found else looks.clear()
        return len(looks) > 150

    play(county, down, tried_and_left_alone)

    assert len(down.received) < 30, "what was under way together may end together"
    assert waiting(county) == {"retry": len(down.received), "due": 30 - len(down.received)}
    county.clock.advance(timedelta(minutes=30))
    play(county, up, lambda: not waiting(county))
    assert len(up.received) == 30


@pytest.mark.slow
def test_a_partner_that_is_down_for_six_hours_loses_nothing(county: County) -> None:
    """In one process: left alone, one delivery finds out now and then; once it answers, all others follow."""
    patients_due(county, 30)
    server, up_again = Server("503 Service Unavailable"), county.clock.now() + timedelta(hours=6)

    def enough() -> bool:
        county.clock.advance(timedelta(minutes=5))
        if county.clock.now() >= up_again:
            server.answers[:] = ["200 OK"]
        return not waiting(county)

    play(county, server, enough)
    assert county.clock.now() >= up_again
    tried = len(server.received) - 30
    assert 24 < tried < 150, "now and then, not again and again"
    assert len(set(server.keys)) == 30


@pytest.mark.slow
def test_what_waits_long_goes_as_soon_as_the_partner_takes_something(county: County) -> None:
    """Also after a restart: one finds out at once, and the others do not sit out waits that grew while it was down."""
    patients_due(county, 6)
    play(county, Server("503 Service Unavailable"), lambda: waiting(county) == {"retry": 6})
    later = instant_text(county.clock.now() + timedelta(minutes=14))
    county.write(lambda tx: [intents.end(tx, one, "retry", later, "HTTP_503", later) for one in every(tx)])

    up = Server("200 OK")
    play(county, up, lambda: not waiting(county))

    assert len(up.received) == 6


def every(reading: Reading) -> tuple[Intent, ...]:
    return intents.in_state(reading, "retry")


def test_of_one_that_takes_nothing_for_half_a_minute_a_person_is_told_though_one_delivery_waits() -> None:
    """Reliability section 3: told within 60 s, also where a silent partner's one delivery takes its whole deadline."""
    breaker, half = Breaker(), timedelta(seconds=30)
    breaker.told("otp", NO_ANSWER, NOON + half, NOON)
    breaker.told("housing", NO_LINE, NOON + half, NOON + half)
    assert breaker.not_taking(NOON + half) == {"otp"} and breaker.resting(NOON + half) == frozenset()

    breaker.told("housing", NO_LINE, NOON + 2 * half)
    assert breaker.not_taking(NOON + 2 * half) == {"otp", "housing"}, "it is told of between the tries, too"
    assert breaker.not_taking(NOON + timedelta(minutes=10)) == frozenset(), "nothing is tried any more"

    breaker.told("otp", TAKEN, NOON + 2 * half)
    breaker.told("otp", NO_ANSWER, NOON + 2 * half + timedelta(seconds=1), NOON + half)
    assert breaker.not_taking(NOON + 2 * half + timedelta(seconds=1)) == {"housing"}, (
        "it took another meanwhile"
    )
