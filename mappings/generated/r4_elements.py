"""FHIR R4 elements by type: `name:type`, a star marks a list. Made from the published definitions; do not edit."""

from __future__ import annotations

TEXT = {
    "Account": (
        "id:id language:code meta:Meta text:Narrative coverage*:AccountCoverage "
        "description:string guarantor*:AccountGuarantor identifier*:Identifier name:string "
        "owner:Reference partOf:Reference servicePeriod:Period status:code subject*:Reference "
        "type:CodeableConcept "
    ),
    "AccountCoverage": ("id:string coverage:Reference priority:positiveInt "),
    "AccountGuarantor": ("id:string onHold:boolean party:Reference period:Period "),
    "Address": (
        "id:string city:string country:string district:string line*:string period:Period "
        "postalCode:string state:string text:string type:code use:code "
    ),
    "Age": ("id:string code:code comparator:code system:uri unit:string value:decimal "),
    "AllergyIntolerance": (
        "id:id language:code meta:Meta text:Narrative asserter:Reference category*:code "
        "clinicalStatus:CodeableConcept code:CodeableConcept criticality:code encounter:Reference "
        "identifier*:Identifier lastOccurrence:dateTime note*:Annotation onsetAge:Age "
        "onsetDateTime:dateTime onsetPeriod:Period onsetRange:Range onsetString:string "
        "patient:Reference reaction*:AllergyIntoleranceReaction recordedDate:dateTime "
        "recorder:Reference type:code verificationStatus:CodeableConcept "
    ),
    "AllergyIntoleranceReaction": (
        "id:string description:string exposureRoute:CodeableConcept "
        "manifestation*:CodeableConcept note*:Annotation onset:dateTime severity:code "
        "substance:CodeableConcept "
    ),
    "Annotation": ("id:string authorReference:Reference authorString:string text:markdown time:dateTime "),
    "Appointment": (
        "id:id language:code meta:Meta text:Narrative appointmentType:CodeableConcept "
        "basedOn*:Reference cancelationReason:CodeableConcept comment:string created:dateTime "
        "description:string end:instant identifier*:Identifier minutesDuration:positiveInt "
        "participant*:AppointmentParticipant patientInstruction:string priority:unsignedInt "
        "reasonCode*:CodeableConcept reasonReference*:Reference requestedPeriod*:Period "
        "serviceCategory*:CodeableConcept serviceType*:CodeableConcept slot*:Reference "
        "specialty*:CodeableConcept start:instant status:code supportingInformation*:Reference "
    ),
    "AppointmentParticipant": (
        "id:string actor:Reference period:Period required:code status:code type*:CodeableConcept "
    ),
    "Attachment": (
        "id:string contentType:code creation:dateTime data:encodedBytes hash:encodedBytes "
        "language:code size:unsignedInt title:string url:string "
    ),
    "Bundle": (
        "id:id language:code meta:Meta entry*:BundleEntry identifier:Identifier link*:BundleLink "
        "signature:Signature timestamp:instant total:unsignedInt type:code "
    ),
    "BundleEntry": (
        "id:string fullUrl:uri link*:BundleLink request:BundleEntryRequest resource:Resource "
        "response:BundleEntryResponse search:BundleEntrySearch "
    ),
    "BundleEntryRequest": (
        "id:string ifMatch:string ifModifiedSince:instant ifNoneExist:string ifNoneMatch:string "
        "method:code url:uri "
    ),
    "BundleEntryResponse": (
        "id:string etag:string lastModified:instant location:uri outcome:Resource status:string "
    ),
    "BundleEntrySearch": ("id:string mode:code score:decimal "),
    "BundleLink": ("id:string relation:string url:uri "),
    "CarePlan": (
        "id:id language:code meta:Meta text:Narrative activity*:CarePlanActivity "
        "addresses*:Reference author:Reference basedOn*:Reference careTeam*:Reference "
        "category*:CodeableConcept contributor*:Reference created:dateTime description:string "
        "encounter:Reference goal*:Reference identifier*:Identifier "
        "instantiatesCanonical*:canonical instantiatesUri*:uri intent:code note*:Annotation "
        "partOf*:Reference period:Period replaces*:Reference status:code subject:Reference "
        "supportingInfo*:Reference title:string "
    ),
    "CarePlanActivity": (
        "id:string detail:CarePlanActivityDetail outcomeCodeableConcept*:CodeableConcept "
        "outcomeReference*:Reference progress*:Annotation reference:Reference "
    ),
    "CarePlanActivityDetail": (
        "id:string code:CodeableConcept dailyAmount:Quantity description:string "
        "doNotPerform:boolean goal*:Reference instantiatesCanonical*:canonical "
        "instantiatesUri*:uri kind:code location:Reference performer*:Reference "
        "productCodeableConcept:CodeableConcept productReference:Reference quantity:Quantity "
        "reasonCode*:CodeableConcept reasonReference*:Reference scheduledPeriod:Period "
        "scheduledString:string scheduledTiming:Timing status:code statusReason:CodeableConcept "
    ),
    "CareTeam": (
        "id:id language:code meta:Meta text:Narrative category*:CodeableConcept "
        "encounter:Reference identifier*:Identifier managingOrganization*:Reference name:string "
        "note*:Annotation participant*:CareTeamParticipant period:Period "
        "reasonCode*:CodeableConcept reasonReference*:Reference status:code subject:Reference "
        "telecom*:ContactPoint "
    ),
    "CareTeamParticipant": (
        "id:string member:Reference onBehalfOf:Reference period:Period role*:CodeableConcept "
    ),
    "ClaimResponse": (
        "id:id language:code meta:Meta text:Narrative addItem*:ClaimResponseAddItem "
        "adjudication*:ClaimResponseItemAdjudication communicationRequest*:Reference "
        "created:dateTime disposition:string error*:ClaimResponseError form:Attachment "
        "formCode:CodeableConcept fundsReserve:CodeableConcept identifier*:Identifier "
        "insurance*:ClaimResponseInsurance insurer:Reference item*:ClaimResponseItem outcome:code "
        "patient:Reference payeeType:CodeableConcept payment:ClaimResponsePayment "
        "preAuthPeriod:Period preAuthRef:string processNote*:ClaimResponseProcessNote "
        "request:Reference requestor:Reference status:code subType:CodeableConcept "
        "total*:ClaimResponseTotal type:CodeableConcept use:code "
    ),
    "ClaimResponseAddItem": (
        "id:string adjudication*:ClaimResponseItemAdjudication bodySite:CodeableConcept "
        "detail*:ClaimResponseAddItemDetail detailSequence*:positiveInt factor:decimal "
        "itemSequence*:positiveInt locationAddress:Address "
        "locationCodeableConcept:CodeableConcept locationReference:Reference "
        "modifier*:CodeableConcept net:Money noteNumber*:positiveInt "
        "productOrService:CodeableConcept programCode*:CodeableConcept provider*:Reference "
        "quantity:Quantity servicedDate:date servicedPeriod:Period subSite*:CodeableConcept "
        "subdetailSequence*:positiveInt unitPrice:Money "
    ),
    "ClaimResponseAddItemDetail": (
        "id:string adjudication*:ClaimResponseItemAdjudication factor:decimal "
        "modifier*:CodeableConcept net:Money noteNumber*:positiveInt "
        "productOrService:CodeableConcept quantity:Quantity "
        "subDetail*:ClaimResponseAddItemDetailSubDetail unitPrice:Money "
    ),
    "ClaimResponseAddItemDetailSubDetail": (
        "id:string adjudication*:ClaimResponseItemAdjudication factor:decimal "
        "modifier*:CodeableConcept net:Money noteNumber*:positiveInt "
        "productOrService:CodeableConcept quantity:Quantity unitPrice:Money "
    ),
    "ClaimResponseError": (
        "id:string code:CodeableConcept detailSequence:positiveInt itemSequence:positiveInt "
        "subDetailSequence:positiveInt "
    ),
    "ClaimResponseInsurance": (
        "id:string businessArrangement:string claimResponse:Reference coverage:Reference "
        "focal:boolean sequence:positiveInt "
    ),
    "ClaimResponseItem": (
        "id:string adjudication*:ClaimResponseItemAdjudication detail*:ClaimResponseItemDetail "
        "itemSequence:positiveInt noteNumber*:positiveInt "
    ),
    "ClaimResponseItemAdjudication": (
        "id:string amount:Money category:CodeableConcept reason:CodeableConcept value:decimal "
    ),
    "ClaimResponseItemDetail": (
        "id:string adjudication*:ClaimResponseItemAdjudication detailSequence:positiveInt "
        "noteNumber*:positiveInt subDetail*:ClaimResponseItemDetailSubDetail "
    ),
    "ClaimResponseItemDetailSubDetail": (
        "id:string adjudication*:ClaimResponseItemAdjudication noteNumber*:positiveInt "
        "subDetailSequence:positiveInt "
    ),
    "ClaimResponsePayment": (
        "id:string adjustment:Money adjustmentReason:CodeableConcept amount:Money date:date "
        "identifier:Identifier type:CodeableConcept "
    ),
    "ClaimResponseProcessNote": (
        "id:string language:CodeableConcept number:positiveInt text:string type:code "
    ),
    "ClaimResponseTotal": ("id:string amount:Money category:CodeableConcept "),
    "CodeableConcept": ("id:string coding*:Coding text:string "),
    "Coding": ("id:string code:code display:string system:uri userSelected:boolean version:string "),
    "Communication": (
        "id:id language:code meta:Meta text:Narrative about*:Reference basedOn*:Reference "
        "category*:CodeableConcept encounter:Reference identifier*:Identifier "
        "inResponseTo*:Reference instantiatesCanonical*:canonical instantiatesUri*:uri "
        "medium*:CodeableConcept note*:Annotation partOf*:Reference payload*:CommunicationPayload "
        "priority:code reasonCode*:CodeableConcept reasonReference*:Reference received:dateTime "
        "recipient*:Reference sender:Reference sent:dateTime status:code "
        "statusReason:CodeableConcept subject:Reference topic:CodeableConcept "
    ),
    "CommunicationPayload": (
        "id:string contentAttachment:Attachment contentReference:Reference contentString:string "
    ),
    "CommunicationRequest": (
        "id:id language:code meta:Meta text:Narrative about*:Reference authoredOn:dateTime "
        "basedOn*:Reference category*:CodeableConcept doNotPerform:boolean encounter:Reference "
        "groupIdentifier:Identifier identifier*:Identifier medium*:CodeableConcept "
        "note*:Annotation occurrenceDateTime:dateTime occurrencePeriod:Period "
        "payload*:CommunicationRequestPayload priority:code reasonCode*:CodeableConcept "
        "reasonReference*:Reference recipient*:Reference replaces*:Reference requester:Reference "
        "sender:Reference status:code statusReason:CodeableConcept subject:Reference "
    ),
    "CommunicationRequestPayload": (
        "id:string contentAttachment:Attachment contentReference:Reference contentString:string "
    ),
    "Composition": (
        "id:id language:code meta:Meta text:Narrative attester*:CompositionAttester "
        "author*:Reference category*:CodeableConcept confidentiality:code custodian:Reference "
        "date:dateTime encounter:Reference event*:CompositionEvent identifier:Identifier "
        "relatesTo*:CompositionRelatesTo section*:CompositionSection status:code "
        "subject:Reference title:string type:CodeableConcept "
    ),
    "CompositionAttester": ("id:string mode:code party:Reference time:dateTime "),
    "CompositionEvent": ("id:string code*:CodeableConcept detail*:Reference period:Period "),
    "CompositionRelatesTo": ("id:string code:code targetIdentifier:Identifier targetReference:Reference "),
    "CompositionSection": (
        "id:string author*:Reference code:CodeableConcept emptyReason:CodeableConcept "
        "entry*:Reference focus:Reference mode:code orderedBy:CodeableConcept "
        "section*:CompositionSection text:Narrative title:string "
    ),
    "Condition": (
        "id:id language:code meta:Meta text:Narrative abatementAge:Age abatementDateTime:dateTime "
        "abatementPeriod:Period abatementRange:Range abatementString:string asserter:Reference "
        "bodySite*:CodeableConcept category*:CodeableConcept clinicalStatus:CodeableConcept "
        "code:CodeableConcept encounter:Reference evidence*:ConditionEvidence "
        "identifier*:Identifier note*:Annotation onsetAge:Age onsetDateTime:dateTime "
        "onsetPeriod:Period onsetRange:Range onsetString:string recordedDate:dateTime "
        "recorder:Reference severity:CodeableConcept stage*:ConditionStage subject:Reference "
        "verificationStatus:CodeableConcept "
    ),
    "ConditionEvidence": ("id:string code*:CodeableConcept detail*:Reference "),
    "ConditionStage": ("id:string assessment*:Reference summary:CodeableConcept type:CodeableConcept "),
    "Consent": (
        "id:id language:code meta:Meta text:Narrative category*:CodeableConcept dateTime:dateTime "
        "identifier*:Identifier organization*:Reference patient:Reference performer*:Reference "
        "policy*:ConsentPolicy policyRule:CodeableConcept provision:ConsentProvision "
        "scope:CodeableConcept sourceAttachment:Attachment sourceReference:Reference status:code "
        "verification*:ConsentVerification "
    ),
    "ConsentPolicy": ("id:string authority:uri uri:uri "),
    "ConsentProvision": (
        "id:string action*:CodeableConcept actor*:ConsentProvisionActor class*:Coding "
        "code*:CodeableConcept data*:ConsentProvisionData dataPeriod:Period period:Period "
        "provision*:ConsentProvision purpose*:Coding securityLabel*:Coding type:code "
    ),
    "ConsentProvisionActor": ("id:string reference:Reference role:CodeableConcept "),
    "ConsentProvisionData": ("id:string meaning:code reference:Reference "),
    "ConsentVerification": ("id:string verificationDate:dateTime verified:boolean verifiedWith:Reference "),
    "ContactDetail": ("id:string name:string telecom*:ContactPoint "),
    "ContactPoint": ("id:string period:Period rank:positiveInt system:code use:code value:string "),
    "Contributor": ("id:string contact*:ContactDetail name:string type:code "),
    "Count": ("id:string code:code comparator:code system:uri unit:string value:decimal "),
    "Coverage": (
        "id:id language:code meta:Meta text:Narrative beneficiary:Reference class*:CoverageClass "
        "contract*:Reference costToBeneficiary*:CoverageCostToBeneficiary dependent:string "
        "identifier*:Identifier network:string order:positiveInt payor*:Reference period:Period "
        "policyHolder:Reference relationship:CodeableConcept status:code subrogation:boolean "
        "subscriber:Reference subscriberId:string type:CodeableConcept "
    ),
    "CoverageClass": ("id:string name:string type:CodeableConcept value:string "),
    "CoverageCostToBeneficiary": (
        "id:string exception*:CoverageCostToBeneficiaryException type:CodeableConcept "
        "valueMoney:Money valueQuantity:Quantity "
    ),
    "CoverageCostToBeneficiaryException": ("id:string period:Period type:CodeableConcept "),
    "CoverageEligibilityResponse": (
        "id:id language:code meta:Meta text:Narrative created:dateTime disposition:string "
        "error*:CoverageEligibilityResponseError form:CodeableConcept identifier*:Identifier "
        "insurance*:CoverageEligibilityResponseInsurance insurer:Reference outcome:code "
        "patient:Reference preAuthRef:string purpose*:code request:Reference requestor:Reference "
        "servicedDate:date servicedPeriod:Period status:code "
    ),
    "CoverageEligibilityResponseError": ("id:string code:CodeableConcept "),
    "CoverageEligibilityResponseInsurance": (
        "id:string benefitPeriod:Period coverage:Reference inforce:boolean "
        "item*:CoverageEligibilityResponseInsuranceItem "
    ),
    "CoverageEligibilityResponseInsuranceItem": (
        "id:string authorizationRequired:boolean authorizationSupporting*:CodeableConcept "
        "authorizationUrl:uri benefit*:CoverageEligibilityResponseInsuranceItemBenefit "
        "category:CodeableConcept description:string excluded:boolean modifier*:CodeableConcept "
        "name:string network:CodeableConcept productOrService:CodeableConcept provider:Reference "
        "term:CodeableConcept unit:CodeableConcept "
    ),
    "CoverageEligibilityResponseInsuranceItemBenefit": (
        "id:string allowedMoney:Money allowedString:string allowedUnsignedInt:unsignedInt "
        "type:CodeableConcept usedMoney:Money usedString:string usedUnsignedInt:unsignedInt "
    ),
    "DataRequirement": (
        "id:string codeFilter*:DataRequirementCodeFilter dateFilter*:DataRequirementDateFilter "
        "limit:positiveInt mustSupport*:string profile*:canonical sort*:DataRequirementSort "
        "subjectCodeableConcept:CodeableConcept subjectReference:Reference type:code "
    ),
    "DataRequirementCodeFilter": (
        "id:string code*:Coding path:string searchParam:string valueSet:canonical "
    ),
    "DataRequirementDateFilter": (
        "id:string path:string searchParam:string valueDateTime:dateTime valueDuration:Duration "
        "valuePeriod:Period "
    ),
    "DataRequirementSort": ("id:string direction:code path:string "),
    "Device": (
        "id:id language:code meta:Meta text:Narrative contact*:ContactPoint definition:Reference "
        "deviceName*:DeviceDeviceName distinctIdentifier:string expirationDate:dateTime "
        "identifier*:Identifier location:Reference lotNumber:string manufactureDate:dateTime "
        "manufacturer:string modelNumber:string note*:Annotation owner:Reference parent:Reference "
        "partNumber:string patient:Reference property*:DeviceProperty safety*:CodeableConcept "
        "serialNumber:string specialization*:DeviceSpecialization status:code "
        "statusReason*:CodeableConcept type:CodeableConcept udiCarrier*:DeviceUdiCarrier url:uri "
        "version*:DeviceVersion "
    ),
    "DeviceDeviceName": ("id:string name:string type:code "),
    "DeviceProperty": ("id:string type:CodeableConcept valueCode*:CodeableConcept valueQuantity*:Quantity "),
    "DeviceSpecialization": ("id:string systemType:CodeableConcept version:string "),
    "DeviceUdiCarrier": (
        "id:string carrierAIDC:encodedBytes carrierHRF:string deviceIdentifier:string "
        "entryType:code issuer:uri jurisdiction:uri "
    ),
    "DeviceVersion": ("id:string component:Identifier type:CodeableConcept value:string "),
    "DiagnosticReport": (
        "id:id language:code meta:Meta text:Narrative basedOn*:Reference "
        "category*:CodeableConcept code:CodeableConcept conclusion:string "
        "conclusionCode*:CodeableConcept effectiveDateTime:dateTime effectivePeriod:Period "
        "encounter:Reference identifier*:Identifier imagingStudy*:Reference issued:instant "
        "media*:DiagnosticReportMedia performer*:Reference presentedForm*:Attachment "
        "result*:Reference resultsInterpreter*:Reference specimen*:Reference status:code "
        "subject:Reference "
    ),
    "DiagnosticReportMedia": ("id:string comment:string link:Reference "),
    "Distance": ("id:string code:code comparator:code system:uri unit:string value:decimal "),
    "DocumentReference": (
        "id:id language:code meta:Meta text:Narrative authenticator:Reference author*:Reference "
        "category*:CodeableConcept content*:DocumentReferenceContent "
        "context:DocumentReferenceContext custodian:Reference date:instant description:string "
        "docStatus:code identifier*:Identifier masterIdentifier:Identifier "
        "relatesTo*:DocumentReferenceRelatesTo securityLabel*:CodeableConcept status:code "
        "subject:Reference type:CodeableConcept "
    ),
    "DocumentReferenceContent": ("id:string attachment:Attachment format:Coding "),
    "DocumentReferenceContext": (
        "id:string encounter*:Reference event*:CodeableConcept facilityType:CodeableConcept "
        "period:Period practiceSetting:CodeableConcept related*:Reference "
        "sourcePatientInfo:Reference "
    ),
    "DocumentReferenceRelatesTo": ("id:string code:code target:Reference "),
    "Dosage": (
        "id:string additionalInstruction*:CodeableConcept asNeededBoolean:boolean "
        "asNeededCodeableConcept:CodeableConcept doseAndRate*:DosageDoseAndRate "
        "maxDosePerAdministration:Quantity maxDosePerLifetime:Quantity maxDosePerPeriod:Ratio "
        "method:CodeableConcept patientInstruction:string route:CodeableConcept sequence:integer "
        "site:CodeableConcept text:string timing:Timing "
    ),
    "DosageDoseAndRate": (
        "id:string doseQuantity:Quantity doseRange:Range rateQuantity:Quantity rateRange:Range "
        "rateRatio:Ratio type:CodeableConcept "
    ),
    "Duration": ("id:string code:code comparator:code system:uri unit:string value:decimal "),
    "Encounter": (
        "id:id language:code meta:Meta text:Narrative account*:Reference appointment*:Reference "
        "basedOn*:Reference classHistory*:EncounterClassHistory class:Coding "
        "diagnosis*:EncounterDiagnosis episodeOfCare*:Reference "
        "hospitalization:EncounterHospitalization identifier*:Identifier length:Duration "
        "location*:EncounterLocation partOf:Reference participant*:EncounterParticipant "
        "period:Period priority:CodeableConcept reasonCode*:CodeableConcept "
        "reasonReference*:Reference serviceProvider:Reference serviceType:CodeableConcept "
        "status:code statusHistory*:EncounterStatusHistory subject:Reference "
        "type*:CodeableConcept "
    ),
    "EncounterClassHistory": ("id:string class:Coding period:Period "),
    "EncounterDiagnosis": ("id:string condition:Reference rank:positiveInt use:CodeableConcept "),
    "EncounterHospitalization": (
        "id:string admitSource:CodeableConcept destination:Reference "
        "dietPreference*:CodeableConcept dischargeDisposition:CodeableConcept origin:Reference "
        "preAdmissionIdentifier:Identifier reAdmission:CodeableConcept "
        "specialArrangement*:CodeableConcept specialCourtesy*:CodeableConcept "
    ),
    "EncounterLocation": (
        "id:string location:Reference period:Period physicalType:CodeableConcept status:code "
    ),
    "EncounterParticipant": ("id:string individual:Reference period:Period type*:CodeableConcept "),
    "EncounterStatusHistory": ("id:string period:Period status:code "),
    "EpisodeOfCare": (
        "id:id language:code meta:Meta text:Narrative account*:Reference careManager:Reference "
        "diagnosis*:EpisodeOfCareDiagnosis identifier*:Identifier managingOrganization:Reference "
        "patient:Reference period:Period referralRequest*:Reference status:code "
        "statusHistory*:EpisodeOfCareStatusHistory team*:Reference type*:CodeableConcept "
    ),
    "EpisodeOfCareDiagnosis": ("id:string condition:Reference rank:positiveInt role:CodeableConcept "),
    "EpisodeOfCareStatusHistory": ("id:string period:Period status:code "),
    "Expression": ("id:string description:string expression:string language:code name:id reference:uri "),
    "Flag": (
        "id:id language:code meta:Meta text:Narrative author:Reference category*:CodeableConcept "
        "code:CodeableConcept encounter:Reference identifier*:Identifier period:Period "
        "status:code subject:Reference "
    ),
    "Goal": (
        "id:id language:code meta:Meta text:Narrative achievementStatus:CodeableConcept "
        "addresses*:Reference category*:CodeableConcept description:CodeableConcept "
        "expressedBy:Reference identifier*:Identifier lifecycleStatus:code note*:Annotation "
        "outcomeCode*:CodeableConcept outcomeReference*:Reference priority:CodeableConcept "
        "startCodeableConcept:CodeableConcept startDate:date statusDate:date statusReason:string "
        "subject:Reference target*:GoalTarget "
    ),
    "GoalTarget": (
        "id:string detailBoolean:boolean detailCodeableConcept:CodeableConcept "
        "detailInteger:integer detailQuantity:Quantity detailRange:Range detailRatio:Ratio "
        "detailString:string dueDate:date dueDuration:Duration measure:CodeableConcept "
    ),
    "Group": (
        "id:id language:code meta:Meta text:Narrative active:boolean actual:boolean "
        "characteristic*:GroupCharacteristic code:CodeableConcept identifier*:Identifier "
        "managingEntity:Reference member*:GroupMember name:string quantity:unsignedInt type:code "
    ),
    "GroupCharacteristic": (
        "id:string code:CodeableConcept exclude:boolean period:Period valueBoolean:boolean "
        "valueCodeableConcept:CodeableConcept valueQuantity:Quantity valueRange:Range "
        "valueReference:Reference "
    ),
    "GroupMember": ("id:string entity:Reference inactive:boolean period:Period "),
    "HealthcareService": (
        "id:id language:code meta:Meta text:Narrative active:boolean appointmentRequired:boolean "
        "availabilityExceptions:string availableTime*:HealthcareServiceAvailableTime "
        "category*:CodeableConcept characteristic*:CodeableConcept comment:string "
        "communication*:CodeableConcept coverageArea*:Reference "
        "eligibility*:HealthcareServiceEligibility endpoint*:Reference extraDetails:markdown "
        "identifier*:Identifier location*:Reference name:string "
        "notAvailable*:HealthcareServiceNotAvailable photo:Attachment program*:CodeableConcept "
        "providedBy:Reference referralMethod*:CodeableConcept "
        "serviceProvisionCode*:CodeableConcept specialty*:CodeableConcept telecom*:ContactPoint "
        "type*:CodeableConcept "
    ),
    "HealthcareServiceAvailableTime": (
        "id:string allDay:boolean availableEndTime:time availableStartTime:time daysOfWeek*:code "
    ),
    "HealthcareServiceEligibility": ("id:string code:CodeableConcept comment:markdown "),
    "HealthcareServiceNotAvailable": ("id:string description:string during:Period "),
    "HumanName": (
        "id:string family:string given*:string period:Period prefix*:string suffix*:string "
        "text:string use:code "
    ),
    "Identifier": (
        "id:string assigner:Reference period:Period system:uri type:CodeableConcept use:code value:string "
    ),
    "Immunization": (
        "id:id language:code meta:Meta text:Narrative doseQuantity:Quantity "
        "education*:ImmunizationEducation encounter:Reference expirationDate:date "
        "fundingSource:CodeableConcept identifier*:Identifier isSubpotent:boolean "
        "location:Reference lotNumber:string manufacturer:Reference note*:Annotation "
        "occurrenceDateTime:dateTime occurrenceString:string patient:Reference "
        "performer*:ImmunizationPerformer primarySource:boolean "
        "programEligibility*:CodeableConcept protocolApplied*:ImmunizationProtocolApplied "
        "reaction*:ImmunizationReaction reasonCode*:CodeableConcept reasonReference*:Reference "
        "recorded:dateTime reportOrigin:CodeableConcept route:CodeableConcept "
        "site:CodeableConcept status:code statusReason:CodeableConcept "
        "subpotentReason*:CodeableConcept vaccineCode:CodeableConcept "
    ),
    "ImmunizationEducation": (
        "id:string documentType:string presentationDate:dateTime publicationDate:dateTime reference:uri "
    ),
    "ImmunizationPerformer": ("id:string actor:Reference function:CodeableConcept "),
    "ImmunizationProtocolApplied": (
        "id:string authority:Reference doseNumberPositiveInt:positiveInt doseNumberString:string "
        "series:string seriesDosesPositiveInt:positiveInt seriesDosesString:string "
        "targetDisease*:CodeableConcept "
    ),
    "ImmunizationReaction": ("id:string date:dateTime detail:Reference reported:boolean "),
    "List": (
        "id:id language:code meta:Meta text:Narrative code:CodeableConcept date:dateTime "
        "emptyReason:CodeableConcept encounter:Reference entry*:ListEntry identifier*:Identifier "
        "mode:code note*:Annotation orderedBy:CodeableConcept source:Reference status:code "
        "subject:Reference title:string "
    ),
    "ListEntry": ("id:string date:dateTime deleted:boolean flag:CodeableConcept item:Reference "),
    "Location": (
        "id:id language:code meta:Meta text:Narrative address:Address alias*:string "
        "availabilityExceptions:string description:string endpoint*:Reference "
        "hoursOfOperation*:LocationHoursOfOperation identifier*:Identifier "
        "managingOrganization:Reference mode:code name:string operationalStatus:Coding "
        "partOf:Reference physicalType:CodeableConcept position:LocationPosition status:code "
        "telecom*:ContactPoint type*:CodeableConcept "
    ),
    "LocationHoursOfOperation": (
        "id:string allDay:boolean closingTime:time daysOfWeek*:code openingTime:time "
    ),
    "LocationPosition": ("id:string altitude:decimal latitude:decimal longitude:decimal "),
    "Medication": (
        "id:id language:code meta:Meta text:Narrative amount:Ratio batch:MedicationBatch "
        "code:CodeableConcept form:CodeableConcept identifier*:Identifier "
        "ingredient*:MedicationIngredient manufacturer:Reference status:code "
    ),
    "MedicationAdministration": (
        "id:id language:code meta:Meta text:Narrative category:CodeableConcept context:Reference "
        "device*:Reference dosage:MedicationAdministrationDosage effectiveDateTime:dateTime "
        "effectivePeriod:Period eventHistory*:Reference identifier*:Identifier instantiates*:uri "
        "medicationCodeableConcept:CodeableConcept medicationReference:Reference note*:Annotation "
        "partOf*:Reference performer*:MedicationAdministrationPerformer "
        "reasonCode*:CodeableConcept reasonReference*:Reference request:Reference status:code "
        "statusReason*:CodeableConcept subject:Reference supportingInformation*:Reference "
    ),
    "MedicationAdministrationDosage": (
        "id:string dose:Quantity method:CodeableConcept rateQuantity:Quantity rateRatio:Ratio "
        "route:CodeableConcept site:CodeableConcept text:string "
    ),
    "MedicationAdministrationPerformer": ("id:string actor:Reference function:CodeableConcept "),
    "MedicationBatch": ("id:string expirationDate:dateTime lotNumber:string "),
    "MedicationIngredient": (
        "id:string isActive:boolean itemCodeableConcept:CodeableConcept itemReference:Reference "
        "strength:Ratio "
    ),
    "MedicationRequest": (
        "id:id language:code meta:Meta text:Narrative authoredOn:dateTime basedOn*:Reference "
        "category*:CodeableConcept courseOfTherapyType:CodeableConcept detectedIssue*:Reference "
        "dispenseRequest:MedicationRequestDispenseRequest doNotPerform:boolean "
        "dosageInstruction*:Dosage encounter:Reference eventHistory*:Reference "
        "groupIdentifier:Identifier identifier*:Identifier instantiatesCanonical*:canonical "
        "instantiatesUri*:uri insurance*:Reference intent:code "
        "medicationCodeableConcept:CodeableConcept medicationReference:Reference note*:Annotation "
        "performer:Reference performerType:CodeableConcept priorPrescription:Reference "
        "priority:code reasonCode*:CodeableConcept reasonReference*:Reference recorder:Reference "
        "reportedBoolean:boolean reportedReference:Reference requester:Reference status:code "
        "statusReason:CodeableConcept subject:Reference "
        "substitution:MedicationRequestSubstitution supportingInformation*:Reference "
    ),
    "MedicationRequestDispenseRequest": (
        "id:string dispenseInterval:Duration expectedSupplyDuration:Duration "
        "initialFill:MedicationRequestDispenseRequestInitialFill "
        "numberOfRepeatsAllowed:unsignedInt performer:Reference quantity:Quantity "
        "validityPeriod:Period "
    ),
    "MedicationRequestDispenseRequestInitialFill": ("id:string duration:Duration quantity:Quantity "),
    "MedicationRequestSubstitution": (
        "id:string allowedBoolean:boolean allowedCodeableConcept:CodeableConcept reason:CodeableConcept "
    ),
    "MedicationStatement": (
        "id:id language:code meta:Meta text:Narrative basedOn*:Reference category:CodeableConcept "
        "context:Reference dateAsserted:dateTime derivedFrom*:Reference dosage*:Dosage "
        "effectiveDateTime:dateTime effectivePeriod:Period identifier*:Identifier "
        "informationSource:Reference medicationCodeableConcept:CodeableConcept "
        "medicationReference:Reference note*:Annotation partOf*:Reference "
        "reasonCode*:CodeableConcept reasonReference*:Reference status:code "
        "statusReason*:CodeableConcept subject:Reference "
    ),
    "MessageHeader": (
        "id:id language:code meta:Meta text:Narrative author:Reference definition:canonical "
        "destination*:MessageHeaderDestination enterer:Reference eventCoding:Coding eventUri:uri "
        "focus*:Reference reason:CodeableConcept response:MessageHeaderResponse "
        "responsible:Reference sender:Reference source:MessageHeaderSource "
    ),
    "MessageHeaderDestination": (
        "id:string endpoint:string name:string receiver:Reference target:Reference "
    ),
    "MessageHeaderResponse": ("id:string code:code details:Reference identifier:id "),
    "MessageHeaderSource": (
        "id:string contact:ContactPoint endpoint:string name:string software:string version:string "
    ),
    "Meta": (
        "id:string lastUpdated:instant profile*:canonical security*:Coding source:uri tag*:Coding "
        "versionId:id "
    ),
    "Money": ("id:string currency:code value:decimal "),
    "Narrative": ("id:string div:string status:code "),
    "Observation": (
        "id:id language:code meta:Meta text:Narrative basedOn*:Reference bodySite:CodeableConcept "
        "category*:CodeableConcept code:CodeableConcept component*:ObservationComponent "
        "dataAbsentReason:CodeableConcept derivedFrom*:Reference device:Reference "
        "effectiveDateTime:dateTime effectiveInstant:instant effectivePeriod:Period "
        "effectiveTiming:Timing encounter:Reference focus*:Reference hasMember*:Reference "
        "identifier*:Identifier interpretation*:CodeableConcept issued:instant "
        "method:CodeableConcept note*:Annotation partOf*:Reference performer*:Reference "
        "referenceRange*:ObservationReferenceRange specimen:Reference status:code "
        "subject:Reference valueBoolean:boolean valueCodeableConcept:CodeableConcept "
        "valueDateTime:dateTime valueInteger:integer valuePeriod:Period valueQuantity:Quantity "
        "valueRange:Range valueRatio:Ratio valueSampledData:SampledData valueString:string "
        "valueTime:time "
    ),
    "ObservationComponent": (
        "id:string code:CodeableConcept dataAbsentReason:CodeableConcept "
        "interpretation*:CodeableConcept referenceRange*:ObservationReferenceRange "
        "valueBoolean:boolean valueCodeableConcept:CodeableConcept valueDateTime:dateTime "
        "valueInteger:integer valuePeriod:Period valueQuantity:Quantity valueRange:Range "
        "valueRatio:Ratio valueSampledData:SampledData valueString:string valueTime:time "
    ),
    "ObservationReferenceRange": (
        "id:string age:Range appliesTo*:CodeableConcept high:Quantity low:Quantity text:string "
        "type:CodeableConcept "
    ),
    "Organization": (
        "id:id language:code meta:Meta text:Narrative active:boolean address*:Address "
        "alias*:string contact*:OrganizationContact endpoint*:Reference identifier*:Identifier "
        "name:string partOf:Reference telecom*:ContactPoint type*:CodeableConcept "
    ),
    "OrganizationContact": (
        "id:string address:Address name:HumanName purpose:CodeableConcept telecom*:ContactPoint "
    ),
    "ParameterDefinition": (
        "id:string documentation:string max:string min:integer name:code profile:canonical "
        "type:code use:code "
    ),
    "Patient": (
        "id:id language:code meta:Meta text:Narrative active:boolean address*:Address "
        "birthDate:date communication*:PatientCommunication contact*:PatientContact "
        "deceasedBoolean:boolean deceasedDateTime:dateTime gender:code "
        "generalPractitioner*:Reference identifier*:Identifier link*:PatientLink "
        "managingOrganization:Reference maritalStatus:CodeableConcept "
        "multipleBirthBoolean:boolean multipleBirthInteger:integer name*:HumanName "
        "photo*:Attachment telecom*:ContactPoint "
    ),
    "PatientCommunication": ("id:string language:CodeableConcept preferred:boolean "),
    "PatientContact": (
        "id:string address:Address gender:code name:HumanName organization:Reference "
        "period:Period relationship*:CodeableConcept telecom*:ContactPoint "
    ),
    "PatientLink": ("id:string other:Reference type:code "),
    "Period": ("id:string end:dateTime start:dateTime "),
    "Practitioner": (
        "id:id language:code meta:Meta text:Narrative active:boolean address*:Address "
        "birthDate:date communication*:CodeableConcept gender:code identifier*:Identifier "
        "name*:HumanName photo*:Attachment qualification*:PractitionerQualification "
        "telecom*:ContactPoint "
    ),
    "PractitionerQualification": (
        "id:string code:CodeableConcept identifier*:Identifier issuer:Reference period:Period "
    ),
    "PractitionerRole": (
        "id:id language:code meta:Meta text:Narrative active:boolean "
        "availabilityExceptions:string availableTime*:PractitionerRoleAvailableTime "
        "code*:CodeableConcept endpoint*:Reference healthcareService*:Reference "
        "identifier*:Identifier location*:Reference notAvailable*:PractitionerRoleNotAvailable "
        "organization:Reference period:Period practitioner:Reference specialty*:CodeableConcept "
        "telecom*:ContactPoint "
    ),
    "PractitionerRoleAvailableTime": (
        "id:string allDay:boolean availableEndTime:time availableStartTime:time daysOfWeek*:code "
    ),
    "PractitionerRoleNotAvailable": ("id:string description:string during:Period "),
    "Procedure": (
        "id:id language:code meta:Meta text:Narrative asserter:Reference basedOn*:Reference "
        "bodySite*:CodeableConcept category:CodeableConcept code:CodeableConcept "
        "complication*:CodeableConcept complicationDetail*:Reference encounter:Reference "
        "focalDevice*:ProcedureFocalDevice followUp*:CodeableConcept identifier*:Identifier "
        "instantiatesCanonical*:canonical instantiatesUri*:uri location:Reference "
        "note*:Annotation outcome:CodeableConcept partOf*:Reference performedAge:Age "
        "performedDateTime:dateTime performedPeriod:Period performedRange:Range "
        "performedString:string performer*:ProcedurePerformer reasonCode*:CodeableConcept "
        "reasonReference*:Reference recorder:Reference report*:Reference status:code "
        "statusReason:CodeableConcept subject:Reference usedCode*:CodeableConcept "
        "usedReference*:Reference "
    ),
    "ProcedureFocalDevice": ("id:string action:CodeableConcept manipulated:Reference "),
    "ProcedurePerformer": ("id:string actor:Reference function:CodeableConcept onBehalfOf:Reference "),
    "Provenance": (
        "id:id language:code meta:Meta text:Narrative activity:CodeableConcept "
        "agent*:ProvenanceAgent entity*:ProvenanceEntity location:Reference "
        "occurredDateTime:dateTime occurredPeriod:Period policy*:uri reason*:CodeableConcept "
        "recorded:instant signature*:Signature target*:Reference "
    ),
    "ProvenanceAgent": (
        "id:string onBehalfOf:Reference role*:CodeableConcept type:CodeableConcept who:Reference "
    ),
    "ProvenanceEntity": ("id:string agent*:ProvenanceAgent role:code what:Reference "),
    "Quantity": ("id:string code:code comparator:code system:uri unit:string value:decimal "),
    "QuestionnaireResponse": (
        "id:id language:code meta:Meta text:Narrative author:Reference authored:dateTime "
        "basedOn*:Reference encounter:Reference identifier:Identifier "
        "item*:QuestionnaireResponseItem partOf*:Reference questionnaire:canonical "
        "source:Reference status:code subject:Reference "
    ),
    "QuestionnaireResponseItem": (
        "id:string answer*:QuestionnaireResponseItemAnswer definition:uri "
        "item*:QuestionnaireResponseItem linkId:string text:string "
    ),
    "QuestionnaireResponseItemAnswer": (
        "id:string item*:QuestionnaireResponseItem valueAttachment:Attachment "
        "valueBoolean:boolean valueCoding:Coding valueDate:date valueDateTime:dateTime "
        "valueDecimal:decimal valueInteger:integer valueQuantity:Quantity "
        "valueReference:Reference valueString:string valueTime:time valueUri:uri "
    ),
    "Range": ("id:string high:Quantity low:Quantity "),
    "Ratio": ("id:string denominator:Quantity numerator:Quantity "),
    "Reference": ("id:string display:string identifier:Identifier reference:string type:uri "),
    "RelatedArtifact": (
        "id:string citation:markdown display:string document:Attachment label:string "
        "resource:canonical type:code url:string "
    ),
    "RelatedPerson": (
        "id:id language:code meta:Meta text:Narrative active:boolean address*:Address "
        "birthDate:date communication*:RelatedPersonCommunication gender:code "
        "identifier*:Identifier name*:HumanName patient:Reference period:Period photo*:Attachment "
        "relationship*:CodeableConcept telecom*:ContactPoint "
    ),
    "RelatedPersonCommunication": ("id:string language:CodeableConcept preferred:boolean "),
    "SampledData": (
        "id:string data:string dimensions:positiveInt factor:decimal lowerLimit:decimal "
        "origin:Quantity period:decimal upperLimit:decimal "
    ),
    "ServiceRequest": (
        "id:id language:code meta:Meta text:Narrative asNeededBoolean:boolean "
        "asNeededCodeableConcept:CodeableConcept authoredOn:dateTime basedOn*:Reference "
        "bodySite*:CodeableConcept category*:CodeableConcept code:CodeableConcept "
        "doNotPerform:boolean encounter:Reference identifier*:Identifier "
        "instantiatesCanonical*:canonical instantiatesUri*:uri insurance*:Reference intent:code "
        "locationCode*:CodeableConcept locationReference*:Reference note*:Annotation "
        "occurrenceDateTime:dateTime occurrencePeriod:Period occurrenceTiming:Timing "
        "orderDetail*:CodeableConcept patientInstruction:string performer*:Reference "
        "performerType:CodeableConcept priority:code quantityQuantity:Quantity "
        "quantityRange:Range quantityRatio:Ratio reasonCode*:CodeableConcept "
        "reasonReference*:Reference relevantHistory*:Reference replaces*:Reference "
        "requester:Reference requisition:Identifier specimen*:Reference status:code "
        "subject:Reference supportingInfo*:Reference "
    ),
    "Signature": (
        "id:string data:encodedBytes onBehalfOf:Reference sigFormat:code targetFormat:code "
        "type*:Coding when:instant who:Reference "
    ),
    "Specimen": (
        "id:id language:code meta:Meta text:Narrative accessionIdentifier:Identifier "
        "collection:SpecimenCollection condition*:CodeableConcept container*:SpecimenContainer "
        "identifier*:Identifier note*:Annotation parent*:Reference processing*:SpecimenProcessing "
        "receivedTime:dateTime request*:Reference status:code subject:Reference "
        "type:CodeableConcept "
    ),
    "SpecimenCollection": (
        "id:string bodySite:CodeableConcept collectedDateTime:dateTime collectedPeriod:Period "
        "collector:Reference duration:Duration fastingStatusCodeableConcept:CodeableConcept "
        "fastingStatusDuration:Duration method:CodeableConcept quantity:Quantity "
    ),
    "SpecimenContainer": (
        "id:string additiveCodeableConcept:CodeableConcept additiveReference:Reference "
        "capacity:Quantity description:string identifier*:Identifier specimenQuantity:Quantity "
        "type:CodeableConcept "
    ),
    "SpecimenProcessing": (
        "id:string additive*:Reference description:string procedure:CodeableConcept "
        "timeDateTime:dateTime timePeriod:Period "
    ),
    "Task": (
        "id:id language:code meta:Meta text:Narrative authoredOn:dateTime basedOn*:Reference "
        "businessStatus:CodeableConcept code:CodeableConcept description:string "
        "encounter:Reference executionPeriod:Period focus:Reference for:Reference "
        "groupIdentifier:Identifier identifier*:Identifier input*:TaskInput "
        "instantiatesCanonical:canonical instantiatesUri:uri insurance*:Reference intent:code "
        "lastModified:dateTime location:Reference note*:Annotation output*:TaskOutput "
        "owner:Reference partOf*:Reference performerType*:CodeableConcept priority:code "
        "reasonCode:CodeableConcept reasonReference:Reference relevantHistory*:Reference "
        "requester:Reference restriction:TaskRestriction status:code statusReason:CodeableConcept "
    ),
    "TaskInput": (
        "id:string type:CodeableConcept valueAddress:Address valueAge:Age "
        "valueAnnotation:Annotation valueAttachment:Attachment valueBase64Binary:encodedBytes "
        "valueBoolean:boolean valueCanonical:canonical valueCode:code "
        "valueCodeableConcept:CodeableConcept valueCoding:Coding valueContactDetail:ContactDetail "
        "valueContactPoint:ContactPoint valueContributor:Contributor valueCount:Count "
        "valueDataRequirement:DataRequirement valueDate:date valueDateTime:dateTime "
        "valueDecimal:decimal valueDistance:Distance valueDosage:Dosage valueDuration:Duration "
        "valueExpression:Expression valueHumanName:HumanName valueId:id "
        "valueIdentifier:Identifier valueInstant:instant valueInteger:integer "
        "valueMarkdown:markdown valueMeta:Meta valueMoney:Money valueOid:oid "
        "valueParameterDefinition:ParameterDefinition valuePeriod:Period "
        "valuePositiveInt:positiveInt valueQuantity:Quantity valueRange:Range valueRatio:Ratio "
        "valueReference:Reference valueRelatedArtifact:RelatedArtifact "
        "valueSampledData:SampledData valueSignature:Signature valueString:string valueTime:time "
        "valueTiming:Timing valueTriggerDefinition:TriggerDefinition valueUnsignedInt:unsignedInt "
        "valueUri:uri valueUrl:string valueUsageContext:UsageContext valueUuid:uuidVersion "
    ),
    "TaskOutput": (
        "id:string type:CodeableConcept valueAddress:Address valueAge:Age "
        "valueAnnotation:Annotation valueAttachment:Attachment valueBase64Binary:encodedBytes "
        "valueBoolean:boolean valueCanonical:canonical valueCode:code "
        "valueCodeableConcept:CodeableConcept valueCoding:Coding valueContactDetail:ContactDetail "
        "valueContactPoint:ContactPoint valueContributor:Contributor valueCount:Count "
        "valueDataRequirement:DataRequirement valueDate:date valueDateTime:dateTime "
        "valueDecimal:decimal valueDistance:Distance valueDosage:Dosage valueDuration:Duration "
        "valueExpression:Expression valueHumanName:HumanName valueId:id "
        "valueIdentifier:Identifier valueInstant:instant valueInteger:integer "
        "valueMarkdown:markdown valueMeta:Meta valueMoney:Money valueOid:oid "
        "valueParameterDefinition:ParameterDefinition valuePeriod:Period "
        "valuePositiveInt:positiveInt valueQuantity:Quantity valueRange:Range valueRatio:Ratio "
        "valueReference:Reference valueRelatedArtifact:RelatedArtifact "
        "valueSampledData:SampledData valueSignature:Signature valueString:string valueTime:time "
        "valueTiming:Timing valueTriggerDefinition:TriggerDefinition valueUnsignedInt:unsignedInt "
        "valueUri:uri valueUrl:string valueUsageContext:UsageContext valueUuid:uuidVersion "
    ),
    "TaskRestriction": ("id:string period:Period recipient*:Reference repetitions:positiveInt "),
    "Timing": ("id:string code:CodeableConcept event*:dateTime repeat:TimingRepeat "),
    "TimingRepeat": (
        "id:string boundsDuration:Duration boundsPeriod:Period boundsRange:Range "
        "count:positiveInt countMax:positiveInt dayOfWeek*:code duration:decimal "
        "durationMax:decimal durationUnit:code frequency:positiveInt frequencyMax:positiveInt "
        "offset:unsignedInt period:decimal periodMax:decimal periodUnit:code timeOfDay*:time "
        "when*:code "
    ),
    "TriggerDefinition": (
        "id:string condition:Expression data*:DataRequirement name:string timingDate:date "
        "timingDateTime:dateTime timingReference:Reference timingTiming:Timing type:code "
    ),
    "UsageContext": (
        "id:string code:Coding valueCodeableConcept:CodeableConcept valueQuantity:Quantity "
        "valueRange:Range valueReference:Reference "
    ),
}
