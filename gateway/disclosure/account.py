"""From a decision to the facts that the audit log keeps of it (requirement AU-05, 42 CFR §2.25)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import consent
from gateway.audit import AuditedResource, AuditEntry, AuditReason
from gateway.clock import instant_text
from gateway.disclosure.decision_bytes import decision_sha256, engine_version
from gateway.disclosure.gather import HERSELF
from gateway.disclosure.gathered import Gathered
from gateway.disclosure.premises import Premises
from gateway.partners import reference_of
from gateway.partners.network import Organization
from gateway.store import Record

NOTICE_VERSION = "2024"
OWN_RECORD = "OWN_RECORD"
OVERTAKEN = "OVERTAKEN"
_HERSELF = Organization("the person herself")
_NOT_ASKED_FOR = AuditReason("NOT_ASKED_FOR", "what the caller searched for does not cover it")
_OTHER_SOURCE = AuditReason("OTHER_SOURCE_WITHHOLDS", "42 CFR 2.12(a); consent-semantics 11, Source")
_BY_A_PERSON = AuditReason("HUMAN_RELEASE", "a rule demands that a person releases it")
_NOTHING_WITHOUT_HEART = AuditReason("NOTHING_WITHOUT_HEART", "what the message is about may not be shown")
_NOTHING_LEFT = AuditReason("NOT_VALID_WITHOUT_WHAT_WAS_REMOVED", "requirement FH-RED-05")


def entry_of(
    premises: Premises,
    gathered: Gathered,
    decision: consent.Decision,
    *,
    kind: str,
    request_id: str,
    at: datetime,
    shown: Iterable[Mapping[str, Any]],
    content_sha256: str | None = None,
    subject: str = "",
    returned: Iterable[str] = (),
    unasked: frozenset[str] = frozenset(),
) -> AuditEntry:
    """The audit entry of one decision.

    `shown` is what was left after redaction (the log names as released what was, not what might have been),
    `returned` the recipient's own records that go back with it, `unasked` what may be seen and does not meet the
    caller's search.
    """
    left = frozenset(f"{resource['resourceType']}/{resource['id']}" for resource in shown)
    refused = kind in ("refuse", "query")  # nothing of it was released
    return AuditEntry(
        request_id=request_id,
        at=instant_text(at),
        kind=kind,
        patient_id=gathered.patient_id,
        partner=gathered.recipient,
        purpose=gathered.purpose,
        outcome="withhold" if refused else decision.outcome,
        source=(reference_of(gathered.discloser),),
        basis=decision.basis,
        consents=decision.consents,
        reasons=tuple(_reason(reason) for reason in decision.notes),
        resources=(*_audited(decision, left, refused, gathered.vetoed, unasked), *_returned(returned)),
        obligations=tuple(sorted({obligation.code for obligation in decision.obligations})),
        notice_version=_notice_version(decision) if content_sha256 else None,
        bytes_sha256=content_sha256,
        versions=_versions(premises, gathered, decision),
        read=tuple([_version_read(record) for record in gathered.read]),
        decision_sha256=decision_sha256(decision),
        recipient_name=_organization(premises, gathered.recipient).name,
        recipient_address=_organization(premises, gathered.recipient).address,
        description="" if refused else _description(left),
        subject=subject,
    )


def own_record_entry(
    premises: Premises,
    *,
    kind: str,
    request_id: str,
    at: datetime,
    patient_id: str | None,
    partner: str,
    purpose: str,
    returned: Iterable[str],
    content_sha256: str | None,
) -> AuditEntry:
    """The audit entry of records that went back to the only party they came from, or of a look that found nothing."""
    resources = _returned(returned)
    return AuditEntry(
        request_id=request_id,
        at=instant_text(at),
        kind=kind,
        patient_id=patient_id,
        partner=partner,
        purpose=purpose,
        outcome="disclose" if resources else "withhold",
        source=(reference_of(partner),) if resources else (),
        basis=OWN_RECORD if resources else "",
        resources=resources,
        bytes_sha256=content_sha256,
        versions={"network": premises.network.version},
        recipient_name=_organization(premises, partner).name,
        recipient_address=_organization(premises, partner).address,
    )


def _organization(premises: Premises, partner: str) -> Organization:
    return _HERSELF if partner == HERSELF else premises.network.partners[partner].organization


def refusal_codes(decision: consent.Decision) -> tuple[str, ...]:
    """The codes of every reason for which something was withheld, sorted, each once."""
    withheld = [
        r for resource in decision.resources if resource.outcome == "withhold" for r in resource.reasons
    ]
    return tuple(sorted({reason.code for reason in (*withheld, *decision.notes)}))


def _audited(
    decision: consent.Decision,
    left: frozenset[str],
    refused: bool,
    vetoed: frozenset[str],
    unasked: frozenset[str],
) -> tuple[AuditedResource, ...]:
    by_a_person = any(obligation.code == _BY_A_PERSON.code for obligation in decision.obligations)
    rows = []
    told: dict[int, tuple[AuditReason, ...]] = {}  # records alike have the very same reasons
    for row in decision.resources:
        reasons = told.get(id(row.reasons))
        if reasons is None:
            reasons = told[id(row.reasons)] = tuple(map(_reason, row.reasons))
        otherwise = _BY_A_PERSON if by_a_person else _NOTHING_LEFT
        if row.reference in vetoed:
            otherwise = _OTHER_SOURCE
        elif row.reference in left:
            otherwise = _NOTHING_WITHOUT_HEART
        elif row.reference in unasked:
            otherwise = _NOT_ASKED_FOR
        if row.outcome == "withhold" or (row.reference in left and not refused):
            rows.append(AuditedResource(row.reference, row.outcome, row.labels, reasons))
        else:
            rows.append(AuditedResource(row.reference, "withhold", row.labels, (*reasons, otherwise)))
    return tuple(rows)


def _returned(references: Iterable[str]) -> tuple[AuditedResource, ...]:
    own = (AuditReason(OWN_RECORD, "the recipient's own record goes back to it"),)
    return tuple(AuditedResource(reference, "disclose", (), own) for reference in references)


@lru_cache(maxsize=4096)
def _reason(reason: consent.Reason) -> AuditReason:
    """Reasons are codes, and the same ones again and again."""
    return AuditReason(reason.code, reason.citation, reason.consent)


def _notice_version(decision: consent.Decision) -> str | None:
    return NOTICE_VERSION if consent.notice_for(decision).statement else None


def _version_read(record: Record) -> str:
    """How the log names the version that was read of a record; a Patient is decided about under the network's own id."""
    if record.resource_type == "Patient":
        return f"{record.id}/{record.version}"
    return str(record.version)


def _description(left: frozenset[str]) -> str:
    """What kinds of resources went, in plain words and counts (45 CFR 164.528(b)(2)(iii)); never a value."""
    counts = Counter(reference.partition("/")[0] for reference in left)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))


def _versions(premises: Premises, gathered: Gathered, decision: consent.Decision) -> dict[str, str]:
    return {
        **dict(decision.versions),
        "semantics": decision.semantics_version,
        "network": premises.network.version,
        "mappings": premises.library.version,
        "epoch": str(gathered.epoch),
        "patients": " ".join(gathered.patients),
        "engine": engine_version(),
    }
