"""What a witness file says of a file that shows entries, to our verifier and to the one that shares no code with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import audit
from gateway.audit import VerifyReport, checkpoint, proof, read_witness, verify_file
from gateway.audit.checkpoint import sign_head
from gateway.security.keys import Ed25519Signer, NamedKey
from tests.gateway.audit import conftest
from tests.gateway.audit.conftest import SIGNER, Log
from tests.gateway.audit.test_proof import HEAD, OTHER, changed, loaded, made
from tests.gateway.store.samples import AT, entry

pytestmark = pytest.mark.requirement("AU-06")
OF_ANOTHER = Ed25519Signer(NamedKey("audit-test", b"x" * 32))


def both(lines: list[bytes], key: str | None, notes: list[str] | None) -> VerifyReport:
    """What ours says of a file under the key that it names, or `key`; the other one has to agree."""
    report = verify_file(lines, None if key is None else audit.read_verifier(key), notes)
    told = None if notes is None else [json.dumps({"note": note}) for note in notes]
    try:
        good, _ = OTHER.verify(iter([line.decode() for line in lines]), key, told)
    except OTHER.TROUBLES:
        good = False
    assert good is report.ok, report
    return report


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """Another log of the same name, under a key of its own."""
    (tmp_path / "others").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(conftest, "SIGNER", OF_ANOTHER)
        made_there = Log(tmp_path / "others")
        made_there.grow(10)
        yield made_there
    asyncio.run(made_there.store.close())


def old(size: int, log: Log) -> str:
    """A head from before there was a tree."""
    body = f"{SIGNER.name}\n{size}\n{'A' * 43}=\nat {AT}\n"
    return f"{body}\n{read_witness(log.witness)[0].rsplit(chr(10), 2)[1]}\n"


def test_a_witness_of_another_key_or_of_nothing_lets_no_file_pass(log: Log, others: Log) -> None:
    """Under the key that the file names itself, and under the right one for it."""
    honest = list(read_witness(log.witness))
    for lines in (others.export(), made(others, 4)):
        for key in (None, json.loads(lines[0])["verifier_key"]):
            assert both(lines, key, None).ok
            for notes in (honest, [], ["torn"], [old(6, log)]):
                assert both(lines, key, notes).reason == "NOT_WITNESSED"
            assert both(lines, key, list(read_witness(others.witness))).ok
    mixed = [*read_witness(others.witness), honest[-1]]
    assert both(others.export(), None, mixed).reason == "NOT_WITNESSED"
    assert both(made(others, 4), None, mixed).reason == "NOT_WITNESSED"


def test_of_a_long_witness_a_proof_looks_at_its_own_heads_alone(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One at a time: those over fewer entries are named by size alone, those over more tell nothing of this one."""
    lines, kept = made(log, 4, since=6), read_witness(log.witness)
    later = [sign_head(SIGNER, size, b"r" * 32, b"c" * 32, AT).note for size in (3, *range(20, 120))]
    again = sign_head(SIGNER, 10, *root_and_chain(log), "2026-11-23T00:00:00.000000Z").note
    monkeypatch.setattr(proof, "read_note", seen := Counted(checkpoint.read_note))
    other = loaded()
    monkeypatch.setattr(other, "head_of", looked := Counted(other.head_of))
    notes = [later[0], *kept, again, *later[1:]]
    assert verify_file(lines, log.verifier, iter(notes)).ok
    assert other.verify(
        iter([one.decode() for one in lines]), None, [json.dumps({"note": n}) for n in notes]
    )[0]
    assert (seen.times, looked.times) == (2 + 1, 2 + 3)
    assert verify_file(lines, log.verifier, [*kept, sign_head(SIGNER, 9, b"r" * 32, b"c" * 32, AT).note]).ok


def test_of_an_export_a_long_witness_is_read_beside_the_entries_and_not_kept(log: Log) -> None:
    """Unless its notes are out of order, as they may be after a restore: the answer is the same."""
    kept = read_witness(log.witness)
    later = [sign_head(SIGNER, size, b"r" * 32, b"c" * 32, AT).note for size in range(20, 120)]

    class Told(tuple[str, ...]):
        read = 0

        def __iter__(self) -> Iterator[str]:
            for Told.read, note in enumerate(super().__iter__(), 1):
                yield note

    def lines(notes: Told, at_the_end: list[int]) -> Iterator[bytes]:
        for line in log.export():
            yield line
            if b'"seq":10,' in line:
                at_the_end.append(notes.read)

    for told, most in ((Told((*kept, *later)), 3), (Told((*later, *kept)), 102), (Told(kept), 2)):
        seen: list[int] = []
        report = verify_file(lines(told, seen), log.verifier, told)
        assert (report.ok, report.behind) == (True, 109 if len(told) > 2 else 0)
        assert 0 < seen[0] <= most and told.read == len(told)


class Counted:
    """A function, and how often it was asked."""

    def __init__(self, asked: Any) -> None:
        self._asked, self.times = asked, 0

    def __call__(self, *arguments: Any) -> Any:
        self.times += 1
        return self._asked(*arguments)


def root_and_chain(log: Log) -> tuple[bytes, bytes]:
    head = checkpoint.read_note(json.loads(made(log)[HEAD])["checkpoint"], log.verifier)
    assert head.root is not None
    return head.root, head.chain_hash


def test_shown_facts_that_contradict_their_own_entry_are_found(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed by whoever has the keys: hash and signature are right, the columns say something else than the facts."""
    encoder = msgspec.json.Encoder()
    for name in ("at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id"):

        class Lying:
            def encode(self, said: Any, name: str = name) -> bytes:
                return encoder.encode(msgspec.structs.replace(said, **{name: "other"}))

        with monkeypatch.context() as patched:
            patched.setattr("gateway.audit.log._ENCODER", Lying())
            asyncio.run(log.store.write(lambda tx: audit.append(tx, entry())))
    log.grow(1)
    for number in range(11, 18):
        assert both(made(log, number, facts=True), None, None).reason == "ENTRY_FORGED"
        assert both(made(log, number), None, None).ok
    assert both(made(log, 18, facts=True), None, None).ok
    report = both(log.export(), None, None)
    assert (report.reason, report.first_bad_seq) == ("ENTRY_FORGED", 11)


@pytest.mark.parametrize(
    ("place", "said"),
    [(0, {"audit_proof": 2}), (2, {"seq": 2**63}), (2, {"seq": True}), (2, {"path": ["é"]})],
)
def test_another_version_and_numbers_that_are_none_are_refused(
    log: Log, place: int, said: dict[str, Any]
) -> None:
    for lines in (made(log, 1), log.export()):
        if not {"audit_proof", "path"} & said.keys() or b"audit_proof" in lines[0]:
            report = both(changed(place, **said)(lines), None, None)
            assert report.reason in ("EXPORT_UNREADABLE", "ENTRY_MISSING")
