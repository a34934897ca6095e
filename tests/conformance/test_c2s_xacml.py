"""A Consent2Share policy in XACML and its R4 equivalent: contexts and the categories that may be shared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.published import SAMPLES, or_absent, read
from tests.consent.asking import ask, disclosed

FILE = "consent/c2s-xacml/cases.json"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
pytestmark = pytest.mark.conformance


def case_ids() -> list[str]:
    if not (SAMPLES / FILE).exists():
        return []
    return [case["id"] for case in read(FILE)["cases"]]


def labelled(code: str | None) -> dict[str, Any]:
    """An Observation that carries one sensitivity label, or none."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": code or "unlabelled",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    }
    if code:
        made["meta"] = {"security": [{"system": ACT_CODE, "code": code}]}
    return made


def question_of(case: dict[str, Any], consent: dict[str, Any], codes: list[str | None]) -> dict[str, Any]:
    context = case["context"]
    return {
        "at": context["evaluationTime"],
        "patient": "Patient/p1",
        "discloser": {"references": [], "identifiers": [context["discloser"]]},
        "recipient": {"references": [], "identifiers": [context["recipient"]], "roles": ["IRCP"]},
        "purposes": [context["purposeOfUse"]],
        "action": "disclose",
        "directory": [],
        "consents": [consent],
        "resources": [labelled(code) for code in codes],
        "policy": {"packs": [], "part2_sources": [], "zone": "America/New_York"},
    }


@pytest.mark.requirement("FH-CON-02", "FH-LBL-03", "FH-VS-02")
@pytest.mark.parametrize("case_id", or_absent(case_ids(), "consent/c2s-xacml"))
def test_only_the_named_categories_are_shared_and_only_when_permitted(case_id: str) -> None:
    sample = read(FILE)
    case = next(one for one in sample["cases"] if one["id"] == case_id)
    asked: list[str | None] = ["SEX", "PSY", "COM", "ALC", "ETH", "HIV", "SDV", "GDIS", None]
    answer = ask(question_of(case, sample["consentEquivalentR4"], asked))
    expected = {f"Observation/{code}" for code in case["expect"]["shareOnlyCategories"]}
    assert disclosed(answer) == expected
