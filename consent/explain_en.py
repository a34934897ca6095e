"""The sentences of `explain` in English."""

from __future__ import annotations

from consent.explain_words import Because, Words

_NAMED = "It needs a consent in force that names {recipient}, purpose {purposes}."
_FIX = "{consent} would have to be corrected and signed again."

ENGLISH = Words(
    language="en",
    phrases={
        "summary_disclose": "All {count} records may be released to {recipient} for {purposes}.",
        "summary_partial": "{shown} of {count} records may be released, some in part, to {recipient} for {purposes}.",
        "summary_withhold": "Nothing may be released to {recipient} for {purposes} ({count} records asked).",
        "no_purpose": "no stated purpose",
        "no_recipient": "an unknown recipient",
        "resource_disclose": "Released: {names}. {because}",
        "resource_redact": "Released in part: {names}. {because}",
        "resource_withhold": "Withheld: {names}. {because}",
        "and_more": "{names} and {count} more",
        "a_recipient": "the recipient",
        "this_purpose": "this purpose",
        "a_consent": "the consent",
        "consents": "Decided under {consents}.",
        "note": "Also noted: {because}",
        "obligation": "Duty with this release: {code} {value}.",
        "reason": "A rule of the configured packs decided this ({code}).",
        "reason_remedy": "Ask the privacy officer what rule {code} needs.",
        "versions": "Decided by consent semantics version {semantics}.",
        "nothing_to_show": "Nothing can be shown for this request. This does not mean that nothing exists.",
    },
    reasons={
        "ACTION_NOT_COVERED": Because("{consent} does not cover this action.", _NAMED),
        "AUDIT_AGREEMENT_MISSING": Because(
            "An audit needs a written agreement, and none is on record.",
            "Record the audit agreement with {recipient}, its scope and its dates.",
        ),
        "CONSENT_CODE_INVALID": Because(
            "{consent} holds a code that cannot be read; it permits nothing.", _FIX
        ),
        "CONSENT_ELEMENT_INVALID": Because(
            "{consent} holds an element of the wrong shape; it permits nothing.", _FIX
        ),
        "CONSENT_ELEMENT_MISSING": Because(
            "{consent} lacks an element that FHIR demands; it permits nothing.", _FIX
        ),
        "CONSENT_ELEMENT_UNKNOWN": Because(
            "{consent} holds an element that FHIR R4 does not have; it permits nothing.", _FIX
        ),
        "CONSENT_EXPIRED": Because("{consent} has ended.", "The person may renew {consent}."),
        "CONSENT_MODIFIED": Because(
            "{consent} carries a modifier that nobody here knows; it permits nothing.", _FIX
        ),
        "CONSENT_NOT_ACTIVE": Because("{consent} is not active.", _NAMED),
        "CONSENT_NOT_UNDERSTOOD": Because(
            "{consent} says something that cannot be evaluated; it permits nothing.", _FIX
        ),
        "CONSENT_NOT_YET_IN_FORCE": Because("{consent} is not in force yet."),
        "CONSENT_OTHER_PATIENT": Because("{consent} is another person's."),
        "CONSENT_PATIENT_UNCLEAR": Because("It cannot be told whose consent {consent} is.", _FIX),
        "CONSENT_PERIOD_INVALID": Because(
            "{consent} has a period that ends before it starts, or none that can be read.", _FIX
        ),
        "CONSENT_POLICY_MISSING": Because("{consent} names no policy.", _FIX),
        "CONSENT_PROVISION_MISSING": Because("{consent} says neither yes nor no to anything.", _FIX),
        "CONSENT_R5_SHAPE": Because(
            "{consent} has the shape of another FHIR version; it permits nothing.",
            "Have {consent} sent as FHIR R4.",
        ),
        "CONSENT_RESOURCE_TYPE": Because("A record among the consents is no Consent."),
        "CONSENT_SCOPE_INVALID": Because("{consent} is no privacy consent, or does not say so.", _FIX),
        "CONSENT_SIGNED_LATER": Because("{consent} carries a signature date that lies ahead.", _FIX),
        "CONSENT_TOO_DEEP": Because("{consent} is nested too deep to be read.", _FIX),
        "CONSENT_TOO_LARGE": Because("{consent} is too large to be read.", _FIX),
        "CONSENT_TYPE_MISSING": Because(
            "A part of {consent} says neither permit nor deny; it is read as a refusal.", _FIX
        ),
        "CONSENT_UNVERIFIED": Because(
            "Nobody entitled to it has vouched for {consent}; until then it permits nothing.",
            "Have {consent} verified with its signed form.",
        ),
        "COURT_ORDER": Because("Released under a court order on record."),
        "CUT_TO_DATA_SET": Because(
            "More than {recipient} needs for {purposes} is left out, even under consent."
        ),
        "DATA_NOT_COVERED": Because(
            "{consent} does not cover this kind of record.",
            "A consent for {recipient}, purpose {purposes}, would have to cover this kind of record.",
        ),
        "DENIED_BY_CONSENT": Because(
            "The person said no in {consent}; an objection wins over every permission.",
            "Only the person can change this, by a new choice in place of {consent}.",
        ),
        "DENIED_UNLESS_CLEAR": Because(
            "{consent} holds an objection that may apply here; in doubt it does.",
            "Ask the person to make {consent} clear, or label the record more exactly.",
        ),
        "DISCLOSER_NOT_COVERED": Because(
            "{consent} does not name the holder of the record as the one who may disclose.",
            "A consent would have to name the holder of the record as discloser.",
        ),
        "DESCRIPTION_MISSING": Because(
            "{consent} does not say what may go, as it has to for a recipient of this kind.", _FIX
        ),
        "INTERMEDIARY_INCOMPLETE": Because(
            "{consent} names an intermediary without those who take part in it.", _FIX
        ),
        "EXPIRY_MISSING": Because("{consent} has no end, which the law asks for here.", _FIX),
        "EXPIRY_EVENT_REVIEW_DUE": Because(
            "{consent} ends with an event, and nobody has looked lately whether it has come.",
            "Whoever watches for the event has to look and set the next day of review.",
        ),
        "EXPIRY_EVENT_WITHOUT_DATE": Because(
            "{consent} ends with an event, and no day is set by which somebody looks whether it has come.",
            _FIX,
        ),
        "EXPIRY_EVENT_WITHOUT_OWNER": Because(
            "{consent} ends with an event, and nobody is named to watch for it.", _FIX
        ),
        "HIPAA_TREATMENT": Because(
            "Treatment between covered entities, without specially protected content."
        ),
        "INSIDE_PROGRAM": Because("Communication inside the program, to those who need it."),
        "LABEL_NOT_COVERED": Because(
            "The record carries a label that {consent} does not cover.",
            "A consent for {recipient}, purpose {purposes}, would have to include this label.",
        ),
        "MINOR_SIGNATURE_MISSING": Because("The signature that state law asks for a minor is missing.", _FIX),
        "REPORTING_NEEDS_PACK": Because(
            "Reports to a monitoring program or registry have rules of their own."
        ),
        "MONITOR_PURPOSE_ONLY": Because(
            "Attendance for monitoring goes only to who monitors, and nothing else does."
        ),
        "NOTES_NEED_OWN_CONSENT": Because(
            "Counseling and psychotherapy notes need a consent of their own.",
            "It needs a consent for the notes alone that names {recipient}.",
        ),
        "NOT_IN_DATA_SET": Because("{recipient} does not need this kind of record for {purposes}."),
        "NO_PERMIT": Because("No consent on file permits this.", _NAMED),
        "SAFETY_PLAN_NOT_NAMED": Because(
            "{recipient} gets a safety plan only by a consent that names it.",
            "It needs a consent for the safety plan that names {recipient}.",
        ),
        "OTHER_PATIENT": Because("The record is about somebody else."),
        "PACK_UNKNOWN": Because(
            "A configured rule pack is not known, so it refuses.",
            "Install the rule pack or correct its name.",
        ),
        "PARENT_ACCESS": Because(
            "Who stands for a minor may see the minor's record, but no record of a program."
        ),
        "PATIENT_ACCESS": Because("The person asks for the own record; no consent is needed."),
        "PERMITTED_BY_CONSENT": Because("{consent} covers recipient, purpose, data and time."),
        "PROCEEDINGS_BARRED": Because(
            "Records may not be used in proceedings against the person, nor to investigate her or him.",
            "Only a consent for these proceedings alone, or a court order on record, could change this.",
        ),
        "PUBLIC_HEALTH_DEIDENTIFIED_ONLY": Because("Public health gets de-identified records only."),
        "PURPOSE_MISSING": Because("The request states no purpose.", "State the purpose of the request."),
        "PURPOSE_NOT_COVERED": Because("{consent} does not cover this purpose.", _NAMED),
        "PURPOSE_NOT_STATED": Because("{consent} states no purpose, so it permits none.", _FIX),
        "QSO_SERVICE": Because("A service organization acts for the program under a stored agreement."),
        "RECIPIENT_NOT_COVERED": Because("{consent} does not name {recipient}.", _NAMED),
        "RECIPIENT_NOT_NAMED": Because(
            "A recipient of this kind has to be named, and {consent} names only a class.", _NAMED
        ),
        "RECIPIENT_NOT_STATED": Because("{consent} names no recipient, so it permits none.", _FIX),
        "RECIPIENT_UNKNOWN": Because(
            "The recipient is not in the directory.", "Add the recipient to the directory with its standing."
        ),
        "RESEARCH_AGREEMENT_MISSING": Because(
            "Research needs an agreement, and none is on record.",
            "Record the research agreement with {recipient}, its scope and its dates.",
        ),
        "RULE_FAILED": Because(
            "A rule could not be evaluated, so it refuses.", "The configuration needs a person's attention."
        ),
        "SIGNER_AUTHORITY_MISSING": Because(
            "{consent} was signed by somebody whose authority is not on record.",
            "Record the signer's authority and its dates.",
        ),
        "STANDING_UNKNOWN": Because(
            "What the recipient is under the law is not on record.", "Record the standing of {recipient}."
        ),
        "STATE_CONSENT_TOO_OLD": Because(
            "State law lets {consent} stand for a shorter time.", "The person may renew {consent}."
        ),
        "STATE_RECIPIENT_NOT_NAMED": Because(
            "State law asks that the recipient be named, and {consent} names only a class.", _NAMED
        ),
        "UNSTRUCTURED_NOT_COVERED": Because(
            "Free text and attachments do not leave unless the whole document is covered.",
            "A consent would have to cover the whole document for {recipient}.",
        ),
        "VETERANS_PACK_MISSING": Because(
            "Records of veterans' care follow a law of their own, whose rules are not installed.",
            "Install the rule pack for 38 U.S.C. 7332.",
        ),
        "MEDICAL_EMERGENCY": Because(
            "Released to medical personnel in a medical emergency; every use is reviewed."
        ),
        "NOT_MEDICAL_PERSONNEL": Because(
            "Emergency access is for medical personnel only.", "Call the medical lead or 988."
        ),
        "EMERGENCY_PURPOSE_MISSING": Because(
            "The stated purpose is no emergency treatment.", "State the emergency as the purpose."
        ),
        "EMERGENCY_RECORD_INCOMPLETE": Because(
            "Something that the law asks to be written down about the emergency is missing.",
            "Write down name, facility, discloser and nature of the emergency.",
        ),
        "CONSENT_OBTAINABLE": Because(
            "Nobody has stated that consent cannot be obtained.",
            "Ask the person, or state why that cannot be done.",
        ),
        "SECOND_FACTOR_MISSING": Because(
            "The clinician did not confirm with a second factor.", "Confirm with the second factor."
        ),
        "EMERGENCY_OVER": Because(
            "The time of this emergency access has ended.",
            "Open a new emergency access if the emergency lasts.",
        ),
        "SECOND_PERSON_MISSING": Because(
            "A third emergency access within 24 hours needs a second person.", "Have a second person confirm."
        ),
    },
    obligations={
        "NOTICE": "The notice of 42 CFR §2.32(a) goes with this release.",
        "LABEL": "The label {value} goes inside the released records.",
        "SCOPE_TEXT": "The explanation of the scope of {value} goes with this release (42 CFR §2.32(b)).",
        "HUMAN_RELEASE": "A person must release this by hand ({value}).",
        "ACCOUNTING": "This disclosure is accounted for ({value}).",
        "EMERGENCY_RECORD": "This use goes into the patient's record at once ({value}).",
        "REVIEW": "This use is reviewed within {value}.",
        "TELL_DISCLOSER": "The discloser is told {value}.",
        "NO_FURTHER_USE": "What was released for the emergency may not be used for anything else ({value}).",
        "INTERMEDIARY_LIST": "This disclosure goes on the list of the intermediary ({value}).",
    },
)
