"""The consent room: what may be disclosed, to whom, for what, and with which notice. Pure; see README.md."""

from consent.compiled import CompiledConsents, compile_consents
from consent.consent_form import (
    CLASSES,
    FORM,
    Choices,
    ChoicesError,
    Signature,
    draft_consent,
    form_reference,
    signed_consent,
)  # fmt: skip
from consent.consent_form_words import class_text, day_text, purpose_text
from consent.corrected import CORRECTED
from consent.decide import decide, first_day, prepare
from consent.disclosers import NamedDiscloser, disclosers_of
from consent.emergency import EMERGENCY_TYPES, EmergencyRequest, decide_emergency, emergency_refusal
from consent.expiry_event import EXPIRY_EVENT, expiry_event_of
from consent.explain import explain, explain_to_asker, sentence_for
from consent.labels import label_resource
from consent.model import (
    SEMANTICS_VERSION,
    Coding,
    Decision,
    Discloser,
    DisclosureRequest,
    Identifier,
    Policy,
    QuestionError,
    Reason,
    Recipient,
    Resource,
    ResourceDecision,
    SubjectResource,
)
from consent.notice import Notice, notice_document, notice_for, notice_outcome
from consent.plan_classes import classes_of, may_have_safety_plan
from consent.present import present
from consent.printed_form import printed_form, signed_form
from consent.question import decision_answer, read_question
from consent.redact import redact
from consent.scopes_told import ScopeTold, is_law, scopes_told
from consent.tables import Tables, TablesError, read_tables
from consent.validity_report import report_answer, validate_consent
from consent.ways_of_writing import as_compared
from consent.what_if import LANGUAGES, Agency, Outlook, as_if_signed, what_if, what_if_sentences

__all__ = ["CLASSES", "CORRECTED", "EMERGENCY_TYPES", "EXPIRY_EVENT", "FORM", "LANGUAGES", "SEMANTICS_VERSION",
    "Agency", "Choices", "ChoicesError", "Coding", "CompiledConsents", "Decision", "Discloser", "DisclosureRequest",
    "EmergencyRequest", "Identifier", "NamedDiscloser", "Notice", "Outlook", "Policy", "QuestionError", "Reason",
    "Recipient", "Resource", "ResourceDecision", "ScopeTold", "Signature", "SubjectResource", "Tables", "TablesError",
    "as_compared", "as_if_signed", "class_text", "classes_of", "compile_consents", "day_text", "decide",
    "decide_emergency", "decision_answer", "disclosers_of", "draft_consent", "emergency_refusal", "expiry_event_of",
    "explain", "explain_to_asker", "first_day", "form_reference", "is_law", "label_resource", "may_have_safety_plan",
    "notice_document", "notice_for", "notice_outcome", "prepare", "present", "printed_form", "purpose_text",
    "read_question", "read_tables", "redact", "report_answer", "scopes_told", "sentence_for", "signed_consent",
    "signed_form", "validate_consent", "what_if", "what_if_sentences"]  # fmt: skip
