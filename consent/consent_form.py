"""A consent taken at a desk: the person's choices become a FHIR Consent and a form on paper that says the same.

The form carries what 42 CFR §2.31(a) and 45 CFR 164.508(c) ask for: name, who discloses, what, to whom, what for, the
right to revoke and how, redisclosure, consequences, end, signature and date, and who signs for another. One named
agency has one form (section 5 of the rulebook: a consent of its own for each community agency, at most 12 months).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consent.consent_form_words import FORM_WORDS
from consent.expiry_event import EXPIRY_EVENT
from consent.plan_classes import CARE_PLAN, RECORD_CLASSES, SAFETY_PLAN
from consent.validity import STATEMENT, STATEMENTS

CLASSES: Mapping[str, tuple[str, ...]] = {
    "contact": ("Patient",),
    "referral": ("ServiceRequest", "Task"),
    "referral_status": ("Task",),
    "appointments": ("Appointment",),
    "plan": (CARE_PLAN,),
    "safety_plan": (SAFETY_PLAN,),
    "goals": ("Goal",),
    "attendance": ("Observation",),
    "conditions": ("AllergyIntolerance", "Condition"),
    "medications": ("MedicationRequest", "MedicationStatement"),
}
"""Kinds of record a person can choose for an agency, and the FHIR types they stand for, or classes of `plan_classes`."""

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
_SYSTEMS = {CARE_PLAN: RECORD_CLASSES, SAFETY_PLAN: RECORD_CLASSES}
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class ChoicesError(Exception):
    """Choices that make no consent; `field` names the one to change."""

    def __init__(self, code: str, message: str, field: str) -> None:
        super().__init__(f"{code}: {message} at `{field}`")
        self.code = code
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person chose. References are `Type/id`; `kinds` are keys of `CLASSES`; `until` is the last day.

    With `event` it ends with that event: `event_owner` looks whether it has come, the next time by `until`. `language`
    is that of the form.
    """

    patient: str
    patient_name: str
    discloser: str
    discloser_name: str
    agency: str
    agency_name: str
    purpose: str
    kinds: tuple[str, ...]
    until: date
    more_purposes: tuple[str, ...] = ()
    event: str = ""
    event_owner: str = ""
    language: str = "en"

    @property
    def purposes(self) -> tuple[str, ...]:
        """All purposes, each once."""
        return tuple(dict.fromkeys((self.purpose, *self.more_purposes)))


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

    Raises ChoicesError: no or unknown kinds, an end in the past or over a year ahead, an event that nobody watches for,
    a language without words.
    """
    _check(choices, today)
    types = sorted({name for kind in choices.kinds for name in CLASSES[kind]})
    role = {"coding": [{"system": _ROLE, "code": "IRCP"}]}
    start, end = today.isoformat(), choices.until.isoformat()
    draft = {
        "resourceType": "Consent",
        "id": consent_id,
        "extension": [
            *({"url": STATEMENT, "valueCode": name} for name in STATEMENTS),
            *_event_of(choices),
        ],
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
            "period": {"start": start} if choices.event else {"start": start, "end": end},
            "actor": [
                {"role": role, "reference": {"reference": choices.agency, "display": choices.agency_name}}
            ],
            "class": [{"system": _SYSTEMS.get(name, _TYPES), "code": name} for name in types],
            "purpose": [{"system": _REASON, "code": code} for code in choices.purposes],
        },
    }
    return {**draft, "identifier": [{"system": FORM, "value": form_reference(draft)}]}


def _check(choices: Choices, today: date) -> None:
    if not choices.kinds or not set(choices.kinds) <= CLASSES.keys():
        raise ChoicesError("KINDS_UNKNOWN", f"expected some of {', '.join(CLASSES)}", "kinds")
    if not 0 <= (choices.until - today).days <= LONGEST_DAYS:
        raise ChoicesError("END_OUT_OF_RANGE", "expected a day within the next 12 months", "until")
    if bool(choices.event.strip()) != bool(choices.event_owner.strip()):
        raise ChoicesError("EVENT_OWNER_MISSING", "an event and who watches for it go together", "event")
    if choices.language not in FORM_WORDS:
        raise ChoicesError("LANGUAGE_UNKNOWN", "no words for this language", "language")


def _event_of(choices: Choices) -> list[dict[str, object]]:
    """The extension of the event by which it ends, if it does."""
    if not choices.event:
        return []
    parts = [
        {"url": "event", "valueString": choices.event},
        {"url": "owner", "valueString": choices.event_owner},
        {"url": "review", "valueDate": choices.until.isoformat()},
    ]
    return [{"url": EXPIRY_EVENT, "extension": parts}]


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
