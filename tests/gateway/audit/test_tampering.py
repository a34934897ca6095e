"""I8: the log cannot be altered, reordered, added to or cut without verification saying where."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from typing import Any

import pytest
from msgspec.structs import replace

from gateway import audit
from gateway.audit.chain import START, chain_hash, leaf_of
from gateway.audit.checkpoint import sign_head
from gateway.security.keys import Ed25519Signer, NamedKey
from gateway.store import audit_rows
from tests.gateway.audit.test_independent_verifier import asked

pytestmark = pytest.mark.requirement("HI-312-02", "AU-06")

COLUMNS = (
    "at",
    "kind",
    "patient_id",
    "partner",
    "purpose",
    "outcome",
    "request_id",
    "sealed",
    "facts_hash",
    "leaf_hash",
    "chain_hash",
)
INTERNAL = ("facts_hash", "leaf_hash", "chain_hash", "sealed")


def _found(log: Any, seq: int, *reasons: str, **how: bool) -> None:
    report = log.verify(**how)
    assert not report.ok
    assert report.first_bad_seq == seq
    assert report.reason in reasons
    assert report.entries == seq - 1


def test_an_untouched_log_is_intact(log: Any) -> None:
    report = log.verify()
    assert (report.ok, report.entries, report.first_bad_seq, report.signed_to) == (True, 10, None, 10)
    with log.store.read() as reading:
        assert report.root == audit_rows.last(reading)[1].hex()


def test_an_empty_log_is_intact(tmp_path: Any) -> None:
    from tests.gateway.audit.conftest import Log

    report = Log(tmp_path).verify()
    assert (report.ok, report.entries, report.root) == (True, 0, START.hex())


def test_the_tables_themselves_refuse_a_change_or_a_deletion(log: Any) -> None:
    connection = sqlite3.connect(log.folder / "handoff.db")
    for statement in ("UPDATE audit SET outcome = 'x' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"):
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)


@pytest.mark.parametrize("seq", [1, 5, 10])
@pytest.mark.parametrize("column", COLUMNS)
def test_an_edit_of_any_column_is_found_where_it_is(log: Any, column: str, seq: int) -> None:
    value = "randomblob(32)" if column in INTERNAL else "'another'"
    log.tamper(f"UPDATE audit SET {column} = {value} WHERE seq = {seq}")
    _found(log, seq, "ENTRY_ALTERED", "CHAIN_BROKEN", "ENTRY_FORGED")
    _found(log, seq, "ENTRY_ALTERED", "CHAIN_BROKEN", facts=False)


@pytest.mark.parametrize("seq", [1, 4, 9])
def test_a_deleted_entry_is_found(log: Any, seq: int) -> None:
    log.tamper(f"DELETE FROM audit WHERE seq = {seq}")
    _found(log, seq, "ENTRY_MISSING")


def test_a_deletion_with_everything_renumbered_is_found(log: Any) -> None:
    log.tamper(
        "DELETE FROM audit WHERE seq = 4",
        *(f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in range(5, 11)),
    )
    _found(log, 4, "ENTRY_ALTERED")


def test_two_entries_that_changed_places_are_found(log: Any) -> None:
    log.tamper(
        "UPDATE audit SET seq = 100 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 7",
        "UPDATE audit SET seq = 7 WHERE seq = 100",
    )
    _found(log, 4, "ENTRY_ALTERED")


@pytest.mark.parametrize("seq", [0, -5])
def test_an_entry_put_before_the_first_is_found(log: Any, seq: int) -> None:
    log.tamper(
        "PRAGMA ignore_check_constraints = ON",
        f"INSERT INTO audit SELECT {seq}, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, "
        "facts_hash, leaf_hash, chain_hash FROM audit WHERE seq = 1",
    )
    _found(log, 1, "ENTRY_OUT_OF_ORDER")


def test_an_entry_put_in_between_is_found(log: Any) -> None:
    shift = (f"UPDATE audit SET seq = {n + 1} WHERE seq = {n}" for n in range(10, 3, -1))
    copy = (
        "INSERT INTO audit SELECT 4, at, kind, patient_id, partner, purpose, outcome, request_id, sealed, "
        "facts_hash, leaf_hash, chain_hash FROM audit WHERE seq = 3"
    )
    log.tamper(*shift, copy)
    _found(log, 4, "ENTRY_ALTERED")


def test_an_entry_put_at_the_end_without_the_keys_is_found(log: Any) -> None:
    with log.store.read() as reading:
        last = audit_rows.get(reading, 10)
    made = replace(last, seq=11)
    made = replace(made, leaf_hash=leaf_of(made))
    made = replace(made, chain_hash=chain_hash(last.chain_hash, made.leaf_hash))
    _insert(log, made)
    _found(log, 11, "ENTRY_FORGED")


def test_a_tail_cut_is_found_by_the_signed_heads(log: Any) -> None:
    log.tamper("DELETE FROM audit WHERE seq > 8")
    _found(log, 9, "TAIL_CUT", witness=False)


def test_a_tail_cut_together_with_its_heads_is_found_by_the_witness(log: Any) -> None:
    log.tamper("DELETE FROM audit WHERE seq > 8", "DELETE FROM audit_checkpoint WHERE size > 8")
    assert log.verify(witness=False).ok
    _found(log, 9, "TAIL_CUT")


def test_a_whole_log_taken_away_is_found_by_the_witness(log: Any) -> None:
    log.tamper("DELETE FROM audit", "DELETE FROM audit_checkpoint")
    _found(log, 1, "TAIL_CUT")


def test_a_tail_cut_before_any_head_is_found_when_a_release_rests_on_it(log: Any) -> None:
    log.tamper(
        "INSERT INTO releases VALUES ('r', NULL, 'p1', 'clinic', 12, '', '', '', 'prepared', '', x'')",
    )
    _found(log, 11, "TAIL_CUT")


def _rewrite(log: Any, from_seq: int) -> None:
    """What somebody with the file but without the keys can do: alter an entry and recompute every hash after
    it.
    """
    with log.store.read() as reading:
        rows = list(audit_rows.scan(reading))
    before = rows[from_seq - 2].chain_hash if from_seq > 1 else START
    for row in rows[from_seq - 1 :]:
        changed = replace(row, outcome="withhold") if row.seq == from_seq else row
        changed = replace(changed, leaf_hash=leaf_of(changed))
        before = chain_hash(before, changed.leaf_hash)
        changed = replace(changed, chain_hash=before)
        log.tamper(f"DELETE FROM audit WHERE seq = {row.seq}")
        _insert(log, changed)


def _insert(log: Any, row: Any) -> None:
    values = tuple(getattr(row, name) for name in ("seq", *COLUMNS))
    log.tamper(f"INSERT INTO audit (seq, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * 12)})", params=values)


@pytest.mark.parametrize("seq", [1, 3, 8])
def test_a_consistently_rewritten_history_is_found_exactly_with_the_keys(log: Any, seq: int) -> None:
    _rewrite(log, seq)
    _found(log, seq, "ENTRY_FORGED")


@pytest.mark.parametrize(("seq", "after_head"), [(3, 0), (8, 6)])
def test_without_the_keys_it_is_found_after_the_last_head_that_fits(
    log: Any, seq: int, after_head: int
) -> None:
    _rewrite(log, seq)
    report = log.verify(facts=False)
    assert (report.ok, report.reason, report.signed_to) == (False, "HISTORY_REWRITTEN", after_head)
    assert report.first_bad_seq == after_head + 1 <= seq


def test_a_rewritten_history_with_its_heads_taken_away_is_found_by_the_witness(log: Any) -> None:
    _rewrite(log, 8)
    log.tamper("DELETE FROM audit_checkpoint")
    assert log.verify(facts=False, witness=False).ok
    assert log.verify(facts=False).reason == "HISTORY_REWRITTEN"


def test_a_head_signed_with_another_key_is_found(log: Any) -> None:
    forger = Ed25519Signer(NamedKey("audit-test", b"f" * 32))
    with log.store.read() as reading:
        row = audit_rows.get(reading, 10)
    note = sign_head(forger, 10, b"r" * 32, row.chain_hash, "2026-11-22T08:00:00.000000Z").note
    log.tamper("UPDATE audit_checkpoint SET note = ? WHERE size = 10", params=(note,))
    report = log.verify(witness=False)
    assert (report.ok, report.reason, report.first_bad_seq) == (False, "CHECKPOINT_FORGED", 7)


def test_a_head_with_another_hash_in_its_text_is_found(log: Any) -> None:
    log.tamper(
        "UPDATE audit_checkpoint SET note = replace(note, char(10) || '10' || char(10), char(10) || '9' || char(10))"
    )
    assert log.verify(witness=False).reason == "CHECKPOINT_FORGED"


@pytest.mark.parametrize(("place", "other"), [(6, 10), (10, 6)])
def test_a_head_put_in_the_place_of_another_is_found_in_the_store_and_in_its_export(
    log: Any, place: int, other: int
) -> None:
    """Both are signed as they should be."""
    log.tamper(
        "UPDATE audit_checkpoint SET note = (SELECT note FROM audit_checkpoint WHERE size = ?) WHERE size = ?",
        params=(other, place),
    )

    said = [log.verify(witness=False), audit.verify_export(log.export(), log.verifier)]

    assert [one.reason for one in said] == ["HISTORY_REWRITTEN"] * 2
    assert [one.first_bad_seq for one in said] == [said[0].first_bad_seq] * 2
    code, sentence = asked(log, log.export(), "--key", log.verifier.text)
    assert (code, sentence) == (1, f"the log up to entry {place} is not the one that was signed")


def test_two_heads_of_one_size_that_differ_are_found(log: Any) -> None:
    """A fork: the operator signed two histories."""
    from gateway.audit.checkpoint import append_witness
    from tests.gateway.audit.conftest import SIGNER

    append_witness(
        log.witness, sign_head(SIGNER, 6, b"r" * 32, b"x" * 32, "2026-11-22T08:00:00.000000Z").note
    )
    report = log.verify()
    assert (report.ok, report.reason) == (False, "HISTORY_REWRITTEN")
    assert report.first_bad_seq == 1


def test_facts_destroyed_with_their_key_leave_the_proof_intact(log: Any) -> None:
    log.tamper("DELETE FROM data_key WHERE scope = 'audit:p1'")
    log.store._cipher.forget("audit:p1", for_ever=True)
    report = log.verify()
    assert (report.ok, report.entries, report.shredded) == (True, 10, 10)
    with log.store.read() as reading:
        assert audit.of_patient(reading, "p1")[0].entry is None


# exports


def _verified(lines: list[bytes], log: Any, *, witness: bool = False) -> Any:
    notes = audit.read_witness(log.witness) if witness else ()
    return audit.verify_export(lines, log.verifier, notes)


@pytest.mark.parametrize("facts", [True, False])
def test_an_untouched_export_is_intact_without_store_and_keys(log: Any, facts: bool) -> None:
    lines = log.export(facts=facts)
    report = _verified(lines, log, witness=True)
    assert report == dataclasses.replace(log.verify(), shredded=0)
    assert audit.verify_export(lines).ok
    assert (b"NOT_IN_SCOPE" in b"".join(lines)) is facts


def test_facts_that_are_destroyed_are_not_in_an_export_that_still_proves_the_rest(log: Any) -> None:
    log.tamper("DELETE FROM data_key WHERE scope = 'audit:p1'")
    log.store._cipher.forget("audit:p1", for_ever=True)
    lines = log.export()
    assert b"NOT_IN_SCOPE" not in b"".join(lines)
    assert _verified(lines, log, witness=True).ok


def _entry_lines(lines: list[bytes]) -> list[int]:
    return [place for place, line in enumerate(lines) if b'"seq"' in line]


@pytest.mark.parametrize(
    "field",
    [
        "at",
        "kind",
        "patient_id",
        "outcome",
        "sealed_sha256",
        "facts_hash",
        "facts",
        "salt",
        "leaf_hash",
        "chain_hash",
    ],
)
def test_an_edited_export_is_found_where_it_is(log: Any, field: str) -> None:
    lines = log.export()
    place = _entry_lines(lines)[4]
    entry = json.loads(lines[place])
    entry[field] = "00" * 32 if field.endswith(("hash", "sha256")) else "AAAA"
    lines[place] = json.dumps(entry).encode() + b"\n"
    report = _verified(lines, log)
    assert (report.ok, report.first_bad_seq) == (False, 5)


def test_an_export_with_a_line_gone_doubled_or_moved_is_found(log: Any) -> None:
    lines = log.export()
    third = _entry_lines(lines)[2]
    gone = [*lines[:third], *lines[third + 1 :]]
    doubled = [*lines[:third], lines[third], *lines[third:]]
    moved = [*lines]
    moved[third], moved[third + 2] = moved[third + 2], moved[third]
    assert (_verified(gone, log).reason, _verified(gone, log).first_bad_seq) == ("ENTRY_MISSING", 3)
    assert (_verified(doubled, log).reason, _verified(doubled, log).first_bad_seq) == (
        "ENTRY_OUT_OF_ORDER",
        4,
    )
    assert (_verified(moved, log).reason, _verified(moved, log).first_bad_seq) == ("ENTRY_MISSING", 3)


def test_an_export_stays_good_when_the_log_grows_after_it(log: Any) -> None:
    lines = log.export()
    log.grow(3)
    report = _verified(lines, log, witness=True)
    assert (report.ok, report.entries, report.signed_to, report.behind) == (True, 10, 10, 3)


def test_a_cut_export_is_found(log: Any) -> None:
    lines = log.export()
    assert _verified(lines[:-1], log).reason == "EXPORT_CUT"
    cut = _verified(lines[:-3], log)
    assert (cut.reason, cut.first_bad_seq) == ("EXPORT_CUT", 9)
    assert _verified([*lines[:-3], b'{"end":8}\n'], log).reason == "TAIL_CUT"
    without_heads = [line for line in lines[:-2] if not line.startswith(b'{"checkpoint"')]
    shortened = [*without_heads, b'{"end":9}\n']
    assert audit.verify_export(shortened).ok
    # It looks like an export made a moment earlier; the witness tells how much is not in it.
    report = _verified(shortened, log, witness=True)
    assert (report.ok, report.entries, report.behind) == (True, 9, 1)
    assert _verified([*without_heads, b'{"end":10}\n'], log).reason == "TAIL_CUT"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [], "EXPORT_UNREADABLE"),
        (lambda lines: [b"{}\n"], "EXPORT_UNREADABLE"),
        (lambda lines: [b"\xff\x00"], "EXPORT_UNREADABLE"),
        (lambda lines: [b'{"audit_export":1,"verifier_key":"x"}\n', *lines[1:]], "EXPORT_UNREADABLE"),
        (lambda lines: [*lines[:4], b"not json\n", *lines[4:]], "EXPORT_UNREADABLE"),
        (lambda lines: [*lines, lines[-2]], "EXPORT_UNREADABLE"),
        (lambda lines: [lines[0], b'{"checkpoint":"no note"}\n', *lines[1:]], "CHECKPOINT_FORGED"),
    ],
)
def test_what_is_no_export_is_told_as_such(log: Any, change: Any, reason: str) -> None:
    assert _verified(change(log.export()), log).reason == reason


def test_an_export_under_another_key_is_not_this_networks(log: Any) -> None:
    other = audit.verifier_of(Ed25519Signer(NamedKey("other", b"o" * 32)))
    assert audit.verify_export(log.export(), other).reason == "KEY_DIFFERS"
