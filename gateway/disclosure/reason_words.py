"""Reason codes as plain sentences, for the compliance role."""

from __future__ import annotations

from consent.explain_en import ENGLISH

_GENERAL = {"consent": "The consent", "recipient": "the recipient", "purposes": "this purpose", "value": ""}


def reason_sentence(code: str) -> str:
    """What the code means, in one sentence without any name; empty for a code that has no words."""
    because = ENGLISH.reasons.get(code)
    return "" if because is None else because.sentence.format_map({**_GENERAL, "code": code})
