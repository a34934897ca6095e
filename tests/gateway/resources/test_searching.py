"""Search parameters as FHIR R4 defines them. HL7 FHIR 4.0.1, search.html."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.resources.searching import Filter, fault_of, first_instant, meets, read_date

PHOENIX = ZoneInfo("America/Phoenix")
CONDITION: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "c1",
    "code": {"coding": [{"system": "urn:a", "code": "F11.20"}, {"code": "plain"}]},
    "category": [
        {"coding": [{"system": "urn:k", "code": "problem"}]},
        {"coding": [{"system": "urn:k", "code": "sdoh"}]},
    ],
    "encounter": {"reference": "Encounter/e1"},
    "recordedDate": "2026-05-02",
}


def token(place: str, *values: str, **more: Any) -> Filter:
    return Filter("token", (place,), values, **more)


def date(value: str) -> Filter:
    return Filter("date", ("at", "in"), (value,))


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        ("F11.20", True),
        ("f11.20", False),
        ("urn:a|F11.20", True),
        ("urn:b|F11.20", False),
        ("|F11.20", False),
        ("|plain", True),
        ("urn:a|", True),
        ("urn:b|", False),
        ("other", False),
    ],
)
def test_a_token_is_a_code_a_system_or_both(asked: str, met: bool) -> None:
    assert meets(CONDITION, token("code", asked), UTC) is met
    assert meets(CONDITION, token("code", asked, negated=True), UTC) is not met


def test_any_value_at_any_place_and_any_alternative_is_enough() -> None:
    assert meets(CONDITION, token("category", "sdoh"), UTC)
    assert meets(CONDITION, token("category", "x", "problem"), UTC)
    assert meets(CONDITION, Filter("token", ("nowhere", "category"), ("sdoh",)), UTC)
    assert not meets(CONDITION, token("category", "x", "y"), UTC)


@pytest.mark.parametrize(
    ("value", "asked", "met"),
    [
        ("active", "active", True),
        ("active", "urn:x|active", True),
        (True, "true", True),
        (False, "true", False),
    ],
)
def test_plain_codes_and_booleans_are_tokens_too(value: Any, asked: str, met: bool) -> None:
    assert meets({"status": value}, token("status", asked), UTC) is met


def test_missing_asks_whether_there_is_any_value() -> None:
    for place, there in (("code", True), ("stage", False)):
        assert meets(CONDITION, Filter("token", (place,), (), missing=not there), UTC)
        assert not meets(CONDITION, Filter("token", (place,), (), missing=there), UTC)


@pytest.mark.parametrize(
    ("asked", "met"),
    [("Encounter/e1", True), ("e1", True), ("1", False), ("Encounter/e", False), ("Visit/e1", False)],
)
def test_a_reference_is_met_by_its_whole_or_by_its_id(asked: str, met: bool) -> None:
    assert meets(CONDITION, Filter("reference", ("encounter",), (asked,)), UTC) is met


@pytest.mark.parametrize(
    ("prefix", "earlier", "within", "later"),
    [
        ("", False, True, False),
        ("eq", False, True, False),
        ("ne", True, False, True),
        ("gt", False, False, True),
        ("ge", False, True, True),
        ("lt", True, False, False),
        ("le", True, True, False),
        ("sa", False, False, True),
        ("eb", True, False, False),
    ],
)
def test_prefixes_of_dates(prefix: str, earlier: bool, within: bool, later: bool) -> None:
    for at, met in (
        ("2026-04-30", earlier),
        ("2026-05-01T12:00:00Z", within),
        ("2026-05-31", within),
        ("2026-06-01", later),
    ):
        assert meets({"at": at}, date(f"{prefix}2026-05"), UTC) is met, at


@pytest.mark.parametrize(
    ("prefix", "met"),
    [("eq", False), ("gt", True), ("ge", True), ("lt", True), ("le", True), ("sa", False), ("eb", False)],
)
def test_a_period_that_goes_beyond_the_search_on_both_sides(prefix: str, met: bool) -> None:
    period = {"in": {"start": "2026-04-01", "end": "2026-07-01"}}
    assert meets(period, date(f"{prefix}2026-05"), UTC) is met


def test_an_open_period_has_no_end() -> None:
    assert meets({"in": {"start": "2026-04-01"}}, date("gt2090"), UTC)
    assert not meets({"in": {"start": "2026-04-01"}}, date("eb2090"), UTC)
    assert meets({"in": {"end": "9999-12-31"}}, date("ge2090"), UTC)


def test_what_has_no_offset_is_read_where_the_caller_is() -> None:
    evening = {"at": "2026-05-01T23:30:00-07:00"}
    assert meets(evening, date("2026-05-01"), PHOENIX)
    assert meets(evening, date("2026-05-02"), UTC)
    assert not meets(evening, date("2026-05-01"), UTC)


def test_what_is_no_date_meets_no_date() -> None:
    for odd in ("soon", 7, None, {"start": "soon"}, {}, []):
        assert not meets({"at": odd}, date("2026"), UTC)
        assert first_instant({"at": odd}, ("at",), UTC) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "2026-13"),
        ("date", "xx2026"),
        ("date", "2026-05-01T"),
        ("date", "gegt2026"),
        ("date", ""),
        ("token", ""),
        ("token", "|"),
        ("reference", ""),
    ],
)
def test_what_cannot_be_searched_for_is_told(kind: Any, value: str) -> None:
    assert fault_of(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("date", "2026"), ("date", "ge2026-05-01T10:00Z"), ("token", "a|"), ("token", "|a"), ("id", "x")],
)
def test_what_can_be_searched_for(kind: Any, value: str) -> None:
    assert fault_of(kind, value) == ""


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_lies_in_the_span_of_each_of_its_shorter_forms(at: Any) -> None:
    text = at.strftime("%Y").zfill(4) + at.strftime("-%m-%dT%H:%M:%S.%fZ")
    for length in (4, 7, 10):
        span = read_date(text[:length], UTC)
        if span is not None and at.year < 9999:
            assert span[0] <= at < span[1]
    whole = read_date(text, UTC)
    assert whole is not None or at.year >= 9999
    if whole is not None and at.year < 9999:
        assert whole[0] == at


@given(st.text(max_size=30))
def test_no_text_makes_reading_a_date_fail(text: str) -> None:
    read_date(text, UTC)
    fault_of("date", text)
