"""A client that asks too often is told when to come back; the others notice nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.errors import NotNow
from gateway.fhir_api import build_app
from gateway.fhir_api.client_rates import BURST_SECONDS, ClientRates

NOON = datetime(2026, 4, 11, 12, tzinfo=UTC)


def taken(rates: ClientRates, client: str, at: datetime, tries: int) -> int:
    """How many of so many requests at once get through."""
    through = 0
    for _ in range(tries):
        try:
            rates.take(client, at)
        except NotNow:
            continue
        through += 1
    return through


def test_each_client_has_its_own_allowance_that_grows_with_time() -> None:
    rates = ClientRates(2)
    assert taken(rates, "one", NOON, 50) == 2 * BURST_SECONDS
    assert taken(rates, "two", NOON, 50) == 2 * BURST_SECONDS
    assert taken(rates, "one", NOON + timedelta(seconds=3), 50) == 6
    assert taken(rates, "one", NOON + timedelta(days=1), 50) == 2 * BURST_SECONDS, "no more than at first"


def test_a_clock_that_is_set_back_neither_gives_nor_takes() -> None:
    rates = ClientRates(2)
    assert taken(rates, "one", NOON, 4) == 4
    assert taken(rates, "one", NOON - timedelta(hours=1), 50) == 6
    assert taken(rates, "one", NOON - timedelta(hours=1) + timedelta(seconds=1), 50) == 2


@pytest.mark.parametrize(("per_second", "wait"), [(2, 1), (0.1, 10)])
def test_it_is_told_when_to_ask_again(per_second: float, wait: int) -> None:
    rates = ClientRates(per_second)
    with pytest.raises(NotNow) as told:
        for _ in range(100):
            rates.take("one", NOON)
    assert told.value.retry_after_seconds == wait


def test_at_the_door_it_is_429_and_one_request_counts_once(door: Any) -> None:
    door.app = build_app(replace(door.desk, rates=ClientRates(1)))
    form = {"patient": "p1"}
    answers = [door.call("POST", "/fhir/CarePlan/_search", data=form) for _ in range(BURST_SECONDS + 1)]

    assert [answer.status_code for answer in answers] == [200] * BURST_SECONDS + [429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["issue"][0]["code"] == "throttled"
    assert len(door.flows.asked) == BURST_SECONDS


def test_who_has_no_token_uses_up_nobody_s_allowance(door: Any) -> None:
    door.app = build_app(replace(door.desk, rates=ClientRates(1)))
    for _ in range(20):
        assert door.call("GET", "/fhir/CarePlan/c1", token="x").status_code == 401
    assert door.call("GET", "/fhir/CarePlan/c1").status_code == 200
