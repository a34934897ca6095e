"""Reason codes as plain sentences, for the compliance role."""

from __future__ import annotations

import consent

_OURS = {
    "ACCOUNT_ASKED": "The agency asked what it disclosed itself.",
    "AUDIT_ASKED": "The agency asked for the record of its own requests.",
    "BULK_EXPORT": "The agency began a bulk export.",
    "BY_A_PERSON": "A person at the gateway decided it.",
    "BY_RECORDER": "Whoever recorded the consent says so.",
    "BY_RULE": "The gateway does so by a rule.",
    "BY_SENDER": "The agency whose number it is says so.",
    "BY_TIME": "The time that the operator has set was over.",
    "CONSENT_KEEPS_CHANGING": "The consents changed again and again while it was decided, so nothing was shown.",
    "CONSENT_WITHDRAWN": "The consent was withdrawn.",
    "EMERGENCY_TOO_MANY": "The agency has used emergency access as often as it may in that time.",
    "HUMAN_RELEASE": "A person has to release this.",
    "IDENTITY_PENDING": "It is not certain who the patient is.",
    "NOTHING_WITHOUT_HEART": "What the message is about may not be shown, so nothing of it was.",
    "NOT_ASKED_FOR": "What the recipient asked for does not cover it.",
    "NOT_VALID_WITHOUT_WHAT_WAS_REMOVED": "Without what had to be left out, the rest would be no valid record.",
    "NO_RECORD": "There was no record to show.",
    "OTHER_SOURCE_WITHHOLDS": "It comes from more than one agency, and not all of them may show it.",
    "OUTSIDE_THE_GATEWAY": "It was handled outside the gateway by the privacy officer.",
    "OVERTAKEN": "A consent changed before anything was shown; it was decided again.",
    "OWN_RECORD": "The recipient's own record goes back to it.",
    "PARTNER_PRACTISES": "The agency is in test and may practice with made-up people only.",
    "PATIENT_UNKNOWN": "Nobody is known by what was asked.",
    "REQUEST_ID_REUSED": "The number of the request was used before for another one.",
}
"""Reasons that the gateway itself gives, beside those of the consent room."""


def reason_sentence(code: str) -> str:
    """What the code means, in one sentence without any name; empty for one that has none."""
    return consent.sentence_for(code) or _OURS.get(code, "")
