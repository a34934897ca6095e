"""The tables of a file: made, kept, and never opened by a program that does not know them."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest

from gateway.errors import HandoffError
from gateway.store import open_store_for_reading, sqlite_migrations
from gateway.store.named_queries import migrations, named_queries
from gateway.store.sqlite_migrations import applied_version, known_version, migrate, migrate_to
from tests.gateway.store.samples import cipher, opened


def _made(folder: Path) -> sqlite3.Connection:
    asyncio.run(opened(folder).close())
    return sqlite3.connect(folder / "handoff.db")


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    before = _made(tmp_path).execute("SELECT * FROM sqlite_master").fetchall()
    assert _made(tmp_path).execute("SELECT * FROM sqlite_master").fetchall() == before


@pytest.mark.parametrize("reading", [True, False])
def test_a_store_of_a_newer_program_is_refused(tmp_path: Path, reading: bool) -> None:
    connection = _made(tmp_path)
    connection.execute(f"INSERT INTO migration VALUES ({known_version() + 1}, 'later.sql', '')")
    connection.commit()
    with pytest.raises(HandoffError, match="STORE_NEWER"):
        if reading:
            open_store_for_reading("sqlite:///handoff.db", cipher(), folder=tmp_path)
        else:
            opened(tmp_path)


def test_a_step_that_was_altered_afterwards_is_refused(tmp_path: Path) -> None:
    connection = _made(tmp_path)
    connection.execute("UPDATE migration SET sha256 = 'another'")
    connection.commit()
    with pytest.raises(HandoffError, match="STORE_ALTERED"):
        opened(tmp_path)


def test_a_refused_opening_leaves_no_lock_behind(tmp_path: Path) -> None:
    connection = _made(tmp_path)
    good = connection.execute("SELECT sha256 FROM migration WHERE number = 1").fetchone()[0]
    connection.execute("UPDATE migration SET sha256 = 'another' WHERE number = 1")
    connection.commit()
    with pytest.raises(HandoffError):
        opened(tmp_path)
    connection.execute("UPDATE migration SET sha256 = ? WHERE number = 1", (good,))
    connection.commit()
    asyncio.run(opened(tmp_path).close())


def test_a_store_that_was_never_upgraded_is_not_read(tmp_path: Path) -> None:
    connection = _made(tmp_path)
    connection.execute("DELETE FROM migration")
    connection.commit()
    with pytest.raises(HandoffError, match="STORE_OLDER"):
        open_store_for_reading("sqlite:///handoff.db", cipher(), folder=tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    return _made(tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize("name", sorted(named_queries("sqlite")))
def test_every_named_query_fits_the_tables_and_uses_an_index(made: sqlite3.Connection, name: str) -> None:
    """A query that reads a whole table, or sorts it, would be slow only much later, in production."""
    sql = named_queries("sqlite")[name]
    params = dict.fromkeys(re.findall(r":([a-z_0-9]+)", sql), 1)
    plan = [row[3] for row in made.execute(f"EXPLAIN QUERY PLAN {sql}", params)]
    whole = [step for step in plan if step.startswith("SCAN") and "USING" not in step]
    assert not [step for step in whole if not step.startswith(_SMALL)] or name in _IN_ORDER | _RARE


_SMALL = (
    "SCAN intent_count",
    "SCAN waiting",
    "SCAN first",
    "SCAN CONSTANT",
    "SCAN wanted",
    "SCAN audit_checkpoint",
    "SCAN partner_pause",
)
_IN_ORDER = {"audit_rows.last", "audit_rows.last_number", "audit_rows.page", "audit_rows.newest"}
_RARE = {
    "data_key.under_other_key",
    "data_key.any_under_other_key",
    "data_key.count_by_kek",
    "destruction.sets",
    "workload.handed_over_unreleased",
}
_RARE |= {"patients.raise_all_epochs"}


def test_a_first_start_that_is_cut_off_leaves_no_older_store(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    had = migrations("sqlite")
    with monkeypatch.context() as cut:
        cut.setattr(
            sqlite_migrations, "migrations", lambda _dialect: (*had[:3], (4, "x.sql", "SELECT nothing;"))
        )
        cut.setattr(sqlite_migrations, "known_version", lambda: len(had))
        with pytest.raises(sqlite3.Error):
            migrate(connection)
    assert applied_version(connection) == 0
    assert migrate(connection) == len(had)


def test_withdrawals_of_before_their_table_are_looked_at_once_more() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate_to(connection, 10)
    entry = "INSERT INTO audit VALUES (?, '', ?, ?, '', '', '', '', x'', x'', x'', x'')"
    for seq, kind, patient in (
        (1, "revoke", "p1"),
        (2, "consent", "p1"),
        (3, "revoke", None),
        (4, "revoke", "p2"),
    ):
        connection.execute(entry, (seq, kind, patient))

    migrate(connection)

    found = connection.execute(
        "SELECT audit_seq, patient_id, open FROM withdrawal ORDER BY audit_seq"
    ).fetchall()
    assert found == [(1, "p1", 1), (4, "p2", 1)]


def test_withdrawals_closed_before_a_parting_was_seen_are_looked_at_once_more() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate_to(connection, 12)
    connection.execute(
        "INSERT INTO withdrawal (audit_seq, patient_id, open) VALUES (1, 'p1', 0), (4, 'p2', 1)"
    )

    migrate(connection)

    assert connection.execute("SELECT sum(open) FROM withdrawal").fetchone() == (2,)
    assert connection.execute("SELECT id, upto FROM answers_watched").fetchall() == [(1, 0)]
