"""`handoff consent new`: asks, shows, prints; keeps nothing that the person does not want."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli.consent_new_command import consent_new
from gateway.clock import SystemClock
from gateway.disclosure.consent_desk import QUESTIONS, prepare_consent
from gateway.errors import NotUnderstood

NOW = datetime(2026, 4, 11, 15, tzinfo=UTC)
ANSWERS = {
    "patient": "Patient/p1",
    "patient_name": "Ada Sample",
    "discloser": "Organization/otp-1",
    "discloser_name": "Sunrise Center",
    "agency": "Organization/housing-1",
    "agency_name": "Harbor House",
    "purpose": "COC",
    "kinds": "referral, contact",
    "until": "2026-09-30",
}


def test_the_form_repeats_the_outlook() -> None:
    prepared = prepare_consent(ANSWERS, "c1", NOW)
    assert prepared.outlook[0].startswith("Harbor House (COC) would see: your name and contact; the referral")
    assert all(f"- {sentence}" in prepared.form for sentence in prepared.outlook)
    assert json.loads(prepared.draft)["status"] == "draft"


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [
        ("agency_name", " ", "ANSWER_MISSING"),
        ("agency", "housing", "REFERENCE_INVALID"),
        ("patient", "https://x/Patient/1", "REFERENCE_INVALID"),
        ("until", "soon", "DAY_INVALID"),
        ("kinds", "everything", "KINDS_UNKNOWN"),
    ],
)
def test_an_answer_that_makes_no_consent_is_named(name: str, answer: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        prepare_consent({**ANSWERS, name: answer}, "c1", NOW)
    assert (refused.value.code, refused.value.place) == (code, name)


def typed(monkeypatch: pytest.MonkeyPatch, *more: str, **changes: str) -> None:
    until = (SystemClock().now() + timedelta(days=90)).date().isoformat()
    answers = {**ANSWERS, "until": until, **changes}
    lines = [answers[name] for name in QUESTIONS] + list(more)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))


def test_a_yes_prints_the_form_and_keeps_the_draft(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "draft.json"
    typed(monkeypatch, "yes")
    assert consent_new(str(file)) == 0
    out, err = capsys.readouterr()
    assert out.startswith("PERMISSION TO SHARE INFORMATION")
    reference = json.loads(file.read_bytes())["identifier"][0]["value"]
    assert out.count(reference) == 2
    assert "Harbor House (COC) would see:" in err
    typed(monkeypatch, "yes")
    assert consent_new(str(file)) == 2, "an earlier draft is never overwritten"


def test_a_no_or_a_bad_answer_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "draft.json"
    typed(monkeypatch, "no")
    assert consent_new(str(file)) == 1
    typed(monkeypatch, kinds="everything")
    assert consent_new(str(file)) == 1
    assert capsys.readouterr().out == ""
    assert not file.exists()
