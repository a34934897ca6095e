"""Half of the Consent2Share code table (2017): its ICD-10-CM and HCPCS substance-use codes get a SUD label.

SNOMED CT and LOINC lists are loaded at installation and CPT is not ours to ship (FH-VS-04), so those rows are not
asked. What the sample is known to file wrongly stands in `disagreements.md` (FH-VS-02).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.published import SAMPLES
from tests.consent.asking import ask

FILE = "consent/sls-c2s/codes.jsonl"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
SUD_FAMILY = {"SUD", "ETH", "ETHUD", "OPIOIDUD"}
DISAGREED = ("F17", "P04.9", "R23.2", "P93.8", "T50.902", "T50.991")
"""Tobacco is off; flushing, unspecified drugs and unspecified newborn reactions are not substance use on their face."""

pytestmark = pytest.mark.conformance


def codes(system: str, category: str) -> list[str]:
    file = SAMPLES / FILE
    if not file.exists():
        pytest.skip(f"the published sample `../shared/samples/{FILE}` is not beside the checkout")
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return sorted({row["code"] for row in rows if row["system"] == system and category in row["categories"]})


def labels_found(kind: str, system: str, asked: list[str]) -> dict[str, set[str]]:
    """The labels that the engine gives a record with each code, from a source that is no program."""
    question: dict[str, Any] = {
        "at": "2026-06-15T12:00:00Z",
        "patient": "Patient/p1",
        "discloser": {"references": ["Organization/pcp-1"], "identifiers": []},
        "recipient": {"references": ["Organization/hosp-1"], "identifiers": [], "roles": ["IRCP"]},
        "purposes": ["TREAT"],
        "action": "disclose",
        "directory": [],
        "consents": [],
        "resources": [
            {
                "resourceType": kind,
                "id": f"r{index}",
                "subject": {"reference": "Patient/p1"},
                "code": {"coding": [{"system": system, "code": code}]},
            }
            for index, code in enumerate(asked)
        ],
        "policy": {"packs": [], "part2_sources": [], "zone": "UTC"},
    }
    rows = ask(question)["resources"]
    return {code: set(row["labels"]) for code, row in zip(asked, rows, strict=True)}


@pytest.mark.requirement("FH-VS-01", "FH-VS-02")
def test_diagnosis_codes_of_substance_use_are_labelled() -> None:
    asked = [code for code in codes(ICD10, "ETH") if not code.startswith(DISAGREED)]
    found = labels_found("Condition", ICD10, asked)
    assert len(asked) > 200
    assert [code for code, labels in found.items() if not labels & SUD_FAMILY] == []


@pytest.mark.requirement("FH-VS-01", "FH-VS-02")
def test_service_codes_of_substance_use_are_labelled() -> None:
    asked = codes(HCPCS, "ETH")
    found = labels_found("Procedure", HCPCS, asked)
    assert asked and [code for code, labels in found.items() if not labels & SUD_FAMILY] == []


@pytest.mark.requirement("FH-VS-02")
def test_mental_health_codes_are_not_taken_for_substance_use() -> None:
    asked = [code for code in codes(ICD10, "PSY") if code not in codes(ICD10, "ETH")]
    wrong = {
        code: labels
        for code, labels in labels_found("Condition", ICD10, asked).items()
        if labels & SUD_FAMILY and not code.startswith(("F1", "F55"))
    }
    assert wrong == {}


@pytest.mark.requirement("FH-VS-01", "P2-12-05")
def test_a_code_alone_never_makes_a_part_2_record() -> None:
    found = labels_found("Condition", ICD10, codes(ICD10, "ETH"))
    assert [code for code, labels in found.items() if "42CFRPart2" in labels] == []


@pytest.mark.requirement("FH-VS-01", "FH-VS-02")
def test_tobacco_is_not_substance_use_here() -> None:
    asked = [code for code in codes(ICD10, "ETH") if code.startswith("F17")] or ["F17.210"]
    found = labels_found("Condition", ICD10, asked)
    assert [code for code, labels in found.items() if labels & SUD_FAMILY] == []
