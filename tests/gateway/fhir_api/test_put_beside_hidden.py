"""An update of a Task by who was shown only some of it: what is hidden is neither lost nor told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from gateway.flows import agency_desk
from gateway.flows.answers import Saved
from gateway.store import intents, records
from tests.gateway.county import County
from tests.gateway.disclosure.twins import Twins, parted
from tests.gateway.fhir_api.test_patch import OTP
from tests.gateway.fhir_api.test_patch_outputs import IN_PART, MINE, SHOWN, hidden

pytestmark = pytest.mark.requirement("FH-RED-01", "P2-13-02")

UNSEEN = [{"url": "urn:x:probe", "valueReference": {"reference": "Observation/none"}}]
PERIOD = {"start": "2026-04-12T09:00:00-07:00"}
HELD: dict[str, Any] = {
    "statusReason": {"extension": UNSEEN, "text": "a bed is free"},
    "executionPeriod": {"extension": UNSEEN, **PERIOD},
    "businessStatus": {"extension": UNSEEN},
    "output": [hidden("h"), IN_PART],
}
WITHOUT: dict[str, Any] = {
    "statusReason": {"text": "a bed is free"},
    "executionPeriod": PERIOD,
    "output": [SHOWN],
}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    """A Task of two stores that the program is shown alike; in the busy one more is held of it."""
    first = County(tmp_path / "quiet")
    first.refer()
    first.consent()
    first.deliver()
    first.answer("otp", "accepted")
    with parted(first, tmp_path) as made:
        hold(made.quiet, WITHOUT)
        hold(made.busy, HELD)
        yield made


def hold(county: County, elements: Mapping[str, Any]) -> None:
    task = county.task()
    made = replace(task, resource={**task.resource, **elements})
    county.write(lambda tx: records.save(tx, made))


def read(two: Twins) -> httpx.Response:
    return two.ask(OTP, "GET", f"/fhir/{two.busy.task().reference}")


def put(two: Twins, if_match: str | None = None, **elements: Any) -> httpx.Response:
    """What the program is shown with these elements instead (None: without it), put back by it."""
    shown = {name: value for name, value in {**read(two).json(), **elements}.items() if value is not None}
    given = {} if if_match is None else {"if_match": if_match}
    return two.ask(OTP, "PUT", f"/fhir/{two.busy.task().reference}", shown, **given)


def held(county: County) -> dict[str, Any]:
    found = county.task().resource
    return {name: found[name] for name in HELD if name in found}


def test_what_is_put_back_as_it_was_shown_stays_as_it_is_held(two: Twins) -> None:
    before = two.busy.task()
    shown = read(two)
    assert {name: shown.json().get(name) for name in WITHOUT} == WITHOUT
    assert "businessStatus" not in shown.json()
    two.wait()

    answer = put(two, shown.headers["etag"])

    assert (answer.status_code, answer.headers["etag"]) == (200, shown.headers["etag"])
    assert two.busy.task() == before
    assert read(two).json() == shown.json()


@pytest.mark.parametrize(
    ("elements", "kept"),
    [
        ({"output": [SHOWN, MINE]}, {**HELD, "output": [IN_PART, MINE, hidden("h")]}),
        ({"output": [MINE]}, {**HELD, "output": [MINE, hidden("h")]}),
        ({"output": None}, HELD),
        (
            {"executionPeriod": {**PERIOD, "end": "2026-04-12T10:00:00-07:00"}},
            {**HELD, "executionPeriod": {**HELD["executionPeriod"], "end": "2026-04-12T10:00:00-07:00"}},
        ),
        (
            {"statusReason": {"text": "she moves in on Monday"}},
            {**HELD, "statusReason": {"text": "she moves in on Monday"}},
        ),
        (
            {"businessStatus": {"text": "packing"}},
            {**HELD, "businessStatus": {"text": "packing"}},
        ),
        ({"status": "in-progress"}, {n: v for n, v in HELD.items() if n != "businessStatus"}),
        (
            {"status": "in-progress", "statusReason": None},
            {n: HELD[n] for n in ("executionPeriod", "output")},
        ),
    ],
)  # fmt: skip
def test_what_is_said_anew_is_taken_and_the_rest_stays(
    two: Twins, elements: dict[str, Any], kept: dict[str, Any]
) -> None:
    two.wait()
    assert put(two, read(two).headers["etag"], **elements).status_code == 200
    assert held(two.busy) == kept
    read(two)
    two.ask(OTP, "GET", f"/fhir/{two.busy.task().reference}/_history")


@pytest.mark.parametrize("name", ["businessStatus", "statusReason", "executionPeriod"])
def test_a_guess_of_what_is_hidden_is_answered_like_any_other(two: Twins, name: str) -> None:
    two.wait()
    before = read(two).headers["etag"]
    answer = put(two, before, **{name: HELD[name]})
    assert answer.headers["etag"] == read(two).headers["etag"]
    put(two, **{name: HELD[name]})


def test_an_output_that_is_guessed_is_there_once(two: Twins) -> None:
    two.wait()
    put(two, output=[SHOWN, hidden("h")])
    assert held(two.busy)["output"] == [IN_PART, hidden("h")]
    assert held(two.quiet)["output"] == [SHOWN, hidden("h")]
    assert read(two).json()["output"] == [SHOWN]


def test_a_step_is_answered_by_what_the_caller_may_see(two: Twins) -> None:
    """She takes her permission back, and of the busy store's referral the hospital, unseen, too: the program, which
    accepted it and sees nothing any more, is answered as if it stood where it left it; the referral stays taken back.
    """
    for county in (two.quiet, two.busy):
        (consent,) = county.records("Consent")
        county.withdraw(Saved(consent.resource, "", "", ""))
    cancelled = {**two.busy.task().resource, "status": "cancelled"}
    made = replace(two.busy.task(), source_partner="hospital", resource=cancelled)
    two.busy.write(lambda tx: records.save(tx, made))
    path = f"/fhir/{two.busy.task().reference}"
    assert two.ask(OTP, "GET", path).status_code == 404
    sent = {n: v for n, v in two.quiet.task().resource.items() if n not in ("meta", "lastModified")}
    for status, answered in (("requested", 409), ("in-progress", 200), ("completed", 200), ("failed", 409)):
        assert two.ask(OTP, "PUT", path, {**sent, "status": status}).status_code == answered, status
    assert two.busy.task().resource["status"] == "cancelled"
    assert two.quiet.task().resource["status"] == "completed"


def test_a_stale_version_changes_nothing(two: Twins) -> None:
    stale = read(two).headers["etag"]
    two.wait()
    put(two, stale, output=[MINE])
    before = two.busy.task()
    assert put(two, stale, output=[]).status_code in (412, 422)
    assert put(two, stale, output=[SHOWN]).status_code == 412
    assert put(two, 'W/"1"', output=[SHOWN]).status_code == 412
    assert two.busy.task() == before


def test_a_word_at_the_desk_keeps_it_as_well(two: Twins) -> None:
    county = two.busy
    worker = agency_desk.Worker("otp", "Nurse")
    (intent,) = [one for one in county.intents("delivered") if one.partner == "otp"]
    county.settle(intent, "delivered", intents.AT_DESK)
    version = read(two).headers["etag"][3:-1]
    county.run(agency_desk.answered(county.premises, worker, intent.id, "done", "", version))
    assert held(county) == {name: HELD[name] for name in ("executionPeriod", "output")}


def test_where_a_consent_came_from_stays_when_its_recorder_puts_back_what_it_reads(county: County) -> None:
    county.refer()
    saved = county.consent()
    (before,) = county.records("Consent")
    source = {"meta": {"source": "urn:message:1"}}
    county.write(lambda tx: records.save(tx, replace(before, resource={**before.resource, **source})))
    shown = county.read("hospital", "Consent", before.id)
    assert "source" not in shown["meta"]

    version = shown["meta"]["versionId"]
    county.replace("hospital", before.id, {**shown, "dateTime": "2026-03-02T10:00:00-07:00"}, version)

    (after,) = county.records("Consent")
    assert after.resource["meta"]["source"] == "urn:message:1"
    assert "urn:message:1" not in str(saved.resource)
    assert "source" not in county.read("hospital", "Consent", before.id)["meta"]
