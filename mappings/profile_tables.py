"""What profiles ask of a resource, as far as this room checks it.

Facts from the definitions of US Core 7.0.0 (mandatory and must-support elements, slices with a minimum, invariants
us-core-2, -6, -7, -8, -9, -10, -13, -14, -15, -21) and from the FSH of Gravity SDOHCC (Consent, Task for referral
management, ServiceRequest), which stands on US Core 7.0.0.

Not checked: bindings to value sets, the types of what is referred to, the shape of identifiers, extensions.
"""

from __future__ import annotations

from typing import NamedTuple

US_CORE, SDOHCC = "US Core 7.0.0", "SDOHCC"
_US_CORE_URL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_SDOHCC_URL = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


class Coded(NamedTuple):
    """An element that must hold one of these codes; `system` is empty for a code without one (`Task.intent`)."""

    path: str
    system: str
    codes: tuple[str, ...]


class Profile(NamedTuple):
    """One profile. Paths begin below the resource; a path with a dot counts in each item of the element before it."""

    guide: str
    url: str
    type: str
    required: tuple[str, ...]
    wanted: tuple[str, ...]
    """Must support: to be there where it is known."""
    either: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """In each item of a path (empty: the resource) at least one of these elements."""
    coded: tuple[Coded, ...] = ()
    when: tuple[tuple[str, frozenset[str], str], ...] = ()
    """An element, codes of it, and what must be there with one of them."""

    @property
    def name(self) -> str:
        """The last part of its URL."""
        return self.url.rpartition("/")[2]


def _us_core(name: str, type_: str, required: str, wanted: str, **more: object) -> Profile:
    return Profile(US_CORE, _US_CORE_URL + name, type_, *_paths(required, wanted), **more)  # type: ignore[arg-type]


def _sdohcc(name: str, type_: str, required: str, wanted: str, **more: object) -> Profile:
    return Profile(SDOHCC, _SDOHCC_URL + name, type_, *_paths(required, wanted), **more)  # type: ignore[arg-type]


def _paths(required: str, wanted: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(required.split()), tuple(wanted.split())


_REPORTED = frozenset({"partial", "preliminary", "final", "amended", "corrected", "appended"})
_ORDERED = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_VALUE = (("", ("value[x]", "dataAbsentReason", "component", "hasMember")),)
_TELECOM = "telecom.system telecom.value"

PROFILES: tuple[Profile, ...] = (
    _us_core(
        "patient",
        "Patient",
        f"identifier identifier.system identifier.value name gender {_TELECOM} communication.language",
        "birthDate address telecom communication",
        either=(("name", ("family", "given")),),
    ),
    _us_core(
        "careplan",
        "CarePlan",
        "text.status text.div status intent category subject activity.detail.status",
        "",
        coded=(
            Coded("category", "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", ("assess-plan",)),
        ),
    ),
    _us_core(
        "servicerequest",
        "ServiceRequest",
        "status intent code subject",
        "category encounter occurrence[x] authoredOn requester",
    ),
    _us_core(
        "allergyintolerance",
        "AllergyIntolerance",
        "code patient reaction.manifestation",
        "clinicalStatus verificationStatus",
    ),
    _us_core(
        "careteam",
        "CareTeam",
        "subject participant participant.role participant.member",
        "status",
    ),
    _us_core(
        "condition-encounter-diagnosis",
        "Condition",
        "category code subject",
        "encounter recordedDate",
        coded=(Coded("category", _TERMINOLOGY + "condition-category", ("encounter-diagnosis",)),),
    ),
    _us_core(
        "condition-problems-health-concerns",
        "Condition",
        "category code subject",
        "clinicalStatus verificationStatus onset[x] recordedDate",
        coded=(
            Coded("category", _TERMINOLOGY + "condition-category", ("problem-list-item",)),
            Coded(
                "category", "http://hl7.org/fhir/us/core/CodeSystem/condition-category", ("health-concern",)
            ),
        ),
    ),
    _us_core(
        "coverage",
        "Coverage",
        "identifier.type status beneficiary relationship payor class.type class.value",
        "type subscriberId period",
        either=(("", ("subscriberId", "identifier")),),
    ),
    _us_core(
        "diagnosticreport-lab",
        "DiagnosticReport",
        "status category code subject",
        "encounter performer result",
        coded=(Coded("category", _TERMINOLOGY + "v2-0074", ("LAB",)),),
        when=(("status", _REPORTED, "effective[x]"), ("status", _REPORTED, "issued")),
    ),
    _us_core(
        "diagnosticreport-note",
        "DiagnosticReport",
        "status category code subject",
        "encounter issued performer presentedForm",
        when=(("status", _REPORTED, "effective[x]"),),
    ),
    _us_core(
        "documentreference",
        "DocumentReference",
        "status type category subject content content.attachment",
        "identifier date author content.attachment.contentType content.format context",
        either=(("content.attachment", ("data", "url")),),
    ),
    _us_core(
        "encounter",
        "Encounter",
        "identifier.system identifier.value status class type subject",
        "identifier participant period reasonCode location",
    ),
    _us_core(
        "goal",
        "Goal",
        "lifecycleStatus description subject",
        "",
    ),
    _us_core("location", "Location", "name", "status type telecom address managingOrganization"),
    _us_core(
        "medicationrequest",
        "MedicationRequest",
        "status intent medication[x] subject",
        "category authoredOn dosageInstruction",
        when=(("intent", _ORDERED, "requester"),),
    ),
    _us_core(
        "observation-clinical-result",
        "Observation",
        "status category code subject component.code",
        "encounter effective[x]",
        either=_VALUE,
    ),
    _us_core(
        "observation-lab",
        "Observation",
        "status category code subject component.code",
        "encounter effective[x] interpretation specimen referenceRange",
        either=_VALUE,
        coded=(Coded("category", _TERMINOLOGY + "observation-category", ("laboratory",)),),
    ),
    _us_core(
        "observation-screening-assessment",
        "Observation",
        "status category code subject component.code",
        "effective[x] performer",
        either=_VALUE,
        coded=(Coded("category", _TERMINOLOGY + "observation-category", ("survey",)),),
    ),
    _us_core(
        "organization",
        "Organization",
        "active name",
        "identifier telecom address",
    ),
    _us_core(
        "practitioner",
        "Practitioner",
        "identifier identifier.system identifier.value name name.family",
        "telecom",
    ),
    _us_core(
        "practitionerrole",
        "PractitionerRole",
        _TELECOM,
        "practitioner organization code specialty location telecom",
        either=(("", ("practitioner", "organization", "healthcareService", "location")),),
    ),
    _us_core(
        "procedure",
        "Procedure",
        "status code subject performer.actor",
        "basedOn encounter",
        when=(("status", frozenset({"completed", "in-progress"}), "performed[x]"),),
    ),
    _us_core(
        "questionnaireresponse",
        "QuestionnaireResponse",
        "questionnaire status subject authored item.linkId",
        "identifier author item",
    ),
    _us_core(
        "relatedperson",
        "RelatedPerson",
        "active patient communication.language",
        "relationship name telecom address",
        either=(("", ("name", "relationship")),),
    ),
    _sdohcc(
        "TaskForReferralManagement",
        "Task",
        "status intent code focus for authoredOn requester statusReason.text",
        "priority owner",
        coded=(
            Coded("intent", "", ("order",)),
            Coded("code", "http://hl7.org/fhir/CodeSystem/task-code", ("fulfill",)),
        ),
    ),
    _sdohcc(
        "ServiceRequest",
        "ServiceRequest",
        "status intent code subject",
        "category priority authoredOn requester performer supportingInfo",
    ),
    _sdohcc(
        "Consent",
        "Consent",
        "status scope category patient dateTime organization source[x]",
        "",
        coded=(Coded("category", _TERMINOLOGY + "v3-ActCode", ("IDSCL",)),),
    ),
)
"""Where a resource lacks as much of several profiles of one guide, it is held against the first of them."""
