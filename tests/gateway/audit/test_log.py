"""Appending, finding, sealing: what goes into the log and who vouches for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit import AuditedResource, AuditReason, Sealer, read_verifier, read_witness
from gateway.audit.checkpoint import append_witness, read_note, sign_head
from gateway.errors import Internal, NotNow, NotUnderstood
from gateway.store import AuditFilter, audit_rows
from tests.gateway.audit.conftest import SIGNER
from tests.gateway.store.samples import AT, LATER, entry


def _write(log: Any, work: Any) -> Any:
    return asyncio.run(log.store.write(work))


@pytest.mark.requirement("AU-05")
def test_an_entry_comes_back_with_all_its_facts(log: Any) -> None:
    full = entry(
        "q-full",
        source=("Organization/hospital",),
        basis="consent",
        resources=(AuditedResource("Goal/1", "redact", ("SUD",), (AuditReason("X", "42 CFR §2.13(a)"),)),),
        obligations=("NO_REDISCLOSURE",),
        notice_version="2024",
        bytes_sha256="ab" * 32,
        versions={"semantics": "1"},
        recipient_address="1 Main St",
        subject="rel1",
    )
    receipt = _write(log, lambda tx: audit.append(tx, full))
    assert (receipt.seq, len(receipt.leaf_hash)) == (11, 32)
    with log.store.read() as reading:
        (found,) = audit.find_by_request(reading, "q-full")
        assert found.entry == full
        assert audit.get(reading, 11) == found
        assert audit.get(reading, 12) is None
        assert audit.find_by_request(reading, "nobody") == ()


def test_an_entry_about_nobody_is_kept_too(log: Any) -> None:
    log.grow(1, request_id="q-nobody", patient_id=None)
    with log.store.read() as reading:
        (found,) = audit.find_by_request(reading, "q-nobody")
    assert found.entry is not None and found.entry.patient_id is None


def test_entries_are_listed_newest_first_by_what_is_asked(log: Any) -> None:
    log.grow(1, request_id="a", partner="housing", kind="refuse", outcome="withhold", at=LATER)
    log.grow(1, request_id="b", patient_id="p2", purpose="HPAYMT")

    def seqs(**wanted: Any) -> list[int]:
        with log.store.read() as reading:
            return [found.row.seq for found in audit.newest(reading, 3, AuditFilter(**wanted))]

    assert seqs() == [12, 11, 10]
    assert (
        seqs(partner="housing")
        == seqs(kind="refuse")
        == seqs(outcome="withhold")
        == seqs(since=LATER)
        == [11]
    )
    assert seqs(patient_id="p2") == seqs(purpose="HPAYMT") == [12]
    assert seqs(patient_id="p1", partner="housing") == [11]
    assert seqs(until=LATER, before_seq=3) == [2, 1]
    with log.store.read() as reading:
        assert [found.row.seq for found in audit.of_patient(reading, "p1")] == list(range(1, 12))


def test_works_that_share_a_commit_get_numbers_without_gaps(log: Any) -> None:
    async def run() -> list[int]:
        works = [log.store.write(lambda tx: audit.append(tx, entry())) for _ in range(50)]
        return [receipt.seq for receipt in await asyncio.gather(*works)]

    assert sorted(asyncio.run(run())) == list(range(11, 61))
    assert log.verify().ok


def test_an_undone_work_leaves_no_gap(log: Any) -> None:
    def failing(tx: Any) -> None:
        audit.append(tx, entry())
        raise ZeroDivisionError

    async def run() -> None:
        works = [log.store.write(w) for w in (failing, lambda tx: audit.append(tx, entry()))]
        await asyncio.gather(*works, return_exceptions=True)

    asyncio.run(run())
    report = log.verify()
    assert (report.ok, report.entries) == (True, 11)


def test_the_sealer_signs_only_when_something_came(log: Any) -> None:
    assert asyncio.run(log.sealer.seal_now()) is None
    log.grow(1)
    with log.store.read() as reading:
        assert [head.size for head in audit_rows.checkpoints(reading)] == [6, 10, 11]
    assert [read_note(note, log.verifier).size for note in read_witness(log.witness)] == [6, 10, 11]


def test_the_sealer_seals_what_is_left_when_it_is_stopped(log: Any) -> None:
    async def run() -> None:
        task = asyncio.ensure_future(log.sealer.run(every_seconds=60))
        await asyncio.sleep(0.05)
        await log.store.write(lambda tx: audit.append(tx, entry()))
        await log.sealer.stop()
        await asyncio.wait_for(task, 90)

    asyncio.run(run())
    assert log.verify().signed_to == 11
    assert log.sealer.trouble is None


def test_the_sealer_does_not_sign_an_altered_log(log: Any) -> None:
    log.tamper("UPDATE audit SET chain_hash = randomblob(32) WHERE seq = 10")
    _write(log, lambda tx: audit.append(tx, entry()))
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


def test_the_sealer_does_not_sign_a_cut_log(log: Any) -> None:
    log.tamper("DELETE FROM audit WHERE seq > 8")
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


def test_the_sealer_does_not_sign_a_log_that_is_gone(log: Any) -> None:
    log.tamper("DELETE FROM audit")
    with pytest.raises(Internal, match="AUDIT_ALTERED"):
        asyncio.run(log.sealer.seal_now())


def test_two_sealers_at_once_sign_a_head_once(log: Any) -> None:
    async def run() -> list[Any]:
        await log.store.write(lambda tx: audit.append(tx, entry()))
        without_witness = Sealer(log.store, SIGNER, None, log.clock)
        return list(await asyncio.gather(log.sealer.seal_now(), without_witness.seal_now()))

    made = asyncio.run(run())
    assert [head.size for head in made if head is not None] == [11]


def test_a_busy_store_or_an_unwritable_witness_is_told_and_tried_again(log: Any) -> None:
    sealer = log.sealer
    sealer._witness = log.folder
    log_entry = lambda tx: audit.append(tx, entry())  # noqa: E731

    async def run() -> None:
        await log.store.write(log_entry)
        await sealer._try_to_seal()
        assert sealer.trouble == "WITNESS_NOT_WRITTEN"
        sealer._witness = log.witness
        await log.store.write(log_entry)
        await sealer._try_to_seal()
        assert sealer.trouble is None

    asyncio.run(run())
    assert log.verify().signed_to == 12
    asyncio.run(log.store.close())
    with pytest.raises(NotNow, match="STORE_CLOSED"):
        asyncio.run(sealer.seal_now())
    asyncio.run(sealer._try_to_seal())
    assert sealer.trouble == "STORE_CLOSED"


def test_a_witness_file_torn_by_a_crash_goes_on(log: Any) -> None:
    with log.witness.open("ab") as file:
        file.write(b'{"note": "warm-hand')
    log.grow(1)
    assert len(read_witness(log.witness)) == 3
    assert log.verify().ok


def test_without_a_witness_file_there_are_no_notes(tmp_path: Any) -> None:
    assert read_witness(tmp_path / "none") == ()


def test_a_signed_head_is_a_signed_note(log: Any, tmp_path: Any) -> None:
    head = sign_head(SIGNER, 7, b"r" * 32, b"h" * 32, AT)
    body, signature = head.note.split("\n\n")
    root, chain = (
        "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=",
        "aGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGg=",
    )
    assert body.split("\n") == [SIGNER.name, "7", root, f"chain {chain}", f"at {AT}"]
    assert signature.startswith(f"\u2014 {SIGNER.name} ")
    assert read_note(head.note, log.verifier) == head
    append_witness(tmp_path / "w", head.note)
    assert read_witness(tmp_path / "w") == (head.note,)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n7\n", "\n8\n"),
        lambda note: note.replace(AT, LATER),
        lambda note: note.split("\n\n")[0],
        lambda note: note[:-10] + "\n",
        lambda note: note.replace("\u2014 ", "\u2014 x"),
        lambda note: "",
        lambda note: note.split("\n\n")[0] + "\n\n",
    ],
)
def test_a_changed_note_is_refused(log: Any, change: Any) -> None:
    with pytest.raises(NotUnderstood, match="CHECKPOINT_FORGED"):
        read_note(change(sign_head(SIGNER, 7, b"r" * 32, b"h" * 32, AT).note), log.verifier)


def test_a_verifier_key_travels_as_one_line(log: Any) -> None:
    text = log.verifier.text
    assert read_verifier(text) == log.verifier
    name, key_id, key = text.split("+", 2)
    wrong = (
        f"{name}x+{key_id}+{key}",
        f"{name}+00000000+{key}",
        f"{name}+{key_id}",
        "",
        f"{name}+{key_id}+!",
    )
    for one in wrong:
        with pytest.raises(NotUnderstood, match="VERIFIER_KEY"):
            read_verifier(one)


def test_facts_of_an_unknown_form_are_a_fault_of_ours() -> None:
    from gateway.audit.log import read_facts

    with pytest.raises(Internal, match="AUDIT_UNREADABLE"):
        read_facts(b'{"kind": 1}')


def test_the_room_shows_what_its_face_promises() -> None:
    assert all(hasattr(audit, name) for name in audit.__all__)
    assert replace(entry(), request_id="x").request_id == "x"
