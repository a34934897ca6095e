"""Which search parameters are served, and where each looks. HL7 FHIR 4.0.1, the search parameters of each resource.

The CapabilityStatement is made from this table too, and what `_include` can follow (`includes.py`). What US Core and
SDOHCC ask for of these types is in it; any reference of it can be chained with any parameter of it (`chained.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.resources.searching import Kind


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter and the element paths it looks at; `targets`: the served types that it can refer to."""

    kind: Kind
    places: tuple[str, ...]
    targets: tuple[str, ...] = ()


def _token(*places: str) -> Parameter:
    return Parameter("token", places)


def _date(*places: str) -> Parameter:
    return Parameter("date", places)


def _reference(place: str, *targets: str) -> Parameter:
    return Parameter("reference", (place,), targets)


def _string(*places: str) -> Parameter:
    return Parameter("string", places)


_ACTORS = ("Organization", "Practitioner", "PractitionerRole")
_STATUS = {"status": _token("status")}
_CATEGORY = {"category": _token("category")}
_CODE = {"code": _token("code")}
_ENCOUNTER = {"encounter": _reference("encounter", "Encounter")}
_MEDICINE = {"code": _token("medicationCodeableConcept")}

_FOCUSED = (
    "Appointment",
    "CarePlan",
    "Communication",
    "Goal",
    "MedicationRequest",
    "Observation",
    "ServiceRequest",
)
"""What a Task is about or fulfils; of any type, and these are served."""

_ADDRESS = {
    "address": _string("address"),
    "address-city": _string("address.city"),
    "address-postalcode": _string("address.postalCode"),
    "address-state": _string("address.state"),
}
_OF_ANYTHING = (
    "AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Communication", "Condition", "Coverage",
    "DocumentReference", "Encounter", "Goal", "MedicationAdministration", "MedicationRequest", "MedicationStatement",
    "Observation", "Patient", "Procedure", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Task",
)  # fmt: skip
"""What a Provenance is of."""

OF_EVERY_TYPE: Mapping[str, Parameter] = {
    "_id": Parameter("id", ("id",)),
    "_lastUpdated": _date("meta.lastUpdated"),
}

OF_TYPE: Mapping[str, Mapping[str, Parameter]] = {
    "AllergyIntolerance": {
        "clinical-status": _token("clinicalStatus"),
        "category": _token("category"),
        **_CODE,
        "date": _date("recordedDate"),
    },
    "Appointment": {
        **_STATUS,
        "date": _date("start"),
        "service-type": _token("serviceType"),
        "actor": _reference("participant.actor", *_ACTORS, "HealthcareService", "Location", "RelatedPerson"),
        "based-on": _reference("basedOn", "ServiceRequest"),
    },
    "Binary": {},
    "CarePlan": {
        **_STATUS,
        **_CATEGORY,
        **_ENCOUNTER,
        "date": _date("period"),
        "intent": _token("intent"),
        "goal": _reference("goal", "Goal"),
        "condition": _reference("addresses", "Condition"),
        "care-team": _reference("careTeam", "CareTeam"),
        "activity-reference": _reference(
            "activity.reference", "Appointment", "MedicationRequest", "ServiceRequest", "Task"
        ),
    },
    "CareTeam": {
        **_STATUS,
        **_CATEGORY,
        **_ENCOUNTER,
        "date": _date("period"),
        "participant": _reference("participant.member", *_ACTORS, "CareTeam", "RelatedPerson"),
        "role": _token("participant.role"),
    },
    "Communication": {
        **_STATUS,
        **_CATEGORY,
        "sent": _date("sent"),
        "received": _date("received"),
        "sender": _reference("sender", *_ACTORS, "HealthcareService", "RelatedPerson"),
        "recipient": _reference("recipient", *_ACTORS, "CareTeam", "HealthcareService", "RelatedPerson"),
    },
    "Condition": {
        **_CATEGORY,
        **_CODE,
        "clinical-status": _token("clinicalStatus"),
        "verification-status": _token("verificationStatus"),
        "onset-date": _date("onsetDateTime", "onsetPeriod"),
        "recorded-date": _date("recordedDate"),
        **_ENCOUNTER,
    },
    "Consent": {**_STATUS, **_CATEGORY, "date": _date("dateTime"), "period": _date("provision.period")},
    "Coverage": {**_STATUS, "type": _token("type")},
    "DocumentReference": {
        **_STATUS,
        **_CATEGORY,
        "type": _token("type"),
        "date": _date("date"),
        "period": _date("context.period"),
        "encounter": _reference("context.encounter", "Encounter"),
        "author": _reference("author", *_ACTORS, "RelatedPerson"),
        "custodian": _reference("custodian", "Organization"),
    },
    "Encounter": {
        **_STATUS,
        "class": _token("class"),
        "type": _token("type"),
        "date": _date("period"),
        "location": _reference("location.location", "Location"),
        "participant": _reference("participant.individual", "Practitioner", "PractitionerRole", "RelatedPerson"),
        "service-provider": _reference("serviceProvider", "Organization"),
        "discharge-disposition": _token("hospitalization.dischargeDisposition"),
    },
    "Goal": {
        "lifecycle-status": _token("lifecycleStatus"),
        "achievement-status": _token("achievementStatus"),
        **_CATEGORY,
        "start-date": _date("startDate"),
        "target-date": _date("target.dueDate"),
        "description": _token("description"),
    },
    "HealthcareService": {
        "name": _string("name"),
        "identifier": _token("identifier"),
        "active": _token("active"),
        "service-category": _token("category"),
        "service-type": _token("type"),
        "specialty": _token("specialty"),
        "program": _token("program"),
        "organization": _reference("providedBy", "Organization"),
        "location": _reference("location", "Location"),
        "coverage-area": _reference("coverageArea", "Location"),
    },
    "Location": {
        "name": _string("name", "alias"),
        "identifier": _token("identifier"),
        **_STATUS,
        **_ADDRESS,
        "type": _token("type"),
        "organization": _reference("managingOrganization", "Organization"),
        "partof": _reference("partOf", "Location"),
    },
    "MedicationAdministration": {
        **_STATUS,
        **_MEDICINE,
        "effective-time": _date("effectiveDateTime", "effectivePeriod"),
    },
    "MedicationRequest": {**_STATUS, **_MEDICINE, "intent": _token("intent"), "authoredon": _date("authoredOn")},
    "MedicationStatement": {**_STATUS, **_MEDICINE, "effective": _date("effectiveDateTime", "effectivePeriod")},
    "Observation": {
        **_STATUS,
        **_CATEGORY,
        **_CODE,
        "date": _date("effectiveDateTime", "effectivePeriod", "effectiveInstant"),
        "value-concept": _token("valueCodeableConcept"),
        **_ENCOUNTER,
        "has-member": _reference("hasMember", "Observation", "QuestionnaireResponse"),
        "derived-from": _reference(
            "derivedFrom", "DocumentReference", "Observation", "QuestionnaireResponse"
        ),
        "based-on": _reference("basedOn", "CarePlan", "MedicationRequest", "ServiceRequest"),
    },
    "Organization": {
        "name": _string("name", "alias"),
        "identifier": _token("identifier"),
        "active": _token("active"),
        **_ADDRESS,
        "type": _token("type"),
        "partof": _reference("partOf", "Organization"),
    },
    "Patient": {},
    "Practitioner": {
        "name": _string("name"),
        "family": _string("name.family"),
        "given": _string("name.given"),
        "identifier": _token("identifier"),
        "active": _token("active"),
    },
    "PractitionerRole": {
        "identifier": _token("identifier"),
        "active": _token("active"),
        "role": _token("code"),
        "specialty": _token("specialty"),
        "practitioner": _reference("practitioner", "Practitioner"),
        "organization": _reference("organization", "Organization"),
        "location": _reference("location", "Location"),
        "service": _reference("healthcareService", "HealthcareService"),
    },
    "Procedure": {
        **_STATUS,
        **_CATEGORY,
        **_CODE,
        **_ENCOUNTER,
        "date": _date("performedDateTime", "performedPeriod"),
        "based-on": _reference("basedOn", "CarePlan", "ServiceRequest"),
        "reason-reference": _reference("reasonReference", "Condition", "Observation", "Procedure"),
        "performer": _reference("performer.actor", *_ACTORS, "RelatedPerson"),
    },
    "Provenance": {
        "target": _reference("target", *_OF_ANYTHING),
        "agent": _reference("agent.who", *_ACTORS, "RelatedPerson"),
        "agent-role": _token("agent.role"),
        "agent-type": _token("agent.type"),
        "recorded": _date("recorded"),
    },
    "QuestionnaireResponse": {
        **_STATUS,
        "authored": _date("authored"),
        "questionnaire": Parameter("uri", ("questionnaire",)),
        **_ENCOUNTER,
        "based-on": _reference("basedOn", "CarePlan", "ServiceRequest"),
    },
    "RelatedPerson": {"active": _token("active"), "relationship": _token("relationship")},
    "ServiceRequest": {
        **_STATUS,
        **_CATEGORY,
        **_CODE,
        "intent": _token("intent"),
        "priority": _token("priority"),
        "authored": _date("authoredOn"),
        "performer": _reference("performer", *_ACTORS, "CareTeam", "HealthcareService"),
        "requester": _reference("requester", *_ACTORS),
        **_ENCOUNTER,
        "based-on": _reference("basedOn", "CarePlan", "MedicationRequest", "ServiceRequest"),
    },
    "Task": {
        **_STATUS,
        **_CODE,
        "business-status": _token("businessStatus"),
        "intent": _token("intent"),
        "priority": _token("priority"),
        "authored-on": _date("authoredOn"),
        "modified": _date("lastModified"),
        "owner": _reference("owner", *_ACTORS, "CareTeam", "HealthcareService"),
        "requester": _reference("requester", *_ACTORS),
        "focus": _reference("focus", *_FOCUSED),
        "based-on": _reference("basedOn", *_FOCUSED),
        "part-of": _reference("partOf", "Task"),
        **_ENCOUNTER,
    },
}  # fmt: skip


def parameters_of(resource_type: str) -> Mapping[str, Parameter]:
    """Every parameter of a served type by its name, without those that name the patient."""
    if resource_type == "Patient":
        return {"_lastUpdated": OF_EVERY_TYPE["_lastUpdated"]}
    return {**OF_EVERY_TYPE, **OF_TYPE[resource_type]}
