"""A store on PostgreSQL is backed up, verified, restored, tried and brought forward as a SQLite store is."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.audit import newest, read_witness, verifier_of, verify
from gateway.audit.journal import Journal
from gateway.cli.doctor_command import doctor
from gateway.errors import HandoffError, Internal, NotFound
from gateway.flows.destruction import destroy_patient
from gateway.flows.restored import CHANGED_SINCE, confirm_consents
from gateway.store import consents, patients, postgres_copy, postgres_migrations, sqlite_migrations
from gateway.store.model import AuditFilter
from gateway.store.opening import is_empty
from gateway.store.postgres_migrations import known_version
from gateway.store.sqlite_copy import told_of
from gateway.wiring.backing_up import MadeBackup, verify_backup
from gateway.wiring.backup_notes import newest_keys_backup, newest_store_backup
from gateway.wiring.checkup import Finding, look_over
from gateway.wiring.checkup_database import database_checks
from gateway.wiring.checkup_places import place_checks
from gateway.wiring.checkup_store import store_checks
from gateway.wiring.drill import drill
from gateway.wiring.kept_notes import paused
from gateway.wiring.restoring import Restored, Wanted, restore
from gateway.wiring.standstill import CHECKED, Standstill
from gateway.wiring.upgrading import upgrade
from tests.gateway.county import OTP, County
from tests.gateway.wiring.keeping import back_up, bytes_of, place, reopen, seal, with_own_keys
from tests.postgres_server import PostgresServer

AT = "2026-04-11T15:00:00.000000Z"
_OTHERS_OUT = """SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """The URL of a database without any table."""
    return postgres.url(postgres.new_database())


@pytest.fixture
def own(county: County, url: str) -> Iterator[County]:
    """On a database: a referral that was permitted and sent, one that waits, and a log that is sealed."""
    with_own_keys(county, url)
    for file in county.folder.path.glob("handoff.db*"):
        file.unlink()
    county.consent()
    county.refer()
    county.share_plan()
    county.deliver()
    county.refer("ED-2", "R-2")
    _carry_on(county)
    yield county


def _carry_on(county: County) -> None:
    seal(county)
    journal = Journal(county.store, county.folder.path / "journal", county.clock)
    journal.begin()
    journal.carry_on()


def _lose(county: County, url: str) -> None:
    """The database is gone, and another, empty one has its name."""
    county.close()
    with psycopg.connect(url, autocommit=True) as there:
        there.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert is_empty(url)


def _put_back(county: County, url: str | None, made: MadeBackup | None = None) -> Restored:
    signer = county.folder.keys.signer
    rows = made.rows if made else newest_store_backup(place(county), signer)
    keys = newest_keys_backup(county.folder.path / "backups-keys", signer)
    return restore(county.folder, url, Wanted(rows, keys, "anna", "the disk is broken"), county.clock)


def _code(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(HandoffError) as refused:
        call(*given, **named)
    return refused.value.code


@pytest.mark.requirement("P2-16-01")
def test_a_backup_is_that_of_one_moment_in_two_files(own: County, url: str) -> None:
    own.write(lambda tx: tx.cipher.seal(tx, "patient:gone", "row", b"secret"))
    with psycopg.connect(url) as there:
        wrapped = [row[0] for row in there.execute("SELECT wrapped FROM data_key")]
        counts = {
            table: there.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0]  # type: ignore[index]
            for table in ("intent", "audit", "record", "releases", "inbox", "consent_history")
        }
        last = there.execute("SELECT max(sequence) FROM intent").fetchone()

    made = back_up(own, url)

    assert made.found.opened > 3 and made.found.entries == counts["audit"]
    assert {table: made.rows.note.counts[table] for table in counts} == counts and counts["intent"] > 1
    assert "process" not in made.rows.note.counts and "lease" not in made.rows.note.counts
    said = bytes_of(made.rows.path)
    assert wrapped and not any(bytes(key) in said for key in wrapped), "no key is kept with the rows"
    with contextlib.closing(sqlite3.connect(made.rows.rows)) as file:
        assert file.execute("SELECT seq FROM sqlite_sequence WHERE name = 'intent'").fetchone() == last
    verify_backup(own.folder, made.rows, made.keys)


@pytest.mark.requirement("HI-312-02", "P2-31-11")
def test_a_lost_database_is_put_back_with_what_came_since(own: County, url: str) -> None:
    saved = own.consent("housing")
    made, patient = back_up(own, url), own.patient_id
    own.withdraw(saved)
    own.refer("ED-3", "R-3")
    _carry_on(own)
    entries = own.look(lambda reading: newest(reading, 1))[0].row.seq
    _lose(own, url)
    assert _code(reopen, own, url) == "STORE_LOST", "a start does not make an empty one"

    done = _put_back(own, url, made)

    assert (done.lost, done.whole, done.since.entries) == (0, True, entries)
    assert done.since.withdrawn == {patient}
    assert not list(own.folder.path.glob("database*.restoring*")), "no copy is left beside the network"
    reopen(own, url)
    witness = read_witness(own.folder.path / "witness.log")
    report = own.look(lambda reading: verify(reading, verifier_of(own.folder.keys.signer), witness))
    assert report.ok and report.entries == entries + 1
    (said,) = own.look(lambda reading: newest(reading, 1, AuditFilter(outcome="restored")))
    assert said.entry is not None and "the log goes on unbroken" in said.entry.description
    standing = own.look(lambda reading: consents.of_patient(reading, own.patient_id))
    assert any(CHANGED_SINCE in json.loads(state.reasons) for state in standing)

    # Nothing leaves until a named person says so, whatever gateway asks, also one without the note of the restore.
    assert not own.claim()
    (own.folder.path / "paused.json").rename(own.folder.path / "elsewhere.json")
    standstill = Standstill(own.folder.path, own.store, own.clock)
    assert not standstill.is_over
    assert own.run(_code_of(standstill.resume("", "looked"))) == "CONSENTS_NOT_CHECKED"
    (own.folder.path / "elsewhere.json").rename(own.folder.path / "paused.json")
    assert own.run(_code_of(standstill.resume("", "looked"))) == "CONSENTS_NOT_CHECKED", "the last moments"
    own.run(standstill.resume(CHECKED, "all looked through"))
    assert paused(own.folder.path) is None
    assert own.run(_code_of(standstill.resume("", "once more"))) == "NOT_PAUSED"
    told = own.run(confirm_consents(own.premises, own.patient_id, "asked the hospital"))
    assert told["withdrawn"] == 1, "nobody's word brings a withdrawn one back"


async def _code_of(asked: Any) -> str:
    try:
        await asked
    except HandoffError as error:
        return error.code
    return ""


def test_a_gateway_that_ran_hears_of_standstill_and_end(own: County, url: str) -> None:
    import asyncio

    running = Standstill(own.folder.path, own.store, own.clock)
    assert running.is_over
    waiting = running
    with psycopg.connect(url, autocommit=True) as there:
        there.execute("DELETE FROM lease WHERE name = 'configuration'")
        there.execute(postgres_copy._STANDS_STILL)
    assert _code(own.write, lambda tx: None) == "STORE_RECONFIGURED", "it writes nothing, so it shows nothing"
    with pytest.raises(Internal, match="STORE_ROLLED_BACK"):
        own.run(running.watch(asyncio.Event()))
    own.close()
    reopen(own, url)

    async def _at_once() -> None:
        assert waiting.is_over

    async def waits() -> None:
        nonlocal waiting
        stopping = asyncio.Event()
        waiting = Standstill(own.folder.path, own.store, own.clock)
        assert not waiting.is_over
        task = asyncio.ensure_future(waiting.watch(stopping))
        await Standstill(own.folder.path, own.store, own.clock).resume(CHECKED, "asked all")
        async with asyncio.timeout(90):
            await waiting.then(_at_once, stopping)
        stopping.set()
        await task

    assert not own.claim(), "nothing that is due is given out"
    own.run(waits())
    assert own.claim()


def test_a_patient_destroyed_since_does_not_come_back(own: County, url: str) -> None:
    patient = "gone"
    own.write(lambda tx: patients.create(tx, AT, True, patient))
    own.write(lambda tx: tx.cipher.seal(tx, f"patient:{patient}", "row", b"secret"))
    made = back_up(own, url)
    own.run(destroy_patient(own.premises, patient, "she asked"))
    _carry_on(own)
    _lose(own, url)
    assert _put_back(own, url, made).since.destroyed.keys() == {patient}
    reopen(own, url)
    with pytest.raises(NotFound, match="KEY_GONE"):
        own.write(lambda tx: own.folder.keys.cipher_alone().seal(tx, f"patient:{patient}", "row", b"again"))


def test_nothing_is_written_over_and_no_gateway_may_be_connected(own: County, url: str) -> None:
    made = back_up(own, url)
    assert _code(_put_back, own, url, made) == "STORE_NOT_EMPTY"
    _lose(own, url)
    with psycopg.connect(url, autocommit=True, application_name="warm-handoff"):
        assert _code(_put_back, own, url, made) == "STORE_IN_USE"
    assert is_empty(url)
    with psycopg.connect(url, autocommit=True) as there:
        there.execute("CREATE TABLE of_others (x TEXT)")
        assert _code(_put_back, own, url, made) == "STORE_NOT_EMPTY"
        there.execute("DROP TABLE of_others")
    assert _put_back(own, url, made).entries == made.found.entries
    reopen(own, url)


def test_cut_off_before_its_end_a_restore_begins_anew(
    own: County, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(own, url)
    _lose(own, url)
    commit = postgres_copy._commit

    def cut(wire: Any, database: Any) -> None:
        with psycopg.connect(url, autocommit=True) as there:
            there.execute(_OTHERS_OUT)
        commit(wire, database)

    monkeypatch.setattr(postgres_copy, "_commit", cut)
    assert _code(_put_back, own, url, made) == "STORE_UNREACHABLE"
    assert is_empty(url) and paused(own.folder.path) is not None
    assert _code(reopen, own, url) == "STORE_LOST", "and nothing starts in between"
    monkeypatch.undo()
    assert _put_back(own, url, made).lost == 0
    reopen(own, url)


def test_either_store_is_put_back_as_the_other(own: County, url: str, tmp_path: Path) -> None:
    """The way back from PostgreSQL to a file, which goes through the same rules as any restore."""
    own.refer("ED-3", "R-3")
    _carry_on(own)
    made = back_up(own, url)
    _lose(own, url)
    done = _put_back(own, None, made)
    assert done.whole and not done.lost
    reopen(own)
    assert own.search("otp", "Goal", OTP)["total"] == 2
    assert paused(own.folder.path) is not None
    told = told_of(own.folder.path / "handoff.db")
    assert told.counts["intent"] == made.rows.note.counts["intent"]


@pytest.mark.requirement("P2-16-01")
def test_a_drill_touches_nothing_of_the_database(own: County, url: str) -> None:
    found = drill(own.folder, url, clock=own.clock)
    assert found.faults == () and found.opened > 3 and found.entries > 2
    own.refer("ED-3", "R-3")


def _newer_program(monkeypatch: pytest.MonkeyPatch) -> int:
    """From now on the program has one step more than the one that made the store; the version it knows."""
    for module, dialect in ((sqlite_migrations, "sqlite"), (postgres_migrations, "postgres")):
        had = module.migrations(dialect)
        more = (*had, (len(had) + 1, f"{len(had) + 1:04d}_later.sql", "CREATE TABLE later (x TEXT);"))
        monkeypatch.setattr(module, "migrations", lambda _dialect, more=more: more)
    return known_version()


def test_tables_go_forward_only_with_a_backup_of_what_is_in_them_and_no_gateway(
    own: County, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert upgrade(own.folder, url, place(own), None).backup == "", "nothing to do"
    wanted = _newer_program(monkeypatch)
    assert _code(upgrade, own.folder, url, place(own), None) == "STORE_IN_USE"
    own.close()
    assert _code(upgrade, own.folder, url, None, None) == "BACKUP_MISSING"
    made = back_up(own, url)
    assert made.rows.note.schema == wanted - 1, "a backup has the tables of its store"
    with psycopg.connect(url, autocommit=True) as there:
        there.execute("INSERT INTO kept_version VALUES ('network', 'x', '', '')")
        assert _code(upgrade, own.folder, url, place(own), None) == "BACKUP_TOO_OLD"
        there.execute("DELETE FROM kept_version WHERE version = 'x'")
    assert _code(reopen, own, url) == "STORE_OLDER"
    done = upgrade(own.folder, url, place(own), None)
    assert (done.before, done.now, done.backup) == (wanted - 1, wanted, made.rows.note.name)
    reopen(own, url)
    _lose(own, url)
    assert _put_back(own, url, made).lost == 0, "the backup of before goes forward when it is put back"
    reopen(own, url)


def _found(county: County, url: str) -> list[Finding]:
    checks = (*place_checks(), *database_checks(), *store_checks())
    return look_over(county.folder.path, url, checks, county.clock)[0]


def test_the_doctor_looks_at_a_database(own: County, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    back_up(own, url)
    found = {one.what for one in _found(own, url)}
    # What the server of the tests does, and no server of a gateway should.
    assert any("`fsync` off" in what for what in found) and any("autovacuum" in what for what in found)
    assert not any("cannot be looked at" in what or "no gateway runs" in what for what in found), found
    with psycopg.connect(url, autocommit=True) as there:
        there.execute("INSERT INTO lease VALUES ('standstill', 'restore', 'infinity')")
        there.execute("UPDATE lease SET until = now() - interval '1 hour' WHERE name = 'keeper'")
        found = {one.what for one in _found(own, url)}
        assert any(what.startswith("it stands still") for what in found)
        there.execute("DELETE FROM lease WHERE name = 'standstill'")
    own.close()
    assert "no gateway runs on this store" in {one.what for one in _found(own, url)}
    assert doctor(own.folder.path, url, as_json=False) == 1
    assert "WRONG  database: the server runs with `fsync` off" in capsys.readouterr().out
    reopen(own, url)
