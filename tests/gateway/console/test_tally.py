"""Counts and finding over many spans: the same as counting and filtering all entries, whatever was counted before."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from datetime import date

import pytest

from gateway.audit import AuditEntry, Counting, counts, every
from gateway.clock import instant_text
from gateway.console import finding, tally
from gateway.console.finding import Facts, Found, find
from gateway.console.tally import Part, Tally
from gateway.store import AuditFilter, Reading, audit_counts, audit_rows, audit_window
from tests.gateway.console.conftest import ANA, BEN, NOW, Browser, made
from tests.gateway.county import County

NUMBER = 230
WINDOW = ("2026-11-01T07:00:00.000000Z", "2026-11-23T07:00:00.000000Z", date(2026, 11, 1), date(2026, 11, 22))


@pytest.fixture
def entries() -> list[AuditEntry]:
    chance = random.Random(7)
    return [
        made(
            1 + number % 90,
            at=instant_text(NOW.replace(day=1 + number // 12, hour=number % 12)),
            request_id=f"{number:036d}",
            kind=chance.choice(
                ("disclose", "refuse", "handover", "read", "revoke" if number % 40 == 0 else "disclose")
            ),
            partner=chance.choice(("otp", "housing", "")),
            outcome=chance.choice(("disclose", "partial")),
            patient_id=chance.choice((ANA, BEN, None)),
            basis=chance.choice(("CONSENT", "OWN_RECORD")),
        )
        for number in range(NUMBER)
    ]


@pytest.fixture
def log(county: County, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Spans of ten entries, and times that are exact to the entry."""
    monkeypatch.setattr(tally, "SPAN", 10)
    monkeypatch.setattr(counts, "SPAN", 10)
    monkeypatch.setattr(audit_window, "SLACK", 0)
    browser = Browser(county)
    browser.add(entries)
    return browser


def part_of(log: Browser, reading: Reading, *, counted: bool) -> Part:
    kept = Tally(log.county.store.read, log.county.premises.keys.index, log.county.premises.network.zone)
    if counted:
        log.county.run(kept.reach("2020", 60))
    return kept.part(reading, *WINDOW)


def test_the_counts_are_those_of_all_entries(log: Browser) -> None:
    with log.county.store.read() as reading:
        part = part_of(log, reading, counted=True)
        counted: Counter[tuple[str, ...]] = Counter()
        for _, sorts in part.days():
            counted.update(sorts)
        inside = [one.row for one in every(reading) if WINDOW[0] <= one.row.at < WINDOW[1]]

    assert part.is_whole
    assert len(part.spans) > 15
    assert counted == Counter((row.kind, row.outcome, row.partner, row.purpose) for row in inside)


def _count_all(log: Browser, zone: str) -> None:
    counting = Counting(log.county.store, log.county.premises.keys.index, zone)
    while log.county.run(counting.count_on()):
        pass


def test_a_first_look_after_a_start_counts_nothing_that_the_store_keeps(
    log: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an older log too; days are those of the zone; what somebody else put there is counted anew."""
    zone, counted = log.county.premises.network.zone, []
    count = counts.count_span

    def counting(reading: Reading, zone: str, after: int, upto: int) -> counts.Counts:
        counted.append(after)
        return count(reading, zone, after, upto)

    with log.county.store.read() as reading:
        spans = part_of(log, reading, counted=True).spans
    _count_all(log, "Pacific/Kiritimati")
    _count_all(log, zone)
    monkeypatch.setattr(tally, "count_span", counting)
    with log.county.store.read() as reading:
        assert part_of(log, reading, counted=True).spans == spans
        assert [after for after in counted if after + 10 <= NUMBER] == []
    for put, again in (
        ("x'ff'", {100}),
        ("'[]'", {100}),
        ("'[{},{}]'", {100}),
        (f"(SELECT counts FROM audit_count WHERE after_seq = 90 AND zone = '{zone}')", {100}),
        ("CAST(x'ff' AS TEXT)", set(range(0, NUMBER - 9, 10))),
    ):
        with closing(sqlite3.connect(log.county.folder.path / "handoff.db")) as connection, connection:
            connection.execute(
                f"UPDATE audit_count SET counts = {put} WHERE zone = ? AND after_seq = 100", (zone,)
            )
        counted.clear()
        with log.county.store.read() as reading:
            assert part_of(log, reading, counted=True).spans == spans
        assert again == {after for after in counted if after + 10 <= NUMBER}


def test_counting_goes_on_with_the_log_and_ends_where_it_cannot_be_counted(
    log: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway goes on: to say that the log was altered is for the verification."""
    store, zone = log.county.store, log.county.premises.network.zone
    counting, turns, is_over = Counting(store, log.county.premises.keys.index, zone), [], threading.Event()
    read = audit_window.counted

    def unreadable(reading: Reading, after: int, upto: int) -> tuple[audit_window.Counted, ...]:
        turns.append(after)
        if after == 70:
            if turns.count(70) == 2:
                is_over.set()
            raise audit_rows.NoText
        return read(reading, after, upto)

    async def run() -> None:
        running = asyncio.ensure_future(counting.run(0.001))
        assert await asyncio.to_thread(is_over.wait, 90)
        await counting.stop()
        await asyncio.wait_for(running, 60)

    monkeypatch.setattr(audit_window, "counted", unreadable)
    log.county.run(run())
    with store.read() as reading:
        assert audit_counts.counted_to(reading, zone, 10) == 70


def followed(reading: Reading, part: Part, wanted: AuditFilter, facts: Facts) -> list[int]:
    """The numbers that a person finds who follows the list to its end."""
    from dataclasses import replace

    numbers: list[int] = []
    found = Found((), -1, 0)
    while found.before:
        found = find(
            reading, part, wanted if found.before < 0 else replace(wanted, before_seq=found.before), facts, 7
        )
        numbers += [one.row.seq for one in found.entries]
        assert len(found.entries) <= 7
    return numbers


@pytest.mark.parametrize("counted", [True, False])
def test_whoever_follows_a_list_finds_every_entry_once(
    log: Browser, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "OPENED", 12)
    with log.county.store.read() as reading:
        part = part_of(log, reading, counted=counted)
        assert part.is_whole == counted
        all_of = [one for one in every(reading) if WINDOW[0] <= one.row.at < WINDOW[1]]
        for kind, partner, outcome, patient, basis in itertools.product(
            ("disclose", "revoke", None), ("otp", None), ("partial", None), (ANA, None), ("", "OWN_RECORD")
        ):
            wanted = AuditFilter(kind=kind, partner=partner, outcome=outcome, patient_id=patient)
            expected = [
                one.row.seq
                for one in reversed(all_of)
                if kind in (None, one.row.kind)
                and (kind is not None or one.row.kind != "read" or one.row.partner)
                and partner in (None, one.row.partner)
                and outcome in (None, one.row.outcome)
                and patient in (None, one.row.patient_id)
                and (not basis or (one.entry is not None and one.entry.basis == basis))
            ]
            assert followed(reading, part, wanted, Facts(basis=basis)) == expected, wanted


def test_an_empty_log_has_nothing_to_count(log: Browser) -> None:
    with log.county.store.read() as reading:
        part = Tally(log.county.store.read, log.county.premises.keys.index, "America/Phoenix").part(
            reading, "2030", "2031", date(2030, 1, 1), date(2030, 1, 2)
        )

    assert (part.spans, part.is_whole, list(part.days())) == ((), True, [])
