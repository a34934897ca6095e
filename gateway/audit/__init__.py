"""The audit log: who got what of whom, when, why, on which consent; and the proof that nobody altered it."""

from gateway.audit.entry import AuditedResource, AuditEntry, AuditReason, AuditReceipt
from gateway.audit.log import append

__all__ = ["AuditEntry", "AuditReason", "AuditReceipt", "AuditedResource", "append"]
