"""Whoever can write to the database and has no key gets no root signed that the rows do not have."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway import audit
from gateway.audit import read_witness, sealer
from gateway.audit.checkpoint import read_note
from gateway.audit.tiles import WIDTH
from gateway.audit.tree import Frontier
from gateway.errors import Internal
from gateway.store import audit_rows
from tests.gateway.audit.conftest import Log
from tests.gateway.audit.test_proof import grown, without_tree
from tests.gateway.store.samples import entry

pytestmark = pytest.mark.requirement("AU-06")


def plant(log: Log) -> None:
    """Stored nodes over the entries with another leaf for entry 7."""
    with log.store.read() as reading:
        leaves = [row.leaf_hash for row in audit_rows.scan(reading)][:WIDTH]
    leaves[6] = b"\x07" * 32
    over = Frontier()
    for leaf in leaves:
        over.add(leaf)
    for level, hashes in ((0, b"".join(leaves)), (1, over.root())):
        log.tamper("INSERT OR REPLACE INTO audit_tile VALUES (?, 0, ?)", params=(level, hashes))


def appended(log: Log, count: int = 1) -> None:
    for _ in range(count):
        asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))


def taken_back(log: Log, size: int) -> None:
    """Heads, nodes and entries from `size` on are gone, as if they had never been."""
    log.tamper("DELETE FROM audit_tile")
    for statement in ("DELETE FROM audit_checkpoint WHERE size > ?", "DELETE FROM audit WHERE seq > ?"):
        log.tamper(statement, params=(size,))


@pytest.mark.parametrize("state", ["no head", "heads without a root", "heads taken away"])
def test_planted_nodes_get_no_signature(log: Log, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "_ROWS_AT_ONCE", 100)
    grown(log, WIDTH)
    if state == "heads without a root":
        without_tree(log)
    else:
        log.tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_tile")
    if state == "no head":
        log.witness.unlink()
    plant(log)
    appended(log)
    signed = asyncio.run(log.sealer.seal_now())
    true = Frontier()
    with log.store.read() as reading:
        for row in audit_rows.scan(reading):
            true.add(row.leaf_hash)
    assert signed is not None and signed.root == true.root()
    assert log.verify().reason == "TREE_DIFFERS"
    log.grow(1)  # the next seal finds the nodes to be none of the signed root's, and makes them anew
    assert log.verify().ok


@pytest.mark.parametrize("size", [0, 6])
@pytest.mark.parametrize("count", [2, 4, 5])
def test_a_history_that_the_witness_does_not_know_is_not_signed(log: Log, size: int, count: int) -> None:
    """Heads and entries are taken away, others that fit each other stand there: fewer, as many, more."""
    taken_back(log, size)
    appended(log, count + 6 - size)
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())
    assert [note.split("\n")[1] for note in read_witness(log.witness)] == ["6", "10"]


def test_a_store_that_lost_its_heads_alone_goes_on(log: Log) -> None:
    """As after a restore: the entries come back from the journal, the heads after the backup do not."""
    log.tamper("DELETE FROM audit_checkpoint WHERE size > 6", "DELETE FROM audit_tile")
    log.grow(1)
    assert log.verify().ok and log.verify().signed_to == 11


def test_heads_that_the_witness_lacks_are_added_when_it_can_be_written_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AU-06: also those of before a restart; trouble lasts till then, though nothing new came."""

    def full(*_: Any) -> None:
        raise OSError

    async def run() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(sealer, "append_witness", full)
            for _ in range(2):
                await log.store.write(lambda tx: audit.append(tx, entry()))
                await log.sealer._try_to_seal()
                assert log.sealer.trouble == "WITNESS_NOT_WRITTEN"
            await log.sealer._try_to_seal()
            assert log.sealer.trouble == "WITNESS_NOT_WRITTEN"
        await log.sealer._try_to_seal()
        assert log.sealer.trouble is None

    asyncio.run(run())
    sizes = [read_note(note, log.verifier).size for note in read_witness(log.witness)]
    assert sizes == [6, 10, 11, 12]
    with log.witness.open("ab") as file:  # a long line that says nothing, torn
        file.write(b"x" * 9000)
    log.grow(1)
    assert [read_note(note, log.verifier).size for note in read_witness(log.witness)] == [6, 10, 11, 12, 13]


def test_a_stored_head_that_is_none_of_ours_does_not_reach_the_witness(log: Log) -> None:
    log.witness.write_bytes(log.witness.read_bytes().splitlines(keepends=True)[0])
    log.tamper("UPDATE audit_checkpoint SET note = replace(note, 'at 2026', 'at 2025') WHERE size = 10")
    log.sealer._witnessed_to = 0
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())
    assert len(read_witness(log.witness)) == 1
