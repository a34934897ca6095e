"""What a person at the gateway, or its operator's setting, decided: how that is said, carried out and logged.

One form for all of it, so that whoever reads the log finds every such act by its code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.audit import AuditEntry, AuditReason, find_by_request
from gateway.clock import new_row_id
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.store import Reading, Transaction

BY_A_PERSON, BY_TIME, BY_RECORDER = "BY_A_PERSON", "BY_TIME", "BY_RECORDER"
BY_RULE, BY_SENDER = "BY_RULE", "BY_SENDER"
_WORDS = {
    BY_A_PERSON: "a person at the gateway decided",
    BY_TIME: "the operator's setting says how long",
    BY_SENDER: "whose number it is says so",
    BY_RULE: "the gateway does so by a rule",
    BY_RECORDER: "whoever recorded the consent says so",
}


def why(reason: str) -> str:
    """The reason a person gives. Raises NotUnderstood `REASON_MISSING`: the audit log keeps it."""
    if not reason.strip():
        raise NotUnderstood("REASON_MISSING", "say why; the audit log keeps it", "--reason")
    return reason.strip()


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said: as which code, who (empty: by the command line), in which words, when, by which entry."""

    outcome: str
    by: str
    words: str
    at: str
    seq: int


def said_under(reading: Reading, request_id: str, counts: Callable[[str], bool]) -> tuple[Said, ...]:
    """What people said under that id, in order, as far as its code `counts`.

    Of an entry whose facts were destroyed with a patient's key there is nothing but that it was.
    """
    return tuple(
        Said(
            one.row.outcome,
            one.entry.recipient_name if one.entry is not None else "",
            one.entry.description if one.entry is not None else "",
            one.row.at,
            one.row.seq,
        )
        for one in find_by_request(reading, request_id)
        if one.row.kind == "outcome" and counts(one.row.outcome)
    )


async def carry_out(premises: Premises, work: Callable[[Transaction], dict[str, Any]]) -> dict[str, Any]:
    """What `work` comes to, in one transaction; what may have become due by it is looked for at once."""
    found = await premises.store.write(work)
    premises.work_waiting.set()
    return found


def act_entry(
    outcome: str,
    at: str,
    said: str,
    *,
    patient_id: str | None = None,
    subject: str = "",
    partner: str = "",
    purpose: str = "",
    request_id: str = "",
    by: str = BY_A_PERSON,
    rule: str = "",
) -> AuditEntry:
    """The entry of such an act: on one patient, one intent toward a partner, or the whole store.

    `said` stands in the sealed part: it may say more than codes. `by` is a code, `rule` the rule it is done under; what
    belongs together has one `request_id`.
    """
    return AuditEntry(
        request_id=request_id or new_row_id(),
        at=at,
        kind="outcome",
        patient_id=patient_id,
        partner=partner,
        purpose=purpose,
        outcome=outcome,
        reasons=(AuditReason(by, rule or _WORDS[by]),),
        description=said,
        subject=subject,
    )
