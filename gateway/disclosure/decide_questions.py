"""Questions in, decisions out, offline: the body of `handoff decide` (design section 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import consent
from gateway.disclosure.consent_tables import consent_tables

MOST_DIGITS = 400
"""Longest number that is read; a longer one is refused before it costs time."""

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""One half of a character outside the basic plane, which JSON can name without the other."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of output, and whether its question could be read."""

    line: str
    understood: bool


def answer_questions(content: bytes, *, by_line: bool) -> Iterator[Answered]:
    """An answer for the whole content, or for each line that is not empty, in order."""
    if not by_line:
        yield answer_question(content)
        return
    for line in content.splitlines():
        if line.strip():
            yield answer_question(line)


def answer_question(content: bytes) -> Answered:
    """The decision as one line of JSON; a question that cannot be read gives its error instead."""
    try:
        question = read_json(content)
        if not isinstance(question, dict):
            raise consent.QuestionError("SHAPE_INVALID", "expected an object")
        tables = consent_tables()
        decision = consent.decide(consent.read_question(question), tables)
        return Answered(_line(consent.decision_answer(decision)), True)
    except consent.QuestionError as fault:
        return Answered(error_line(fault), False)


def error_line(fault: consent.QuestionError) -> str:
    """`{"error": {code, message, place}}` as one line."""
    return _line({"error": {"code": fault.code, "message": fault.message, "place": fault.place}})


def read_json(content: bytes) -> object:
    """The JSON value; a byte order mark is no part of it. Raises QuestionError for what is no JSON, repeats a key, or is
    nested too deeply.
    """
    try:
        text = content.decode("utf-8-sig")
        value: object = json.loads(
            text, object_pairs_hook=_without_repeats, parse_constant=_no_constant, parse_int=_number
        )
        if _HALF.search(text):  # a half without the other could not be written in the answer
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except UnicodeError as fault:
        raise consent.QuestionError("NOT_UTF8", "the question is not UTF-8") from fault
    except RecursionError as fault:
        raise consent.QuestionError("TOO_DEEP", "the question is nested too deeply") from fault
    except ValueError as fault:
        raise consent.QuestionError("NOT_JSON", "the question is no JSON") from fault


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise consent.QuestionError("KEY_REPEATED", "an object has the same key twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no JSON number")


def _number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("number too long")
    return int(digits)


def _line(answer: dict[str, object]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
