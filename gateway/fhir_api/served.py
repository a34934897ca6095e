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
    """What may be done with one resource type. `by_patient` names its parameter for the patient."""

    interactions: tuple[Interaction, ...]
    by_patient: str = "patient"


_READING: tuple[Interaction, ...] = ("read", "vread", "history-instance", "search-type")
_RECORDED = Served((*_READING, "create"))

SERVED: Mapping[str, Served] = {
    "AllergyIntolerance": _RECORDED,
    "Appointment": _RECORDED,
    "CarePlan": _RECORDED,
    "CareTeam": _RECORDED,
    "Communication": Served((*_READING, "create"), by_patient="subject"),
    "Condition": _RECORDED,
    "Consent": Served((*_READING, "create", "update", "patch")),
    "Coverage": _RECORDED,
    "DocumentReference": _RECORDED,
    "Encounter": _RECORDED,
    "Goal": _RECORDED,
    "MedicationAdministration": _RECORDED,
    "MedicationRequest": _RECORDED,
    "MedicationStatement": _RECORDED,
    "Observation": _RECORDED,
    "Patient": Served(_READING, by_patient="_id"),
    "Procedure": _RECORDED,
    "QuestionnaireResponse": _RECORDED,
    "RelatedPerson": _RECORDED,
    "ServiceRequest": _RECORDED,
    "Task": Served((*_READING, "update", "patch")),
}
