"""Append to the audit log and read it back."""

from __future__ import annotations

from gateway.audit.entry import AuditEntry, AuditReceipt
from gateway.store.model import Transaction


def append(tx: Transaction, entry: AuditEntry) -> AuditReceipt:
    """Put `entry` at the end of the log, inside the caller's transaction; its number and leaf hash."""
    raise NotImplementedError
