"""Required bindings that the models cut short or leave out. HL7 FHIR 4.0.1, value sets as of 2019-11-01."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_COMPARATORS = ("<", "<=", ">=", ">")
_ENCOUNTER = _words("planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown")

BINDINGS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Age", "comparator"): _COMPARATORS,
    ("Count", "comparator"): _COMPARATORS,
    ("Distance", "comparator"): _COMPARATORS,
    ("Duration", "comparator"): _COMPARATORS,
    ("Quantity", "comparator"): _COMPARATORS,
    ("AuditEvent", "action"): ("C", "R", "U", "D", "E"),
    ("AuditEvent", "outcome"): ("0", "4", "8", "12"),
    ("AuditEventAgentNetwork", "type"): ("1", "2", "3", "4", "5"),
    ("Composition", "confidentiality"): ("U", "L", "M", "N", "R", "V"),
    ("DeviceUdiCarrier", "entryType"): ("barcode", "rfid", "manual", "card", "self-reported", "unknown"),
    ("DiagnosticReport", "status"): _words(
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    ("Encounter", "status"): _ENCOUNTER,
    ("EncounterStatusHistory", "status"): _ENCOUNTER,
    ("Observation", "status"): _words(
        "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    ("OperationOutcomeIssue", "code"): _words(
        "invalid structure required value invariant security login unknown expired forbidden "
        "suppressed processing not-supported duplicate multiple-matches not-found deleted too-long "
        "code-invalid extension too-costly business-rule conflict transient lock-error no-store "
        "exception timeout incomplete throttled informational"
    ),
    ("Task", "status"): _words(
        "draft requested received accepted rejected ready cancelled in-progress on-hold failed "
        "completed entered-in-error"
    ),
    ("TimingRepeat", "when"): _words(
        "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS IMD "
        "HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV"
    ),
}

# The library names example codes here, but the binding is open.
NOT_BOUND = {("Expression", "language")}

# CodeableConcepts with a required binding: a coding of this system, when there is one, must be one of these.
CONCEPTS: dict[tuple[str, str], tuple[str, frozenset[str]]] = {
    ("Condition", "clinicalStatus"): (
        "http://terminology.hl7.org/CodeSystem/condition-clinical",
        frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"}),
    ),
    ("Condition", "verificationStatus"): (
        "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        frozenset({"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}),
    ),
    ("AllergyIntolerance", "clinicalStatus"): (
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
        frozenset({"active", "inactive", "resolved"}),
    ),
    ("AllergyIntolerance", "verificationStatus"): (
        "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
        frozenset({"unconfirmed", "confirmed", "refuted", "entered-in-error"}),
    ),
}
