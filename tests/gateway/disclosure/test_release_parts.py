"""What left, element by element, beside what was kept; a withheld value is in nothing that comes back."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from gateway.audit import AuditedResource, AuditEntry, LoggedEntry, append, find_by_request, get
from gateway.clock import instant_text
from gateway.disclosure.release_parts import Parts, attempts_of, parts_of, released_text, releases_of
from gateway.store import Record, ReleaseRow, Transaction, outbox, patients, records
from tests.gateway.county import HOUSING, NOW, OTP, County

AT = instant_text(NOW)


def parts_by(county: County, logged: LoggedEntry, *, values: bool = True) -> Parts:
    """What left by an entry."""
    with county.store.read() as reading:
        same = find_by_request(reading, logged.row.request_id)
        found = parts_of(reading, logged, same, values=values)
    assert found is not None
    return found


def test_each_value_left_was_changed_or_was_withheld(county: County) -> None:
    county.consent("otp", without=("SUD",))
    county.refer()
    county.released()
    logged = county.audit("disclose")[-1]
    parts = parts_by(county, logged)

    by_kind = {part.reference.partition("/")[0]: part for part in parts.records}
    name = {one.path: one for one in by_kind["Patient"].elements}["name[0].family"]
    subject = {one.path: one for one in by_kind["ServiceRequest"].elements}["subject.reference"]
    assert (name.became, name.value) == ("left", "Testperson")
    assert (subject.became, subject.value) == ("changed", f"Patient/{county.patient_id}")
    withheld = [part for part in parts.records if part.withheld == len(part.elements)]
    assert len(withheld) == 1
    assert "F11.20" not in str(asdict(parts)), "the code of what was withheld"
    assert "Testperson" not in str(asdict(parts_by(county, logged, values=False)))
    (attempt,) = county.look(lambda reading: attempts_of(reading, logged))
    assert (attempt,) == county.look(lambda reading: releases_of(reading, str(attempt.intent_id)))


def test_an_answer_to_a_question_is_told_for_each_who_disclosed_with_the_notice(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal",))
    county.search("housing", "Goal", HOUSING, "COC")
    parts = parts_by(county, county.audit("disclose")[-1])

    assert "42 CFR part 2" in parts.notice
    assert {part.reference.partition("/")[0] for part in parts.records} == {"Goal"}
    assert any(element.became == "withheld" for part in parts.records for element in part.elements)


def release(county: County, media_type: str, content: bytes, **facts: object) -> LoggedEntry:
    """A release and its entry, put there without the gate."""
    entry = AuditEntry("q", AT, "disclose", "p", "otp", "TREAT", "disclose", bytes_sha256="ab", **facts)  # type: ignore[arg-type]

    def work(tx: Transaction) -> int:
        patients.create(tx, AT, True, "p")
        seq = append(tx, entry).seq
        outbox.add(tx, ReleaseRow("r", None, "p", "otp", seq, "ab", media_type, AT, "handed_over"), content)
        return seq

    seq = county.write(work)
    logged = county.look(lambda reading: get(reading, seq))
    assert logged is not None
    return logged


def test_bytes_of_another_format_are_not_told_apart(county: County) -> None:
    logged = release(county, "x-application/hl7-v2+er7", b"MSH|\r")
    parts = parts_by(county, logged)

    assert (parts.records, parts.notice, parts.is_fhir, parts.is_kept) == ((), "", False, True)
    assert county.look(lambda reading: released_text(reading, "r")) == "MSH|\r"


@pytest.mark.parametrize("read", ["", "1", "gone/1"])
def test_where_the_version_that_was_read_is_gone_only_what_left_is_told(county: County, read: str) -> None:
    bundle = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Goal","id":"g","status":"x"}}]}'
    row = AuditedResource("Goal/g", "disclose")
    logged = release(county, "application/fhir+json", bundle, resources=(row,), read=(read,))

    def other(tx: Transaction) -> None:
        patients.create(tx, AT, True, "other")
        goal = {"resourceType": "Goal", "id": "gone"}
        records.save(tx, Record("Goal", "gone", 0, "other", "otp", ("otp",), False, AT, False, goal))
        patients.destroy_patient_key(tx, "other", AT)

    county.write(other)
    (part,) = parts_by(county, logged).records

    assert (part.is_known, [(one.path, one.became, one.value) for one in part.elements]) == (
        False, [("status", "left", "x")],
    )  # fmt: skip


def test_a_refusal_and_destroyed_facts_have_no_parts(county: County) -> None:
    county.refer()
    county.refused()
    logged = county.audit("refuse")[-1]

    assert county.look(lambda reading: parts_of(reading, logged, (logged,), values=True)) is None
    nothing = LoggedEntry(logged.row, None)
    assert county.look(lambda reading: parts_of(reading, nothing, (nothing,), values=True)) is None
