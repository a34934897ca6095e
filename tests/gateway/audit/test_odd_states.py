"""States of the log and its files that only an accident or an attacker makes: each is told, none is believed."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from gateway import audit
from gateway.audit import Prover, tiles, verifier_of, verify_file
from gateway.audit.chain import START
from gateway.audit.checkpoint import exact_bytes, last_witnessed, read_note, sign_head
from gateway.audit.lines import CheckpointLine, encoded, hashes
from gateway.audit.tiles import WIDTH, StoredTree, TileMissing, carry_on, grow
from gateway.audit.tree import Frontier
from gateway.errors import Internal, NotUnderstood
from gateway.security.keys import Ed25519Signer, NamedKey
from gateway.store import Transaction, audit_rows
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.audit.test_proof import grown, made, without_tree
from tests.gateway.store.samples import entry

pytestmark = pytest.mark.requirement("AU-06")
_AT = "2026-11-22T08:00:00Z"


def test_a_witness_of_torn_lines_alone_knows_no_head(log: Log, tmp_path: Path) -> None:
    torn = tmp_path / "torn.log"
    torn.write_text('{"note": "half a\nnothing\n')
    assert last_witnessed(torn, log.verifier) is None


@pytest.mark.parametrize(
    ("size", "root"), [(-1, b"r" * 32), (1, b"short")], ids=["no number of entries", "no hash"]
)
def test_a_signed_note_that_says_no_head_is_none(log: Log, size: int, root: bytes) -> None:
    note = sign_head(SIGNER, size, root, b"c" * 32, _AT).note
    with pytest.raises(NotUnderstood, match="CHECKPOINT_FORGED"):
        read_note(note, log.verifier)


def test_bytes_and_hashes_have_one_form() -> None:
    loose = base64.b64encode(b"a").decode().replace("YQ", "YR")  # decodes to the same byte
    with pytest.raises(ValueError, match="one form"):
        exact_bytes(loose)
    for text in ("ab" * 31, "AB" * 32):
        with pytest.raises(ValueError, match="no hash"):
            hashes((text,))


def test_a_proof_under_another_key_than_the_one_asked_for_is_refused(log: Log) -> None:
    stranger = Ed25519Signer(NamedKey("audit-test", b"t" * 32))
    assert verify_file(made(log, 3), verifier_of(stranger)).reason == "KEY_DIFFERS"


def test_a_log_without_entries_is_sealed_by_nothing(tmp_path: Path) -> None:
    empty = Log(tmp_path)
    assert asyncio.run(empty.sealer.seal_now()) is None
    assert not empty.witness.exists()
    asyncio.run(empty.store.close())


def test_rows_that_end_early_or_do_not_follow_make_no_tree(log: Log) -> None:
    with log.store.read() as reading:
        with pytest.raises(Internal, match="AUDIT_ALTERED"):
            carry_on(reading, Frontier(), START, 99)
        with pytest.raises(TileMissing):
            StoredTree(reading)(0, 99)
    log.tamper("UPDATE audit SET chain_hash = zeroblob(32) WHERE seq = 4")
    with log.store.read() as reading, pytest.raises(Internal, match="AUDIT_ALTERED"):
        carry_on(reading, Frontier(), START, 10)


def test_a_hole_in_the_stored_nodes_is_gone_around(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the log only grew is made from the rows, and little is kept of many tiles."""
    monkeypatch.setattr(tiles, "_KEPT", 1)
    grown(log, 2 * WIDTH)
    size = 10 + 2 * WIDTH
    with log.store.read() as reading:
        whole = Prover(reading, log.verifier).since(10)
    log.tamper("DELETE FROM audit_tile WHERE level = 1")
    with log.store.read() as reading:
        prover = Prover(reading, log.verifier)
        assert prover.since(10) == whole
        assert prover.head.size == size


def test_tiles_are_made_of_an_unbroken_chain_alone(log: Log) -> None:
    def work(tx: Transaction) -> bool:
        return grow(tx, 8)

    grown(log, 2 * WIDTH)
    log.tamper("DELETE FROM audit_tile WHERE level = 1")
    log.tamper("DELETE FROM audit_tile WHERE level = 0 AND place = 1")
    with pytest.raises(TileMissing):
        asyncio.run(log.store.write(work))
    log.tamper("DELETE FROM audit_tile")
    log.tamper("UPDATE audit SET chain_hash = zeroblob(32) WHERE seq = 300")
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.store.write(work))


def test_an_entry_behind_the_head_ends_a_file_of_proofs(log: Log) -> None:
    asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    lines = made(log, 10, 11)
    assert verify_file(lines, log.verifier).entries == 1


def test_a_log_that_lost_a_row_has_no_tile_and_no_proof(log: Log) -> None:
    """Neither the stored nodes nor the rows lead to the signed root."""
    grown(log, WIDTH)
    log.tamper("DELETE FROM audit_tile", "DELETE FROM audit WHERE seq = 5")
    with log.store.read() as reading, pytest.raises(Internal, match="AUDIT_ALTERED"):
        Prover(reading, log.verifier).since(10)
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.store.write(lambda tx: grow(tx, 8)))


def test_an_old_head_in_a_file_of_proofs_proves_nothing(log: Log) -> None:
    lines = made(log, 3)
    without_tree(log)
    with log.store.read() as reading:
        old = audit_rows.last_checkpoint(reading)
    assert old is not None
    lines[1] = encoded(CheckpointLine(old.note))
    assert verify_file(lines, log.verifier).reason == "CHECKPOINT_FORGED"


def test_a_witness_that_lost_its_lines_gets_nothing_from_an_empty_log(log: Log) -> None:
    log.tamper("DELETE FROM audit_tile", "DELETE FROM audit_checkpoint", "DELETE FROM audit")
    log.witness.write_text("torn\n")
    asyncio.run(log.sealer.seal_now())
    assert log.witness.read_text() == "torn\n"


def test_a_log_that_ends_before_its_witnessed_head_is_not_sealed(log: Log) -> None:
    log.tamper("DELETE FROM audit_tile")
    for statement in ("DELETE FROM audit_checkpoint WHERE size > 6", "DELETE FROM audit WHERE seq > 6"):
        log.tamper(statement)

    asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    with pytest.raises(Internal, match="witnessed head of 10"):
        asyncio.run(log.sealer.seal_now())
