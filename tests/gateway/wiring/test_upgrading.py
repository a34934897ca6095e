"""A newer program: its store goes forward only with a verified backup of exactly what is in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from gateway.errors import Internal, NotFound, NotNow
from gateway.store import sqlite_migrations
from gateway.store.sqlite_copy import told_of
from gateway.store.sqlite_migrations import known_version
from gateway.wiring.upgrading import upgrade
from tests.gateway.county import County
from tests.gateway.wiring.keeping import back_up, reopen, with_own_keys

STEP = "CREATE TABLE later (x TEXT); CREATE INDEX later_x ON later (x);"


@pytest.fixture
def own(county: County) -> Iterator[County]:
    with_own_keys(county)
    county.refer()
    yield county


def newer_program(monkeypatch: pytest.MonkeyPatch, *steps: str) -> int:
    """From now on the program has more steps than the one that made the store; the version it knows."""
    present = sqlite_migrations.migrations("sqlite")
    more = [(len(present) + 1 + n, f"{len(present) + 1 + n:04d}_later.sql", s) for n, s in enumerate(steps)]
    monkeypatch.setattr(sqlite_migrations, "migrations", lambda _dialect: (*present, *more))
    return known_version()


def test_a_newer_program_does_not_touch_an_older_store_by_itself(
    own: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.close()
    wanted = newer_program(monkeypatch, STEP)
    with pytest.raises(Internal, match="STORE_OLDER"):
        reopen(own)
    assert told_of(own.folder.path / "handoff.db").schema == wanted - 1
    monkeypatch.undo()
    reopen(own)


def test_with_a_backup_of_what_is_in_it_the_store_goes_forward(
    own: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(own)
    own.close()
    wanted = newer_program(monkeypatch, STEP)

    done = upgrade(own.folder, None, None, None)

    assert (done.before, done.now, done.backup) == (wanted - 1, wanted, made.rows.note.name)
    reopen(own)
    assert own.records("Patient")
    assert upgrade(own.folder, None, None, None).before == wanted, "nothing left to do"


def test_without_a_backup_it_stays(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    own.close()
    newer_program(monkeypatch, STEP)
    with pytest.raises(NotFound, match="BACKUP_MISSING"):
        upgrade(own.folder, None, None, None)
    monkeypatch.undo()
    reopen(own)


def test_with_a_backup_of_before_it_stays(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(own)
    own.refer(control_id="ED-2", referral="R-2")
    own.close()
    newer_program(monkeypatch, STEP)
    with pytest.raises(NotNow, match="BACKUP_TOO_OLD"):
        upgrade(own.folder, None, None, None)
    monkeypatch.undo()
    reopen(own)


def test_with_an_altered_backup_it_stays(own: County, monkeypatch: pytest.MonkeyPatch) -> None:
    made = back_up(own)
    own.close()
    content = bytearray(made.rows.rows.read_bytes())
    content[-1] ^= 1
    made.rows.rows.write_bytes(content)
    wanted = newer_program(monkeypatch, STEP)
    with pytest.raises(Internal, match="BACKUP_ALTERED"):
        upgrade(own.folder, None, None, None)
    assert told_of(own.folder.path / "handoff.db").schema == wanted - 1
    monkeypatch.undo()
    reopen(own)


def test_a_step_that_breaks_off_leaves_whole_steps_and_the_next_try_does_the_rest(
    own: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(own)
    own.close()
    before = told_of(own.folder.path / "handoff.db").schema
    newer_program(monkeypatch, STEP, "CREATE TABLE half (x TEXT); CREATE TABLE half (x TEXT);")
    with pytest.raises(Internal, match="STORE_UNREADABLE"):
        upgrade(own.folder, None, None, None)
    with sqlite3.connect(own.folder.path / "handoff.db") as store:
        names = {row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "later" in names and "half" not in names
    monkeypatch.undo()
    wanted = newer_program(monkeypatch, STEP, "CREATE TABLE half (x TEXT);")
    done = upgrade(own.folder, None, None, None)
    assert (done.before, done.now) == (before + 1, wanted)
    reopen(own)
    assert own.records("Patient")


def test_there_must_be_a_store(own: County) -> None:
    with pytest.raises(NotFound, match="STORE_MISSING"):
        upgrade(own.folder, "sqlite:///none.db", None, None)
