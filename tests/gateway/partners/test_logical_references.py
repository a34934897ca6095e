"""What is named by identifier where our ids lead nowhere, and what that is when it comes back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gateway.partners import Network, parse_network
from gateway.partners.logical_references import literal, logical
from tests.gateway.partners.test_network_file import STARTER

NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1000000012"}
OURS = "urn:warm-handoff:reference:starter-county"
ALIAS = "Organization/0b0c7f0e-9d1c-8a55-8c11-3f3f0a3a9a77"


@pytest.fixture(scope="module")
def network() -> Network:
    """The starting network, in which `legal-aid` only practises and `crisis` has no identifier."""
    content = parse_network(STARTER.encode()).content
    partners = dict(content.partners)
    partners["legal-aid"] = msgspec.structs.replace(partners["legal-aid"], state="test")
    bare = msgspec.structs.replace(partners["crisis"].organization, identifiers=())
    partners["crisis"] = msgspec.structs.replace(partners["crisis"], organization=bare)
    return Network(msgspec.structs.replace(content, partners=partners))


def own(target: str) -> dict[str, Any]:
    return {"type": target.partition("/")[0], "identifier": {"system": OURS, "value": target}}


LOGICAL = {
    "Organization/otp": {"type": "Organization", "identifier": NPI},
    "Organization/otp/_history/3": {"type": "Organization", "identifier": NPI},
    "Organization/crisis": own("Organization/crisis"),
    "Organization/legal-aid": own("Organization/legal-aid"),
    ALIAS: own(ALIAS),
    "HealthcareService/hs-food": own("HealthcareService/hs-food"),
    "Condition/c": own("Condition/c"),
    "Patient/p": own("Patient/p"),
}
STAYS = (
    "Practitioner/here",
    "#inside",
    "urn:uuid:1",
    "Patient?identifier=a|b",
    "https://a.example/Organization/otp",
)


@pytest.mark.requirement("FH-RED-04", "SD-02")
def test_who_is_no_entry_is_named_by_what_the_directory_has_and_else_by_what_was_told_before(
    network: Network,
) -> None:
    for reference, expected in LOGICAL.items():
        held = {"contained": [{"author": ({"reference": reference, "display": "Care partner"},)}]}
        found = logical(network, "housing", held, {"Practitioner/here"})
        assert found == {"contained": [{"author": [{**expected, "display": "Care partner"}]}]}
        back = literal(network, found)["contained"][0]["author"][0]
        assert (back["reference"], back["display"]) == (reference.partition("/_h")[0], "Care partner")
    for reference in STAYS:
        assert logical(network, "housing", {"reference": reference}, {"Practitioner/here"}) == {
            "reference": reference
        }
    told = {"reference": "Organization/otp", "identifier": {"value": "S-1"}, "type": "Organization"}
    assert logical(network, "housing", told, ())["identifier"] == {"value": "S-1"}
    assert logical(network, "legal-aid", {"reference": "Organization/legal-aid"}, ())["identifier"] == {
        "system": "urn:warm-handoff:agency",
        "value": "canyon-legal-aid",
    }, "it knows its own"


def test_what_another_network_or_nobody_in_the_directory_is_named_by_stays_as_it_came(
    network: Network,
) -> None:
    practising = {
        "type": "Organization",
        "identifier": {"system": "urn:warm-handoff:agency", "value": "canyon-legal-aid"},
    }
    for came in (
        {"type": "Organization", "identifier": {"system": f"{OURS}-2", "value": "Organization/crisis"}},
        {"type": "Patient", "identifier": {"system": OURS, "value": "P-1"}},
        practising,
        {"identifier": NPI},
        {
            "resourceType": "QuestionnaireResponse",
            "identifier": {"system": OURS, "value": "Organization/otp"},
        },
    ):
        assert literal(network, came) == came
