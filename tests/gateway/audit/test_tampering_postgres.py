"""I8 of a database: whoever changes its rows behind the gateway is found where it begins, and an export of what then
stands there says so to the independent verifiers too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit.chain import START, chain_hash, leaf_of
from gateway.audit.checkpoint import sign_head
from gateway.audit.tree import Frontier
from gateway.store import audit_rows
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.audit.test_independent_verifier import asked
from tests.gateway.store.samples import AT, URL_FILE
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.requirement("HI-312-02", "AU-06")

_TABLES = ("audit", "audit_checkpoint", "audit_tile")
_TEXTS = ("at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id")
_BYTES = ("sealed", "facts_hash", "leaf_hash", "chain_hash")
_COLUMNS = ("seq", *_TEXTS, *_BYTES)
_ALL = ", ".join(_COLUMNS)
_COPIED = ", ".join(_COLUMNS[1:])


class PostgresLog(Log):
    """A log in a database, and somebody who may do anything there."""

    def __init__(self, folder: Path, url: str) -> None:
        (folder / URL_FILE).write_text(url)
        super().__init__(folder)
        self.grow(6)
        self.grow(4)
        self.attacker = psycopg.connect(url, autocommit=True)
        self.attacker.execute("SET session_replication_role = replica")  # no rule of the tables stops her
        for table in _TABLES:
            self.attacker.execute(f"CREATE TEMP TABLE whole_{table} AS SELECT * FROM {table}")

    def tamper(self, *statements: str, params: tuple[Any, ...] = ()) -> None:
        """Begin with the whole log and change it."""
        for table in _TABLES:
            self.attacker.execute(f"DELETE FROM {table}")
            self.attacker.execute(f"INSERT INTO {table} SELECT * FROM whole_{table}")
        for statement in statements:
            self.attacker.execute(statement, params or None)

    def close(self) -> None:
        """Leave the database."""
        self.attacker.close()
        asyncio.run(self.store.close())


@pytest.fixture
def log(tmp_path: Path, postgres: PostgresServer) -> Iterator[PostgresLog]:
    made = PostgresLog(tmp_path, postgres.url(postgres.emptied()))
    yield made
    made.close()


def _said(log: PostgresLog) -> tuple[int | None, int, str, int | None]:
    """Where the log is first bad and how many entries are good; the verifiers' sentence of an export without facts, and
    where our own has it.
    """
    report = log.verify()
    lines = log.export(facts=False)
    exported = audit.verify_export(lines, log.verifier, audit.read_witness(log.witness))
    code, sentence = asked(log, lines, "--key", log.verifier.text)
    assert (code == 0) == audit.verify_export(lines, log.verifier).ok
    return report.first_bad_seq, report.entries, sentence, exported.first_bad_seq


def test_each_byte_and_each_place_of_an_entry_in_a_database_is_found_where_it_is(log: PostgresLog) -> None:
    assert _said(log) == (None, 10, "10 entries, all whole", None)
    for column in _TEXTS:
        log.tamper(f"UPDATE audit SET {column} = overlay({column} placing '~' from 1 for 1) WHERE seq = 4")
        assert _said(log) == (4, 3, "entry 4 was altered", 4), column
    for column in _BYTES:
        log.tamper(
            f"UPDATE audit SET {column} = set_byte({column}, 9, get_byte({column}, 9) # 1) WHERE seq = 4"
        )
        sentence = {"chain_hash": "entry 4 does not follow the one before it"}
        # an export without facts has the hash of the sealed bytes in their place
        assert _said(log) == (4, 3, sentence.get(column, "entry 4 was altered"), 4), column


def test_entries_taken_away_moved_put_in_and_cut_off_are_found_in_a_database(log: PostgresLog) -> None:
    gone, altered = "entry 4 is missing or out of order", "entry 4 was altered"
    down = [f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in range(5, 11)]
    up = [f"UPDATE audit SET seq = {n + 1} WHERE seq = {n}" for n in range(10, 3, -1)]
    moved = [f"UPDATE audit SET seq = {new} WHERE seq = {old}" for old, new in ((4, 99), (7, 4), (99, 7))]
    copy = f"INSERT INTO audit ({_ALL}) SELECT 4, {_COPIED} FROM audit WHERE seq = 3"
    for statements, sentence in (
        (["DELETE FROM audit WHERE seq = 4"], gone),
        (["DELETE FROM audit WHERE seq = 4", *down], altered),
        (moved, altered),
        ([*up, copy], altered),
    ):
        log.tamper(*statements)
        assert _said(log) == (4, 3, sentence, 4), statements
    log.tamper("DELETE FROM audit WHERE seq > 8")
    assert _said(log)[:2] == (9, 8)
    log.tamper("DELETE FROM audit WHERE seq > 8", "DELETE FROM audit_checkpoint WHERE size > 8")
    assert _said(log)[:2] == (9, 8), "the witness knows of more"


def test_another_history_signed_by_the_operator_contradicts_the_witness(log: PostgresLog) -> None:
    """A fork: whoever has keys and database recomputes all, and signs it."""
    with log.store.read() as reading:
        rows = tuple(audit_rows.scan(reading))
    tree, chain, forged = Frontier(), START, []
    for row in rows:
        made = replace(row, outcome="withhold") if row.seq == 8 else row
        leaf = leaf_of(made)
        tree.add(leaf)
        chain = chain_hash(chain, leaf)
        forged.append(replace(made, leaf_hash=leaf, chain_hash=chain))
    note = sign_head(SIGNER, 10, tree.root(), chain, AT).note
    log.tamper("DELETE FROM audit WHERE seq >= 8", "DELETE FROM audit_checkpoint WHERE size = 10")
    for row in forged[7:]:
        values = tuple(getattr(row, column) for column in _COLUMNS)
        log.attacker.execute(f"INSERT INTO audit ({_ALL}) VALUES ({', '.join(['%s'] * 12)})", values)
    log.attacker.execute("INSERT INTO audit_checkpoint VALUES (10, %s, %s, %s)", (chain, note, AT))
    report = log.verify(facts=False)
    assert (report.ok, report.reason, report.first_bad_seq) == (False, "HISTORY_REWRITTEN", 7)
    lines = log.export(facts=False)
    assert audit.verify_export(lines, log.verifier).ok, "without the witness it fits itself"
    exported = audit.verify_export(lines, log.verifier, audit.read_witness(log.witness))
    assert (exported.ok, exported.first_bad_seq) == (False, 7)
    code, _ = asked(log, lines, "--key", log.verifier.text, "--witness", str(log.witness))
    assert code == 1
