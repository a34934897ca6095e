"""Where things stand in a FHIR R4 resource: mandatory elements, free text, references. Data for `redact`.

FHIR R4 4.0.1 StructureDefinitions (cardinality 1..), US Core 9.0.0 for CarePlan. Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping

MANDATORY: Mapping[str, tuple[str, ...]] = {
    "AdverseEvent": ("actuality", "subject"),
    "AllergyIntolerance": ("patient",),
    "Appointment": ("status", "participant"),
    "AppointmentResponse": ("appointment", "participantStatus"),
    "AuditEvent": ("type", "recorded", "agent", "source"),
    "Basic": ("code",),
    "Binary": ("contentType",),
    "CarePlan": ("status", "intent", "subject"),
    "Claim": ("status", "type", "use", "patient", "created", "provider", "priority", "insurance"),
    "ClinicalImpression": ("status", "subject"),
    "Communication": ("status",),
    "CommunicationRequest": ("status",),
    "Composition": ("status", "type", "date", "author", "title"),
    "Condition": ("subject",),
    "Consent": ("status", "scope", "category"),
    "Coverage": ("status", "beneficiary", "payor"),
    "DetectedIssue": ("status",),
    "Device": (),
    "DiagnosticReport": ("status", "code"),
    "DocumentReference": ("status", "content"),
    "Encounter": ("status", "class"),
    "EpisodeOfCare": ("status", "patient"),
    "FamilyMemberHistory": ("status", "patient", "relationship"),
    "Flag": ("status", "code", "subject"),
    "Goal": ("lifecycleStatus", "description", "subject"),
    "Group": ("type", "actual"),
    "Immunization": ("status", "vaccineCode", "patient", "occurrence[x]"),
    "List": ("status", "mode"),
    "MeasureReport": ("status", "type", "measure", "period"),
    "Media": ("status", "content"),
    "Medication": (),
    "MedicationAdministration": ("status", "medication[x]", "subject", "effective[x]"),
    "MedicationDispense": ("status", "medication[x]"),
    "MedicationRequest": ("status", "intent", "medication[x]", "subject"),
    "MedicationStatement": ("status", "medication[x]", "subject"),
    "NutritionOrder": ("status", "intent", "patient", "dateTime"),
    "Observation": ("status", "code"),
    "Procedure": ("status", "subject"),
    "Provenance": ("target", "recorded", "agent"),
    "QuestionnaireResponse": ("status",),
    "RelatedPerson": ("patient",),
    "RequestGroup": ("status", "intent"),
    "RiskAssessment": ("status", "subject"),
    "Schedule": ("actor",),
    "ServiceRequest": ("status", "intent", "subject"),
    "Slot": ("schedule", "status", "start", "end"),
    "Specimen": (),
    "Task": ("status", "intent"),
}
"""Elements without which a resource of the type is no FHIR; a type that is not listed needs none but its
type.
"""

MANDATORY_WITHIN: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("AllergyIntolerance", "reaction"): ("manifestation",),
    ("Appointment", "participant"): ("status",),
    ("AuditEvent", "agent"): ("requestor",),
    ("CareTeam", "participant"): ("member",),
    ("ClinicalImpression", "investigation"): ("code",),
    ("Communication", "payload"): ("content[x]",),
    ("CommunicationRequest", "payload"): ("content[x]",),
    ("Composition", "attester"): ("mode",),
    ("Composition", "relatesTo"): ("code", "target[x]"),
    ("Consent", "verification"): ("verified",),
    ("Coverage", "class"): ("type", "value"),
    ("DocumentReference", "content"): ("attachment",),
    ("DocumentReference", "relatesTo"): ("code", "target"),
    ("Encounter", "classHistory"): ("class", "period"),
    ("Encounter", "diagnosis"): ("condition",),
    ("Encounter", "location"): ("location",),
    ("Encounter", "statusHistory"): ("status", "period"),
    ("EpisodeOfCare", "diagnosis"): ("condition",),
    ("EpisodeOfCare", "statusHistory"): ("status", "period"),
    ("FamilyMemberHistory", "condition"): ("code",),
    ("Group", "characteristic"): ("code", "value[x]", "exclude"),
    ("Group", "member"): ("entity",),
    ("Immunization", "education"): (),
    ("List", "entry"): ("item",),
    ("Medication", "ingredient"): ("item[x]",),
    ("MedicationAdministration", "performer"): ("actor",),
    ("MedicationDispense", "performer"): ("actor",),
    ("Observation", "component"): ("code",),
    ("Patient", "communication"): ("language",),
    ("Patient", "link"): ("other", "type"),
    ("Procedure", "focalDevice"): ("manipulated",),
    ("Procedure", "performer"): ("actor",),
    ("Provenance", "agent"): ("who",),
    ("Provenance", "entity"): ("role", "what"),
    ("QuestionnaireResponse", "item"): ("linkId",),
    ("RelatedPerson", "communication"): ("language",),
    ("Task", "input"): ("type", "value[x]"),
    ("Task", "output"): ("type", "value[x]"),
}
"""Elements that an entry of a repeating element needs: without them the entry goes as a whole."""

FREE_TEXT = frozenset({"note", "comment", "patientInstruction", "presentedForm", "photo", "conclusion"})
"""Elements that hold text or attachments which nobody has scanned, wherever they stand."""

FREE_TEXT_OF: Mapping[str, frozenset[str]] = {
    "Appointment": frozenset({"description"}),
    "CarePlan": frozenset({"description"}),
    "ClinicalImpression": frozenset({"description", "summary"}),
    "DetectedIssue": frozenset({"detail"}),
    "FamilyMemberHistory": frozenset(),
    "Procedure": frozenset(),
    "RiskAssessment": frozenset({"mitigation"}),
    "Task": frozenset({"description"}),
}
"""Free text at the root of one type."""

ATTACHMENTS = ("valueAttachment", "contentAttachment")

KEPT_EXTENSIONS = frozenset(
    {
        "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity",
        "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
    }
)
"""Extensions whose content is known to tell nothing but what they are for; all others go unscanned
(FH-RED-01).
"""

PEOPLE_AND_PLACES = frozenset(
    {
        "CareTeam",
        "Device",
        "Endpoint",
        "Group",
        "HealthcareService",
        "Location",
        "Organization",
        "Patient",
        "Person",
        "Practitioner",
        "PractitionerRole",
        "RelatedPerson",
    }
)
WORK_IN_HAND = frozenset(
    {"Appointment", "CarePlan", "Communication", "CommunicationRequest", "ServiceRequest", "Task"}
)
"""Types that may be referred to although they are not part of this release: the closed loop hangs on them.
References to any other clinical record that is not released go, since a dangling id tells that there is
something (FH-RED-01).
"""

OPEN_TYPES = PEOPLE_AND_PLACES | WORK_IN_HAND


MAIN_CODES = frozenset({"code", "medicationCodeableConcept", "vaccineCode"})
"""Root elements that say what a record is: they were decided with it, and stay or go with it."""

NAMES_SOMEBODY = frozenset(
    {
        "actor",
        "agent",
        "asserter",
        "assigner",
        "author",
        "beneficiary",
        "custodian",
        "entity",
        "enterer",
        "for",
        "generalPractitioner",
        "individual",
        "location",
        "managingOrganization",
        "member",
        "onBehalfOf",
        "organization",
        "owner",
        "patient",
        "payor",
        "performer",
        "practitioner",
        "providedBy",
        "recipient",
        "recorder",
        "requester",
        "sender",
        "serviceProvider",
        "subject",
        "who",
    }
)
"""Elements that name people and places, so that a display without a reference may stay."""


def holds(node: Mapping[str, object], element: str) -> bool:
    """Whether `node` has `element`; `value[x]` stands for any element that starts with `value`."""
    if element.endswith("[x]"):
        stem = element[:-3]
        return any(key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper() for key in node)
    return element in node or f"_{element}" in node


def is_complete(node: Mapping[str, object], needed: tuple[str, ...]) -> bool:
    """Whether `node` has every element of `needed`."""
    for element in needed:  # noqa: SIM110  # a loop: this is asked of every resource and much of what is in it
        if element not in node and not holds(node, element):
            return False
    return True
