"""A history in pages through the whole door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.demo import person
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Api, said

TITLES = ("First plan", "Second plan", "Third plan")


@pytest.fixture
def place(county: County) -> str:
    """The address of a care plan that had three states."""
    for title in TITLES:
        plan = person.treatment_plan()
        for entry in plan["entry"]:
            if entry["resource"]["resourceType"] == "CarePlan":
                entry["resource"]["title"] = title
        county.submit("otp", plan)
        county.clock.advance(timedelta(minutes=1))
    (held,) = county.records("CarePlan")
    return f"/fhir/CarePlan/{held.id}/_history"


def titles(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["title"] for entry in bundle["entry"]]


def test_pages_follow_each_other_and_tell_no_total_but_where_all_is_shown(county: County, place: str) -> None:
    api = Api(county)
    whole = api.ask("otp TREAT", "GET", place).json()
    assert (titles(whole), whole["total"]) == ([*TITLES[::-1]], 3)
    pages, address = [], f"{place}?_count=1"
    while address:
        page = api.ask("otp TREAT", "GET", address).json()
        assert "total" not in page
        pages.append(page)
        address = next((link["url"].partition("gateway.test")[2] for link in page.get("link", ())), "")
    assert [titles(page) for page in pages] == [[title] for title in TITLES[::-1]]
    assert [page["entry"][0]["response"]["status"] for page in pages] == ["200", "200", "201"]
    assert [page["entry"][0] for page in pages] == whole["entry"]


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_a_page_of_another_s_is_the_answer_for_nothing(county: County, place: str) -> None:
    api = Api(county)
    version = api.ask("otp TREAT", "GET", place).json()["entry"][0]["resource"]["meta"]["versionId"]
    answers = {
        said(api.ask(who, "GET", f"{address}?_count=1&_page={page}"))
        for who, address, page in (
            ("psychiatry TREAT", place, version),
            ("psychiatry TREAT", "/fhir/CarePlan/none/_history", version),
            ("otp TREAT", place, "0" * 32),
        )
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


@pytest.mark.parametrize("query", ["_count=0", "_count=x", "_page=", "_page=a%20b", "_page=a&_page=b"])
def test_what_is_no_page_is_refused(county: County, place: str, query: str) -> None:
    assert Api(county).ask("otp TREAT", "GET", f"{place}?{query}").status_code == 400
