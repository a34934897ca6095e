"""Whose record is it? The submitter's, and that of every partner it names as its origin."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.flows.sources import asserted_sources, beside
from tests.gateway.county import County

pytestmark = pytest.mark.requirement("P2-12-01")
OTP = {"reference": "Organization/otp"}


def sources(county: County, resource: dict[str, Any], *others: dict[str, Any]) -> tuple[str, ...]:
    """The sources when the psychiatry practice submits `resource` beside `others`."""
    return asserted_sources(county.premises.network, "psychiatry", resource, beside((resource, *others)))


def otp_number(county: County) -> dict[str, str]:
    known = county.premises.network.partners["otp"].organization.identifiers[0]
    return {"system": known.system, "value": known.value}


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "CarePlan", "author": OTP},
        {"resourceType": "CarePlan", "contributor": [OTP]},
        {"resourceType": "CarePlan", "meta": {"source": "Organization/otp"}},
        {"resourceType": "CarePlan", "meta": {"source": "https://ehr.example/fhir/Organization/otp#m1"}},
        {"resourceType": "Observation", "performer": [{"reference": "Organization/otp/_history/2"}]},
        {"resourceType": "Condition", "recorder": OTP},
        {"resourceType": "Condition", "asserter": OTP},
        {"resourceType": "MedicationRequest", "requester": OTP},
        {"resourceType": "DocumentReference", "custodian": OTP},
        {"resourceType": "Procedure", "performer": [{"actor": {"display": "N."}, "onBehalfOf": OTP}]},
        {"resourceType": "Provenance", "agent": [{"who": OTP}]},
        {"resourceType": "ServiceRequest", "requester": OTP},
    ],
)
def test_a_partner_named_as_the_origin_is_a_source(county: County, resource: dict[str, Any]) -> None:
    assert sources(county, resource) == ("otp", "psychiatry")


def test_an_identifier_of_its_organisation_names_it_too(county: County) -> None:
    number = otp_number(county)
    written = f"{number['system']}|{number['value']}"

    assert sources(county, {"resourceType": "CarePlan", "author": {"identifier": number}}) == (
        "otp",
        "psychiatry",
    )
    assert sources(county, {"resourceType": "CarePlan", "meta": {"source": written}}) == ("otp", "psychiatry")


def test_an_organisation_contained_or_sent_beside_it_names_it_too(county: County) -> None:
    program = {"resourceType": "Organization", "id": "o1", "identifier": [otp_number(county)]}
    role = {"resourceType": "PractitionerRole", "id": "r1", "organization": OTP}
    inside = {"resourceType": "CarePlan", "contained": [program], "author": {"reference": "#o1"}}
    outside = {"resourceType": "CarePlan", "author": {"reference": "Organization/o1"}}
    by_role = {"resourceType": "CarePlan", "author": {"reference": "PractitionerRole/r1"}}

    assert sources(county, inside) == ("otp", "psychiatry")
    assert sources(county, outside, program) == ("otp", "psychiatry")
    assert sources(county, by_role, role) == ("otp", "psychiatry")
    at_it = {**role, "organization": {"reference": "Organization/o1"}}
    assert sources(county, by_role, at_it, program) == ("otp", "psychiatry")


def test_a_provenance_in_the_same_submission_counts_for_its_targets(county: County) -> None:
    plan, other = {"resourceType": "CarePlan", "id": "c1"}, {"resourceType": "CarePlan", "id": "c2"}
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": "CarePlan/c1"}],
        "agent": [{"who": OTP}],
    }

    assert sources(county, plan, other, provenance) == ("otp", "psychiatry")
    assert sources(county, other, plan, provenance) == ("psychiatry",)


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "ServiceRequest", "performer": [OTP]},
        {"resourceType": "Task", "owner": OTP, "restriction": {"recipient": [OTP]}},
        {"resourceType": "PractitionerRole", "organization": OTP},
        {"resourceType": "Organization", "id": "otp"},
    ],
)
def test_whoever_is_asked_to_do_something_is_no_source_of_the_asking(
    county: County, resource: dict[str, Any]
) -> None:
    assert sources(county, resource) == ("psychiatry",)


def test_an_organisation_of_no_partner_adds_nobody(county: County) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "organization": {"reference": "PractitionerRole/r1"},
    }
    plan = {
        "resourceType": "CarePlan",
        "author": {"reference": "PractitionerRole/r1"},
        "contributor": [{"reference": "Organization/elsewhere"}, {"reference": "Practitioner/otp"}],
    }

    assert sources(county, plan, role) == ("psychiatry",)
