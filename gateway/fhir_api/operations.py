"""The operations of the API, as OperationDefinitions say them (HL7 FHIR 4.0.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OPERATIONS_OF: Mapping[str, tuple[str, ...]] = {
    "Consent": ("what-if",),
    "Patient": ("shared-plan", "emergency-access", "accounting"),
    "ServiceRequest": ("handoff",),
}
"""By resource type, those of our own that the CapabilityStatement names."""
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"
STANDARD_OF: Mapping[str, Mapping[str, str]] = {
    "Group": {"export": f"{_BULK}group-export"},
    "Patient": {
        "export": f"{_BULK}patient-export",
        "match": "http://hl7.org/fhir/OperationDefinition/Patient-match",
    },
}
"""By resource type, those that others have defined, with their definitions."""


def shared_plan_operation(base: str) -> dict[str, Any]:
    """The OperationDefinition of `$shared-plan`."""
    return {
        "resourceType": "OperationDefinition",
        "id": "shared-plan",
        "url": f"{base}/fhir/OperationDefinition/shared-plan",
        "name": "SharedPlan",
        "status": "active",
        "kind": "operation",
        "affectsState": False,
        "code": "shared-plan",
        "resource": ["Patient"],
        "system": False,
        "type": False,
        "instance": True,
        "parameter": [
            {
                "name": "return",
                "use": "out",
                "min": 1,
                "max": "1",
                "documentation": (
                    "A collection: the merged CarePlan, the latest safety plan, the contributions as they are, "
                    "contradictions as DetectedIssues. Made of what the caller may see, and empty where that is nothing."
                ),
                "type": "Bundle",
            }
        ],
    }


def emergency_operation(base: str) -> dict[str, Any]:
    """The OperationDefinition of `$emergency-access`."""
    returned = {"name": "return", "use": "out", "min": 1, "max": "1", "documentation": _RETURNED}
    return {
        "resourceType": "OperationDefinition",
        "id": "emergency-access",
        "url": f"{base}/fhir/OperationDefinition/emergency-access",
        "name": "EmergencyAccess",
        "status": "active",
        "kind": "operation",
        "description": (
            "Medical emergency only (42 CFR 2.51). Your name, facility and reason are recorded; the program is told; "
            "every use is reviewed."
        ),
        "affectsState": True,
        "code": "emergency-access",
        "resource": ["Patient"],
        "system": False,
        "type": True,
        "instance": False,
        "parameter": [*map(_input, _STATED), {**returned, "type": "Bundle"}],
    }


_RETURNED = "A collection: medications, allergies, problems, contacts, safety plan, notices"
_PERSON = [
    {"name": "identifier", "use": "in", "min": 1, "max": "1", "type": "Identifier"},
    {"name": "name", "use": "in", "min": 1, "max": "1", "type": "string"},
]
_STATED: tuple[tuple[str, int, str, str], ...] = (
    ("requestId", 1, "string", "8 to 128 characters; the same for the same use, which lasts 4 hours"),
    ("patient", 1, "Reference", "`Patient/[our id]`, or by an `identifier` of your own"),
    ("clinician", 1, "", "who receives it: `identifier` and `name`"),
    ("facility", 1, "string", "the clinician's affiliation with a health care facility"),
    ("nature", 1, "string", "the nature of the emergency"),
    ("consentUnobtainable", 1, "boolean", "true: prior written consent cannot be obtained"),
    ("authentication", 1, "code", "`mfa` (RFC 8176): how the clinician has proved her or his identity"),
    ("disclosedBy", 0, "string", "the person spoken to, where it was one; else the gateway's on-call lead"),
    ("secondPerson", 0, "", "as `clinician`: who approved, from the third use in 24 hours on"),
)
"""Name, how often at least, type (empty: parts of a person), what it is."""


def _input(stated: tuple[str, int, str, str]) -> dict[str, Any]:
    name, least, kind, said = stated
    form = {"type": kind} if kind else {"part": _PERSON}
    return {"name": name, "use": "in", "min": least, "max": "1", "documentation": said, **form}
