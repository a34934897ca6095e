"""What goes along with a search, and all of a patient: looked for among what the caller may see, and nowhere else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.demo import person
from gateway.flows import pull
from gateway.flows.answers import Include, SearchCriteria
from gateway.flows.included import included
from gateway.security.callers import Caller
from tests.gateway.county import HOUSING, OTP, County, caller, matches

pytestmark = pytest.mark.requirement("FH-RED-02", "P2-13-02")
GOALS_OF_PLANS = Include("CarePlan", ("goal",), ("Goal",))
PLANS_OF_GOALS = Include("CarePlan", ("goal",), ("Goal",), reverse=True)
HER = Include("CarePlan", ("subject",), ("Patient",))


@pytest.fixture
def shared(county: County) -> County:
    county.share_plan()
    return county


def permit(county: County, *classes: str) -> None:
    """The housing agency may see these of the program's records."""
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=classes)


def along(bundle: dict[str, Any]) -> list[str]:
    """The types of what went along with the matches."""
    return [
        e["resource"]["resourceType"] for e in bundle.get("entry", ()) if e["search"]["mode"] == "include"
    ]


def everything(county: County, who: Caller, *types: str, **more: Any) -> dict[str, Any]:
    criteria = SearchCriteria(**{"patient": county.patient_id, **more})
    found = county.run(pull.everything(county.premises, who, types, criteria))
    bundle: dict[str, Any] = orjson.loads(found.content)
    return bundle


def test_what_a_match_refers_to_goes_along_and_is_not_counted(shared: County) -> None:
    bundle = shared.search("otp", "CarePlan", OTP, includes=(GOALS_OF_PLANS, HER))

    assert (bundle["total"], len(matches(bundle))) == (1, 1)
    assert along(bundle) == ["Goal", "Goal", "Patient"]


def test_what_refers_to_a_match_goes_along_once(shared: County) -> None:
    bundle = shared.search("otp", "Goal", OTP, includes=(PLANS_OF_GOALS, PLANS_OF_GOALS))

    assert (bundle["total"], along(bundle)) == (2, ["CarePlan"])


def test_what_may_be_seen_goes_along_and_is_named_in_the_log(shared: County) -> None:
    permit(shared, "CarePlan", "Goal")
    bundle = shared.search("housing", "CarePlan", HOUSING, "COC", includes=(GOALS_OF_PLANS,))

    assert along(bundle) == ["Goal", "Goal"]
    entry = shared.audit("disclose")[-1].entry
    assert entry is not None
    assert sorted(row.reference.partition("/")[0] for row in entry.resources) == ["CarePlan", "Goal", "Goal"]
    assert {row.outcome for row in entry.resources} <= {"disclose", "redact"}


def test_what_may_not_be_seen_is_included_by_nothing(shared: County) -> None:
    permit(shared, "CarePlan")
    plain = shared.search("housing", "CarePlan", HOUSING, "COC")
    asked = shared.search("housing", "CarePlan", HOUSING, "COC", includes=(GOALS_OF_PLANS, HER))

    assert along(asked) == ["Patient"], "its own words of her"
    assert [set(one) for one in matches(asked)] == [set(one) for one in matches(plain)]
    assert "Goal" not in str(asked["entry"][0])
    entry = shared.audit("disclose")[-1].entry
    assert entry is not None
    assert [row.outcome for row in entry.resources if row.reference.startswith("Goal/")] == ["withhold"] * 2


def test_a_hidden_match_brings_nothing_along(shared: County) -> None:
    permit(shared, "Goal")

    assert "entry" not in shared.search("housing", "CarePlan", HOUSING, "COC", includes=(GOALS_OF_PLANS,))


def test_what_goes_along_is_within_the_scopes_of_the_token(shared: County) -> None:
    narrow = Caller("otp", "otp-client", "TREAT", frozenset({"system/CarePlan.rs"}), "token")
    criteria = SearchCriteria(identifier=OTP, includes=(GOALS_OF_PLANS, HER))
    found = orjson.loads(shared.run(pull.search(shared.premises, narrow, "CarePlan", criteria)).content)

    assert (found["total"], along(found)) == (1, [])


def test_each_page_has_what_goes_along_with_its_own_matches(shared: County) -> None:
    first = shared.search(
        "otp", "Goal", OTP, count=1, includes=(PLANS_OF_GOALS,), page_address="https://g/fhir/Goal?_page="
    )
    (link,) = [one["url"] for one in first["link"] if one["relation"] == "next"]
    second = shared.search("otp", "Goal", None, page=link.partition("_page=")[2])

    assert (along(first), along(second)) == (["CarePlan"], ["CarePlan"])
    assert matches(first) != matches(second)


@pytest.mark.parametrize(
    ("reference", "goes"),
    [("Goal/g", True), ("Goal/g/_history/2", True), ("https://far.example/Goal/g", False), ("Goal", False), (7, False)],
)  # fmt: skip
def test_a_reference_is_followed_where_it_means_a_record_of_ours(reference: object, goes: bool) -> None:
    plan = {"resourceType": "CarePlan", "id": "p", "goal": [{"reference": reference}, "text"]}
    goal = {"resourceType": "Goal", "id": "g"}

    assert included([plan], [plan, goal], [GOALS_OF_PLANS]) == ([goal] if goes else [])


# ------------------------------------------------------------------------------------------------- all of a patient


def test_all_of_a_patient_is_what_may_be_seen_of_the_types_asked_for(shared: County) -> None:
    own = everything(shared, caller("otp"), "Patient", "CarePlan", "Goal", "Task")
    permit(shared, "CarePlan")
    theirs = everything(shared, caller("housing", "COC"), "CarePlan", "Goal")
    nobody = everything(shared, caller("psychiatry"), "Patient", "CarePlan", "Goal")

    assert sorted(one["resourceType"] for one in matches(own)) == ["CarePlan", "Goal", "Goal", "Patient"]
    assert own["total"] == 4
    assert [one["resourceType"] for one in matches(theirs)] == ["CarePlan"]
    assert (nobody["total"], "entry" in nobody) == (0, False)
    assert everything(shared, caller("otp"), patient="none")["total"] == 0


def test_all_of_a_patient_comes_in_pages(shared: County) -> None:
    types, names = ("CarePlan", "Goal", "Patient"), []
    asked: dict[str, Any] = {"count": 3}
    while asked:
        bundle = everything(shared, caller("otp"), *types, page_address="https://g/?_page=", **asked)
        names += [one["resourceType"] for one in matches(bundle)]
        links = [one["url"] for one in bundle.get("link", ()) if one["relation"] == "next"]
        asked = {"page": links[0].partition("_page=")[2]} if links else {}

    assert names == ["CarePlan", "Goal", "Goal", "Patient"]


def test_the_person_is_her_own_words_or_those_that_may_be_seen(shared: County) -> None:
    shared.submit("hospital", person.housing_client())
    (own,) = matches(everything(shared, caller("otp"), "Patient"))

    assert own["id"] == shared.own_patient_id("otp")
