"""Written by `gateway.resources.generate`; do not edit."""

from __future__ import annotations

from gateway.resources.steps import (
    BASE64, CHILD, COMPANION, DATE, DECIMAL, LIST, LIST_COMPANION, Walk,
)

WALKS: dict[str, Walk] = {
    "Address": Walk(
        steps={'extension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), '_city': (COMPANION, ''), '_country': (COMPANION, ''), '_district': (COMPANION, ''), '_line': (LIST_COMPANION, ''), '_postalCode': (COMPANION, ''), '_state': (COMPANION, ''), '_text': (COMPANION, ''), '_type': (COMPANION, ''), '_use': (COMPANION, ''), 'line': (LIST, '')},
    ),
    "Age": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_code': (COMPANION, ''), '_comparator': (COMPANION, ''), '_system': (COMPANION, ''), '_unit': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "AllergyIntolerance": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'asserter': (CHILD, 'Reference'), 'clinicalStatus': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'note': (CHILD, 'Annotation'), 'onsetAge': (CHILD, 'Age'), 'onsetPeriod': (CHILD, 'Period'), 'onsetRange': (CHILD, 'Range'), 'patient': (CHILD, 'Reference'), 'reaction': (CHILD, 'AllergyIntoleranceReaction'), 'recorder': (CHILD, 'Reference'), 'verificationStatus': (CHILD, 'CodeableConcept'), 'lastOccurrence': (DATE, ''), 'onsetDateTime': (DATE, ''), 'recordedDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_category': (LIST_COMPANION, ''), '_criticality': (COMPANION, ''), '_lastOccurrence': (COMPANION, ''), '_onsetDateTime': (COMPANION, ''), '_onsetString': (COMPANION, ''), '_recordedDate': (COMPANION, ''), '_type': (COMPANION, ''), 'category': (LIST, '')},
        targets={'asserter': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'encounter': frozenset(['Encounter']),'patient': frozenset(['Patient']),'recorder': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
        choices=(('onset', frozenset(['_onsetAge', '_onsetDateTime', '_onsetPeriod', '_onsetRange', '_onsetString', 'onsetAge', 'onsetDateTime', 'onsetPeriod', 'onsetRange', 'onsetString']), False),),
    ),
    "AllergyIntoleranceReaction": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'exposureRoute': (CHILD, 'CodeableConcept'), 'manifestation': (CHILD, 'CodeableConcept'), 'note': (CHILD, 'Annotation'), 'substance': (CHILD, 'CodeableConcept'), 'onset': (DATE, ''), '_description': (COMPANION, ''), '_onset': (COMPANION, ''), '_severity': (COMPANION, '')},
    ),
    "Annotation": Walk(
        steps={'extension': (CHILD, 'Extension'), 'authorReference': (CHILD, 'Reference'), 'time': (DATE, ''), '_authorString': (COMPANION, ''), '_text': (COMPANION, ''), '_time': (COMPANION, '')},
        needed=('text',),
        targets={'authorReference': frozenset(['Organization', 'Patient', 'Practitioner', 'RelatedPerson']),},
        choices=(('author', frozenset(['_authorReference', '_authorString', 'authorReference', 'authorString']), False),),
    ),
    "Appointment": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'appointmentType': (CHILD, 'CodeableConcept'), 'basedOn': (CHILD, 'Reference'), 'cancelationReason': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'participant': (CHILD, 'AppointmentParticipant'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'requestedPeriod': (CHILD, 'Period'), 'serviceCategory': (CHILD, 'CodeableConcept'), 'serviceType': (CHILD, 'CodeableConcept'), 'slot': (CHILD, 'Reference'), 'specialty': (CHILD, 'CodeableConcept'), 'supportingInformation': (CHILD, 'Reference'), 'created': (DATE, ''), 'end': (DATE, ''), 'start': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_comment': (COMPANION, ''), '_created': (COMPANION, ''), '_description': (COMPANION, ''), '_end': (COMPANION, ''), '_minutesDuration': (COMPANION, ''), '_patientInstruction': (COMPANION, ''), '_priority': (COMPANION, ''), '_start': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'basedOn': frozenset(['ServiceRequest']),'reasonReference': frozenset(['Condition', 'ImmunizationRecommendation', 'Observation', 'Procedure']),'slot': frozenset(['Slot']),},
    ),
    "AppointmentParticipant": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'actor': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'type': (CHILD, 'CodeableConcept'), '_required': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'actor': frozenset(['Device', 'HealthcareService', 'Location', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "Attachment": Walk(
        steps={'extension': (CHILD, 'Extension'), 'creation': (DATE, ''), 'data': (BASE64, ''), 'hash': (BASE64, ''), '_contentType': (COMPANION, ''), '_creation': (COMPANION, ''), '_data': (COMPANION, ''), '_hash': (COMPANION, ''), '_language': (COMPANION, ''), '_size': (COMPANION, ''), '_title': (COMPANION, ''), '_url': (COMPANION, '')},
    ),
    "AuditEvent": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'agent': (CHILD, 'AuditEventAgent'), 'entity': (CHILD, 'AuditEventEntity'), 'period': (CHILD, 'Period'), 'purposeOfEvent': (CHILD, 'CodeableConcept'), 'source': (CHILD, 'AuditEventSource'), 'subtype': (CHILD, 'Coding'), 'type': (CHILD, 'Coding'), 'recorded': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_action': (COMPANION, ''), '_outcome': (COMPANION, ''), '_outcomeDesc': (COMPANION, ''), '_recorded': (COMPANION, '')},
        needed=('recorded',),
    ),
    "AuditEventAgent": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'location': (CHILD, 'Reference'), 'media': (CHILD, 'Coding'), 'network': (CHILD, 'AuditEventAgentNetwork'), 'purposeOfUse': (CHILD, 'CodeableConcept'), 'role': (CHILD, 'CodeableConcept'), 'type': (CHILD, 'CodeableConcept'), 'who': (CHILD, 'Reference'), '_altId': (COMPANION, ''), '_name': (COMPANION, ''), '_policy': (LIST_COMPANION, ''), '_requestor': (COMPANION, ''), 'policy': (LIST, '')},
        needed=('requestor',),
        targets={'location': frozenset(['Location']),'who': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "AuditEventAgentNetwork": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_address': (COMPANION, ''), '_type': (COMPANION, '')},
    ),
    "AuditEventEntity": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'detail': (CHILD, 'AuditEventEntityDetail'), 'lifecycle': (CHILD, 'Coding'), 'role': (CHILD, 'Coding'), 'securityLabel': (CHILD, 'Coding'), 'type': (CHILD, 'Coding'), 'what': (CHILD, 'Reference'), 'query': (BASE64, ''), '_description': (COMPANION, ''), '_name': (COMPANION, ''), '_query': (COMPANION, '')},
    ),
    "AuditEventEntityDetail": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'valueBase64Binary': (BASE64, ''), '_type': (COMPANION, ''), '_valueBase64Binary': (COMPANION, ''), '_valueString': (COMPANION, '')},
        needed=('type',),
        choices=(('value', frozenset(['_valueBase64Binary', '_valueString', 'valueBase64Binary', 'valueString']), True),),
    ),
    "AuditEventSource": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'observer': (CHILD, 'Reference'), 'type': (CHILD, 'Coding'), '_site': (COMPANION, '')},
        targets={'observer': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "Binary": Walk(
        steps={'meta': (CHILD, 'Meta'), 'securityContext': (CHILD, 'Reference'), 'data': (BASE64, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_contentType': (COMPANION, ''), '_data': (COMPANION, '')},
        needed=('contentType',),
    ),
    "Bundle": Walk(
        steps={'meta': (CHILD, 'Meta'), 'entry': (CHILD, 'BundleEntry'), 'identifier': (CHILD, 'Identifier'), 'link': (CHILD, 'BundleLink'), 'signature': (CHILD, 'Signature'), 'timestamp': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_timestamp': (COMPANION, ''), '_total': (COMPANION, ''), '_type': (COMPANION, '')},
        needed=('type',),
    ),
    "BundleEntry": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'link': (CHILD, 'BundleLink'), 'request': (CHILD, 'BundleEntryRequest'), 'resource': (CHILD, 'AnyResource'), 'response': (CHILD, 'BundleEntryResponse'), 'search': (CHILD, 'BundleEntrySearch'), '_fullUrl': (COMPANION, '')},
    ),
    "BundleEntryRequest": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'ifModifiedSince': (DATE, ''), '_ifMatch': (COMPANION, ''), '_ifModifiedSince': (COMPANION, ''), '_ifNoneExist': (COMPANION, ''), '_ifNoneMatch': (COMPANION, ''), '_method': (COMPANION, ''), '_url': (COMPANION, '')},
        needed=('method', 'url'),
    ),
    "BundleEntryResponse": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'outcome': (CHILD, 'AnyResource'), 'lastModified': (DATE, ''), '_etag': (COMPANION, ''), '_lastModified': (COMPANION, ''), '_location': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
    ),
    "BundleEntrySearch": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'score': (DECIMAL, ''), '_mode': (COMPANION, ''), '_score': (COMPANION, '')},
    ),
    "BundleLink": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_relation': (COMPANION, ''), '_url': (COMPANION, '')},
        needed=('relation', 'url'),
    ),
    "CarePlan": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'activity': (CHILD, 'CarePlanActivity'), 'addresses': (CHILD, 'Reference'), 'author': (CHILD, 'Reference'), 'basedOn': (CHILD, 'Reference'), 'careTeam': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'contributor': (CHILD, 'Reference'), 'encounter': (CHILD, 'Reference'), 'goal': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'note': (CHILD, 'Annotation'), 'partOf': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'replaces': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'supportingInfo': (CHILD, 'Reference'), 'created': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_created': (COMPANION, ''), '_description': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_intent': (COMPANION, ''), '_status': (COMPANION, ''), '_title': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('intent', 'status'),
        targets={'addresses': frozenset(['Condition']),'author': frozenset(['CareTeam', 'Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'basedOn': frozenset(['CarePlan']),'careTeam': frozenset(['CareTeam']),'contributor': frozenset(['CareTeam', 'Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'encounter': frozenset(['Encounter']),'goal': frozenset(['Goal']),'instantiatesCanonical': frozenset(['ActivityDefinition', 'Measure', 'OperationDefinition', 'PlanDefinition', 'Questionnaire']),'partOf': frozenset(['CarePlan']),'replaces': frozenset(['CarePlan']),'subject': frozenset(['Group', 'Patient']),},
    ),
    "CarePlanActivity": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'detail': (CHILD, 'CarePlanActivityDetail'), 'outcomeCodeableConcept': (CHILD, 'CodeableConcept'), 'outcomeReference': (CHILD, 'Reference'), 'progress': (CHILD, 'Annotation'), 'reference': (CHILD, 'Reference')},
        targets={'reference': frozenset(['Appointment', 'CommunicationRequest', 'DeviceRequest', 'MedicationRequest', 'NutritionOrder', 'RequestGroup', 'ServiceRequest', 'Task', 'VisionPrescription']),},
    ),
    "CarePlanActivityDetail": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'dailyAmount': (CHILD, 'Quantity'), 'goal': (CHILD, 'Reference'), 'location': (CHILD, 'Reference'), 'performer': (CHILD, 'Reference'), 'productCodeableConcept': (CHILD, 'CodeableConcept'), 'productReference': (CHILD, 'Reference'), 'quantity': (CHILD, 'Quantity'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'scheduledPeriod': (CHILD, 'Period'), 'scheduledTiming': (CHILD, 'Timing'), 'statusReason': (CHILD, 'CodeableConcept'), '_description': (COMPANION, ''), '_doNotPerform': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_kind': (COMPANION, ''), '_scheduledString': (COMPANION, ''), '_status': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('status',),
        targets={'goal': frozenset(['Goal']),'instantiatesCanonical': frozenset(['ActivityDefinition', 'Measure', 'OperationDefinition', 'PlanDefinition', 'Questionnaire']),'location': frozenset(['Location']),'performer': frozenset(['CareTeam', 'Device', 'HealthcareService', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'productReference': frozenset(['Medication', 'Substance']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'DocumentReference', 'Observation']),},
        choices=(('product', frozenset(['_productCodeableConcept', '_productReference', 'productCodeableConcept', 'productReference']), False),('scheduled', frozenset(['_scheduledPeriod', '_scheduledString', '_scheduledTiming', 'scheduledPeriod', 'scheduledString', 'scheduledTiming']), False),),
    ),
    "CareTeam": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'category': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'managingOrganization': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'participant': (CHILD, 'CareTeamParticipant'), 'period': (CHILD, 'Period'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'telecom': (CHILD, 'ContactPoint'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_name': (COMPANION, ''), '_status': (COMPANION, '')},
        targets={'encounter': frozenset(['Encounter']),'managingOrganization': frozenset(['Organization']),'reasonReference': frozenset(['Condition']),'subject': frozenset(['Group', 'Patient']),},
    ),
    "CareTeamParticipant": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'member': (CHILD, 'Reference'), 'onBehalfOf': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'role': (CHILD, 'CodeableConcept')},
        targets={'member': frozenset(['CareTeam', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'onBehalfOf': frozenset(['Organization']),},
    ),
    "CodeableConcept": Walk(
        steps={'extension': (CHILD, 'Extension'), 'coding': (CHILD, 'Coding'), '_text': (COMPANION, '')},
    ),
    "CodeableReference": Walk(
        steps={'extension': (CHILD, 'Extension'), 'concept': (CHILD, 'CodeableConcept'), 'reference': (CHILD, 'Reference')},
    ),
    "Coding": Walk(
        steps={'extension': (CHILD, 'Extension'), '_code': (COMPANION, ''), '_display': (COMPANION, ''), '_system': (COMPANION, ''), '_userSelected': (COMPANION, ''), '_version': (COMPANION, '')},
    ),
    "Communication": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'about': (CHILD, 'Reference'), 'basedOn': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'inResponseTo': (CHILD, 'Reference'), 'medium': (CHILD, 'CodeableConcept'), 'note': (CHILD, 'Annotation'), 'partOf': (CHILD, 'Reference'), 'payload': (CHILD, 'CommunicationPayload'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'recipient': (CHILD, 'Reference'), 'sender': (CHILD, 'Reference'), 'statusReason': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'topic': (CHILD, 'CodeableConcept'), 'received': (DATE, ''), 'sent': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_priority': (COMPANION, ''), '_received': (COMPANION, ''), '_sent': (COMPANION, ''), '_status': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('status',),
        targets={'encounter': frozenset(['Encounter']),'inResponseTo': frozenset(['Communication']),'instantiatesCanonical': frozenset(['ActivityDefinition', 'Measure', 'OperationDefinition', 'PlanDefinition', 'Questionnaire']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'DocumentReference', 'Observation']),'recipient': frozenset(['CareTeam', 'Device', 'Group', 'HealthcareService', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'sender': frozenset(['Device', 'HealthcareService', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'subject': frozenset(['Group', 'Patient']),},
    ),
    "CommunicationPayload": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'contentAttachment': (CHILD, 'Attachment'), 'contentReference': (CHILD, 'Reference'), '_contentString': (COMPANION, '')},
        choices=(('content', frozenset(['_contentAttachment', '_contentReference', '_contentString', 'contentAttachment', 'contentReference', 'contentString']), True),),
    ),
    "Composition": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'attester': (CHILD, 'CompositionAttester'), 'author': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'custodian': (CHILD, 'Reference'), 'encounter': (CHILD, 'Reference'), 'event': (CHILD, 'CompositionEvent'), 'identifier': (CHILD, 'Identifier'), 'relatesTo': (CHILD, 'CompositionRelatesTo'), 'section': (CHILD, 'CompositionSection'), 'subject': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), 'date': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_confidentiality': (COMPANION, ''), '_date': (COMPANION, ''), '_status': (COMPANION, ''), '_title': (COMPANION, '')},
        needed=('date', 'status', 'title'),
        targets={'author': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'custodian': frozenset(['Organization']),'encounter': frozenset(['Encounter']),},
    ),
    "CompositionAttester": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'party': (CHILD, 'Reference'), 'time': (DATE, ''), '_mode': (COMPANION, ''), '_time': (COMPANION, '')},
        needed=('mode',),
        targets={'party': frozenset(['Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "CompositionEvent": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'detail': (CHILD, 'Reference'), 'period': (CHILD, 'Period')},
    ),
    "CompositionRelatesTo": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'targetIdentifier': (CHILD, 'Identifier'), 'targetReference': (CHILD, 'Reference'), '_code': (COMPANION, '')},
        needed=('code',),
        targets={'targetReference': frozenset(['Composition']),},
        choices=(('target', frozenset(['_targetIdentifier', '_targetReference', 'targetIdentifier', 'targetReference']), True),),
    ),
    "CompositionSection": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'author': (CHILD, 'Reference'), 'code': (CHILD, 'CodeableConcept'), 'emptyReason': (CHILD, 'CodeableConcept'), 'entry': (CHILD, 'Reference'), 'focus': (CHILD, 'Reference'), 'orderedBy': (CHILD, 'CodeableConcept'), 'section': (CHILD, 'CompositionSection'), 'text': (CHILD, 'Narrative'), '_mode': (COMPANION, ''), '_title': (COMPANION, '')},
        targets={'author': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "Condition": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'abatementAge': (CHILD, 'Age'), 'abatementPeriod': (CHILD, 'Period'), 'abatementRange': (CHILD, 'Range'), 'asserter': (CHILD, 'Reference'), 'bodySite': (CHILD, 'CodeableConcept'), 'category': (CHILD, 'CodeableConcept'), 'clinicalStatus': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'evidence': (CHILD, 'ConditionEvidence'), 'identifier': (CHILD, 'Identifier'), 'note': (CHILD, 'Annotation'), 'onsetAge': (CHILD, 'Age'), 'onsetPeriod': (CHILD, 'Period'), 'onsetRange': (CHILD, 'Range'), 'recorder': (CHILD, 'Reference'), 'severity': (CHILD, 'CodeableConcept'), 'stage': (CHILD, 'ConditionStage'), 'subject': (CHILD, 'Reference'), 'verificationStatus': (CHILD, 'CodeableConcept'), 'abatementDateTime': (DATE, ''), 'onsetDateTime': (DATE, ''), 'recordedDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_abatementDateTime': (COMPANION, ''), '_abatementString': (COMPANION, ''), '_onsetDateTime': (COMPANION, ''), '_onsetString': (COMPANION, ''), '_recordedDate': (COMPANION, '')},
        targets={'asserter': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'encounter': frozenset(['Encounter']),'recorder': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'subject': frozenset(['Group', 'Patient']),},
        choices=(('abatement', frozenset(['_abatementAge', '_abatementDateTime', '_abatementPeriod', '_abatementRange', '_abatementString', 'abatementAge', 'abatementDateTime', 'abatementPeriod', 'abatementRange', 'abatementString']), False),('onset', frozenset(['_onsetAge', '_onsetDateTime', '_onsetPeriod', '_onsetRange', '_onsetString', 'onsetAge', 'onsetDateTime', 'onsetPeriod', 'onsetRange', 'onsetString']), False),),
    ),
    "ConditionEvidence": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'detail': (CHILD, 'Reference')},
    ),
    "ConditionStage": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'assessment': (CHILD, 'Reference'), 'summary': (CHILD, 'CodeableConcept'), 'type': (CHILD, 'CodeableConcept')},
        targets={'assessment': frozenset(['ClinicalImpression', 'DiagnosticReport', 'Observation']),},
    ),
    "Consent": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'category': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'organization': (CHILD, 'Reference'), 'patient': (CHILD, 'Reference'), 'performer': (CHILD, 'Reference'), 'policy': (CHILD, 'ConsentPolicy'), 'policyRule': (CHILD, 'CodeableConcept'), 'provision': (CHILD, 'ConsentProvision'), 'scope': (CHILD, 'CodeableConcept'), 'sourceAttachment': (CHILD, 'Attachment'), 'sourceReference': (CHILD, 'Reference'), 'verification': (CHILD, 'ConsentVerification'), 'dateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_dateTime': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'organization': frozenset(['Organization']),'patient': frozenset(['Patient']),'performer': frozenset(['Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'sourceReference': frozenset(['Consent', 'Contract', 'DocumentReference', 'QuestionnaireResponse']),},
        choices=(('source', frozenset(['_sourceAttachment', '_sourceReference', 'sourceAttachment', 'sourceReference']), False),),
    ),
    "ConsentPolicy": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_authority': (COMPANION, ''), '_uri': (COMPANION, '')},
    ),
    "ConsentProvision": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'action': (CHILD, 'CodeableConcept'), 'actor': (CHILD, 'ConsentProvisionActor'), 'class': (CHILD, 'Coding'), 'code': (CHILD, 'CodeableConcept'), 'data': (CHILD, 'ConsentProvisionData'), 'dataPeriod': (CHILD, 'Period'), 'period': (CHILD, 'Period'), 'provision': (CHILD, 'ConsentProvision'), 'purpose': (CHILD, 'Coding'), 'securityLabel': (CHILD, 'Coding'), '_type': (COMPANION, '')},
    ),
    "ConsentProvisionActor": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'reference': (CHILD, 'Reference'), 'role': (CHILD, 'CodeableConcept')},
        targets={'reference': frozenset(['CareTeam', 'Device', 'Group', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "ConsentProvisionData": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'reference': (CHILD, 'Reference'), '_meaning': (COMPANION, '')},
        needed=('meaning',),
    ),
    "ConsentVerification": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'verifiedWith': (CHILD, 'Reference'), 'verificationDate': (DATE, ''), '_verificationDate': (COMPANION, ''), '_verified': (COMPANION, '')},
        needed=('verified',),
        targets={'verifiedWith': frozenset(['Patient', 'RelatedPerson']),},
    ),
    "ContactDetail": Walk(
        steps={'extension': (CHILD, 'Extension'), 'telecom': (CHILD, 'ContactPoint'), '_name': (COMPANION, '')},
    ),
    "ContactPoint": Walk(
        steps={'extension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), '_rank': (COMPANION, ''), '_system': (COMPANION, ''), '_use': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "Contributor": Walk(
        steps={'extension': (CHILD, 'Extension'), 'contact': (CHILD, 'ContactDetail'), '_name': (COMPANION, ''), '_type': (COMPANION, '')},
        needed=('name', 'type'),
    ),
    "Count": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_code': (COMPANION, ''), '_comparator': (COMPANION, ''), '_system': (COMPANION, ''), '_unit': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "Coverage": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'beneficiary': (CHILD, 'Reference'), 'class': (CHILD, 'CoverageClass'), 'contract': (CHILD, 'Reference'), 'costToBeneficiary': (CHILD, 'CoverageCostToBeneficiary'), 'identifier': (CHILD, 'Identifier'), 'payor': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'policyHolder': (CHILD, 'Reference'), 'relationship': (CHILD, 'CodeableConcept'), 'subscriber': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_dependent': (COMPANION, ''), '_network': (COMPANION, ''), '_order': (COMPANION, ''), '_status': (COMPANION, ''), '_subrogation': (COMPANION, ''), '_subscriberId': (COMPANION, '')},
        needed=('status',),
        targets={'beneficiary': frozenset(['Patient']),'contract': frozenset(['Contract']),'payor': frozenset(['Organization', 'Patient', 'RelatedPerson']),'policyHolder': frozenset(['Organization', 'Patient', 'RelatedPerson']),'subscriber': frozenset(['Patient', 'RelatedPerson']),},
    ),
    "CoverageClass": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'type': (CHILD, 'CodeableConcept'), '_name': (COMPANION, ''), '_value': (COMPANION, '')},
        needed=('value',),
    ),
    "CoverageCostToBeneficiary": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'exception': (CHILD, 'CoverageCostToBeneficiaryException'), 'type': (CHILD, 'CodeableConcept'), 'valueMoney': (CHILD, 'Money'), 'valueQuantity': (CHILD, 'Quantity')},
        choices=(('value', frozenset(['_valueMoney', '_valueQuantity', 'valueMoney', 'valueQuantity']), True),),
    ),
    "CoverageCostToBeneficiaryException": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), 'type': (CHILD, 'CodeableConcept')},
    ),
    "DataRequirement": Walk(
        steps={'extension': (CHILD, 'Extension'), 'codeFilter': (CHILD, 'DataRequirementCodeFilter'), 'dateFilter': (CHILD, 'DataRequirementDateFilter'), 'sort': (CHILD, 'DataRequirementSort'), 'subjectCodeableConcept': (CHILD, 'CodeableConcept'), 'subjectReference': (CHILD, 'Reference'), '_limit': (COMPANION, ''), '_mustSupport': (LIST_COMPANION, ''), '_profile': (LIST_COMPANION, ''), '_type': (COMPANION, ''), 'mustSupport': (LIST, ''), 'profile': (LIST, '')},
        needed=('type',),
        targets={'profile': frozenset(['StructureDefinition']),'subjectReference': frozenset(['Group']),},
        choices=(('subject', frozenset(['_subjectCodeableConcept', '_subjectReference', 'subjectCodeableConcept', 'subjectReference']), False),),
    ),
    "DataRequirementCodeFilter": Walk(
        steps={'extension': (CHILD, 'Extension'), 'code': (CHILD, 'Coding'), '_path': (COMPANION, ''), '_searchParam': (COMPANION, ''), '_valueSet': (COMPANION, '')},
        targets={'valueSet': frozenset(['ValueSet']),},
    ),
    "DataRequirementDateFilter": Walk(
        steps={'extension': (CHILD, 'Extension'), 'valueDuration': (CHILD, 'Duration'), 'valuePeriod': (CHILD, 'Period'), 'valueDateTime': (DATE, ''), '_path': (COMPANION, ''), '_searchParam': (COMPANION, ''), '_valueDateTime': (COMPANION, '')},
        choices=(('value', frozenset(['_valueDateTime', '_valueDuration', '_valuePeriod', 'valueDateTime', 'valueDuration', 'valuePeriod']), False),),
    ),
    "DataRequirementSort": Walk(
        steps={'extension': (CHILD, 'Extension'), '_direction': (COMPANION, ''), '_path': (COMPANION, '')},
        needed=('direction', 'path'),
    ),
    "Device": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'contact': (CHILD, 'ContactPoint'), 'definition': (CHILD, 'Reference'), 'deviceName': (CHILD, 'DeviceDeviceName'), 'identifier': (CHILD, 'Identifier'), 'location': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'owner': (CHILD, 'Reference'), 'parent': (CHILD, 'Reference'), 'patient': (CHILD, 'Reference'), 'property': (CHILD, 'DeviceProperty'), 'safety': (CHILD, 'CodeableConcept'), 'specialization': (CHILD, 'DeviceSpecialization'), 'statusReason': (CHILD, 'CodeableConcept'), 'type': (CHILD, 'CodeableConcept'), 'udiCarrier': (CHILD, 'DeviceUdiCarrier'), 'version': (CHILD, 'DeviceVersion'), 'expirationDate': (DATE, ''), 'manufactureDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_distinctIdentifier': (COMPANION, ''), '_expirationDate': (COMPANION, ''), '_lotNumber': (COMPANION, ''), '_manufactureDate': (COMPANION, ''), '_manufacturer': (COMPANION, ''), '_modelNumber': (COMPANION, ''), '_partNumber': (COMPANION, ''), '_serialNumber': (COMPANION, ''), '_status': (COMPANION, ''), '_url': (COMPANION, '')},
        targets={'definition': frozenset(['DeviceDefinition']),'location': frozenset(['Location']),'owner': frozenset(['Organization']),'parent': frozenset(['Device']),'patient': frozenset(['Patient']),},
    ),
    "DeviceDeviceName": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_name': (COMPANION, ''), '_type': (COMPANION, '')},
        needed=('name', 'type'),
    ),
    "DeviceProperty": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'type': (CHILD, 'CodeableConcept'), 'valueCode': (CHILD, 'CodeableConcept'), 'valueQuantity': (CHILD, 'Quantity')},
    ),
    "DeviceSpecialization": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'systemType': (CHILD, 'CodeableConcept'), '_version': (COMPANION, '')},
    ),
    "DeviceUdiCarrier": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'carrierAIDC': (BASE64, ''), '_carrierAIDC': (COMPANION, ''), '_carrierHRF': (COMPANION, ''), '_deviceIdentifier': (COMPANION, ''), '_entryType': (COMPANION, ''), '_issuer': (COMPANION, ''), '_jurisdiction': (COMPANION, '')},
    ),
    "DeviceVersion": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'component': (CHILD, 'Identifier'), 'type': (CHILD, 'CodeableConcept'), '_value': (COMPANION, '')},
        needed=('value',),
    ),
    "DiagnosticReport": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'basedOn': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'conclusionCode': (CHILD, 'CodeableConcept'), 'effectivePeriod': (CHILD, 'Period'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'imagingStudy': (CHILD, 'Reference'), 'media': (CHILD, 'DiagnosticReportMedia'), 'performer': (CHILD, 'Reference'), 'presentedForm': (CHILD, 'Attachment'), 'result': (CHILD, 'Reference'), 'resultsInterpreter': (CHILD, 'Reference'), 'specimen': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'effectiveDateTime': (DATE, ''), 'issued': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_conclusion': (COMPANION, ''), '_effectiveDateTime': (COMPANION, ''), '_issued': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'basedOn': frozenset(['CarePlan', 'ImmunizationRecommendation', 'MedicationRequest', 'NutritionOrder', 'ServiceRequest']),'encounter': frozenset(['Encounter']),'imagingStudy': frozenset(['ImagingStudy']),'performer': frozenset(['CareTeam', 'Organization', 'Practitioner', 'PractitionerRole']),'result': frozenset(['Observation']),'resultsInterpreter': frozenset(['CareTeam', 'Organization', 'Practitioner', 'PractitionerRole']),'specimen': frozenset(['Specimen']),'subject': frozenset(['Device', 'Group', 'Location', 'Medication', 'Organization', 'Patient', 'Practitioner', 'Procedure', 'Substance']),},
        choices=(('effective', frozenset(['_effectiveDateTime', '_effectivePeriod', 'effectiveDateTime', 'effectivePeriod']), False),),
    ),
    "DiagnosticReportMedia": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'link': (CHILD, 'Reference'), '_comment': (COMPANION, '')},
        targets={'link': frozenset(['Media']),},
    ),
    "Distance": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_code': (COMPANION, ''), '_comparator': (COMPANION, ''), '_system': (COMPANION, ''), '_unit': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "DocumentReference": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'authenticator': (CHILD, 'Reference'), 'author': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'content': (CHILD, 'DocumentReferenceContent'), 'context': (CHILD, 'DocumentReferenceContext'), 'custodian': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'masterIdentifier': (CHILD, 'Identifier'), 'relatesTo': (CHILD, 'DocumentReferenceRelatesTo'), 'securityLabel': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), 'date': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_date': (COMPANION, ''), '_description': (COMPANION, ''), '_docStatus': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'authenticator': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),'author': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'custodian': frozenset(['Organization']),'subject': frozenset(['Device', 'Group', 'Patient', 'Practitioner']),},
    ),
    "DocumentReferenceContent": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'attachment': (CHILD, 'Attachment'), 'format': (CHILD, 'Coding')},
    ),
    "DocumentReferenceContext": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'encounter': (CHILD, 'Reference'), 'event': (CHILD, 'CodeableConcept'), 'facilityType': (CHILD, 'CodeableConcept'), 'period': (CHILD, 'Period'), 'practiceSetting': (CHILD, 'CodeableConcept'), 'related': (CHILD, 'Reference'), 'sourcePatientInfo': (CHILD, 'Reference')},
        targets={'encounter': frozenset(['Encounter', 'EpisodeOfCare']),'sourcePatientInfo': frozenset(['Patient']),},
    ),
    "DocumentReferenceRelatesTo": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'target': (CHILD, 'Reference'), '_code': (COMPANION, '')},
        needed=('code',),
        targets={'target': frozenset(['DocumentReference']),},
    ),
    "Dosage": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'additionalInstruction': (CHILD, 'CodeableConcept'), 'asNeededCodeableConcept': (CHILD, 'CodeableConcept'), 'doseAndRate': (CHILD, 'DosageDoseAndRate'), 'maxDosePerAdministration': (CHILD, 'Quantity'), 'maxDosePerLifetime': (CHILD, 'Quantity'), 'maxDosePerPeriod': (CHILD, 'Ratio'), 'method': (CHILD, 'CodeableConcept'), 'route': (CHILD, 'CodeableConcept'), 'site': (CHILD, 'CodeableConcept'), 'timing': (CHILD, 'Timing'), '_asNeededBoolean': (COMPANION, ''), '_patientInstruction': (COMPANION, ''), '_sequence': (COMPANION, ''), '_text': (COMPANION, '')},
        choices=(('asNeeded', frozenset(['_asNeededBoolean', '_asNeededCodeableConcept', 'asNeededBoolean', 'asNeededCodeableConcept']), False),),
    ),
    "DosageDoseAndRate": Walk(
        steps={'extension': (CHILD, 'Extension'), 'doseQuantity': (CHILD, 'Quantity'), 'doseRange': (CHILD, 'Range'), 'rateQuantity': (CHILD, 'Quantity'), 'rateRange': (CHILD, 'Range'), 'rateRatio': (CHILD, 'Ratio'), 'type': (CHILD, 'CodeableConcept')},
        choices=(('dose', frozenset(['_doseQuantity', '_doseRange', 'doseQuantity', 'doseRange']), False),('rate', frozenset(['_rateQuantity', '_rateRange', '_rateRatio', 'rateQuantity', 'rateRange', 'rateRatio']), False),),
    ),
    "Duration": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_code': (COMPANION, ''), '_comparator': (COMPANION, ''), '_system': (COMPANION, ''), '_unit': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "Encounter": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'account': (CHILD, 'Reference'), 'appointment': (CHILD, 'Reference'), 'basedOn': (CHILD, 'Reference'), 'classHistory': (CHILD, 'EncounterClassHistory'), 'class': (CHILD, 'Coding'), 'diagnosis': (CHILD, 'EncounterDiagnosis'), 'episodeOfCare': (CHILD, 'Reference'), 'hospitalization': (CHILD, 'EncounterHospitalization'), 'identifier': (CHILD, 'Identifier'), 'length': (CHILD, 'Duration'), 'location': (CHILD, 'EncounterLocation'), 'partOf': (CHILD, 'Reference'), 'participant': (CHILD, 'EncounterParticipant'), 'period': (CHILD, 'Period'), 'priority': (CHILD, 'CodeableConcept'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'serviceProvider': (CHILD, 'Reference'), 'serviceType': (CHILD, 'CodeableConcept'), 'statusHistory': (CHILD, 'EncounterStatusHistory'), 'subject': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'account': frozenset(['Account']),'appointment': frozenset(['Appointment']),'basedOn': frozenset(['ServiceRequest']),'episodeOfCare': frozenset(['EpisodeOfCare']),'partOf': frozenset(['Encounter']),'reasonReference': frozenset(['Condition', 'ImmunizationRecommendation', 'Observation', 'Procedure']),'serviceProvider': frozenset(['Organization']),'subject': frozenset(['Group', 'Patient']),},
    ),
    "EncounterClassHistory": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'class': (CHILD, 'Coding'), 'period': (CHILD, 'Period')},
    ),
    "EncounterDiagnosis": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'condition': (CHILD, 'Reference'), 'use': (CHILD, 'CodeableConcept'), '_rank': (COMPANION, '')},
        targets={'condition': frozenset(['Condition', 'Procedure']),},
    ),
    "EncounterHospitalization": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'admitSource': (CHILD, 'CodeableConcept'), 'destination': (CHILD, 'Reference'), 'dietPreference': (CHILD, 'CodeableConcept'), 'dischargeDisposition': (CHILD, 'CodeableConcept'), 'origin': (CHILD, 'Reference'), 'preAdmissionIdentifier': (CHILD, 'Identifier'), 'reAdmission': (CHILD, 'CodeableConcept'), 'specialArrangement': (CHILD, 'CodeableConcept'), 'specialCourtesy': (CHILD, 'CodeableConcept')},
        targets={'destination': frozenset(['Location', 'Organization']),'origin': frozenset(['Location', 'Organization']),},
    ),
    "EncounterLocation": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'location': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'physicalType': (CHILD, 'CodeableConcept'), '_status': (COMPANION, '')},
        targets={'location': frozenset(['Location']),},
    ),
    "EncounterParticipant": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'individual': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'type': (CHILD, 'CodeableConcept')},
        targets={'individual': frozenset(['Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "EncounterStatusHistory": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), '_status': (COMPANION, '')},
        needed=('status',),
    ),
    "Endpoint": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'connectionType': (CHILD, 'Coding'), 'contact': (CHILD, 'ContactPoint'), 'identifier': (CHILD, 'Identifier'), 'managingOrganization': (CHILD, 'Reference'), 'payloadType': (CHILD, 'CodeableConcept'), 'period': (CHILD, 'Period'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_address': (COMPANION, ''), '_header': (LIST_COMPANION, ''), '_name': (COMPANION, ''), '_payloadMimeType': (LIST_COMPANION, ''), '_status': (COMPANION, ''), 'header': (LIST, ''), 'payloadMimeType': (LIST, '')},
        needed=('address', 'status'),
        targets={'managingOrganization': frozenset(['Organization']),},
    ),
    "EpisodeOfCare": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'account': (CHILD, 'Reference'), 'careManager': (CHILD, 'Reference'), 'diagnosis': (CHILD, 'EpisodeOfCareDiagnosis'), 'identifier': (CHILD, 'Identifier'), 'managingOrganization': (CHILD, 'Reference'), 'patient': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'referralRequest': (CHILD, 'Reference'), 'statusHistory': (CHILD, 'EpisodeOfCareStatusHistory'), 'team': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'account': frozenset(['Account']),'careManager': frozenset(['Practitioner', 'PractitionerRole']),'managingOrganization': frozenset(['Organization']),'patient': frozenset(['Patient']),'referralRequest': frozenset(['ServiceRequest']),'team': frozenset(['CareTeam']),},
    ),
    "EpisodeOfCareDiagnosis": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'condition': (CHILD, 'Reference'), 'role': (CHILD, 'CodeableConcept'), '_rank': (COMPANION, '')},
        targets={'condition': frozenset(['Condition']),},
    ),
    "EpisodeOfCareStatusHistory": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), '_status': (COMPANION, '')},
        needed=('status',),
    ),
    "Expression": Walk(
        steps={'extension': (CHILD, 'Extension'), '_description': (COMPANION, ''), '_expression': (COMPANION, ''), '_language': (COMPANION, ''), '_name': (COMPANION, ''), '_reference': (COMPANION, '')},
        needed=('language',),
    ),
    "Extension": Walk(
        steps={'extension': (CHILD, 'Extension'), 'valueAddress': (CHILD, 'Address'), 'valueAge': (CHILD, 'Age'), 'valueAnnotation': (CHILD, 'Annotation'), 'valueAttachment': (CHILD, 'Attachment'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueCoding': (CHILD, 'Coding'), 'valueContactDetail': (CHILD, 'ContactDetail'), 'valueContactPoint': (CHILD, 'ContactPoint'), 'valueContributor': (CHILD, 'Contributor'), 'valueCount': (CHILD, 'Count'), 'valueDataRequirement': (CHILD, 'DataRequirement'), 'valueDistance': (CHILD, 'Distance'), 'valueDosage': (CHILD, 'Dosage'), 'valueDuration': (CHILD, 'Duration'), 'valueExpression': (CHILD, 'Expression'), 'valueHumanName': (CHILD, 'HumanName'), 'valueIdentifier': (CHILD, 'Identifier'), 'valueMoney': (CHILD, 'Money'), 'valueParameterDefinition': (CHILD, 'ParameterDefinition'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueReference': (CHILD, 'Reference'), 'valueRelatedArtifact': (CHILD, 'RelatedArtifact'), 'valueSampledData': (CHILD, 'SampledData'), 'valueSignature': (CHILD, 'Signature'), 'valueTiming': (CHILD, 'Timing'), 'valueTriggerDefinition': (CHILD, 'TriggerDefinition'), 'valueUsageContext': (CHILD, 'UsageContext'), 'valueDate': (DATE, ''), 'valueDateTime': (DATE, ''), 'valueInstant': (DATE, ''), 'valueDecimal': (DECIMAL, ''), 'valueBase64Binary': (BASE64, ''), '_url': (COMPANION, ''), '_valueBase64Binary': (COMPANION, ''), '_valueBoolean': (COMPANION, ''), '_valueCanonical': (COMPANION, ''), '_valueCode': (COMPANION, ''), '_valueDate': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueDecimal': (COMPANION, ''), '_valueId': (COMPANION, ''), '_valueInstant': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueMarkdown': (COMPANION, ''), '_valueOid': (COMPANION, ''), '_valuePositiveInt': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, ''), '_valueUnsignedInt': (COMPANION, ''), '_valueUri': (COMPANION, ''), '_valueUrl': (COMPANION, ''), '_valueUuid': (COMPANION, '')},
        needed=('url',),
        choices=(('value', frozenset(['_valueAddress', '_valueAge', '_valueAnnotation', '_valueAttachment', '_valueBase64Binary', '_valueBoolean', '_valueCanonical', '_valueCode', '_valueCodeableConcept', '_valueCoding', '_valueContactDetail', '_valueContactPoint', '_valueContributor', '_valueCount', '_valueDataRequirement', '_valueDate', '_valueDateTime', '_valueDecimal', '_valueDistance', '_valueDosage', '_valueDuration', '_valueExpression', '_valueHumanName', '_valueId', '_valueIdentifier', '_valueInstant', '_valueInteger', '_valueMarkdown', '_valueMoney', '_valueOid', '_valueParameterDefinition', '_valuePeriod', '_valuePositiveInt', '_valueQuantity', '_valueRange', '_valueRatio', '_valueReference', '_valueRelatedArtifact', '_valueSampledData', '_valueSignature', '_valueString', '_valueTime', '_valueTiming', '_valueTriggerDefinition', '_valueUnsignedInt', '_valueUri', '_valueUrl', '_valueUsageContext', '_valueUuid', 'valueAddress', 'valueAge', 'valueAnnotation', 'valueAttachment', 'valueBase64Binary', 'valueBoolean', 'valueCanonical', 'valueCode', 'valueCodeableConcept', 'valueCoding', 'valueContactDetail', 'valueContactPoint', 'valueContributor', 'valueCount', 'valueDataRequirement', 'valueDate', 'valueDateTime', 'valueDecimal', 'valueDistance', 'valueDosage', 'valueDuration', 'valueExpression', 'valueHumanName', 'valueId', 'valueIdentifier', 'valueInstant', 'valueInteger', 'valueMarkdown', 'valueMoney', 'valueOid', 'valueParameterDefinition', 'valuePeriod', 'valuePositiveInt', 'valueQuantity', 'valueRange', 'valueRatio', 'valueReference', 'valueRelatedArtifact', 'valueSampledData', 'valueSignature', 'valueString', 'valueTime', 'valueTiming', 'valueTriggerDefinition', 'valueUnsignedInt', 'valueUri', 'valueUrl', 'valueUsageContext', 'valueUuid']), False),),
    ),
    "Flag": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'author': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'period': (CHILD, 'Period'), 'subject': (CHILD, 'Reference'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'author': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole']),'encounter': frozenset(['Encounter']),'subject': frozenset(['Group', 'Location', 'Medication', 'Organization', 'Patient', 'PlanDefinition', 'Practitioner', 'Procedure']),},
    ),
    "Goal": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'achievementStatus': (CHILD, 'CodeableConcept'), 'addresses': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'description': (CHILD, 'CodeableConcept'), 'expressedBy': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'note': (CHILD, 'Annotation'), 'outcomeCode': (CHILD, 'CodeableConcept'), 'outcomeReference': (CHILD, 'Reference'), 'priority': (CHILD, 'CodeableConcept'), 'startCodeableConcept': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'target': (CHILD, 'GoalTarget'), 'startDate': (DATE, ''), 'statusDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_lifecycleStatus': (COMPANION, ''), '_startDate': (COMPANION, ''), '_statusDate': (COMPANION, ''), '_statusReason': (COMPANION, '')},
        needed=('lifecycleStatus',),
        targets={'addresses': frozenset(['Condition', 'MedicationStatement', 'NutritionOrder', 'Observation', 'RiskAssessment', 'ServiceRequest']),'expressedBy': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'outcomeReference': frozenset(['Observation']),'subject': frozenset(['Group', 'Organization', 'Patient']),},
        choices=(('start', frozenset(['_startCodeableConcept', '_startDate', 'startCodeableConcept', 'startDate']), False),),
    ),
    "GoalTarget": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'detailCodeableConcept': (CHILD, 'CodeableConcept'), 'detailQuantity': (CHILD, 'Quantity'), 'detailRange': (CHILD, 'Range'), 'detailRatio': (CHILD, 'Ratio'), 'dueDuration': (CHILD, 'Duration'), 'measure': (CHILD, 'CodeableConcept'), 'dueDate': (DATE, ''), '_detailBoolean': (COMPANION, ''), '_detailInteger': (COMPANION, ''), '_detailString': (COMPANION, ''), '_dueDate': (COMPANION, '')},
        choices=(('detail', frozenset(['_detailBoolean', '_detailCodeableConcept', '_detailInteger', '_detailQuantity', '_detailRange', '_detailRatio', '_detailString', 'detailBoolean', 'detailCodeableConcept', 'detailInteger', 'detailQuantity', 'detailRange', 'detailRatio', 'detailString']), False),('due', frozenset(['_dueDate', '_dueDuration', 'dueDate', 'dueDuration']), False),),
    ),
    "Group": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'characteristic': (CHILD, 'GroupCharacteristic'), 'code': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'managingEntity': (CHILD, 'Reference'), 'member': (CHILD, 'GroupMember'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_actual': (COMPANION, ''), '_name': (COMPANION, ''), '_quantity': (COMPANION, ''), '_type': (COMPANION, '')},
        needed=('actual', 'type'),
        targets={'managingEntity': frozenset(['Organization', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "GroupCharacteristic": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'period': (CHILD, 'Period'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueReference': (CHILD, 'Reference'), '_exclude': (COMPANION, ''), '_valueBoolean': (COMPANION, '')},
        needed=('exclude',),
        choices=(('value', frozenset(['_valueBoolean', '_valueCodeableConcept', '_valueQuantity', '_valueRange', '_valueReference', 'valueBoolean', 'valueCodeableConcept', 'valueQuantity', 'valueRange', 'valueReference']), True),),
    ),
    "GroupMember": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'entity': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), '_inactive': (COMPANION, '')},
        targets={'entity': frozenset(['Device', 'Group', 'Medication', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Substance']),},
    ),
    "HealthcareService": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'availableTime': (CHILD, 'HealthcareServiceAvailableTime'), 'category': (CHILD, 'CodeableConcept'), 'characteristic': (CHILD, 'CodeableConcept'), 'communication': (CHILD, 'CodeableConcept'), 'coverageArea': (CHILD, 'Reference'), 'eligibility': (CHILD, 'HealthcareServiceEligibility'), 'endpoint': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'location': (CHILD, 'Reference'), 'notAvailable': (CHILD, 'HealthcareServiceNotAvailable'), 'photo': (CHILD, 'Attachment'), 'program': (CHILD, 'CodeableConcept'), 'providedBy': (CHILD, 'Reference'), 'referralMethod': (CHILD, 'CodeableConcept'), 'serviceProvisionCode': (CHILD, 'CodeableConcept'), 'specialty': (CHILD, 'CodeableConcept'), 'telecom': (CHILD, 'ContactPoint'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_appointmentRequired': (COMPANION, ''), '_availabilityExceptions': (COMPANION, ''), '_comment': (COMPANION, ''), '_extraDetails': (COMPANION, ''), '_name': (COMPANION, '')},
        targets={'coverageArea': frozenset(['Location']),'endpoint': frozenset(['Endpoint']),'location': frozenset(['Location']),'providedBy': frozenset(['Organization']),},
    ),
    "HealthcareServiceAvailableTime": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_allDay': (COMPANION, ''), '_availableEndTime': (COMPANION, ''), '_availableStartTime': (COMPANION, ''), '_daysOfWeek': (LIST_COMPANION, ''), 'daysOfWeek': (LIST, '')},
    ),
    "HealthcareServiceEligibility": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), '_comment': (COMPANION, '')},
    ),
    "HealthcareServiceNotAvailable": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'during': (CHILD, 'Period'), '_description': (COMPANION, '')},
        needed=('description',),
    ),
    "HumanName": Walk(
        steps={'extension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), '_family': (COMPANION, ''), '_given': (LIST_COMPANION, ''), '_prefix': (LIST_COMPANION, ''), '_suffix': (LIST_COMPANION, ''), '_text': (COMPANION, ''), '_use': (COMPANION, ''), 'given': (LIST, ''), 'prefix': (LIST, ''), 'suffix': (LIST, '')},
    ),
    "Identifier": Walk(
        steps={'extension': (CHILD, 'Extension'), 'assigner': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'type': (CHILD, 'CodeableConcept'), '_system': (COMPANION, ''), '_use': (COMPANION, ''), '_value': (COMPANION, '')},
        targets={'assigner': frozenset(['Organization']),},
    ),
    "Immunization": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'doseQuantity': (CHILD, 'Quantity'), 'education': (CHILD, 'ImmunizationEducation'), 'encounter': (CHILD, 'Reference'), 'fundingSource': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'location': (CHILD, 'Reference'), 'manufacturer': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'patient': (CHILD, 'Reference'), 'performer': (CHILD, 'ImmunizationPerformer'), 'programEligibility': (CHILD, 'CodeableConcept'), 'protocolApplied': (CHILD, 'ImmunizationProtocolApplied'), 'reaction': (CHILD, 'ImmunizationReaction'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'reportOrigin': (CHILD, 'CodeableConcept'), 'route': (CHILD, 'CodeableConcept'), 'site': (CHILD, 'CodeableConcept'), 'statusReason': (CHILD, 'CodeableConcept'), 'subpotentReason': (CHILD, 'CodeableConcept'), 'vaccineCode': (CHILD, 'CodeableConcept'), 'expirationDate': (DATE, ''), 'occurrenceDateTime': (DATE, ''), 'recorded': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_expirationDate': (COMPANION, ''), '_isSubpotent': (COMPANION, ''), '_lotNumber': (COMPANION, ''), '_occurrenceDateTime': (COMPANION, ''), '_occurrenceString': (COMPANION, ''), '_primarySource': (COMPANION, ''), '_recorded': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'encounter': frozenset(['Encounter']),'location': frozenset(['Location']),'manufacturer': frozenset(['Organization']),'patient': frozenset(['Patient']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'Observation']),},
        choices=(('occurrence', frozenset(['_occurrenceDateTime', '_occurrenceString', 'occurrenceDateTime', 'occurrenceString']), True),),
    ),
    "ImmunizationEducation": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'presentationDate': (DATE, ''), 'publicationDate': (DATE, ''), '_documentType': (COMPANION, ''), '_presentationDate': (COMPANION, ''), '_publicationDate': (COMPANION, ''), '_reference': (COMPANION, '')},
    ),
    "ImmunizationPerformer": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'actor': (CHILD, 'Reference'), 'function': (CHILD, 'CodeableConcept')},
        targets={'actor': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),},
    ),
    "ImmunizationProtocolApplied": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'authority': (CHILD, 'Reference'), 'targetDisease': (CHILD, 'CodeableConcept'), '_doseNumberPositiveInt': (COMPANION, ''), '_doseNumberString': (COMPANION, ''), '_series': (COMPANION, ''), '_seriesDosesPositiveInt': (COMPANION, ''), '_seriesDosesString': (COMPANION, '')},
        targets={'authority': frozenset(['Organization']),},
        choices=(('doseNumber', frozenset(['_doseNumberPositiveInt', '_doseNumberString', 'doseNumberPositiveInt', 'doseNumberString']), True),('seriesDoses', frozenset(['_seriesDosesPositiveInt', '_seriesDosesString', 'seriesDosesPositiveInt', 'seriesDosesString']), False),),
    ),
    "ImmunizationReaction": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'detail': (CHILD, 'Reference'), 'date': (DATE, ''), '_date': (COMPANION, ''), '_reported': (COMPANION, '')},
        targets={'detail': frozenset(['Observation']),},
    ),
    "Location": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'address': (CHILD, 'Address'), 'endpoint': (CHILD, 'Reference'), 'hoursOfOperation': (CHILD, 'LocationHoursOfOperation'), 'identifier': (CHILD, 'Identifier'), 'managingOrganization': (CHILD, 'Reference'), 'operationalStatus': (CHILD, 'Coding'), 'partOf': (CHILD, 'Reference'), 'physicalType': (CHILD, 'CodeableConcept'), 'position': (CHILD, 'LocationPosition'), 'telecom': (CHILD, 'ContactPoint'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_alias': (LIST_COMPANION, ''), '_availabilityExceptions': (COMPANION, ''), '_description': (COMPANION, ''), '_mode': (COMPANION, ''), '_name': (COMPANION, ''), '_status': (COMPANION, ''), 'alias': (LIST, '')},
        targets={'endpoint': frozenset(['Endpoint']),'managingOrganization': frozenset(['Organization']),'partOf': frozenset(['Location']),},
    ),
    "LocationHoursOfOperation": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_allDay': (COMPANION, ''), '_closingTime': (COMPANION, ''), '_daysOfWeek': (LIST_COMPANION, ''), '_openingTime': (COMPANION, ''), 'daysOfWeek': (LIST, '')},
    ),
    "LocationPosition": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'altitude': (DECIMAL, ''), 'latitude': (DECIMAL, ''), 'longitude': (DECIMAL, ''), '_altitude': (COMPANION, ''), '_latitude': (COMPANION, ''), '_longitude': (COMPANION, '')},
        needed=('latitude', 'longitude'),
    ),
    "Medication": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'amount': (CHILD, 'Ratio'), 'batch': (CHILD, 'MedicationBatch'), 'code': (CHILD, 'CodeableConcept'), 'form': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'ingredient': (CHILD, 'MedicationIngredient'), 'manufacturer': (CHILD, 'Reference'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_status': (COMPANION, '')},
        targets={'manufacturer': frozenset(['Organization']),},
    ),
    "MedicationAdministration": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'category': (CHILD, 'CodeableConcept'), 'context': (CHILD, 'Reference'), 'device': (CHILD, 'Reference'), 'dosage': (CHILD, 'MedicationAdministrationDosage'), 'effectivePeriod': (CHILD, 'Period'), 'eventHistory': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'medicationCodeableConcept': (CHILD, 'CodeableConcept'), 'medicationReference': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'partOf': (CHILD, 'Reference'), 'performer': (CHILD, 'MedicationAdministrationPerformer'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'request': (CHILD, 'Reference'), 'statusReason': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'supportingInformation': (CHILD, 'Reference'), 'effectiveDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_effectiveDateTime': (COMPANION, ''), '_instantiates': (LIST_COMPANION, ''), '_status': (COMPANION, ''), 'instantiates': (LIST, '')},
        needed=('status',),
        targets={'context': frozenset(['Encounter', 'EpisodeOfCare']),'device': frozenset(['Device']),'eventHistory': frozenset(['Provenance']),'medicationReference': frozenset(['Medication']),'partOf': frozenset(['MedicationAdministration', 'Procedure']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'Observation']),'request': frozenset(['MedicationRequest']),'subject': frozenset(['Group', 'Patient']),},
        choices=(('effective', frozenset(['_effectiveDateTime', '_effectivePeriod', 'effectiveDateTime', 'effectivePeriod']), True),('medication', frozenset(['_medicationCodeableConcept', '_medicationReference', 'medicationCodeableConcept', 'medicationReference']), True),),
    ),
    "MedicationAdministrationDosage": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'dose': (CHILD, 'Quantity'), 'method': (CHILD, 'CodeableConcept'), 'rateQuantity': (CHILD, 'Quantity'), 'rateRatio': (CHILD, 'Ratio'), 'route': (CHILD, 'CodeableConcept'), 'site': (CHILD, 'CodeableConcept'), '_text': (COMPANION, '')},
        choices=(('rate', frozenset(['_rateQuantity', '_rateRatio', 'rateQuantity', 'rateRatio']), False),),
    ),
    "MedicationAdministrationPerformer": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'actor': (CHILD, 'Reference'), 'function': (CHILD, 'CodeableConcept')},
        targets={'actor': frozenset(['Device', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "MedicationBatch": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'expirationDate': (DATE, ''), '_expirationDate': (COMPANION, ''), '_lotNumber': (COMPANION, '')},
    ),
    "MedicationIngredient": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'itemCodeableConcept': (CHILD, 'CodeableConcept'), 'itemReference': (CHILD, 'Reference'), 'strength': (CHILD, 'Ratio'), '_isActive': (COMPANION, '')},
        targets={'itemReference': frozenset(['Medication', 'Substance']),},
        choices=(('item', frozenset(['_itemCodeableConcept', '_itemReference', 'itemCodeableConcept', 'itemReference']), True),),
    ),
    "MedicationRequest": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'basedOn': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'courseOfTherapyType': (CHILD, 'CodeableConcept'), 'detectedIssue': (CHILD, 'Reference'), 'dispenseRequest': (CHILD, 'MedicationRequestDispenseRequest'), 'dosageInstruction': (CHILD, 'Dosage'), 'encounter': (CHILD, 'Reference'), 'eventHistory': (CHILD, 'Reference'), 'groupIdentifier': (CHILD, 'Identifier'), 'identifier': (CHILD, 'Identifier'), 'insurance': (CHILD, 'Reference'), 'medicationCodeableConcept': (CHILD, 'CodeableConcept'), 'medicationReference': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'performer': (CHILD, 'Reference'), 'performerType': (CHILD, 'CodeableConcept'), 'priorPrescription': (CHILD, 'Reference'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'recorder': (CHILD, 'Reference'), 'reportedReference': (CHILD, 'Reference'), 'requester': (CHILD, 'Reference'), 'statusReason': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'substitution': (CHILD, 'MedicationRequestSubstitution'), 'supportingInformation': (CHILD, 'Reference'), 'authoredOn': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_authoredOn': (COMPANION, ''), '_doNotPerform': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_intent': (COMPANION, ''), '_priority': (COMPANION, ''), '_reportedBoolean': (COMPANION, ''), '_status': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('intent', 'status'),
        targets={'basedOn': frozenset(['CarePlan', 'ImmunizationRecommendation', 'MedicationRequest', 'ServiceRequest']),'detectedIssue': frozenset(['DetectedIssue']),'encounter': frozenset(['Encounter']),'eventHistory': frozenset(['Provenance']),'insurance': frozenset(['ClaimResponse', 'Coverage']),'medicationReference': frozenset(['Medication']),'performer': frozenset(['CareTeam', 'Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'priorPrescription': frozenset(['MedicationRequest']),'reasonReference': frozenset(['Condition', 'Observation']),'recorder': frozenset(['Practitioner', 'PractitionerRole']),'reportedReference': frozenset(['Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'requester': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'subject': frozenset(['Group', 'Patient']),},
        choices=(('medication', frozenset(['_medicationCodeableConcept', '_medicationReference', 'medicationCodeableConcept', 'medicationReference']), True),('reported', frozenset(['_reportedBoolean', '_reportedReference', 'reportedBoolean', 'reportedReference']), False),),
    ),
    "MedicationRequestDispenseRequest": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'dispenseInterval': (CHILD, 'Duration'), 'expectedSupplyDuration': (CHILD, 'Duration'), 'initialFill': (CHILD, 'MedicationRequestDispenseRequestInitialFill'), 'performer': (CHILD, 'Reference'), 'quantity': (CHILD, 'Quantity'), 'validityPeriod': (CHILD, 'Period'), '_numberOfRepeatsAllowed': (COMPANION, '')},
        targets={'performer': frozenset(['Organization']),},
    ),
    "MedicationRequestDispenseRequestInitialFill": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'duration': (CHILD, 'Duration'), 'quantity': (CHILD, 'Quantity')},
    ),
    "MedicationRequestSubstitution": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'allowedCodeableConcept': (CHILD, 'CodeableConcept'), 'reason': (CHILD, 'CodeableConcept'), '_allowedBoolean': (COMPANION, '')},
        choices=(('allowed', frozenset(['_allowedBoolean', '_allowedCodeableConcept', 'allowedBoolean', 'allowedCodeableConcept']), True),),
    ),
    "MedicationStatement": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'basedOn': (CHILD, 'Reference'), 'category': (CHILD, 'CodeableConcept'), 'context': (CHILD, 'Reference'), 'derivedFrom': (CHILD, 'Reference'), 'dosage': (CHILD, 'Dosage'), 'effectivePeriod': (CHILD, 'Period'), 'identifier': (CHILD, 'Identifier'), 'informationSource': (CHILD, 'Reference'), 'medicationCodeableConcept': (CHILD, 'CodeableConcept'), 'medicationReference': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'partOf': (CHILD, 'Reference'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'statusReason': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'dateAsserted': (DATE, ''), 'effectiveDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_dateAsserted': (COMPANION, ''), '_effectiveDateTime': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'basedOn': frozenset(['CarePlan', 'MedicationRequest', 'ServiceRequest']),'context': frozenset(['Encounter', 'EpisodeOfCare']),'informationSource': frozenset(['Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'medicationReference': frozenset(['Medication']),'partOf': frozenset(['MedicationAdministration', 'MedicationDispense', 'MedicationStatement', 'Observation', 'Procedure']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'Observation']),'subject': frozenset(['Group', 'Patient']),},
        choices=(('effective', frozenset(['_effectiveDateTime', '_effectivePeriod', 'effectiveDateTime', 'effectivePeriod']), False),('medication', frozenset(['_medicationCodeableConcept', '_medicationReference', 'medicationCodeableConcept', 'medicationReference']), True),),
    ),
    "MessageHeader": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'author': (CHILD, 'Reference'), 'destination': (CHILD, 'MessageHeaderDestination'), 'enterer': (CHILD, 'Reference'), 'eventCoding': (CHILD, 'Coding'), 'focus': (CHILD, 'Reference'), 'reason': (CHILD, 'CodeableConcept'), 'response': (CHILD, 'MessageHeaderResponse'), 'responsible': (CHILD, 'Reference'), 'sender': (CHILD, 'Reference'), 'source': (CHILD, 'MessageHeaderSource'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_definition': (COMPANION, ''), '_eventUri': (COMPANION, '')},
        targets={'author': frozenset(['Practitioner', 'PractitionerRole']),'definition': frozenset(['MessageDefinition']),'enterer': frozenset(['Practitioner', 'PractitionerRole']),'responsible': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),'sender': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),},
        choices=(('event', frozenset(['_eventCoding', '_eventUri', 'eventCoding', 'eventUri']), True),),
    ),
    "MessageHeaderDestination": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'receiver': (CHILD, 'Reference'), 'target': (CHILD, 'Reference'), '_endpoint': (COMPANION, ''), '_name': (COMPANION, '')},
        needed=('endpoint',),
        targets={'receiver': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),'target': frozenset(['Device']),},
    ),
    "MessageHeaderResponse": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'details': (CHILD, 'Reference'), '_code': (COMPANION, ''), '_identifier': (COMPANION, '')},
        needed=('code', 'identifier'),
        targets={'details': frozenset(['OperationOutcome']),},
    ),
    "MessageHeaderSource": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'contact': (CHILD, 'ContactPoint'), '_endpoint': (COMPANION, ''), '_name': (COMPANION, ''), '_software': (COMPANION, ''), '_version': (COMPANION, '')},
        needed=('endpoint',),
    ),
    "Meta": Walk(
        steps={'extension': (CHILD, 'Extension'), 'security': (CHILD, 'Coding'), 'tag': (CHILD, 'Coding'), 'lastUpdated': (DATE, ''), '_lastUpdated': (COMPANION, ''), '_profile': (LIST_COMPANION, ''), '_source': (COMPANION, ''), '_versionId': (COMPANION, ''), 'profile': (LIST, '')},
        targets={'profile': frozenset(['StructureDefinition']),},
    ),
    "Money": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_currency': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "Narrative": Walk(
        steps={'extension': (CHILD, 'Extension'), '_div': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('div', 'status'),
    ),
    "Observation": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'basedOn': (CHILD, 'Reference'), 'bodySite': (CHILD, 'CodeableConcept'), 'category': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'component': (CHILD, 'ObservationComponent'), 'dataAbsentReason': (CHILD, 'CodeableConcept'), 'derivedFrom': (CHILD, 'Reference'), 'device': (CHILD, 'Reference'), 'effectivePeriod': (CHILD, 'Period'), 'effectiveTiming': (CHILD, 'Timing'), 'encounter': (CHILD, 'Reference'), 'focus': (CHILD, 'Reference'), 'hasMember': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'interpretation': (CHILD, 'CodeableConcept'), 'method': (CHILD, 'CodeableConcept'), 'note': (CHILD, 'Annotation'), 'partOf': (CHILD, 'Reference'), 'performer': (CHILD, 'Reference'), 'referenceRange': (CHILD, 'ObservationReferenceRange'), 'specimen': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueSampledData': (CHILD, 'SampledData'), 'effectiveDateTime': (DATE, ''), 'effectiveInstant': (DATE, ''), 'issued': (DATE, ''), 'valueDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_effectiveDateTime': (COMPANION, ''), '_effectiveInstant': (COMPANION, ''), '_issued': (COMPANION, ''), '_status': (COMPANION, ''), '_valueBoolean': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, '')},
        needed=('status',),
        targets={'basedOn': frozenset(['CarePlan', 'DeviceRequest', 'ImmunizationRecommendation', 'MedicationRequest', 'NutritionOrder', 'ServiceRequest']),'derivedFrom': frozenset(['DocumentReference', 'ImagingStudy', 'Media', 'MolecularSequence', 'Observation', 'QuestionnaireResponse']),'device': frozenset(['Device', 'DeviceMetric']),'encounter': frozenset(['Encounter']),'hasMember': frozenset(['MolecularSequence', 'Observation', 'QuestionnaireResponse']),'partOf': frozenset(['ImagingStudy', 'Immunization', 'MedicationAdministration', 'MedicationDispense', 'MedicationStatement', 'Procedure']),'performer': frozenset(['CareTeam', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'specimen': frozenset(['Specimen']),'subject': frozenset(['Device', 'Group', 'Location', 'Medication', 'Organization', 'Patient', 'Practitioner', 'Procedure', 'Substance']),},
        choices=(('effective', frozenset(['_effectiveDateTime', '_effectiveInstant', '_effectivePeriod', '_effectiveTiming', 'effectiveDateTime', 'effectiveInstant', 'effectivePeriod', 'effectiveTiming']), False),('value', frozenset(['_valueBoolean', '_valueCodeableConcept', '_valueDateTime', '_valueInteger', '_valuePeriod', '_valueQuantity', '_valueRange', '_valueRatio', '_valueSampledData', '_valueString', '_valueTime', 'valueBoolean', 'valueCodeableConcept', 'valueDateTime', 'valueInteger', 'valuePeriod', 'valueQuantity', 'valueRange', 'valueRatio', 'valueSampledData', 'valueString', 'valueTime']), False),),
    ),
    "ObservationComponent": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'dataAbsentReason': (CHILD, 'CodeableConcept'), 'interpretation': (CHILD, 'CodeableConcept'), 'referenceRange': (CHILD, 'ObservationReferenceRange'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueSampledData': (CHILD, 'SampledData'), 'valueDateTime': (DATE, ''), '_valueBoolean': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, '')},
        choices=(('value', frozenset(['_valueBoolean', '_valueCodeableConcept', '_valueDateTime', '_valueInteger', '_valuePeriod', '_valueQuantity', '_valueRange', '_valueRatio', '_valueSampledData', '_valueString', '_valueTime', 'valueBoolean', 'valueCodeableConcept', 'valueDateTime', 'valueInteger', 'valuePeriod', 'valueQuantity', 'valueRange', 'valueRatio', 'valueSampledData', 'valueString', 'valueTime']), False),),
    ),
    "ObservationReferenceRange": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'age': (CHILD, 'Range'), 'appliesTo': (CHILD, 'CodeableConcept'), 'high': (CHILD, 'Quantity'), 'low': (CHILD, 'Quantity'), 'type': (CHILD, 'CodeableConcept'), '_text': (COMPANION, '')},
    ),
    "OperationOutcome": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'issue': (CHILD, 'OperationOutcomeIssue'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, '')},
    ),
    "OperationOutcomeIssue": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'details': (CHILD, 'CodeableConcept'), '_code': (COMPANION, ''), '_diagnostics': (COMPANION, ''), '_expression': (LIST_COMPANION, ''), '_location': (LIST_COMPANION, ''), '_severity': (COMPANION, ''), 'expression': (LIST, ''), 'location': (LIST, '')},
        needed=('code', 'severity'),
    ),
    "Organization": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'address': (CHILD, 'Address'), 'contact': (CHILD, 'OrganizationContact'), 'endpoint': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'partOf': (CHILD, 'Reference'), 'telecom': (CHILD, 'ContactPoint'), 'type': (CHILD, 'CodeableConcept'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_alias': (LIST_COMPANION, ''), '_name': (COMPANION, ''), 'alias': (LIST, '')},
        targets={'endpoint': frozenset(['Endpoint']),'partOf': frozenset(['Organization']),},
    ),
    "OrganizationContact": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'address': (CHILD, 'Address'), 'name': (CHILD, 'HumanName'), 'purpose': (CHILD, 'CodeableConcept'), 'telecom': (CHILD, 'ContactPoint')},
    ),
    "ParameterDefinition": Walk(
        steps={'extension': (CHILD, 'Extension'), '_documentation': (COMPANION, ''), '_max': (COMPANION, ''), '_min': (COMPANION, ''), '_name': (COMPANION, ''), '_profile': (COMPANION, ''), '_type': (COMPANION, ''), '_use': (COMPANION, '')},
        needed=('type', 'use'),
        targets={'profile': frozenset(['StructureDefinition']),},
    ),
    "Parameters": Walk(
        steps={'meta': (CHILD, 'Meta'), 'parameter': (CHILD, 'ParametersParameter'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, '')},
    ),
    "ParametersParameter": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'part': (CHILD, 'ParametersParameter'), 'resource': (CHILD, 'AnyResource'), 'valueAddress': (CHILD, 'Address'), 'valueAge': (CHILD, 'Age'), 'valueAnnotation': (CHILD, 'Annotation'), 'valueAttachment': (CHILD, 'Attachment'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueCoding': (CHILD, 'Coding'), 'valueContactDetail': (CHILD, 'ContactDetail'), 'valueContactPoint': (CHILD, 'ContactPoint'), 'valueContributor': (CHILD, 'Contributor'), 'valueCount': (CHILD, 'Count'), 'valueDataRequirement': (CHILD, 'DataRequirement'), 'valueDistance': (CHILD, 'Distance'), 'valueDosage': (CHILD, 'Dosage'), 'valueDuration': (CHILD, 'Duration'), 'valueExpression': (CHILD, 'Expression'), 'valueHumanName': (CHILD, 'HumanName'), 'valueIdentifier': (CHILD, 'Identifier'), 'valueMeta': (CHILD, 'Meta'), 'valueMoney': (CHILD, 'Money'), 'valueParameterDefinition': (CHILD, 'ParameterDefinition'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueReference': (CHILD, 'Reference'), 'valueRelatedArtifact': (CHILD, 'RelatedArtifact'), 'valueSampledData': (CHILD, 'SampledData'), 'valueSignature': (CHILD, 'Signature'), 'valueTiming': (CHILD, 'Timing'), 'valueTriggerDefinition': (CHILD, 'TriggerDefinition'), 'valueUsageContext': (CHILD, 'UsageContext'), 'valueDate': (DATE, ''), 'valueDateTime': (DATE, ''), 'valueInstant': (DATE, ''), 'valueDecimal': (DECIMAL, ''), 'valueBase64Binary': (BASE64, ''), '_name': (COMPANION, ''), '_valueBase64Binary': (COMPANION, ''), '_valueBoolean': (COMPANION, ''), '_valueCanonical': (COMPANION, ''), '_valueCode': (COMPANION, ''), '_valueDate': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueDecimal': (COMPANION, ''), '_valueId': (COMPANION, ''), '_valueInstant': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueMarkdown': (COMPANION, ''), '_valueOid': (COMPANION, ''), '_valuePositiveInt': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, ''), '_valueUnsignedInt': (COMPANION, ''), '_valueUri': (COMPANION, ''), '_valueUrl': (COMPANION, ''), '_valueUuid': (COMPANION, '')},
        needed=('name',),
        choices=(('value', frozenset(['_valueAddress', '_valueAge', '_valueAnnotation', '_valueAttachment', '_valueBase64Binary', '_valueBoolean', '_valueCanonical', '_valueCode', '_valueCodeableConcept', '_valueCoding', '_valueContactDetail', '_valueContactPoint', '_valueContributor', '_valueCount', '_valueDataRequirement', '_valueDate', '_valueDateTime', '_valueDecimal', '_valueDistance', '_valueDosage', '_valueDuration', '_valueExpression', '_valueHumanName', '_valueId', '_valueIdentifier', '_valueInstant', '_valueInteger', '_valueMarkdown', '_valueMeta', '_valueMoney', '_valueOid', '_valueParameterDefinition', '_valuePeriod', '_valuePositiveInt', '_valueQuantity', '_valueRange', '_valueRatio', '_valueReference', '_valueRelatedArtifact', '_valueSampledData', '_valueSignature', '_valueString', '_valueTime', '_valueTiming', '_valueTriggerDefinition', '_valueUnsignedInt', '_valueUri', '_valueUrl', '_valueUsageContext', '_valueUuid', 'valueAddress', 'valueAge', 'valueAnnotation', 'valueAttachment', 'valueBase64Binary', 'valueBoolean', 'valueCanonical', 'valueCode', 'valueCodeableConcept', 'valueCoding', 'valueContactDetail', 'valueContactPoint', 'valueContributor', 'valueCount', 'valueDataRequirement', 'valueDate', 'valueDateTime', 'valueDecimal', 'valueDistance', 'valueDosage', 'valueDuration', 'valueExpression', 'valueHumanName', 'valueId', 'valueIdentifier', 'valueInstant', 'valueInteger', 'valueMarkdown', 'valueMeta', 'valueMoney', 'valueOid', 'valueParameterDefinition', 'valuePeriod', 'valuePositiveInt', 'valueQuantity', 'valueRange', 'valueRatio', 'valueReference', 'valueRelatedArtifact', 'valueSampledData', 'valueSignature', 'valueString', 'valueTime', 'valueTiming', 'valueTriggerDefinition', 'valueUnsignedInt', 'valueUri', 'valueUrl', 'valueUsageContext', 'valueUuid']), False),),
    ),
    "Patient": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'address': (CHILD, 'Address'), 'communication': (CHILD, 'PatientCommunication'), 'contact': (CHILD, 'PatientContact'), 'generalPractitioner': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'link': (CHILD, 'PatientLink'), 'managingOrganization': (CHILD, 'Reference'), 'maritalStatus': (CHILD, 'CodeableConcept'), 'name': (CHILD, 'HumanName'), 'photo': (CHILD, 'Attachment'), 'telecom': (CHILD, 'ContactPoint'), 'birthDate': (DATE, ''), 'deceasedDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_birthDate': (COMPANION, ''), '_deceasedBoolean': (COMPANION, ''), '_deceasedDateTime': (COMPANION, ''), '_gender': (COMPANION, ''), '_multipleBirthBoolean': (COMPANION, ''), '_multipleBirthInteger': (COMPANION, '')},
        targets={'generalPractitioner': frozenset(['Organization', 'Practitioner', 'PractitionerRole']),'managingOrganization': frozenset(['Organization']),},
        choices=(('deceased', frozenset(['_deceasedBoolean', '_deceasedDateTime', 'deceasedBoolean', 'deceasedDateTime']), False),('multipleBirth', frozenset(['_multipleBirthBoolean', '_multipleBirthInteger', 'multipleBirthBoolean', 'multipleBirthInteger']), False),),
    ),
    "PatientCommunication": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'language': (CHILD, 'CodeableConcept'), '_preferred': (COMPANION, '')},
    ),
    "PatientContact": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'address': (CHILD, 'Address'), 'name': (CHILD, 'HumanName'), 'organization': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'relationship': (CHILD, 'CodeableConcept'), 'telecom': (CHILD, 'ContactPoint'), '_gender': (COMPANION, '')},
        targets={'organization': frozenset(['Organization']),},
    ),
    "PatientLink": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'other': (CHILD, 'Reference'), '_type': (COMPANION, '')},
        needed=('type',),
        targets={'other': frozenset(['Patient', 'RelatedPerson']),},
    ),
    "Period": Walk(
        steps={'extension': (CHILD, 'Extension'), 'end': (DATE, ''), 'start': (DATE, ''), '_end': (COMPANION, ''), '_start': (COMPANION, '')},
    ),
    "Practitioner": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'address': (CHILD, 'Address'), 'communication': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'name': (CHILD, 'HumanName'), 'photo': (CHILD, 'Attachment'), 'qualification': (CHILD, 'PractitionerQualification'), 'telecom': (CHILD, 'ContactPoint'), 'birthDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_birthDate': (COMPANION, ''), '_gender': (COMPANION, '')},
    ),
    "PractitionerQualification": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'issuer': (CHILD, 'Reference'), 'period': (CHILD, 'Period')},
        targets={'issuer': frozenset(['Organization']),},
    ),
    "PractitionerRole": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'availableTime': (CHILD, 'PractitionerRoleAvailableTime'), 'code': (CHILD, 'CodeableConcept'), 'endpoint': (CHILD, 'Reference'), 'healthcareService': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'location': (CHILD, 'Reference'), 'notAvailable': (CHILD, 'PractitionerRoleNotAvailable'), 'organization': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'practitioner': (CHILD, 'Reference'), 'specialty': (CHILD, 'CodeableConcept'), 'telecom': (CHILD, 'ContactPoint'), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_availabilityExceptions': (COMPANION, '')},
        targets={'endpoint': frozenset(['Endpoint']),'healthcareService': frozenset(['HealthcareService']),'location': frozenset(['Location']),'organization': frozenset(['Organization']),'practitioner': frozenset(['Practitioner']),},
    ),
    "PractitionerRoleAvailableTime": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), '_allDay': (COMPANION, ''), '_availableEndTime': (COMPANION, ''), '_availableStartTime': (COMPANION, ''), '_daysOfWeek': (LIST_COMPANION, ''), 'daysOfWeek': (LIST, '')},
    ),
    "PractitionerRoleNotAvailable": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'during': (CHILD, 'Period'), '_description': (COMPANION, '')},
        needed=('description',),
    ),
    "Procedure": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'asserter': (CHILD, 'Reference'), 'basedOn': (CHILD, 'Reference'), 'bodySite': (CHILD, 'CodeableConcept'), 'category': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'complication': (CHILD, 'CodeableConcept'), 'complicationDetail': (CHILD, 'Reference'), 'encounter': (CHILD, 'Reference'), 'focalDevice': (CHILD, 'ProcedureFocalDevice'), 'followUp': (CHILD, 'CodeableConcept'), 'identifier': (CHILD, 'Identifier'), 'location': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'outcome': (CHILD, 'CodeableConcept'), 'partOf': (CHILD, 'Reference'), 'performedAge': (CHILD, 'Age'), 'performedPeriod': (CHILD, 'Period'), 'performedRange': (CHILD, 'Range'), 'performer': (CHILD, 'ProcedurePerformer'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'recorder': (CHILD, 'Reference'), 'report': (CHILD, 'Reference'), 'statusReason': (CHILD, 'CodeableConcept'), 'subject': (CHILD, 'Reference'), 'usedCode': (CHILD, 'CodeableConcept'), 'usedReference': (CHILD, 'Reference'), 'performedDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_performedDateTime': (COMPANION, ''), '_performedString': (COMPANION, ''), '_status': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('status',),
        targets={'asserter': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'basedOn': frozenset(['CarePlan', 'ServiceRequest']),'complicationDetail': frozenset(['Condition']),'encounter': frozenset(['Encounter']),'instantiatesCanonical': frozenset(['ActivityDefinition', 'Measure', 'OperationDefinition', 'PlanDefinition', 'Questionnaire']),'location': frozenset(['Location']),'partOf': frozenset(['MedicationAdministration', 'Observation', 'Procedure']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'DocumentReference', 'Observation', 'Procedure']),'recorder': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'report': frozenset(['Composition', 'DiagnosticReport', 'DocumentReference']),'subject': frozenset(['Group', 'Patient']),'usedReference': frozenset(['Device', 'Medication', 'Substance']),},
        choices=(('performed', frozenset(['_performedAge', '_performedDateTime', '_performedPeriod', '_performedRange', '_performedString', 'performedAge', 'performedDateTime', 'performedPeriod', 'performedRange', 'performedString']), False),),
    ),
    "ProcedureFocalDevice": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'action': (CHILD, 'CodeableConcept'), 'manipulated': (CHILD, 'Reference')},
        targets={'manipulated': frozenset(['Device']),},
    ),
    "ProcedurePerformer": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'actor': (CHILD, 'Reference'), 'function': (CHILD, 'CodeableConcept'), 'onBehalfOf': (CHILD, 'Reference')},
        targets={'actor': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'onBehalfOf': frozenset(['Organization']),},
    ),
    "Provenance": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'activity': (CHILD, 'CodeableConcept'), 'agent': (CHILD, 'ProvenanceAgent'), 'entity': (CHILD, 'ProvenanceEntity'), 'location': (CHILD, 'Reference'), 'occurredPeriod': (CHILD, 'Period'), 'reason': (CHILD, 'CodeableConcept'), 'signature': (CHILD, 'Signature'), 'target': (CHILD, 'Reference'), 'occurredDateTime': (DATE, ''), 'recorded': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_occurredDateTime': (COMPANION, ''), '_policy': (LIST_COMPANION, ''), '_recorded': (COMPANION, ''), 'policy': (LIST, '')},
        needed=('recorded',),
        targets={'location': frozenset(['Location']),},
        choices=(('occurred', frozenset(['_occurredDateTime', '_occurredPeriod', 'occurredDateTime', 'occurredPeriod']), False),),
    ),
    "ProvenanceAgent": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'onBehalfOf': (CHILD, 'Reference'), 'role': (CHILD, 'CodeableConcept'), 'type': (CHILD, 'CodeableConcept'), 'who': (CHILD, 'Reference')},
        targets={'onBehalfOf': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'who': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "ProvenanceEntity": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'agent': (CHILD, 'ProvenanceAgent'), 'what': (CHILD, 'Reference'), '_role': (COMPANION, '')},
        needed=('role',),
    ),
    "Quantity": Walk(
        steps={'extension': (CHILD, 'Extension'), 'value': (DECIMAL, ''), '_code': (COMPANION, ''), '_comparator': (COMPANION, ''), '_system': (COMPANION, ''), '_unit': (COMPANION, ''), '_value': (COMPANION, '')},
    ),
    "QuestionnaireResponse": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'author': (CHILD, 'Reference'), 'basedOn': (CHILD, 'Reference'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'item': (CHILD, 'QuestionnaireResponseItem'), 'partOf': (CHILD, 'Reference'), 'source': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'authored': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_authored': (COMPANION, ''), '_questionnaire': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('status',),
        targets={'author': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'basedOn': frozenset(['CarePlan', 'ServiceRequest']),'encounter': frozenset(['Encounter']),'partOf': frozenset(['Observation', 'Procedure']),'questionnaire': frozenset(['Questionnaire']),'source': frozenset(['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "QuestionnaireResponseItem": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'answer': (CHILD, 'QuestionnaireResponseItemAnswer'), 'item': (CHILD, 'QuestionnaireResponseItem'), '_definition': (COMPANION, ''), '_linkId': (COMPANION, ''), '_text': (COMPANION, '')},
        needed=('linkId',),
    ),
    "QuestionnaireResponseItemAnswer": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'item': (CHILD, 'QuestionnaireResponseItem'), 'valueAttachment': (CHILD, 'Attachment'), 'valueCoding': (CHILD, 'Coding'), 'valueQuantity': (CHILD, 'Quantity'), 'valueReference': (CHILD, 'Reference'), 'valueDate': (DATE, ''), 'valueDateTime': (DATE, ''), 'valueDecimal': (DECIMAL, ''), '_valueBoolean': (COMPANION, ''), '_valueDate': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueDecimal': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, ''), '_valueUri': (COMPANION, '')},
        choices=(('value', frozenset(['_valueAttachment', '_valueBoolean', '_valueCoding', '_valueDate', '_valueDateTime', '_valueDecimal', '_valueInteger', '_valueQuantity', '_valueReference', '_valueString', '_valueTime', '_valueUri', 'valueAttachment', 'valueBoolean', 'valueCoding', 'valueDate', 'valueDateTime', 'valueDecimal', 'valueInteger', 'valueQuantity', 'valueReference', 'valueString', 'valueTime', 'valueUri']), False),),
    ),
    "Range": Walk(
        steps={'extension': (CHILD, 'Extension'), 'high': (CHILD, 'Quantity'), 'low': (CHILD, 'Quantity')},
    ),
    "Ratio": Walk(
        steps={'extension': (CHILD, 'Extension'), 'denominator': (CHILD, 'Quantity'), 'numerator': (CHILD, 'Quantity')},
    ),
    "RatioRange": Walk(
        steps={'extension': (CHILD, 'Extension'), 'denominator': (CHILD, 'Quantity'), 'highNumerator': (CHILD, 'Quantity'), 'lowNumerator': (CHILD, 'Quantity')},
    ),
    "Reference": Walk(
        steps={'extension': (CHILD, 'Extension'), 'identifier': (CHILD, 'Identifier'), '_display': (COMPANION, ''), '_reference': (COMPANION, ''), '_type': (COMPANION, '')},
    ),
    "RelatedArtifact": Walk(
        steps={'extension': (CHILD, 'Extension'), 'document': (CHILD, 'Attachment'), '_citation': (COMPANION, ''), '_display': (COMPANION, ''), '_label': (COMPANION, ''), '_resource': (COMPANION, ''), '_type': (COMPANION, ''), '_url': (COMPANION, '')},
        needed=('type',),
    ),
    "RelatedPerson": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'address': (CHILD, 'Address'), 'communication': (CHILD, 'RelatedPersonCommunication'), 'identifier': (CHILD, 'Identifier'), 'name': (CHILD, 'HumanName'), 'patient': (CHILD, 'Reference'), 'period': (CHILD, 'Period'), 'photo': (CHILD, 'Attachment'), 'relationship': (CHILD, 'CodeableConcept'), 'telecom': (CHILD, 'ContactPoint'), 'birthDate': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_active': (COMPANION, ''), '_birthDate': (COMPANION, ''), '_gender': (COMPANION, '')},
        targets={'patient': frozenset(['Patient']),},
    ),
    "RelatedPersonCommunication": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'language': (CHILD, 'CodeableConcept'), '_preferred': (COMPANION, '')},
    ),
    "SampledData": Walk(
        steps={'extension': (CHILD, 'Extension'), 'origin': (CHILD, 'Quantity'), 'factor': (DECIMAL, ''), 'lowerLimit': (DECIMAL, ''), 'period': (DECIMAL, ''), 'upperLimit': (DECIMAL, ''), '_data': (COMPANION, ''), '_dimensions': (COMPANION, ''), '_factor': (COMPANION, ''), '_lowerLimit': (COMPANION, ''), '_period': (COMPANION, ''), '_upperLimit': (COMPANION, '')},
        needed=('dimensions', 'period'),
    ),
    "ServiceRequest": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'asNeededCodeableConcept': (CHILD, 'CodeableConcept'), 'basedOn': (CHILD, 'Reference'), 'bodySite': (CHILD, 'CodeableConcept'), 'category': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'identifier': (CHILD, 'Identifier'), 'insurance': (CHILD, 'Reference'), 'locationCode': (CHILD, 'CodeableConcept'), 'locationReference': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'occurrencePeriod': (CHILD, 'Period'), 'occurrenceTiming': (CHILD, 'Timing'), 'orderDetail': (CHILD, 'CodeableConcept'), 'performer': (CHILD, 'Reference'), 'performerType': (CHILD, 'CodeableConcept'), 'quantityQuantity': (CHILD, 'Quantity'), 'quantityRange': (CHILD, 'Range'), 'quantityRatio': (CHILD, 'Ratio'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'relevantHistory': (CHILD, 'Reference'), 'replaces': (CHILD, 'Reference'), 'requester': (CHILD, 'Reference'), 'requisition': (CHILD, 'Identifier'), 'specimen': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'supportingInfo': (CHILD, 'Reference'), 'authoredOn': (DATE, ''), 'occurrenceDateTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_asNeededBoolean': (COMPANION, ''), '_authoredOn': (COMPANION, ''), '_doNotPerform': (COMPANION, ''), '_instantiatesCanonical': (LIST_COMPANION, ''), '_instantiatesUri': (LIST_COMPANION, ''), '_intent': (COMPANION, ''), '_occurrenceDateTime': (COMPANION, ''), '_patientInstruction': (COMPANION, ''), '_priority': (COMPANION, ''), '_status': (COMPANION, ''), 'instantiatesCanonical': (LIST, ''), 'instantiatesUri': (LIST, '')},
        needed=('intent', 'status'),
        targets={'basedOn': frozenset(['CarePlan', 'MedicationRequest', 'ServiceRequest']),'encounter': frozenset(['Encounter']),'instantiatesCanonical': frozenset(['ActivityDefinition', 'PlanDefinition']),'insurance': frozenset(['ClaimResponse', 'Coverage']),'locationReference': frozenset(['Location']),'performer': frozenset(['CareTeam', 'Device', 'HealthcareService', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'reasonReference': frozenset(['Condition', 'DiagnosticReport', 'DocumentReference', 'Observation']),'relevantHistory': frozenset(['Provenance']),'replaces': frozenset(['ServiceRequest']),'requester': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'specimen': frozenset(['Specimen']),'subject': frozenset(['Device', 'Group', 'Location', 'Patient']),},
        choices=(('asNeeded', frozenset(['_asNeededBoolean', '_asNeededCodeableConcept', 'asNeededBoolean', 'asNeededCodeableConcept']), False),('occurrence', frozenset(['_occurrenceDateTime', '_occurrencePeriod', '_occurrenceTiming', 'occurrenceDateTime', 'occurrencePeriod', 'occurrenceTiming']), False),('quantity', frozenset(['_quantityQuantity', '_quantityRange', '_quantityRatio', 'quantityQuantity', 'quantityRange', 'quantityRatio']), False),),
    ),
    "Signature": Walk(
        steps={'extension': (CHILD, 'Extension'), 'onBehalfOf': (CHILD, 'Reference'), 'type': (CHILD, 'Coding'), 'who': (CHILD, 'Reference'), 'when': (DATE, ''), 'data': (BASE64, ''), '_data': (COMPANION, ''), '_sigFormat': (COMPANION, ''), '_targetFormat': (COMPANION, ''), '_when': (COMPANION, '')},
        needed=('when',),
        targets={'onBehalfOf': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'who': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "Specimen": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'accessionIdentifier': (CHILD, 'Identifier'), 'collection': (CHILD, 'SpecimenCollection'), 'condition': (CHILD, 'CodeableConcept'), 'container': (CHILD, 'SpecimenContainer'), 'identifier': (CHILD, 'Identifier'), 'note': (CHILD, 'Annotation'), 'parent': (CHILD, 'Reference'), 'processing': (CHILD, 'SpecimenProcessing'), 'request': (CHILD, 'Reference'), 'subject': (CHILD, 'Reference'), 'type': (CHILD, 'CodeableConcept'), 'receivedTime': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_receivedTime': (COMPANION, ''), '_status': (COMPANION, '')},
        targets={'parent': frozenset(['Specimen']),'request': frozenset(['ServiceRequest']),'subject': frozenset(['Device', 'Group', 'Location', 'Patient', 'Substance']),},
    ),
    "SpecimenCollection": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'bodySite': (CHILD, 'CodeableConcept'), 'collectedPeriod': (CHILD, 'Period'), 'collector': (CHILD, 'Reference'), 'duration': (CHILD, 'Duration'), 'fastingStatusCodeableConcept': (CHILD, 'CodeableConcept'), 'fastingStatusDuration': (CHILD, 'Duration'), 'method': (CHILD, 'CodeableConcept'), 'quantity': (CHILD, 'Quantity'), 'collectedDateTime': (DATE, ''), '_collectedDateTime': (COMPANION, '')},
        targets={'collector': frozenset(['Practitioner', 'PractitionerRole']),},
        choices=(('collected', frozenset(['_collectedDateTime', '_collectedPeriod', 'collectedDateTime', 'collectedPeriod']), False),('fastingStatus', frozenset(['_fastingStatusCodeableConcept', '_fastingStatusDuration', 'fastingStatusCodeableConcept', 'fastingStatusDuration']), False),),
    ),
    "SpecimenContainer": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'additiveCodeableConcept': (CHILD, 'CodeableConcept'), 'additiveReference': (CHILD, 'Reference'), 'capacity': (CHILD, 'Quantity'), 'identifier': (CHILD, 'Identifier'), 'specimenQuantity': (CHILD, 'Quantity'), 'type': (CHILD, 'CodeableConcept'), '_description': (COMPANION, '')},
        targets={'additiveReference': frozenset(['Substance']),},
        choices=(('additive', frozenset(['_additiveCodeableConcept', '_additiveReference', 'additiveCodeableConcept', 'additiveReference']), False),),
    ),
    "SpecimenProcessing": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'additive': (CHILD, 'Reference'), 'procedure': (CHILD, 'CodeableConcept'), 'timePeriod': (CHILD, 'Period'), 'timeDateTime': (DATE, ''), '_description': (COMPANION, ''), '_timeDateTime': (COMPANION, '')},
        targets={'additive': frozenset(['Substance']),},
        choices=(('time', frozenset(['_timeDateTime', '_timePeriod', 'timeDateTime', 'timePeriod']), False),),
    ),
    "Task": Walk(
        steps={'meta': (CHILD, 'Meta'), 'contained': (CHILD, 'AnyResource'), 'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'text': (CHILD, 'Narrative'), 'basedOn': (CHILD, 'Reference'), 'businessStatus': (CHILD, 'CodeableConcept'), 'code': (CHILD, 'CodeableConcept'), 'encounter': (CHILD, 'Reference'), 'executionPeriod': (CHILD, 'Period'), 'focus': (CHILD, 'Reference'), 'for': (CHILD, 'Reference'), 'groupIdentifier': (CHILD, 'Identifier'), 'identifier': (CHILD, 'Identifier'), 'input': (CHILD, 'TaskInput'), 'insurance': (CHILD, 'Reference'), 'location': (CHILD, 'Reference'), 'note': (CHILD, 'Annotation'), 'output': (CHILD, 'TaskOutput'), 'owner': (CHILD, 'Reference'), 'partOf': (CHILD, 'Reference'), 'performerType': (CHILD, 'CodeableConcept'), 'reasonCode': (CHILD, 'CodeableConcept'), 'reasonReference': (CHILD, 'Reference'), 'relevantHistory': (CHILD, 'Reference'), 'requester': (CHILD, 'Reference'), 'restriction': (CHILD, 'TaskRestriction'), 'statusReason': (CHILD, 'CodeableConcept'), 'authoredOn': (DATE, ''), 'lastModified': (DATE, ''), '_implicitRules': (COMPANION, ''), '_language': (COMPANION, ''), '_authoredOn': (COMPANION, ''), '_description': (COMPANION, ''), '_instantiatesCanonical': (COMPANION, ''), '_instantiatesUri': (COMPANION, ''), '_intent': (COMPANION, ''), '_lastModified': (COMPANION, ''), '_priority': (COMPANION, ''), '_status': (COMPANION, '')},
        needed=('intent', 'status'),
        targets={'encounter': frozenset(['Encounter']),'instantiatesCanonical': frozenset(['ActivityDefinition']),'insurance': frozenset(['ClaimResponse', 'Coverage']),'location': frozenset(['Location']),'owner': frozenset(['CareTeam', 'Device', 'HealthcareService', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),'partOf': frozenset(['Task']),'relevantHistory': frozenset(['Provenance']),'requester': frozenset(['Device', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "TaskInput": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'type': (CHILD, 'CodeableConcept'), 'valueAddress': (CHILD, 'Address'), 'valueAge': (CHILD, 'Age'), 'valueAnnotation': (CHILD, 'Annotation'), 'valueAttachment': (CHILD, 'Attachment'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueCoding': (CHILD, 'Coding'), 'valueContactDetail': (CHILD, 'ContactDetail'), 'valueContactPoint': (CHILD, 'ContactPoint'), 'valueContributor': (CHILD, 'Contributor'), 'valueCount': (CHILD, 'Count'), 'valueDataRequirement': (CHILD, 'DataRequirement'), 'valueDistance': (CHILD, 'Distance'), 'valueDosage': (CHILD, 'Dosage'), 'valueDuration': (CHILD, 'Duration'), 'valueExpression': (CHILD, 'Expression'), 'valueHumanName': (CHILD, 'HumanName'), 'valueIdentifier': (CHILD, 'Identifier'), 'valueMeta': (CHILD, 'Meta'), 'valueMoney': (CHILD, 'Money'), 'valueParameterDefinition': (CHILD, 'ParameterDefinition'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueReference': (CHILD, 'Reference'), 'valueRelatedArtifact': (CHILD, 'RelatedArtifact'), 'valueSampledData': (CHILD, 'SampledData'), 'valueSignature': (CHILD, 'Signature'), 'valueTiming': (CHILD, 'Timing'), 'valueTriggerDefinition': (CHILD, 'TriggerDefinition'), 'valueUsageContext': (CHILD, 'UsageContext'), 'valueDate': (DATE, ''), 'valueDateTime': (DATE, ''), 'valueInstant': (DATE, ''), 'valueDecimal': (DECIMAL, ''), 'valueBase64Binary': (BASE64, ''), '_valueBase64Binary': (COMPANION, ''), '_valueBoolean': (COMPANION, ''), '_valueCanonical': (COMPANION, ''), '_valueCode': (COMPANION, ''), '_valueDate': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueDecimal': (COMPANION, ''), '_valueId': (COMPANION, ''), '_valueInstant': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueMarkdown': (COMPANION, ''), '_valueOid': (COMPANION, ''), '_valuePositiveInt': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, ''), '_valueUnsignedInt': (COMPANION, ''), '_valueUri': (COMPANION, ''), '_valueUrl': (COMPANION, ''), '_valueUuid': (COMPANION, '')},
        choices=(('value', frozenset(['_valueAddress', '_valueAge', '_valueAnnotation', '_valueAttachment', '_valueBase64Binary', '_valueBoolean', '_valueCanonical', '_valueCode', '_valueCodeableConcept', '_valueCoding', '_valueContactDetail', '_valueContactPoint', '_valueContributor', '_valueCount', '_valueDataRequirement', '_valueDate', '_valueDateTime', '_valueDecimal', '_valueDistance', '_valueDosage', '_valueDuration', '_valueExpression', '_valueHumanName', '_valueId', '_valueIdentifier', '_valueInstant', '_valueInteger', '_valueMarkdown', '_valueMeta', '_valueMoney', '_valueOid', '_valueParameterDefinition', '_valuePeriod', '_valuePositiveInt', '_valueQuantity', '_valueRange', '_valueRatio', '_valueReference', '_valueRelatedArtifact', '_valueSampledData', '_valueSignature', '_valueString', '_valueTime', '_valueTiming', '_valueTriggerDefinition', '_valueUnsignedInt', '_valueUri', '_valueUrl', '_valueUsageContext', '_valueUuid', 'valueAddress', 'valueAge', 'valueAnnotation', 'valueAttachment', 'valueBase64Binary', 'valueBoolean', 'valueCanonical', 'valueCode', 'valueCodeableConcept', 'valueCoding', 'valueContactDetail', 'valueContactPoint', 'valueContributor', 'valueCount', 'valueDataRequirement', 'valueDate', 'valueDateTime', 'valueDecimal', 'valueDistance', 'valueDosage', 'valueDuration', 'valueExpression', 'valueHumanName', 'valueId', 'valueIdentifier', 'valueInstant', 'valueInteger', 'valueMarkdown', 'valueMeta', 'valueMoney', 'valueOid', 'valueParameterDefinition', 'valuePeriod', 'valuePositiveInt', 'valueQuantity', 'valueRange', 'valueRatio', 'valueReference', 'valueRelatedArtifact', 'valueSampledData', 'valueSignature', 'valueString', 'valueTime', 'valueTiming', 'valueTriggerDefinition', 'valueUnsignedInt', 'valueUri', 'valueUrl', 'valueUsageContext', 'valueUuid']), True),),
    ),
    "TaskOutput": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'type': (CHILD, 'CodeableConcept'), 'valueAddress': (CHILD, 'Address'), 'valueAge': (CHILD, 'Age'), 'valueAnnotation': (CHILD, 'Annotation'), 'valueAttachment': (CHILD, 'Attachment'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueCoding': (CHILD, 'Coding'), 'valueContactDetail': (CHILD, 'ContactDetail'), 'valueContactPoint': (CHILD, 'ContactPoint'), 'valueContributor': (CHILD, 'Contributor'), 'valueCount': (CHILD, 'Count'), 'valueDataRequirement': (CHILD, 'DataRequirement'), 'valueDistance': (CHILD, 'Distance'), 'valueDosage': (CHILD, 'Dosage'), 'valueDuration': (CHILD, 'Duration'), 'valueExpression': (CHILD, 'Expression'), 'valueHumanName': (CHILD, 'HumanName'), 'valueIdentifier': (CHILD, 'Identifier'), 'valueMeta': (CHILD, 'Meta'), 'valueMoney': (CHILD, 'Money'), 'valueParameterDefinition': (CHILD, 'ParameterDefinition'), 'valuePeriod': (CHILD, 'Period'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueRatio': (CHILD, 'Ratio'), 'valueReference': (CHILD, 'Reference'), 'valueRelatedArtifact': (CHILD, 'RelatedArtifact'), 'valueSampledData': (CHILD, 'SampledData'), 'valueSignature': (CHILD, 'Signature'), 'valueTiming': (CHILD, 'Timing'), 'valueTriggerDefinition': (CHILD, 'TriggerDefinition'), 'valueUsageContext': (CHILD, 'UsageContext'), 'valueDate': (DATE, ''), 'valueDateTime': (DATE, ''), 'valueInstant': (DATE, ''), 'valueDecimal': (DECIMAL, ''), 'valueBase64Binary': (BASE64, ''), '_valueBase64Binary': (COMPANION, ''), '_valueBoolean': (COMPANION, ''), '_valueCanonical': (COMPANION, ''), '_valueCode': (COMPANION, ''), '_valueDate': (COMPANION, ''), '_valueDateTime': (COMPANION, ''), '_valueDecimal': (COMPANION, ''), '_valueId': (COMPANION, ''), '_valueInstant': (COMPANION, ''), '_valueInteger': (COMPANION, ''), '_valueMarkdown': (COMPANION, ''), '_valueOid': (COMPANION, ''), '_valuePositiveInt': (COMPANION, ''), '_valueString': (COMPANION, ''), '_valueTime': (COMPANION, ''), '_valueUnsignedInt': (COMPANION, ''), '_valueUri': (COMPANION, ''), '_valueUrl': (COMPANION, ''), '_valueUuid': (COMPANION, '')},
        choices=(('value', frozenset(['_valueAddress', '_valueAge', '_valueAnnotation', '_valueAttachment', '_valueBase64Binary', '_valueBoolean', '_valueCanonical', '_valueCode', '_valueCodeableConcept', '_valueCoding', '_valueContactDetail', '_valueContactPoint', '_valueContributor', '_valueCount', '_valueDataRequirement', '_valueDate', '_valueDateTime', '_valueDecimal', '_valueDistance', '_valueDosage', '_valueDuration', '_valueExpression', '_valueHumanName', '_valueId', '_valueIdentifier', '_valueInstant', '_valueInteger', '_valueMarkdown', '_valueMeta', '_valueMoney', '_valueOid', '_valueParameterDefinition', '_valuePeriod', '_valuePositiveInt', '_valueQuantity', '_valueRange', '_valueRatio', '_valueReference', '_valueRelatedArtifact', '_valueSampledData', '_valueSignature', '_valueString', '_valueTime', '_valueTiming', '_valueTriggerDefinition', '_valueUnsignedInt', '_valueUri', '_valueUrl', '_valueUsageContext', '_valueUuid', 'valueAddress', 'valueAge', 'valueAnnotation', 'valueAttachment', 'valueBase64Binary', 'valueBoolean', 'valueCanonical', 'valueCode', 'valueCodeableConcept', 'valueCoding', 'valueContactDetail', 'valueContactPoint', 'valueContributor', 'valueCount', 'valueDataRequirement', 'valueDate', 'valueDateTime', 'valueDecimal', 'valueDistance', 'valueDosage', 'valueDuration', 'valueExpression', 'valueHumanName', 'valueId', 'valueIdentifier', 'valueInstant', 'valueInteger', 'valueMarkdown', 'valueMeta', 'valueMoney', 'valueOid', 'valueParameterDefinition', 'valuePeriod', 'valuePositiveInt', 'valueQuantity', 'valueRange', 'valueRatio', 'valueReference', 'valueRelatedArtifact', 'valueSampledData', 'valueSignature', 'valueString', 'valueTime', 'valueTiming', 'valueTriggerDefinition', 'valueUnsignedInt', 'valueUri', 'valueUrl', 'valueUsageContext', 'valueUuid']), True),),
    ),
    "TaskRestriction": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'period': (CHILD, 'Period'), 'recipient': (CHILD, 'Reference'), '_repetitions': (COMPANION, '')},
        targets={'recipient': frozenset(['Group', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson']),},
    ),
    "Timing": Walk(
        steps={'extension': (CHILD, 'Extension'), 'modifierExtension': (CHILD, 'Extension'), 'code': (CHILD, 'CodeableConcept'), 'repeat': (CHILD, 'TimingRepeat'), 'event': (LIST, ''), '_event': (LIST_COMPANION, '')},
    ),
    "TimingRepeat": Walk(
        steps={'extension': (CHILD, 'Extension'), 'boundsDuration': (CHILD, 'Duration'), 'boundsPeriod': (CHILD, 'Period'), 'boundsRange': (CHILD, 'Range'), 'duration': (DECIMAL, ''), 'durationMax': (DECIMAL, ''), 'period': (DECIMAL, ''), 'periodMax': (DECIMAL, ''), '_count': (COMPANION, ''), '_countMax': (COMPANION, ''), '_dayOfWeek': (LIST_COMPANION, ''), '_duration': (COMPANION, ''), '_durationMax': (COMPANION, ''), '_durationUnit': (COMPANION, ''), '_frequency': (COMPANION, ''), '_frequencyMax': (COMPANION, ''), '_offset': (COMPANION, ''), '_period': (COMPANION, ''), '_periodMax': (COMPANION, ''), '_periodUnit': (COMPANION, ''), '_timeOfDay': (LIST_COMPANION, ''), '_when': (LIST_COMPANION, ''), 'dayOfWeek': (LIST, ''), 'timeOfDay': (LIST, ''), 'when': (LIST, '')},
        choices=(('bounds', frozenset(['_boundsDuration', '_boundsPeriod', '_boundsRange', 'boundsDuration', 'boundsPeriod', 'boundsRange']), False),),
    ),
    "TriggerDefinition": Walk(
        steps={'extension': (CHILD, 'Extension'), 'condition': (CHILD, 'Expression'), 'data': (CHILD, 'DataRequirement'), 'timingReference': (CHILD, 'Reference'), 'timingTiming': (CHILD, 'Timing'), 'timingDate': (DATE, ''), 'timingDateTime': (DATE, ''), '_name': (COMPANION, ''), '_timingDate': (COMPANION, ''), '_timingDateTime': (COMPANION, ''), '_type': (COMPANION, '')},
        needed=('type',),
        targets={'timingReference': frozenset(['Schedule']),},
        choices=(('timing', frozenset(['_timingDate', '_timingDateTime', '_timingReference', '_timingTiming', 'timingDate', 'timingDateTime', 'timingReference', 'timingTiming']), False),),
    ),
    "UsageContext": Walk(
        steps={'extension': (CHILD, 'Extension'), 'code': (CHILD, 'Coding'), 'valueCodeableConcept': (CHILD, 'CodeableConcept'), 'valueQuantity': (CHILD, 'Quantity'), 'valueRange': (CHILD, 'Range'), 'valueReference': (CHILD, 'Reference')},
        targets={'valueReference': frozenset(['Group', 'HealthcareService', 'InsurancePlan', 'Location', 'Organization', 'PlanDefinition', 'ResearchStudy']),},
        choices=(('value', frozenset(['_valueCodeableConcept', '_valueQuantity', '_valueRange', '_valueReference', 'valueCodeableConcept', 'valueQuantity', 'valueRange', 'valueReference']), True),),
    ),
}
