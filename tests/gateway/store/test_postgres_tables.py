"""The tables of a database: made once, those of SQLite with what several processes need, and refused when not known."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.errors import HandoffError
from gateway.store import open_store, open_store_for_reading, postgres_migrations
from gateway.store.named_queries import migrations
from gateway.store.opening import is_empty
from gateway.store.postgres_migrations import known_version
from gateway.store.postgres_statements import postgres_statements
from tests.gateway.store.samples import cipher, opened
from tests.postgres_server import PostgresServer

Connection = psycopg.Connection[Any]


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    """The store URL of a database without any table."""
    return postgres.url(postgres.new_database())


def _open_and_close(url: str, **named: Any) -> None:
    asyncio.run(open_store(url, cipher(), **named).close())


def test_an_empty_database_is_not_made_a_store_by_looking(url: str) -> None:
    with pytest.raises(HandoffError, match="STORE_MISSING"):
        open_store_for_reading(url, cipher())
    assert is_empty(url)


def test_processes_that_start_at_once_make_the_tables_once(url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_open_and_close, [url] * 3))
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT number FROM migration ORDER BY number").fetchall()
    assert [number for (number,) in found] == list(range(1, known_version() + 1))
    assert not is_empty(url)
    open_store_for_reading(url, cipher()).close_readers()


@pytest.mark.parametrize(
    ("change", "code", "also_read"),
    [
        (f"INSERT INTO migration VALUES ({known_version() + 1}, 'later.sql', '')", "STORE_NEWER", True),
        ("UPDATE migration SET sha256 = 'another'", "STORE_ALTERED", False),
        ("DELETE FROM migration WHERE number > 1", "STORE_OLDER", True),
    ],
)
def test_tables_of_another_program_are_refused(url: str, change: str, code: str, also_read: bool) -> None:
    _open_and_close(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(change.encode())
    with pytest.raises(HandoffError, match=code):
        _open_and_close(url)
    if also_read:
        with pytest.raises(HandoffError, match=code):
            open_store_for_reading(url, cipher())


def test_older_tables_are_brought_forward_when_that_is_asked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open_and_close(url)
    had = migrations("postgres")
    more = (*had, (len(had) + 1, "later.sql", "CREATE TABLE later (x TEXT);"))
    monkeypatch.setattr(postgres_migrations, "migrations", lambda _dialect: more)
    _open_and_close(url, upgrade=True)
    _open_and_close(url)


def test_a_first_start_that_is_cut_off_leaves_no_older_store(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does another process, that starts at once, ever see half of the tables."""
    had = migrations("postgres")
    with monkeypatch.context() as cut:
        cut.setattr(
            postgres_migrations, "migrations", lambda _dialect: (*had[:3], (4, "x.sql", "SELECT 1/0"))
        )
        cut.setattr(postgres_migrations, "known_version", lambda: len(had))
        with pytest.raises(HandoffError):
            _open_and_close(url)
    _open_and_close(url)


def test_withdrawals_of_before_their_table_are_looked_at_once_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = migrations("postgres")
    entry = "INSERT INTO audit VALUES (%s, '', %s, %s, '', '', '', '', '', '', '', '')"
    rows = ((1, "revoke", "p1"), (2, "consent", "p1"), (3, "revoke", None), (4, "revoke", "p2"))
    with psycopg.connect(url, autocommit=True) as connection:
        monkeypatch.setattr(postgres_migrations, "migrations", lambda _dialect: had[:10])
        postgres_migrations.migrate(connection)
        for row in rows:
            connection.execute(entry.encode(), row)
        monkeypatch.setattr(postgres_migrations, "migrations", lambda _dialect: had)
        postgres_migrations.migrate(connection)
        found = connection.execute("SELECT audit_seq, patient_id, open FROM withdrawal ORDER BY audit_seq")
        assert found.fetchall() == [(1, "p1", 1), (4, "p2", 1)]


def test_a_database_of_another_encoding_is_refused(postgres: PostgresServer) -> None:
    with postgres.connect("postgres") as connection:
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(HandoffError, match="STORE_URL"):
        _open_and_close(postgres.url("latin"))


def test_both_databases_have_the_same_tables(postgres: PostgresServer, tmp_path: Path) -> None:
    """A migration that one has and the other has not would be found by nobody before the first restart."""
    asyncio.run(opened(tmp_path).close())
    with sqlite3.connect(tmp_path / "handoff.db") as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        of_file = {
            name: {row[1]: bool(row[3] or row[5]) for row in file.execute(f"PRAGMA table_info({name})")}
            for name in names
            if not name.startswith("sqlite_")
        }
    of_database: dict[str, dict[str, bool]] = {}
    with postgres.connect(postgres.emptied()) as connection:
        asked = "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
        for table, column, nullable in connection.execute(f"{asked}WHERE table_schema = 'public'".encode()):
            of_database.setdefault(str(table), {})[str(column)] = nullable == "NO"
    for table in of_database.values():
        table.pop("rowid", None)  # SQLite has it unasked
    assert of_database.pop("process") and of_database.pop("lease")
    assert of_database["intent"].pop("sender") and of_database["destroyed_scope"].pop("number")
    assert of_database == of_file
    assert [name for _, name, _ in migrations("postgres")] == [name for _, name, _ in migrations("sqlite")]


@pytest.fixture
def planner(postgres: PostgresServer) -> Iterator[Connection]:
    """A connection that reads a whole table only when it has to."""
    with psycopg.connect(postgres.url(postgres.emptied()), autocommit=True) as connection:
        for setting in ("enable_seqscan = off", "handoff.process = 'x'", "handoff.silence = '15 seconds'"):
            connection.execute(f"SET {setting}".encode())
        yield connection


def test_every_statement_fits_the_tables_and_uses_an_index(planner: Connection) -> None:
    whole = set()
    for name, statement in postgres_statements().items():
        plan = planner.execute(b"EXPLAIN (GENERIC_PLAN) " + statement.sql, prepare=False).fetchall()
        if any("Seq Scan" in line for (line,) in plan):
            whole.add(name)
    assert whole <= _RARE, whole - _RARE


_RARE = {
    "audit_tiles.forget",
    "data_key.any_under_other_key",
    "data_key.count_by_kek",
    "data_key.under_other_key",
    "destruction.sets",
    "patients.raise_all_epochs",
    "processes.forget_groups",
    "processes.give_lease",
    "processes.keeper",
    "processes.others",
}
