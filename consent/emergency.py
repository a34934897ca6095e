"""Emergency access, 42 CFR §2.51: its own question, its own function, its own data set.

It overrides a patient's denials, never a hard bar, and never releases notes. One named clinician of an organization
with an emergency role, one patient, one recipient facility, four hours; every use opens a review, and the third within
24 hours needs a second person. The caller keeps the entry: what is missing here is refused before anything is released.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.answers import YES
from consent.compiled import compile_consents
from consent.decide import prepare
from consent.model import (
    Decision,
    DisclosureRequest,
    Obligation,
    Reason,
    ResourceDecision,
    ResourceOutcome,
)
from consent.obligations import PART2_LABELS, outcome_of
from consent.plan_classes import is_safety_plan
from consent.resource_facts import ResourceFacts
from consent.tables import Tables
from consent.ways_of_writing import as_compared

LASTS = timedelta(hours=4)
WINDOW = timedelta(hours=24)
USES_ALONE = 2
EMERGENCY_TYPES = frozenset(
    {
        "AllergyIntolerance",
        "Condition",
        "Medication",
        "MedicationAdministration",
        "MedicationRequest",
        "MedicationStatement",
        "Patient",
        "RelatedPerson",
    }
)
"""Medications, allergies, problems, contacts; a CarePlan only if it is a safety plan (DM-22)."""

EMERGENCY_PURPOSES = frozenset({"BTG", "ETREAT", "ERTREAT"})
CITATION = "42 CFR §2.51"


@dataclass(frozen=True, slots=True)
class EmergencyRequest:
    """The question and everything §2.51(c) demands to be written down at once.

    `earlier_uses`: instants of the clinician's uses before this one. `second_person`: who approved, where needed.
    """

    question: DisclosureRequest
    clinician: str
    facility: str
    discloser_name: str
    nature: str
    consent_unobtainable: bool
    second_factor: bool
    opened: datetime
    earlier_uses: tuple[datetime, ...] = ()
    second_person: str = ""


def decide_emergency(request: EmergencyRequest, tables: Tables) -> Decision:
    """The decision for a medical emergency. Never raises: a fault withholds everything (`RULE_FAILED`)."""
    refusal = emergency_refusal(request)
    if refusal is not None:
        return _decision(
            request, tables, [_withheld(s.reference, refusal) for s in request.question.resources], ()
        )
    try:
        compiled = compile_consents(request.question, tables)
        prepared = prepare(request.question, tables, compiled)
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        failed = Reason("RULE_FAILED", CITATION)
        return _decision(
            request, tables, [_withheld(s.reference, failed) for s in request.question.resources], ()
        )
    facts = [subject.known for subject in prepared.resources if subject.known is not None]
    rows = [_row(one, request.question.patient, tables) for one in facts]
    part2 = any(
        one.labelling.part2 for one, row in zip(facts, rows, strict=True) if row.outcome != "withhold"
    )
    return _decision(request, tables, rows, _obligations(part2))


def emergency_refusal(request: EmergencyRequest) -> Reason | None:
    """What bars the use, in the order a person would ask; None: nothing does. §2.51(a), (c).

    It looks at who asks and at what was written down, never at a record: what it says tells nothing of the patient.
    """
    question = request.question
    standing = set(question.recipient.standing)
    codes = {purpose.code for purpose in question.purposes}
    recent = [use for use in request.earlier_uses if timedelta(0) <= question.at - use < WINDOW]
    checks = (
        (bool(standing & {"law_enforcement", "court"}), "PROCEEDINGS_BARRED"),
        ("medical_personnel" not in standing, "NOT_MEDICAL_PERSONNEL"),
        (not codes or not codes <= EMERGENCY_PURPOSES, "EMERGENCY_PURPOSE_MISSING"),
        (not _is_complete(request), "EMERGENCY_RECORD_INCOMPLETE"),
        (not request.consent_unobtainable, "CONSENT_OBTAINABLE"),
        (not request.second_factor, "SECOND_FACTOR_MISSING"),
        (not timedelta(0) <= question.at - request.opened < LASTS, "EMERGENCY_OVER"),
        (len(recent) >= USES_ALONE and not _another(request), "SECOND_PERSON_MISSING"),
    )  # fmt: skip
    for failed, code in checks:
        if failed:
            return Reason(code, CITATION)
    return None


def _another(request: EmergencyRequest) -> bool:
    """Whether somebody else than the clinician approved."""
    return as_compared(request.second_person) not in ("", as_compared(request.clinician))


def _is_complete(request: EmergencyRequest) -> bool:
    """Whether everything that §2.51(c) demands is written down."""
    return all((request.clinician, request.facility, request.discloser_name, request.nature))


def _row(facts: ResourceFacts, patient: str, tables: Tables) -> ResourceDecision:
    if not facts.subjects <= {patient}:
        return _withheld(facts.reference, Reason("OTHER_PATIENT", "42 CFR §2.13(a)"))
    if facts.labelling.note or facts.labelling.unstructured:
        return _withheld(facts.reference, Reason("NOTES_NEED_OWN_CONSENT", "42 CFR §2.31(b)"))
    if facts.type not in EMERGENCY_TYPES and is_safety_plan(facts.resource) is not YES:
        return _withheld(facts.reference, Reason("NOT_IN_DATA_SET", "42 CFR §2.51(a)"))
    reasons = (Reason("MEDICAL_EMERGENCY", "42 CFR §2.51(a)"),)
    notes = tuple(
        sorted(
            place for place, labels in facts.labelling.inline if facts.labelling.within(labels, tables).note
        )
    )
    outcome: ResourceOutcome = "redact" if notes else "disclose"
    return ResourceDecision(facts.reference, outcome, facts.labelling.shown, reasons, notes)


def _withheld(reference: str, reason: Reason) -> ResourceDecision:
    return ResourceDecision(reference, "withhold", (), (reason,))


def _obligations(part2: bool) -> tuple[Obligation, ...]:
    found = [
        Obligation("EMERGENCY_RECORD", "42 CFR §2.51(c)"),
        Obligation("REVIEW", "24 h"),
        Obligation("TELL_DISCLOSER", "at once"),
        Obligation("ACCOUNTING", "42 CFR §2.25"),
        Obligation("NO_FURTHER_USE", "42 CFR §2.26"),
    ]
    if part2:
        found.append(Obligation("NOTICE", "42 CFR §2.32(a)(1)"))
        found += [Obligation("LABEL", label) for label in PART2_LABELS]
    return tuple(sorted(found, key=lambda duty: (duty.code, duty.value)))


def _decision(
    request: EmergencyRequest, tables: Tables, rows: list[ResourceDecision], duties: tuple[Obligation, ...]
) -> Decision:
    question = request.question
    outcome = outcome_of(tuple(rows))
    return Decision(
        outcome=outcome,
        resources=tuple(rows),
        consents=(),
        obligations=duties if outcome != "withhold" else (),
        basis="MEDICAL_EMERGENCY" if outcome != "withhold" else "",
        purposes=tuple(purpose.code for purpose in question.purposes),
        recipient=question.recipient.references[0] if question.recipient.references else "",
        versions=(("tables", tables.version),),
    )
