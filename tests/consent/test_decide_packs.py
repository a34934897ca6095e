"""Rules of the packs on consents that pass everything before them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.bench_consent import a_consent, a_question
from tests.consent.asking import ask

Json = dict[str, Any]
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def asked(consent_changes: Json, provision: Json, pack: str, **changes: Any) -> set[str]:
    """The reason codes for one record under one pack; empty where it is released."""
    one = {**a_consent(0, "Organization/hosp-1"), **consent_changes}
    one["provision"] = {
        name: value for name, value in {**one["provision"], **provision}.items() if value is not ...
    }
    question = {**a_question(1, (pack,)), "consents": [one], **changes}
    row = ask(question)["resources"][0]
    return {reason["code"] for reason in row["reasons"]} if row["outcome"] == "withhold" else set()


def who(*standing: str, reference: str = "Practitioner/d", category: str = "case_management") -> Json:
    return {
        "references": [reference],
        "identifiers": [],
        "roles": [],
        "standing": list(standing),
        "category": category,
    }


TEAM = {
    "resourceType": "CareTeam",
    "id": "t",
    "participant": [{"member": {"reference": "Practitioner/d"}}],
}
BY_TEAM = {"actor": [{"reference": {"reference": "CareTeam/t"}}]}


@pytest.mark.requirement("P2-31-10", "P2-31-11")
def test_a_consent_signed_after_the_disclosure_permits_nothing() -> None:
    assert asked({"dateTime": "2026-06-16"}, {}, "part2") == {"CONSENT_SIGNED_LATER"}
    assert asked({"dateTime": "2026-06-15"}, {}, "part2") == set()


@pytest.mark.requirement("P2-31-04", "P2-33-04", "HI-508-02")
@pytest.mark.parametrize("pack", ["part2", "hipaa"])
def test_a_community_worker_is_named_not_reached_through_a_team(pack: str) -> None:
    directory = {"directory": [TEAM]}
    assert asked({}, BY_TEAM, pack, recipient=who("community"), **directory) == {"RECIPIENT_NOT_NAMED"}
    assert asked({}, BY_TEAM, pack, recipient=who("treating_provider"), **directory) == set()
    named = {"actor": [{"reference": {"reference": "Practitioner/d"}}]}
    assert asked({}, named, pack, recipient=who("community"), **directory) == set()
    npi = {"system": "urn:npi", "value": "1"}
    by_number = {"actor": [{"reference": {"identifier": npi}}]}
    numbered = {**who("community"), "identifiers": [npi]}
    assert asked({}, by_number, pack, recipient=numbered) == set()


@pytest.mark.requirement("P2-31-09", "HI-508-01")
@pytest.mark.parametrize("pack", ["part2", "hipaa"])
def test_an_open_ended_consent_does_not_reach_an_agency(pack: str) -> None:
    open_end = {"period": {"start": "2026-01-02"}}
    agency = who("community", reference="Organization/hosp-1")
    assert asked({}, open_end, pack, recipient=agency) == {"EXPIRY_MISSING"}
    assert asked({}, open_end, pack) == set()


@pytest.mark.requirement("P2-35-01")
def test_a_monitor_uses_it_for_that_duty_only() -> None:
    assert asked({}, {}, "part2", recipient=who("monitor", reference="Organization/hosp-1")) == {
        "MONITOR_PURPOSE_ONLY"
    }


@pytest.mark.requirement("FH-RED-01", "HI-508-03")
@pytest.mark.parametrize("pack", ["part2", "hipaa"])
@pytest.mark.parametrize(
    ("limit", "codes"),
    [
        ({}, {"UNSTRUCTURED_NOT_COVERED"}),
        ({"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "DocumentReference"}]}, set()),
        ({"data": [{"meaning": "instance", "reference": {"reference": "DocumentReference/d"}}]}, set()),
        (
            {"data": [{"meaning": "related", "reference": {"reference": "Encounter/e"}}]},
            {"UNSTRUCTURED_NOT_COVERED"},
        ),
    ],
)
def test_a_document_goes_where_the_consent_means_the_document(
    pack: str, limit: Json, codes: set[str]
) -> None:
    document = {
        "resourceType": "DocumentReference",
        "id": "d",
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "context": {"encounter": [{"reference": "Encounter/e"}]},
        "content": [{"attachment": {"contentType": "text/plain"}}],
    }
    assert asked({}, {**limit, "securityLabel": ...}, pack, resources=[document]) == codes


@pytest.mark.requirement("P2-31-13", "HI-508-03")
@pytest.mark.parametrize("pack", ["part2", "hipaa"])
def test_a_broad_consent_is_none_for_notes(pack: str) -> None:
    record = a_question(1)["resources"][0]
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    record["meta"]["security"] = [{"system": act, "code": "PSYTHPN"}]
    provision = {"securityLabel": ..., "provision": ...}
    assert "NOTES_NEED_OWN_CONSENT" in asked({}, provision, pack, resources=[record])


@pytest.mark.requirement("ST-01", "ST-02")
def test_a_state_may_demand_a_named_recipient_for_mental_health() -> None:
    record = a_question(1)["resources"][0]
    act = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    record["meta"]["security"] = [{"system": act, "code": "MH"}]
    more = {"recipient": who("treating_provider"), "directory": [TEAM], "resources": [record]}
    assert asked({}, BY_TEAM, "state/sample-mh-named", **more) == {"STATE_RECIPIENT_NOT_NAMED"}
    named = {"actor": [{"reference": {"reference": "Practitioner/d"}}]}
    assert asked({}, named, "state/sample-mh-named", **more) == set()


def test_intermediaries_name_themselves_and_their_participants() -> None:
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "DELEGATEE"}]}
    unnamed = {"actor": [{"role": role, "reference": {"display": "some exchange"}}]}
    lonely = {"actor": [{"role": role, "reference": {"reference": "Organization/hie"}}]}
    for actors in (unnamed, lonely):
        assert "INTERMEDIARY_INCOMPLETE" in asked({}, actors, "part2")
