"""The IHE Privacy Consent on FHIR examples: 27 contexts, every resource of each (FH-CON-02, FH-CON-04)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.published import names, or_absent, read
from tests.consent.asking import ask, outcome_of

FOLDER = "consent/pcf"
DIRECTORY_TYPES = ("Organization", "Practitioner", "Group")

pytestmark = pytest.mark.conformance


def question_of(case: dict[str, Any], resources: dict[str, Any]) -> dict[str, Any]:
    context = case["context"]
    directory = [one for one in resources.values() if one["resourceType"] in DIRECTORY_TYPES]
    return {
        "at": context["evaluationTime"],
        "patient": context["patient"],
        "discloser": {"references": ["Organization/ex-organization"], "identifiers": []},
        "recipient": {
            "references": [context["actorReference"]],
            "identifiers": [],
            "roles": ["IRCP"],
            "members_of": [context["actorOrganization"]],
        },
        "purposes": context["purposeOfUse"],
        "action": "disclose",
        "directory": directory,
        "consents": case["consents"],
        "resources": [
            one for one in resources.values() if one["resourceType"] in ("Observation", "Encounter")
        ],
        "policy": {"packs": [], "part2_sources": [], "zone": "UTC"},
    }


@pytest.mark.requirement("FH-CON-02", "FH-CON-03", "FH-CON-04")
@pytest.mark.parametrize("name", or_absent(names(FOLDER, "pcf-*.json"), FOLDER))
def test_each_resource_is_disclosed_or_withheld_as_published(name: str) -> None:
    case = read(f"{FOLDER}/{name}")
    answer = ask(question_of(case, read(f"{FOLDER}/resources.json")))
    found = {reference: outcome_of(answer, reference) for reference in case["expectPerResource"]}
    assert found == case["expectPerResource"]


def test_all_published_contexts_are_here() -> None:
    found = names(FOLDER, "pcf-*.json")
    if not found:
        pytest.skip("the published samples are not beside the checkout")
    assert len(found) == 27
