"""Instants as text, and ids."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import (
    LONGEST_STAND,
    FixedClock,
    SteadyClock,
    SystemClock,
    instant_text,
    new_id,
    new_row_id,
    read_instant,
)

_INSTANTS = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))  # the strategy adds it


@given(_INSTANTS)
def test_an_instant_comes_back_from_its_text(at: datetime) -> None:
    text = instant_text(at)
    assert len(text) == len("2026-11-22T07:00:00.000000Z")
    assert read_instant(text) == at


@given(_INSTANTS, _INSTANTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    there = timezone(timedelta(hours=-7))
    assert instant_text(datetime(2026, 4, 11, 8, 0, tzinfo=there)) == "2026-04-11T15:00:00.000000Z"


_OTHER = """
2026-04-11
2026-04-11T15:00:00Z
2026-04-11 15:00:00.000000Z
2026-W15-6T15:00:00.000000Z
2026-04-11T15:00:00.000000+00:00
2026-02-30T15:00:00.000000Z
\uff12026-04-11T15:00:00.000000Z
"""


@pytest.mark.parametrize("text", _OTHER.split("\n")[:-1])
def test_other_texts_are_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text)


def test_ids_of_rows_are_uuids_that_stand_in_the_order_of_time() -> None:
    before = SystemClock().now()
    made = [new_row_id() for _ in range(2000)]
    after = SystemClock().now()

    assert len(set(made)) == len(made)
    for text in made:
        found = uuid.UUID(text)
        assert (str(found), found.version, found.variant) == (text, 7, uuid.RFC_4122)
        at = datetime.fromtimestamp((found.int >> 80) / 1000, UTC)
        assert before - timedelta(milliseconds=1) <= at <= after
    times = [text[:13] for text in made]
    assert times == sorted(times)


def test_ids_that_must_tell_nothing_tell_nothing() -> None:
    assert {uuid.UUID(new_id()).version for _ in range(50)} == {4}


def test_a_clock_that_is_set_back_stands_and_one_that_was_wrong_is_followed() -> None:
    noon = datetime(2026, 4, 11, 12, tzinfo=UTC)
    machine = FixedClock(noon)
    steady = SteadyClock(machine=machine)
    assert steady.now() == noon
    machine.advance(-LONGEST_STAND)
    assert steady.now() == noon
    machine.advance(timedelta(minutes=16))
    assert steady.now() == noon + timedelta(minutes=1)
    machine.advance(-LONGEST_STAND - timedelta(seconds=1))
    assert steady.now() == machine.now()
