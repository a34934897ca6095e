"""A consent taken at a desk: the person's choices become a FHIR Consent and a form on paper that says the same.

The form carries what 42 CFR §2.31(a) and 45 CFR 164.508(c) ask for: name, who discloses, what, to whom, what for, the
right to revoke and how, redisclosure, consequences, end, signature and date, and who signs for another. One named
agency has one form (section 5 of the rulebook: a consent of its own for each community agency, at most 12 months).
"""

from __future__ import annotations

import hashlib
import json
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

CLASS_TEXTS: Mapping[str, str] = {
    "contact": "your name and how to reach you",
    "referral": "the referral: what you need, and how it stands",
    "appointments": "your appointments",
    "plan": "your care plan",
    "goals": "your goals",
}
"""The same kinds as printed."""

FORM = "urn:gateway:consent:form"
"""System of the identifier that a draft, its printed form and the signed Consent share: the form's reference."""

RECORDER = "urn:gateway:consent:recorder"
"""Extension of our form: who recorded the signature, as a role or a staff number (`valueString`)."""

LONGEST_DAYS = 366

_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
_TYPES = "http://hl7.org/fhir/resource-types"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

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


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature on the printed form. `signer` is the patient or her representative (`Type/id`).

    The scan is named by its hash (`scan_sha1`, base64, as FHIR R4 Attachment.hash) and by `scan_url`; it stays where
    it is.
    """

    signed_on: date
    signer: str
    recorded_by: str
    scan_sha1: str
    scan_url: str
    scan_type: str
    scan_bytes: int


def draft_consent(choices: Choices, consent_id: str, today: date) -> dict[str, object]:
    """The draft, not signed yet, with its reference as identifier.

    Raises ChoicesError: no or unknown kinds, an end in the past or over a year ahead.
    """
    if not choices.kinds or not set(choices.kinds) <= CLASSES.keys():
        raise ChoicesError("KINDS_UNKNOWN", f"expected some of {', '.join(CLASSES)}", "kinds")
    if not 0 <= (choices.until - today).days <= LONGEST_DAYS:
        raise ChoicesError("END_OUT_OF_RANGE", "expected a day within the next 12 months", "until")
    types = sorted({name for kind in choices.kinds for name in CLASSES[kind]})
    role = {"coding": [{"system": _ROLE, "code": "IRCP"}]}
    draft = {
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
    return {**draft, "identifier": [{"system": FORM, "value": form_reference(draft)}]}


def form_reference(draft: Mapping[str, object]) -> str:
    """The reference of a draft's form: made of what the draft says, so that one paper belongs to one content.

    60 bits in letters and digits that are hard to mistake for each other (Crockford's base 32).
    """
    said = {name: value for name, value in draft.items() if name != "identifier"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 4
    letters = [_LETTERS[number >> shift & 31] for shift in range(55, -5, -5)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def signed_consent(draft: Mapping[str, object], signature: Signature) -> dict[str, object]:
    """The draft after signing: active, dated, with who signed, who recorded it, and the scanned form by its hash."""
    day, signer = signature.signed_on.isoformat(), {"reference": signature.signer}
    extensions = draft.get("extension")
    stated = extensions if isinstance(extensions, list) else []
    return {
        **draft,
        "extension": [*stated, {"url": RECORDER, "valueString": signature.recorded_by}],
        "status": "active",
        "dateTime": day,
        "performer": [signer],
        "sourceAttachment": {
            "contentType": signature.scan_type,
            "url": signature.scan_url,
            "size": signature.scan_bytes,
            "hash": signature.scan_sha1,
            "title": "Signed form " + form_reference(draft),
            "creation": day,
        },
        "verification": [{"verified": True, "verifiedWith": signer, "verificationDate": day}],
    }


def printed_form(choices: Choices, reference: str, from_day: date, outlook: Sequence[str]) -> str:
    """The form on paper: plain text with every element of §2.31(a), the what-if sentences, and lines to fill in by hand.

    `reference` is the draft's (`form_reference`); it stands at both ends, so that a scan finds its draft.
    """
    names = {"discloser": choices.discloser_name, "agency": choices.agency_name}
    until = f"until {choices.until.isoformat()} (that day included), unless you withdraw it before"
    lines = [
        "PERMISSION TO SHARE INFORMATION (42 CFR 2.31, 45 CFR 164.508)",
        f"Reference: {reference}",
        "",
        f"Name: {choices.patient_name}",
        f"Who may share: {choices.discloser_name}",
        f"What may be shared: {'; '.join(CLASS_TEXTS[kind] for kind in choices.kinds)}",
        f"With whom: {choices.agency_name}",
        f"What for: {PURPOSE_WORDS.get(choices.purpose, choices.purpose)}",
        f"How long: from {from_day.isoformat()} {until}",
        "",
        "What this means:",
        *(f"- {sentence}" for sentence in outlook),
        "",
        *(
            f"{number}. {STATEMENT_TEXTS[name].format(**names)}"
            for number, name in enumerate(STATEMENTS, start=1)
        ),
        "You get a copy of this page.",
        "",
        "Signature: ______________________________   Date: ______________",
        "If somebody signs for you: name ____________________   by what right ____________________",
        "Witness or interpreter, if any: ______________________________",
        "Recorded by (role or staff number): ______________________________",
        "",
        f"Scan this page under: {reference}",
    ]
    return "\n".join(lines) + "\n"
