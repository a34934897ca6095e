"""`Patient/$match` through the whole door: whom it finds, and what cannot be found out by it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.audit import newest
from gateway.demo import person
from gateway.store import AuditFilter
from tests.gateway.county import HOUSING, OTP, County
from tests.gateway.disclosure.twins import Api, said

HER = person.person("urn:asker", "1-2-3")
MADE_UP = {**HER, "name": [{"family": "Nobody", "given": ["Known"]}]}


def asked(patient: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}, *more]}


def match(county: County, who: str, patient: dict[str, Any], *more: dict[str, Any]) -> httpx.Response:
    return Api(county).ask(who, "POST", "/fhir/Patient/$match", asked(patient, *more))


def found(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json().get("entry", ()) if one["search"]["mode"] == "match"]


@pytest.mark.requirement("DM-28")
def test_a_person_the_caller_knows_is_found_under_the_caller_s_own_id(county: County) -> None:
    county.share_plan()
    only = {"name": "onlyCertainMatches", "valueBoolean": True}
    (entry,) = found(match(county, "housing COC", HER, only, {"name": "count", "valueInteger": 5}))
    assert entry["resource"]["id"] == county.own_patient_id("housing")
    assert entry["resource"]["identifier"][0]["value"] == HOUSING[1]
    assert entry["search"]["score"] == 1
    assert entry["search"]["extension"][0]["valueCode"] == "certain"
    again = {"name": "onlyCertainMatches", "valueBoolean": False}
    assert [one["resource"]["id"] for one in found(match(county, "housing COC", HER, again))] == [
        entry["resource"]["id"]
    ]


@pytest.mark.requirement("DM-28", "P2-13-02")
def test_an_identifier_of_the_caller_s_own_is_enough(county: County) -> None:
    county.share_plan()
    system, value = HOUSING
    number = {"resourceType": "Patient", "identifier": [{"system": system, "value": value}]}
    (entry,) = found(match(county, "housing COC", number))
    assert entry["resource"]["id"] == county.own_patient_id("housing")
    assert found(match(county, "housing COC", {**number, "birthDate": person.BORN})) == [entry]
    assert found(match(county, "housing COC", {**number, "birthDate": "1996-04-18"})) == []
    theirs = {"resourceType": "Patient", "identifier": [{"system": OTP[0], "value": OTP[1]}]}
    nobodys = {"resourceType": "Patient", "identifier": [{"system": OTP[0], "value": "none"}]}
    assert said(match(county, "housing COC", theirs)) == said(match(county, "housing COC", nobodys))
    assert found(match(county, "housing COC", nobodys)) == []


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_who_may_not_know_her_gets_the_answer_for_nobody(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    nobody = said(match(county, "psychiatry TREAT", MADE_UP))
    assert said(match(county, "psychiatry TREAT", HER)) == nobody
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("Goal",))
    assert said(match(county, "psychiatry TREAT", HER)) == nobody  # permitted is something else
    county.consent("psychiatry", discloser="otp", identifier=OTP, classes=("Patient",))
    (entry,) = found(match(county, "psychiatry TREAT", HER))
    assert entry["resource"]["name"][0]["family"] == HER["name"][0]["family"]
    (logged,) = [one for one in county.audit("disclose") if one.row.partner == "psychiatry"]
    assert logged.entry is not None and logged.entry.description == "1 Patient"
    assert HER["name"][0]["family"] in logged.entry.asked, (
        "the question as it was sent, sealed under her key (AU-03)"
    )
    nobodys = county.look(lambda reading: newest(reading, 9, AuditFilter(kind="query")))
    kept = {one.entry.asked for one in nobodys if one.entry and one.row.patient_id is None}
    assert kept == {"Patient/$match?resource=*"}, "of one that found nobody no values"


@pytest.mark.requirement("P2-13-02", "DM-27")
def test_no_fact_that_is_kept_from_the_caller_can_be_tried_out(county: County) -> None:
    county.submit("housing", person.housing_client(), purpose="COC")
    moved = person.treatment_plan()
    described = moved["entry"][0]["resource"]
    described["telecom"] = [*described["telecom"], {"system": "phone", "value": "602-555-7788"}]
    county.submit("otp", moved)
    guess = {**HER, "telecom": [{"system": "phone", "value": "602-555-7788"}], "address": []}
    guess.pop("address")
    assert found(match(county, "otp TREAT", guess))  # who told it finds her by it
    wrong = {**guess, "telecom": [{"system": "phone", "value": "602-555-7789"}]}
    assert said(match(county, "housing COC", guess)) == said(match(county, "housing COC", wrong))


def another(system: str, value: str) -> dict[str, Any]:
    """A namesake of the same day, at another home."""
    other = person.person(system, value)
    other["telecom"] = [{"system": "phone", "value": "602-555-4321"}]
    other["address"] = [{**other["address"][0], "line": ["99 Other Road"], "postalCode": "85099"}]
    bundle = person.housing_client()
    bundle["entry"][0]["resource"] = other
    return bundle


BOTH = {**HER, "telecom": [*HER["telecom"], {"system": "phone", "value": "602-555-4321"}]}


@pytest.mark.requirement("DM-28")
def test_of_two_that_fit_none_is_certain(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    assert found(match(county, "otp TREAT", BOTH))
    county.submit("otp", another(OTP[0], "OTP-9999"))
    assert found(match(county, "otp TREAT", BOTH)) == []


@pytest.mark.requirement("P2-13-02", "DM-28")
def test_a_namesake_the_caller_may_not_know_changes_nothing(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    before = said(match(county, "otp TREAT", BOTH))
    county.submit("housing", another("urn:elsewhere", "9-9-9"), purpose="COC")
    assert said(match(county, "otp TREAT", BOTH)) == before


@pytest.mark.parametrize("missing", ["name", "birthDate", "gender", "telecom"])
def test_two_identifiers_worth_of_facts_is_needed(county: County, missing: str) -> None:
    told = {name: value for name, value in HER.items() if name not in (missing, "address", "identifier")}
    answer = match(county, "otp TREAT", told)
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "MATCH_FACTS_MISSING"


@pytest.mark.parametrize(
    "body",
    [
        HER,
        {"resourceType": "Parameters"},
        asked({"resourceType": "Goal"}),
        asked(HER, {"name": "count", "valueInteger": 0}),
        asked(HER, {"name": "resource", "resource": HER}),
        asked(HER, {"name": "fuzzy", "valueBoolean": True}),
    ],
)
def test_what_cannot_be_read_is_refused(county: County, body: dict[str, Any]) -> None:
    assert Api(county).ask("otp TREAT", "POST", "/fhir/Patient/$match", body).status_code in (400, 422)


def test_many_guesses_are_not_taken_at_once(county: County) -> None:
    guesses = [{"system": "phone", "value": f"602-555-{number:04}"} for number in range(1000, 1021)]
    answer = match(county, "otp TREAT", {**HER, "telecom": guesses})
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "MATCH_FACTS_TOO_MANY"
