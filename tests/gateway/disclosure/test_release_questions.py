"""`handoff release`: the exact bytes, or nothing at all, or a named fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.release_command import packaged_mapping, release
from gateway.disclosure.consent_tables import consent_tables, packaged_files
from gateway.disclosure.release_questions import released_bytes as _released_bytes
from gateway.errors import HandoffError

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def released_bytes(text: bytes) -> bytes | None:
    """The release with the shipped mappings at hand."""
    return _released_bytes(text, packaged_mapping)


def coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def consent_for(recipient: str, *classes: str) -> dict[str, Any]:
    role = coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
    return {
        "resourceType": "Consent",
        "id": "c1",
        "meta": {"versionId": "1"},
        "status": "active",
        "scope": {
            "coding": [coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")]
        },
        "category": [{"coding": [coding("http://loinc.org", "59284-0")]}],
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-03-02",
        "performer": [{"reference": "Patient/p1"}],
        "organization": [{"reference": "Organization/otp-1"}],
        "sourceReference": {"reference": "DocumentReference/signed"},
        "policy": [{"uri": "https://www.ecfr.gov/current/title-42/part-2/section-2.31"}],
        "provision": {
            "type": "permit",
            "period": {"start": "2026-03-02", "end": "2026-09-30"},
            "actor": [{"role": {"coding": [role]}, "reference": {"reference": recipient}}],
            "class": [coding("http://hl7.org/fhir/resource-types", code) for code in classes],
            "purpose": [coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "COC")],
        },
    }


def question(**changes: Any) -> dict[str, Any]:
    task = {
        "resourceType": "Task",
        "id": "t1",
        "status": "requested",
        "intent": "order",
        "for": {"reference": "Patient/p1"},
        "requester": {"reference": "Organization/otp-1", "display": "Sunrise Methadone Clinic"},
        "note": [{"text": "after the dose"}],
    }
    sick = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "zq"},
    }
    return {
        "at": "2026-04-11T15:00:00.5Z",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/otp-1"]},
        "recipient": {
            "references": ["Organization/housing-1"],
            "standing": ["community"],
            "category": "housing",
        },
        "purposes": ["COC"],
        "action": "disclose",
        "directory": [{"resourceType": "Organization", "id": "housing-1", "name": "Harbor House"}],
        "consents": [consent_for("Organization/housing-1", "Task")],
        "resources": [task, sick],
        "policy": {"packs": [], "part2_sources": ["Organization/otp-1"], "zone": "America/Phoenix"},
        "format": "fhir+json",
        **changes,
    }


def asked(**changes: Any) -> bytes:
    return json.dumps(question(**changes)).encode()


@pytest.mark.requirement("P2-32-04", "FH-LBL-06", "FH-RED-04")
def test_the_release_is_a_collection_with_labels_inside_and_the_notice() -> None:
    content = released_bytes(asked())
    assert content is not None
    bundle = json.loads(content)
    assert (bundle["type"], bundle["timestamp"]) == ("collection", "2026-04-11T15:00:00.5Z")
    assert bundle["meta"] == {"security": [coding(CONFIDENTIALITY, "R")]}, (
        "nothing but confidentiality outside"
    )
    task, notice = [entry["resource"] for entry in bundle["entry"]]
    assert coding(ACT_CODE, "42CFRPart2") in task["meta"]["security"]
    assert "42 CFR part 2" in notice["description"]
    assert "You may use this for coordination of care" in notice["description"]
    assert task["requester"]["display"].startswith("Organization ")
    assert b"Methadone" not in content
    assert b"zq" not in content
    assert b"dose" not in content


def test_the_same_question_gives_the_same_bytes() -> None:
    assert released_bytes(asked()) == released_bytes(asked())


def test_a_release_without_consent_carries_no_notice() -> None:
    patient = {"references": ["Patient/p1"], "standing": ["patient"]}
    content = released_bytes(
        asked(
            recipient=patient,
            purposes=["PATRQT"],
            consents=[],
            policy={"packs": ["hipaa"], "part2_sources": [], "zone": "UTC"},
        )
    )
    assert content is not None
    kinds = [entry["resource"]["resourceType"] for entry in json.loads(content)["entry"]]
    assert kinds == ["Task", "Condition"]


@pytest.mark.requirement("P2-13-02")
@pytest.mark.parametrize(
    "changes",
    [
        {"consents": []},
        {"consents": [consent_for("Organization/other", "Task")]},
        {"patient": "Patient/unknown"},
        {"resources": []},
        {"at": "2027-01-01T00:00:00Z"},
    ],
)
def test_nothing_released_leaves_both_streams_empty(
    changes: dict[str, Any], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "question.json"
    file.write_bytes(asked(**changes))
    assert release(str(file)) == 1
    assert capfdbinary.readouterr() == (b"", b"")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "JSON_INVALID"),
        (b"[]", "JSON_NOT_AN_OBJECT"),
        (asked(format=None), "FORMAT_MISSING"),
        (asked(format="hospital/none"), "FORMAT_UNKNOWN"),
        (asked(format="hospital/siu", consents=[]), "FORMAT_NOT_WRITTEN"),
        (asked(format="ccda/any"), "FORMAT_NOT_WRITTEN"),
        (asked(surprise=1), "FIELD_UNKNOWN"),
        (asked(at="yesterday"), "INSTANT_INVALID"),
    ],
)
def test_a_bad_question_is_a_named_fault_on_standard_error(
    text: bytes, code: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HandoffError) as refused:
        released_bytes(text)
    assert refused.value.code == code
    file = tmp_path / "question.json"
    file.write_bytes(text)
    assert release(str(file)) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert json.loads(err)["error"]["code"] == code


def test_a_release_is_printed_byte_for_byte(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "question.json"
    file.write_bytes(asked())
    assert release(str(file)) == 0
    assert capfdbinary.readouterr() == (released_bytes(asked()), b"")


def test_a_file_that_cannot_be_read_is_a_named_fault(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert release(str(tmp_path / "none.json")) == 2
    assert json.loads(capfd.readouterr().err)["error"]["code"] == "FILE_UNREADABLE"


def test_the_packaged_tables_are_read_once_with_their_rule_packs() -> None:
    assert consent_tables() is consent_tables()
    assert "value_sets/labels.json" in packaged_files()
    assert "rules/state/sample-expiry-12m/pack.json" in packaged_files()


def test_a_format_without_a_place_for_the_notice_cannot_carry_the_release() -> None:
    question = {**json.loads(asked()), "format": "otp/dosing"}

    with pytest.raises(HandoffError) as refused:
        released_bytes(json.dumps(question).encode())

    assert refused.value.code in ("NOTICE_CANNOT_BE_CARRIED", "RENDER_REFUSED")
