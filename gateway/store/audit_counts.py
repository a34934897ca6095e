"""Counts of whole spans of the audit log, as text: a cache of what its rows say. `gateway.audit` gives it meaning."""

from __future__ import annotations

from gateway.store.model import Reading, Transaction


def put(tx: Transaction, zone: str, after_seq: int, upto_seq: int, counts: str) -> None:
    """Keep the counts of the entries after one number up to another; those that are there stay."""
    asked = {"zone": zone, "after_seq": after_seq, "upto_seq": upto_seq, "counts": counts}
    tx.execute("audit_counts.put", asked)


def counted_to(reading: Reading, zone: str, entries: int) -> int:
    """The last number up to which spans of so many entries are counted; 0 while none is."""
    row = reading.row("audit_counts.counted_to", {"zone": zone, "entries": entries})
    return 0 if row is None else int(row["seq"] or 0)


def between(
    reading: Reading, zone: str, after_seq: int, upto_seq: int, entries: int
) -> tuple[tuple[int, str], ...]:
    """The spans of so many entries that begin after a number from `after_seq` to before `upto_seq`: that number, and the
    counts.
    """
    asked = {"zone": zone, "after_seq": after_seq, "upto_seq": upto_seq, "entries": entries}
    return tuple((row["after_seq"], row["counts"]) for row in reading.rows("audit_counts.between", asked))
