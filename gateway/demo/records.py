"""What the stories' agencies write: people, conditions, plans and referrals as FHIR. Everything here is made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.partners import reference_of

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_PATIENT = "urn:uuid:10000000-0000-4000-8000-000000000001"


def transaction(patient: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """A FHIR transaction: the person, and what is said of him. `others` name each other by `urn:uuid:` of their place,
    counted from 2.
    """
    found = [patient, *others]
    entries = [
        {
            "fullUrl": place(number),
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for number, one in enumerate(found, 1)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def place(number: int) -> str:
    """How the resource at that place of a transaction is named within it."""
    return f"urn:uuid:10000000-0000-4000-8000-{number:012d}"


def patient(system: str, value: str, family: str, given: str, born: str, phone: str) -> dict[str, Any]:
    """Somebody as one agency has him on file."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": value}],
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": "male",
        "birthDate": born,
        "telecom": [{"system": "phone", "value": phone, "use": "mobile"}],
    }


def condition(code: str, display: str) -> dict[str, Any]:
    """A problem of his."""
    return {
        "resourceType": "Condition",
        "clinicalStatus": _coding("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": _coding(ICD10, code, display),
        "subject": {"reference": _PATIENT},
    }


def referral(
    number: int, sender: str, addressee: str, asked_for: str, own_number: str, *, priority: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A ServiceRequest at place `number` of its transaction, and the Task that asks `addressee` to fulfil it."""
    request = {
        "resourceType": "ServiceRequest",
        "identifier": [{"system": f"urn:warm-handoff:{sender}:referral", "value": own_number}],
        "status": "active",
        "intent": "order",
        "priority": priority,
        "code": {"text": asked_for},
        "subject": {"reference": _PATIENT},
        "requester": {"reference": reference_of(sender)},
        "performer": [{"reference": reference_of(addressee)}],
    }
    task = {
        "resourceType": "Task",
        "identifier": [{"system": f"urn:warm-handoff:{sender}:task", "value": own_number}],
        "status": "requested",
        "intent": "order",
        "priority": priority,
        "code": _coding("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"),
        "focus": {"reference": place(number)},
        "for": {"reference": _PATIENT},
        "requester": {"reference": reference_of(sender)},
        "owner": {"reference": reference_of(addressee)},
    }
    return request, task


def plan(author: str, title: str, steps: Sequence[str], *, safety: bool = False) -> dict[str, Any]:
    """A care plan; with `safety`, the safety plan that stands apart from it."""
    assessed = _coding("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")
    kind = _coding("urn:warm-handoff:care-plan-category", "safety-plan") if safety else assessed
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "category": [kind],
        "title": title,
        "subject": {"reference": _PATIENT},
        "author": {"reference": reference_of(author)},
        "activity": [{"detail": {"status": "in-progress", "description": step}} for step in steps],
    }


def appointment(start: str, end: str) -> dict[str, Any]:
    """A time that was kept for him, in neutral words."""
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "description": "Appointment",
        "start": start,
        "end": end,
        "participant": [{"actor": {"reference": _PATIENT}, "status": "accepted"}],
    }


def _coding(system: str, code: str, display: str = "") -> dict[str, Any]:
    said = {"display": display} if display else {}
    return {"coding": [{"system": system, "code": code, **said}]}
