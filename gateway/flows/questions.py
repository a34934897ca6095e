"""A question that shows no record, in the log as it was sent (AU-03): a create's condition, a hook that meant nobody."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from gateway.audit import append
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.asked import kept_question
from gateway.disclosure.premises import Premises
from gateway.security.callers import Caller
from gateway.store import Transaction


def log_question(
    premises: Premises,
    tx: Transaction,
    caller: Caller,
    asked: str,
    *,
    request_id: str,
    patient_id: str | None,
    told: Iterable[str] = (),
) -> None:
    """Append the entry of `asked`, which found that patient or nobody. `told`: references of the caller's own records
    that the answer says something of.
    """
    entry = own_record_entry(
        premises,
        kind="query",
        request_id=request_id,
        at=premises.clock.now(),
        patient_id=patient_id,
        partner=caller.partner,
        purpose=caller.purpose,
        returned=told,
        content_sha256=None,
    )
    append(tx, replace(entry, asked=kept_question(asked, patient_id)))
