"""A program's transaction with one record of each served type, with a value for each parameter it is searched by."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gateway.demo import person

LOINC = "http://loinc.org"
WHEN, PERIOD = "2026-03-02T10:00:00Z", {"start": "2026-03-02", "end": "2026-03-09"}
_NUMBER = [{"system": "urn:otp:things", "value": "T-1"}]
_HOME = [{"line": ["1 Elm"], "city": "Mesa", "state": "AZ", "postalCode": "85201"}]


def code(value: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": value}]}


def to(kind: str) -> dict[str, str]:
    return {"reference": name_of(kind)}


def name_of(kind: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, kind)}"


_HL7 = "http://terminology.hl7.org/CodeSystem/"
_SUBJECT, _PATIENT = {"subject": to("Patient")}, {"patient": to("Patient")}
_STATUS: dict[str, Any] = {"status": "active", "intent": "order", "priority": "urgent"}
_VISIT = {"encounter": to("Encounter")}
_MEDICINE = {"medicationCodeableConcept": code("6813", "http://www.nlm.nih.gov/research/umls/rxnorm")}
EACH: dict[str, dict[str, Any]] = {
    "AllergyIntolerance": {
        **_PATIENT,
        "clinicalStatus": code("active", f"{_HL7}allergyintolerance-clinical"),
        "category": ["food"],
        "code": code("1"),
        "recordedDate": WHEN,
    },
    "Appointment": {
        "status": "booked",
        "start": WHEN,
        "end": "2026-03-02T11:00:00Z",
        "serviceType": [code("2")],
        "basedOn": [to("ServiceRequest")],
        "participant": [
            {"actor": to("Patient"), "status": "accepted"},
            {"actor": to("Practitioner"), "status": "accepted"},
        ],
    },
    "Binary": {"contentType": "text/plain", "data": "YQ=="},
    "CarePlan": {
        **_SUBJECT,
        **_VISIT,
        "status": "active",
        "intent": "plan",
        "category": [code("assess-plan")],
        "period": PERIOD,
        "goal": [to("Goal")],
        "addresses": [to("Condition")],
        "careTeam": [to("CareTeam")],
        "activity": [{"reference": to("ServiceRequest")}],
    },
    "CareTeam": {
        **_SUBJECT,
        **_VISIT,
        "status": "active",
        "category": [code("LA27976-2")],
        "period": PERIOD,
        "participant": [{"role": [code("3")], "member": to("Practitioner")}],
    },
    "Communication": {
        **_SUBJECT,
        "status": "completed",
        "category": [code("4")],
        "sent": WHEN,
        "received": "2026-03-03T10:00:00Z",
        "sender": to("Practitioner"),
        "recipient": [to("Organization")],
    },
    "Condition": {
        **_SUBJECT,
        **_VISIT,
        "category": [code("problem-list-item")],
        "code": code("5"),
        "clinicalStatus": code("active", f"{_HL7}condition-clinical"),
        "verificationStatus": code("confirmed", f"{_HL7}condition-ver-status"),
        "onsetDateTime": "2026-01",
        "recordedDate": WHEN,
    },
    "Coverage": {
        "beneficiary": to("Patient"),
        "status": "active",
        "type": code("6"),
        "payor": [to("Organization")],
    },
    "DocumentReference": {
        **_SUBJECT,
        "status": "current",
        "category": [code("7")],
        "type": code("8"),
        "date": WHEN,
        "author": [to("Practitioner")],
        "custodian": to("Organization"),
        "context": {"encounter": [to("Encounter")], "period": PERIOD},
        "content": [{"attachment": {"contentType": "text/plain", "url": name_of("Binary")}}],
    },
    "Encounter": {
        **_SUBJECT,
        "status": "finished",
        "class": {"system": f"{_HL7}v3-ActCode", "code": "AMB"},
        "type": [code("9")],
        "period": PERIOD,
        "location": [{"location": to("Location")}],
        "participant": [{"individual": to("Practitioner")}],
        "serviceProvider": to("Organization"),
        "hospitalization": {"dischargeDisposition": code("home")},
    },
    "Goal": {
        **_SUBJECT,
        "lifecycleStatus": "active",
        "achievementStatus": code("improving"),
        "category": [code("dietary")],
        "startDate": "2026-03-02",
        "target": [{"dueDate": "2026-06-02"}],
        "description": code("10"),
    },
    "HealthcareService": {
        "name": "Rides",
        "identifier": _NUMBER,
        "active": True,
        "category": [code("11")],
        "type": [code("12")],
        "specialty": [code("13")],
        "program": [code("14")],
        "providedBy": to("Organization"),
        "location": [to("Location")],
        "coverageArea": [to("Location")],
    },
    "Location": {
        "name": "Second floor",
        "alias": ["Upstairs"],
        "identifier": _NUMBER,
        "status": "active",
        "address": _HOME[0],
        "type": [code("15")],
        "managingOrganization": to("Organization"),
        "partOf": to("Location"),
    },
    "MedicationAdministration": {**_SUBJECT, **_MEDICINE, "status": "completed", "effectiveDateTime": WHEN},
    "MedicationRequest": {**_SUBJECT, **_MEDICINE, "status": "active", "intent": "order", "authoredOn": WHEN},
    "MedicationStatement": {**_SUBJECT, **_MEDICINE, "status": "active", "effectivePeriod": PERIOD},
    "Observation": {
        **_SUBJECT,
        **_VISIT,
        "status": "final",
        "category": [code("survey")],
        "code": code("44261-6"),
        "effectiveDateTime": WHEN,
        "valueCodeableConcept": code("16"),
        "hasMember": [to("QuestionnaireResponse")],
        "derivedFrom": [to("QuestionnaireResponse")],
        "basedOn": [to("ServiceRequest")],
    },
    "Organization": {
        "name": "Sunrise",
        "alias": ["Morning"],
        "identifier": _NUMBER,
        "active": True,
        "address": _HOME,
        "type": [code("17")],
        "partOf": to("Organization"),
    },
    "Practitioner": {
        "name": [{"family": "Ortíz", "given": ["Inés"]}],
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
        "active": True,
    },
    "PractitionerRole": {
        "identifier": _NUMBER,
        "active": True,
        "code": [code("18")],
        "specialty": [code("19")],
        "practitioner": to("Practitioner"),
        "organization": to("Organization"),
        "location": [to("Location")],
        "healthcareService": [to("HealthcareService")],
    },
    "Procedure": {
        **_SUBJECT,
        **_VISIT,
        "status": "completed",
        "category": code("20"),
        "code": code("21"),
        "performedPeriod": PERIOD,
        "basedOn": [to("ServiceRequest")],
        "reasonReference": [to("Condition")],
        "performer": [{"actor": to("Practitioner")}],
    },
    "Provenance": {
        "target": [to("Goal")],
        "recorded": WHEN,
        "agent": [{"who": to("Practitioner"), "type": code("author"), "role": [code("22")]}],
    },
    "QuestionnaireResponse": {
        **_SUBJECT,
        **_VISIT,
        "status": "completed",
        "authored": WHEN,
        "questionnaire": "http://loinc.org/q/93025-5",
        "basedOn": [to("ServiceRequest")],
    },
    "RelatedPerson": {**_PATIENT, "active": True, "relationship": [code("MTH")]},
    "ServiceRequest": {
        **_SUBJECT,
        **_VISIT,
        **_STATUS,
        "category": [code("23")],
        "code": code("24"),
        "authoredOn": WHEN,
        "performer": [to("Organization")],
        "requester": to("Practitioner"),
        "basedOn": [to("CarePlan")],
    },
    "Task": {
        **_VISIT,
        **_STATUS,
        "status": "requested",
        "for": to("Patient"),
        "code": code("25"),
        "businessStatus": code("26"),
        "authoredOn": WHEN,
        "lastModified": WHEN,
        "owner": to("Organization"),
        "requester": to("Practitioner"),
        "focus": to("CarePlan"),
        "basedOn": [to("CarePlan")],
        "partOf": [to("Task")],
    },
}


def one_of_each() -> dict[str, Any]:
    """The transaction; the Patient of it is the program's client."""
    resources = [person.person(person.OTP_SYSTEM, "OTP-3391")]
    resources += [{"resourceType": kind, **content} for kind, content in EACH.items()]
    entries = [
        {
            "fullUrl": name_of(one["resourceType"]),
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for one in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
