"""A SQLite store moves to PostgreSQL: with every row and on with its log, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.audit.journal import FOLDER as JOURNAL
from gateway.audit.journal import Journal
from gateway.cli import main
from gateway.errors import HandoffError, Internal
from gateway.store import intents, patients
from gateway.store.opening import is_empty
from gateway.store.sqlite_copy import told_of
from gateway.store.sqlite_migrations import known_version
from gateway.wiring.moving import Moved, move_to_postgres
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.wiring.keeping import seal
from tests.postgres_server import PostgresServer

AT = "2026-04-11T15:00:00.000000Z"


@pytest.fixture
def full(county: County) -> Iterator[County]:
    """A county with consents, referrals, a release, and somebody whose key was destroyed; no gateway runs."""
    county.consent()
    county.refer()
    county.share_plan()
    county.released()
    county.refer("ED-2", "R-2")
    county.write(lambda tx: patients.create(tx, AT, True, "gone"))
    county.write(lambda tx: tx.cipher.seal(tx, "patient:gone", "row", b"secret"))
    county.write(lambda tx: patients.destroy_patient_key(tx, "gone", AT))
    seal(county)
    _journal(county)
    county.run(county.store.close())
    yield county


@pytest.fixture
def target(postgres: PostgresServer) -> str:
    """The URL of a database without any table."""
    return postgres.url(postgres.new_database())


def _journal(county: County) -> None:
    journal = Journal(county.store, county.folder.path / JOURNAL)
    journal.begin()
    journal.carry_on()


def _serve(county: County, url: str | None) -> None:
    county.store = open_writing_store(county.folder, url)
    county.premises = open_premises(county.folder, county.store, county.clock)


def _file(county: County) -> Path:
    return county.folder.path / "handoff.db"


def _refused(county: County, target: str, **named: Any) -> HandoffError:
    with pytest.raises(HandoffError) as refused:
        move_to_postgres(county.folder, None, target, **named)
    return refused.value


def _rows(moved: Moved) -> dict[str, int]:
    return dict(moved.tables)


def test_everything_arrives_and_the_network_goes_on_from_the_database(full: County, target: str) -> None:
    before = hashlib.sha256(_file(full).read_bytes()).digest()
    said = told_of(_file(full))

    moved = move_to_postgres(full.folder, None, target)

    assert hashlib.sha256(_file(full).read_bytes()).digest() == before
    counts = {name: number for name, number in said.counts.items() if name != "migration"}
    assert {name: _rows(moved)[name] for name in counts} == counts
    assert _rows(moved)["destroyed_scope"] == 1 and _rows(moved)["data_key"] > 1
    assert counts["releases"] and counts["consent_state"] and counts["intent"] > 1
    assert moved.entries == said.entries and moved.opened

    _serve(full, target)
    _journal(full)
    assert full.search("otp", "Goal", OTP)["total"] == 2
    assert full.search("housing", "CarePlan", HOUSING)["total"] == 0
    # What was in flight when the old gateway stopped goes again, and is decided again.
    assert full.write(lambda tx: intents.recover_sending(tx, AT, [])).retry == 1
    assert full.released().content
    known = len(full.intents())
    full.refer()
    assert len(full.intents()) == known, "what came before the move is known as a repetition"
    full.refer("ED-3", "R-3")
    assert len(full.intents()) == known + 1
    with pytest.raises(HandoffError, match="KEY_GONE"):
        full.write(lambda tx: full.folder.keys.cipher_alone().seal(tx, "patient:gone", "row", b"again"))
    seal(full)
    _journal(full)


def test_rows_count_on_where_the_file_stopped(full: County, target: str) -> None:
    with contextlib.closing(sqlite3.connect(_file(full))) as file, file:
        file.execute("UPDATE sqlite_sequence SET seq = seq + 40 WHERE name = 'intent'")
        (given,) = file.execute("SELECT seq FROM sqlite_sequence WHERE name = 'intent'").fetchone()
        numbered = file.execute("SELECT id, rowid FROM inbox ORDER BY rowid").fetchall()
    move_to_postgres(full.folder, None, target)
    with psycopg.connect(target) as there:
        assert there.execute("SELECT id, rowid FROM inbox ORDER BY rowid").fetchall() == numbered
        assert there.execute("SELECT nextval(pg_get_serial_sequence('intent', 'sequence'))").fetchone() == (
            given + 1,
        )
        assert there.execute("SELECT nextval(pg_get_serial_sequence('inbox', 'rowid'))").fetchone() == (
            numbered[-1][1] + 1,
        )


def test_the_old_file_is_not_served_by_mistake_afterwards(full: County, target: str) -> None:
    move_to_postgres(full.folder, None, target)
    _serve(full, target)
    full.refer("ED-3", "R-3")
    full.search("otp", "Goal", OTP)
    _journal(full)
    full.run(full.store.close())
    _serve(full, None)
    with pytest.raises(Internal, match="STORE_ROLLED_BACK"):
        Journal(full.store, full.folder.path / JOURNAL).begin()
    full.run(full.store.close())

    for file in full.folder.path.glob("handoff.db*"):
        file.unlink()
    with pytest.raises(HandoffError, match="STORE_LOST"):
        open_writing_store(full.folder, None)
    _serve(full, target)


def test_a_running_gateway_keeps_its_store(full: County, target: str) -> None:
    _serve(full, None)
    assert _refused(full, target).code == "STORE_IN_USE"
    assert is_empty(target)


def test_a_database_with_any_table_is_left_alone(full: County, target: str) -> None:
    with psycopg.connect(target, autocommit=True) as there:
        there.execute("CREATE TABLE of_others (x TEXT)")
    assert _refused(full, target).code == "STORE_NOT_EMPTY"
    with psycopg.connect(target) as there:
        assert there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall() == [
            ("of_others",)
        ]


_NOT_AS_IT_SHOULD_BE = (
    (f"DELETE FROM migration WHERE number = {known_version()}", "STORE_OLDER"),
    (f"INSERT INTO migration VALUES ({known_version() + 1}, 'later.sql', '')", "STORE_NEWER"),
    ("CREATE TABLE of_others (x TEXT)", "COPY_DIFFERS"),
    ("ALTER TABLE patient ADD COLUMN more TEXT", "COPY_DIFFERS"),
    ("UPDATE inbox SET control_id = 'a' || char(0) || 'b'", "COPY_DIFFERS"),
    ("UPDATE record SET digest = 'text'", "COPY_DIFFERS"),
    (
        "DROP TRIGGER audit_never_changes; UPDATE audit SET outcome = 'permit' WHERE seq = 2",
        "COPY_DIFFERS",
    ),
)


def test_a_store_that_is_not_as_it_should_be_stays_where_it_is(full: County, target: str) -> None:
    good = _file(full).read_bytes()
    for change, code in _NOT_AS_IT_SHOULD_BE:
        with contextlib.closing(sqlite3.connect(_file(full))) as file:
            file.executescript(change)
        assert _refused(full, target).code == code, change
        _file(full).write_bytes(good)
    assert is_empty(target)
    assert move_to_postgres(full.folder, None, target).entries, "and the same store as it was goes"


@pytest.mark.parametrize(
    "harm",
    ["NEW.standing := 'unverified'; RETURN NEW;", "RETURN NULL;"],
    ids=["changed", "lost"],
)
def test_a_row_that_does_not_arrive_as_it_left_is_found(full: County, target: str, harm: str) -> None:
    """The database itself alters what it is given, as a trigger of its administrator might."""
    with psycopg.connect(target, autocommit=True) as there:
        there.execute(
            f"""
            CREATE FUNCTION harm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {harm} END $$;
            CREATE FUNCTION lay() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                IF to_regclass('consent_state') IS NOT NULL AND to_regclass('consent_history') IS NULL THEN
                    CREATE TRIGGER harm BEFORE INSERT ON consent_state FOR EACH ROW EXECUTE FUNCTION harm();
                END IF;
            END $$;
            CREATE EVENT TRIGGER lay ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION lay();
        """.encode()
        )
    refused = _refused(full, target)
    assert (refused.code, refused.place) == ("COPY_DIFFERS", "consent_state")
    assert is_empty(target)


def test_a_copy_that_is_cut_off_leaves_an_empty_database(full: County, target: str) -> None:
    def cut(begun: str) -> None:
        if begun == step:
            with psycopg.connect(target, autocommit=True) as there:
                others = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
                mine = "datname = current_database() AND pid <> pg_backend_pid()"
                there.execute(f"{others} WHERE {mine}".encode())

    for step in ("copy releases", "check", "commit"):
        assert _refused(full, target, heard=cut).code in ("STORE_UNREACHABLE", "STORE_BUSY")
        with psycopg.connect(target) as there:
            tables = there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,), step
    assert move_to_postgres(full.folder, None, target).entries


def _command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["db", "migrate-to-postgres", *words])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


@pytest.fixture
def network(full: County) -> str:
    """The folder of the county, as the command line reads it."""
    (full.folder.path / "network.yaml").write_bytes(
        (full.folder.keys_folder.parent / "network.yaml").read_bytes()
    )
    (full.folder.path / "keys").symlink_to(full.folder.keys_folder)
    return str(full.folder.path)


def test_the_command_shows_what_went_and_says_what_to_do(
    network: str, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = _command(capsys, target, "--network", network)
    assert code == 0, out
    assert [line.split()[2] for line in out.splitlines()[1:] if line.startswith(("audit ", "releases "))] == [
        "yes",
        "yes",
    ]
    assert "HANDOFF_STORE" in out and "STORE_LOST" in out
    assert _command(capsys, target, "--network", network)[::2] == (
        1,
        "STORE_NOT_EMPTY: `" + moved_place(target) + "` has tables already; give a new, empty database\n",
    )


def moved_place(url: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return f"{parts['host']}/{parts['dbname']}"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://handoff:word@/none?host=/nowhere", "STORE_UNREACHABLE"),
        ("postgresql://handoff:word@host", "STORE_URL"),
        ("sqlite:///other.db", "STORE_URL"),
    ],
)
def test_a_database_that_cannot_be_had_is_one_sentence(
    network: str, url: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, out, err = _command(capsys, url, "--network", network)
    assert (ended, out, err.split(":")[0], err.count("\n")) == (2, "", code, 1)
    assert "word" not in err
