"""What has left: told from what was only prepared, because a decision to disclose is not yet a disclosure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from gateway.audit import AuditEntry, AuditReason, append, get
from gateway.clock import instant_text
from gateway.store import Intent, Transaction, outbox

HANDOVER = "handover"
_PERMITTED = "PERMITTED_BY_CONSENT"
_MAY_BE_THERE = (outbox.HANDED_OVER, "delivered", "unknown")


def account_for(
    tx: Transaction, release_id: str, allowed: AuditEntry, outcome: str, code: str, at: datetime
) -> None:
    """Put into the log that the bytes of a release left, and what came of it (45 CFR 164.528(b)(2)).

    The entry has the request id, the recipient, the description and the hash of the entry that allowed it; its
    resources and its decision are named there.
    """
    reasons = (AuditReason(code, "what the recipient's system answered"),)
    left = replace(
        allowed,
        at=instant_text(at),
        kind=HANDOVER,
        outcome=outcome,
        reasons=reasons,
        resources=(),
        read=(),
        decision_sha256="",
        obligations=(),
        subject=release_id,
    )
    append(tx, left)


def permits_of(entry: AuditEntry) -> Iterator[tuple[str, frozenset[str]]]:
    """Each record that a disclosure released by consent, and the consent versions that permitted it.

    `entry.consents` would not do: it names those too that kept something back.
    """
    for row in entry.resources:
        named = {reason.consent for reason in row.reasons if reason.code == _PERMITTED}
        if row.outcome != "withhold" and named:
            yield row.reference, frozenset(name for name in named if name is not None)


def may_have_arrived(tx: Transaction, intent: Intent) -> bool:
    """Whether anything of `intent` may be with the recipient, whatever was said or decided about it since."""
    return any(row.state in _MAY_BE_THERE for row in outbox.of_intent(tx, intent.id))


def interrupted(tx: Transaction, release_id: str, code: str, at: datetime) -> None:
    """Account for a push that was being handed over when the process ended: it may have arrived."""
    row = outbox.get(tx, release_id)
    if row is None or row.state != outbox.HANDED_OVER:
        return
    logged = get(tx, row.audit_seq)
    if logged is not None and logged.entry is not None:
        account_for(tx, release_id, logged.entry, "unknown", code, at)
    outbox.mark(tx, release_id, "unknown", instant_text(at))
