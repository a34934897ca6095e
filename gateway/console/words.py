"""The console's words for codes: what a compliance officer reads instead of them. The code stays beside the words."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from gateway.clock import read_instant
from gateway.flows.legal_holds import NOT_READ, RESTORE
from gateway.flows.legal_holds import REASONS as HOLD_REASONS

OUTCOMES = {
    "disclose": "Shown in full",
    "partial": "Shown in part",
    "redact": "Shown in part",
    "withhold": "Nothing shown",
    "usable": "Recorded, usable",
    "unverified": "Recorded, not verified",
    "deficient": "Recorded, not sufficient",
    "unrelated": "Recorded, not related",
    "withdrawn": "Withdrawn",
    "later": "Recorded, not begun yet",
    "unreadable": "Cannot be opened any more",
    "delivered": "Delivered",
    "refused": "Refused by the recipient",
    "retry": "Failed, tried again",
    "unknown": "Not known whether it arrived",
    "dead": "Given up",
    "sent_again": "To be sent again, a person decided",
    "arrived": "Arrived, a person made sure",
    "given_up": "Given up by a person",
    "identity_confirmed": "Identity confirmed by a person",
    "audit_verified": "Log verified",
    "audit_altered": "Log found altered",
    "stop_notice_given": "Recipient told to stop",
    "identity_merge_said": "Sender says two numbers are one person",
    "stop_notice_sending": "Notice to stop on its way",
    "stop_notice_not_taken": "Notice to stop not taken",
    "request_reminded": "Owner reminded",
    "request_assigned": "Owner changed",
    "held_too_long": "Held too long, ended",
    "identity_joined": "Found to be one person",
    "identity_apart": "Found to be two people",
    "identity_parted": "Parted again",
    "identity_sorted": "Record sorted",
    "message_replayed": "Message taken in again",
    "message_corrected": "Message corrected",
    "partner_paused": "Sending paused",
    "partner_resumed": "Sending goes on",
    "partner_line_tested": "Line tried",
    "agreement_made": "Agreement with an auditor recorded",
    "agreement_ended": "Agreement with an auditor ended",
    "user_added": "Account of the console set up",
    "user_disabled": "Account of the console disabled",
    "hold_placed": "Legal hold placed",
    "hold_lifted": "Legal hold lifted",
    "hold_refused": "Not destroyed, a legal hold stands",
    "request_received": "Received",
    "request_checked": "Identity checked",
    "request_extended": "Extended",
    "request_decided": "Decided",
    "request_granted": "Granted",
    "request_partly": "Granted in part",
    "request_denied": "Denied",
    "request_answered": "Answered",
    "complaint_granted": "We agree",
    "complaint_partly": "We agree in part",
    "complaint_denied": "We do not agree",
    "emergency_reviewed": "Emergency use reviewed",
    "emergency_justified": "Justified",
    "emergency_not_justified": "Not justified",
    "emergency_follow_up": "Needs follow-up",
    "emergency_month_reviewed": "Month of emergency access reviewed",
}
KINDS = {
    "consent": "Consent recorded",
    "disclose": "Disclosure",
    "handover": "Handed over",
    "import": "Received",
    "outcome": "Decided by a person",
    "practice": "Practice",
    "query": "Question",
    "read": "Read",
    "refuse": "Refusal",
    "revoke": "Consent withdrawn",
}
# v3-ActReason
PURPOSES = {
    "COC": "Coordination of care",
    "CAREMGT": "Care management",
    "BTG": "Break the glass",
    "ETREAT": "Emergency treatment",
    "HLEGAL": "Legal proceedings",
    "PUBHLTH": "Public health",
    "HOPERAT": "Health care operations",
    "HPAYMT": "Payment",
    "HRESCH": "Research",
    "PATRQT": "Patient request",
    "REFERRAL": "Referral",
    "SUPNWK": "Support network",
    "TREAT": "Treatment",
}
BASES = {
    "CONSENT": "Consent of the patient",
    "OWN_RECORD": "The recipient's own record",
    "MEDICAL_EMERGENCY": "Medical emergency, 42 CFR §2.51",
    "DIRECTORY": "The directory of services, which names no patient",
    "OPERATOR_COMPLIANCE": "The operator's compliance role",
    "COURT_ORDER": "Court order",
    "CRIME_REPORT": "Report of a crime on the premises or against personnel",
    "CHILD_ABUSE_REPORT": "First report of child abuse or neglect",
    "HUMAN_RELEASE": "Released by a person, as a rule demands",
    "PATIENT_ACCESS": "The patient's own access",
}
OBLIGATIONS = {
    "ACCOUNTING": "stands in the account of disclosures",
    "EMERGENCY_RECORD": "recorded as a medical emergency",
    "HUMAN_RELEASE": "only a person may release it",
    "INTERMEDIARY_LIST": "stands in the list of an intermediary's disclosures",
    "LABEL": "labels go along",
    "NOTICE": "the notice of 42 CFR §2.32 goes along",
    "NO_FURTHER_USE": "not to be used or passed on otherwise",
    "REVIEW": "to be reviewed afterwards",
    "SCOPE_TEXT": "what the consent covers goes along",
    "TELL_DISCLOSER": "whose record it is gets told",
}
# v3-ActCode and v3-Confidentiality
LABELS = {
    "42CFRPart2": "42 CFR Part 2",
    "BH": "Behavioral health",
    "ETH": "Substance use",
    "ETHUD": "Alcohol use",
    "HIV": "HIV",
    "MH": "Mental health",
    "N": "Normal",
    "OPIOIDUD": "Opioid use",
    "PSY": "Psychiatry",
    "PSYTHPN": "Psychotherapy note",
    "R": "Restricted",
    "SDV": "Sexual or domestic violence",
    "SEX": "Sexuality and reproductive health",
    "STD": "Sexually transmitted disease",
    "SUD": "Substance use disorder",
    "V": "Very restricted",
}
WAYS = {
    "desk": "its page here",
    "fhir": "FHIR",
    "files": "files",
    "file drop": "files",
    "mllp": "HL7 v2 (MLLP)",
    "pull": "it asks us itself",
    "sftp": "SFTP",
    "webhook": "webhook",
}
HOLDS = {
    **HOLD_REASONS,
    RESTORE: "The store was restored, and holds placed after its backup may be forgotten",
    NOT_READ: "Read back after a restore; why it was placed, and by whom, can no longer be read",
}
STATES = {
    "due": "Waits to be sent",
    "retry": "Tried again",
    "sending": "Being sent",
    "held": "Held",
    "delivered": "Delivered",
    "refused": "Refused by the recipient",
    "unknown": "Not known whether it arrived",
    "dead": "Given up",
    "cancelled": "Ended",
    "received": "Received",
    "accepted": "Accepted",
    "needs_attention": "Needs attention",
    "rejected": "Rejected",
    "replayed": "Taken in again",
    "closed": "Closed",
    "prepared": "Prepared, not sent",
    "handed_over": "Handed over",
    "failed": "Failed",
    "live": "Live",
    "test": "In test",
    "paused": "Paused",
}
GOOD = frozenset(
    {"disclose", "usable", "delivered", "accepted", "audit_verified", "live", "arrived", "handed_over",
     "emergency_justified", "emergency_reviewed", "emergency_month_reviewed"}
)  # fmt: skip
MIDDLING = frozenset(
    {
        "partial",
        "redact",
        "unverified",
        "later",
        "retry",
        "held",
        "unknown",
        "due",
        "sending",
        "paused",
        "test",
        "prepared",
        "emergency_follow_up",
    }
)
BAD = frozenset(
    {"withhold", "withdrawn", "deficient", "dead", "refused", "needs_attention", "rejected", "audit_altered",
     "failed", "unrelated", "given_up", "emergency_not_justified"}
)  # fmt: skip


def outcome_words(code: str) -> str:
    """An outcome in words."""
    return OUTCOMES.get(code) or code.replace("_", " ").capitalize()


def obligation_words(code: str) -> str:
    """What has to go along with a disclosure, or to be done because of it, in words."""
    return OBLIGATIONS.get(code, code)


def label_words(code: str) -> str:
    """What a security label says; the code itself where it is not one of the usual ones."""
    return LABELS.get(code, code)


AGREEMENTS = {
    "participation": "Taking part in the network",
    "qso": "Qualified service organization (42 CFR 2.11)",
    "business_associate": "Business associate (45 CFR 164.504(e))",
    "intermediary": "Intermediary (42 CFR 2.11, 2.24)",
    "contractor": "Contractor of a lawful holder (42 CFR 2.33(c))",
    "audit": "Audit and evaluation (42 CFR 2.53)",
    "research": "Research (42 CFR 2.52)",
}


GIVEN = {
    "WRITTEN": "on paper",
    "FACE": "read together",
    "EMAILWRIT": "by e-mail",
    "ONLINEWRIT": "on a screen",
    "MAILWRIT": "by post",
}


def given_words(code: str) -> str:
    """How a program gave a patient its notice, in words."""
    return GIVEN.get(code, code)


def way_words(code: str) -> str:
    """How a partner is reached, or a message came, in words."""
    return WAYS.get(code, code)


def kind_words(code: str) -> str:
    """A kind of entry in words."""
    return KINDS.get(code, code)


def purpose_words(code: str) -> str:
    """One purpose of use or several, in words."""
    return ", ".join(PURPOSES.get(one, one) for one in code.split())


def basis_words(code: str) -> str:
    """A legal basis in words."""
    return BASES.get(code, code)


def hold_words(code: str) -> str:
    """Why a legal hold stands."""
    return HOLDS.get(code, code)


def state_words(code: str) -> str:
    """How something stands, in words."""
    return STATES.get(code, code)


def tone(code: str) -> str:
    """How a mark of that code looks: good, middling, bad or plain. Its words say the same."""
    for name, codes in (("good", GOOD), ("middling", MIDDLING), ("bad", BAD)):
        if code in codes:
            return name
    return "plain"


def role(code: str) -> str:
    """A role in words."""
    return code.replace("_", " ")


@cache
def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of that name."""
    return ZoneInfo(name)


def day_and_time(instant: str, zone: str = "UTC") -> str:
    """`22 Nov 2026, 02:00:05 UTC` for an ISO 8601 instant, in the given zone."""
    if not instant:
        return "–"
    return datetime.fromisoformat(instant).astimezone(zone_of(zone)).strftime("%d %b %Y, %H:%M:%S %Z")


def day(instant: str, zone: str = "UTC") -> str:
    """`22 Nov 2026` for an ISO 8601 instant or day."""
    if not instant:
        return "–"
    found = datetime.fromisoformat(instant)
    return (found.astimezone(zone_of(zone)) if found.tzinfo else found).strftime("%d %b %Y")


def ago(instant: str, now: datetime) -> str:
    """How long ago an instant was: `12 minutes`, `3 hours`, `5 days`; empty without one."""
    if not instant:
        return ""
    seconds = max(0, int((now - read_instant(instant)).total_seconds()))
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return plural(seconds // size, word)
    return plural(seconds, "second")


def plural(number: int, word: str) -> str:
    """`1 entry`, `2 entries`, `1,204 days`."""
    if number == 1:
        return f"1 {word}"
    many = f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
    return f"{number:,} {many}"


def short(identifier: str | None) -> str:
    """The beginning of a long id; the whole stands in the title of the cell."""
    text = identifier or ""
    return text if len(text) <= 13 else f"{text[:8]}…"
