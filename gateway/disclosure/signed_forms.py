"""A printed form came back signed: its draft becomes a Consent in force, bound to the scan by hash.

The scan's bytes are not put into the Consent: a form can be large, and every version would carry it again. The Consent
names it by SHA-1 (what FHIR R4 `Attachment.hash` is) and by an RFC 6920 name of its SHA-256; the scan stays where the
desk keeps its papers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import consent
from gateway.disclosure.consent_desk import is_reference
from gateway.errors import AlreadyReceived, NotUnderstood
from gateway.resources import parse_json, to_json

_LONGEST_NAME = 120
_OCTETS = "application/octet-stream"
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


@dataclass(frozen=True, slots=True)
class Signed:
    """The Consent in force as FHIR JSON, and the reference that must stand on the paper that was scanned."""

    consent: bytes
    reference: str


def sign_draft(
    draft: bytes,
    scan: bytes,
    *,
    signed_on: str,
    recorded_by: str,
    today: date,
    representative: str | None = None,
    content_type: str = "",
) -> Signed:
    """The Consent that `draft` becomes by the signature on `scan`.

    `recorded_by`: role or staff number of who records it. `representative`: who signed for the patient (`Type/id`).
    `content_type`: of the scan, where it is known.
    Raises AlreadyReceived `ALREADY_SIGNED`; NotUnderstood: `DRAFT_EXPECTED`, `DRAFT_ALTERED` (it does not say what its
    form says), `SCAN_EMPTY`, `RECORDER_MISSING`, `REFERENCE_INVALID`, `DAY_INVALID`, `DAY_IN_FUTURE`,
    `DAY_BEFORE_FORM`, `DAY_AFTER_END`, `CONSENT_NOT_VALID`, and what `parse_json` raises.
    """
    found = parse_json(draft)
    reference = _reference_of(found)
    if not scan:
        raise NotUnderstood("SCAN_EMPTY", "the scan holds nothing", "--scan")
    name = " ".join(recorded_by.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise NotUnderstood("RECORDER_MISSING", "say who recorded it, by role or staff number", "--by")
    if representative is not None and not is_reference(representative):
        raise NotUnderstood("REFERENCE_INVALID", "expected `Type/id`", "--representative")
    signature = consent.Signature(
        signed_on=_day(signed_on, found, today),
        signer=representative or str(_object(found.get("patient")).get("reference", "")),
        recorded_by=name,
        scan_sha1=base64.b64encode(hashlib.sha1(scan, usedforsecurity=False).digest()).decode(),
        scan_url=_name_of(scan),
        scan_type=content_type
        or next((kind for begins, kind in _BEGINNINGS if scan.startswith(begins)), _OCTETS),
        scan_bytes=len(scan),
    )
    made = consent.signed_consent(found, signature)
    _refuse_deficient(made)
    return Signed(to_json(made), reference)


def _reference_of(draft: Mapping[str, Any]) -> str:
    """The reference of the draft's form, once it is sure that the draft says what the form says."""
    if draft.get("resourceType") != "Consent":
        raise NotUnderstood("DRAFT_EXPECTED", "expected a draft of `handoff consent new`", "resourceType")
    if "sourceAttachment" in draft or draft.get("status") == "active":
        raise AlreadyReceived(
            "ALREADY_SIGNED", "is signed already; a change needs a form of its own", "status"
        )
    rows = draft.get("identifier")
    stated = [_object(row) for row in rows] if isinstance(rows, list) else []
    references = [row.get("value") for row in stated if row.get("system") == consent.FORM]
    if len(references) != 1:
        raise NotUnderstood("DRAFT_EXPECTED", "carries no reference of a form", "identifier")
    reference = consent.form_reference(draft)
    if references != [reference] or len(stated) != 1:
        raise NotUnderstood("DRAFT_ALTERED", "does not say what its form says; make a new form", "identifier")
    return reference


def _day(text: str, draft: Mapping[str, Any], today: date) -> date:
    """The day of the signature: not before the form was made, nor after today or the end of the permission."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day such as 2026-11-22", "--signed-on") from None
    period = _object(_object(draft.get("provision")).get("period"))
    if day > today:
        raise NotUnderstood("DAY_IN_FUTURE", "has not come yet", "--signed-on")
    if day.isoformat() < str(period.get("start", "")):
        raise NotUnderstood("DAY_BEFORE_FORM", "is before the form was made", "--signed-on")
    if "end" in period and day.isoformat() > str(period["end"]):
        raise NotUnderstood("DAY_AFTER_END", "is after the last day of the permission", "--signed-on")
    return day


def _refuse_deficient(made: Mapping[str, object]) -> None:
    report = consent.validate_consent(made)
    if not (report.valid and report.computable):
        place = next((element.place for element in report.elements if not element.present), None)
        raise NotUnderstood(
            "CONSENT_NOT_VALID", "would not be valid; `handoff consent validate` says why", place
        )


def _name_of(content: bytes) -> str:
    """A name of exactly these bytes (RFC 6920)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
