"""The version of what is shown is made of what is shown: that something withheld has changed is in no byte."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.clock import instant_text
from gateway.demo import person
from gateway.disclosure.notices import is_news
from gateway.disclosure.premises import First, FirstShown
from gateway.disclosure.shown_versions import tagged
from gateway.flows import pull
from gateway.flows.nothing import NothingToShow
from gateway.store import Reading, Record, patients, records
from tests import strategies
from tests.gateway.county import MRN, NOW, OTP, County, caller, resources_of
from tests.gateway.disclosure.twins import SEEN, Api, Twins, plan, referred, twins

pytestmark = pytest.mark.requirement("FH-RED-02", "P2-13-02")
_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
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
    more = {
        HOUSING_ASKS: [
            f"/fhir/CarePlan?patient={her}&_include=CarePlan:goal&_include=CarePlan:patient",
            f"/fhir/Goal?patient={her}&_revinclude=CarePlan:goal&_count=1",
            f"/fhir/Patient/{her}/$everything?_count=2",
        ],
        HOSPITAL_ASKS: [
            f"/fhir/Task?patient={her}&_include=Task:focus",
            f"/fhir/Patient/{her}/$everything?_since={at}",
        ],
    }
    return {
        who: [
            f"/fhir/{kind}?{named.get(kind, f'patient={her}')}{limit}" for kind in kinds for limit in limits
        ]
        + more[who]
        for who, kinds in asked.items()
    }


def ask_everything(two: Twins, known: dict[str, str], made: random.Random) -> int:
    """Ask both for everything (in a short run for some of it); `known`: the tags seen before by address. How many
    requests it was.
    """
    share = 1.0 if strategies.long_run else 0.3
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
            if made.random() < share:
                two.ask(who, "GET", f"{place}/_history")
            for one in {known.get(place, tag), tag}:
                two.ask(who, "GET", f"{place}/_history/{one[3:-1]}")
            number += 2
            known[place] = tag
    for who, found in searches(two).items():
        for place in found:
            if made.random() < share:
                two.ask(who, "GET", place)
                number += 1
    return number


@pytest.mark.parametrize("seed", range(20 if strategies.long_run else 1))
def test_what_is_withheld_may_change_as_often_as_it_likes(two: Twins, seed: int) -> None:
    made, known, visible = random.Random(seed), dict[str, str](), dict(SEEN)
    steps = ["hidden"] * 3 + ["goal", "plan", "task"]
    made.shuffle(steps)
    asked = ask_everything(two, known, made)
    for step in steps:
        two.wait(made.randrange(1, 90))
        if step == "hidden":
            two.change_what_is_hidden(visible)
        else:
            visible[step] = {"goal": "on-hold", "plan": "completed", "task": "accepted"}[step]
            two.change_what_is_seen(visible)
        two.wait(made.randrange(1, 90))
        asked += ask_everything(two, known, made)

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


def test_a_version_that_was_hidden_in_between_leaves_no_trace(two: Twins) -> None:
    place = next(one for one in places(two)[HOUSING_ASKS] if "CarePlan" in one)
    (record,) = two.busy.records("CarePlan")
    two.wait()
    hidden = {**record.resource, "meta": {"security": [{"system": _ACT, "code": "PSYTHPN"}]}}
    for content in (hidden, {**record.resource, "title": "another"}, hidden, record.resource):
        two.busy.write(lambda tx, content=content: records.save(tx, replace(record, resource=content)))
        two.wait()

    two.ask(HOUSING_ASKS, "GET", place)
    two.ask(HOUSING_ASKS, "GET", f"{place}/_history")
    assert two.busy.records("CarePlan")[0].version == record.version + 4


def test_when_a_task_was_modified_is_told_as_it_was_when_it_last_changed_for_her(two: Twins) -> None:
    (record,) = [one for one in two.busy.records("Task") if "hospital" not in one.sources]
    plain = {name: value for name, value in record.resource.items() if name != "lastModified"}
    for county in (two.quiet, two.busy):
        county.write(lambda tx: records.save(tx, replace(record, resource={**plain, "status": "accepted"})))
    two.wait()
    later = {
        **plain,
        "status": "accepted",
        "note": [{"text": "urine"}],
        "lastModified": "2026-05-01T10:00:00Z",
    }
    two.busy.write(lambda tx: records.save(tx, replace(record, resource=later)))

    shown = two.ask(HOUSING_ASKS, "GET", f"/fhir/{record.reference}").json()
    assert (shown["status"], "lastModified" in shown) == ("accepted", False)


def test_what_is_remembered_of_versions_is_good_from_then_until_a_consent_moves() -> None:
    kept, at = FirstShown(capacity=2), datetime(2026, 5, 1, tzinfo=UTC)
    day = timedelta(days=1)
    kept.keep(("a",), First("1"), at, at + day)
    kept.keep(("b",), First("2"), at, None)

    assert kept.get(("a",), at) == (First("1"), at + day)
    assert kept.get(("a",), at - day) is None
    assert kept.get(("a",), at + day) is None
    assert kept.get(("b",), at + 9 * day) == (First("2"), None)
    kept.keep(("c",), First("3"), at, None)
    assert kept.get(("a",), at) is None
    assert kept.get(("c",), at) == (First("3"), None)


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


# ------------------------------------------------------------------------------------------------ earlier states


def history(api: Api, who: str, place: str) -> list[dict[str, Any]]:
    answer = api.ask(who, "GET", f"{place}/_history")
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert (bundle["type"], bundle["total"]) == ("history", len(bundle["entry"]))
    entries: list[dict[str, Any]] = bundle["entry"]
    return entries


def test_a_history_is_of_what_was_shown_to_be_different(two: Twins) -> None:
    (place,) = [one for one in places(two)[HOUSING_ASKS] if "CarePlan" in one]
    tags = [two.ask(HOUSING_ASKS, "GET", place).headers["etag"]]
    for step in ("hidden", "completed", "hidden", "hidden", "cancelled", "hidden"):
        two.wait()
        if step == "hidden":
            two.change_what_is_hidden({**SEEN, "plan": visible_now(two, place)})
        else:
            two.change_what_is_seen({**SEEN, "plan": step})
            tags.append(two.ask(HOUSING_ASKS, "GET", place).headers["etag"])

    entries = history(two.apis[1], HOUSING_ASKS, place)

    assert [entry["response"]["etag"] for entry in entries] == tags[::-1]
    assert [entry["response"]["status"] for entry in entries] == ["200", "200", "201"]
    assert [entry["resource"]["activity"][0]["detail"]["status"] for entry in entries] == [
        "cancelled", "completed", "in-progress",
    ]  # fmt: skip
    assert entries[0]["response"]["lastModified"] > entries[1]["response"]["lastModified"]
    assert "42 CFR part 2" in str(entries[0]["response"]["outcome"])
    assert "methadone" not in str(entries)
    for entry in entries:
        version = entry["resource"]["meta"]["versionId"]
        read = two.ask(HOUSING_ASKS, "GET", f"{place}/_history/{version}")
        assert (read.status_code, read.json()) == (200, entry["resource"])
        assert read.headers["etag"] == entry["response"]["etag"]


def visible_now(two: Twins, place: str) -> str:
    found = two.apis[1].ask(HOUSING_ASKS, "GET", place).json()
    return str(found["activity"][0]["detail"]["status"])


@pytest.mark.requirement("AU-05")
def test_each_state_that_is_shown_is_named_in_the_log_with_its_version(two: Twins) -> None:
    (place,) = [one for one in places(two)[HOUSING_ASKS] if "CarePlan" in one]
    two.wait()
    two.change_what_is_hidden(SEEN)
    two.change_what_is_seen({**SEEN, "plan": "completed"})
    before = len(two.busy.audit("disclose"))
    history(two.apis[1], HOUSING_ASKS, place)

    entries = [logged.entry for logged in two.busy.audit("disclose")[before:]]
    assert [entry.read for entry in entries if entry] == [("3",), ("2",)]
    assert {entry.resources[0].reference for entry in entries if entry} == {place.removeprefix("/fhir/")}
    assert len({entry.bytes_sha256 for entry in entries if entry}) == 1


def test_versions_that_are_not_hers_to_see_and_those_of_nobody_answer_alike(two: Twins) -> None:
    (place,) = [one for one in places(two)[HOUSING_ASKS] if "CarePlan" in one]
    own = two.apis[0].ask("otp TREAT", "GET", place).json()["meta"]["versionId"]
    for who, address in (
        (HOUSING_ASKS, f"{place}/_history/{own}"),
        (HOUSING_ASKS, f"{place}/_history/1"),
        (HOUSING_ASKS, "/fhir/CarePlan/none/_history/1"),
        (HOUSING_ASKS, "/fhir/CarePlan/none/_history"),
        (HOSPITAL_ASKS, f"{place}/_history"),
        (HOSPITAL_ASKS, f"{place}/_history/{own}"),
        ("otp TREAT", "/fhir/Task/a%20b/_history"),
    ):
        assert two.ask(who, "GET", address).status_code == 404
    assert [logged.row.outcome for logged in two.busy.audit("read")] == ["withhold"] * 2, "asked for in vain"
    (refused,) = {logged.row.partner for logged in two.busy.audit("refuse")}
    assert refused == "hospital"


def test_her_withdrawal_ends_what_was_shown_before_as_well(county: County) -> None:
    county.share_plan()
    saved = county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("CarePlan",))
    api, place = Api(county), f"/fhir/{county.records('CarePlan')[0].reference}"
    (entry,) = history(api, HOUSING_ASKS, place)
    county.withdraw(saved, by="otp")

    assert api.ask(HOUSING_ASKS, "GET", f"{place}/_history").status_code == 404
    version = entry["resource"]["meta"]["versionId"]
    assert api.ask(HOUSING_ASKS, "GET", f"{place}/_history/{version}").status_code == 404


def test_a_state_that_is_not_to_be_seen_now_hides_those_before(two: Twins) -> None:
    """Otherwise what is withheld now would show by what was not before it."""
    (record,) = two.busy.records("CarePlan")
    hidden = {**record.resource, "meta": {"security": [{"system": _ACT, "code": "PSYTHPN"}]}}
    two.busy.write(lambda tx: records.save(tx, replace(record, resource=hidden)))
    place = f"/fhir/{record.reference}"

    assert two.apis[1].ask(HOUSING_ASKS, "GET", place).status_code == 404
    assert two.apis[1].ask(HOUSING_ASKS, "GET", f"{place}/_history").status_code == 404


class _Stepping:
    """A clock that has moved on by two years when it is asked for the second time."""

    def __init__(self, at: datetime) -> None:
        self._times = [at]

    def now(self) -> datetime:
        at = self._times[0]
        self._times[0] = max(at, NOW + timedelta(days=730))
        return at


def test_a_consent_that_ends_while_a_version_is_looked_for_shows_no_other(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", purpose="COC", identifier=OTP, classes=("CarePlan",))
    (record,) = county.records("CarePlan")
    moved = dataclasses.replace(county.premises, clock=_Stepping(NOW))

    with pytest.raises(NothingToShow):
        county.run(pull.read_version(moved, caller("housing", "COC"), "CarePlan", record.id, "0" * 32))


def test_one_s_own_record_has_its_own_history(county: County) -> None:
    county.share_plan()
    (plan_before,) = county.records("CarePlan")
    changed = person.treatment_plan()
    changed["entry"][3]["resource"]["status"] = "completed"
    county.submit("otp", changed)
    api, place = Api(county), f"/fhir/{plan_before.reference}"

    entries = history(api, "otp TREAT", place)

    assert [entry["resource"]["status"] for entry in entries] == ["completed", "active"]
    assert "outcome" not in entries[0]["response"]
    patient = history(api, "otp TREAT", f"/fhir/Patient/{county.patient_id}")
    assert len(patient) == 1


def test_a_long_history_is_cut_and_says_no_number(county: County) -> None:
    county.share_plan()
    (record,) = county.records("CarePlan")
    for number in range(pull.MOST_STATES + 1):
        title = {**record.resource, "title": f"plan {number}"}
        county.write(lambda tx, title=title: records.save(tx, replace(record, resource=title)))
    bundle = Api(county).ask("otp TREAT", "GET", f"/fhir/{record.reference}/_history").json()

    assert len(bundle["entry"]) == pull.MOST_STATES
    assert "total" not in bundle
    assert bundle["entry"][-1]["response"]["status"] == "200"


def test_versions_about_another_patient_are_not_shown(county: County) -> None:
    """What two had in common by mistake and was sorted."""
    county.share_plan()
    (record,) = county.records("CarePlan")
    other = {**record.resource, "title": "of another"}
    at = instant_text(county.clock.now())
    county.write(lambda tx: patients.create(tx, at, certain=True, patient_id="p-other"))
    county.write(lambda tx: records.save(tx, replace(record, patient_id="p-other", resource=other)))
    county.write(lambda tx: records.save(tx, replace(record, resource={**record.resource, "title": "hers"})))

    entries = history(Api(county), "otp TREAT", f"/fhir/{record.reference}")

    assert [entry["resource"]["title"] for entry in entries] == ["hers"]


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


def test_what_is_withheld_is_no_news_to_who_has_asked_to_hear(two: Twins) -> None:
    county = two.busy

    def news(reading: Reading, record: Record) -> bool:
        return is_news(county.premises, reading, "housing", "COC", record, (), county.clock.now())

    def heard(kind: str) -> bool:
        (record,) = [one for one in county.records(kind) if "hospital" not in one.sources]
        return county.look(lambda reading: news(reading, record))

    two.wait()
    two.change_what_is_hidden(SEEN)
    assert not heard("CarePlan")
    assert not heard("Task"), "when it was modified moves with what is withheld"
    (record,) = county.records("CarePlan")
    hidden = {**record.resource, "meta": {"security": [{"system": _ACT, "code": "PSYTHPN"}]}}
    for content in (hidden, record.resource):
        county.write(lambda tx, content=content: records.save(tx, replace(record, resource=content)))
    assert not heard("CarePlan"), "it is as it was, whatever was in between"
    two.change_what_is_seen({**SEEN, "plan": "completed", "task": "accepted"})
    assert heard("CarePlan")
    assert heard("Task")


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
