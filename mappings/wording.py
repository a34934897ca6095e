"""What a column takes, in the words of its mapping: for the person who corrects a rejected row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mappings.concept_map import ConceptMap

_MOST_WORDS = 40
_PLAIN = {
    "annotation": "a text",
    "datetime": "a date like 2026-11-22, or a time like 2026-11-22T14:30:00-07:00",
    "decimal": "a number, such as 12.5",
    "integer": "a whole number",
    "name": "Family, Given",
    "quantity": "a number, such as 12.5",
}


def expected_words(lens: str, parameters: Mapping[str, Any], table: ConceptMap | None) -> str:
    """What a value of this row may be; "" when any text may stand there."""
    if table is not None and not table.keep_unmapped and not table.fallback:
        return _one_of(list(table.forward))
    if "codes" in parameters:
        return _one_of([str(code) for code in parameters["codes"]])
    if lens == "date":
        pattern = str(parameters.get("pattern", "YYYY-MM-DD"))
        return f"a date as {pattern}"
    if lens == "boolean":
        return _one_of([str(parameters.get(word, "")) for word in ("true_word", "false_word")])
    return _PLAIN.get(lens, "")


def _one_of(words: list[str]) -> str:
    shown = ", ".join(words[:_MOST_WORDS])
    return f"one of: {shown}" + (" and others" if len(words) > _MOST_WORDS else "")
