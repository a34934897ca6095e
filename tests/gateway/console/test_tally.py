"""Counts and finding over many spans: the same as counting and filtering all entries, whatever was counted before."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import date

import pytest

from gateway.audit import AuditEntry, every
from gateway.clock import instant_text
from gateway.console import finding, tally
from gateway.console.finding import Facts, Found, find
from gateway.console.tally import Part, Tally
from gateway.store import AuditFilter, Reading, audit_window
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
    monkeypatch.setattr(audit_window, "SLACK", 0)
    browser = Browser(county)
    browser.add(entries)
    return browser


def part_of(log: Browser, reading: Reading, *, counted: bool) -> Part:
    counts = Tally(log.county.store.read, log.county.premises.network.zone)
    if counted:
        log.county.run(counts.reach("2020", 60))
    return counts.part(reading, *WINDOW)


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
    counts = Tally(log.county.store.read, "America/Phoenix")
    with log.county.store.read() as reading:
        part = counts.part(reading, "2030", "2031", date(2030, 1, 1), date(2030, 1, 2))

    assert (part.spans, part.is_whole, list(part.days())) == ((), True, [])
