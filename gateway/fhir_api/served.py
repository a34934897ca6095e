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
_READ_ONLY = Served(_READING)

SERVED: Mapping[str, Served] = {
    "AllergyIntolerance": _READ_ONLY,
    "Appointment": _READ_ONLY,
    "CarePlan": _READ_ONLY,
    "CareTeam": _READ_ONLY,
    "Communication": Served(_READING, by_patient="subject"),
    "Condition": _READ_ONLY,
    "Consent": Served((*_READING, "create", "update", "patch")),
    "Coverage": _READ_ONLY,
    "DocumentReference": _READ_ONLY,
    "Encounter": _READ_ONLY,
    "Goal": _READ_ONLY,
    "MedicationAdministration": _READ_ONLY,
    "MedicationRequest": _READ_ONLY,
    "MedicationStatement": _READ_ONLY,
    "Observation": _READ_ONLY,
    "Patient": Served(_READING, by_patient="_id"),
    "Procedure": _READ_ONLY,
    "QuestionnaireResponse": _READ_ONLY,
    "ServiceRequest": _READ_ONLY,
    "Task": Served((*_READING, "update", "patch")),
}
