"""AU-06: a log verified in stretches by several processes is told to be what it is told to be entry by entry."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit import NoteVerifier, VerifyReport, stretches
from gateway.audit.chain import Standing, chain_hash, facts_hash, leaf_of
from gateway.audit.checkpoint import sign_head
from gateway.audit.log import open_facts, place_of, scope_of
from gateway.audit.stretches import full_stretches, stretch_of, verify_by
from gateway.audit.tiles import grow, tree_of_rows
from gateway.audit.tree import root_of
from gateway.audit.verify import verify_each, verify_rest
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading, Transaction
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.store.samples import AT, entry

pytestmark = pytest.mark.requirement("AU-06")
LENGTH, SIZE = 256, 600


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Two full stretches and a beginning of a third, about several patients, under four heads."""
    made = Log(tmp_path_factory.mktemp("long"))

    def append(tx: Transaction, first: int) -> None:
        for number in range(first, first + 150):
            audit.append(tx, entry(f"q{number}", patient_id=f"p{number % 7}" if number % 5 else None))

    async def grow() -> None:
        for first in range(0, SIZE, 150):
            await made.store.write(lambda tx, first=first: append(tx, first))
            await made.sealer.seal_now()
        await made.store.close()

    asyncio.run(grow())
    return made


@pytest.fixture
def log(long_log: Log, tmp_path: Path) -> Iterator[Log]:
    """A copy of it that a test may harm."""
    shutil.copytree(long_log.folder, tmp_path, dirs_exist_ok=True)
    made = Log(tmp_path)
    yield made
    asyncio.run(made.store.close())


def _by_stretches(log: Log, witness: tuple[str, ...]) -> VerifyReport:
    with log.store.read() as reading:
        spans = full_stretches(reading, LENGTH)
        found = (stretch_of(reading, log.verifier, span) for span in spans)
        return verify_by(found, spans, reading, log.verifier, witness)


def test_a_log_that_is_whole_is_read_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = audit.read_witness(log.witness)
    expected = log.verify()
    monkeypatch.setattr(stretches, "verify_each", pytest.fail)

    found = _by_stretches(log, witness)

    assert found == expected
    assert (found.ok, found.entries, found.signed_to) == (True, SIZE, SIZE)


def _done(*statements: str) -> Callable[[Log], None]:
    return lambda log: log.tamper(*statements)


def _edit(column: str, value: str, seq: int) -> Callable[[Log], None]:
    return _done(f"UPDATE audit SET {column} = {value} WHERE seq = {seq}")


def _tile(level: int, place: int) -> Callable[[Log], None]:
    change = "UPDATE audit_tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"
    return _done(f"{change} WHERE level = {level} AND place = {place}")


def _rewritten(log: Log) -> None:
    """Whoever has the file, without the keys: entry 512, the last of a stretch, and every hash from there on."""
    with log.store.read() as reading:
        rows = list(audit_rows.scan(reading))
    log.tamper("DELETE FROM audit WHERE seq >= 512", "DELETE FROM audit_checkpoint WHERE size > 512")
    made = rows[510:511]
    for old in (replace(rows[511], outcome="withhold"), *rows[512:]):
        leaf = leaf_of(old)
        made.append(replace(old, leaf_hash=leaf, chain_hash=chain_hash(made[-1].chain_hash, leaf)))
    _put(log, made[1:])


def _older_head(log: Log) -> None:
    """An older head in the place of the first one of the second stretch."""
    older = "(SELECT note FROM audit_checkpoint WHERE size = 150)"
    log.tamper(f"UPDATE audit_checkpoint SET note = {older} WHERE size = 450")


def _signed_ahead(log: Log) -> None:
    """A head inside the second stretch that speaks of entries in the third."""
    note = sign_head(SIGNER, 590, b"r" * 32, b"c" * 32, AT).note
    log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = 300", params=(note,))


def _signed(root: bytes | None = None, chain: bytes | None = None) -> Callable[[Log], None]:
    """A head over 300 entries that says another root, or another chain hash, than the entries come to."""

    def harm(log: Log) -> None:
        with log.store.read() as reading:
            row = audit_rows.get(reading, 300)
            assert row is not None
            true = root_of(300, tree_of_rows(reading)), row.chain_hash
        note = sign_head(SIGNER, 300, root or true[0], chain or true[1], AT).note
        log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = 300", params=(note,))

    return harm


def _by_the_keys(before: bytes, after: bytes, hashed: bytes | None = None) -> Callable[[Log], None]:
    """Whoever has the keys of the store: other facts in entry 300, or another hash of them; all after it sealed anew."""

    def anew(tx: Transaction) -> list[AuditRow]:
        rows = list(audit_rows.scan(tx))
        plains = [b"".join(open_facts(tx, row, one.chain_hash)) for one, row in pairwise(rows)][298:]
        plains[0], made = plains[0].replace(before, after), rows[298:299]
        for old, plain in zip(rows[299:], plains, strict=True):
            at = made[-1].chain_hash
            sealed = tx.cipher.seal(tx, scope_of(old.patient_id), place_of(old.seq, at), plain)
            says = hashed if hashed is not None and old.seq == 300 else facts_hash(plain, b"")
            row = replace(old, sealed=sealed, facts_hash=says)
            leaf = leaf_of(row)
            made.append(replace(row, leaf_hash=leaf, chain_hash=chain_hash(at, leaf)))
        return made[1:]

    def harm(log: Log) -> None:
        made = asyncio.run(log.store.write(anew))
        log.tamper(
            "DELETE FROM audit WHERE seq >= 300",
            "DELETE FROM audit_checkpoint WHERE size >= 300",
            "DELETE FROM audit_tile",
        )
        _put(log, made)
        asyncio.run(log.store.write(lambda tx: grow(tx, 2)))

    return harm


def _put(log: Log, rows: list[AuditRow]) -> None:
    with closing(sqlite3.connect(log.folder / "handoff.db")) as connection, connection:
        values = (tuple(getattr(row, name) for name in AuditRow.__struct_fields__) for row in rows)
        connection.executemany(f"INSERT INTO audit VALUES ({', '.join('?' * 12)})", values)


@pytest.mark.parametrize(
    ("harm", "seq", "reason"),
    [
        (_edit("outcome", "'withhold'", 400), 400, "ENTRY_ALTERED"),
        (_edit("chain_hash", "zeroblob(32)", 256), 256, "CHAIN_BROKEN"),
        (_edit("sealed", "zeroblob(99)", 599), 599, "ENTRY_ALTERED"),
        (
            _done("PRAGMA ignore_check_constraints = ON", "UPDATE audit SET seq = -1 WHERE seq = 1"),
            1,
            "ENTRY_OUT_OF_ORDER",
        ),
        (_done("DELETE FROM audit WHERE seq = 256"), 256, "ENTRY_MISSING"),
        (_done("DELETE FROM audit WHERE seq = 257"), 257, "ENTRY_MISSING"),
        (_done("DELETE FROM audit WHERE seq > 520"), 521, "TAIL_CUT"),
        (_done("DELETE FROM audit_tile WHERE level = 1"), 1, "TREE_DIFFERS"),
        (_tile(0, 1), 257, "TREE_DIFFERS"),
        (_tile(1, 0), 1, "TREE_DIFFERS"),
        (_rewritten, 512, "ENTRY_FORGED"),
        (_edit("facts_hash", "zeroblob(32)", 3), 3, "ENTRY_ALTERED"),
        (_edit("patient_id", "NULL", 258), 258, "ENTRY_ALTERED"),
        (_edit("patient_id", "'pñ'", 258), 258, "ENTRY_ALTERED"),
        (_edit("seq", "4611686018427387904", 300), 300, "ENTRY_MISSING"),
        (_done("UPDATE data_key SET wrapped = X'00' WHERE scope = 'audit:p3'"), 4, "ENTRY_FORGED"),
        # SQLite keeps whatever is put into a column, and a text with a bit turned may be none
        (_edit("patient_id", "CAST(patient_id AS BLOB)", 258), 258, "ENTRY_ALTERED"),
        (_edit("outcome", "CAST(X'ff' AS TEXT)", 400), 400, "ENTRY_ALTERED"),
        (_edit("at", "CAST(X'ff' AS TEXT)", 599), 599, "ENTRY_ALTERED"),
        (_edit("sealed", "'x'", 400), 400, "ENTRY_ALTERED"),
        (_edit("facts_hash", "'x'", 599), 599, "ENTRY_ALTERED"),
        (_edit("chain_hash", "'x'", 400), 400, "CHAIN_BROKEN"),
        (_edit("at", "CAST(X'ff' AS TEXT)", 512), 512, "ENTRY_ALTERED"),
        (_edit("chain_hash", "'x'", 512), 512, "CHAIN_BROKEN"),
        (_edit("chain_hash", "CAST(X'ff' AS TEXT)", 600), 600, "ENTRY_ALTERED"),
        (_done("UPDATE audit_tile SET hashes = CAST(X'ff' AS TEXT) WHERE level = 1"), 1, "TREE_DIFFERS"),
        (_done("UPDATE audit_tile SET hashes = 7 WHERE level = 1"), 1, "TREE_DIFFERS"),
        (_done("UPDATE audit_checkpoint SET note = X'ff' WHERE size = 300"), 601, "CHECKPOINT_FORGED"),
        (
            _done("UPDATE audit_checkpoint SET note = CAST(X'ff' AS TEXT) WHERE size = 300"),
            601,
            "CHECKPOINT_FORGED",
        ),
        (_done("UPDATE audit_tile SET hashes = 'x' WHERE level = 0 AND place = 1"), 257, "TREE_DIFFERS"),
        (_by_the_keys(b'"purpose":"TREAT"', b'"purpose":"HMARKT"'), 300, "ENTRY_FORGED"),
        (_by_the_keys(b"", b"", bytes(32)), 300, "ENTRY_FORGED"),
        (_signed(root=b"r" * 32), 151, "HISTORY_REWRITTEN"),
        (_signed(chain=b"c" * 32), 151, "HISTORY_REWRITTEN"),
        (_signed_ahead, 151, "HISTORY_REWRITTEN"),
        (_older_head, 301, "HISTORY_REWRITTEN"),
        (_done("UPDATE audit_checkpoint SET note = 'x' WHERE size = 300"), 601, "CHECKPOINT_FORGED"),
        (_done("UPDATE audit_checkpoint SET note = '' WHERE size = 150"), 601, "CHECKPOINT_FORGED"),
        (_done("UPDATE audit_checkpoint SET note = '' WHERE size = 300"), 601, "CHECKPOINT_FORGED"),
    ],
)
def test_harm_is_told_as_it_is_entry_by_entry(
    log: Log, harm: Callable[[Log], None], seq: int, reason: str
) -> None:
    harm(log)

    found = _by_stretches(log, ())

    assert (found.ok, found.first_bad_seq, found.reason) == (False, seq, reason)
    with log.store.read() as reading:
        assert found == verify_each(reading, log.verifier, ())


def test_what_only_the_witness_knows_is_compared(log: Log) -> None:
    log.tamper("DELETE FROM audit WHERE seq > 520", "DELETE FROM audit_checkpoint WHERE size > 520")

    assert _by_stretches(log, ()).ok
    found = _by_stretches(log, audit.read_witness(log.witness))

    assert (found.first_bad_seq, found.reason) == (521, "TAIL_CUT")


def test_stretches_are_believed_only_where_each_begins_as_the_one_before_ended(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def rest(reading: Reading, verifier: NoteVerifier, start: Standing, *, facts: bool) -> VerifyReport:
        begun.append(start.size)
        return verify_rest(reading, verifier, start, facts=facts)

    monkeypatch.setattr(stretches, "verify_rest", rest)
    expected = log.verify(witness=False)
    with log.store.read() as reading:
        spans = full_stretches(reading, LENGTH)
        first, second = (stretch_of(reading, log.verifier, span) for span in spans)
        others = (
            dataclasses.replace(second, chain=first.chain),
            dataclasses.replace(second, tree=first.tree),
        )
        for found, again in (
            ((), 0),
            ((second,), 0),
            ((first,), 256),
            *(((first, one), 256) for one in others),
        ):
            assert verify_by(found, spans, reading, log.verifier) == expected
            assert begun[-2:] == [512, again]
        begun.clear()
        assert verify_by((first, second), spans, reading, log.verifier) == expected
        assert begun == [512]


def test_good_stretches_before_the_harm_are_not_read_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "verify_each", pytest.fail)
    destroyed = "DELETE FROM data_key WHERE scope = 'audit:p1'"
    log.tamper(destroyed, "UPDATE audit SET outcome = 'withhold' WHERE seq = 400")

    found = _by_stretches(log, ())

    assert (found.first_bad_seq, found.reason, found.signed_to) == (400, "ENTRY_ALTERED", 300)
    assert found.shredded > 0
    with log.store.read() as reading:
        assert found == verify_each(reading, log.verifier, ())
