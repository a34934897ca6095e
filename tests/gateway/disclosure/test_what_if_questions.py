"""`handoff consent what-if`: a draft in, sentences out; a bad draft is a named fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.what_if_command import what_if
from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import HandoffError
from tests.gateway.disclosure.test_release_questions import consent_for, question

NOW = datetime(2026, 4, 11, 15, tzinfo=UTC)
PURPOSES = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "COC"}]


def asked(**changes: Any) -> bytes:
    fields = question()
    for name in ("format", "resources", "recipient", "purposes", "action", "consents"):
        del fields[name]
    recipient = {"references": ["Organization/housing-1"], "roles": ["IRCP"], "standing": ["community"]}
    agencies = [{"name": "Harbor House", "recipient": recipient, "purposes": ["COC"]}]
    draft = {**consent_for("Organization/housing-1", "Task"), "status": "draft"}
    return json.dumps({**fields, "draft": draft, "agencies": agencies, **changes}).encode()


def test_a_question_with_a_draft_is_answered_in_sentences() -> None:
    first, second = outlook_sentences(asked(), NOW)
    assert first == "Harbor House would see: how the referral is going."
    assert second.startswith("Harbor House would not see: your name and contact;")
    assert outlook_sentences(asked(language="es"), NOW)[0] == "Harbor House vería: cómo va la derivación."


def test_a_bare_consent_is_asked_for_every_agency_and_purpose_it_names() -> None:
    draft = {**consent_for("Organization/housing-1", "Task"), "status": "draft"}
    actor = draft["provision"]["actor"][0]
    draft["provision"]["actor"].append({**actor, "reference": {"reference": "Organization/otp-1"}})
    reason = PURPOSES[0]["system"]
    draft["provision"]["provision"] = [{"type": "deny", "purpose": [{"system": reason, "code": "HPAYMT"}]}]
    told = outlook_sentences(json.dumps(draft).encode(), NOW)
    assert told[0] == "Organization/housing-1 (COC) would see: how the referral is going."
    assert any(line.startswith("Organization/housing-1 (HPAYMT) would see nothing at all.") for line in told)
    draft["provision"]["actor"] += [{**actor, "reference": {"display": "nobody"}}, "odd"]
    (told_why, *_) = outlook_sentences(json.dumps(draft).encode(), NOW)
    assert "this form holds an element of the wrong shape" in told_why.lower()


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (b"{", "JSON_INVALID", None),
        (asked(language="fr"), "LANGUAGE_UNKNOWN", "language"),
        (asked(draft={}), "DRAFT_MISSING", "draft"),
        (asked(agencies=[]), "AGENCIES_MISSING", "agencies"),
        (asked(agencies=["x"]), "AGENCY_INVALID", "agencies[0]"),
        (asked(agencies=[{"name": "A", "recipient": {"x": 1}}]), "FIELD_UNKNOWN", "agencies[0].recipient.x"),
        (json.dumps({"resourceType": "Consent"}).encode(), "AGENCIES_MISSING", "agencies"),
    ],
)
def test_a_bad_draft_is_a_named_fault(
    text: bytes, code: str, place: str | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HandoffError) as refused:
        outlook_sentences(text, NOW)
    assert refused.value.code == code
    assert place is None or refused.value.place == place
    file = tmp_path / "draft.json"
    file.write_bytes(text)
    assert what_if(str(file)) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert json.loads(err)["error"]["code"] == code


def test_the_sentences_are_printed_one_a_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "draft.json"
    file.write_bytes(asked())
    assert what_if(str(file)) == 0
    assert capfd.readouterr().out.splitlines()[0] == "Harbor House would see: how the referral is going."
    assert what_if(str(tmp_path / "none.json")) == 2
    assert json.loads(capfd.readouterr().err)["error"]["code"] == "FILE_UNREADABLE"
