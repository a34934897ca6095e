"""When a partner is there: in its own zone, over midnight, on holidays, and around a change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.partners import NetworkFileRefused, parse_network
from gateway.partners.opening_hours import OpeningHours, after_open, after_open_days, next_open, stands
from tests.gateway.partners.test_network_file import STARTER

PHOENIX, BERLIN = "America/Phoenix", "Europe/Berlin"
WEEK = OpeningHours(
    mon=("08:00-12:00", "13:00-17:00"),
    tue=("22:00-24:00",),
    wed=("00:00-06:00",),
    holidays=("2026-11-30",),
)


def at(text: str) -> datetime:
    """An instant in UTC; Phoenix is seven hours behind all year."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "is_open", "changes"),
    [
        ("2026-11-23T15:00", True, "2026-11-23T12:00-07:00"),
        ("2026-11-23T14:59", False, "2026-11-23T08:00-07:00"),
        ("2026-11-23T19:00", False, "2026-11-23T13:00-07:00"),
        ("2026-11-24T00:00", False, "2026-11-24T22:00-07:00"),
        ("2026-11-25T06:00", True, "2026-11-25T06:00-07:00"),
        ("2026-11-25T12:59", True, "2026-11-25T06:00-07:00"),
        ("2026-11-30T16:00", False, "2026-12-01T22:00-07:00"),
    ],
)
def test_open_or_closed_and_when_it_changes(instant: str, is_open: bool, changes: str) -> None:
    found = stands(WEEK, PHOENIX, at(instant))
    assert (found.is_open, found.changes_at) == (is_open, datetime.fromisoformat(changes))


def test_always_and_never_change_in_no_time_that_counts() -> None:
    every = ("00:00-24:00",)
    always = OpeningHours(mon=every, tue=every, wed=every, thu=every, fri=every, sat=every, sun=every)
    assert stands(always, PHOENIX, at("2026-11-23T15:00")).changes_at is None
    found = stands(OpeningHours(), PHOENIX, at("2026-11-23T15:00"))
    assert (found.is_open, found.changes_at) == (False, None)


def test_the_hours_are_those_of_the_partner_s_clock_when_it_changes() -> None:
    sundays = OpeningHours(sun=("01:00-04:00",))
    for instant in (
        "2026-10-25T02:30",
        "2026-03-29T01:30",
    ):  # 3:30 after the hour that came twice, or not at all
        found = stands(sundays, BERLIN, at(instant))
        assert found.is_open and found.changes_at is not None and found.changes_at.hour == len("four")


@pytest.mark.requirement("SD-06")
def test_a_timer_counts_open_hours_alone_also_when_the_clock_changes() -> None:
    def due(hours: OpeningHours | None, since: str, wanted: float, zone: str = PHOENIX) -> datetime:
        return after_open(hours, zone, at(since), timedelta(hours=wanted))

    assert due(WEEK, "2026-11-23T18:30", 1) == at("2026-11-23T20:30"), "the hour at noon does not count"
    assert due(WEEK, "2026-11-23T23:00", 2) == at("2026-11-25T06:00"), "on Tuesday from ten at night"
    assert due(WEEK, "2026-11-25T05:30", 8) == at("2026-12-02T05:30"), "over midnight, and over a holiday"
    assert due(None, "2026-11-23T18:30", 30) == at("2026-11-25T00:30")
    assert due(OpeningHours(), "2026-11-23T18:30", 30) == at("2026-11-25T00:30"), "it ends all the same"
    sundays = OpeningHours(sun=("01:00-04:00",))
    assert due(sundays, "2026-10-24T12:00", 4, BERLIN) == at("2026-10-25T03:00"), "the night has an hour more"
    assert due(sundays, "2026-03-28T12:00", 2, BERLIN) == at("2026-03-29T02:00"), "the night has an hour less"


def test_days_on_which_it_is_closed_do_not_count() -> None:
    friday = at("2026-11-27T16:00")
    assert after_open_days(WEEK, PHOENIX, friday, 2) == at("2026-12-07T15:00"), (
        "Tuesday, Wednesday, and then closed"
    )
    assert after_open_days(None, PHOENIX, friday, 2) == at("2026-11-29T16:00")
    assert after_open_days(OpeningHours(), PHOENIX, friday, 2) == at("2026-11-29T16:00")
    assert next_open(WEEK, PHOENIX, friday) == at("2026-12-02T05:00")


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ('{mon: ["17:00-08:00"]}', "must end later"),
        ('{mon: ["08:00-12:00", "11:00-13:00"]}', "must be in order"),
        ('{holidays: ["2026-02-30"]}', "is no day"),
        ('{mon: ["8-17"]}', "expected"),
        ("{monday: []}", "unknown field"),
    ],
)
def test_a_slip_in_the_hours_is_named_with_its_line(hours: str, said: str) -> None:
    text = STARTER.replace(
        "    delivery: {kind: desk}\n", f"    delivery: {{kind: desk}}\n    hours: {hours}\n", 1
    )
    text = text.replace(next(line for line in text.splitlines() if "09:00-19:00" in line) + "\n", "")
    with pytest.raises(NetworkFileRefused) as refused:
        parse_network(text.encode())
    (fault,) = refused.value.faults
    assert said in fault.what and fault.place.startswith("partners.peer-support.hours") and fault.line > 1
