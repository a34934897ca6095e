"""Chains, `_has`, `:iterate`, `_elements`, `_summary` through the whole door, and what none of them tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.demo import person
from tests.gateway.county import HOUSING, OTP, County, matches
from tests.gateway.disclosure.twins import Api, said

STRICT = {"Prefer": "handling=strict"}


class Searches:
    """The searches of a county's partners, by the patient's id."""

    def __init__(self, county: County) -> None:
        self.county, self.api = county, Api(county)

    def bundle(self, who: str, query: str, **headers: str) -> dict[str, Any]:
        kind, _, rest = query.partition("?")
        path = f"/fhir/{kind}?patient={self.county.patient_id}&{rest}"
        answer = self.api.ask(who, "GET", path, **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def found(self, who: str, query: str, **headers: str) -> int:
        return len(matches(self.bundle(who, query, **headers)))


@pytest.fixture
def searches(county: County) -> Searches:
    county.share_plan()
    return Searches(county)


@pytest.mark.requirement("FH-RED-02")
@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("CarePlan?goal:Goal.lifecycle-status=active", 1),
        ("CarePlan?goal.lifecycle-status=active", 1),
        ("CarePlan?goal.lifecycle-status=completed", 0),
        ("CarePlan?goal.lifecycle-status:not=active", 0),
        ("CarePlan?goal.target-date=ge2026-06-01", 1),
        ("CarePlan?goal.target-date=ge2027-06-01", 0),
        ("Goal?_has:CarePlan:goal:status=active", 2),
        ("Goal?_has:CarePlan:goal:status=revoked", 0),
        ("Goal?_has:CarePlan:goal:status=active&_has:CarePlan:goal:intent=order", 0),
    ],
)
def test_a_chain_limits_by_what_a_match_is_linked_to(searches: Searches, query: str, number: int) -> None:
    assert searches.found("otp TREAT", query, **STRICT) == number


@pytest.mark.requirement("SD-01")
def test_a_task_is_found_by_what_it_fulfils(county: County) -> None:
    county.refer()
    searches = Searches(county)
    (request,) = county.records("ServiceRequest")
    status = request.resource["status"]
    assert searches.found("hospital TREAT", f"Task?focus:ServiceRequest.status={status}", **STRICT) == 1
    assert searches.found("hospital TREAT", "Task?focus:ServiceRequest.status=revoked", **STRICT) == 0
    assert searches.found("hospital TREAT", "ServiceRequest?_has:Task:focus:status=requested", **STRICT) == 1


@pytest.mark.requirement("FH-RED-02", "P2-13-02")
def test_a_chain_looks_at_nothing_that_may_not_be_seen(county: County, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    without = County(tmp_path / "other")
    try:
        county.share_plan()
        plan = person.treatment_plan()
        plan["entry"] = [one for one in plan["entry"] if one["resource"]["resourceType"] != "Goal"]
        for one in plan["entry"]:
            one["resource"].pop("goal", None)
        without.submit("otp", plan)
        without.submit("housing", person.housing_client(), purpose="COC")
        number = "|".join(HOUSING)
        answers = []
        for one in (county, without):
            one.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("CarePlan",))
            told = []
            for query in (
                "goal.lifecycle-status=active",
                "goal.lifecycle-status:not=active",
                "goal.lifecycle-status:missing=false",
                "_include:iterate=CarePlan:goal",
            ):
                found = one.search("housing", "CarePlan", None, "COC", patient=one.patient_id)
                assert len(matches(found)) == 1, number
                answer = Api(one).ask(
                    "housing COC", "GET", f"/fhir/CarePlan?patient={one.patient_id}&{query}"
                )
                told.append(
                    (answer.status_code, len(answer.json().get("entry", ())), answer.json().get("total"))
                )
            answers.append(told)
        assert answers[0] == answers[1]
    finally:
        without.close()


def test_a_chain_needs_the_scope_of_both_ends(searches: Searches) -> None:
    from gateway.fhir_api.search_parameters import criteria_of, read_query
    from gateway.flows import pull
    from gateway.security.callers import Caller

    query = read_query(f"patient={searches.county.patient_id}&goal.lifecycle-status=active")
    criteria = criteria_of("CarePlan", query, strict=True)
    totals = []
    for scopes in ({"system/CarePlan.rs"}, {"system/CarePlan.rs", "system/Goal.rs"}):
        asker = Caller("otp", "otp-client", "TREAT", frozenset(scopes), "t")
        pulled = searches.county.run(pull.search(searches.county.premises, asker, "CarePlan", criteria))
        totals.append(b'"total":1' in pulled.content)
    assert totals == [False, True]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("CarePlan?goal.colour=red", 400),  # under strict handling
        ("CarePlan?colour.status=red", 400),
        ("CarePlan?activity-reference.status=active", 400),  # of several types
        ("CarePlan?goal:Task.status=active", 400),
        ("Goal?_has:Nonsense:goal:status=active", 400),
        ("Goal?_has:CarePlan:goal", 400),
        ("CarePlan?" + "&".join(["goal.lifecycle-status=active"] * 5), 400),
        ("CarePlan?patient.name=Reyes", 400),
        ("CarePlan?patient.birthdate=1990-01-01", 400),
        ("CarePlan?_elements=a,B", 400),
        ("CarePlan?_summary=some", 400),
        ("CarePlan?_summary=count&_summary=true", 400),
        ("CarePlan?_summary=count&_elements=status", 400),
        ("CarePlan?_summary=data&_elements=status", 400),
    ],
)
def test_what_cannot_be_chained_is_refused(searches: Searches, query: str, status: int) -> None:
    kind, _, rest = query.partition("?")
    path = f"/fhir/{kind}?patient={searches.county.patient_id}&{rest}"
    assert searches.api.ask("otp TREAT", "GET", path, **STRICT).status_code == status


@pytest.mark.requirement("FH-RED-02")
def test_iterate_goes_on_from_what_went_along(county: County) -> None:
    county.refer()
    searches = Searches(county)
    (task,) = county.records("Task")
    along = "_include=Task:focus&_include:iterate=ServiceRequest:patient"
    kinds = [
        one["resource"]["resourceType"] for one in searches.bundle("hospital TREAT", f"Task?{along}")["entry"]
    ]
    assert kinds == ["Task", "Patient", "ServiceRequest"]
    one_step = "_include=Task:focus&_include=ServiceRequest:patient"
    kinds = [
        one["resource"]["resourceType"]
        for one in searches.bundle("hospital TREAT", f"Task?{one_step}")["entry"]
    ]
    assert kinds == ["Task", "ServiceRequest"]
    round_about = "_include:iterate=Task:focus&_revinclude:iterate=Task:focus"
    assert len(searches.bundle("hospital TREAT", f"Task?{round_about}")["entry"]) == 2
    assert task.id


def test_elements_and_summary_show_part_of_what_may_be_seen(searches: Searches) -> None:
    (whole,) = matches(searches.bundle("otp TREAT", "CarePlan?"))
    (part,) = matches(searches.bundle("otp TREAT", "CarePlan?_elements=title"))
    assert set(part) == {"resourceType", "id", "meta", "status", "intent", "subject", "title"}
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert part["meta"]["versionId"] == whole["meta"]["versionId"]
    assert {name: part[name] for name in part if name != "meta"}.items() <= whole.items()
    (text,) = matches(searches.bundle("otp TREAT", "CarePlan?_summary=text"))
    assert set(text) <= {"resourceType", "id", "meta", "status", "intent", "subject", "text"}
    assert matches(searches.bundle("otp TREAT", "CarePlan?_summary=false")) == [whole]
    (no_text,) = matches(searches.bundle("otp TREAT", "CarePlan?_summary=data"))
    assert "text" not in no_text


def test_pages_keep_the_chain_and_the_elements(searches: Searches) -> None:
    query = "Goal?_has:CarePlan:goal:status=active&_elements=startDate&_count=1"
    first = searches.bundle("otp TREAT", query)
    (link,) = [one["url"] for one in first["link"] if one["relation"] == "next"]
    second = searches.api.ask("otp TREAT", "GET", link.partition("gateway.test")[2]).json()
    ids = {one["id"] for bundle in (first, second) for one in matches(bundle)}
    assert len(ids) == 2
    assert all("SUBSETTED" in str(one["meta"]) for one in matches(second))


@pytest.mark.requirement("P2-13-02")
def test_an_asker_without_permission_gets_one_answer(searches: Searches) -> None:
    answers = set()
    for patient in (searches.county.patient_id, "nobody"):
        for query in (
            "",
            "&goal.lifecycle-status=active",
            "&_include:iterate=CarePlan:goal",
            "&_elements=title",
        ):
            answer = searches.api.ask("psychiatry TREAT", "GET", f"/fhir/CarePlan?patient={patient}{query}")
            status, headers, text = said(answer)
            answers.add((status, headers, text))
    assert len(answers) == 1
