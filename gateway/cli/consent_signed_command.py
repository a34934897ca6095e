"""`handoff consent signed DRAFT`: the printed form came back; its draft becomes a Consent in force."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.clock import SystemClock
from gateway.disclosure.release_questions import error_text
from gateway.disclosure.signed_forms import sign_draft
from gateway.errors import HandoffError

DONE, REFUSED, WRONG_USAGE = 0, 1, 2

UNTIL_RECORDED = (
    "signed by a representative: it permits nothing where no authority of that person is recorded "
    "(SIGNER_AUTHORITY_MISSING, 42 CFR §2.15); this gateway does not record authorities yet, `handoff decide` takes them"
)


def consent_signed(
    draft: str, scan: Path, signed_on: str, recorded_by: str, representative: str | None, out: Path | None
) -> int:
    """Write the Consent to `out`, which must be new, or to standard output; on standard error, what to compare.

    0; 1 with an `error` line for what cannot be signed so; 2 when a file cannot be read or made.
    """
    try:
        form = sys.stdin.buffer.read() if draft == "-" else Path(draft).read_bytes()
    except OSError:
        return _unusable("FILE_UNREADABLE", "the file cannot be read", "DRAFT")
    try:
        scanned = scan.read_bytes()
    except OSError:
        return _unusable("FILE_UNREADABLE", "the file cannot be read", "--scan")
    today = SystemClock().now().astimezone().date()  # the day at the desk
    try:
        signed = sign_draft(
            form,
            scanned,
            signed_on=signed_on,
            recorded_by=recorded_by,
            today=today,
            representative=representative,
        )
    except HandoffError as fault:
        sys.stderr.write(error_text(fault) + "\n")
        return REFUSED
    if out is None:
        sys.stdout.write(signed.consent.decode() + "\n")
    else:
        try:
            with out.open("xb") as file:
                file.write(signed.consent)
        except OSError:
            return _unusable("FILE_UNWRITABLE", "the file cannot be made", "--out")
    sys.stderr.write(f"the paper that was scanned must bear the reference {signed.reference}\n")
    if representative is not None:
        sys.stderr.write(UNTIL_RECORDED + "\n")
    return DONE


def _unusable(code: str, message: str, place: str) -> int:
    error = {"error": {"code": code, "message": message, "place": place}}
    sys.stderr.write(json.dumps(error, ensure_ascii=False) + "\n")
    return WRONG_USAGE
