"""`_summary=count`, `_count=0` and `_summary=true` through the whole door: what they tell, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.resources import check_resource, summary_elements
from tests.gateway.county import OTP, County, matches
from tests.gateway.disclosure.twins import SEEN, Twins, said, twins
from tests.gateway.fhir_api.test_chained import Searches

pytestmark = pytest.mark.requirement("FH-RED-02", "P2-13-02")
COUNTED = ("_summary=count", "_count=0")


@pytest.fixture
def searches(county: County) -> Searches:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("Goal", "Patient"))
    return Searches(county)


def counted(searches: Searches, who: str, query: str) -> dict[str, Any]:
    answers = [searches.bundle(who, f"{query}&{how}") for how in COUNTED]
    assert answers[0] == answers[1]
    assert not check_resource(answers[0])
    return answers[0]


def test_a_count_is_of_what_the_caller_may_see(searches: Searches) -> None:
    goals = counted(searches, "housing COC", "Goal?")
    assert (goals["total"], matches(goals)) == (2, [])
    assert counted(searches, "housing COC", "CarePlan?")["total"] == 0
    assert counted(searches, "otp TREAT", "CarePlan?")["total"] == 1
    assert counted(searches, "psychiatry TREAT", "Goal?")["total"] == 0
    one = counted(searches, "otp TREAT", "Goal?_has:CarePlan:goal:status=active&_include=Goal:patient")
    assert (one["total"], [link["relation"] for link in one["link"]]) == (2, ["self"])
    assert counted(searches, "otp TREAT", "Goal?lifecycle-status=completed")["total"] == 0


def test_a_count_is_in_the_log_as_what_was_counted_and_has_the_notice(searches: Searches) -> None:
    whole = searches.bundle("housing COC", "Goal?")
    shown = [one.entry.resources for one in searches.county.audit("disclose") if one.entry]
    count = counted(searches, "housing COC", "Goal?")
    again = [one.entry.resources for one in searches.county.audit("disclose") if one.entry]
    assert again == [*shown, shown[-1], shown[-1]] and len(shown[-1]) == 2
    notices = [one for one in whole["entry"] if one["search"]["mode"] == "outcome"]
    assert notices and count["entry"] == notices


def test_nobody_is_told_less_by_a_count_than_by_nothing(searches: Searches) -> None:
    answers = set()
    for patient in (searches.county.patient_id, "nobody"):
        for how in COUNTED:
            path = f"/fhir/CarePlan?patient={patient}&{how}"
            answers.add(said(searches.api.ask("psychiatry TREAT", "GET", path)))
    assert len(answers) == 1


def test_a_summary_has_what_its_definition_says_and_what_is_mandatory(searches: Searches) -> None:
    (whole,) = matches(searches.bundle("otp TREAT", "CarePlan?"))
    (part,) = matches(searches.bundle("otp TREAT", "CarePlan?_summary=true"))
    assert "activity" in whole and "activity" not in part
    assert part.keys() - {"resourceType"} == (whole.keys() & summary_elements("CarePlan"))
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert summary_elements("Nonsense") == frozenset()


def test_a_read_gives_part_of_it_as_well(searches: Searches) -> None:
    (whole,) = matches(searches.bundle("otp TREAT", "CarePlan?"))
    (part,) = matches(searches.bundle("otp TREAT", "CarePlan?_summary=true"))
    path = f"/fhir/CarePlan/{whole['id']}"
    read = searches.api.ask("otp TREAT", "GET", f"{path}?_summary=true")
    assert read.json() == part
    assert read.headers["etag"] == searches.api.ask("otp TREAT", "GET", path).headers["etag"]
    assert searches.api.ask("otp TREAT", "GET", f"{path}?_elements=title").json()["title"] == whole["title"]
    assert searches.api.ask("otp TREAT", "GET", f"{path}?_summary=count").status_code == 400
    history = searches.api.ask("otp TREAT", "GET", f"{path}/_history?_count=0")
    assert history.status_code == 400


def test_a_time_does_not_stand_for_what_is_shown(searches: Searches) -> None:
    """A consent changes what is shown, and not since when it is: only the tag tells."""
    (plan,) = matches(searches.bundle("otp TREAT", "CarePlan?"))
    path = f"/fhir/CarePlan/{plan['id']}"
    read = searches.api.ask("otp TREAT", "GET", path)
    seen = {"If_Modified_Since": read.headers["last-modified"]}
    assert searches.api.ask("otp TREAT", "GET", path, **seen).status_code == 200
    assert searches.api.ask("otp TREAT", "GET", path, If_None_Match=read.headers["etag"]).status_code == 304


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    with twins(tmp_path) as made:
        yield made


def test_what_is_hidden_is_in_no_count(two: Twins) -> None:
    her = two.quiet.patient_id
    for _ in range(2):
        for who in ("housing COC", "hospital TREAT", "psychiatry TREAT"):
            for kind in ("CarePlan", "Goal", "Task", "Patient", "Consent"):
                by = "_id" if kind == "Patient" else "patient"
                for how in ("_summary=count", "status=received&_count=0"):
                    two.ask(who, "GET", f"/fhir/{kind}?{by}={her}&{how}")
        two.wait()
        two.change_what_is_hidden(SEEN)
