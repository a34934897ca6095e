"""A stored decision, made again: the same bytes whatever has happened since, or what differs by name."""

from __future__ import annotations

import io
import json
import sqlite3
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.audit import AuditEntry, append
from gateway.cli.decide_again_command import print_replay
from gateway.clock import instant_text
from gateway.disclosure.consent_tables import packaged_files
from gateway.disclosure.named_versions import NETWORK, TABLES
from gateway.disclosure.replay_decision import Finding, Replayed, replay_decisions
from gateway.errors import NotFound
from gateway.resources.searching import Filter
from gateway.store import Transaction, kept_versions, patients, records
from tests.gateway.county import HOUSING, MRN, NOW, OTP, County

NOW_TEXT = instant_text(NOW)


def replayed(county: County, request_id: str) -> Replayed:
    """The one decision of a request, made again."""
    (one,) = county.look(lambda reading: replay_decisions(reading, request_id))
    return one


def deciding(county: County) -> list[AuditEntry]:
    """Every entry of a decision about her."""
    entries = [logged.entry for logged in county.audit()]
    return [entry for entry in entries if entry is not None and entry.decision_sha256]


def forged(county: County, request_id: str, **changes: Any) -> None:
    """The newest decision's entry once more under another request id, with other facts."""
    entry = replace(deciding(county)[-1], request_id=request_id, **changes)
    county.write(lambda tx: append(tx, entry))


def keep(county: County, kind: str, version: str, content: bytes) -> None:
    """Put a copy where there is none."""

    def work(tx: Transaction) -> None:
        kept_versions.keep(tx, kind, version, content, NOW_TEXT)

    county.write(work)


def spoil(county: County, statement: str, *values: object) -> int:
    """Change the store's file behind its back; how many rows."""
    with sqlite3.connect(county.folder.path / "handoff.db") as file:
        return file.execute(statement, values).rowcount


@pytest.fixture
def pushed(county: County) -> County:
    """One referral went to the treatment program."""
    county.consent()
    county.refer()
    county.deliver()
    return county


@pytest.mark.requirement("AU-05")
def test_a_push_and_a_refusal_replay_to_the_same_bytes(county: County) -> None:
    county.refer()
    refused = county.refused().request_id
    county.consent()
    sent = county.deliver().request_id

    assert [replayed(county, each).verdict for each in (refused, sent)] == ["same", "same"]


def test_a_pull_replays_for_each_party_that_was_asked(pushed: County) -> None:
    pushed.share_plan()
    pushed.consent("psychiatry", discloser="otp", identifier=OTP)
    her = pushed.patient_id
    pushed.search("psychiatry", "Goal", None, patient=her)
    last = deciding(pushed)[-1]

    again = pushed.look(lambda reading: replay_decisions(reading, last.request_id))

    assert [one.verdict for one in again] == ["same"] * len(again)
    assert again and last.partner == "psychiatry"
    one = pushed.records("Goal")[0].id
    pushed.search("psychiatry", "Goal", None, patient=her, filters=(Filter("id", ("id",), (one,)),))
    limited = deciding(pushed)[-1]
    assert "NOT_ASKED_FOR" in {reason.code for row in limited.resources for reason in row.reasons}
    assert replayed(pushed, limited.request_id).verdict == "same"


def test_every_decision_of_a_long_story_replays_the_same_whatever_came_later(county: County) -> None:
    """The clock stands still all the while: what a decision knew is told by her epoch and not by the time."""
    county.refer()
    county.refused()
    first = county.consent()
    county.deliver()
    county.answer("otp", "accepted")
    county.withdraw(first)
    county.refer("ED-2", "R-2")
    county.claim()
    county.share_plan()
    county.search("housing", "Goal", HOUSING, "COC")
    goals = county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "COC")
    county.change_partner("otp", may_record_consent_for=("hospital",), standing=("community",))
    county.search("housing", "Goal", HOUSING, "COC")
    county.withdraw(goals, by="otp")
    county.search("housing", "Goal", HOUSING, "COC")
    county.consent("housing", discloser="hospital", by="otp", purpose="COC", identifier=OTP)
    county.change_network(zone="Europe/Paris")
    county.search("housing", "ServiceRequest", HOUSING, "COC")
    county.run(county.store.close())
    reopened = County(county.folder.path)
    try:
        entries = deciding(reopened)
        outcomes = {entry.outcome for entry in entries}
        verdicts = {one.verdict for e in entries for one in _all(reopened, e.request_id)}
        assert len(entries) >= 6
        assert {"withhold"} < outcomes
        assert verdicts == {"same"}
    finally:
        reopened.close()
        county.store = reopened.store


def _all(county: County, request_id: str) -> tuple[Replayed, ...]:
    return county.look(lambda reading: replay_decisions(reading, request_id))


def test_what_another_source_withheld_is_asked_again_and_missed_if_it_is_not_logged(pushed: County) -> None:
    pushed.answer("otp", "accepted")
    pushed.consent("psychiatry")
    both = replace(pushed.task(), version=0, source_partner="hospital", updated_at=NOW_TEXT)
    pushed.write(lambda tx: records.save(tx, both))
    pushed.search("psychiatry", "Task", None, patient=pushed.patient_id)
    entry = deciding(pushed)[-1]
    (row,) = entry.resources

    assert row.reasons[-1].code == "OTHER_SOURCE_WITHHOLDS"
    assert replayed(pushed, entry.request_id).verdict == "same"
    otherwise = replace(row.reasons[-1], code="HUMAN_RELEASE")
    for number, reasons in enumerate((row.reasons[:-1], (*row.reasons[:-1], otherwise))):
        outcome = "disclose" if number == 0 else "withhold"
        forged(pushed, f"f{number}", resources=(replace(row, reasons=reasons, outcome=outcome),))
        assert replayed(pushed, f"f{number}").findings == (Finding("OUTCOME_DIFFERS", row.reference),)


def test_what_the_gate_withheld_beyond_the_decision_is_no_difference(county: County) -> None:
    county.consent(classes=("Task",))
    county.refer()
    county.refused()
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="HLEGAL", classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "HLEGAL")
    entries = deciding(county)

    added = {row.reasons[-1].code for entry in entries for row in entry.resources}
    assert added >= {"NOTHING_WITHOUT_HEART", "HUMAN_RELEASE"}
    assert {replayed(county, entry.request_id).verdict for entry in entries} == {"same"}


def test_deciding_again_writes_nothing(pushed: County) -> None:
    before = len(pushed.audit())
    replayed(pushed, deciding(pushed)[-1].request_id)

    assert len(pushed.audit()) == before


def test_another_engine_is_named_also_when_it_says_the_same(pushed: County) -> None:
    versions = {**deciding(pushed)[-1].versions, "engine": "0123", "semantics": "0"}
    forged(pushed, "other", versions=versions)

    again = replayed(pushed, "other")

    assert again.verdict == "same"
    assert [finding.code for finding in again.findings] == ["SEMANTICS_DIFFERS", "ENGINE_DIFFERS"]


def test_the_resource_whose_outcome_is_another_one_is_named(pushed: County) -> None:
    first, *rest = deciding(pushed)[-1].resources
    forged(pushed, "other", resources=(replace(first, outcome="withhold"), *rest), decision_sha256="0" * 64)

    again = replayed(pushed, "other")

    assert (again.verdict, again.findings) == ("differs", (Finding("OUTCOME_DIFFERS", first.reference),))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"consents": ()}, "consents"),
        ({"obligations": ()}, "obligations"),
        ({"basis": "HIPAA_TREATMENT"}, "basis"),
        ({}, "elements removed"),
    ],
)
def test_the_part_of_the_decision_that_is_another_one_is_named(
    pushed: County, change: dict[str, Any], part: str
) -> None:
    forged(pushed, "other", decision_sha256="0" * 64, **change)

    assert replayed(pushed, "other").findings == (Finding("DECISION_DIFFERS", part),)


@pytest.mark.parametrize("kind", [NETWORK, TABLES])
def test_a_kept_version_that_was_altered_or_is_gone_is_named(pushed: County, kind: str) -> None:
    entry = deciding(pushed)[-1]
    assert spoil(pushed, "UPDATE kept_version SET sealed = zeroblob(80) WHERE kind = ?", kind) == 1
    assert replayed(pushed, entry.request_id).findings[0].code == "SEAL_BROKEN"

    spoil(pushed, "DELETE FROM kept_version WHERE kind = ?", kind)
    again = replayed(pushed, entry.request_id)
    assert (again.verdict, again.findings) == ("impossible", (Finding("VERSION_NOT_KEPT", kind),))

    for other in (b"{}", _other_content(pushed, kind)):
        spoil(pushed, "DELETE FROM kept_version WHERE kind = ?", kind)
        keep(pushed, kind, entry.versions[kind], other)
        assert replayed(pushed, entry.request_id).findings == (Finding("KEPT_COPY_ALTERED", kind),)


def _other_content(county: County, kind: str) -> bytes:
    """Content of the right form, put there by somebody who has the key."""
    if kind == NETWORK:
        return county.premises.network.written().replace(b"Phoenix", b"Chicago")
    files = {name: content.decode() for name, content in packaged_files().items()}
    return json.dumps(
        {name: text.replace('"OPIOIDUD"', '"OTHER"', 1) for name, text in files.items()}
    ).encode()


def test_what_is_kept_first_stays(pushed: County) -> None:
    version = pushed.premises.network.version
    keep(pushed, NETWORK, version, b"{}")

    assert pushed.look(lambda reading: kept_versions.content(reading, NETWORK, version)) != b"{}"


def test_a_record_that_was_altered_is_named(pushed: County) -> None:
    entry = deciding(pushed)[-1]
    spoil(pushed, "UPDATE record_set SET sealed = zeroblob(80)")
    broken = replayed(pushed, entry.request_id)

    assert broken.verdict == "impossible"
    assert broken.findings[0].code == "SEAL_BROKEN"
    assert broken.findings[0].place.startswith("Patient/")


def test_a_missing_version_is_named(pushed: County) -> None:
    entry = deciding(pushed)[-1]
    task = pushed.task()
    spoil(pushed, "DELETE FROM record WHERE resource_type = 'Task'")

    assert replayed(pushed, entry.request_id).findings == (
        Finding("RECORD_MISSING", f"{task.reference}/_history/1"),
    )


def test_after_her_key_is_destroyed_nothing_can_be_decided_again(pushed: County) -> None:
    entry, patient_id = deciding(pushed)[-1], pushed.patient_id
    pushed.write(lambda tx: patients.destroy_patient_key(tx, patient_id, NOW_TEXT))

    again = replayed(pushed, entry.request_id)

    assert (again.verdict, again.findings[0].code) == ("impossible", "KEY_GONE")


def test_a_request_nobody_made_and_one_without_a_decision(pushed: County) -> None:
    with pytest.raises(NotFound, match="NO_SUCH_REQUEST"):
        pushed.look(lambda reading: replay_decisions(reading, "nobody"))
    pushed.search("hospital", "Patient", MRN)
    own = [logged.entry for logged in pushed.audit()][-1]
    assert own is not None
    assert _all(pushed, own.request_id) == ()


def _printed(county: County, request_id: str, *, as_json: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    code = county.look(lambda reading: print_replay(reading, request_id, as_json=as_json, out=out))
    return code, out.getvalue()


def test_it_is_told_in_plain_words_with_an_exit_code_for_each_verdict(pushed: County, capsys: Any) -> None:
    entry = deciding(pushed)[-1]
    forged(pushed, "other", consents=(), decision_sha256="0" * 64)

    code, text = _printed(pushed, entry.request_id)
    assert code == 0
    assert "disclose: Organization/hospital to otp for TREAT" in text
    assert "same: decided again from what it read then, it says the same, byte for byte" in text
    code, text = _printed(pushed, "other")
    assert code == 1
    assert "another part of the decision is not the same: consents (DECISION_DIFFERS)" in text
    assert _printed(pushed, "nobody") == (2, "")
    assert "NO_SUCH_REQUEST" in capsys.readouterr().err
    spoil(pushed, "DELETE FROM kept_version WHERE kind = 'tables'")
    code, text = _printed(pushed, entry.request_id, as_json=True)
    assert code == 2
    assert json.loads(text)[0]["findings"] == [{"code": "VERSION_NOT_KEPT", "place": "tables"}]


def test_a_request_by_which_nothing_was_decided_is_told_as_such(pushed: County) -> None:
    pushed.search("hospital", "Patient", MRN)
    own = [logged.entry for logged in pushed.audit()][-1]
    assert own is not None

    assert _printed(pushed, own.request_id) == (2, "consent decided nothing for that request\n")
