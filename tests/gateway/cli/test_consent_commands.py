"""`handoff decide` and `handoff consent validate` as a script calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.consent_commands import consent_validate, decide
from tests.bench.bench_consent import a_consent, a_question


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_question_gives_one_line_and_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "q.json"
    file.write_text(json.dumps(a_question(1), indent=1))
    assert decide(str(file), False) == 0
    (answer,) = lines(capsys)
    assert list(answer) == ["outcome", "resources", "consents", "obligations", "semantics_version"]
    assert answer["semantics_version"] == 1
    assert answer["resources"][0]["labels"] == sorted(answer["resources"][0]["labels"])


def test_a_bad_line_gives_its_error_and_the_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = json.dumps(a_question(1))
    bad = [
        '{"at": 1, "at": 2}',
        "[1]",
        "nonsense",
        "NaN",
        "9" * 500,
        "[" * 100_000,
        json.dumps({**a_question(1), "bogus": 1}),
        json.dumps({**a_question(1), "at": "2026-06-15"}),
        json.dumps({**a_question(1), "recipient": {"refs": []}}),
        json.dumps({**a_question(1), "resources": [{"id": "x"}]}),
        json.dumps({**a_question(1), "purposes": [{"system": "x"}]}),
        json.dumps({**a_question(1), "patient": "p1"}),
        json.dumps({**a_question(1), "policy": {"packs": [], "zone": "Nowhere/None"}}),
        json.dumps({**a_question(1), "policy": {"packs": ["part2"]}}),
        json.dumps({**a_question(1), "action": "sell"}),
        json.dumps({**a_question(1), "discloser": []}),
        json.dumps({**a_question(1), "consents": {}}),
        json.dumps({**a_question(1), "facts": {"relationships": [{"recipient": "a", "since": "soon"}]}}),
    ]
    file = tmp_path / "q.ndjson"
    file.write_bytes("\n".join([good, "", *bad, good]).encode() + b"\n\xff\xfe\n")
    assert decide(str(file), True) == 1
    answers = lines(capsys)
    codes = [answer["error"]["code"] if "error" in answer else answer["outcome"] for answer in answers]
    assert codes == [
        "disclose", "KEY_REPEATED", "SHAPE_INVALID", "NOT_JSON", "NOT_JSON", "NOT_JSON", "TOO_DEEP", "FIELD_UNKNOWN",
        "INSTANT_INVALID", "FIELD_UNKNOWN", "RESOURCE_TYPE_MISSING", "FIELD_MISSING", "REFERENCE_INVALID",
        "ZONE_UNKNOWN", "FIELD_MISSING", "CODE_UNKNOWN", "SHAPE_INVALID", "SHAPE_INVALID", "INSTANT_INVALID",
        "disclose", "NOT_UTF8",
    ]  # fmt: skip


def test_a_bad_answer_never_repeats_what_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "q.json"
    file.write_text(json.dumps({**a_question(1), "at": "SECRET", "patient": "SECRET"}))
    assert decide(str(file), False) == 1
    assert "SECRET" not in capsys.readouterr().out


@pytest.mark.requirement("P2-31-01")
def test_validate_reports_each_element_and_refuses_a_deficient_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, odd = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "odd.json"
    good.write_text(json.dumps(a_consent(0, "Organization/hosp-1")))
    bad.write_text(json.dumps({**a_consent(0, "Organization/hosp-1"), "dateTime": None}))
    odd.write_text("[")
    assert consent_validate([str(good)]) == 0
    assert len(json.loads(capsys.readouterr().out)["elements"]) == 14
    assert consent_validate([str(good), str(bad)]) == 1
    assert consent_validate([str(odd)]) == 1
    odd.write_text("[]")
    assert consent_validate([str(odd)]) == 1


def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert decide("/no/such/file", False) == 2
    assert consent_validate(["/no/such/file"]) == 2
    assert "FILE_UNREADABLE" in capsys.readouterr().err
