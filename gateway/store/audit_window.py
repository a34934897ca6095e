"""Parts of the audit log by time: found by halving, because entries stand in the order in which they were made.

No index over times is kept for it: every message would pay for what a person looks at now and then.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.model import AuditFilter, AuditRow, CheckpointRow, Reading

SLACK = 1_000
"""An entry is stamped a moment before it is put into the log: so many may stand among later ones."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many entries of one kind, outcome, partner and purpose one hour has; `hour` is `2026-11-22T09`, UTC. `lowest`
    and `highest` are the numbers of the first and the last of them.
    """

    hour: str
    kind: str
    outcome: str
    partner: str
    purpose: str
    number: int
    lowest: int
    highest: int


def seq_before(reading: Reading, instant: str, last: int) -> int:
    """A number before which every entry is older than `instant`; at most SLACK too small. 0: nothing is."""
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) // 2
        row = reading.row("audit_window.at", {"seq": middle})
        if row is not None and row["at"] < instant:
            low = middle
        else:
            high = middle - 1
    return max(0, low - SLACK)


def counted(reading: Reading, after_seq: int, upto_seq: int) -> tuple[Counted, ...]:
    """The entries after one number up to another, counted."""
    asked = {"after_seq": after_seq, "upto_seq": upto_seq}
    return tuple(Counted(*row) for row in reading.rows("audit_window.counted", asked))


def newest_between(
    reading: Reading, after_seq: int, before_seq: int, wanted: AuditFilter, limit: int, *, looks: bool = True
) -> tuple[AuditRow, ...]:
    """The newest rows strictly between two numbers that `wanted` asks for (its patient excepted), newest first; without
    `looks` those are left out that say that somebody looked at the log itself.
    """
    asked: dict[str, object] = {
        "after_seq": after_seq,
        "before_seq": before_seq,
        "kind": wanted.kind,
        "partner": wanted.partner,
        "purpose": wanted.purpose,
        "outcome": wanted.outcome,
        "since": wanted.since,
        "until": wanted.until,
        "looks": int(looks),
        "limit": limit,
    }
    return tuple(AuditRow(*row) for row in reading.rows("audit_window.newest_between", asked))


def newest_checkpoints(reading: Reading, limit: int, below: int = 2**62) -> tuple[CheckpointRow, ...]:
    """The newest signed heads of a size below `below`, the newest first."""
    asked = {"below": below, "limit": limit}
    return tuple(CheckpointRow(*row) for row in reading.rows("audit_window.newest_checkpoints", asked))


def first_checkpoint_from(reading: Reading, size: int) -> CheckpointRow | None:
    """The first signed head that covers entry `size`, or None while none does."""
    row = reading.row("audit_window.first_checkpoint_from", {"size": size})
    return None if row is None else CheckpointRow(*row)
