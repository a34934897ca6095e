"""Written by `gateway.resources.generate`; do not edit."""

from __future__ import annotations

from typing import Literal, Union

from msgspec import UNSET, Struct, UnsetType, field

from gateway.resources.formats import (
    Base64, Code, Date, DateTime, Decimal, Id, Instant, Integer, Many, Oid, PositiveInt, Text,
    Time, UnsignedInt, Uri,
)


class PrimitiveExtension(Struct, kw_only=True, forbid_unknown_fields=True):
    id: Text | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET


class Address(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    city: Text | UnsetType = UNSET
    extension_of_city: PrimitiveExtension | UnsetType = field(default=UNSET, name="_city")
    country: Text | UnsetType = UNSET
    extension_of_country: PrimitiveExtension | UnsetType = field(default=UNSET, name="_country")
    district: Text | UnsetType = UNSET
    extension_of_district: PrimitiveExtension | UnsetType = field(default=UNSET, name="_district")
    line: Many[Text | None] | UnsetType = UNSET
    extension_of_line: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_line")
    period: Period | UnsetType = UNSET
    postalCode: Text | UnsetType = UNSET
    extension_of_postalCode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_postalCode")
    state: Text | UnsetType = UNSET
    extension_of_state: PrimitiveExtension | UnsetType = field(default=UNSET, name="_state")
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")
    type: Literal['postal', 'physical', 'both'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")
    use: Literal['home', 'work', 'temp', 'old', 'billing'] | UnsetType = UNSET
    extension_of_use: PrimitiveExtension | UnsetType = field(default=UNSET, name="_use")


class Age(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    comparator: Literal['<', '<=', '>=', '>'] | UnsetType = UNSET
    extension_of_comparator: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comparator")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    unit: Text | UnsetType = UNSET
    extension_of_unit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_unit")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class AllergyIntolerance(Struct, kw_only=True, forbid_unknown_fields=True, tag="AllergyIntolerance", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    asserter: Reference | UnsetType = UNSET
    category: Many[Literal['food', 'medication', 'environment', 'biologic'] | None] | UnsetType = UNSET
    extension_of_category: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_category")
    clinicalStatus: CodeableConcept | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    criticality: Literal['low', 'high', 'unable-to-assess'] | UnsetType = UNSET
    extension_of_criticality: PrimitiveExtension | UnsetType = field(default=UNSET, name="_criticality")
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    lastOccurrence: DateTime | UnsetType = UNSET
    extension_of_lastOccurrence: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lastOccurrence")
    note: Many[Annotation] | UnsetType = UNSET
    onsetAge: Age | UnsetType = UNSET
    onsetDateTime: DateTime | UnsetType = UNSET
    extension_of_onsetDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_onsetDateTime")
    onsetPeriod: Period | UnsetType = UNSET
    onsetRange: Range | UnsetType = UNSET
    onsetString: Text | UnsetType = UNSET
    extension_of_onsetString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_onsetString")
    patient: Reference
    reaction: Many[AllergyIntoleranceReaction] | UnsetType = UNSET
    recordedDate: DateTime | UnsetType = UNSET
    extension_of_recordedDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_recordedDate")
    recorder: Reference | UnsetType = UNSET
    type: Literal['allergy', 'intolerance'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")
    verificationStatus: CodeableConcept | UnsetType = UNSET


class AllergyIntoleranceReaction(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    exposureRoute: CodeableConcept | UnsetType = UNSET
    manifestation: Many[CodeableConcept]
    note: Many[Annotation] | UnsetType = UNSET
    onset: DateTime | UnsetType = UNSET
    extension_of_onset: PrimitiveExtension | UnsetType = field(default=UNSET, name="_onset")
    severity: Literal['mild', 'moderate', 'severe'] | UnsetType = UNSET
    extension_of_severity: PrimitiveExtension | UnsetType = field(default=UNSET, name="_severity")
    substance: CodeableConcept | UnsetType = UNSET


class Annotation(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    authorReference: Reference | UnsetType = UNSET
    authorString: Text | UnsetType = UNSET
    extension_of_authorString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authorString")
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")
    time: DateTime | UnsetType = UNSET
    extension_of_time: PrimitiveExtension | UnsetType = field(default=UNSET, name="_time")


class Appointment(Struct, kw_only=True, forbid_unknown_fields=True, tag="Appointment", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    appointmentType: CodeableConcept | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    cancelationReason: CodeableConcept | UnsetType = UNSET
    comment: Text | UnsetType = UNSET
    extension_of_comment: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comment")
    created: DateTime | UnsetType = UNSET
    extension_of_created: PrimitiveExtension | UnsetType = field(default=UNSET, name="_created")
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    end: Instant | UnsetType = UNSET
    extension_of_end: PrimitiveExtension | UnsetType = field(default=UNSET, name="_end")
    identifier: Many[Identifier] | UnsetType = UNSET
    minutesDuration: PositiveInt | UnsetType = UNSET
    extension_of_minutesDuration: PrimitiveExtension | UnsetType = field(default=UNSET, name="_minutesDuration")
    participant: Many[AppointmentParticipant]
    patientInstruction: Text | UnsetType = UNSET
    extension_of_patientInstruction: PrimitiveExtension | UnsetType = field(default=UNSET, name="_patientInstruction")
    priority: UnsignedInt | UnsetType = UNSET
    extension_of_priority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_priority")
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    requestedPeriod: Many[Period] | UnsetType = UNSET
    serviceCategory: Many[CodeableConcept] | UnsetType = UNSET
    serviceType: Many[CodeableConcept] | UnsetType = UNSET
    slot: Many[Reference] | UnsetType = UNSET
    specialty: Many[CodeableConcept] | UnsetType = UNSET
    start: Instant | UnsetType = UNSET
    extension_of_start: PrimitiveExtension | UnsetType = field(default=UNSET, name="_start")
    status: Literal['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error', 'checked-in', 'waitlist'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    supportingInformation: Many[Reference] | UnsetType = UNSET


class AppointmentParticipant(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    actor: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    required: Literal['required', 'optional', 'information-only'] | UnsetType = UNSET
    extension_of_required: PrimitiveExtension | UnsetType = field(default=UNSET, name="_required")
    status: Literal['accepted', 'declined', 'tentative', 'needs-action'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    type: Many[CodeableConcept] | UnsetType = UNSET


class Attachment(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    contentType: Code | UnsetType = UNSET
    extension_of_contentType: PrimitiveExtension | UnsetType = field(default=UNSET, name="_contentType")
    creation: DateTime | UnsetType = UNSET
    extension_of_creation: PrimitiveExtension | UnsetType = field(default=UNSET, name="_creation")
    data: Base64 | UnsetType = UNSET
    extension_of_data: PrimitiveExtension | UnsetType = field(default=UNSET, name="_data")
    hash: Base64 | UnsetType = UNSET
    extension_of_hash: PrimitiveExtension | UnsetType = field(default=UNSET, name="_hash")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    size: UnsignedInt | UnsetType = UNSET
    extension_of_size: PrimitiveExtension | UnsetType = field(default=UNSET, name="_size")
    title: Text | UnsetType = UNSET
    extension_of_title: PrimitiveExtension | UnsetType = field(default=UNSET, name="_title")
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")


class AuditEvent(Struct, kw_only=True, forbid_unknown_fields=True, tag="AuditEvent", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    action: Literal['C', 'R', 'U', 'D', 'E'] | UnsetType = UNSET
    extension_of_action: PrimitiveExtension | UnsetType = field(default=UNSET, name="_action")
    agent: Many[AuditEventAgent]
    entity: Many[AuditEventEntity] | UnsetType = UNSET
    outcome: Literal['0', '4', '8', '12'] | UnsetType = UNSET
    extension_of_outcome: PrimitiveExtension | UnsetType = field(default=UNSET, name="_outcome")
    outcomeDesc: Text | UnsetType = UNSET
    extension_of_outcomeDesc: PrimitiveExtension | UnsetType = field(default=UNSET, name="_outcomeDesc")
    period: Period | UnsetType = UNSET
    purposeOfEvent: Many[CodeableConcept] | UnsetType = UNSET
    recorded: Instant | UnsetType = UNSET
    extension_of_recorded: PrimitiveExtension | UnsetType = field(default=UNSET, name="_recorded")
    source: AuditEventSource
    subtype: Many[Coding] | UnsetType = UNSET
    type: Coding


class AuditEventAgent(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    altId: Text | UnsetType = UNSET
    extension_of_altId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_altId")
    location: Reference | UnsetType = UNSET
    media: Coding | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    network: AuditEventAgentNetwork | UnsetType = UNSET
    policy: Many[Uri | None] | UnsetType = UNSET
    extension_of_policy: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_policy")
    purposeOfUse: Many[CodeableConcept] | UnsetType = UNSET
    requestor: bool | UnsetType = UNSET
    extension_of_requestor: PrimitiveExtension | UnsetType = field(default=UNSET, name="_requestor")
    role: Many[CodeableConcept] | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET
    who: Reference | UnsetType = UNSET


class AuditEventAgentNetwork(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    address: Text | UnsetType = UNSET
    extension_of_address: PrimitiveExtension | UnsetType = field(default=UNSET, name="_address")
    type: Literal['1', '2', '3', '4', '5'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class AuditEventEntity(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    detail: Many[AuditEventEntityDetail] | UnsetType = UNSET
    lifecycle: Coding | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    query: Base64 | UnsetType = UNSET
    extension_of_query: PrimitiveExtension | UnsetType = field(default=UNSET, name="_query")
    role: Coding | UnsetType = UNSET
    securityLabel: Many[Coding] | UnsetType = UNSET
    type: Coding | UnsetType = UNSET
    what: Reference | UnsetType = UNSET


class AuditEventEntityDetail(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    type: Text | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")
    valueBase64Binary: Base64 | UnsetType = UNSET
    extension_of_valueBase64Binary: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBase64Binary")
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")


class AuditEventSource(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    observer: Reference
    site: Text | UnsetType = UNSET
    extension_of_site: PrimitiveExtension | UnsetType = field(default=UNSET, name="_site")
    type: Many[Coding] | UnsetType = UNSET


class Binary(Struct, kw_only=True, forbid_unknown_fields=True, tag="Binary", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contentType: Code | UnsetType = UNSET
    extension_of_contentType: PrimitiveExtension | UnsetType = field(default=UNSET, name="_contentType")
    data: Base64 | UnsetType = UNSET
    extension_of_data: PrimitiveExtension | UnsetType = field(default=UNSET, name="_data")
    securityContext: Reference | UnsetType = UNSET


class Bundle(Struct, kw_only=True, forbid_unknown_fields=True, tag="Bundle", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    entry: Many[BundleEntry] | UnsetType = UNSET
    identifier: Identifier | UnsetType = UNSET
    link: Many[BundleLink] | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET
    timestamp: Instant | UnsetType = UNSET
    extension_of_timestamp: PrimitiveExtension | UnsetType = field(default=UNSET, name="_timestamp")
    total: UnsignedInt | UnsetType = UNSET
    extension_of_total: PrimitiveExtension | UnsetType = field(default=UNSET, name="_total")
    type: Literal['document', 'message', 'transaction', 'transaction-response', 'batch', 'batch-response', 'history', 'searchset', 'collection'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class BundleEntry(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    fullUrl: Uri | UnsetType = UNSET
    extension_of_fullUrl: PrimitiveExtension | UnsetType = field(default=UNSET, name="_fullUrl")
    link: Many[BundleLink] | UnsetType = UNSET
    request: BundleEntryRequest | UnsetType = UNSET
    resource: AnyResource | UnsetType = UNSET
    response: BundleEntryResponse | UnsetType = UNSET
    search: BundleEntrySearch | UnsetType = UNSET


class BundleEntryRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    ifMatch: Text | UnsetType = UNSET
    extension_of_ifMatch: PrimitiveExtension | UnsetType = field(default=UNSET, name="_ifMatch")
    ifModifiedSince: Instant | UnsetType = UNSET
    extension_of_ifModifiedSince: PrimitiveExtension | UnsetType = field(default=UNSET, name="_ifModifiedSince")
    ifNoneExist: Text | UnsetType = UNSET
    extension_of_ifNoneExist: PrimitiveExtension | UnsetType = field(default=UNSET, name="_ifNoneExist")
    ifNoneMatch: Text | UnsetType = UNSET
    extension_of_ifNoneMatch: PrimitiveExtension | UnsetType = field(default=UNSET, name="_ifNoneMatch")
    method: Literal['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'] | UnsetType = UNSET
    extension_of_method: PrimitiveExtension | UnsetType = field(default=UNSET, name="_method")
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")


class BundleEntryResponse(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    etag: Text | UnsetType = UNSET
    extension_of_etag: PrimitiveExtension | UnsetType = field(default=UNSET, name="_etag")
    lastModified: Instant | UnsetType = UNSET
    extension_of_lastModified: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lastModified")
    location: Uri | UnsetType = UNSET
    extension_of_location: PrimitiveExtension | UnsetType = field(default=UNSET, name="_location")
    outcome: AnyResource | UnsetType = UNSET
    status: Text | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class BundleEntrySearch(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    mode: Literal['match', 'include', 'outcome'] | UnsetType = UNSET
    extension_of_mode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_mode")
    score: Decimal | UnsetType = UNSET
    extension_of_score: PrimitiveExtension | UnsetType = field(default=UNSET, name="_score")


class BundleLink(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    relation: Text | UnsetType = UNSET
    extension_of_relation: PrimitiveExtension | UnsetType = field(default=UNSET, name="_relation")
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")


class CarePlan(Struct, kw_only=True, forbid_unknown_fields=True, tag="CarePlan", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    activity: Many[CarePlanActivity] | UnsetType = UNSET
    addresses: Many[Reference] | UnsetType = UNSET
    author: Reference | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    careTeam: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    contributor: Many[Reference] | UnsetType = UNSET
    created: DateTime | UnsetType = UNSET
    extension_of_created: PrimitiveExtension | UnsetType = field(default=UNSET, name="_created")
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    encounter: Reference | UnsetType = UNSET
    goal: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    intent: Literal['proposal', 'plan', 'order', 'option'] | UnsetType = UNSET
    extension_of_intent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_intent")
    note: Many[Annotation] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    replaces: Many[Reference] | UnsetType = UNSET
    status: Literal['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference
    supportingInfo: Many[Reference] | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    extension_of_title: PrimitiveExtension | UnsetType = field(default=UNSET, name="_title")


class CarePlanActivity(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    detail: CarePlanActivityDetail | UnsetType = UNSET
    outcomeCodeableConcept: Many[CodeableConcept] | UnsetType = UNSET
    outcomeReference: Many[Reference] | UnsetType = UNSET
    progress: Many[Annotation] | UnsetType = UNSET
    reference: Reference | UnsetType = UNSET


class CarePlanActivityDetail(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    dailyAmount: Quantity | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    doNotPerform: bool | UnsetType = UNSET
    extension_of_doNotPerform: PrimitiveExtension | UnsetType = field(default=UNSET, name="_doNotPerform")
    goal: Many[Reference] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    kind: Literal['Appointment', 'CommunicationRequest', 'DeviceRequest', 'MedicationRequest', 'NutritionOrder', 'Task', 'ServiceRequest', 'VisionPrescription'] | UnsetType = UNSET
    extension_of_kind: PrimitiveExtension | UnsetType = field(default=UNSET, name="_kind")
    location: Reference | UnsetType = UNSET
    performer: Many[Reference] | UnsetType = UNSET
    productCodeableConcept: CodeableConcept | UnsetType = UNSET
    productReference: Reference | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    scheduledPeriod: Period | UnsetType = UNSET
    scheduledString: Text | UnsetType = UNSET
    extension_of_scheduledString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_scheduledString")
    scheduledTiming: Timing | UnsetType = UNSET
    status: Literal['not-started', 'scheduled', 'in-progress', 'on-hold', 'completed', 'cancelled', 'stopped', 'unknown', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET


class CareTeam(Struct, kw_only=True, forbid_unknown_fields=True, tag="CareTeam", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    managingOrganization: Many[Reference] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    note: Many[Annotation] | UnsetType = UNSET
    participant: Many[CareTeamParticipant] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    status: Literal['proposed', 'active', 'suspended', 'inactive', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class CareTeamParticipant(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    member: Reference | UnsetType = UNSET
    onBehalfOf: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    role: Many[CodeableConcept] | UnsetType = UNSET


class CodeableConcept(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    coding: Many[Coding] | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")


class CodeableReference(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    concept: CodeableConcept | UnsetType = UNSET
    reference: Reference | UnsetType = UNSET


class Coding(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    display: Text | UnsetType = UNSET
    extension_of_display: PrimitiveExtension | UnsetType = field(default=UNSET, name="_display")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    userSelected: bool | UnsetType = UNSET
    extension_of_userSelected: PrimitiveExtension | UnsetType = field(default=UNSET, name="_userSelected")
    version: Text | UnsetType = UNSET
    extension_of_version: PrimitiveExtension | UnsetType = field(default=UNSET, name="_version")


class Communication(Struct, kw_only=True, forbid_unknown_fields=True, tag="Communication", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    about: Many[Reference] | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    inResponseTo: Many[Reference] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    medium: Many[CodeableConcept] | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    payload: Many[CommunicationPayload] | UnsetType = UNSET
    priority: Literal['routine', 'urgent', 'asap', 'stat'] | UnsetType = UNSET
    extension_of_priority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_priority")
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    received: DateTime | UnsetType = UNSET
    extension_of_received: PrimitiveExtension | UnsetType = field(default=UNSET, name="_received")
    recipient: Many[Reference] | UnsetType = UNSET
    sender: Reference | UnsetType = UNSET
    sent: DateTime | UnsetType = UNSET
    extension_of_sent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_sent")
    status: Literal['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET
    subject: Reference | UnsetType = UNSET
    topic: CodeableConcept | UnsetType = UNSET


class CommunicationPayload(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    contentAttachment: Attachment | UnsetType = UNSET
    contentReference: Reference | UnsetType = UNSET
    contentString: Text | UnsetType = UNSET
    extension_of_contentString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_contentString")


class Composition(Struct, kw_only=True, forbid_unknown_fields=True, tag="Composition", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    attester: Many[CompositionAttester] | UnsetType = UNSET
    author: Many[Reference]
    category: Many[CodeableConcept] | UnsetType = UNSET
    confidentiality: Literal['U', 'L', 'M', 'N', 'R', 'V'] | UnsetType = UNSET
    extension_of_confidentiality: PrimitiveExtension | UnsetType = field(default=UNSET, name="_confidentiality")
    custodian: Reference | UnsetType = UNSET
    date: DateTime | UnsetType = UNSET
    extension_of_date: PrimitiveExtension | UnsetType = field(default=UNSET, name="_date")
    encounter: Reference | UnsetType = UNSET
    event: Many[CompositionEvent] | UnsetType = UNSET
    identifier: Identifier | UnsetType = UNSET
    relatesTo: Many[CompositionRelatesTo] | UnsetType = UNSET
    section: Many[CompositionSection] | UnsetType = UNSET
    status: Literal['preliminary', 'final', 'amended', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    extension_of_title: PrimitiveExtension | UnsetType = field(default=UNSET, name="_title")
    type: CodeableConcept


class CompositionAttester(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    mode: Literal['personal', 'professional', 'legal', 'official'] | UnsetType = UNSET
    extension_of_mode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_mode")
    party: Reference | UnsetType = UNSET
    time: DateTime | UnsetType = UNSET
    extension_of_time: PrimitiveExtension | UnsetType = field(default=UNSET, name="_time")


class CompositionEvent(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Many[CodeableConcept] | UnsetType = UNSET
    detail: Many[Reference] | UnsetType = UNSET
    period: Period | UnsetType = UNSET


class CompositionRelatesTo(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Literal['replaces', 'transforms', 'signs', 'appends'] | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    targetIdentifier: Identifier | UnsetType = UNSET
    targetReference: Reference | UnsetType = UNSET


class CompositionSection(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    author: Many[Reference] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    emptyReason: CodeableConcept | UnsetType = UNSET
    entry: Many[Reference] | UnsetType = UNSET
    focus: Reference | UnsetType = UNSET
    mode: Literal['working', 'snapshot', 'changes'] | UnsetType = UNSET
    extension_of_mode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_mode")
    orderedBy: CodeableConcept | UnsetType = UNSET
    section: Many[CompositionSection] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    title: Text | UnsetType = UNSET
    extension_of_title: PrimitiveExtension | UnsetType = field(default=UNSET, name="_title")


class Condition(Struct, kw_only=True, forbid_unknown_fields=True, tag="Condition", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    abatementAge: Age | UnsetType = UNSET
    abatementDateTime: DateTime | UnsetType = UNSET
    extension_of_abatementDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_abatementDateTime")
    abatementPeriod: Period | UnsetType = UNSET
    abatementRange: Range | UnsetType = UNSET
    abatementString: Text | UnsetType = UNSET
    extension_of_abatementString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_abatementString")
    asserter: Reference | UnsetType = UNSET
    bodySite: Many[CodeableConcept] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    clinicalStatus: CodeableConcept | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    evidence: Many[ConditionEvidence] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    onsetAge: Age | UnsetType = UNSET
    onsetDateTime: DateTime | UnsetType = UNSET
    extension_of_onsetDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_onsetDateTime")
    onsetPeriod: Period | UnsetType = UNSET
    onsetRange: Range | UnsetType = UNSET
    onsetString: Text | UnsetType = UNSET
    extension_of_onsetString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_onsetString")
    recordedDate: DateTime | UnsetType = UNSET
    extension_of_recordedDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_recordedDate")
    recorder: Reference | UnsetType = UNSET
    severity: CodeableConcept | UnsetType = UNSET
    stage: Many[ConditionStage] | UnsetType = UNSET
    subject: Reference
    verificationStatus: CodeableConcept | UnsetType = UNSET


class ConditionEvidence(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Many[CodeableConcept] | UnsetType = UNSET
    detail: Many[Reference] | UnsetType = UNSET


class ConditionStage(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    assessment: Many[Reference] | UnsetType = UNSET
    summary: CodeableConcept | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET


class Consent(Struct, kw_only=True, forbid_unknown_fields=True, tag="Consent", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    category: Many[CodeableConcept]
    dateTime: DateTime | UnsetType = UNSET
    extension_of_dateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_dateTime")
    identifier: Many[Identifier] | UnsetType = UNSET
    organization: Many[Reference] | UnsetType = UNSET
    patient: Reference | UnsetType = UNSET
    performer: Many[Reference] | UnsetType = UNSET
    policy: Many[ConsentPolicy] | UnsetType = UNSET
    policyRule: CodeableConcept | UnsetType = UNSET
    provision: ConsentProvision | UnsetType = UNSET
    scope: CodeableConcept
    sourceAttachment: Attachment | UnsetType = UNSET
    sourceReference: Reference | UnsetType = UNSET
    status: Literal['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    verification: Many[ConsentVerification] | UnsetType = UNSET


class ConsentPolicy(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    authority: Uri | UnsetType = UNSET
    extension_of_authority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authority")
    uri: Uri | UnsetType = UNSET
    extension_of_uri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_uri")


class ConsentProvision(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    action: Many[CodeableConcept] | UnsetType = UNSET
    actor: Many[ConsentProvisionActor] | UnsetType = UNSET
    class_: Many[Coding] | UnsetType = field(default=UNSET, name="class")
    code: Many[CodeableConcept] | UnsetType = UNSET
    data: Many[ConsentProvisionData] | UnsetType = UNSET
    dataPeriod: Period | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    provision: Many[ConsentProvision] | UnsetType = UNSET
    purpose: Many[Coding] | UnsetType = UNSET
    securityLabel: Many[Coding] | UnsetType = UNSET
    type: Literal['deny', 'permit'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class ConsentProvisionActor(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    reference: Reference
    role: CodeableConcept


class ConsentProvisionData(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    meaning: Literal['instance', 'related', 'dependents', 'authoredby'] | UnsetType = UNSET
    extension_of_meaning: PrimitiveExtension | UnsetType = field(default=UNSET, name="_meaning")
    reference: Reference


class ConsentVerification(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    verificationDate: DateTime | UnsetType = UNSET
    extension_of_verificationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_verificationDate")
    verified: bool | UnsetType = UNSET
    extension_of_verified: PrimitiveExtension | UnsetType = field(default=UNSET, name="_verified")
    verifiedWith: Reference | UnsetType = UNSET


class ContactDetail(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    telecom: Many[ContactPoint] | UnsetType = UNSET


class ContactPoint(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    rank: PositiveInt | UnsetType = UNSET
    extension_of_rank: PrimitiveExtension | UnsetType = field(default=UNSET, name="_rank")
    system: Literal['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'] | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    use: Literal['home', 'work', 'temp', 'old', 'mobile'] | UnsetType = UNSET
    extension_of_use: PrimitiveExtension | UnsetType = field(default=UNSET, name="_use")
    value: Text | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class Contributor(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    contact: Many[ContactDetail] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    type: Literal['author', 'editor', 'reviewer', 'endorser'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class Count(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    comparator: Literal['<', '<=', '>=', '>'] | UnsetType = UNSET
    extension_of_comparator: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comparator")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    unit: Text | UnsetType = UNSET
    extension_of_unit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_unit")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class Coverage(Struct, kw_only=True, forbid_unknown_fields=True, tag="Coverage", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    beneficiary: Reference
    class_: Many[CoverageClass] | UnsetType = field(default=UNSET, name="class")
    contract: Many[Reference] | UnsetType = UNSET
    costToBeneficiary: Many[CoverageCostToBeneficiary] | UnsetType = UNSET
    dependent: Text | UnsetType = UNSET
    extension_of_dependent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_dependent")
    identifier: Many[Identifier] | UnsetType = UNSET
    network: Text | UnsetType = UNSET
    extension_of_network: PrimitiveExtension | UnsetType = field(default=UNSET, name="_network")
    order: PositiveInt | UnsetType = UNSET
    extension_of_order: PrimitiveExtension | UnsetType = field(default=UNSET, name="_order")
    payor: Many[Reference]
    period: Period | UnsetType = UNSET
    policyHolder: Reference | UnsetType = UNSET
    relationship: CodeableConcept | UnsetType = UNSET
    status: Literal['active', 'cancelled', 'draft', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subrogation: bool | UnsetType = UNSET
    extension_of_subrogation: PrimitiveExtension | UnsetType = field(default=UNSET, name="_subrogation")
    subscriber: Reference | UnsetType = UNSET
    subscriberId: Text | UnsetType = UNSET
    extension_of_subscriberId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_subscriberId")
    type: CodeableConcept | UnsetType = UNSET


class CoverageClass(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    type: CodeableConcept
    value: Text | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class CoverageCostToBeneficiary(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    exception: Many[CoverageCostToBeneficiaryException] | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET
    valueMoney: Money | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET


class CoverageCostToBeneficiaryException(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    type: CodeableConcept


class DataRequirement(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    codeFilter: Many[DataRequirementCodeFilter] | UnsetType = UNSET
    dateFilter: Many[DataRequirementDateFilter] | UnsetType = UNSET
    limit: PositiveInt | UnsetType = UNSET
    extension_of_limit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_limit")
    mustSupport: Many[Text | None] | UnsetType = UNSET
    extension_of_mustSupport: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_mustSupport")
    profile: Many[Uri | None] | UnsetType = UNSET
    extension_of_profile: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_profile")
    sort: Many[DataRequirementSort] | UnsetType = UNSET
    subjectCodeableConcept: CodeableConcept | UnsetType = UNSET
    subjectReference: Reference | UnsetType = UNSET
    type: Code | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class DataRequirementCodeFilter(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Many[Coding] | UnsetType = UNSET
    path: Text | UnsetType = UNSET
    extension_of_path: PrimitiveExtension | UnsetType = field(default=UNSET, name="_path")
    searchParam: Text | UnsetType = UNSET
    extension_of_searchParam: PrimitiveExtension | UnsetType = field(default=UNSET, name="_searchParam")
    valueSet: Uri | UnsetType = UNSET
    extension_of_valueSet: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueSet")


class DataRequirementDateFilter(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    path: Text | UnsetType = UNSET
    extension_of_path: PrimitiveExtension | UnsetType = field(default=UNSET, name="_path")
    searchParam: Text | UnsetType = UNSET
    extension_of_searchParam: PrimitiveExtension | UnsetType = field(default=UNSET, name="_searchParam")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDuration: Duration | UnsetType = UNSET
    valuePeriod: Period | UnsetType = UNSET


class DataRequirementSort(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    direction: Literal['ascending', 'descending'] | UnsetType = UNSET
    extension_of_direction: PrimitiveExtension | UnsetType = field(default=UNSET, name="_direction")
    path: Text | UnsetType = UNSET
    extension_of_path: PrimitiveExtension | UnsetType = field(default=UNSET, name="_path")


class Device(Struct, kw_only=True, forbid_unknown_fields=True, tag="Device", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    contact: Many[ContactPoint] | UnsetType = UNSET
    definition: Reference | UnsetType = UNSET
    deviceName: Many[DeviceDeviceName] | UnsetType = UNSET
    distinctIdentifier: Text | UnsetType = UNSET
    extension_of_distinctIdentifier: PrimitiveExtension | UnsetType = field(default=UNSET, name="_distinctIdentifier")
    expirationDate: DateTime | UnsetType = UNSET
    extension_of_expirationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_expirationDate")
    identifier: Many[Identifier] | UnsetType = UNSET
    location: Reference | UnsetType = UNSET
    lotNumber: Text | UnsetType = UNSET
    extension_of_lotNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lotNumber")
    manufactureDate: DateTime | UnsetType = UNSET
    extension_of_manufactureDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_manufactureDate")
    manufacturer: Text | UnsetType = UNSET
    extension_of_manufacturer: PrimitiveExtension | UnsetType = field(default=UNSET, name="_manufacturer")
    modelNumber: Text | UnsetType = UNSET
    extension_of_modelNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_modelNumber")
    note: Many[Annotation] | UnsetType = UNSET
    owner: Reference | UnsetType = UNSET
    parent: Reference | UnsetType = UNSET
    partNumber: Text | UnsetType = UNSET
    extension_of_partNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_partNumber")
    patient: Reference | UnsetType = UNSET
    property: Many[DeviceProperty] | UnsetType = UNSET
    safety: Many[CodeableConcept] | UnsetType = UNSET
    serialNumber: Text | UnsetType = UNSET
    extension_of_serialNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_serialNumber")
    specialization: Many[DeviceSpecialization] | UnsetType = UNSET
    status: Literal['active', 'inactive', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: Many[CodeableConcept] | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET
    udiCarrier: Many[DeviceUdiCarrier] | UnsetType = UNSET
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")
    version: Many[DeviceVersion] | UnsetType = UNSET


class DeviceDeviceName(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    type: Literal['udi-label-name', 'user-friendly-name', 'patient-reported-name', 'manufacturer-name', 'model-name', 'other'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class DeviceProperty(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    type: CodeableConcept
    valueCode: Many[CodeableConcept] | UnsetType = UNSET
    valueQuantity: Many[Quantity] | UnsetType = UNSET


class DeviceSpecialization(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    systemType: CodeableConcept
    version: Text | UnsetType = UNSET
    extension_of_version: PrimitiveExtension | UnsetType = field(default=UNSET, name="_version")


class DeviceUdiCarrier(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    carrierAIDC: Base64 | UnsetType = UNSET
    extension_of_carrierAIDC: PrimitiveExtension | UnsetType = field(default=UNSET, name="_carrierAIDC")
    carrierHRF: Text | UnsetType = UNSET
    extension_of_carrierHRF: PrimitiveExtension | UnsetType = field(default=UNSET, name="_carrierHRF")
    deviceIdentifier: Text | UnsetType = UNSET
    extension_of_deviceIdentifier: PrimitiveExtension | UnsetType = field(default=UNSET, name="_deviceIdentifier")
    entryType: Literal['barcode', 'rfid', 'manual', 'card', 'self-reported', 'unknown'] | UnsetType = UNSET
    extension_of_entryType: PrimitiveExtension | UnsetType = field(default=UNSET, name="_entryType")
    issuer: Uri | UnsetType = UNSET
    extension_of_issuer: PrimitiveExtension | UnsetType = field(default=UNSET, name="_issuer")
    jurisdiction: Uri | UnsetType = UNSET
    extension_of_jurisdiction: PrimitiveExtension | UnsetType = field(default=UNSET, name="_jurisdiction")


class DeviceVersion(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    component: Identifier | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET
    value: Text | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class DiagnosticReport(Struct, kw_only=True, forbid_unknown_fields=True, tag="DiagnosticReport", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    code: CodeableConcept
    conclusion: Text | UnsetType = UNSET
    extension_of_conclusion: PrimitiveExtension | UnsetType = field(default=UNSET, name="_conclusion")
    conclusionCode: Many[CodeableConcept] | UnsetType = UNSET
    effectiveDateTime: DateTime | UnsetType = UNSET
    extension_of_effectiveDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_effectiveDateTime")
    effectivePeriod: Period | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    imagingStudy: Many[Reference] | UnsetType = UNSET
    issued: Instant | UnsetType = UNSET
    extension_of_issued: PrimitiveExtension | UnsetType = field(default=UNSET, name="_issued")
    media: Many[DiagnosticReportMedia] | UnsetType = UNSET
    performer: Many[Reference] | UnsetType = UNSET
    presentedForm: Many[Attachment] | UnsetType = UNSET
    result: Many[Reference] | UnsetType = UNSET
    resultsInterpreter: Many[Reference] | UnsetType = UNSET
    specimen: Many[Reference] | UnsetType = UNSET
    status: Literal['registered', 'partial', 'preliminary', 'final', 'amended', 'corrected', 'appended', 'cancelled', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET


class DiagnosticReportMedia(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    comment: Text | UnsetType = UNSET
    extension_of_comment: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comment")
    link: Reference


class Distance(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    comparator: Literal['<', '<=', '>=', '>'] | UnsetType = UNSET
    extension_of_comparator: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comparator")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    unit: Text | UnsetType = UNSET
    extension_of_unit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_unit")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class DocumentReference(Struct, kw_only=True, forbid_unknown_fields=True, tag="DocumentReference", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    authenticator: Reference | UnsetType = UNSET
    author: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    content: Many[DocumentReferenceContent]
    context: DocumentReferenceContext | UnsetType = UNSET
    custodian: Reference | UnsetType = UNSET
    date: Instant | UnsetType = UNSET
    extension_of_date: PrimitiveExtension | UnsetType = field(default=UNSET, name="_date")
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    docStatus: Literal['preliminary', 'final', 'amended', 'entered-in-error'] | UnsetType = UNSET
    extension_of_docStatus: PrimitiveExtension | UnsetType = field(default=UNSET, name="_docStatus")
    identifier: Many[Identifier] | UnsetType = UNSET
    masterIdentifier: Identifier | UnsetType = UNSET
    relatesTo: Many[DocumentReferenceRelatesTo] | UnsetType = UNSET
    securityLabel: Many[CodeableConcept] | UnsetType = UNSET
    status: Literal['current', 'superseded', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET


class DocumentReferenceContent(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    attachment: Attachment
    format: Coding | UnsetType = UNSET


class DocumentReferenceContext(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    encounter: Many[Reference] | UnsetType = UNSET
    event: Many[CodeableConcept] | UnsetType = UNSET
    facilityType: CodeableConcept | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    practiceSetting: CodeableConcept | UnsetType = UNSET
    related: Many[Reference] | UnsetType = UNSET
    sourcePatientInfo: Reference | UnsetType = UNSET


class DocumentReferenceRelatesTo(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Literal['replaces', 'transforms', 'signs', 'appends'] | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    target: Reference


class Dosage(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    additionalInstruction: Many[CodeableConcept] | UnsetType = UNSET
    asNeededBoolean: bool | UnsetType = UNSET
    extension_of_asNeededBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_asNeededBoolean")
    asNeededCodeableConcept: CodeableConcept | UnsetType = UNSET
    doseAndRate: Many[DosageDoseAndRate] | UnsetType = UNSET
    maxDosePerAdministration: Quantity | UnsetType = UNSET
    maxDosePerLifetime: Quantity | UnsetType = UNSET
    maxDosePerPeriod: Ratio | UnsetType = UNSET
    method: CodeableConcept | UnsetType = UNSET
    patientInstruction: Text | UnsetType = UNSET
    extension_of_patientInstruction: PrimitiveExtension | UnsetType = field(default=UNSET, name="_patientInstruction")
    route: CodeableConcept | UnsetType = UNSET
    sequence: Integer | UnsetType = UNSET
    extension_of_sequence: PrimitiveExtension | UnsetType = field(default=UNSET, name="_sequence")
    site: CodeableConcept | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")
    timing: Timing | UnsetType = UNSET


class DosageDoseAndRate(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    doseQuantity: Quantity | UnsetType = UNSET
    doseRange: Range | UnsetType = UNSET
    rateQuantity: Quantity | UnsetType = UNSET
    rateRange: Range | UnsetType = UNSET
    rateRatio: Ratio | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET


class Duration(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    comparator: Literal['<', '<=', '>=', '>'] | UnsetType = UNSET
    extension_of_comparator: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comparator")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    unit: Text | UnsetType = UNSET
    extension_of_unit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_unit")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class Encounter(Struct, kw_only=True, forbid_unknown_fields=True, tag="Encounter", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    account: Many[Reference] | UnsetType = UNSET
    appointment: Many[Reference] | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    classHistory: Many[EncounterClassHistory] | UnsetType = UNSET
    class_: Coding = field(name="class")
    diagnosis: Many[EncounterDiagnosis] | UnsetType = UNSET
    episodeOfCare: Many[Reference] | UnsetType = UNSET
    hospitalization: EncounterHospitalization | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    length: Duration | UnsetType = UNSET
    location: Many[EncounterLocation] | UnsetType = UNSET
    partOf: Reference | UnsetType = UNSET
    participant: Many[EncounterParticipant] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    priority: CodeableConcept | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    serviceProvider: Reference | UnsetType = UNSET
    serviceType: CodeableConcept | UnsetType = UNSET
    status: Literal['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusHistory: Many[EncounterStatusHistory] | UnsetType = UNSET
    subject: Reference | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class EncounterClassHistory(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    class_: Coding = field(name="class")
    period: Period


class EncounterDiagnosis(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    condition: Reference
    rank: PositiveInt | UnsetType = UNSET
    extension_of_rank: PrimitiveExtension | UnsetType = field(default=UNSET, name="_rank")
    use: CodeableConcept | UnsetType = UNSET


class EncounterHospitalization(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    admitSource: CodeableConcept | UnsetType = UNSET
    destination: Reference | UnsetType = UNSET
    dietPreference: Many[CodeableConcept] | UnsetType = UNSET
    dischargeDisposition: CodeableConcept | UnsetType = UNSET
    origin: Reference | UnsetType = UNSET
    preAdmissionIdentifier: Identifier | UnsetType = UNSET
    reAdmission: CodeableConcept | UnsetType = UNSET
    specialArrangement: Many[CodeableConcept] | UnsetType = UNSET
    specialCourtesy: Many[CodeableConcept] | UnsetType = UNSET


class EncounterLocation(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    location: Reference
    period: Period | UnsetType = UNSET
    physicalType: CodeableConcept | UnsetType = UNSET
    status: Literal['planned', 'active', 'reserved', 'completed'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class EncounterParticipant(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    individual: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class EncounterStatusHistory(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    period: Period
    status: Literal['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class Endpoint(Struct, kw_only=True, forbid_unknown_fields=True, tag="Endpoint", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    address: Uri | UnsetType = UNSET
    extension_of_address: PrimitiveExtension | UnsetType = field(default=UNSET, name="_address")
    connectionType: Coding
    contact: Many[ContactPoint] | UnsetType = UNSET
    header: Many[Text | None] | UnsetType = UNSET
    extension_of_header: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_header")
    identifier: Many[Identifier] | UnsetType = UNSET
    managingOrganization: Reference | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    payloadMimeType: Many[Code | None] | UnsetType = UNSET
    extension_of_payloadMimeType: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_payloadMimeType")
    payloadType: Many[CodeableConcept]
    period: Period | UnsetType = UNSET
    status: Literal['active', 'suspended', 'error', 'off', 'entered-in-error', 'test'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class EpisodeOfCare(Struct, kw_only=True, forbid_unknown_fields=True, tag="EpisodeOfCare", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    account: Many[Reference] | UnsetType = UNSET
    careManager: Reference | UnsetType = UNSET
    diagnosis: Many[EpisodeOfCareDiagnosis] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    managingOrganization: Reference | UnsetType = UNSET
    patient: Reference
    period: Period | UnsetType = UNSET
    referralRequest: Many[Reference] | UnsetType = UNSET
    status: Literal['planned', 'waitlist', 'active', 'onhold', 'finished', 'cancelled', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusHistory: Many[EpisodeOfCareStatusHistory] | UnsetType = UNSET
    team: Many[Reference] | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class EpisodeOfCareDiagnosis(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    condition: Reference
    rank: PositiveInt | UnsetType = UNSET
    extension_of_rank: PrimitiveExtension | UnsetType = field(default=UNSET, name="_rank")
    role: CodeableConcept | UnsetType = UNSET


class EpisodeOfCareStatusHistory(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    period: Period
    status: Literal['planned', 'waitlist', 'active', 'onhold', 'finished', 'cancelled', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class Expression(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    expression: Text | UnsetType = UNSET
    extension_of_expression: PrimitiveExtension | UnsetType = field(default=UNSET, name="_expression")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    name: Id | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    reference: Uri | UnsetType = UNSET
    extension_of_reference: PrimitiveExtension | UnsetType = field(default=UNSET, name="_reference")


class Extension(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")
    valueAddress: Address | UnsetType = UNSET
    valueAge: Age | UnsetType = UNSET
    valueAnnotation: Annotation | UnsetType = UNSET
    valueAttachment: Attachment | UnsetType = UNSET
    valueBase64Binary: Base64 | UnsetType = UNSET
    extension_of_valueBase64Binary: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBase64Binary")
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCanonical: Uri | UnsetType = UNSET
    extension_of_valueCanonical: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCanonical")
    valueCode: Code | UnsetType = UNSET
    extension_of_valueCode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCode")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueCoding: Coding | UnsetType = UNSET
    valueContactDetail: ContactDetail | UnsetType = UNSET
    valueContactPoint: ContactPoint | UnsetType = UNSET
    valueContributor: Contributor | UnsetType = UNSET
    valueCount: Count | UnsetType = UNSET
    valueDataRequirement: DataRequirement | UnsetType = UNSET
    valueDate: Date | UnsetType = UNSET
    extension_of_valueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDate")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDecimal: Decimal | UnsetType = UNSET
    extension_of_valueDecimal: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDecimal")
    valueDistance: Distance | UnsetType = UNSET
    valueDosage: Dosage | UnsetType = UNSET
    valueDuration: Duration | UnsetType = UNSET
    valueExpression: Expression | UnsetType = UNSET
    valueHumanName: HumanName | UnsetType = UNSET
    valueId: Id | UnsetType = UNSET
    extension_of_valueId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueId")
    valueIdentifier: Identifier | UnsetType = UNSET
    valueInstant: Instant | UnsetType = UNSET
    extension_of_valueInstant: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInstant")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valueMarkdown: Text | UnsetType = UNSET
    extension_of_valueMarkdown: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueMarkdown")
    valueMoney: Money | UnsetType = UNSET
    valueOid: Oid | UnsetType = UNSET
    extension_of_valueOid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueOid")
    valueParameterDefinition: ParameterDefinition | UnsetType = UNSET
    valuePeriod: Period | UnsetType = UNSET
    valuePositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_valuePositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valuePositiveInt")
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET
    valueRelatedArtifact: RelatedArtifact | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueSignature: Signature | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")
    valueTiming: Timing | UnsetType = UNSET
    valueTriggerDefinition: TriggerDefinition | UnsetType = UNSET
    valueUnsignedInt: UnsignedInt | UnsetType = UNSET
    extension_of_valueUnsignedInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUnsignedInt")
    valueUri: Uri | UnsetType = UNSET
    extension_of_valueUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUri")
    valueUrl: Uri | UnsetType = UNSET
    extension_of_valueUrl: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUrl")
    valueUsageContext: UsageContext | UnsetType = UNSET
    valueUuid: Uri | UnsetType = UNSET
    extension_of_valueUuid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUuid")


class Flag(Struct, kw_only=True, forbid_unknown_fields=True, tag="Flag", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    author: Reference | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    code: CodeableConcept
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    status: Literal['active', 'inactive', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference


class Goal(Struct, kw_only=True, forbid_unknown_fields=True, tag="Goal", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    achievementStatus: CodeableConcept | UnsetType = UNSET
    addresses: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    description: CodeableConcept
    expressedBy: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    lifecycleStatus: Literal['proposed', 'planned', 'accepted', 'active', 'on-hold', 'completed', 'cancelled', 'entered-in-error', 'rejected'] | UnsetType = UNSET
    extension_of_lifecycleStatus: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lifecycleStatus")
    note: Many[Annotation] | UnsetType = UNSET
    outcomeCode: Many[CodeableConcept] | UnsetType = UNSET
    outcomeReference: Many[Reference] | UnsetType = UNSET
    priority: CodeableConcept | UnsetType = UNSET
    startCodeableConcept: CodeableConcept | UnsetType = UNSET
    startDate: Date | UnsetType = UNSET
    extension_of_startDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_startDate")
    statusDate: Date | UnsetType = UNSET
    extension_of_statusDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_statusDate")
    statusReason: Text | UnsetType = UNSET
    extension_of_statusReason: PrimitiveExtension | UnsetType = field(default=UNSET, name="_statusReason")
    subject: Reference
    target: Many[GoalTarget] | UnsetType = UNSET


class GoalTarget(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    detailBoolean: bool | UnsetType = UNSET
    extension_of_detailBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_detailBoolean")
    detailCodeableConcept: CodeableConcept | UnsetType = UNSET
    detailInteger: Integer | UnsetType = UNSET
    extension_of_detailInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_detailInteger")
    detailQuantity: Quantity | UnsetType = UNSET
    detailRange: Range | UnsetType = UNSET
    detailRatio: Ratio | UnsetType = UNSET
    detailString: Text | UnsetType = UNSET
    extension_of_detailString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_detailString")
    dueDate: Date | UnsetType = UNSET
    extension_of_dueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_dueDate")
    dueDuration: Duration | UnsetType = UNSET
    measure: CodeableConcept | UnsetType = UNSET


class Group(Struct, kw_only=True, forbid_unknown_fields=True, tag="Group", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    actual: bool | UnsetType = UNSET
    extension_of_actual: PrimitiveExtension | UnsetType = field(default=UNSET, name="_actual")
    characteristic: Many[GroupCharacteristic] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    managingEntity: Reference | UnsetType = UNSET
    member: Many[GroupMember] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    quantity: UnsignedInt | UnsetType = UNSET
    extension_of_quantity: PrimitiveExtension | UnsetType = field(default=UNSET, name="_quantity")
    type: Literal['person', 'animal', 'practitioner', 'device', 'medication', 'substance'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class GroupCharacteristic(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept
    exclude: bool | UnsetType = UNSET
    extension_of_exclude: PrimitiveExtension | UnsetType = field(default=UNSET, name="_exclude")
    period: Period | UnsetType = UNSET
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET


class GroupMember(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    entity: Reference
    inactive: bool | UnsetType = UNSET
    extension_of_inactive: PrimitiveExtension | UnsetType = field(default=UNSET, name="_inactive")
    period: Period | UnsetType = UNSET


class HealthcareService(Struct, kw_only=True, forbid_unknown_fields=True, tag="HealthcareService", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    appointmentRequired: bool | UnsetType = UNSET
    extension_of_appointmentRequired: PrimitiveExtension | UnsetType = field(default=UNSET, name="_appointmentRequired")
    availabilityExceptions: Text | UnsetType = UNSET
    extension_of_availabilityExceptions: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availabilityExceptions")
    availableTime: Many[HealthcareServiceAvailableTime] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    characteristic: Many[CodeableConcept] | UnsetType = UNSET
    comment: Text | UnsetType = UNSET
    extension_of_comment: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comment")
    communication: Many[CodeableConcept] | UnsetType = UNSET
    coverageArea: Many[Reference] | UnsetType = UNSET
    eligibility: Many[HealthcareServiceEligibility] | UnsetType = UNSET
    endpoint: Many[Reference] | UnsetType = UNSET
    extraDetails: Text | UnsetType = UNSET
    extension_of_extraDetails: PrimitiveExtension | UnsetType = field(default=UNSET, name="_extraDetails")
    identifier: Many[Identifier] | UnsetType = UNSET
    location: Many[Reference] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    notAvailable: Many[HealthcareServiceNotAvailable] | UnsetType = UNSET
    photo: Attachment | UnsetType = UNSET
    program: Many[CodeableConcept] | UnsetType = UNSET
    providedBy: Reference | UnsetType = UNSET
    referralMethod: Many[CodeableConcept] | UnsetType = UNSET
    serviceProvisionCode: Many[CodeableConcept] | UnsetType = UNSET
    specialty: Many[CodeableConcept] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class HealthcareServiceAvailableTime(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    allDay: bool | UnsetType = UNSET
    extension_of_allDay: PrimitiveExtension | UnsetType = field(default=UNSET, name="_allDay")
    availableEndTime: Time | UnsetType = UNSET
    extension_of_availableEndTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availableEndTime")
    availableStartTime: Time | UnsetType = UNSET
    extension_of_availableStartTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availableStartTime")
    daysOfWeek: Many[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] | None] | UnsetType = UNSET
    extension_of_daysOfWeek: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_daysOfWeek")


class HealthcareServiceEligibility(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    comment: Text | UnsetType = UNSET
    extension_of_comment: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comment")


class HealthcareServiceNotAvailable(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    during: Period | UnsetType = UNSET


class HumanName(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    family: Text | UnsetType = UNSET
    extension_of_family: PrimitiveExtension | UnsetType = field(default=UNSET, name="_family")
    given: Many[Text | None] | UnsetType = UNSET
    extension_of_given: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_given")
    period: Period | UnsetType = UNSET
    prefix: Many[Text | None] | UnsetType = UNSET
    extension_of_prefix: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_prefix")
    suffix: Many[Text | None] | UnsetType = UNSET
    extension_of_suffix: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_suffix")
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")
    use: Literal['usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden'] | UnsetType = UNSET
    extension_of_use: PrimitiveExtension | UnsetType = field(default=UNSET, name="_use")


class Identifier(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    assigner: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    type: CodeableConcept | UnsetType = UNSET
    use: Literal['usual', 'official', 'temp', 'secondary', 'old'] | UnsetType = UNSET
    extension_of_use: PrimitiveExtension | UnsetType = field(default=UNSET, name="_use")
    value: Text | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class Immunization(Struct, kw_only=True, forbid_unknown_fields=True, tag="Immunization", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    doseQuantity: Quantity | UnsetType = UNSET
    education: Many[ImmunizationEducation] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    expirationDate: Date | UnsetType = UNSET
    extension_of_expirationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_expirationDate")
    fundingSource: CodeableConcept | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    isSubpotent: bool | UnsetType = UNSET
    extension_of_isSubpotent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_isSubpotent")
    location: Reference | UnsetType = UNSET
    lotNumber: Text | UnsetType = UNSET
    extension_of_lotNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lotNumber")
    manufacturer: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    occurrenceDateTime: DateTime | UnsetType = UNSET
    extension_of_occurrenceDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_occurrenceDateTime")
    occurrenceString: Text | UnsetType = UNSET
    extension_of_occurrenceString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_occurrenceString")
    patient: Reference
    performer: Many[ImmunizationPerformer] | UnsetType = UNSET
    primarySource: bool | UnsetType = UNSET
    extension_of_primarySource: PrimitiveExtension | UnsetType = field(default=UNSET, name="_primarySource")
    programEligibility: Many[CodeableConcept] | UnsetType = UNSET
    protocolApplied: Many[ImmunizationProtocolApplied] | UnsetType = UNSET
    reaction: Many[ImmunizationReaction] | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    recorded: DateTime | UnsetType = UNSET
    extension_of_recorded: PrimitiveExtension | UnsetType = field(default=UNSET, name="_recorded")
    reportOrigin: CodeableConcept | UnsetType = UNSET
    route: CodeableConcept | UnsetType = UNSET
    site: CodeableConcept | UnsetType = UNSET
    status: Literal['completed', 'entered-in-error', 'not-done'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET
    subpotentReason: Many[CodeableConcept] | UnsetType = UNSET
    vaccineCode: CodeableConcept


class ImmunizationEducation(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    documentType: Text | UnsetType = UNSET
    extension_of_documentType: PrimitiveExtension | UnsetType = field(default=UNSET, name="_documentType")
    presentationDate: DateTime | UnsetType = UNSET
    extension_of_presentationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_presentationDate")
    publicationDate: DateTime | UnsetType = UNSET
    extension_of_publicationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_publicationDate")
    reference: Uri | UnsetType = UNSET
    extension_of_reference: PrimitiveExtension | UnsetType = field(default=UNSET, name="_reference")


class ImmunizationPerformer(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    actor: Reference
    function: CodeableConcept | UnsetType = UNSET


class ImmunizationProtocolApplied(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    authority: Reference | UnsetType = UNSET
    doseNumberPositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_doseNumberPositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_doseNumberPositiveInt")
    doseNumberString: Text | UnsetType = UNSET
    extension_of_doseNumberString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_doseNumberString")
    series: Text | UnsetType = UNSET
    extension_of_series: PrimitiveExtension | UnsetType = field(default=UNSET, name="_series")
    seriesDosesPositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_seriesDosesPositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_seriesDosesPositiveInt")
    seriesDosesString: Text | UnsetType = UNSET
    extension_of_seriesDosesString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_seriesDosesString")
    targetDisease: Many[CodeableConcept] | UnsetType = UNSET


class ImmunizationReaction(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    date: DateTime | UnsetType = UNSET
    extension_of_date: PrimitiveExtension | UnsetType = field(default=UNSET, name="_date")
    detail: Reference | UnsetType = UNSET
    reported: bool | UnsetType = UNSET
    extension_of_reported: PrimitiveExtension | UnsetType = field(default=UNSET, name="_reported")


class Location(Struct, kw_only=True, forbid_unknown_fields=True, tag="Location", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    alias: Many[Text | None] | UnsetType = UNSET
    extension_of_alias: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_alias")
    availabilityExceptions: Text | UnsetType = UNSET
    extension_of_availabilityExceptions: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availabilityExceptions")
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    endpoint: Many[Reference] | UnsetType = UNSET
    hoursOfOperation: Many[LocationHoursOfOperation] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    managingOrganization: Reference | UnsetType = UNSET
    mode: Literal['instance', 'kind'] | UnsetType = UNSET
    extension_of_mode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_mode")
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    operationalStatus: Coding | UnsetType = UNSET
    partOf: Reference | UnsetType = UNSET
    physicalType: CodeableConcept | UnsetType = UNSET
    position: LocationPosition | UnsetType = UNSET
    status: Literal['active', 'suspended', 'inactive'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    telecom: Many[ContactPoint] | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class LocationHoursOfOperation(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    allDay: bool | UnsetType = UNSET
    extension_of_allDay: PrimitiveExtension | UnsetType = field(default=UNSET, name="_allDay")
    closingTime: Time | UnsetType = UNSET
    extension_of_closingTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_closingTime")
    daysOfWeek: Many[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] | None] | UnsetType = UNSET
    extension_of_daysOfWeek: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_daysOfWeek")
    openingTime: Time | UnsetType = UNSET
    extension_of_openingTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_openingTime")


class LocationPosition(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    altitude: Decimal | UnsetType = UNSET
    extension_of_altitude: PrimitiveExtension | UnsetType = field(default=UNSET, name="_altitude")
    latitude: Decimal | UnsetType = UNSET
    extension_of_latitude: PrimitiveExtension | UnsetType = field(default=UNSET, name="_latitude")
    longitude: Decimal | UnsetType = UNSET
    extension_of_longitude: PrimitiveExtension | UnsetType = field(default=UNSET, name="_longitude")


class Medication(Struct, kw_only=True, forbid_unknown_fields=True, tag="Medication", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    amount: Ratio | UnsetType = UNSET
    batch: MedicationBatch | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    form: CodeableConcept | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    ingredient: Many[MedicationIngredient] | UnsetType = UNSET
    manufacturer: Reference | UnsetType = UNSET
    status: Literal['active', 'inactive', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class MedicationAdministration(Struct, kw_only=True, forbid_unknown_fields=True, tag="MedicationAdministration", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    category: CodeableConcept | UnsetType = UNSET
    context: Reference | UnsetType = UNSET
    device: Many[Reference] | UnsetType = UNSET
    dosage: MedicationAdministrationDosage | UnsetType = UNSET
    effectiveDateTime: DateTime | UnsetType = UNSET
    extension_of_effectiveDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_effectiveDateTime")
    effectivePeriod: Period | UnsetType = UNSET
    eventHistory: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    instantiates: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiates: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiates")
    medicationCodeableConcept: CodeableConcept | UnsetType = UNSET
    medicationReference: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    performer: Many[MedicationAdministrationPerformer] | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    request: Reference | UnsetType = UNSET
    status: Literal['in-progress', 'not-done', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: Many[CodeableConcept] | UnsetType = UNSET
    subject: Reference
    supportingInformation: Many[Reference] | UnsetType = UNSET


class MedicationAdministrationDosage(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    dose: Quantity | UnsetType = UNSET
    method: CodeableConcept | UnsetType = UNSET
    rateQuantity: Quantity | UnsetType = UNSET
    rateRatio: Ratio | UnsetType = UNSET
    route: CodeableConcept | UnsetType = UNSET
    site: CodeableConcept | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")


class MedicationAdministrationPerformer(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    actor: Reference
    function: CodeableConcept | UnsetType = UNSET


class MedicationBatch(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    expirationDate: DateTime | UnsetType = UNSET
    extension_of_expirationDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_expirationDate")
    lotNumber: Text | UnsetType = UNSET
    extension_of_lotNumber: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lotNumber")


class MedicationIngredient(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    isActive: bool | UnsetType = UNSET
    extension_of_isActive: PrimitiveExtension | UnsetType = field(default=UNSET, name="_isActive")
    itemCodeableConcept: CodeableConcept | UnsetType = UNSET
    itemReference: Reference | UnsetType = UNSET
    strength: Ratio | UnsetType = UNSET


class MedicationRequest(Struct, kw_only=True, forbid_unknown_fields=True, tag="MedicationRequest", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    authoredOn: DateTime | UnsetType = UNSET
    extension_of_authoredOn: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authoredOn")
    basedOn: Many[Reference] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    courseOfTherapyType: CodeableConcept | UnsetType = UNSET
    detectedIssue: Many[Reference] | UnsetType = UNSET
    dispenseRequest: MedicationRequestDispenseRequest | UnsetType = UNSET
    doNotPerform: bool | UnsetType = UNSET
    extension_of_doNotPerform: PrimitiveExtension | UnsetType = field(default=UNSET, name="_doNotPerform")
    dosageInstruction: Many[Dosage] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    eventHistory: Many[Reference] | UnsetType = UNSET
    groupIdentifier: Identifier | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    insurance: Many[Reference] | UnsetType = UNSET
    intent: Literal['proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'] | UnsetType = UNSET
    extension_of_intent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_intent")
    medicationCodeableConcept: CodeableConcept | UnsetType = UNSET
    medicationReference: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    performer: Reference | UnsetType = UNSET
    performerType: CodeableConcept | UnsetType = UNSET
    priorPrescription: Reference | UnsetType = UNSET
    priority: Literal['routine', 'urgent', 'asap', 'stat'] | UnsetType = UNSET
    extension_of_priority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_priority")
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    recorder: Reference | UnsetType = UNSET
    reportedBoolean: bool | UnsetType = UNSET
    extension_of_reportedBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_reportedBoolean")
    reportedReference: Reference | UnsetType = UNSET
    requester: Reference | UnsetType = UNSET
    status: Literal['active', 'on-hold', 'cancelled', 'completed', 'entered-in-error', 'stopped', 'draft', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET
    subject: Reference
    substitution: MedicationRequestSubstitution | UnsetType = UNSET
    supportingInformation: Many[Reference] | UnsetType = UNSET


class MedicationRequestDispenseRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    dispenseInterval: Duration | UnsetType = UNSET
    expectedSupplyDuration: Duration | UnsetType = UNSET
    initialFill: MedicationRequestDispenseRequestInitialFill | UnsetType = UNSET
    numberOfRepeatsAllowed: UnsignedInt | UnsetType = UNSET
    extension_of_numberOfRepeatsAllowed: PrimitiveExtension | UnsetType = field(default=UNSET, name="_numberOfRepeatsAllowed")
    performer: Reference | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    validityPeriod: Period | UnsetType = UNSET


class MedicationRequestDispenseRequestInitialFill(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    duration: Duration | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET


class MedicationRequestSubstitution(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    allowedBoolean: bool | UnsetType = UNSET
    extension_of_allowedBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_allowedBoolean")
    allowedCodeableConcept: CodeableConcept | UnsetType = UNSET
    reason: CodeableConcept | UnsetType = UNSET


class MedicationStatement(Struct, kw_only=True, forbid_unknown_fields=True, tag="MedicationStatement", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    category: CodeableConcept | UnsetType = UNSET
    context: Reference | UnsetType = UNSET
    dateAsserted: DateTime | UnsetType = UNSET
    extension_of_dateAsserted: PrimitiveExtension | UnsetType = field(default=UNSET, name="_dateAsserted")
    derivedFrom: Many[Reference] | UnsetType = UNSET
    dosage: Many[Dosage] | UnsetType = UNSET
    effectiveDateTime: DateTime | UnsetType = UNSET
    extension_of_effectiveDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_effectiveDateTime")
    effectivePeriod: Period | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    informationSource: Reference | UnsetType = UNSET
    medicationCodeableConcept: CodeableConcept | UnsetType = UNSET
    medicationReference: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    status: Literal['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold', 'unknown', 'not-taken'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: Many[CodeableConcept] | UnsetType = UNSET
    subject: Reference


class MessageHeader(Struct, kw_only=True, forbid_unknown_fields=True, tag="MessageHeader", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    author: Reference | UnsetType = UNSET
    definition: Uri | UnsetType = UNSET
    extension_of_definition: PrimitiveExtension | UnsetType = field(default=UNSET, name="_definition")
    destination: Many[MessageHeaderDestination] | UnsetType = UNSET
    enterer: Reference | UnsetType = UNSET
    eventCoding: Coding | UnsetType = UNSET
    eventUri: Uri | UnsetType = UNSET
    extension_of_eventUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_eventUri")
    focus: Many[Reference] | UnsetType = UNSET
    reason: CodeableConcept | UnsetType = UNSET
    response: MessageHeaderResponse | UnsetType = UNSET
    responsible: Reference | UnsetType = UNSET
    sender: Reference | UnsetType = UNSET
    source: MessageHeaderSource


class MessageHeaderDestination(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    endpoint: Uri | UnsetType = UNSET
    extension_of_endpoint: PrimitiveExtension | UnsetType = field(default=UNSET, name="_endpoint")
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    receiver: Reference | UnsetType = UNSET
    target: Reference | UnsetType = UNSET


class MessageHeaderResponse(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Literal['ok', 'transient-error', 'fatal-error'] | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    details: Reference | UnsetType = UNSET
    identifier: Id | UnsetType = UNSET
    extension_of_identifier: PrimitiveExtension | UnsetType = field(default=UNSET, name="_identifier")


class MessageHeaderSource(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    contact: ContactPoint | UnsetType = UNSET
    endpoint: Uri | UnsetType = UNSET
    extension_of_endpoint: PrimitiveExtension | UnsetType = field(default=UNSET, name="_endpoint")
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    software: Text | UnsetType = UNSET
    extension_of_software: PrimitiveExtension | UnsetType = field(default=UNSET, name="_software")
    version: Text | UnsetType = UNSET
    extension_of_version: PrimitiveExtension | UnsetType = field(default=UNSET, name="_version")


class Meta(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    lastUpdated: Instant | UnsetType = UNSET
    extension_of_lastUpdated: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lastUpdated")
    profile: Many[Uri | None] | UnsetType = UNSET
    extension_of_profile: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_profile")
    security: Many[Coding] | UnsetType = UNSET
    source: Uri | UnsetType = UNSET
    extension_of_source: PrimitiveExtension | UnsetType = field(default=UNSET, name="_source")
    tag: Many[Coding] | UnsetType = UNSET
    versionId: Id | UnsetType = UNSET
    extension_of_versionId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_versionId")


class Money(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    currency: Code | UnsetType = UNSET
    extension_of_currency: PrimitiveExtension | UnsetType = field(default=UNSET, name="_currency")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class Narrative(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    div: Text | UnsetType = UNSET
    extension_of_div: PrimitiveExtension | UnsetType = field(default=UNSET, name="_div")
    status: Literal['generated', 'extensions', 'additional', 'empty'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")


class Observation(Struct, kw_only=True, forbid_unknown_fields=True, tag="Observation", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    bodySite: CodeableConcept | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    code: CodeableConcept
    component: Many[ObservationComponent] | UnsetType = UNSET
    dataAbsentReason: CodeableConcept | UnsetType = UNSET
    derivedFrom: Many[Reference] | UnsetType = UNSET
    device: Reference | UnsetType = UNSET
    effectiveDateTime: DateTime | UnsetType = UNSET
    extension_of_effectiveDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_effectiveDateTime")
    effectiveInstant: Instant | UnsetType = UNSET
    extension_of_effectiveInstant: PrimitiveExtension | UnsetType = field(default=UNSET, name="_effectiveInstant")
    effectivePeriod: Period | UnsetType = UNSET
    effectiveTiming: Timing | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    focus: Many[Reference] | UnsetType = UNSET
    hasMember: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    interpretation: Many[CodeableConcept] | UnsetType = UNSET
    issued: Instant | UnsetType = UNSET
    extension_of_issued: PrimitiveExtension | UnsetType = field(default=UNSET, name="_issued")
    method: CodeableConcept | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    performer: Many[Reference] | UnsetType = UNSET
    referenceRange: Many[ObservationReferenceRange] | UnsetType = UNSET
    specimen: Reference | UnsetType = UNSET
    status: Literal['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valuePeriod: Period | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")


class ObservationComponent(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept
    dataAbsentReason: CodeableConcept | UnsetType = UNSET
    interpretation: Many[CodeableConcept] | UnsetType = UNSET
    referenceRange: Many[ObservationReferenceRange] | UnsetType = UNSET
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valuePeriod: Period | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")


class ObservationReferenceRange(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    age: Range | UnsetType = UNSET
    appliesTo: Many[CodeableConcept] | UnsetType = UNSET
    high: Quantity | UnsetType = UNSET
    low: Quantity | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")
    type: CodeableConcept | UnsetType = UNSET


class OperationOutcome(Struct, kw_only=True, forbid_unknown_fields=True, tag="OperationOutcome", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    issue: Many[OperationOutcomeIssue]


class OperationOutcomeIssue(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: Literal['invalid', 'structure', 'required', 'value', 'invariant', 'security', 'login', 'unknown', 'expired', 'forbidden', 'suppressed', 'processing', 'not-supported', 'duplicate', 'multiple-matches', 'not-found', 'deleted', 'too-long', 'code-invalid', 'extension', 'too-costly', 'business-rule', 'conflict', 'transient', 'lock-error', 'no-store', 'exception', 'timeout', 'incomplete', 'throttled', 'informational'] | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    details: CodeableConcept | UnsetType = UNSET
    diagnostics: Text | UnsetType = UNSET
    extension_of_diagnostics: PrimitiveExtension | UnsetType = field(default=UNSET, name="_diagnostics")
    expression: Many[Text | None] | UnsetType = UNSET
    extension_of_expression: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_expression")
    location: Many[Text | None] | UnsetType = UNSET
    extension_of_location: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_location")
    severity: Literal['fatal', 'error', 'warning', 'information'] | UnsetType = UNSET
    extension_of_severity: PrimitiveExtension | UnsetType = field(default=UNSET, name="_severity")


class Organization(Struct, kw_only=True, forbid_unknown_fields=True, tag="Organization", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    address: Many[Address] | UnsetType = UNSET
    alias: Many[Text | None] | UnsetType = UNSET
    extension_of_alias: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_alias")
    contact: Many[OrganizationContact] | UnsetType = UNSET
    endpoint: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    partOf: Reference | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET
    type: Many[CodeableConcept] | UnsetType = UNSET


class OrganizationContact(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    name: HumanName | UnsetType = UNSET
    purpose: CodeableConcept | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class ParameterDefinition(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    documentation: Text | UnsetType = UNSET
    extension_of_documentation: PrimitiveExtension | UnsetType = field(default=UNSET, name="_documentation")
    max: Text | UnsetType = UNSET
    extension_of_max: PrimitiveExtension | UnsetType = field(default=UNSET, name="_max")
    min: Integer | UnsetType = UNSET
    extension_of_min: PrimitiveExtension | UnsetType = field(default=UNSET, name="_min")
    name: Code | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    profile: Uri | UnsetType = UNSET
    extension_of_profile: PrimitiveExtension | UnsetType = field(default=UNSET, name="_profile")
    type: Code | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")
    use: Literal['in', 'out'] | UnsetType = UNSET
    extension_of_use: PrimitiveExtension | UnsetType = field(default=UNSET, name="_use")


class Parameters(Struct, kw_only=True, forbid_unknown_fields=True, tag="Parameters", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    parameter: Many[ParametersParameter] | UnsetType = UNSET


class ParametersParameter(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    part: Many[ParametersParameter] | UnsetType = UNSET
    resource: AnyResource | UnsetType = UNSET
    valueAddress: Address | UnsetType = UNSET
    valueAge: Age | UnsetType = UNSET
    valueAnnotation: Annotation | UnsetType = UNSET
    valueAttachment: Attachment | UnsetType = UNSET
    valueBase64Binary: Base64 | UnsetType = UNSET
    extension_of_valueBase64Binary: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBase64Binary")
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCanonical: Uri | UnsetType = UNSET
    extension_of_valueCanonical: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCanonical")
    valueCode: Code | UnsetType = UNSET
    extension_of_valueCode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCode")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueCoding: Coding | UnsetType = UNSET
    valueContactDetail: ContactDetail | UnsetType = UNSET
    valueContactPoint: ContactPoint | UnsetType = UNSET
    valueContributor: Contributor | UnsetType = UNSET
    valueCount: Count | UnsetType = UNSET
    valueDataRequirement: DataRequirement | UnsetType = UNSET
    valueDate: Date | UnsetType = UNSET
    extension_of_valueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDate")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDecimal: Decimal | UnsetType = UNSET
    extension_of_valueDecimal: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDecimal")
    valueDistance: Distance | UnsetType = UNSET
    valueDosage: Dosage | UnsetType = UNSET
    valueDuration: Duration | UnsetType = UNSET
    valueExpression: Expression | UnsetType = UNSET
    valueHumanName: HumanName | UnsetType = UNSET
    valueId: Id | UnsetType = UNSET
    extension_of_valueId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueId")
    valueIdentifier: Identifier | UnsetType = UNSET
    valueInstant: Instant | UnsetType = UNSET
    extension_of_valueInstant: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInstant")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valueMarkdown: Text | UnsetType = UNSET
    extension_of_valueMarkdown: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueMarkdown")
    valueMeta: Meta | UnsetType = UNSET
    valueMoney: Money | UnsetType = UNSET
    valueOid: Oid | UnsetType = UNSET
    extension_of_valueOid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueOid")
    valueParameterDefinition: ParameterDefinition | UnsetType = UNSET
    valuePeriod: Period | UnsetType = UNSET
    valuePositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_valuePositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valuePositiveInt")
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET
    valueRelatedArtifact: RelatedArtifact | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueSignature: Signature | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")
    valueTiming: Timing | UnsetType = UNSET
    valueTriggerDefinition: TriggerDefinition | UnsetType = UNSET
    valueUnsignedInt: UnsignedInt | UnsetType = UNSET
    extension_of_valueUnsignedInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUnsignedInt")
    valueUri: Uri | UnsetType = UNSET
    extension_of_valueUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUri")
    valueUrl: Uri | UnsetType = UNSET
    extension_of_valueUrl: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUrl")
    valueUsageContext: UsageContext | UnsetType = UNSET
    valueUuid: Uri | UnsetType = UNSET
    extension_of_valueUuid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUuid")


class Patient(Struct, kw_only=True, forbid_unknown_fields=True, tag="Patient", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    address: Many[Address] | UnsetType = UNSET
    birthDate: Date | UnsetType = UNSET
    extension_of_birthDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_birthDate")
    communication: Many[PatientCommunication] | UnsetType = UNSET
    contact: Many[PatientContact] | UnsetType = UNSET
    deceasedBoolean: bool | UnsetType = UNSET
    extension_of_deceasedBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_deceasedBoolean")
    deceasedDateTime: DateTime | UnsetType = UNSET
    extension_of_deceasedDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_deceasedDateTime")
    gender: Literal['male', 'female', 'other', 'unknown'] | UnsetType = UNSET
    extension_of_gender: PrimitiveExtension | UnsetType = field(default=UNSET, name="_gender")
    generalPractitioner: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    link: Many[PatientLink] | UnsetType = UNSET
    managingOrganization: Reference | UnsetType = UNSET
    maritalStatus: CodeableConcept | UnsetType = UNSET
    multipleBirthBoolean: bool | UnsetType = UNSET
    extension_of_multipleBirthBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_multipleBirthBoolean")
    multipleBirthInteger: Integer | UnsetType = UNSET
    extension_of_multipleBirthInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_multipleBirthInteger")
    name: Many[HumanName] | UnsetType = UNSET
    photo: Many[Attachment] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class PatientCommunication(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    language: CodeableConcept
    preferred: bool | UnsetType = UNSET
    extension_of_preferred: PrimitiveExtension | UnsetType = field(default=UNSET, name="_preferred")


class PatientContact(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    gender: Literal['male', 'female', 'other', 'unknown'] | UnsetType = UNSET
    extension_of_gender: PrimitiveExtension | UnsetType = field(default=UNSET, name="_gender")
    name: HumanName | UnsetType = UNSET
    organization: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    relationship: Many[CodeableConcept] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class PatientLink(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    other: Reference
    type: Literal['replaced-by', 'replaces', 'refer', 'seealso'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class Period(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    end: DateTime | UnsetType = UNSET
    extension_of_end: PrimitiveExtension | UnsetType = field(default=UNSET, name="_end")
    start: DateTime | UnsetType = UNSET
    extension_of_start: PrimitiveExtension | UnsetType = field(default=UNSET, name="_start")


class Practitioner(Struct, kw_only=True, forbid_unknown_fields=True, tag="Practitioner", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    address: Many[Address] | UnsetType = UNSET
    birthDate: Date | UnsetType = UNSET
    extension_of_birthDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_birthDate")
    communication: Many[CodeableConcept] | UnsetType = UNSET
    gender: Literal['male', 'female', 'other', 'unknown'] | UnsetType = UNSET
    extension_of_gender: PrimitiveExtension | UnsetType = field(default=UNSET, name="_gender")
    identifier: Many[Identifier] | UnsetType = UNSET
    name: Many[HumanName] | UnsetType = UNSET
    photo: Many[Attachment] | UnsetType = UNSET
    qualification: Many[PractitionerQualification] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class PractitionerQualification(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept
    identifier: Many[Identifier] | UnsetType = UNSET
    issuer: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET


class PractitionerRole(Struct, kw_only=True, forbid_unknown_fields=True, tag="PractitionerRole", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    availabilityExceptions: Text | UnsetType = UNSET
    extension_of_availabilityExceptions: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availabilityExceptions")
    availableTime: Many[PractitionerRoleAvailableTime] | UnsetType = UNSET
    code: Many[CodeableConcept] | UnsetType = UNSET
    endpoint: Many[Reference] | UnsetType = UNSET
    healthcareService: Many[Reference] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    location: Many[Reference] | UnsetType = UNSET
    notAvailable: Many[PractitionerRoleNotAvailable] | UnsetType = UNSET
    organization: Reference | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    practitioner: Reference | UnsetType = UNSET
    specialty: Many[CodeableConcept] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class PractitionerRoleAvailableTime(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    allDay: bool | UnsetType = UNSET
    extension_of_allDay: PrimitiveExtension | UnsetType = field(default=UNSET, name="_allDay")
    availableEndTime: Time | UnsetType = UNSET
    extension_of_availableEndTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availableEndTime")
    availableStartTime: Time | UnsetType = UNSET
    extension_of_availableStartTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_availableStartTime")
    daysOfWeek: Many[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] | None] | UnsetType = UNSET
    extension_of_daysOfWeek: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_daysOfWeek")


class PractitionerRoleNotAvailable(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    during: Period | UnsetType = UNSET


class Procedure(Struct, kw_only=True, forbid_unknown_fields=True, tag="Procedure", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    asserter: Reference | UnsetType = UNSET
    basedOn: Many[Reference] | UnsetType = UNSET
    bodySite: Many[CodeableConcept] | UnsetType = UNSET
    category: CodeableConcept | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    complication: Many[CodeableConcept] | UnsetType = UNSET
    complicationDetail: Many[Reference] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    focalDevice: Many[ProcedureFocalDevice] | UnsetType = UNSET
    followUp: Many[CodeableConcept] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    location: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    outcome: CodeableConcept | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    performedAge: Age | UnsetType = UNSET
    performedDateTime: DateTime | UnsetType = UNSET
    extension_of_performedDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_performedDateTime")
    performedPeriod: Period | UnsetType = UNSET
    performedRange: Range | UnsetType = UNSET
    performedString: Text | UnsetType = UNSET
    extension_of_performedString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_performedString")
    performer: Many[ProcedurePerformer] | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    recorder: Reference | UnsetType = UNSET
    report: Many[Reference] | UnsetType = UNSET
    status: Literal['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET
    subject: Reference
    usedCode: Many[CodeableConcept] | UnsetType = UNSET
    usedReference: Many[Reference] | UnsetType = UNSET


class ProcedureFocalDevice(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    action: CodeableConcept | UnsetType = UNSET
    manipulated: Reference


class ProcedurePerformer(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    actor: Reference
    function: CodeableConcept | UnsetType = UNSET
    onBehalfOf: Reference | UnsetType = UNSET


class Provenance(Struct, kw_only=True, forbid_unknown_fields=True, tag="Provenance", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    activity: CodeableConcept | UnsetType = UNSET
    agent: Many[ProvenanceAgent]
    entity: Many[ProvenanceEntity] | UnsetType = UNSET
    location: Reference | UnsetType = UNSET
    occurredDateTime: DateTime | UnsetType = UNSET
    extension_of_occurredDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_occurredDateTime")
    occurredPeriod: Period | UnsetType = UNSET
    policy: Many[Uri | None] | UnsetType = UNSET
    extension_of_policy: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_policy")
    reason: Many[CodeableConcept] | UnsetType = UNSET
    recorded: Instant | UnsetType = UNSET
    extension_of_recorded: PrimitiveExtension | UnsetType = field(default=UNSET, name="_recorded")
    signature: Many[Signature] | UnsetType = UNSET
    target: Many[Reference]


class ProvenanceAgent(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    onBehalfOf: Reference | UnsetType = UNSET
    role: Many[CodeableConcept] | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET
    who: Reference


class ProvenanceEntity(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    agent: Many[ProvenanceAgent] | UnsetType = UNSET
    role: Literal['derivation', 'revision', 'quotation', 'source', 'removal'] | UnsetType = UNSET
    extension_of_role: PrimitiveExtension | UnsetType = field(default=UNSET, name="_role")
    what: Reference


class Quantity(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    extension_of_code: PrimitiveExtension | UnsetType = field(default=UNSET, name="_code")
    comparator: Literal['<', '<=', '>=', '>'] | UnsetType = UNSET
    extension_of_comparator: PrimitiveExtension | UnsetType = field(default=UNSET, name="_comparator")
    system: Uri | UnsetType = UNSET
    extension_of_system: PrimitiveExtension | UnsetType = field(default=UNSET, name="_system")
    unit: Text | UnsetType = UNSET
    extension_of_unit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_unit")
    value: Decimal | UnsetType = UNSET
    extension_of_value: PrimitiveExtension | UnsetType = field(default=UNSET, name="_value")


class QuestionnaireResponse(Struct, kw_only=True, forbid_unknown_fields=True, tag="QuestionnaireResponse", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    author: Reference | UnsetType = UNSET
    authored: DateTime | UnsetType = UNSET
    extension_of_authored: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authored")
    basedOn: Many[Reference] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    identifier: Identifier | UnsetType = UNSET
    item: Many[QuestionnaireResponseItem] | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    questionnaire: Uri | UnsetType = UNSET
    extension_of_questionnaire: PrimitiveExtension | UnsetType = field(default=UNSET, name="_questionnaire")
    source: Reference | UnsetType = UNSET
    status: Literal['in-progress', 'completed', 'amended', 'entered-in-error', 'stopped'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET


class QuestionnaireResponseItem(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    answer: Many[QuestionnaireResponseItemAnswer] | UnsetType = UNSET
    definition: Uri | UnsetType = UNSET
    extension_of_definition: PrimitiveExtension | UnsetType = field(default=UNSET, name="_definition")
    item: Many[QuestionnaireResponseItem] | UnsetType = UNSET
    linkId: Text | UnsetType = UNSET
    extension_of_linkId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_linkId")
    text: Text | UnsetType = UNSET
    extension_of_text: PrimitiveExtension | UnsetType = field(default=UNSET, name="_text")


class QuestionnaireResponseItemAnswer(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    item: Many[QuestionnaireResponseItem] | UnsetType = UNSET
    valueAttachment: Attachment | UnsetType = UNSET
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCoding: Coding | UnsetType = UNSET
    valueDate: Date | UnsetType = UNSET
    extension_of_valueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDate")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDecimal: Decimal | UnsetType = UNSET
    extension_of_valueDecimal: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDecimal")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valueQuantity: Quantity | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")
    valueUri: Uri | UnsetType = UNSET
    extension_of_valueUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUri")


class Range(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    high: Quantity | UnsetType = UNSET
    low: Quantity | UnsetType = UNSET


class Ratio(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    denominator: Quantity | UnsetType = UNSET
    numerator: Quantity | UnsetType = UNSET


class RatioRange(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    denominator: Quantity | UnsetType = UNSET
    highNumerator: Quantity | UnsetType = UNSET
    lowNumerator: Quantity | UnsetType = UNSET


class Reference(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    display: Text | UnsetType = UNSET
    extension_of_display: PrimitiveExtension | UnsetType = field(default=UNSET, name="_display")
    identifier: Identifier | UnsetType = UNSET
    reference: Text | UnsetType = UNSET
    extension_of_reference: PrimitiveExtension | UnsetType = field(default=UNSET, name="_reference")
    type: Uri | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class RelatedArtifact(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    citation: Text | UnsetType = UNSET
    extension_of_citation: PrimitiveExtension | UnsetType = field(default=UNSET, name="_citation")
    display: Text | UnsetType = UNSET
    extension_of_display: PrimitiveExtension | UnsetType = field(default=UNSET, name="_display")
    document: Attachment | UnsetType = UNSET
    label: Text | UnsetType = UNSET
    extension_of_label: PrimitiveExtension | UnsetType = field(default=UNSET, name="_label")
    resource: Uri | UnsetType = UNSET
    extension_of_resource: PrimitiveExtension | UnsetType = field(default=UNSET, name="_resource")
    type: Literal['documentation', 'justification', 'citation', 'predecessor', 'successor', 'derived-from', 'depends-on', 'composed-of'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")
    url: Uri | UnsetType = UNSET
    extension_of_url: PrimitiveExtension | UnsetType = field(default=UNSET, name="_url")


class RelatedPerson(Struct, kw_only=True, forbid_unknown_fields=True, tag="RelatedPerson", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    extension_of_active: PrimitiveExtension | UnsetType = field(default=UNSET, name="_active")
    address: Many[Address] | UnsetType = UNSET
    birthDate: Date | UnsetType = UNSET
    extension_of_birthDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_birthDate")
    communication: Many[RelatedPersonCommunication] | UnsetType = UNSET
    gender: Literal['male', 'female', 'other', 'unknown'] | UnsetType = UNSET
    extension_of_gender: PrimitiveExtension | UnsetType = field(default=UNSET, name="_gender")
    identifier: Many[Identifier] | UnsetType = UNSET
    name: Many[HumanName] | UnsetType = UNSET
    patient: Reference
    period: Period | UnsetType = UNSET
    photo: Many[Attachment] | UnsetType = UNSET
    relationship: Many[CodeableConcept] | UnsetType = UNSET
    telecom: Many[ContactPoint] | UnsetType = UNSET


class RelatedPersonCommunication(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    language: CodeableConcept
    preferred: bool | UnsetType = UNSET
    extension_of_preferred: PrimitiveExtension | UnsetType = field(default=UNSET, name="_preferred")


class SampledData(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    data: Text | UnsetType = UNSET
    extension_of_data: PrimitiveExtension | UnsetType = field(default=UNSET, name="_data")
    dimensions: PositiveInt | UnsetType = UNSET
    extension_of_dimensions: PrimitiveExtension | UnsetType = field(default=UNSET, name="_dimensions")
    factor: Decimal | UnsetType = UNSET
    extension_of_factor: PrimitiveExtension | UnsetType = field(default=UNSET, name="_factor")
    lowerLimit: Decimal | UnsetType = UNSET
    extension_of_lowerLimit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lowerLimit")
    origin: Quantity
    period: Decimal | UnsetType = UNSET
    extension_of_period: PrimitiveExtension | UnsetType = field(default=UNSET, name="_period")
    upperLimit: Decimal | UnsetType = UNSET
    extension_of_upperLimit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_upperLimit")


class ServiceRequest(Struct, kw_only=True, forbid_unknown_fields=True, tag="ServiceRequest", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    asNeededBoolean: bool | UnsetType = UNSET
    extension_of_asNeededBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_asNeededBoolean")
    asNeededCodeableConcept: CodeableConcept | UnsetType = UNSET
    authoredOn: DateTime | UnsetType = UNSET
    extension_of_authoredOn: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authoredOn")
    basedOn: Many[Reference] | UnsetType = UNSET
    bodySite: Many[CodeableConcept] | UnsetType = UNSET
    category: Many[CodeableConcept] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    doNotPerform: bool | UnsetType = UNSET
    extension_of_doNotPerform: PrimitiveExtension | UnsetType = field(default=UNSET, name="_doNotPerform")
    encounter: Reference | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    instantiatesCanonical: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesCanonical: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Many[Uri | None] | UnsetType = UNSET
    extension_of_instantiatesUri: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_instantiatesUri")
    insurance: Many[Reference] | UnsetType = UNSET
    intent: Literal['proposal', 'plan', 'directive', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'] | UnsetType = UNSET
    extension_of_intent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_intent")
    locationCode: Many[CodeableConcept] | UnsetType = UNSET
    locationReference: Many[Reference] | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    occurrenceDateTime: DateTime | UnsetType = UNSET
    extension_of_occurrenceDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_occurrenceDateTime")
    occurrencePeriod: Period | UnsetType = UNSET
    occurrenceTiming: Timing | UnsetType = UNSET
    orderDetail: Many[CodeableConcept] | UnsetType = UNSET
    patientInstruction: Text | UnsetType = UNSET
    extension_of_patientInstruction: PrimitiveExtension | UnsetType = field(default=UNSET, name="_patientInstruction")
    performer: Many[Reference] | UnsetType = UNSET
    performerType: CodeableConcept | UnsetType = UNSET
    priority: Literal['routine', 'urgent', 'asap', 'stat'] | UnsetType = UNSET
    extension_of_priority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_priority")
    quantityQuantity: Quantity | UnsetType = UNSET
    quantityRange: Range | UnsetType = UNSET
    quantityRatio: Ratio | UnsetType = UNSET
    reasonCode: Many[CodeableConcept] | UnsetType = UNSET
    reasonReference: Many[Reference] | UnsetType = UNSET
    relevantHistory: Many[Reference] | UnsetType = UNSET
    replaces: Many[Reference] | UnsetType = UNSET
    requester: Reference | UnsetType = UNSET
    requisition: Identifier | UnsetType = UNSET
    specimen: Many[Reference] | UnsetType = UNSET
    status: Literal['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference
    supportingInfo: Many[Reference] | UnsetType = UNSET


class Signature(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    data: Base64 | UnsetType = UNSET
    extension_of_data: PrimitiveExtension | UnsetType = field(default=UNSET, name="_data")
    onBehalfOf: Reference | UnsetType = UNSET
    sigFormat: Code | UnsetType = UNSET
    extension_of_sigFormat: PrimitiveExtension | UnsetType = field(default=UNSET, name="_sigFormat")
    targetFormat: Code | UnsetType = UNSET
    extension_of_targetFormat: PrimitiveExtension | UnsetType = field(default=UNSET, name="_targetFormat")
    type: Many[Coding]
    when: Instant | UnsetType = UNSET
    extension_of_when: PrimitiveExtension | UnsetType = field(default=UNSET, name="_when")
    who: Reference


class Specimen(Struct, kw_only=True, forbid_unknown_fields=True, tag="Specimen", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    accessionIdentifier: Identifier | UnsetType = UNSET
    collection: SpecimenCollection | UnsetType = UNSET
    condition: Many[CodeableConcept] | UnsetType = UNSET
    container: Many[SpecimenContainer] | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    parent: Many[Reference] | UnsetType = UNSET
    processing: Many[SpecimenProcessing] | UnsetType = UNSET
    receivedTime: DateTime | UnsetType = UNSET
    extension_of_receivedTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_receivedTime")
    request: Many[Reference] | UnsetType = UNSET
    status: Literal['available', 'unavailable', 'unsatisfactory', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    subject: Reference | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET


class SpecimenCollection(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    bodySite: CodeableConcept | UnsetType = UNSET
    collectedDateTime: DateTime | UnsetType = UNSET
    extension_of_collectedDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_collectedDateTime")
    collectedPeriod: Period | UnsetType = UNSET
    collector: Reference | UnsetType = UNSET
    duration: Duration | UnsetType = UNSET
    fastingStatusCodeableConcept: CodeableConcept | UnsetType = UNSET
    fastingStatusDuration: Duration | UnsetType = UNSET
    method: CodeableConcept | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET


class SpecimenContainer(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    additiveCodeableConcept: CodeableConcept | UnsetType = UNSET
    additiveReference: Reference | UnsetType = UNSET
    capacity: Quantity | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    identifier: Many[Identifier] | UnsetType = UNSET
    specimenQuantity: Quantity | UnsetType = UNSET
    type: CodeableConcept | UnsetType = UNSET


class SpecimenProcessing(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    additive: Many[Reference] | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    procedure: CodeableConcept | UnsetType = UNSET
    timeDateTime: DateTime | UnsetType = UNSET
    extension_of_timeDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_timeDateTime")
    timePeriod: Period | UnsetType = UNSET


class Task(Struct, kw_only=True, forbid_unknown_fields=True, tag="Task", tag_field="resourceType"):
    id: Id | UnsetType = UNSET
    implicitRules: Uri | UnsetType = UNSET
    extension_of_implicitRules: PrimitiveExtension | UnsetType = field(default=UNSET, name="_implicitRules")
    language: Code | UnsetType = UNSET
    extension_of_language: PrimitiveExtension | UnsetType = field(default=UNSET, name="_language")
    meta: Meta | UnsetType = UNSET
    contained: Many[AnyResource] | UnsetType = UNSET
    extension: Many[Extension] | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    authoredOn: DateTime | UnsetType = UNSET
    extension_of_authoredOn: PrimitiveExtension | UnsetType = field(default=UNSET, name="_authoredOn")
    basedOn: Many[Reference] | UnsetType = UNSET
    businessStatus: CodeableConcept | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    extension_of_description: PrimitiveExtension | UnsetType = field(default=UNSET, name="_description")
    encounter: Reference | UnsetType = UNSET
    executionPeriod: Period | UnsetType = UNSET
    focus: Reference | UnsetType = UNSET
    for_: Reference | UnsetType = field(default=UNSET, name="for")
    groupIdentifier: Identifier | UnsetType = UNSET
    identifier: Many[Identifier] | UnsetType = UNSET
    input: Many[TaskInput] | UnsetType = UNSET
    instantiatesCanonical: Uri | UnsetType = UNSET
    extension_of_instantiatesCanonical: PrimitiveExtension | UnsetType = field(default=UNSET, name="_instantiatesCanonical")
    instantiatesUri: Uri | UnsetType = UNSET
    extension_of_instantiatesUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_instantiatesUri")
    insurance: Many[Reference] | UnsetType = UNSET
    intent: Literal['unknown', 'proposal', 'plan', 'order', 'original-order', 'reflex-order', 'filler-order', 'instance-order', 'option'] | UnsetType = UNSET
    extension_of_intent: PrimitiveExtension | UnsetType = field(default=UNSET, name="_intent")
    lastModified: DateTime | UnsetType = UNSET
    extension_of_lastModified: PrimitiveExtension | UnsetType = field(default=UNSET, name="_lastModified")
    location: Reference | UnsetType = UNSET
    note: Many[Annotation] | UnsetType = UNSET
    output: Many[TaskOutput] | UnsetType = UNSET
    owner: Reference | UnsetType = UNSET
    partOf: Many[Reference] | UnsetType = UNSET
    performerType: Many[CodeableConcept] | UnsetType = UNSET
    priority: Literal['routine', 'urgent', 'asap', 'stat'] | UnsetType = UNSET
    extension_of_priority: PrimitiveExtension | UnsetType = field(default=UNSET, name="_priority")
    reasonCode: CodeableConcept | UnsetType = UNSET
    reasonReference: Reference | UnsetType = UNSET
    relevantHistory: Many[Reference] | UnsetType = UNSET
    requester: Reference | UnsetType = UNSET
    restriction: TaskRestriction | UnsetType = UNSET
    status: Literal['draft', 'requested', 'received', 'accepted', 'rejected', 'ready', 'cancelled', 'in-progress', 'on-hold', 'failed', 'completed', 'entered-in-error'] | UnsetType = UNSET
    extension_of_status: PrimitiveExtension | UnsetType = field(default=UNSET, name="_status")
    statusReason: CodeableConcept | UnsetType = UNSET


class TaskInput(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    type: CodeableConcept
    valueAddress: Address | UnsetType = UNSET
    valueAge: Age | UnsetType = UNSET
    valueAnnotation: Annotation | UnsetType = UNSET
    valueAttachment: Attachment | UnsetType = UNSET
    valueBase64Binary: Base64 | UnsetType = UNSET
    extension_of_valueBase64Binary: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBase64Binary")
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCanonical: Uri | UnsetType = UNSET
    extension_of_valueCanonical: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCanonical")
    valueCode: Code | UnsetType = UNSET
    extension_of_valueCode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCode")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueCoding: Coding | UnsetType = UNSET
    valueContactDetail: ContactDetail | UnsetType = UNSET
    valueContactPoint: ContactPoint | UnsetType = UNSET
    valueContributor: Contributor | UnsetType = UNSET
    valueCount: Count | UnsetType = UNSET
    valueDataRequirement: DataRequirement | UnsetType = UNSET
    valueDate: Date | UnsetType = UNSET
    extension_of_valueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDate")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDecimal: Decimal | UnsetType = UNSET
    extension_of_valueDecimal: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDecimal")
    valueDistance: Distance | UnsetType = UNSET
    valueDosage: Dosage | UnsetType = UNSET
    valueDuration: Duration | UnsetType = UNSET
    valueExpression: Expression | UnsetType = UNSET
    valueHumanName: HumanName | UnsetType = UNSET
    valueId: Id | UnsetType = UNSET
    extension_of_valueId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueId")
    valueIdentifier: Identifier | UnsetType = UNSET
    valueInstant: Instant | UnsetType = UNSET
    extension_of_valueInstant: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInstant")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valueMarkdown: Text | UnsetType = UNSET
    extension_of_valueMarkdown: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueMarkdown")
    valueMeta: Meta | UnsetType = UNSET
    valueMoney: Money | UnsetType = UNSET
    valueOid: Oid | UnsetType = UNSET
    extension_of_valueOid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueOid")
    valueParameterDefinition: ParameterDefinition | UnsetType = UNSET
    valuePeriod: Period | UnsetType = UNSET
    valuePositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_valuePositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valuePositiveInt")
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET
    valueRelatedArtifact: RelatedArtifact | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueSignature: Signature | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")
    valueTiming: Timing | UnsetType = UNSET
    valueTriggerDefinition: TriggerDefinition | UnsetType = UNSET
    valueUnsignedInt: UnsignedInt | UnsetType = UNSET
    extension_of_valueUnsignedInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUnsignedInt")
    valueUri: Uri | UnsetType = UNSET
    extension_of_valueUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUri")
    valueUrl: Uri | UnsetType = UNSET
    extension_of_valueUrl: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUrl")
    valueUsageContext: UsageContext | UnsetType = UNSET
    valueUuid: Uri | UnsetType = UNSET
    extension_of_valueUuid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUuid")


class TaskOutput(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    type: CodeableConcept
    valueAddress: Address | UnsetType = UNSET
    valueAge: Age | UnsetType = UNSET
    valueAnnotation: Annotation | UnsetType = UNSET
    valueAttachment: Attachment | UnsetType = UNSET
    valueBase64Binary: Base64 | UnsetType = UNSET
    extension_of_valueBase64Binary: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBase64Binary")
    valueBoolean: bool | UnsetType = UNSET
    extension_of_valueBoolean: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueBoolean")
    valueCanonical: Uri | UnsetType = UNSET
    extension_of_valueCanonical: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCanonical")
    valueCode: Code | UnsetType = UNSET
    extension_of_valueCode: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueCode")
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueCoding: Coding | UnsetType = UNSET
    valueContactDetail: ContactDetail | UnsetType = UNSET
    valueContactPoint: ContactPoint | UnsetType = UNSET
    valueContributor: Contributor | UnsetType = UNSET
    valueCount: Count | UnsetType = UNSET
    valueDataRequirement: DataRequirement | UnsetType = UNSET
    valueDate: Date | UnsetType = UNSET
    extension_of_valueDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDate")
    valueDateTime: DateTime | UnsetType = UNSET
    extension_of_valueDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDateTime")
    valueDecimal: Decimal | UnsetType = UNSET
    extension_of_valueDecimal: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueDecimal")
    valueDistance: Distance | UnsetType = UNSET
    valueDosage: Dosage | UnsetType = UNSET
    valueDuration: Duration | UnsetType = UNSET
    valueExpression: Expression | UnsetType = UNSET
    valueHumanName: HumanName | UnsetType = UNSET
    valueId: Id | UnsetType = UNSET
    extension_of_valueId: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueId")
    valueIdentifier: Identifier | UnsetType = UNSET
    valueInstant: Instant | UnsetType = UNSET
    extension_of_valueInstant: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInstant")
    valueInteger: Integer | UnsetType = UNSET
    extension_of_valueInteger: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueInteger")
    valueMarkdown: Text | UnsetType = UNSET
    extension_of_valueMarkdown: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueMarkdown")
    valueMeta: Meta | UnsetType = UNSET
    valueMoney: Money | UnsetType = UNSET
    valueOid: Oid | UnsetType = UNSET
    extension_of_valueOid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueOid")
    valueParameterDefinition: ParameterDefinition | UnsetType = UNSET
    valuePeriod: Period | UnsetType = UNSET
    valuePositiveInt: PositiveInt | UnsetType = UNSET
    extension_of_valuePositiveInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valuePositiveInt")
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueRatio: Ratio | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET
    valueRelatedArtifact: RelatedArtifact | UnsetType = UNSET
    valueSampledData: SampledData | UnsetType = UNSET
    valueSignature: Signature | UnsetType = UNSET
    valueString: Text | UnsetType = UNSET
    extension_of_valueString: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueString")
    valueTime: Time | UnsetType = UNSET
    extension_of_valueTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueTime")
    valueTiming: Timing | UnsetType = UNSET
    valueTriggerDefinition: TriggerDefinition | UnsetType = UNSET
    valueUnsignedInt: UnsignedInt | UnsetType = UNSET
    extension_of_valueUnsignedInt: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUnsignedInt")
    valueUri: Uri | UnsetType = UNSET
    extension_of_valueUri: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUri")
    valueUrl: Uri | UnsetType = UNSET
    extension_of_valueUrl: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUrl")
    valueUsageContext: UsageContext | UnsetType = UNSET
    valueUuid: Uri | UnsetType = UNSET
    extension_of_valueUuid: PrimitiveExtension | UnsetType = field(default=UNSET, name="_valueUuid")


class TaskRestriction(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    period: Period | UnsetType = UNSET
    recipient: Many[Reference] | UnsetType = UNSET
    repetitions: PositiveInt | UnsetType = UNSET
    extension_of_repetitions: PrimitiveExtension | UnsetType = field(default=UNSET, name="_repetitions")


class Timing(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    modifierExtension: Many[Extension] | UnsetType = UNSET
    code: CodeableConcept | UnsetType = UNSET
    event: Many[DateTime | None] | UnsetType = UNSET
    extension_of_event: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_event")
    repeat: TimingRepeat | UnsetType = UNSET


class TimingRepeat(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    boundsDuration: Duration | UnsetType = UNSET
    boundsPeriod: Period | UnsetType = UNSET
    boundsRange: Range | UnsetType = UNSET
    count: PositiveInt | UnsetType = UNSET
    extension_of_count: PrimitiveExtension | UnsetType = field(default=UNSET, name="_count")
    countMax: PositiveInt | UnsetType = UNSET
    extension_of_countMax: PrimitiveExtension | UnsetType = field(default=UNSET, name="_countMax")
    dayOfWeek: Many[Literal['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] | None] | UnsetType = UNSET
    extension_of_dayOfWeek: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_dayOfWeek")
    duration: Decimal | UnsetType = UNSET
    extension_of_duration: PrimitiveExtension | UnsetType = field(default=UNSET, name="_duration")
    durationMax: Decimal | UnsetType = UNSET
    extension_of_durationMax: PrimitiveExtension | UnsetType = field(default=UNSET, name="_durationMax")
    durationUnit: Literal['s', 'min', 'h', 'd', 'wk', 'mo', 'a'] | UnsetType = UNSET
    extension_of_durationUnit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_durationUnit")
    frequency: PositiveInt | UnsetType = UNSET
    extension_of_frequency: PrimitiveExtension | UnsetType = field(default=UNSET, name="_frequency")
    frequencyMax: PositiveInt | UnsetType = UNSET
    extension_of_frequencyMax: PrimitiveExtension | UnsetType = field(default=UNSET, name="_frequencyMax")
    offset: UnsignedInt | UnsetType = UNSET
    extension_of_offset: PrimitiveExtension | UnsetType = field(default=UNSET, name="_offset")
    period: Decimal | UnsetType = UNSET
    extension_of_period: PrimitiveExtension | UnsetType = field(default=UNSET, name="_period")
    periodMax: Decimal | UnsetType = UNSET
    extension_of_periodMax: PrimitiveExtension | UnsetType = field(default=UNSET, name="_periodMax")
    periodUnit: Literal['s', 'min', 'h', 'd', 'wk', 'mo', 'a'] | UnsetType = UNSET
    extension_of_periodUnit: PrimitiveExtension | UnsetType = field(default=UNSET, name="_periodUnit")
    timeOfDay: Many[Time | None] | UnsetType = UNSET
    extension_of_timeOfDay: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_timeOfDay")
    when: Many[Literal['MORN', 'MORN.early', 'MORN.late', 'NOON', 'AFT', 'AFT.early', 'AFT.late', 'EVE', 'EVE.early', 'EVE.late', 'NIGHT', 'PHS', 'IMD', 'HS', 'WAKE', 'C', 'CM', 'CD', 'CV', 'AC', 'ACM', 'ACD', 'ACV', 'PC', 'PCM', 'PCD', 'PCV'] | None] | UnsetType = UNSET
    extension_of_when: Many[PrimitiveExtension | None] | UnsetType = field(default=UNSET, name="_when")


class TriggerDefinition(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    condition: Expression | UnsetType = UNSET
    data: Many[DataRequirement] | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    extension_of_name: PrimitiveExtension | UnsetType = field(default=UNSET, name="_name")
    timingDate: Date | UnsetType = UNSET
    extension_of_timingDate: PrimitiveExtension | UnsetType = field(default=UNSET, name="_timingDate")
    timingDateTime: DateTime | UnsetType = UNSET
    extension_of_timingDateTime: PrimitiveExtension | UnsetType = field(default=UNSET, name="_timingDateTime")
    timingReference: Reference | UnsetType = UNSET
    timingTiming: Timing | UnsetType = UNSET
    type: Literal['named-event', 'periodic', 'data-changed', 'data-added', 'data-modified', 'data-removed', 'data-accessed', 'data-access-ended'] | UnsetType = UNSET
    extension_of_type: PrimitiveExtension | UnsetType = field(default=UNSET, name="_type")


class UsageContext(Struct, kw_only=True, forbid_unknown_fields=True):
    extension: Many[Extension] | UnsetType = UNSET
    id: Text | UnsetType = UNSET
    code: Coding
    valueCodeableConcept: CodeableConcept | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET
    valueRange: Range | UnsetType = UNSET
    valueReference: Reference | UnsetType = UNSET


AnyResource = Union[
    AllergyIntolerance,
    Appointment,
    AuditEvent,
    Binary,
    Bundle,
    CarePlan,
    CareTeam,
    Communication,
    Composition,
    Condition,
    Consent,
    Coverage,
    Device,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    Endpoint,
    EpisodeOfCare,
    Flag,
    Goal,
    Group,
    HealthcareService,
    Immunization,
    Location,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    MessageHeader,
    Observation,
    OperationOutcome,
    Organization,
    Parameters,
    Patient,
    Practitioner,
    PractitionerRole,
    Procedure,
    Provenance,
    QuestionnaireResponse,
    RelatedPerson,
    ServiceRequest,
    Specimen,
    Task,
]

BY_TYPE = {
    "AllergyIntolerance": AllergyIntolerance,
    "Appointment": Appointment,
    "AuditEvent": AuditEvent,
    "Binary": Binary,
    "Bundle": Bundle,
    "CarePlan": CarePlan,
    "CareTeam": CareTeam,
    "Communication": Communication,
    "Composition": Composition,
    "Condition": Condition,
    "Consent": Consent,
    "Coverage": Coverage,
    "Device": Device,
    "DiagnosticReport": DiagnosticReport,
    "DocumentReference": DocumentReference,
    "Encounter": Encounter,
    "Endpoint": Endpoint,
    "EpisodeOfCare": EpisodeOfCare,
    "Flag": Flag,
    "Goal": Goal,
    "Group": Group,
    "HealthcareService": HealthcareService,
    "Immunization": Immunization,
    "Location": Location,
    "Medication": Medication,
    "MedicationAdministration": MedicationAdministration,
    "MedicationRequest": MedicationRequest,
    "MedicationStatement": MedicationStatement,
    "MessageHeader": MessageHeader,
    "Observation": Observation,
    "OperationOutcome": OperationOutcome,
    "Organization": Organization,
    "Parameters": Parameters,
    "Patient": Patient,
    "Practitioner": Practitioner,
    "PractitionerRole": PractitionerRole,
    "Procedure": Procedure,
    "Provenance": Provenance,
    "QuestionnaireResponse": QuestionnaireResponse,
    "RelatedPerson": RelatedPerson,
    "ServiceRequest": ServiceRequest,
    "Specimen": Specimen,
    "Task": Task,
}
