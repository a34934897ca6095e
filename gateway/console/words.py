"""The console's words for codes: what a compliance officer reads instead of them. The code stays beside the words."""

from __future__ import annotations

from datetime import datetime

OUTCOMES = {
    "disclose": "Shown in full",
    "partial": "Shown in part",
    "redact": "Shown in part",
    "withhold": "Nothing shown",
    "usable": "Recorded, usable",
    "unverified": "Recorded, not verified",
    "deficient": "Recorded, not sufficient",
    "withdrawn": "Withdrawn",
    "sent_again": "To be sent again, a person decided",
    "arrived": "Arrived, a person made sure",
    "given_up": "Given up by a person",
    "identity_confirmed": "Identity confirmed by a person",
}
KINDS = {
    "consent": "Consent recorded",
    "disclose": "Disclosure",
    "handover": "Handed over",
    "import": "Received",
    "outcome": "Delivery outcome",
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
    "HOPERAT": "Health care operations",
    "HPAYMT": "Payment",
    "HRESCH": "Research",
    "PATRQT": "Patient request",
    "REFERRAL": "Referral",
    "SUPNWK": "Support network",
    "TREAT": "Treatment",
}


def outcome_words(code: str) -> str:
    """An outcome in words; the code itself when there are none."""
    return OUTCOMES.get(code, code)


def kind_words(code: str) -> str:
    """A kind of entry in words."""
    return KINDS.get(code, code)


def purpose_words(code: str) -> str:
    """A purpose of use in words."""
    return PURPOSES.get(code, code)


def day_and_time(instant: str) -> str:
    """`22 Nov 2026, 02:00:05 UTC` for an ISO 8601 instant."""
    return datetime.fromisoformat(instant).strftime("%d %b %Y, %H:%M:%S UTC")


def short(identifier: str | None) -> str:
    """The beginning of a long id; the whole stands in the title of the cell."""
    text = identifier or ""
    return text if len(text) <= 13 else f"{text[:8]}…"
