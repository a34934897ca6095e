"""Ask the engine through its public face, in process, as `handoff decide` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import consent

ROOM = Path(consent.__file__).parent
SHARED = Path(__file__).resolve().parents[2].parent / "shared"

Answer = dict[str, Any]


@cache
def tables() -> Any:
    """The packaged tables, named by their path inside the room."""
    found: dict[str, bytes] = {}
    for folder in ("value_sets", "rules"):
        for file in sorted((ROOM / folder).rglob("*")):
            if file.suffix in (".json", ".csv"):
                found[file.relative_to(ROOM).as_posix()] = file.read_bytes()
    return consent.read_tables(found)


def ask(question: Mapping[str, Any]) -> Answer:
    """The JSON answer to a question. Raises `consent.QuestionError` for one that is refused."""
    request = consent.read_question(question)
    return dict(consent.decision_answer(consent.decide(request, tables())))


def ask_or_refuse(question: Mapping[str, Any]) -> Answer:
    """The JSON answer, a refused question being one that discloses nothing."""
    try:
        return ask(question)
    except consent.QuestionError as refused:
        return {"outcome": "refused", "resources": [], "error": refused.code}


def released(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """`disclose` or `withhold` for each resource in order: a redacted one is released in part."""
    return tuple("withhold" if row["outcome"] == "withhold" else "disclose" for row in answer["resources"])


def disclosed(answer: Mapping[str, Any]) -> set[str]:
    """The references of all resources of which something would leave."""
    return {row["reference"] for row in answer["resources"] if row["outcome"] != "withhold"}


def as_bytes(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def outcome_of(answer: Mapping[str, Any], reference: str) -> str:
    """What the answer says about one resource. Raises `AssertionError` when it has no row for it."""
    rows = [row for row in answer["resources"] if row["reference"] == reference]
    assert len(rows) == 1, f"{len(rows)} rows for {reference}"
    return "withhold" if rows[0]["outcome"] == "withhold" else "disclose"
