"""A release: a decision, the exact bytes it allows, and the audit entry that came before them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import consent
from gateway.audit import AuditEntry


@dataclass(frozen=True, slots=True)
class Release:
    """The only thing a sender can send. Made by the gate alone.

    `epoch` is the patient's consent epoch at the decision; `content_sha256` is the hex hash of `content`, as audited.
    `key` is the same for the same content for the same intent, and only then. `valid_until`: the next instant at which
    a consent begins or ends, so that the decision may be another one. `entry` is the audit entry that allowed it.
    `attempts`: which try of the intent it is, counted from 1.
    """

    id: str
    intent_id: str
    attempts: int
    patient_id: str
    partner: str
    audit_seq: int
    epoch: int
    content: bytes = field(repr=False)
    content_sha256: str
    media_type: str
    request_id: str
    decision: consent.Decision = field(repr=False)
    entry: AuditEntry = field(repr=False)
    key: str
    control_id: str = ""
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Consent does not allow it now. `codes` are reason codes for the compliance role, never for an asker."""

    request_id: str
    codes: tuple[str, ...]
    audit_seq: int
    ended: bool = False
