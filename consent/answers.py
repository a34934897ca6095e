"""The three answers of matching: no, unknown, yes, in this order, so that `min` is *and* and `max` is *or*."""

from __future__ import annotations

from enum import IntEnum


class Match(IntEnum):
    """Whether a limit is met."""

    NO = 0
    UNKNOWN = 1
    YES = 2


NO, UNKNOWN, YES = Match.NO, Match.UNKNOWN, Match.YES
