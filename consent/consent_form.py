"""A consent taken at a desk: the person's choices become a FHIR Consent and a form on paper that says the same.

The form carries what 42 CFR §2.31(a) and 45 CFR 164.508(c) ask for: name, who discloses, what, to whom, what for, the
right to revoke and how, redisclosure, consequences, end, signature and date. One named agency has one form (section 5
of the rulebook: a consent of its own for each community agency, at most 12 months).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from consent.notice import PURPOSE_WORDS
from consent.validity import STATEMENT, STATEMENTS

CLASSES: Mapping[str, tuple[str, ...]] = {
    "contact": ("Patient",),
    "referral": ("ServiceRequest", "Task"),
    "appointments": ("Appointment",),
    "plan": ("CarePlan",),
    "goals": ("Goal",),
}
"""Kinds of record a person can choose for an agency, and the FHIR types they stand for."""

LONGEST_DAYS = 366

_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_TYPES = "http://hl7.org/fhir/resource-types"

STATEMENT_TEXTS: Mapping[str, str] = {
    "revocation": (
        "You may withdraw this at any time, in writing or by telling {discloser}. It stops what is sent from then on; "
        "what was sent before, in reliance on this form, cannot be taken back."
    ),
    "redisclosure": (
        "A health organization that gets this for treatment, payment or health care operations may pass it on as the "
        "HIPAA rules allow, but not for any proceedings against you. Others may not pass it on without a new form."
    ),
    "consequences": (
        "You may say no. Treatment at {discloser} does not depend on it; without it, {agency} gets nothing from us. "
        "What is passed on may no longer be protected by the same rules."
    ),
}
"""The statements of 42 CFR §2.31(a)(4)(iii), (6) and (10), as printed."""


class ChoicesError(Exception):
    """Choices that make no consent; `field` names the one to change."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(f"{code}: {message} at `{field}`")
        self.code = code
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose. References are `Type/id`; `kinds` are keys of `CLASSES`; `until` is the last day."""

    patient: str
    patient_name: str
    discloser: str
    discloser_name: str
    agency: str
    agency_name: str
    purpose: str
    kinds: tuple[str, ...]
    until: date


def draft_consent(choices: Choices, consent_id: str, today: date) -> dict[str, object]:
    """The draft, not signed yet. Raises ChoicesError: no or unknown kinds, an end in the past or over a year ahead."""
    if not choices.kinds or not set(choices.kinds) <= CLASSES.keys():
        raise ChoicesError("KINDS_UNKNOWN", f"expected some of {', '.join(CLASSES)}", "kinds")
    if not 0 <= (choices.until - today).days <= LONGEST_DAYS:
        raise ChoicesError("END_OUT_OF_RANGE", "expected a day within the next 12 months", "until")
    types = sorted({name for kind in choices.kinds for name in CLASSES[kind]})
    role = {"coding": [{"system": _ROLE, "code": "IRCP"}]}
    return {
        "resourceType": "Consent",
        "id": consent_id,
        "extension": [{"url": STATEMENT, "valueCode": name} for name in STATEMENTS],
        "status": "draft",
        "scope": {"coding": [{"system": _SCOPE, "code": "patient-privacy"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]},
            {"coding": [{"system": _ACT, "code": "IDSCL"}]},
            {"coding": [{"system": _ACT, "code": "42CFRPart2CD"}]},
        ],
        "patient": {"reference": choices.patient},
        "performer": [{"reference": choices.patient}],
        "organization": [{"reference": choices.discloser}],
        "policy": [{"uri": "https://www.ecfr.gov/current/title-42/part-2/section-2.31"}],
        "provision": {
            "type": "permit",
            "period": {"start": today.isoformat(), "end": choices.until.isoformat()},
            "actor": [
                {"role": role, "reference": {"reference": choices.agency, "display": choices.agency_name}}
            ],
            "class": [{"system": _TYPES, "code": name} for name in types],
            "purpose": [{"system": _REASON, "code": choices.purpose}],
        },
    }


def signed_consent(
    draft: Mapping[str, object], signed_on: date, form_sha1: str, scan_reference: str
) -> dict[str, object]:
    """The draft after signing: active, dated, with the scanned form (`scan_reference`, SHA-1 of its bytes in base64)."""
    attachment = {"contentType": "application/pdf", "url": scan_reference, "hash": form_sha1}
    return {**draft, "status": "active", "dateTime": signed_on.isoformat(), "sourceAttachment": attachment}


def printed_form(choices: Choices, consent_id: str, outlook: Sequence[str]) -> str:
    """The form on paper: plain text, with the what-if sentences, the statements, and lines for signature and scan."""
    names = {"discloser": choices.discloser_name, "agency": choices.agency_name}
    lines = [
        "PERMISSION TO SHARE INFORMATION (42 CFR 2.31, 45 CFR 164.508)",
        "",
        f"Name: {choices.patient_name}",
        f"Who may share: {choices.discloser_name}",
        f"With whom: {choices.agency_name}",
        f"What for: {PURPOSE_WORDS.get(choices.purpose, choices.purpose)}",
        f"Until: {choices.until.isoformat()} (that day included)",
        "",
        "What this means:",
        *(f"- {sentence}" for sentence in outlook),
        "",
        *(
            f"{number}. {STATEMENT_TEXTS[name].format(**names)}"
            for number, name in enumerate(STATEMENTS, start=1)
        ),
        "",
        "Signature: ______________________________   Date: ______________",
        "Witness or interpreter, if any: ______________________________",
        "",
        f"Scan this page under: {consent_id}",
    ]
    return "\n".join(lines) + "\n"
