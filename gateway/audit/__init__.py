"""The audit log: who got what of whom, when, why, on which consent; and the proof that nobody altered it."""

from gateway.audit.chain import VerifyReport
from gateway.audit.checkpoint import (
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    WitnessFile,
    read_verifier,
    read_witness,
    verifier_of,
)
from gateway.audit.counts import Counting
from gateway.audit.entry import AuditedResource, AuditEntry, AuditReason, AuditReceipt, EmergencyFacts
from gateway.audit.export import export, verify_export
from gateway.audit.log import LoggedEntry, append, every, find_by_request, get, newest, of_patient, opened
from gateway.audit.looks import LOOK, OPERATOR, is_look, look_entries
from gateway.audit.proof import Prover, proof_lines, verify_file
from gateway.audit.sealer import Sealer
from gateway.audit.stretches import verify

__all__ = [
    "LOOK",
    "OPERATOR",
    "AuditEntry",
    "AuditReason",
    "AuditReceipt",
    "AuditedResource",
    "Checkpoint",
    "Counting",
    "EmergencyFacts",
    "LoggedEntry",
    "NoteSigner",
    "NoteVerifier",
    "Prover",
    "Sealer",
    "VerifyReport",
    "WitnessFile",
    "append",
    "every",
    "export",
    "find_by_request",
    "get",
    "is_look",
    "look_entries",
    "newest",
    "of_patient",
    "opened",
    "proof_lines",
    "read_verifier",
    "read_witness",
    "verifier_of",
    "verify",
    "verify_export",
    "verify_file",
]
