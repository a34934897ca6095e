"""Looks: a person of the operator's was shown what is known of somebody, on a page of the console or by a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.audit.entry import AuditEntry
from gateway.audit.log import LoggedEntry

LOOK = "read"
OPERATOR = "OPERATOR_COMPLIANCE"
"""Kind and basis of such an entry."""


def look_entries(
    request_id: str,
    at: str,
    who: str,
    said: str,
    subject: str,
    patients: Iterable[str],
    versions: Mapping[str, str] | None = None,
) -> tuple[AuditEntry, ...]:
    """One entry for each patient who was shown, at least one; all of one look have its request id.

    `said`: her role and, for content, the reason; `subject`: the page and its filters, or the command; ids only.
    """
    return tuple(
        AuditEntry(
            request_id=request_id,
            at=at,
            kind=LOOK,
            patient_id=patient_id,
            partner="",
            purpose="",
            outcome="disclose",
            basis=OPERATOR,
            recipient_name=who,
            description=said,
            subject=subject,
            versions=versions or {},
        )
        for patient_id in tuple(patients) or (None,)
    )


def is_look(logged: LoggedEntry) -> bool:
    """Whether the entry says that a person of the operator's looked."""
    return logged.entry is not None and (logged.row.kind, logged.entry.basis) == (LOOK, OPERATOR)
