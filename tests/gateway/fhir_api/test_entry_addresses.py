"""Each entry of an answer is named by an address at which it can be read: clients resolve references so."""

from __future__ import annotations

import pytest

from gateway.demo import person
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Api
from tests.gateway.flows.test_emergency import add, sound

BASE = "http://gateway.test"
US = "otp TREAT"


@pytest.mark.parametrize(
    "path",
    [
        "Goal?patient={}&_revinclude=CarePlan:goal",
        "Patient/{}/$everything",
        "Organization?name=sun",
        "AuditEvent",
    ],
)
def test_it_is_read_where_it_says_that_it_is(county: County, path: str) -> None:
    county.submit("otp", person.treatment_plan())
    api = Api(county)
    answer = api.ask(US, "GET", f"/fhir/{path.format(county.own_patient_id('otp'))}")
    entries = [one for one in answer.json().get("entry", ()) if one["search"]["mode"] != "outcome"]
    assert entries or "AuditEvent" in path
    for one in entries:
        url, resource = one["fullUrl"], one["resource"]
        assert url == f"{BASE}/fhir/{resource['resourceType']}/{resource['id']}"
    for one in entries[:1]:
        assert api.ask(US, "GET", one["fullUrl"].removeprefix(BASE)).json()["id"] == one["resource"]["id"]


def test_so_is_who_is_matched_a_part_of_the_shared_plan_and_what_an_emergency_opens(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    county.refer()
    api, her = Api(county), county.own_patient_id("otp")
    plan = api.ask(US, "GET", f"/fhir/Patient/{her}/$shared-plan").json()
    assert plan["entry"] and all(
        one["fullUrl"].startswith(f"{BASE}/fhir/") for one in plan["entry"] if "id" in one["resource"]
    )
    asked = {"resourceType": "Patient", "identifier": [{"system": person.OTP_SYSTEM, "value": "OTP-3391"}]}
    sent = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]}
    (found,) = api.ask(US, "POST", "/fhir/Patient/$match", sent).json()["entry"]
    assert found["fullUrl"] == f"{BASE}/fhir/Patient/{her}"
    add(county, "allergy", "AllergyIntolerance", code={"text": "Penicillin"})
    opened = api.ask("hospital BTG", "POST", "/fhir/Patient/$emergency-access", sound()).json()["entry"]
    assert [one["fullUrl"] for one in opened if one["resource"].get("id") == "allergy"] == [
        f"{BASE}/fhir/AllergyIntolerance/allergy"
    ]
