"""`POST /fhir/{type}` of a clinical record over the whole door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.resources.xml_reading import from_xml
from gateway.resources.xml_writing import to_xml
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.disclosure.twins import SEEN, Api, Twins, said, twins

JSON = {"Content-Type": "application/fhir+json"}


def observation(county: County, who: str = "otp", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": f"Patient/{county.own_patient_id(who)}"},
        **more,
    }


@pytest.fixture
def api(county: County) -> Api:
    county.share_plan()
    return Api(county)


def create(api: Api, sent: dict[str, Any], who: str = "otp TREAT", **headers: str) -> httpx.Response:
    return api.ask(who, "POST", f"/fhir/{sent['resourceType']}", sent, **headers)


def test_a_record_is_made_read_and_found(api: Api, county: County) -> None:
    made = create(api, observation(county))
    assert made.status_code == 201, made.text
    place = made.headers["location"].partition("gateway.test")[2].partition("/_history")[0]
    read = api.ask("otp TREAT", "GET", place)
    assert (made.json(), made.headers["etag"]) == (read.json(), read.headers["etag"])
    assert made.headers["last-modified"] == read.headers["last-modified"]
    found = api.ask("otp TREAT", "GET", f"/fhir/Observation?patient={county.patient_id}").json()
    assert read.json()["id"] in [one["resource"]["id"] for one in found["entry"]]
    (record,) = [one for one in county.records("Observation") if one.id == read.json()["id"]]
    assert (record.sources, record.part2) == (("otp",), True)


def test_the_same_again_is_the_same_one(api: Api, county: County) -> None:
    first, again = (create(api, observation(county)) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    other = create(api, observation(county, valueString="90"))
    assert other.json()["id"] != first.json()["id"]
    before = len(county.records("Observation"))
    create(api, observation(county), Idempotency_Key="k")
    reused = create(api, observation(county, valueString="91"), Idempotency_Key="k")
    assert reused.status_code == 409
    assert len(county.records("Observation")) == before


def test_if_none_exist_leaves_what_is_there_as_it_is(api: Api, county: County) -> None:
    named = {"identifier": [{"system": "urn:x:obs", "value": "7"}]}
    condition = {"If_None_Exist": "identifier=urn:x:obs|7"}
    assert create(api, observation(county, **named), **condition).status_code == 201
    again = create(api, observation(county, **named, valueString="9"), **condition)
    assert (again.status_code, "valueString" in again.json()) == (200, False)
    changed = create(api, observation(county, **named, valueString="9"))
    assert (changed.status_code, changed.json()["valueString"]) == (200, "9")
    beyond = create(api, observation(county, **named), If_None_Exist="status=final")
    assert beyond.status_code == 422
    assert beyond.json()["issue"][0]["diagnostics"].endswith(" (at http.If-None-Exist)")


@pytest.mark.parametrize("wanted", ["minimal", "OperationOutcome"])
def test_prefer_says_what_comes_back(api: Api, county: County, wanted: str) -> None:
    answer = create(api, observation(county), Prefer=f"return={wanted}")
    assert answer.status_code == 201 and answer.headers["location"]
    assert answer.text == "" if wanted == "minimal" else "SAVED" in answer.text


def test_it_comes_in_xml_and_goes_back_so(api: Api, county: County) -> None:
    content = to_xml(observation(county))
    answer = api.send(
        "otp TREAT", "POST", "/fhir/Observation", content, {"Content-Type": "application/fhir+xml"}
    )
    assert answer.status_code == 201
    assert from_xml(answer.content)["code"] == {"text": "weight"}


def test_a_fault_is_told_with_its_place_in_what_was_sent(api: Api, county: County) -> None:
    wrong = create(api, observation(county, status="flying"))
    assert (wrong.status_code, wrong.json()["issue"][0]["expression"]) == (422, ["Observation.status"])
    stranger = observation(county) | {"subject": {"reference": "Patient/nobody"}}
    refused = create(api, stranger)
    assert refused.status_code == 422
    assert "Bundle" not in refused.text
    assert create(api, {"resourceType": "Task"}).status_code == 405


def test_who_stands_by_her_is_searched_by_what_names_nobody(api: Api, county: County) -> None:
    subject = {"reference": f"Patient/{county.own_patient_id('otp')}"}
    sister = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "SIS"}]}
    sent = {"resourceType": "RelatedPerson", "active": True, "patient": subject, "relationship": [sister],
            "name": [{"text": "Ana"}]}  # fmt: skip
    assert create(api, sent).status_code == 201
    path = f"/fhir/RelatedPerson?patient={county.patient_id}"
    found = api.ask("otp TREAT", "GET", f"{path}&relationship=SIS&active=true").json()
    assert [one["resource"]["name"] for one in found["entry"]] == [sent["name"]]
    assert api.ask("housing COC", "GET", f"{path}&relationship=SIS").json()["total"] == 0
    assert api.ask("otp TREAT", "GET", f"{path}&name=Ana").status_code == 400


def test_what_says_that_it_is_another_s_is_taken_and_not_shown_back(api: Api, county: County) -> None:
    sent = observation(county, "housing") | {"performer": [{"reference": "Organization/otp"}]}
    answer = create(api, sent, who="housing COC")
    assert answer.status_code == 201
    assert answer.headers["location"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    with twins(tmp_path) as made:
        yield made


@pytest.mark.requirement("FH-RED-02", "P2-13-02")
def test_nothing_hidden_is_told_by_creating(two: Twins) -> None:
    two.wait()
    two.change_what_is_hidden(SEEN)
    subjects = [{"identifier": {"system": system, "value": value}} for system, value in (HOUSING, OTP)]
    subjects += [{"reference": f"Patient/{two.quiet.patient_id}"}, {"reference": "Patient/nobody"}]
    for subject in subjects:
        for named in ({}, {"identifier": [{"system": "urn:x", "value": "1"}]}):
            told = []
            for county, api in zip((two.quiet, two.busy), two.apis, strict=True):
                sent = observation(county, "housing", **named) | {"subject": subject}
                answer = create(api, sent, who="housing COC", If_None_Exist="identifier=urn:x|1")
                told.append(said(answer))
            assert told[0] == told[1]
