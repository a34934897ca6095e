"""Nothing to show: the same answer for unknown, no consent and withheld, and a trace for the compliance role."""

from __future__ import annotations

from msgspec.structs import replace

from gateway.audit import AuditReason, append
from gateway.clock import new_id
from gateway.disclosure.account import own_record_entry
from gateway.disclosure.premises import Premises
from gateway.errors import NotFound
from gateway.security.callers import Caller


class NothingToShow(NotFound):
    """Nothing to show, with the opaque id by which the compliance role finds the reason."""

    def __init__(self, request_id: str) -> None:
        super().__init__("NO_SUCH_RECORD", "nothing can be shown for this request")
        self.request_id = request_id


async def nothing_for(premises: Premises, caller: Caller, subject: str, code: str) -> NothingToShow:
    """The answer to an update of what the caller may not know of, after the attempt was audited.

    `subject` is the reference asked for, `code` the true reason; neither reaches the caller.
    """
    request_id = new_id()
    entry = own_record_entry(
        premises,
        kind="refuse",
        request_id=request_id,
        at=premises.clock.now(),
        patient_id=None,
        partner=caller.partner,
        purpose=caller.purpose,
        returned=(),
        content_sha256=None,
    )
    reasons = (AuditReason(code, "the caller has no part in it"),)
    await premises.store.write(lambda tx: append(tx, replace(entry, reasons=reasons, subject=subject)))
    return NothingToShow(request_id)
