"""What the commands print about the log and the inbox, and with which exit code they end."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import AuditedResource, AuditReason, Sealer, VerifyReport, append, verifier_of
from gateway.cli import audit_commands, messages_commands, proof_commands
from gateway.clock import SystemClock
from gateway.errors import NotFound, NotUnderstood
from gateway.store import Transaction, inbox, intents, open_store
from gateway.wiring.network_folder import make_network_folder, open_folder
from tests.gateway.audit.conftest import Log
from tests.gateway.store.samples import LATER, entry, intent, message, with_patient


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log with a disclosure, a refusal and a read."""
    made = Log(tmp_path)
    reason = AuditReason("NO_CONSENT", "42 CFR §2.13(a)", "Consent/c1/_history/1")
    resource = AuditedResource("Condition/x", "withhold", ("SUD",), (reason,))
    made.grow(1, request_id="q-yes", basis="consent")
    made.grow(1, request_id="q-no", kind="refuse", outcome="withhold", resources=(resource,), at=LATER)
    made.grow(1, request_id="q-read", kind="read", patient_id="p2")
    yield made
    asyncio.run(made.store.close())


def _printed(function: Any, *given: Any, **named: Any) -> tuple[int, str]:
    out = io.StringIO()
    return function(*given, **named, out=out), out.getvalue()


def test_disclosures_lists_both_what_went_and_what_did_not_newest_first(log: Log) -> None:
    with log.store.read() as reading:
        code, text = _printed(audit_commands.print_disclosures, reading, None, as_json=False)
    lines = text.splitlines()
    assert code == 0
    assert lines[0].split() == [
        "entry",
        "at",
        "kind",
        "outcome",
        "recipient",
        "purpose",
        "patient",
        "consents",
        "request",
    ]
    assert [line.split()[-1] for line in lines[1:]] == ["q-no", "q-yes"]


def test_disclosures_of_one_patient_as_json_are_the_facts(log: Log) -> None:
    with log.store.read() as reading:
        code, text = _printed(audit_commands.print_disclosures, reading, "p1", as_json=True)
        nobody = _printed(audit_commands.print_disclosures, reading, "p9", as_json=True)
    found = json.loads(text)
    assert code == 0
    assert [one["request_id"] for one in found] == ["q-no", "q-yes"]
    assert found[0]["resources"][0]["reasons"][0]["citation"] == "42 CFR §2.13(a)"
    assert nobody == (0, "[]\n")


def test_a_limit_counts_disclosures_and_not_other_entries(log: Log) -> None:
    log.grow(5, kind="read")
    with log.store.read() as reading:
        _, text = _printed(audit_commands.print_disclosures, reading, None, as_json=True, limit=1)
    assert [one["request_id"] for one in json.loads(text)] == ["q-no"]


def test_why_tells_the_true_reason_with_its_citation(log: Log, capsys: Any) -> None:
    with log.store.read() as reading:
        code, text = _printed(audit_commands.print_why, reading, "q-no", as_json=False)
        assert code == 0
        for word in (
            "withhold",
            "Condition/x",
            "[SUD]",
            "NO_CONSENT (42 CFR §2.13(a)) Consent/c1/_history/1",
        ):
            assert word in text
        assert _printed(audit_commands.print_why, reading, "nobody", as_json=False) == (1, "")
        assert "no entry" in capsys.readouterr().err
        assert _printed(audit_commands.print_why, reading, "nobody", as_json=True) == (1, "[]\n")


def test_why_says_so_when_the_facts_were_destroyed(log: Log) -> None:
    log.tamper("DELETE FROM data_key WHERE scope = 'audit:p1'")
    log.store._cipher.forget("audit:p1", for_ever=True)
    with log.store.read() as reading:
        assert "destroyed" in _printed(audit_commands.print_why, reading, "q-no", as_json=False)[1]
        assert "destroyed" in _printed(audit_commands.print_disclosures, reading, None, as_json=False)[1]
        _, text = _printed(audit_commands.print_why, reading, "q-no", as_json=True)
    assert json.loads(text)[0]["outcome"] == "withhold"


@pytest.mark.requirement("HI-312-02")
def test_a_report_says_where_and_ends_with_1_when_something_was_altered() -> None:
    good = VerifyReport(True, 7, None, None, "ab", 7, 2, 3)
    bad = VerifyReport(False, 4, 5, "ENTRY_ALTERED", "ab", 3)
    code, text = _printed(audit_commands.print_report, good)
    assert code == 0 and "7 entries" in text and "2 entries whose facts" in text
    assert "3 entries more" in text
    code, text = _printed(audit_commands.print_report, bad)
    assert code == 1 and "ALTERED at entry 5" in text and "ENTRY_ALTERED" in text


@pytest.fixture
def network(filled: Path, tmp_path: Path) -> Path:
    """A network folder of the test's own: each look adds to its log."""
    return shutil.copytree(filled, tmp_path / "network")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: Any) -> Path:
    """A network folder whose store holds two messages and an audit entry."""
    path: Path = tmp_path_factory.mktemp("network")
    make_network_folder(path, None)
    folder = open_folder(path)

    def work(tx: Transaction) -> None:
        from gateway import audit

        with_patient()(tx)
        inbox.keep(tx, message(1), b"MSH|raw")
        faults = json.dumps([{"code": "SEGMENT_MISSING", "place": "PRD-7"}])
        inbox.keep(tx, message(2, state="needs_attention", received_at=LATER, faults=faults), b"MSH|other")
        intents.add(tx, intent("i1", message_id="m2", state="held", reason="NO_CONSENT"))
        audit.append(tx, entry("q1"))

    async def fill() -> None:
        store = open_store(folder.store_url, folder.keys.cipher, folder=path)
        await store.write(work)
        await store.close()

    asyncio.run(fill())
    return path


def test_an_export_is_verified_with_and_without_the_network(
    network: Path, tmp_path: Path, capfdbinary: Any
) -> None:
    assert audit_commands.audit_export(network, None) == 0
    file = tmp_path / "log.ndjson"
    file.write_bytes(capfdbinary.readouterr().out)
    assert audit_commands.audit_verify(network, None, file) == 1, "anybody can write a log that fits"
    assert b"NOT PROVED: no signed head" in capfdbinary.readouterr().out
    folder = open_folder(network)

    async def seal() -> None:
        store = open_store(folder.store_url, folder.keys.cipher, folder=network)
        await Sealer(store, folder.keys.signer, network / "witness.log", SystemClock()).seal_now()
        await store.close()

    asyncio.run(seal())
    assert audit_commands.audit_export(network, None) == 0
    file.write_bytes(capfdbinary.readouterr().out)
    assert audit_commands.audit_verify(network, None, file) == 0
    assert b"itself names" not in capfdbinary.readouterr().out
    assert audit_commands.audit_verify(tmp_path, None, file) == 0
    assert b"itself names" in capfdbinary.readouterr().out
    file.write_bytes(file.read_bytes().replace(b'"outcome":"partial"', b'"outcome":"withhold"', 1))
    assert audit_commands.audit_verify(network, None, file) == 1
    assert b"ALTERED at entry 1" in capfdbinary.readouterr().out


def test_one_entry_and_a_part_are_proved_without_the_rest_and_without_the_network(
    network: Path, tmp_path: Path, capfdbinary: Any
) -> None:
    """AU-06: what a lawyer takes along is checked with the key alone."""
    folder = open_folder(network)

    async def seal() -> None:
        store = open_store(folder.store_url, folder.keys.cipher, folder=network)
        await store.write(with_patient("p2"))
        for name, number in (("q2", 1), ("q3", 2), ("q4", 1)):
            given = entry(name, patient_id=f"p{number}", at=LATER)
            await store.write(lambda tx, given=given: append(tx, given))
        await Sealer(store, folder.keys.signer, network / "witness.log", SystemClock()).seal_now()
        await store.close()

    asyncio.run(seal())
    key, file = verifier_of(folder.keys.signer).text, tmp_path / "proof.ndjson"

    def verified(code: int) -> bytes:
        file.write_bytes(capfdbinary.readouterr().out)
        for where, named in ((network, {}), (tmp_path, {"key": key, "witness": network / "witness.log"})):
            assert audit_commands.audit_verify(where, None, file, **named) == code
        for missing in (tmp_path / "none.log", tmp_path):
            with pytest.raises(NotUnderstood, match="WITNESS_UNREADABLE"):
                audit_commands.audit_verify(network, None, file, witness=missing)
        return bytes(capfdbinary.readouterr().out)

    assert proof_commands.audit_prove(network, None, 2, None, 4, facts=False) == 0
    assert verified(0).startswith(b"proved: 1 entry is in the signed log of 4 entries")
    part = proof_commands.Part(patient="p1", since="2026-11-22", until="2026-11-22")
    assert proof_commands.audit_export_part(network, None, part, facts=True) == 0
    assert verified(0).startswith(b"proved: 3 entries are")
    assert b'"q3"' not in file.read_bytes() and b'"q2"' in file.read_bytes()
    nothing = b"the head over 4 entries is signed; no entry"
    for days, text in ((("2026-11-22", ""), b"proved: 4 entries"), (("", "2026-11-21"), nothing)):
        assert (
            proof_commands.audit_export_part(network, None, proof_commands.Part("", *days), facts=False) == 0
        )
        assert verified(0).startswith(text)
    assert proof_commands.audit_prove(network, None, 2, None, None, facts=False) == 0
    file.write_bytes(capfdbinary.readouterr().out.replace(b'"partner":"clinic"', b'"partner":"housing"', 1))
    assert audit_commands.audit_verify(network, None, file) == 1
    assert b"NOT PROVED at entry 2" in capfdbinary.readouterr().out
    with pytest.raises(NotUnderstood, match="NOTHING_ASKED"):
        proof_commands.audit_prove(network, None, None, None, None, facts=False)
    with pytest.raises(NotFound, match="NO_SUCH_ENTRY"):
        proof_commands.audit_prove(network, None, 99, None, None, facts=False)


def test_messages_are_listed_with_their_faults_and_no_content(network: Path, capsys: Any) -> None:
    messages_commands.messages_list(network, None, state="needs_attention", partner=None, as_json=False)
    text = capsys.readouterr().out
    assert "m2" in text and "SEGMENT_MISSING" in text and "m1" not in text and "MSH" not in text


def test_a_message_is_shown_with_what_it_brought_about(network: Path, capsys: Any) -> None:
    assert messages_commands.messages_show(network, None, "m2", as_json=False) == 0
    text = capsys.readouterr().out
    assert "SEGMENT_MISSING PRD-7" in text and "i1 to clinic: held NO_CONSENT" in text
    assert messages_commands.messages_show(network, None, "m9", as_json=False) == 1


def test_the_raw_message_comes_out_byte_for_byte(network: Path, capfdbinary: Any) -> None:
    assert messages_commands.messages_raw(network, None, "m1") == 0
    assert capfdbinary.readouterr().out == b"MSH|raw"
    with pytest.raises(NotFound):
        messages_commands.messages_raw(network, None, "m9")
