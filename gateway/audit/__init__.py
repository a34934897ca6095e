"""The audit log: who got what of whom, when, why, on which consent; and the proof that nobody altered it."""

from gateway.audit.chain import VerifyReport
from gateway.audit.checkpoint import (
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    read_verifier,
    read_witness,
    verifier_of,
)
from gateway.audit.entry import AuditedResource, AuditEntry, AuditReason, AuditReceipt, EmergencyFacts
from gateway.audit.export import export, verify_export
from gateway.audit.log import LoggedEntry, append, every, find_by_request, get, newest, of_patient
from gateway.audit.sealer import Sealer
from gateway.audit.verify import verify

__all__ = [
    "AuditEntry",
    "AuditReason",
    "AuditReceipt",
    "AuditedResource",
    "Checkpoint",
    "EmergencyFacts",
    "LoggedEntry",
    "NoteSigner",
    "NoteVerifier",
    "Sealer",
    "VerifyReport",
    "append",
    "every",
    "export",
    "find_by_request",
    "get",
    "newest",
    "of_patient",
    "read_verifier",
    "read_witness",
    "verifier_of",
    "verify",
    "verify_export",
]
