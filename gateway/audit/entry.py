"""The facts of one audit entry, and what appending it gives back.

Requirement AU-05: purpose, legal basis, consent version, rule ids, labels, notice version, hash of the bytes,
request id; 42 CFR §2.24 and §2.25 with 45 CFR 164.528(b): recipient name and address, date, description,
purpose. Never a clinical value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


class AuditReason(msgspec.Struct, frozen=True):
    """Why: a stable code, the law or rule it rests on, and the consent version it came from, if any."""

    code: str
    citation: str = ""
    consent: str | None = None


class AuditedResource(msgspec.Struct, frozen=True):
    """What was decided about one resource; a reference and codes only."""

    reference: str
    outcome: str
    labels: tuple[str, ...] = ()
    reasons: tuple[AuditReason, ...] = ()


class EmergencyFacts(msgspec.Struct, frozen=True):
    """What 42 CFR §2.51(c) wants written down of a disclosure in a medical emergency, beside the entry's own time.

    `recipient` is the clinician and `facility` her or his affiliation, as the asking system stated them; `discloser` who
    disclosed; `nature` the nature of the emergency. `second_person` approved a use beyond the second in 24 hours.
    """

    recipient: str
    recipient_identifier: str
    facility: str
    discloser: str
    nature: str
    opened_at: str
    second_person: str = ""


class AuditEntry(msgspec.Struct, frozen=True):
    """The facts of one act. `at` is ISO 8601 UTC text (`gateway.clock.instant_text`).

    `kind`: disclose, practice, refuse, import, query, consent, revoke, handover, outcome, read. `partner` is the
    recipient.
    """

    request_id: str
    at: str
    kind: str
    patient_id: str | None
    partner: str
    purpose: str
    outcome: str
    source: tuple[str, ...] = ()
    basis: str = ""
    consents: tuple[str, ...] = ()
    reasons: tuple[AuditReason, ...] = ()
    resources: tuple[AuditedResource, ...] = ()
    obligations: tuple[str, ...] = ()
    notice_version: str | None = None
    bytes_sha256: str | None = None
    versions: Mapping[str, str] = msgspec.field(default_factory=dict)
    read: tuple[str, ...] = ()
    """For each decided resource, in order, the version of the record that was read; `id/version` where the record has
    another id than the reference.
    """
    decision_sha256: str = ""
    """Hex hash of the decision's bytes (`gateway.disclosure.decision_bytes`); empty where consent decided nothing."""
    recipient_name: str = ""
    recipient_address: str = ""
    description: str = ""
    subject: str = ""
    """Our id of what the entry is about where it is no disclosure: an intent, release, message or consent
    version.
    """
    asked: str = ""
    """A question as it was sent, in one line (AU-03); of one that found nobody its names without values."""
    credentials: tuple[str, ...] = ()
    """By which its recipient asked: client id, `kid` and, where it was bound to one, certificate (SHA-256, hex). Empty
    where that is not known, and of what was sent.
    """
    emergency: EmergencyFacts | None = None
    """Of a use of emergency access, allowed or refused; None for everything else."""


@dataclass(frozen=True, slots=True)
class AuditReceipt:
    """Where the entry stands: `seq` counts from 1; `leaf_hash` is 32 bytes."""

    seq: int
    leaf_hash: bytes
