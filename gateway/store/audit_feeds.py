"""Up to which entry another system was told of the audit log."""

from __future__ import annotations

from gateway.store.model import Reading, Transaction


def told_to(reading: Reading, name: str) -> int | None:
    """The number of the last entry that the feed has taken; None before the first."""
    row = reading.row("audit_feeds.told_to", {"name": name})
    return None if row is None else int(row["told_to"])


def keep(tx: Transaction, name: str, seq: int) -> None:
    """The feed has taken every entry up to `seq`. It never goes back."""
    tx.execute("audit_feeds.keep", {"name": name, "told_to": seq})
