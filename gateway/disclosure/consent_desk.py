"""Taking a consent before any page exists: choices in, what-if and the form to print out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import consent
from gateway.disclosure.what_if_questions import outlook_sentences
from gateway.errors import NotUnderstood
from gateway.resources import to_json

KINDS = tuple(consent.CLASSES)
QUESTIONS: Mapping[str, str] = {
    "patient": "Patient (Patient/id)",
    "patient_name": "Name as it stands on the form",
    "discloser": "Who may share (Organization/id)",
    "discloser_name": "Its name",
    "agency": "With whom (Organization/id)",
    "agency_name": "Its name",
    "purpose": "What for (code, such as COC)",
    "kinds": f"What (some of {', '.join(KINDS)})",
    "until": "Until which day (2026-11-22)",
}
"""What has to be asked, in this order, and how."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft Consent as FHIR JSON, what it would mean in sentences, and the form to print and sign."""

    draft: bytes
    outlook: tuple[str, ...]
    form: str


def prepare_consent(answers: Mapping[str, str], consent_id: str, now: datetime) -> Prepared:
    """The draft with its outlook and form, from the answers to `QUESTIONS`.

    Raises NotUnderstood naming the answer to change: `ANSWER_MISSING`, `REFERENCE_INVALID`, `DAY_INVALID`, or the code
    of a `ChoicesError`.
    """
    for name in QUESTIONS:
        if not answers.get(name, "").strip():
            raise NotUnderstood("ANSWER_MISSING", "an answer is missing", name)
    for name in ("patient", "discloser", "agency"):
        if not is_reference(answers[name].strip()):
            raise NotUnderstood("REFERENCE_INVALID", "expected `Type/id`", name)
    given = {name: answers[name].strip() for name in QUESTIONS}
    kinds = tuple(dict.fromkeys(kind.strip() for kind in given.pop("kinds").split(",") if kind.strip()))
    choices = consent.Choices(
        patient=given["patient"],
        patient_name=given["patient_name"],
        discloser=given["discloser"],
        discloser_name=given["discloser_name"],
        agency=given["agency"],
        agency_name=given["agency_name"],
        purpose=given["purpose"],
        kinds=kinds,
        until=_day(given["until"]),
    )
    try:
        draft = consent.draft_consent(choices, consent_id, now.date())
    except consent.ChoicesError as fault:
        raise NotUnderstood(fault.code, fault.message, fault.field) from None
    content = to_json(draft)
    outlook = outlook_sentences(content, now)
    form = consent.printed_form(choices, consent.form_reference(draft), now.date(), outlook)
    return Prepared(content, outlook, form)


def is_reference(text: str) -> bool:
    """Whether `text` is a reference within one system, `Type/id`."""
    kind, _, own_id = text.partition("/")
    return kind.isalpha() and bool(own_id) and "/" not in own_id


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("DAY_INVALID", "expected a day such as 2026-11-22", "until") from None
