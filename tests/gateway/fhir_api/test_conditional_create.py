"""`If-None-Exist` over the whole door: one is found, none is made, several are refused, and nothing hidden is found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure.premises import Premises
from gateway.flows.answers import SearchCriteria
from gateway.flows.consent_record import record_consent
from gateway.resources.searching import Filter
from gateway.wiring.opening import open_premises, open_writing_store
from tests.gateway.county import MRN, OTP, County, caller
from tests.gateway.disclosure.twins import Api, Twins, parted


@pytest.fixture
def api(county: County) -> Api:
    county.refer()
    return Api(county)


def consent(recipient: str = "otp", at: str = "2026-03-01T10:00:00-07:00") -> dict[str, Any]:
    return {**person.consent("hospital", recipient, "TREAT", identifier=MRN), "dateTime": at}


def create(api: Api, county: County, sent: dict[str, Any], condition: str) -> Any:
    asked = condition.replace("HER", county.patient_id)
    return api.ask("hospital TREAT", "POST", "/fhir/Consent", sent, if_none_exist=asked)


def test_one_that_is_there_is_answered_and_none_is_made(api: Api, county: County) -> None:
    condition = "patient=HER&date=2026-03-01&status=active"
    first = create(api, county, consent(), condition)
    again = create(api, county, {**consent(), "language": "es"}, f"?{condition}")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    read = [one for one in county.audit("read") if one.row.partner == "hospital"]
    assert len(read) == 1, "that it was given back is in the log"
    asked = [one.entry.asked for one in county.audit("query") if one.entry]
    question = f"Consent?patient={county.patient_id}&date=2026-03-01&status=active"
    assert asked == [question, question], "AU-03, also of the one that found nothing"
    assert len(county.records("Consent")) == 1


def test_another_condition_makes_another_and_several_are_refused(api: Api, county: County) -> None:
    create(api, county, consent(), "patient=HER&date=2026-03-01")
    other = create(api, county, consent(at="2026-03-02T10:00:00-07:00"), "patient=HER&date=2026-03-02")
    several = create(api, county, consent("psychiatry"), "patient=HER&status=active")

    assert other.status_code == 201
    assert several.status_code == 412
    assert several.json()["issue"][0]["details"]["coding"][0]["code"] == "CONDITION_SEVERAL"
    assert len(county.records("Consent")) == 2
    last = county.audit("query")[-1].entry
    assert last is not None and "status=active" in last.asked, "it was asked, and the caller learned of both"
    assert [one.reference for one in last.resources] == [
        f"Consent/{one.id}" for one in county.records("Consent")
    ]


def test_a_condition_that_nothing_meets_is_in_the_log_also_when_nothing_can_be_made(
    api: Api, county: County
) -> None:
    """AU-03: else a condition is asked at will with a body that never can be recorded, and only hits are logged."""
    create(api, county, consent(), "patient=HER&date=2026-03-01")
    never = {**consent(), "patient": {"reference": "Patient/unknown-one"}}
    answers = [create(api, county, never, f"patient=HER&date=2026-03-0{day}").status_code for day in (1, 7)]

    assert answers == [200, 422]
    asked = [one.entry.asked.rpartition("=")[2] for one in county.audit("query") if one.entry]
    assert asked == ["2026-03-01", "2026-03-01", "2026-03-07"]
    assert county.audit("query")[-1].row.patient_id == county.patient_id


def test_by_one_s_own_identifier_which_stands_in_no_address(api: Api, county: County) -> None:
    condition = f"patient.identifier={'|'.join(MRN)}&status=active"
    assert [create(api, county, consent(), condition).status_code for _ in range(2)] == [201, 200]


def test_of_nobody_nothing_is_there(api: Api, county: County) -> None:
    for _ in range(2):
        assert create(api, county, consent(), "patient=nobody").status_code == 201
    assert len(county.records("Consent")) == 1


def test_two_at_once_make_one(api: Api, county: County) -> None:
    async def both() -> list[int]:
        body = [consent(), {**consent(), "language": "es"}]
        condition = {"if-none-exist": f"patient={county.patient_id}&status=active"}
        asked = (api.start("hospital TREAT", "POST", "/fhir/Consent", one, condition) for one in body)
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert sorted(asyncio.run(both())) == [200, 201]
    assert len(county.records("Consent")) == 1


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[County, Premises]]:
    """A county, and another that writes to its store: on SQLite another thread, on PostgreSQL another process would."""
    county = County(tmp_path)
    if request.param == "sqlite":
        county.refer()
        yield county, county.premises
        county.close()
        return
    server = request.getfixturevalue("postgres")
    url = server.url(server.emptied())
    county.run(county.store.close())
    county.store = open_writing_store(county.folder, url)
    county.premises = open_premises(county.folder, county.store, county.clock)
    county.refer()
    other = open_writing_store(county.folder, url)
    yield county, open_premises(county.folder, other, county.clock)
    county.run(other.close())
    county.close()


def test_two_writers_at_once_make_one(stores: tuple[County, Premises]) -> None:
    county, other = stores

    def made(premises: Premises, day: int, language: str, both: Barrier) -> bool:
        sent = {**consent(at=f"2026-03-{day:02}T10:00:00-07:00"), "language": language}
        limit = Filter("date", ("dateTime",), (f"2026-03-{day:02}",))
        unless = SearchCriteria(patient=county.patient_id, filters=(limit,))
        both.wait()
        found = record_consent(premises, caller("hospital"), sent, b"{}", unless)
        return asyncio.run(found).created

    for day in range(1, 9):
        both = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            asked = zip((county.premises, other), ("en", "es"), strict=True)
            results = [pool.submit(made, premises, day, language, both) for premises, language in asked]
            assert sorted(one.result() for one in results) == [False, True]
    assert len(county.records("Consent")) == 8


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Twins]:
    first = County(tmp_path / "quiet")
    first.refer()
    first.share_plan()
    with parted(first, tmp_path) as made:
        yield made


@pytest.mark.requirement("P2-13-02", "FH-RED-02")
def test_a_hidden_consent_is_not_found_by_a_condition(two: Twins) -> None:
    two.busy.consent("psychiatry", discloser="otp", identifier=OTP)
    condition = f"patient={two.quiet.patient_id}&status=active"
    answers = [
        api.ask("hospital TREAT", "POST", "/fhir/Consent", consent(), if_none_exist=condition)
        for api in two.apis
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
