"""What the FHIR API serves. The routes and the CapabilityStatement are both made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Interaction = Literal["read", "vread", "history-instance", "search-type", "create", "update", "patch"]

# The scope letter that an interaction needs. SMART App Launch 2.2, scopes for requesting FHIR resources.
LETTERS: Mapping[Interaction, str] = {
    "read": "r",
    "vread": "r",
    "history-instance": "r",
    "search-type": "s",
    "create": "c",
    "update": "u",
    "patch": "u",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What may be done with one resource type. `by_patient` names its parameter for the patient.

    `without_patient`: a search need not name one: it names a `record` of hers, or else looks in the `directory`.
    """

    interactions: tuple[Interaction, ...]
    by_patient: str = "patient"
    without_patient: Literal["", "record", "directory"] = ""


_READING: tuple[Interaction, ...] = ("read", "vread", "history-instance", "search-type")
_OF_A_RECORD = Served(_READING, without_patient="record")
_IN_DIRECTORY = Served(_READING, without_patient="directory")
_WRITTEN: tuple[Interaction, ...] = (*_READING, "create", "update", "patch")
_RECORDED = Served(_WRITTEN)

SERVED: Mapping[str, Served] = {
    "AllergyIntolerance": _RECORDED,
    "Appointment": _RECORDED,
    "Binary": Served(("read", "vread", "history-instance")),
    "CarePlan": _RECORDED,
    "CareTeam": _RECORDED,
    "Communication": Served(_WRITTEN, by_patient="subject"),
    "Condition": _RECORDED,
    "Consent": Served(_WRITTEN),
    "Coverage": _RECORDED,
    "DocumentReference": _RECORDED,
    "Encounter": _RECORDED,
    "Goal": _RECORDED,
    "HealthcareService": _IN_DIRECTORY,
    "Location": _IN_DIRECTORY,
    "MedicationAdministration": _RECORDED,
    "MedicationRequest": _RECORDED,
    "MedicationStatement": _RECORDED,
    "Observation": _RECORDED,
    "Organization": _IN_DIRECTORY,
    "Patient": Served(_WRITTEN, by_patient="_id"),
    "Practitioner": _IN_DIRECTORY,
    "PractitionerRole": _IN_DIRECTORY,
    "Procedure": _RECORDED,
    "Provenance": _OF_A_RECORD,
    "QuestionnaireResponse": _RECORDED,
    "RelatedPerson": _RECORDED,
    "ServiceRequest": _RECORDED,
    "Task": Served((*_READING, "update", "patch")),
}


VALIDATED = tuple(name for name, served in SERVED.items() if "create" in served.interactions)
"""Whatever may be sent may be tried before."""
SEARCHED = tuple(name for name, served in SERVED.items() if "search-type" in served.interactions)
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
PROFILES: Mapping[str, tuple[str, ...]] = {
    "Location": (f"{_US_CORE}location",),
    "Organization": (f"{_US_CORE}organization",),
    "Practitioner": (f"{_US_CORE}practitioner",),
    "PractitionerRole": (f"{_US_CORE}practitionerrole",),
}
"""Claimed where a test holds all that the gateway itself says against them. What partners send is passed on as it is,
and consent may take elements from it: no profile is claimed for that.
"""
