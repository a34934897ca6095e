"""The C-CDA and DS4P templates that mappings may name, and what a writer must say of each.

Roots, extensions and codes are those of the published C-CDA examples; the DS4P ones those of rulebook section 2.4.
"""

from __future__ import annotations

from typing import NamedTuple

_ENTRY = "2.16.840.1.113883.10.20.22.4."
_SECTION = "2.16.840.1.113883.10.20.22.2."
_IHE = "1.3.6.1.4.1.19376.1.5.3.1.3."
_IHE_CHIEF_COMPLAINT = "1.3.6.1.4.1.19376.1.5.3.1.1.13.2.1"
_DS4P = "2.16.840.1.113883.3.3251.1."
_SECURITY = "2.16.840.1.113883.3.445."


class Template(NamedTuple):
    """A template: its root, the version written with it, and for a section its LOINC code and title."""

    root: str
    version: str = ""
    code: str = ""
    title: str = ""


_R2 = "2014-06-09"

TEMPLATES: dict[str, Template] = {
    # Documents.
    "us-realm-header": Template("2.16.840.1.113883.10.20.22.1.1", _R2),
    "referral-note": Template("2.16.840.1.113883.10.20.22.1.14"),
    "care-plan": Template("2.16.840.1.113883.10.20.22.1.15"),
    # Sections.
    "problems": Template(_SECTION + "5.1", _R2, "11450-4", "Problems"),
    "problems-optional": Template(_SECTION + "5"),
    "allergies": Template(_SECTION + "6.1", _R2, "48765-2", "Allergies and intolerances"),
    "allergies-optional": Template(_SECTION + "6"),
    "medications": Template(_SECTION + "1.1", _R2, "10160-0", "Medications"),
    "medications-optional": Template(_SECTION + "1"),
    "results": Template(_SECTION + "3.1", _R2, "30954-2", "Results"),
    "results-optional": Template(_SECTION + "3"),
    "vital-signs": Template(_SECTION + "4.1", _R2, "8716-3", "Vital signs"),
    "vital-signs-optional": Template(_SECTION + "4"),
    "encounters": Template(_SECTION + "22.1", _R2, "46240-8", "Encounters"),
    "encounters-optional": Template(_SECTION + "22"),
    "procedures": Template(_SECTION + "7.1", _R2, "47519-4", "Procedures"),
    "procedures-optional": Template(_SECTION + "7"),
    "social-history": Template(_SECTION + "17", _R2, "29762-2", "Social history"),
    "functional-status": Template(_SECTION + "14", _R2, "47420-5", "Functional status"),
    "mental-status": Template(_SECTION + "56", "", "10190-7", "Mental status"),
    "nutrition": Template(_SECTION + "57", "", "61144-2", "Nutrition"),
    "family-history": Template(_SECTION + "15", _R2, "10157-6", "Family history"),
    "immunizations": Template(_SECTION + "2.1", _R2, "11369-6", "Immunizations"),
    "immunizations-optional": Template(_SECTION + "2"),
    "past-history": Template(_SECTION + "20", _R2, "11348-0", "History of past illness"),
    "review-of-systems": Template(_IHE + "18", "", "10187-3", "Review of systems"),
    "medications-administered": Template(_SECTION + "38", _R2, "29549-3", "Medications administered"),
    "admission-diagnosis": Template(_SECTION + "43", _R2, "46241-6", "Admission diagnosis"),
    "discharge-diagnosis": Template(_SECTION + "24", _R2, "11535-2", "Discharge diagnosis"),
    "discharge-medications": Template(_SECTION + "11.1", _R2, "10183-2", "Discharge medications"),
    "discharge-medications-optional": Template(_SECTION + "11"),
    "hospital-course": Template(_IHE + "5", "", "8648-8", "Hospital course"),
    "instructions": Template(_SECTION + "45", _R2, "69730-0", "Instructions"),
    "discharge-instructions": Template(_SECTION + "41", "", "8653-8", "Discharge instructions"),
    "hospital-consultations": Template(_SECTION + "42", "", "18841-7", "Hospital consultations"),
    "discharge-physical": Template(_IHE + "26", "", "10184-0", "Hospital discharge physical"),
    "discharge-studies": Template(_SECTION + "16", "", "11493-4", "Hospital discharge studies"),
    "discharge-diet": Template(_IHE + "33", "", "42344-2", "Discharge diet"),
    "reason-for-visit": Template(_SECTION + "12", "", "29299-5", "Reason for visit"),
    "assessment-and-plan": Template(_SECTION + "9", _R2, "51847-2", "Assessment and plan"),
    "equipment": Template(_SECTION + "23", _R2, "46264-8", "Medical equipment"),
    "payers": Template(_SECTION + "18", _R2, "48768-6", "Payers"),
    "advance-directives": Template(_SECTION + "21", _R2, "42348-3", "Advance directives"),
    "advance-directives-coded": Template(_SECTION + "21.1", _R2, "42348-3", "Advance directives"),
    "physical-exam": Template("2.16.840.1.113883.10.20.2.10", _R2, "29545-1", "Physical examination"),
    "plan": Template(_SECTION + "10", _R2, "18776-5", "Plan of treatment"),
    "planned-procedures": Template(_SECTION + "30", _R2, "59772-4", "Planned procedures"),
    "reason-for-referral": Template(_IHE + "1", _R2, "42349-1", "Reason for referral"),
    "history-of-present-illness": Template(_IHE + "4", "", "10164-2", "History of present illness"),
    "assessment": Template(_SECTION + "8", "", "51848-0", "Assessment"),
    "chief-complaint": Template(_SECTION + "13", "", "46239-0", "Chief complaint and reason for visit"),
    "chief-complaint-alone": Template(_IHE_CHIEF_COMPLAINT, "", "10154-3", "Chief complaint"),
    "subjective": Template("2.16.840.1.113883.10.20.21.2.2", "", "61150-9", "Subjective"),
    "objective": Template("2.16.840.1.113883.10.20.21.2.1", "", "61149-1", "Objective"),
    "general-status": Template("2.16.840.1.113883.10.20.2.5", "", "10210-3", "General status"),
    "course-of-care": Template(_SECTION + "64", "", "8648-8", "Course of care"),
    "care-teams": Template(_SECTION + "500", "2022-06-01", "85847-2", "Care teams"),
    "medical-history": Template(_SECTION + "39", "", "11329-0", "Medical history"),
    "imaging-objects": Template("2.16.840.1.113883.10.20.6.1.1", "", "121181", "Imaging objects"),
    "imaging-findings": Template("2.16.840.1.113883.10.20.6.1.2", "", "121070", "Imaging findings"),
    "imaging-studies": Template("2.16.840.1.113883.10.20.22.1.5", "", "18748-4", "Imaging studies"),
    "notes": Template(_SECTION + "65", "2016-11-01", "34109-9", "Note"),
    "admission-medications": Template(_SECTION + "44", _R2, "42346-7", "Admission medications"),
    "health-concerns": Template(_SECTION + "58", "", "75310-3", "Health concerns"),
    "goals": Template(_SECTION + "60", "", "61146-7", "Goals"),
    "interventions": Template("2.16.840.1.113883.10.20.21.2.3", _R2, "62387-6", "Interventions"),
    "outcomes": Template(_SECTION + "61", "", "11383-7", "Health status evaluations and outcomes"),
    "privacy-markings": Template(_DS4P + "5", "", "57017-6", "Privacy markings"),
    # Entries.
    "problem-concern": Template(_ENTRY + "3", _R2),
    "problem": Template(_ENTRY + "4", _R2),
    "problem-status": Template(_ENTRY + "6", _R2),
    "allergy-concern": Template(_ENTRY + "30", _R2),
    "allergy": Template(_ENTRY + "7", _R2),
    "reaction": Template(_ENTRY + "9", _R2),
    "severity": Template(_ENTRY + "8", _R2),
    "medication": Template(_ENTRY + "16", _R2),
    "medication-information": Template(_ENTRY + "23", _R2),
    "discharge-medication": Template(_ENTRY + "35", _R2),
    "discharge-diagnosis-act": Template(_ENTRY + "33", _R2),
    "result-organizer": Template(_ENTRY + "1", _R2),
    "result": Template(_ENTRY + "2", _R2),
    "vital-signs-organizer": Template(_ENTRY + "26", _R2),
    "vital-sign": Template(_ENTRY + "27", _R2),
    "social-observation": Template(_ENTRY + "38", _R2),
    "smoking-status": Template(_ENTRY + "78", _R2),
    "tobacco-use": Template(_ENTRY + "85", _R2),
    "health-status": Template(_ENTRY + "5", _R2),
    "encounter": Template(_ENTRY + "49", _R2),
    "procedure": Template(_ENTRY + "14", _R2),
    "procedure-act": Template(_ENTRY + "12", _R2),
    "procedure-observation": Template(_ENTRY + "13", _R2),
    "indication": Template(_ENTRY + "19", _R2),
    "patient-referral": Template(_ENTRY + "140"),
    "planned-encounter": Template(_ENTRY + "40", _R2),
    "planned-act": Template(_ENTRY + "39", _R2),
    "planned-procedure": Template(_ENTRY + "41", _R2),
    "planned-observation": Template(_ENTRY + "44", _R2),
    "health-concern": Template(_ENTRY + "132"),
    "risk-concern": Template(_ENTRY + "136"),
    "goal": Template(_ENTRY + "121"),
    "intervention": Template(_ENTRY + "131"),
    "planned-intervention": Template(_ENTRY + "146"),
    "outcome": Template(_ENTRY + "144"),
    "progress": Template(_ENTRY + "110"),
    "priority": Template(_ENTRY + "143"),
    "entry-reference": Template(_ENTRY + "122"),
    "author": Template(_ENTRY + "119"),
    # Labels (DS4P).
    "privacy-annotation": Template(_DS4P + "4"),
    "privacy-marking": Template(_DS4P + "9"),
    "security-observation": Template(_SECURITY + "21"),
    "security-class": Template(_SECURITY + "12"),
    "security-purpose": Template(_SECURITY + "22"),
}


def root_of(name: str) -> str:
    """The root of a template by name, or the name itself when it is an OID. Raises ValueError."""
    known = TEMPLATES.get(name)
    if known is not None:
        return known.root
    if name[:1].isdigit() and "." in name:
        return name
    raise ValueError(f"`{name}` is no template we know; name it by its OID")


def written_as(name: str) -> Template:
    """What is written for a template of this name."""
    return TEMPLATES.get(name) or Template(name)
