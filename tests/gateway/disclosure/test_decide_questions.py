"""`handoff decide` and `handoff consent validate`: a question that cannot be read is a named fault, never a decision."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.disclosure.consent_reports import report_on
from gateway.disclosure.decide_questions import MOST_DIGITS, answer_question, answer_questions
from gateway.disclosure.release_questions import error_text
from gateway.errors import NotUnderstood
from tests.gateway.disclosure.test_release_questions import consent_for, question


def asked(**changes: Any) -> bytes:
    fields = question(**changes)
    del fields["format"]
    return json.dumps(fields).encode()


def test_a_question_is_answered_in_one_line() -> None:
    answered = answer_question(asked())

    assert answered.understood
    assert "\n" not in answered.line
    assert json.loads(answered.line)["outcome"] == "partial"


def test_each_line_is_a_question_and_empty_lines_are_none() -> None:
    lines = b"\n".join([asked(), b"", b"   ", b"{", asked(consents=[])])

    answered = list(answer_questions(lines, by_line=True))

    assert [one.understood for one in answered] == [True, False, True]
    assert json.loads(answered[2].line)["outcome"] == "withhold"


def test_a_whole_content_is_one_question() -> None:
    pretty = json.dumps(json.loads(asked()), indent=2).encode()

    assert [one.understood for one in answer_questions(pretty, by_line=False)] == [True]
    marked = b"\xef\xbb\xbf" + pretty  # as some editors write it
    assert [one.understood for one in answer_questions(marked, by_line=False)] == [True]


@pytest.mark.requirement("P2-13-02")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "NOT_JSON"),
        (b"[]", "SHAPE_INVALID"),
        (b"\xff{}", "NOT_UTF8"),
        (b'{"at": ["\\ud83d\\ude00", {"\\uD83D": 1}]}', "NOT_UTF8"),
        (b'{"at": 1, "at": 2}', "KEY_REPEATED"),
        (b'{"at": NaN}', "NOT_JSON"),
        (b'{"at": ' + b"9" * (MOST_DIGITS + 1) + b"}", "NOT_JSON"),
        (b'{"at": ' + b"[" * 100_000 + b"}", "TOO_DEEP"),
        (b'{"surprise": 1}', "FIELD_UNKNOWN"),
    ],
)
def test_what_is_no_question_gets_a_code_and_no_outcome(content: bytes, code: str) -> None:
    answered = answer_question(content)

    assert not answered.understood
    answer = json.loads(answered.line)
    assert list(answer) == ["error"]
    assert answer["error"]["code"] == code


def test_a_long_number_that_is_still_read_is_no_fault_of_the_reading() -> None:
    assert json.loads(answer_question(b'{"surprise": ' + b"9" * MOST_DIGITS + b"}").line)["error"][
        "code"
    ] == ("FIELD_UNKNOWN")


@pytest.mark.parametrize(
    ("content", "code"), [(b"{", "NOT_JSON"), (b"[]", "SHAPE_INVALID"), (b"\xff", "NOT_UTF8")]
)
def test_what_is_no_consent_gets_a_code_and_is_not_valid(content: bytes, code: str) -> None:
    report, valid = report_on(content)

    error = report["error"]
    assert isinstance(error, dict)
    assert (error["code"], valid) == (code, False)


@pytest.mark.requirement("P2-31-10")
def test_a_consent_is_valid_only_with_every_element_of_the_rule() -> None:
    whole = consent_for("Organization/housing-1", "Task")
    report, valid = report_on(json.dumps(whole).encode())
    without, lacking = report_on(json.dumps({**whole, "dateTime": None}).encode())
    del whole["dateTime"]
    _, unsigned = report_on(json.dumps(whole).encode())

    assert (valid, lacking, unsigned) == (True, False, False)
    assert report != without


def test_a_fault_is_told_with_its_code_and_place_alone() -> None:
    told = json.loads(error_text(NotUnderstood("FIELD_UNKNOWN", "no such field", "surprise")))

    assert told == {"error": {"code": "FIELD_UNKNOWN", "message": "no such field", "place": "surprise"}}
