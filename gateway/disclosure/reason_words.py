"""Reason codes as plain sentences, for the compliance role."""

from __future__ import annotations

import consent


def reason_sentence(code: str) -> str:
    """What the code means, in one sentence without any name."""
    return consent.sentence_for(code)
