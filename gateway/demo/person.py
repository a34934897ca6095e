"""The demonstration's one person, and what each agency writes about her. Everything here is made up.

A new mother in methadone treatment whose relapse trigger is lost sleep. She came to the emergency department
exhausted; the hospital refers her to the opioid treatment program and to psychiatry; a housing agency helps her stay
housed.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from gateway.partners import reference_of

NAME = ("Testperson", "Maribel")
BORN = "1996-04-17"
PHONE = "602-555-0142"
MRN_SYSTEM = "urn:oid:2.16.840.1.113883.19.5"
OTP_SYSTEM = "urn:warm-handoff:otp-client"
HOUSING_SYSTEM = "urn:warm-handoff:housing-client"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLES = {
    "PROV": "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
    "IRCP": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
}
_ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_SDOH = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"


def referral_message(control_id: str, referral: str, addressee: str, provider: str) -> bytes:
    """A REF^I12 of the hospital, addressed by the code that the network knows the addressee by (PRD-7)."""
    family, given = NAME
    segments = [
        f"MSH|^~\\&|EHR|RIVERBEND|HANDOFF|COUNTY|20260301093000-0700||REF^I12^REF_I12|{control_id}|P|2.5.1",
        f"RF1|P^Pending^HL70283|R^Routine^HL70280|Med^Medical^HL70281||O^Outpatient^HL70284|{referral}^RIVERBEND|"
        "20260301|20260401|20260301",
        "PRD|RP^Referring Provider^HL70286|Okafor^Ada^^^Dr|100 River Road^^Phoenix^AZ^85001|||"
        "^WPN^PH^^^602^5550110|RIVERBEND",
        f"PRD|RT^Referred to Provider^HL70286|{provider}|||||{addressee}",
        f"PID|1||770011^^^RIVERBEND&2.16.840.1.113883.19.5&ISO^MR||{family}^{given}||19960417|F|||"
        "12 Palm Lane^^Phoenix^AZ^85004||^PRN^PH^^^602^5550142",
        "DG1|1||F11.20^Opioid dependence, uncomplicated^I10|||W",
        "DG1|2||F53.0^Postpartum depression^I10|||W",
        "DG1|3||Z59.811^Housing instability, housed, with risk of homelessness^I10|||W",
        "OBR|1|||44249-1^PHQ-9^LN|||20260301091500-0700",
        "OBX|1|NM|44261-6^PHQ-9 total score^LN||14|{score}^score^UCUM|||||F|||20260301091500-0700",
        "NTE|1||Says that she relapsed after nights without sleep.",
    ]
    return ("\r".join(segments) + "\r").encode()


def consent(
    discloser: str,
    recipient: str,
    purpose: str,
    *,
    identifier: tuple[str, str],
    classes: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
    who: str = f"{NAME[1]} {NAME[0]}",
    day: str = "2026-03-01",
) -> dict[str, Any]:
    """A Consent of `who` under 42 CFR §2.31: one discloser, one recipient, one purpose, until the end of the year.

    `classes` limits it to resource types, `only` to single records; what carries a label in `without` is withheld.
    """
    form = f"Consent of {who}: {discloser} to {recipient} for {purpose}".encode()
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}
            ]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"identifier": {"system": identifier[0], "value": identifier[1]}},
        "dateTime": f"{day}T10:00:00-07:00",
        "performer": [{"identifier": {"system": identifier[0], "value": identifier[1]}}],
        "organization": [{"reference": reference_of(discloser)}],
        "sourceAttachment": {
            "contentType": "text/plain",
            "data": base64.b64encode(form).decode(),
            "hash": base64.b64encode(hashlib.sha1(form, usedforsecurity=False).digest()).decode(),
            "title": "Signed consent form",
        },
        "policy": [{"uri": "urn:warm-handoff:policy:42cfr2:2024"}],
        "provision": _provision(discloser, recipient, purpose, classes, without, only),
    }


def _provision(
    discloser: str,
    recipient: str,
    purpose: str,
    classes: tuple[str, ...],
    without: tuple[str, ...],
    only: tuple[str, ...],
) -> dict[str, Any]:
    provision: dict[str, Any] = {
        "type": "permit",
        "period": {"start": "2026-01-01", "end": "2027-12-31"},
        "actor": [_actor("PROV", discloser), _actor("IRCP", recipient)],
        "purpose": [{"system": _REASON, "code": purpose}],
    }
    if classes:
        provision["class"] = [
            {"system": "http://hl7.org/fhir/resource-types", "code": name} for name in classes
        ]
    if only:
        provision["data"] = [{"meaning": "instance", "reference": {"reference": one}} for one in only]
    if without:
        labels = [{"system": _CODE, "code": label} for label in without]
        provision["provision"] = [{"type": "deny", "securityLabel": labels}]
    return provision


def treatment_plan() -> dict[str, Any]:
    """What the opioid treatment program posts: its client, her care plan and goals, as a FHIR transaction."""
    subject = {"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"}
    ride = (_SDOH, "transportation-insecurity", "Transportation Insecurity")
    home = (_SDOH, "housing-instability", "Housing Instability")
    goals = (
        (
            "22222222-2222-4222-8222-222222222221",
            ride,
            "A ride to her appointments each morning",
            "2026-05-01",
        ),
        ("22222222-2222-4222-8222-222222222222", home, "Rent agreement renewed", "2026-06-30"),
    )
    entries = [
        _entry("11111111-1111-4111-8111-111111111111", person(OTP_SYSTEM, "OTP-3391")),
        *(_entry(key, _goal(subject, code, text, due)) for key, code, text, due in goals),
        _entry("33333333-3333-4333-8333-333333333333", _plan(subject, [key for key, _, _, _ in goals])),
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def housing_client() -> dict[str, Any]:
    """What the housing agency posts: its own client number for the same person."""
    entries = [_entry("44444444-4444-4444-8444-444444444444", person(HOUSING_SYSTEM, "DH-204"))]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def person(system: str, value: str) -> dict[str, Any]:
    """Her as one agency has her on file."""
    family, given = NAME
    return {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": value}],
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": "female",
        "birthDate": BORN,
        "telecom": [{"system": "phone", "value": PHONE, "use": "home"}],
        "address": [{"line": ["12 Palm Lane"], "city": "Phoenix", "state": "AZ", "postalCode": "85004"}],
    }


def _plan(subject: dict[str, str], goals: list[str]) -> dict[str, Any]:
    opioid = {"coding": [{"system": _ICD10, "code": "F11.20", "display": "Opioid dependence, uncomplicated"}]}
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
                        "code": "assess-plan",
                    }
                ]
            }
        ],
        "title": "Methadone maintenance and a home for two",
        "subject": subject,
        "author": {"reference": reference_of("otp"), "display": "Sunrise Opioid Treatment Program"},
        "contained": [{"resourceType": "Condition", "id": "oud", "code": opioid, "subject": subject}],
        "addresses": [{"reference": "#oud", "display": "Opioid dependence"}],
        "goal": [{"reference": f"urn:uuid:{goal}"} for goal in goals],
        "activity": [
            {
                "detail": {
                    "status": "in-progress",
                    "description": "Daily methadone dosing at Sunrise",
                    "kind": "MedicationRequest",
                }
            },
            {
                "detail": {
                    "status": "scheduled",
                    "description": "Meet the housing case worker",
                    "kind": "Appointment",
                }
            },
        ],
    }


def _goal(subject: dict[str, str], code: tuple[str, str, str], text: str, due: str) -> dict[str, Any]:
    coding = dict(zip(("system", "code", "display"), code, strict=True))
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"coding": [coding], "text": text},
        "subject": subject,
        "target": [{"dueDate": due}],
        "identifier": [{"system": "urn:sunrise-opioid-treatment:goal", "value": due}],
        "note": [{"text": "Agreed with her methadone nurse at Sunrise."}],
    }


def _entry(key: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "fullUrl": f"urn:uuid:{key}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _actor(role: str, partner: str) -> dict[str, Any]:
    return {
        "role": {"coding": [{"system": _ROLES[role], "code": role}]},
        "reference": {"reference": reference_of(partner)},
    }
