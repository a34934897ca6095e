"""The notice that goes with a disclosure of Part 2 records, and the explanation of the consent's scope.

The statements are the exact text of 42 CFR §2.32(a) as amended in 2024; their bytes are fixed by test. The
scope text (§2.32(b)) goes with every release that rests on a consent, worded so that it tells nothing about
the person.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from consent.model import Decision, Scope

NOTICE_VERSION = "2024"

STATEMENT_1 = (
    "This record which has been disclosed to you is protected by Federal confidentiality rules (42 CFR "
    "part 2). These rules prohibit you from using or disclosing this record, or testimony that "
    "describes the information contained in this record, in any civil, criminal, administrative, or "
    "legislative proceedings by any Federal, State, or local authority, against the patient, unless "
    "authorized by the consent of the patient, except as provided at 42 CFR 2.12(c)(5) or as "
    "authorized by a court in accordance with 42 CFR 2.64 or 2.65. In addition, the Federal rules "
    "prohibit you from making any other use or disclosure of this record unless at least one of the "
    "following applies: (i) Further use or disclosure is expressly permitted by the written consent of "
    "the individual whose information is being disclosed in this record or as otherwise permitted by "
    "42 CFR part 2. (ii) You are a covered entity or business associate and have received the record "
    "for treatment, payment, or health care operations, or (iii) You have received the record from a "
    "covered entity or business associate as permitted by 45 CFR part 164, subparts A and E. A general "
    "authorization for the release of medical or other information is NOT sufficient to meet the "
    "required elements of written consent to further use or redisclose the record (see 42 CFR 2.31)."
)
"""42 CFR §2.32(a)(1): one line, single spaces, 1,325 bytes."""

STATEMENT_2 = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""42 CFR §2.32(a)(2), 72 bytes."""

STALE_STATEMENTS = (
    "prohibit you from making any further disclosure of this record unless",
    "identifies a patient as having or having had a substance use disorder",
    "42 CFR part 2 prohibits unauthorized disclosure of these records.",
)
"""Marks of the texts of 2018 and 2020, which no template may carry any more."""

OTHER_MAY_EXIST = "Other information may exist."
ENCLOSED, STATED = "the records enclosed", "the stated purpose"
DOCUMENT_TYPE = {"system": "http://loinc.org", "code": "64292-6", "display": "Release of information consent"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What accompanies a release. `statement` and `short_statement` are None unless a Part 2 record is in
    it.
    """

    statement: str | None
    short_statement: str | None
    scope_text: str
    version: str = NOTICE_VERSION


def notice_for(decision: Decision) -> Notice:
    """The notice for what `decision` releases; on a refusal both statements are None and the scope text is
    empty.

    A notice on anything else than a Part 2 record would itself mark the person (42 CFR §2.13(c)).
    """
    released = [row for row in decision.resources if row.outcome != "withhold"]
    part2 = any("42CFRPart2" in row.labels for row in released)
    return Notice(
        statement=STATEMENT_1 if part2 else None,
        short_statement=STATEMENT_2 if part2 else None,
        scope_text=_scope_text(decision.scopes, decision.purposes, decision.recipient)
        if released and decision.scopes
        else "",
    )


def notice_document(
    notice: Notice, at: datetime, patient_reference: str, document_id: str
) -> dict[str, object]:
    """A DocumentReference that carries the notice as plain text. `at` is aware; P2-32-03, P2-32-04."""
    text = " ".join(part for part in (notice.statement, notice.scope_text) if part)
    return {
        "resourceType": "DocumentReference",
        "id": document_id,
        "status": "current",
        "type": {"coding": [DOCUMENT_TYPE]},
        "subject": {"reference": patient_reference},
        "date": at.isoformat(),
        "description": text,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": b64encode(text.encode()).decode(),
                    "title": "Notice on the use of these records",
                }
            }
        ],
    }


def notice_outcome(notice: Notice) -> dict[str, object]:
    """An OperationOutcome with the notice, for a search result (`search.mode` = `outcome`). P2-32-04."""
    texts = [text for text in (notice.statement, notice.scope_text) if text]
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": text},
                "diagnostics": text,
            }
            for text in texts
        ],
    }


def is_stale(text: str) -> bool:
    """Whether `text` holds a statement of an earlier version of the rule."""
    return any(stale in text for stale in STALE_STATEMENTS)


@lru_cache(maxsize=512)
def _scope_text(scopes: tuple[Scope, ...], purposes: tuple[str, ...], recipient: str) -> str:
    """Who, what, for which purpose, until when, in words that suit any kind of record. 42 CFR §2.32(b)."""
    lines = [
        _scope_line(scope, purposes, recipient) for scope in sorted(scopes, key=lambda scope: scope.consent)
    ]
    return " ".join([*dict.fromkeys(lines), OTHER_MAY_EXIST])


def _scope_line(scope: Scope, asked: tuple[str, ...], recipient: str) -> str:
    purposes = _listed([PURPOSE_WORDS.get(code, code) for code in asked or scope.purposes])
    classes = _listed([CLASS_WORDS.get(code, code) for code in scope.classes]) or ENCLOSED
    until = f"until {_instant_words(scope.until)}" if scope.until else "until the permission is withdrawn"
    by = f" by {recipient}" if recipient else ""
    return (
        f"Released with the person's written permission, covering {classes}, for use{by}. "
        f"You may use this for {purposes or STATED} {until}. "
        "Do not pass it on without new written permission, unless the law expressly allows it."
    )


def _instant_words(instant: str) -> str:
    """`2026-10-01T07:00:00Z` as `2026-10-01 07:00 UTC`: the permission has ended at exactly this instant."""
    return f"{instant[:10]} {instant[11:16]} UTC" if len(instant) > 10 else instant


def _listed(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else ""


PURPOSE_WORDS: Mapping[str, str] = {
    "BTG": "a medical emergency",
    "CAREMGT": "care management",
    "COC": "coordination of care",
    "ERTREAT": "emergency room treatment",
    "ETREAT": "emergency treatment",
    "HLEGAL": "the legal matter named in the permission",
    "HOPERAT": "health care operations",
    "HPAYMT": "payment",
    "HRESCH": "research",
    "PATRQT": "the person's own request",
    "TREAT": "treatment",
}

CLASS_WORDS: Mapping[str, str] = {
    "Appointment": "appointments",
    "care-plan": "the care plan",
    "safety-plan": "the safety plan",
    "CarePlan": "the care plan",
    "CareTeam": "the care team",
    "Communication": "messages",
    "Condition": "conditions",
    "Consent": "permissions",
    "DocumentReference": "documents",
    "Encounter": "visits",
    "Goal": "goals",
    "MedicationRequest": "medications",
    "MedicationStatement": "medications",
    "Observation": "observations",
    "Patient": "name and contact",
    "ServiceRequest": "the referral",
    "Task": "the status of the referral",
}
