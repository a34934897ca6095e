"""Filters, order and pages look at what the caller may see, and at nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.errors import NotUnderstood
from gateway.flows import pull
from gateway.flows.answers import SearchCriteria
from gateway.flows.search_pages import PAGE_LASTS
from gateway.resources.searching import Filter
from gateway.store import Record, records
from tests.gateway.county import HOUSING, OTP, County, caller, matches

GOALS = 7


@pytest.fixture
def goals(county: County) -> County:
    """She has seven goals of the program besides those of its plan, due one after the other."""
    county.share_plan()
    patient = county.patient_id
    for n in range(GOALS):
        goal = {
            "resourceType": "Goal",
            "id": f"00000000-0000-4000-8000-00000000000{n}",
            "lifecycleStatus": "active" if n % 2 else "completed",
            "description": {"coding": [{"system": "urn:test", "code": "housed" if n < 3 else "job"}]},
            "subject": {"reference": f"Patient/{patient}"},
            "target": [{"dueDate": f"2026-0{9 - n}-01"}],
        }
        at = "2026-04-11T15:00:00.000000Z"
        row = Record("Goal", goal["id"], 0, patient, "otp", ("otp",), True, at, False, goal)
        county.write(lambda tx, r=row: records.save(tx, r))
    return county


def found(county: County, partner: str = "otp", purpose: str = "TREAT", **more: Any) -> dict[str, Any]:
    """The searchset for her goals."""
    return county.search(partner, "Goal", OTP if partner == "otp" else HOUSING, purpose, **more)


def code(*codes: str) -> Filter:
    return Filter("token", ("description",), codes)


def test_only_what_meets_every_filter_is_shown_and_counted(goals: County) -> None:
    active = Filter("token", ("lifecycleStatus",), ("active",))

    assert found(goals, filters=(code("housed"),))["total"] == 3
    assert found(goals, filters=(code("housed"), active))["total"] == 1
    assert found(goals, filters=(code("nothing"),))["total"] == 0
    assert found(goals)["total"] == GOALS + 2


def test_goals_come_by_their_date_both_ways(goals: County) -> None:
    def dates(**more: Any) -> list[str]:
        told = matches(found(goals, filters=(code("housed", "job"),), **more))
        return [goal["target"][0]["dueDate"] for goal in told]

    assert dates(sort=("target.dueDate",)) == [f"2026-0{n}-01" for n in range(3, 10)]
    assert dates(sort=("target.dueDate",), descending=True) == [f"2026-0{n}-01" for n in range(9, 2, -1)]


@pytest.mark.parametrize(
    "order", [{}, {"sort": ("target.dueDate",)}, {"sort": ("target.dueDate",), "descending": True}]
)
def test_all_pages_together_are_the_whole_answer_once(goals: County, order: Any) -> None:
    whole = [goal["id"] for goal in matches(found(goals, **order))]
    asked = SearchCriteria(identifier=OTP, count=2, page_address="p?_page=", **order)

    pages, seen = 0, []
    while True:
        pulled = goals.run(pull.search(goals.premises, caller("otp"), "Goal", asked))
        bundle = orjson.loads(pulled.content)
        assert "total" not in bundle, "a count of what is not shown here would be told and not logged"
        seen += [goal["id"] for goal in matches(bundle)]
        pages += 1
        following = [link["url"] for link in bundle.get("link", ()) if link["relation"] == "next"]
        if not following:
            break
        asked = SearchCriteria(page=following[0].removeprefix("p?_page="), page_address="p?_page=")

    assert (seen, pages) == (whole, 5)


def next_page(county: County, partner: str = "otp", purpose: str = "TREAT") -> str:
    """The token of the second page."""
    told = found(county, partner, purpose, count=1, page_address="p?_page=")
    (link,) = told["link"]
    return str(link["url"]).removeprefix("p?_page=")


@pytest.mark.requirement("FH-RED-02")
def test_a_page_is_good_for_who_got_it_for_its_purpose_its_type_and_an_hour(goals: County) -> None:
    token = next_page(goals)
    assert OTP[1] not in token

    def asked(partner: str = "otp", purpose: str = "TREAT", kind: str = "Goal", page: str = token) -> None:
        criteria = SearchCriteria(page=page)
        goals.run(pull.search(goals.premises, caller(partner, purpose), kind, criteria))

    asked()
    refused = []
    for wrong in (
        {"partner": "housing"},
        {"purpose": "COC"},
        {"kind": "CarePlan"},
        {"page": token[:-8] + "AAAAAAAA"},
        {"page": "x"},
        {"page": "é"},
        {"page": token[4:]},
    ):
        with pytest.raises(NotUnderstood) as error:
            asked(**wrong)
        refused.append((error.value.code, error.value.message))
    goals.clock.advance(PAGE_LASTS)
    with pytest.raises(NotUnderstood):
        asked()
    assert len(set(refused)) == 1
    assert refused[0][0] == "PAGE_INVALID"


@pytest.mark.requirement("P2-31-11")
def test_each_page_is_decided_anew(goals: County) -> None:
    given = goals.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    token = next_page(goals, "housing", "COC")

    goals.withdraw(given, by="otp")
    pulled = goals.run(
        pull.search(goals.premises, caller("housing", "COC"), "Goal", SearchCriteria(page=token))
    )

    assert orjson.loads(pulled.content)["total"] == 0


@pytest.mark.requirement("FH-RED-01", "FH-RED-02")
def test_no_filter_finds_a_record_by_what_was_removed_from_it(goals: County) -> None:
    """Her plan tells of methadone; the housing agency sees the plan without that, and cannot ask for it either."""
    goals.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("CarePlan", "Goal"))
    title = Filter("uri", ("title",), ("Methadone maintenance and a home for two",))

    def plans(partner: str, purpose: str, **more: Any) -> int:
        number = OTP if partner == "otp" else HOUSING
        return int(goals.search(partner, "CarePlan", number, purpose, **more)["total"])

    assert plans("otp", "TREAT", filters=(title,)) == 1
    assert plans("housing", "COC") == 1
    assert plans("housing", "COC", filters=(title,)) == 0
    assert plans("housing", "COC", filters=(replace(title, values=(), missing=True),)) == 1


@pytest.mark.requirement("AU-05")
def test_the_log_names_what_was_shown_and_what_was_not_asked_for(goals: County) -> None:
    goals.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    found(goals, "housing", "COC", filters=(code("housed"),))

    entry = goals.audit("disclose")[-1].entry
    assert entry is not None
    outcomes = {row.reference: row.outcome for row in entry.resources if row.reference.startswith("Goal/")}
    assert sorted(outcomes.values()).count("withhold") == GOALS + 2 - 3
    assert {
        reason.code for row in entry.resources if row.outcome == "withhold" for reason in row.reasons
    } >= {"NOT_ASKED_FOR"}

    found(goals, "housing", "COC", filters=(code("nothing"),))
    asked = goals.audit("query")[-1].entry
    assert asked is not None
    assert (asked.outcome, asked.bytes_sha256, asked.description) == ("withhold", None, "")


def test_what_was_asked_for_is_what_the_release_holds(goals: County) -> None:
    told = found(goals, filters=(code("job"),))
    assert {goal["description"]["coding"][0]["code"] for goal in matches(told)} == {"job"}
    last = goals.audit("query")[-1].entry
    assert last is not None
    assert {row.reference.split("/_history/")[0] for row in last.resources} == {
        f"Goal/{goal['id']}" for goal in matches(told)
    }
