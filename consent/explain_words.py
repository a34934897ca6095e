"""The sentences of `explain`, by reason code. A further language is one more entry of `CATALOGUE` with the
same keys.

Placeholders: `{recipient}` `{purposes}` `{consent}` `{code}`. No sentence names content of a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Because:
    """Why, and what would have to be different (empty: nothing a consent can change)."""

    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """All sentences of one language."""

    language: str
    phrases: Mapping[str, str]
    reasons: Mapping[str, Because]
    obligations: Mapping[str, str]

    def reason(self, code: str) -> Because:
        """The sentence for a reason code; a code of a rule pack that has none of its own gets the general
        one.
        """
        return self.reasons.get(code) or Because(self.phrases["reason"], self.phrases["reason_remedy"])


_NAMED = "It needs a consent in force that names {recipient}, purpose {purposes}."
_FIX = "Consent {consent} would have to be corrected and signed again."

ENGLISH = Words(
    language="en",
    phrases={
        "summary_disclose": "All {count} records may be released to {recipient} for {purposes}.",
        "summary_partial": "{shown} of {count} records may be released to {recipient} for {purposes}.",
        "summary_withhold": "Nothing may be released to {recipient} for {purposes} ({count} records asked).",
        "no_purpose": "no stated purpose",
        "no_recipient": "an unknown recipient",
        "resource_disclose": "Released: {names}. {because}",
        "resource_redact": "Released in part: {names}. {because}",
        "resource_withhold": "Withheld: {names}. {because}",
        "and_more": "{names} and {count} more",
        "consents": "Decided under {consents}.",
        "note": "Also noted: {because}",
        "obligation": "Duty with this release: {code} {value}.",
        "reason": "A rule of the configured packs decided this ({code}).",
        "reason_remedy": "Ask the privacy officer what rule {code} needs.",
        "versions": "Decided by consent semantics version {semantics}.",
        "nothing_to_show": "Nothing can be shown for this request. This does not mean that nothing exists.",
    },
    reasons={
        "ACTION_NOT_COVERED": Because("The consent does not cover this action.", _NAMED),
        "AGREEMENT_MISSING": Because(
            "The agreement that this needs is not on record or not in force.",
            "Record the signed agreement with {recipient}, its scope and its dates.",
        ),
        "CAPPED": Because("More than {recipient} needs for {purposes} is left out, even under consent."),
        "CONSENT": Because("Consent {consent} covers recipient, purpose, data and time."),
        "CONSENT_DENIES": Because(
            "The person said no in {consent}; an objection wins over every permission.",
            "Only the person can change this, by a new choice in place of {consent}.",
        ),
        "CONSENT_PERMITS": Because("Consent {consent} covers recipient, purpose, data and time."),
        "DATA_NOT_COVERED": Because(
            "No consent covers this kind of record.",
            "A consent for {recipient}, purpose {purposes}, would have to cover this kind of record.",
        ),
        "DISCLOSER_NOT_COVERED": Because(
            "The consent does not name the holder of the record as the one who may disclose.",
            "A consent would have to name the holder of the record as discloser.",
        ),
        "EMERGENCY": Because("Released in a medical emergency; every use is reviewed."),
        "HIPAA_TREATMENT": Because("Treatment between covered entities; no specially protected content."),
        "HUMAN_RELEASE": Because("A person must look at this before it may be released."),
        "LABEL_NOT_COVERED": Because(
            "The record carries a label that the consent does not cover.",
            "A consent for {recipient}, purpose {purposes}, would have to include this label.",
        ),
        "NOTE_NEEDS_OWN_CONSENT": Because(
            "Counseling and psychotherapy notes need a consent of their own.",
            "It needs a consent for the notes alone that names {recipient}.",
        ),
        "NO_CONSENT": Because("No consent on file permits this.", _NAMED),
        "NO_PERMIT": Because("No consent on file permits this.", _NAMED),
        "PATIENT_ACCESS": Because("The person asks for the own record; no consent is needed."),
        "PERIOD_NOT_COVERED": Because("The consent is not in force at this time.", _NAMED),
        "PROCEEDINGS_BARRED": Because(
            "Records may not be used in proceedings against the person, nor to investigate her or him.",
            "Only a consent for these proceedings alone, or a court order on record, could change this.",
        ),
        "PURPOSE_MISSING": Because("The request states no purpose.", "State the purpose of the request."),
        "PURPOSE_NOT_COVERED": Because("No consent covers this purpose.", _NAMED),
        "PURPOSE_NOT_STATED": Because("The consent states no purpose, so it permits none.", _FIX),
        "QSO_AGREEMENT": Because("A service organisation acts for the program under a stored agreement."),
        "RECIPIENT_BARRED": Because("Nothing from the records goes to this kind of recipient."),
        "RECIPIENT_NOT_COVERED": Because("No consent names {recipient}.", _NAMED),
        "RECIPIENT_NOT_STATED": Because("The consent names no recipient, so it permits none.", _FIX),
        "RECIPIENT_UNKNOWN": Because(
            "The recipient is not in the directory.", "Add the recipient to the directory with its standing."
        ),
        "RELATIONSHIP_MISSING": Because(
            "No treating relationship of {recipient} with the person is on record.",
            "Record the treating relationship, or take a consent that names {recipient}.",
        ),
        "RESTRICTION": Because(
            "An agreed restriction stands against this.", "Only ending the restriction could change this."
        ),
        "RULE_FAILED": Because(
            "A rule could not be evaluated, so it refuses.", "The configuration needs a person's attention."
        ),
        "STATE_PACK_UNKNOWN": Because(
            "A configured state rule pack is not known, so it refuses.",
            "Install the pack or correct its name.",
        ),
        "UNSTRUCTURED": Because(
            "Free text and attachments do not leave unless the whole document is covered.",
            "A consent would have to cover the whole document for {recipient}.",
        ),
        "WITHIN_PROGRAM": Because("Communication inside the program, to those who need it."),
        "CONSENT_NOT_ACTIVE": Because("{consent} is not active.", _NAMED),
        "CONSENT_EXPIRED": Because("{consent} has ended.", "The person may renew {consent}."),
        "CONSENT_NOT_YET_IN_FORCE": Because("{consent} is not in force yet."),
        "CONSENT_UNVERIFIED": Because(
            "Nobody entitled to record {consent} has vouched for it; until then it permits nothing.",
            "Have {consent} verified with its signed form.",
        ),
        "CONSENT_DEFICIENT": Because("{consent} lacks an element that the law requires.", _FIX),
        "CONSENT_OTHER_PATIENT": Because("{consent} is another person's."),
        "CONSENT_NOT_UNDERSTOOD": Because(
            "{consent} says something that cannot be evaluated; it permits nothing.", _FIX
        ),
        "CONSENT_MODIFIED": Because(
            "{consent} carries a modifier that nobody here knows; it permits nothing.", _FIX
        ),
        "CONSENT_CONFLICT": Because(
            "Two consents of the person say opposite things; until solved, the refusal stands.",
            "Ask the person which of the two is meant.",
        ),
    },
    obligations={
        "NOTICE": "The notice of 42 CFR §2.32(a) goes with this release.",
        "SCOPE_TEXT": "The explanation of the consent's scope goes with this release (42 CFR §2.32(b)).",
        "HUMAN_RELEASE": "A person must release this by hand.",
        "REVIEW": "This use will be reviewed.",
        "ACCOUNTING": "This disclosure is accounted for.",
    },
)

CATALOGUE: Mapping[str, Words] = {"en": ENGLISH}
