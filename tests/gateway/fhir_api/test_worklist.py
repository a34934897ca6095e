"""An agency's client asks for its worklist: Tasks of its own organization, of whomever they are."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.demo import person
from gateway.demo.records import referral, transaction
from gateway.disclosure import gate
from gateway.disclosure.release import Release
from gateway.flows import worklist
from gateway.flows.answers import SearchCriteria
from gateway.resources.searching import Filter
from gateway.store import records
from tests.gateway.county import County, caller
from tests.gateway.disclosure.twins import Api, said

AGENCY, SENDER = "otp TREAT", "hospital TREAT"
OWN = "/fhir/Task?owner=Organization/otp&status=requested,accepted"
PEOPLE = ("770011", "880022", "990033")


def refer(county: County, number: str, own_number: str = "") -> None:
    """The hospital refers one of the people to the program."""
    her = person.person(person.MRN_SYSTEM, number)
    her["name"] = [{"family": f"Case{number}", "given": ["Ana"]}]
    her["birthDate"] = f"1990-01-{PEOPLE.index(number) + 10}"
    del her["telecom"]
    her["address"] = [{"line": [f"{number} Elm Court"], "city": "Phoenix", "state": "AZ"}]
    found = referral(2, "hospital", "otp", "methadone treatment", own_number or number, priority="routine")
    county.submit("hospital", transaction(her, *found))


@pytest.fixture
def three(county: County) -> County:
    """Three people are referred; two have agreed, and of them the program has the referral."""
    for number in PEOPLE:
        refer(county, number)
        if number != PEOPLE[2]:
            county.consent(identifier=(person.MRN_SYSTEM, number))
    deliver(county)
    return county


def deliver(county: County) -> None:
    """All that may go arrives."""
    while going := county.claim():
        for intent in going:
            if isinstance(county.run(gate.release(county.premises, intent)), Release):
                county.settle(intent, "delivered", "HTTP_200")


def listed(answer: httpx.Response, mode: str = "match") -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", ())
    return [one["resource"] for one in entries if one["search"]["mode"] == mode]


def pages(api: Api, path: str) -> list[httpx.Response]:
    found = [api.ask(AGENCY, "GET", path)]
    while ends := [one["url"] for one in found[-1].json().get("link", ()) if one["relation"] == "next"]:
        assert "otp" not in ends[0] and "status" not in ends[0]
        found.append(api.ask(AGENCY, "GET", ends[0].partition("gateway.test")[2]))
    return found


def whose(task: dict[str, Any]) -> str:
    return str(task["for"]["reference"]).removeprefix("Patient/")


@pytest.mark.requirement("AU-01", "P2-13-01", "SD-01")
def test_an_agency_goes_through_its_worklist_and_each_person_is_in_the_log(
    three: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(three)
    whole = api.ask(AGENCY, "GET", f"{OWN}&_count=20&_lastUpdated=ge2026-01-01")
    tasks = listed(whole)
    assert len(tasks) == whole.json()["total"] == 2 and len({*map(whose, tasks)}) == 2
    assert "990033" not in whole.text, "what waits for her permission is not known to the addressee"

    found = pages(api, f"{OWN}&_count=1&_include=Task:focus&_include=Task:patient&_include=Task:requester")
    assert [one for page in found for one in listed(page)] == tasks and len(found) == 2
    for page, task in zip(found, tasks, strict=True):
        beside = {f"{one['resourceType']}/{one['id']}" for one in listed(page, "include")}
        assert beside >= {task["focus"]["reference"], "Organization/hospital"} and "total" not in page.json()
        assert [one["resourceType"] for one in listed(page, "include")].count("Patient") == 1
        assert "42 CFR" in page.text or listed(page, "outcome")
    asked = api.ask(AGENCY, "GET", "/fhir/AuditEvent?_count=250").json()
    about = [
        part["what"]["reference"] for one in listed_events(asked) for part in one["entity"] if "what" in part
    ]
    for task in tasks:
        assert about.count(f"Patient/{whose(task)}") >= 2, "once for the whole list, once for her page"

    monkeypatch.setattr(worklist, "MOST_PATIENTS", 1)
    assert [one for page in pages(api, f"{OWN}&_count=20") for one in listed(page)] == tasks
    assert api.ask(AGENCY, "GET", f"{OWN}&_summary=count").status_code == 400
    monkeypatch.undo()
    for number in PEOPLE[:2]:
        refer(three, number, f"{number}-2")
    deliver(three)
    tasks = listed(api.ask(AGENCY, "GET", OWN))
    found = pages(api, f"{OWN}&_count=3")  # which ends among those of one person
    assert [len(listed(page)) for page in found] == [3, 1] and len(tasks) == 4
    assert [one for page in found for one in listed(page)] == tasks
    counted = api.ask(AGENCY, "GET", f"{OWN}&_summary=count").json()
    assert counted["total"] == 4 and not [one for one in counted["entry"] if one["search"]["mode"] == "match"]


def listed_events(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "AuditEvent"]


@pytest.mark.requirement("P2-13-01", "P2-13-02")
def test_the_list_of_others_is_as_one_with_nothing_on_it(three: County) -> None:
    api = Api(three)
    nothing = api.ask("psychiatry TREAT", "GET", "/fhir/Task?owner=Organization/psychiatry")
    assert said(nothing) == said(api.ask("psychiatry TREAT", "GET", "/fhir/Task?owner=Organization/otp"))
    assert said(nothing) == said(
        api.ask("psychiatry TREAT", "GET", "/fhir/Task?requester=Organization/nobody")
    )
    assert nothing.json()["total"] == 0
    several = Filter("reference", ("owner",), ("Organization/otp", "Organization/psychiatry"))
    own, roles = worklist._own(caller("otp"), SearchCriteria(filters=(several,)))
    assert (own.filters[0].values, roles) == (("Organization/otp",), ("owner",))
    both = "/fhir/Task?owner=Organization/otp,Organization/psychiatry"
    assert len(listed(api.ask(AGENCY, "GET", both))) == 2
    assert not listed(api.ask(AGENCY, "GET", "/fhir/Task?owner=Organization/psychiatry"))

    sent = listed(api.ask(SENDER, "GET", "/fhir/Task?requester=Organization/hospital"))
    assert len(sent) == 3, "a sender finds all that it has sent, also what waits"
    assert not listed(api.ask(AGENCY, "GET", "/fhir/Task?requester=Organization/hospital"))


def test_who_takes_her_permission_back_is_on_the_list_no_more(three: County) -> None:
    api = Api(three)
    first, other = listed(api.ask(AGENCY, "GET", OWN))
    (consent,) = three.look(lambda reading: records.of_patient(reading, whose(first), ("Consent",)))
    three.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})
    assert listed(api.ask(AGENCY, "GET", OWN)) == [other]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("Task?status=requested", "PARAMETER_MISSING"),
        ("Task?owner:missing=true", "PARAMETER_MISSING"),
        ("ServiceRequest?performer=Organization/otp", "PARAMETER_MISSING"),
        ("Task?owner=Organization/otp&_sort=-_lastUpdated", "PARAMETER_INVALID"),
    ],
)
def test_what_is_no_worklist_is_refused_with_the_ways_that_work(county: County, path: str, code: str) -> None:
    answer = Api(county).ask(AGENCY, "GET", f"/fhir/{path}")
    (details,) = [one["details"] for one in answer.json()["issue"]]
    assert (answer.status_code, details["coding"][0]["code"]) == (400, code)
    if path.startswith("Task") and code == "PARAMETER_MISSING":
        assert "owner=Organization/[yours]" in details["text"] and "Group/referred/$export" in details["text"]


def test_a_change_of_consent_meanwhile_is_asked_about_again(
    three: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was asked about first may have withdrawn while the others were."""
    moved, real = [True, False], worklist._unmoved
    monkeypatch.setattr(worklist, "_unmoved", lambda *given: real(*given) and not moved.pop(0))
    assert len(listed(Api(three).ask(AGENCY, "GET", OWN))) == 2 and not moved
    monkeypatch.setattr(worklist, "_unmoved", lambda *_given: False)
    assert Api(three).ask(AGENCY, "GET", OWN).status_code == 503
