"""Conditions of the usual form, looked at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mappings.rows import Condition
from mappings.usual_reading import Claims, Head, Present, Reading, Record


def condition(when: Condition | None, reading: Reading) -> Present | None:
    """(record, scope) -> whether a condition holds, and what it looked at; None where there is none."""
    if when is None:
        return None
    if when.kind == "present":
        return reading.present(when.address)
    if when.kind == "in":
        return _one_of(reading.head(when.address), frozenset(when.values))
    parts = [test for part in when.parts if (test := condition(part, reading)) is not None]
    return _not(parts[0]) if when.kind == "not" else _together(parts, all_of=when.kind == "and")


def _one_of(head: Head, values: frozenset[str]) -> Present:
    def test(record: Record, scope: Any) -> tuple[bool, Claims]:
        value, claims = head(record, scope)
        return value in values, claims

    return test


def _not(inner: Present) -> Present:
    def test(record: Record, scope: Any) -> tuple[bool, Claims]:
        answer, claims = inner(record, scope)
        return not answer, claims

    return test


def _together(parts: Sequence[Present], *, all_of: bool) -> Present:
    def test(record: Record, scope: Any) -> tuple[bool, Claims]:
        answers = [part(record, scope) for part in parts]
        claims = tuple(claim for _, found in answers for claim in found)
        said = [answer for answer, _ in answers]
        return (all(said) if all_of else any(said)), claims

    return test
