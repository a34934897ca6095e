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
    "Appointment": {**_STATUS, "date": _date("start"), "service-type": _token("serviceType")},
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
    "CareTeam": {**_STATUS, **_CATEGORY, **_ENCOUNTER, "date": _date("period")},
    "Communication": {**_STATUS, **_CATEGORY, "sent": _date("sent"), "received": _date("received")},
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
    },
    "Encounter": {**_STATUS, "class": _token("class"), "type": _token("type"), "date": _date("period")},
    "Goal": {
        "lifecycle-status": _token("lifecycleStatus"),
        "achievement-status": _token("achievementStatus"),
        **_CATEGORY,
        "start-date": _date("startDate"),
        "target-date": _date("target.dueDate"),
        "description": _token("description"),
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
    "Patient": {},
    "Procedure": {
        **_STATUS,
        **_CATEGORY,
        **_CODE,
        **_ENCOUNTER,
        "date": _date("performedDateTime", "performedPeriod"),
        "based-on": _reference("basedOn", "CarePlan", "ServiceRequest"),
        "reason-reference": _reference("reasonReference", "Condition", "Observation", "Procedure"),
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
        "performer": _reference("performer", "CareTeam"),
        "requester": _reference("requester"),
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
        "owner": _reference("owner", "CareTeam"),
        "requester": _reference("requester"),
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
