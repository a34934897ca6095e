"""R4's own Consent examples: an untyped, limited root is what is withheld (FH-CON-12)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.published import read
from tests.consent.asking import ask, disclosed

CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
NAMED_BY = {
    "notAuthor": {"discloser": "Organization/f001", "recipient": "Organization/other"},
    "notThis": {"discloser": "Organization/other", "recipient": "Organization/f001"},
    "notTime": {"discloser": "Organization/other", "recipient": "Organization/f001"},
    "notOrg": {"discloser": "Organization/other", "recipient": "Organization/f001"},
    "notThem": {"discloser": "Organization/other", "recipient": "Practitioner/f204"},
}
"""Who discloses to whom in a question that falls under what the example names."""

pytestmark = [pytest.mark.conformance, pytest.mark.requirement("FH-CON-12")]


def example(name: str) -> dict[str, Any]:
    return dict(read(f"fhir-r4-core/Consent-consent-example-{name}.json"))


def broad_permit() -> dict[str, Any]:
    """A consent without limits, so that only a denial can hold anything back."""
    return {
        "resourceType": "Consent",
        "id": "broad",
        "status": "active",
        "scope": {"coding": [{"system": CONSENT_SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/f001"},
        "dateTime": "2015-11-18",
        "performer": [{"reference": "Patient/f001"}],
        "organization": [{"reference": "Organization/f001"}],
        "sourceReference": {"reference": "DocumentReference/signed"},
        "policy": [{"uri": "https://www.ecfr.gov/current/title-42/part-2/section-2.31"}],
        "provision": {"type": "permit"},
    }


def question(consents: list[dict[str, Any]], discloser: str, recipient: str, **more: Any) -> dict[str, Any]:
    kinds = ("f001", "f204", "other")
    directory: list[dict[str, Any]] = [
        {"resourceType": kind, "id": key} for kind in ("Organization", "Practitioner") for key in kinds
    ]
    return {
        "at": "2015-01-15T12:00:00Z",
        "patient": "Patient/f001",
        "discloser": {"references": [discloser], "identifiers": []},
        "recipient": {"references": [recipient], "identifiers": [], "roles": ["IRCP"]},
        "purposes": ["TREAT"],
        "action": "disclose",
        "directory": directory,
        "consents": consents,
        "resources": [
            {
                "resourceType": "Task",
                "id": "example3",
                "status": "requested",
                "intent": "order",
                "for": {"reference": "Patient/f001"},
            }
        ],
        "policy": {"packs": [], "part2_sources": [], "zone": "Europe/Amsterdam"},
        **more,
    }


@pytest.mark.parametrize("name", sorted(NAMED_BY))
def test_an_untyped_root_permits_nothing(name: str) -> None:
    assert disclosed(ask(question([example(name)], **NAMED_BY[name]))) == set()


@pytest.mark.parametrize("name", sorted(NAMED_BY))
def test_what_the_example_names_is_withheld_beside_a_broad_permit(name: str) -> None:
    consents = [broad_permit(), example(name)]
    assert disclosed(ask(question([broad_permit()], **NAMED_BY[name]))) == {"Task/example3"}
    assert disclosed(ask(question(consents, **NAMED_BY[name], action="access"))) == set()


@pytest.mark.parametrize("name", ["notOrg", "notThem"])
def test_a_denial_of_access_is_also_a_denial_of_disclosure(name: str) -> None:
    """Who may not have access may not be given the record: to disclose it is to give access."""
    consents = [broad_permit(), example(name)]
    assert disclosed(ask(question(consents, **NAMED_BY[name]))) == set()


def test_time_outside_the_denied_month_stays_as_otherwise_decided() -> None:
    consents = [broad_permit(), example("notTime")]
    later = question(consents, **NAMED_BY["notTime"], at="2015-03-01T12:00:00Z")
    assert disclosed(ask(later)) == {"Task/example3"}


def test_another_record_than_the_named_one_stays_as_otherwise_decided() -> None:
    consents = [broad_permit(), example("notThis")]
    other = {
        "resourceType": "Observation",
        "id": "other",
        "status": "final",
        "subject": {"reference": "Patient/f001"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    }
    task = question([], **NAMED_BY["notThis"])["resources"][0]
    asked = question(consents, **NAMED_BY["notThis"], resources=[task, other])
    assert disclosed(ask(asked)) == {"Observation/other"}


@pytest.mark.parametrize("name", ["Emergency", "grantor", "pkb", "signature"])
def test_the_other_untyped_examples_permit_nothing_either(name: str) -> None:
    one = example(name)
    patient = one["patient"]["reference"]
    asked = question([one], "Organization/other", "Organization/f001", patient=patient)
    assert disclosed(ask(asked)) == set()
