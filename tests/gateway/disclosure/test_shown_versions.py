"""The version of what is shown is made of what is shown: that something withheld has changed is in no byte."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.disclosure.shown_versions import tagged
from gateway.store import Record, records
from tests import strategies
from tests.gateway.county import MRN, OTP, County, resources_of
from tests.gateway.disclosure.twins import SEEN, Api, Twins, plan, referred, twins

pytestmark = pytest.mark.requirement("FH-RED-02", "P2-13-02")
HOUSING_ASKS, HOSPITAL_ASKS = "housing COC", "hospital TREAT"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    with twins(tmp_path) as made:
        yield made


def places(two: Twins) -> dict[str, list[str]]:
    """The addresses of what each asks for."""
    plans = [f"/fhir/{r.reference}" for r in two.quiet.records("CarePlan", "Goal")]
    (task,) = {record.reference for record in two.quiet.records("Task")} - {referred(two.quiet).reference}
    return {
        HOUSING_ASKS: [*plans, f"/fhir/{task}"],
        HOSPITAL_ASKS: [f"/fhir/{referred(two.quiet).reference}"],
    }


def searches(two: Twins) -> dict[str, list[str]]:
    her, at = two.quiet.patient_id, two.quiet.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    limits = [
        "",
        "&_sort=_lastUpdated",
        "&_sort=-_lastUpdated&_count=1",
        f"&_lastUpdated=lt{at}",
        f"&_lastUpdated=ge{at}",
    ]
    asked = {
        HOUSING_ASKS: ("CarePlan", "Goal", "Patient", "Task"),
        HOSPITAL_ASKS: ("Task", "Goal", "Patient"),
    }
    named = {"Patient": f"_id={her}"}
    return {
        who: [
            f"/fhir/{kind}?{named.get(kind, f'patient={her}')}{limit}" for kind in kinds for limit in limits
        ]
        for who, kinds in asked.items()
    }


def ask_everything(two: Twins, known: dict[str, str]) -> int:
    """Ask both for everything; `known`: the tags seen before by address. How many requests it was."""
    number = 0
    for who, found in places(two).items():
        for place in found:
            answer = two.ask(who, "GET", place)
            number += 2
            assert answer.status_code == 200, answer.text
            assert answer.headers["etag"] == f'W/"{answer.json()["meta"]["versionId"]}"'
            tag = answer.headers["etag"]
            assert two.ask(who, "GET", place, if_none_match=known.get(place, tag)).status_code == (
                304 if known.get(place, tag) == tag else 200
            )
            known[place] = tag
    for who, found in searches(two).items():
        for place in found:
            two.ask(who, "GET", place)
            number += 1
    return number


@pytest.mark.parametrize("seed", range(20 if strategies.long_run else 1))
def test_what_is_withheld_may_change_as_often_as_it_likes(two: Twins, seed: int) -> None:
    made, known, visible = random.Random(seed), dict[str, str](), dict(SEEN)
    steps = ["hidden"] * 5 + ["goal", "plan", "task"]
    made.shuffle(steps)
    asked = ask_everything(two, known)
    for step in steps:
        two.wait(made.randrange(1, 90))
        if step == "hidden":
            two.change_what_is_hidden(visible)
        else:
            visible[step] = {"goal": "on-hold", "plan": "completed", "task": "accepted"}[step]
            two.change_what_is_seen(visible)
        two.wait(made.randrange(1, 90))
        asked += ask_everything(two, known)

    assert two.busy.records("CarePlan")[0].version > two.quiet.records("CarePlan")[0].version
    assert referred(two.busy).version > referred(two.quiet).version
    assert asked > 100


def test_what_is_shown_and_changes_has_another_version_and_a_later_time(two: Twins) -> None:
    (place,) = [one for one in places(two)[HOUSING_ASKS] if "CarePlan" in one]
    before = two.ask(HOUSING_ASKS, "GET", place)
    two.wait()
    two.change_what_is_hidden(SEEN)
    two.wait()
    two.change_what_is_seen({**SEEN, "plan": "completed"})
    after = two.ask(HOUSING_ASKS, "GET", place)

    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["meta"]["lastUpdated"] == two.quiet.records("CarePlan")[0].updated_at
    assert after.json()["meta"]["lastUpdated"] > before.json()["meta"]["lastUpdated"]


def test_two_recipients_cannot_tell_by_the_version_that_they_are_shown_the_same(county: County) -> None:
    shown = {"resourceType": "Goal", "id": "g", "meta": {"lastUpdated": "2026-04-11T15:00:00.000000Z"}}
    tags = {tagged(county.premises, who, shown)["meta"]["versionId"] for who in ("otp", "housing")}

    assert len(tags) == 2


def test_time_that_passes_a_consent_s_end_is_not_answered_from_memory(two: Twins) -> None:
    """The versions compared are those that may be seen at the moment, not when they were first compared."""
    two.change_what_is_hidden(SEEN)
    place = places(two)[HOUSING_ASKS][0]
    assert two.ask(HOUSING_ASKS, "GET", place).status_code == 200
    two.wait(minutes=60 * 24 * 365 * 2)

    assert two.ask(HOUSING_ASKS, "GET", place).status_code == 404


# ------------------------------------------------------------------------------- what was brought in by who asks


def test_the_answer_to_a_submitter_does_not_tell_that_others_have_written(two: Twins) -> None:
    """Otherwise the version or time of an entry would count what nobody lets it see."""
    two.busy.write(
        lambda tx: [
            records.save(tx, _of_two(record)) for record in two.busy.records("Goal", "CarePlan")
        ]
    )  # fmt: skip
    for hidden in (1, 1, 2):
        two.wait()
        bundle = plan(SEEN, hidden, two.quiet)
        answer = two.ask("otp TREAT", "POST", "/fhir", bundle)
        assert [entry["response"]["status"] for entry in answer.json()["entry"]] == ["200 OK"] * 5
        assert all("etag" not in entry["response"] for entry in answer.json()["entry"])


def _of_two(record: Record) -> Record:
    return replace(record, sources=("hospital", "otp"), resource={**record.resource, "language": "en"})


def test_what_is_new_has_the_version_that_its_submitter_reads(county: County) -> None:
    api = Api(county)
    answer = api.ask("otp TREAT", "POST", "/fhir", plan(SEEN, 0, county)).json()

    for entry in answer["entry"]:
        told = entry["response"]
        if told["location"].startswith("Task/"):
            assert "etag" not in told, "it is read with words of ours on it"
            continue
        place = told["location"].partition("/_history/")[0]
        read = api.ask("otp TREAT", "GET", f"/fhir/{place}")
        assert (told["etag"], told["lastModified"]) == (
            read.headers["etag"],
            read.json()["meta"]["lastUpdated"],
        )
    again = api.ask("otp TREAT", "POST", "/fhir", plan(SEEN, 0, county)).json()
    assert again == answer


def test_a_consent_is_replaced_by_the_version_that_its_recorder_reads(county: County) -> None:
    api, saved = Api(county), county.consent()
    place = f"/fhir/Consent/{saved.resource['id']}"
    read = api.ask("hospital TREAT", "GET", place)
    assert read.json() == saved.resource
    changed = {**read.json(), "language": "en"}

    first = api.ask("hospital TREAT", "PUT", place, changed, if_match=read.headers["etag"])
    stale = api.ask(
        "hospital TREAT", "PUT", place, {**changed, "language": "es"}, if_match=read.headers["etag"]
    )
    now = api.ask("hospital TREAT", "GET", place)

    assert (first.status_code, stale.status_code) == (200, 412)
    assert (first.headers["etag"], first.json()) == (now.headers["etag"], now.json())
    assert first.headers["location"].endswith(f"{place}/_history/{now.json()['meta']['versionId']}")


# ------------------------------------------------------------------------------------------- what is sent by itself


def test_what_is_pushed_carries_no_version_of_what_is_held(county: County) -> None:
    county.consent()
    county.refer()
    made = county.deliver()

    for held in resources_of(made.content).values():
        for resource in held:
            assert not {"versionId", "lastUpdated", "source"} & set(resource.get("meta", {}))


# ----------------------------------------------------------------------------------------- who is described by many


def test_whose_description_is_shown_does_not_hang_on_one_that_may_not_be_seen(county: County) -> None:
    """Three describe her; psychiatry may see the hospital's. What the program writes does not take its place."""
    county.refer()
    county.share_plan()
    county.consent("psychiatry")
    before = county.read("psychiatry", "Patient", county.patient_id)
    county.clock.advance(timedelta(hours=1))
    changed = plan(SEEN, 0, county)
    changed["entry"][0]["resource"]["telecom"] = [{"system": "phone", "value": "602-555-0199"}]
    county.submit("otp", changed)

    assert county.read("psychiatry", "Patient", county.patient_id) == before
    assert MRN[1] in str(before)
    assert OTP[1] not in str(before)
