"""AU-06: a log verified in stretches by several processes is told to be what it is told to be entry by entry."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit import NoteVerifier, VerifyReport, stretches, verify
from gateway.audit.chain import Standing, chain_hash, leaf_of
from gateway.audit.checkpoint import sign_head
from gateway.audit.stretches import full_stretches, stretch_of, verify_by
from gateway.audit.verify import verify_rest
from gateway.store import audit_rows
from gateway.store.model import AuditRow, Reading, Transaction
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.store.samples import entry

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
        return verify_by(found, spans[-1].stop, reading, log.verifier, witness)


def test_a_log_that_is_whole_is_read_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = audit.read_witness(log.witness)
    expected = log.verify()
    monkeypatch.setattr(stretches, "verify", pytest.fail)

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
    before = rows[510].chain_hash
    for old in (replace(rows[511], outcome="withhold"), *rows[512:]):
        row = replace(old, leaf_hash=leaf_of(old))
        before = chain_hash(before, row.leaf_hash)
        values = tuple(getattr(row, name) for name in AuditRow.__struct_fields__[:-1])
        log.tamper(f"INSERT INTO audit VALUES ({', '.join('?' * 12)})", params=(*values, before))


def _older_head(log: Log) -> None:
    """An older head in the place of the first one of the second stretch."""
    older = "(SELECT note FROM audit_checkpoint WHERE size = 150)"
    log.tamper(f"UPDATE audit_checkpoint SET note = {older} WHERE size = 450")


def _signed_ahead(log: Log) -> None:
    """A head inside the second stretch that speaks of entries in the third."""
    note = sign_head(SIGNER, 590, b"r" * 32, b"c" * 32, "2026-11-22T08:00:00.000000Z").note
    log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = 300", params=(note,))


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
        assert found == verify(reading, log.verifier, ())


def test_what_only_the_witness_knows_is_compared(log: Log) -> None:
    log.tamper("DELETE FROM audit WHERE seq > 520", "DELETE FROM audit_checkpoint WHERE size > 520")

    assert _by_stretches(log, ()).ok
    found = _by_stretches(log, audit.read_witness(log.witness))

    assert (found.first_bad_seq, found.reason) == (521, "TAIL_CUT")


def test_stretches_are_believed_only_where_each_begins_as_the_one_before_ended(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def rest(reading: Reading, verifier: NoteVerifier, start: Standing) -> VerifyReport:
        begun.append(start.size)
        return verify_rest(reading, verifier, start)

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
            assert verify_by(found, 512, reading, log.verifier) == expected
            assert begun[-2:] == [512, again]
        begun.clear()
        assert verify_by((first, second), spans[-1].stop, reading, log.verifier) == expected
        assert begun == [512]


def test_good_stretches_before_the_harm_are_not_read_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "verify", pytest.fail)
    destroyed = "DELETE FROM data_key WHERE scope = 'audit:p1'"
    log.tamper(destroyed, "UPDATE audit SET outcome = 'withhold' WHERE seq = 400")

    found = _by_stretches(log, ())

    assert (found.first_bad_seq, found.reason, found.signed_to) == (400, "ENTRY_ALTERED", 300)
    assert found.shredded > 0
    with log.store.read() as reading:
        assert found == verify(reading, log.verifier, ())
