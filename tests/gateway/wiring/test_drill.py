"""The restore drill: it finds a good backup good, a bad one bad, and leaves everything as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit.journal import Journal
from gateway.errors import HandoffError
from gateway.wiring import drill as drilling
from gateway.wiring.backup_notes import keys_place
from gateway.wiring.drill import drill
from gateway.wiring.kept_notes import last_drill, paused
from tests.gateway.county import County
from tests.gateway.wiring.keeping import back_up, place, seal, with_own_keys


@pytest.fixture
def own(county: County) -> Iterator[County]:
    with_own_keys(county)
    county.consent()
    county.refer()
    county.deliver()
    seal(county)
    journal = Journal(county.store, county.folder.path / "journal", county.clock)
    journal.begin()
    journal.carry_on()
    yield county


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.requirement("P2-16-01")
def test_a_drill_while_the_gateway_works_touches_nothing_of_it(own: County) -> None:
    before = files_of(own.folder.path)

    found = drill(own.folder, None, clock=own.clock)

    assert found.faults == ()
    assert found.opened > 3 and found.entries > 2 and found.rows > 10
    assert files_of(own.folder.path) - before == {"last-drill.json"}
    assert paused(own.folder.path) is None
    assert (last_drill(own.folder.path) or {})["faults"] == []
    own.refer(control_id="ED-2", referral="R-2")


def test_a_backup_of_before_is_carried_on_from_the_journal(own: County) -> None:
    back_up(own)
    own.consent("housing")
    Journal(own.store, own.folder.path / "journal").begin()
    journal = Journal(own.store, own.folder.path / "journal", own.clock)
    journal.begin()
    journal.carry_on()

    elsewhere = keys_place(place(own)).rename(own.folder.path / "elsewhere")
    found = drill(own.folder, None, place(own), elsewhere, clock=own.clock)

    assert found.faults == ()


def test_entries_that_are_nowhere_are_a_fault(own: County) -> None:
    back_up(own)
    own.consent("housing")
    seal(own)

    found = drill(own.folder, None, place(own), clock=own.clock)

    assert found.faults == ("1 audit entries that the witness knows of are nowhere else",)


def test_a_backup_that_was_altered_stops_the_drill(own: County) -> None:
    made = back_up(own)
    made.rows.rows.write_bytes(b"")
    with pytest.raises(HandoffError, match="BACKUP_ALTERED"):
        drill(own.folder, None, place(own), clock=own.clock)
    assert not list(own.folder.path.glob("drill-*"))


def test_rows_that_are_not_there_are_a_fault(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    look = drilling._look

    def after_a_loss(folder, rows, keys, done):  # type: ignore[no-untyped-def]
        with sqlite3.connect(folder.path / "handoff.db") as store:
            store.execute("DELETE FROM patient_link")
        return look(folder, rows, keys, done)

    monkeypatch.setattr(drilling, "_look", after_a_loss)
    (fault,) = drill(own.folder, None, clock=own.clock).faults
    assert fault.startswith("table patient_link:")
