"""One entry is proved without the others, to our verifier and to the one that shares no code with it."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway import audit
from gateway.audit import Prover, VerifyReport, proof_lines, read_witness, sealer, verify_file
from gateway.audit.checkpoint import append_witness, read_note, sign_head
from gateway.audit.tiles import WIDTH
from gateway.errors import Internal, NotFound, NotNow
from gateway.security.keys import Ed25519Signer, NamedKey
from gateway.store import audit_rows, audit_tiles
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.store.samples import AT, entry

pytestmark = pytest.mark.requirement("AU-06")
SCRIPT = Path(__file__).parents[3] / "deploy/verify_audit.py"


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_audit", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


OTHER = loaded()


def grown(log: Log, count: int) -> None:
    """`count` entries more in one transaction, sealed."""

    def work(tx: Any) -> None:
        for number in range(count):
            audit.append(tx, entry(f"q{number}"))

    asyncio.run(log.store.write(work))
    asyncio.run(log.sealer.seal_now())


def made(
    log: Log, *numbers: int, size: int | None = None, since: int | None = None, facts: bool = False
) -> list[bytes]:
    """The lines of a file of proofs."""
    with log.store.read() as reading:
        prover = Prover(reading, log.verifier, size)
        rows = [row for row in (audit_rows.get(reading, one) for one in numbers) if row is not None]
        named = {"about": "test", "since": since, "facts": facts}
        return list(proof_lines(prover, reading, log.verifier, rows, **named))


def both(log: Log, lines: list[bytes], *, witness: bool = False) -> VerifyReport:
    """What ours says; the other one has to agree."""
    notes = read_witness(log.witness) if witness else None
    report = verify_file(lines, log.verifier, notes)
    told = None if notes is None else [json.dumps({"note": note}) for note in notes]
    try:
        good, _ = OTHER.verify(iter([line.decode() for line in lines]), log.verifier.text, told)
    except OTHER.TROUBLES:
        good = False
    assert good is report.ok, report
    return report


def test_entries_of_every_part_of_the_tree_are_proved_under_every_head(log: Log) -> None:
    """Heads over 6, 10 (fixture), a full tile with a part of another, and two with a part."""
    grown(log, WIDTH + 30)
    grown(log, WIDTH)
    last = 10 + 2 * WIDTH + 30
    for size in (6, 10, WIDTH + 40, last):
        chosen = sorted(
            {1, 2, 6, size // 2, size - 1, size} | ({WIDTH, WIDTH + 1} if size > WIDTH else set())
        )
        for since in (None, 6, 10, size):
            if since is not None and since > size:
                continue
            report = both(log, made(log, *chosen, size=size, since=since), witness=True)
            assert (report.ok, report.entries, report.part_of) == (True, len(chosen), size)
            assert report.grew_from == (since or 0)
    assert log.verify().ok


def test_facts_are_shown_only_when_asked_for_and_then_prove_themselves(log: Log) -> None:
    with_facts, without = made(log, 4, facts=True), made(log, 4)
    assert (b"NOT_IN_SCOPE" in b"".join(with_facts), b"NOT_IN_SCOPE" in b"".join(without)) == (True, False)
    assert both(log, with_facts).ok and both(log, without).ok


def test_an_entry_whose_facts_were_destroyed_is_still_proved(log: Log) -> None:
    log.tamper("DELETE FROM data_key WHERE scope = 'audit:p1'")
    log.store._cipher.forget("audit:p1", for_ever=True)
    lines = made(log, 4, facts=True)
    assert b"NOT_IN_SCOPE" not in b"".join(lines)
    assert both(log, lines).ok


def changed(place: int, **said: Any) -> Callable[[list[bytes]], list[bytes]]:
    def change(lines: list[bytes]) -> list[bytes]:
        told = json.dumps({**json.loads(lines[place]), **said}, separators=(",", ":"), ensure_ascii=False)
        return [*lines[:place], told.encode() + b"\n", *lines[place + 1 :]]

    return change


def flipped(place: int, name: str) -> Callable[[list[bytes]], list[bytes]]:
    """One bit of a hash, or of the first of several."""

    def change(lines: list[bytes]) -> list[bytes]:
        value = json.loads(lines[place])[name]
        one = value if isinstance(value, str) else value[0]
        other = f"{int(one[:2], 16) ^ 1:02x}{one[2:]}"
        return changed(place, **{name: other if isinstance(value, str) else [other, *value[1:]]})(lines)

    return change


START, HEAD, OLDER, ENTRY, SECOND, END = range(6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        *(
            (changed(ENTRY, **{name: "other"}), "PROOF_BROKEN")
            for name in ("at", "kind", "partner", "purpose", "outcome")
        ),
        (changed(ENTRY, patient_id=None), "PROOF_BROKEN"),
        (changed(ENTRY, request_id="other"), "PROOF_BROKEN"),
        (changed(ENTRY, seq=3), "PROOF_BROKEN"),
        (changed(ENTRY, seq=99), "PROOF_BROKEN"),
        (changed(ENTRY, seq=0), "ENTRY_OUT_OF_ORDER"),
        (changed(ENTRY, path=[]), "PROOF_BROKEN"),
        (flipped(ENTRY, "path"), "PROOF_BROKEN"),
        (flipped(ENTRY, "sealed_sha256"), "PROOF_BROKEN"),
        (flipped(ENTRY, "facts_hash"), "PROOF_BROKEN"),
        (changed(ENTRY, facts="{}"), "ENTRY_FORGED"),
        (changed(ENTRY, salt=base64.b64encode(bytes(16)).decode()), "ENTRY_FORGED"),
        (flipped(OLDER, "consistency"), "LOG_FORKED"),
        (changed(OLDER, consistency=[]), "LOG_FORKED"),
        (lambda lines: [*lines[:ENTRY], lines[SECOND], lines[ENTRY], lines[END]], "ENTRY_OUT_OF_ORDER"),
        (lambda lines: [*lines[:ENTRY], lines[ENTRY], lines[ENTRY], lines[END]], "ENTRY_OUT_OF_ORDER"),
        (lambda lines: [*lines[:SECOND], lines[END]], "EXPORT_CUT"),
        (lambda lines: lines[:END], "EXPORT_CUT"),
        (lambda lines: [*lines, lines[ENTRY]], "EXPORT_UNREADABLE"),
        (lambda lines: [lines[START], *lines[OLDER:]], "EXPORT_UNREADABLE"),
        (lambda lines: [*lines[:ENTRY], b"{}\n", *lines[ENTRY:]], "EXPORT_UNREADABLE"),
        (changed(START, verifier_key="x+00+AA"), "EXPORT_UNREADABLE"),
    ],
)
def test_a_file_of_proofs_that_was_tampered_with_is_refused_by_both(
    log: Log, change: Callable[[list[bytes]], list[bytes]], reason: str
) -> None:
    report = both(log, change(made(log, 4, 7, since=6, facts=True)))
    assert (report.ok, report.reason) == (False, reason)


def test_a_flipped_bit_of_any_byte_that_proves_something_is_found_by_both(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here and there in both kinds of files, all but what was asked for (`about`), which is the asker's own word."""
    monkeypatch.setattr(OTHER, "signed", cache(OTHER.signed))
    proof, whole = made(log, 4, 7, since=6, facts=True), log.export()
    assert both(log, proof).ok and both(log, whole).ok
    for lines in (proof, whole):
        for place, line in enumerate(lines[1:], 1):
            step = 97 if b"warm-handoff" in line else 17  # of a head each is a signature to check
            for at in range(1, len(line) - 2, step):
                other = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
                assert not both(log, [*lines[:place], other, *lines[place + 1 :]]).ok, (place, at, other)


def test_every_flipped_bit_of_a_signed_head_is_found(log: Log) -> None:
    note = json.loads(made(log)[HEAD])["checkpoint"]
    body, signature = note.split("\n\n")
    for place in range(0, len(body), 3):
        other = body[:place] + chr(ord(body[place]) ^ 1) + body[place + 1 :]
        report = verify_file(changed(HEAD, checkpoint=f"{other}\n\n{signature}")(made(log, 4)), log.verifier)
        assert report.reason in ("CHECKPOINT_FORGED", "EXPORT_UNREADABLE")


def test_a_head_that_the_witness_does_not_know_proves_nothing_to_whoever_asks_it(log: Log) -> None:
    """The operator signs a second history: what fits itself is found by the witness file."""
    lines = made(log, 4)
    (other_folder := log.folder / "other").mkdir()
    other = Log(other_folder)
    other.grow(10)
    other.grow(2)
    forged = made(other, 4, size=10)
    assert both(log, forged).ok
    assert both(log, forged, witness=True).reason == "LOG_FORKED"
    assert both(log, made(other, 4), witness=True).reason == "NOT_WITNESSED"
    assert both(log, made(other, 4, since=10), witness=True).reason == "LOG_FORKED"
    assert both(log, lines, witness=True).ok
    asyncio.run(other.store.close())


def test_a_head_grows_out_of_the_last_that_an_older_witness_file_knows(log: Log) -> None:
    kept = read_witness(log.witness)
    log.grow(5)
    later, tied = made(log, 12), made(log, 12, since=10)
    assert verify_file(later, log.verifier, kept).reason == "NOT_WITNESSED"
    assert verify_file(tied, log.verifier, kept).ok


def test_what_cannot_be_proved_is_refused(log: Log) -> None:
    with log.store.read() as reading:
        for size in (7, 99):
            with pytest.raises(NotFound, match="NO_SUCH_HEAD"):
                Prover(reading, log.verifier, size)
        older = Prover(reading, log.verifier, 6)
        with pytest.raises(NotNow, match="NOT_SEALED"):
            older.path_of(audit_rows.get(reading, 7))
        with pytest.raises(NotFound, match="NO_SUCH_HEAD"):
            older.since(10)
    log.tamper("DELETE FROM audit_checkpoint")
    with log.store.read() as reading, pytest.raises(NotNow, match="NOT_SEALED"):
        Prover(reading, log.verifier)


def test_an_altered_entry_has_no_proof(log: Log) -> None:
    log.tamper("UPDATE audit SET outcome = 'withhold' WHERE seq = 4")
    assert both(log, made(log, 5)).ok
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        made(log, 4)


# ------------------------------------------------------------------------------ the stored nodes are a cache


@pytest.mark.parametrize(
    ("statement", "bad"),
    [
        ("UPDATE audit_tile SET hashes = zeroblob(8192) WHERE level = 0 AND place = 1", WIDTH + 1),
        ("DELETE FROM audit_tile WHERE level = 0 AND place = 0", 1),
        ("UPDATE audit_tile SET hashes = zeroblob(64) WHERE level = 1", 1),
        ("DELETE FROM audit_tile WHERE level = 1", 1),
        ("INSERT INTO audit_tile VALUES (0, 9, zeroblob(8192))", 2 * WIDTH + 1),
    ],
)
def test_an_altered_node_is_found_and_misleads_no_proof_and_no_seal(
    log: Log, statement: str, bad: int
) -> None:
    grown(log, 2 * WIDTH)
    log.tamper(statement)
    report = log.verify()
    assert (report.ok, report.reason, report.first_bad_seq) == (False, "TREE_DIFFERS", bad)
    assert both(log, made(log, 1, WIDTH + 5, 520, since=10)).ok
    log.grow(1)
    assert both(log, made(log, 1, 523, since=522), witness=True).ok


def test_the_sealer_signs_nothing_that_does_not_grow_out_of_what_it_signed(log: Log) -> None:
    """The chain still fits at the signed head, a leaf below it does not."""
    log.tamper("UPDATE audit SET leaf_hash = randomblob(32) WHERE seq = 8")
    asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


def test_the_sealer_signs_no_entry_that_does_not_follow_from_the_one_before(log: Log) -> None:
    for _ in range(3):
        asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    log.tamper("UPDATE audit SET leaf_hash = randomblob(32) WHERE seq = 12")
    with pytest.raises(Internal, match="AUDIT_ALTERED: entry 12 "):
        asyncio.run(log.sealer.seal_now())


def test_the_sealer_does_not_go_on_from_a_head_that_somebody_else_signed(log: Log) -> None:
    with log.store.read() as reading:
        chain = audit_rows.get(reading, 10).chain_hash
    note = sign_head(Ed25519Signer(NamedKey("audit-test", b"f" * 32)), 10, b"r" * 32, chain, AT).note
    log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = 10", params=(note,))
    asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


# ------------------------------------------------------------------------------ a log from before there was a tree


def without_tree(log: Log) -> None:
    """The log as an earlier version left it: heads with the chain hash in the third line, no nodes."""
    log.tamper("DELETE FROM audit_tile")
    log.witness.unlink()
    with log.store.read() as reading:
        heads = [read_note(head.note, log.verifier) for head in audit_rows.checkpoints(reading)]
    for head in heads:
        body = f"{head.origin}\n{head.size}\n{base64.b64encode(head.chain_hash).decode()}\nat {head.at}\n"
        known = head.note.rsplit("\n\n", 1)[1].split(" ")[2]
        key_id = base64.b64decode(known)[:4]
        signature = base64.b64encode(key_id + SIGNER.sign(body.encode())).decode()
        note = f"{body}\n\u2014 {head.origin} {signature}\n"
        assert read_note(note, log.verifier).root is None
        log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = ?", params=(note, head.size))
        append_witness(log.witness, note)


def test_an_older_log_gets_its_tree_at_the_first_seal_and_keeps_its_heads(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps of one tile: others write in between."""
    monkeypatch.setattr(sealer, "_TILES_AT_ONCE", 1)
    grown(log, 3 * WIDTH)
    without_tree(log)
    size = 10 + 3 * WIDTH
    with log.store.read() as reading, pytest.raises(NotFound, match="NO_SUCH_HEAD"):
        Prover(reading, log.verifier)
    assert log.verify().ok and log.verify().signed_to == size

    log.grow(1)

    assert log.verify().ok and log.verify().signed_to == size + 1
    assert both(log, made(log, 1, 300, size, size + 1), witness=True).ok
    with log.store.read() as reading:
        assert audit_tiles.count(reading) == 3
        with pytest.raises(NotFound, match="NO_SUCH_HEAD"):
            Prover(reading, log.verifier).since(10)
    lines = log.export()
    assert verify_file(lines, log.verifier, read_witness(log.witness)).ok
    assert OTHER.verify(iter([line.decode() for line in lines]), log.verifier.text, None)[0]


def test_an_older_log_that_was_altered_gets_no_signed_root(log: Log) -> None:
    grown(log, WIDTH)
    without_tree(log)
    log.tamper("UPDATE audit SET leaf_hash = randomblob(32) WHERE seq = 100")
    asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


def test_an_export_of_the_first_version_is_still_verified(log: Log) -> None:
    """All heads stood before the entries."""
    lines = log.export()
    heads = [line for line in lines if line.startswith(b'{"checkpoint"')]
    others = [line for line in lines[1:] if not line.startswith(b'{"checkpoint"')]
    first = changed(0, audit_export=1)(lines)[0]
    assert verify_file([first, *heads, *others], log.verifier).ok
    assert OTHER.verify(iter([line.decode() for line in (first, *heads, *others)]), None, None)[0]
    assert verify_file([changed(0, audit_export=3)(lines)[0], *lines[1:]]).reason == "EXPORT_UNREADABLE"


@pytest.mark.parametrize(("size", "bad"), [(6, 1), (10, 7)])
@pytest.mark.parametrize("change", ["root", "chain"])
def test_a_signed_head_with_another_root_or_chain_is_located_in_store_and_export(
    log: Log, change: str, size: int, bad: int
) -> None:
    """Whoever can sign says something else of the same entries."""
    with log.store.read() as reading:
        head = read_note(audit_rows.checkpoint(reading, size).note, log.verifier)
    root, chain = (b"x" * 32, head.chain_hash) if change == "root" else (head.root, b"x" * 32)
    note = sign_head(SIGNER, size, root, chain, AT).note
    log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = ?", params=(note, size))
    found = [log.verify(witness=False), verify_file(log.export(), log.verifier)]
    assert [(one.reason, one.first_bad_seq) for one in found] == [("HISTORY_REWRITTEN", bad)] * 2
    told = OTHER.verify(iter([line.decode() for line in log.export()]), log.verifier.text, None)
    assert told == (False, f"the log up to entry {size} is not the one that was signed")
