"""The needs assessment of a case manager, and the directory of services."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gateway.resources import check_resource
from mappings import Library, TranslatedRecord, translate_all
from mappings.laws import conservation, no_resurrection, round_trip
from mappings.syntax import xlsx_rows
from tests.mappings.conftest import FORMATS

NEEDS, HSDS = "case_management/needs_assessment", "directory/hsds"
ROW = {"assessment_no": "N-1", "client_no": "C-1", "tool": "PRAPARE", "assessed_on": "2026-11-03"}


def _needs(library: Library, *rows: dict[str, str]) -> tuple[TranslatedRecord, ...]:
    header = list(dict.fromkeys(name for row in rows for name in row))
    source = xlsx_rows.write_rows(header, rows)
    return translate_all(library.mapping(NEEDS), source, partner="p", id_key=b"k", zone=None)


def _of(record: TranslatedRecord, kind: str) -> list[dict[str, Any]]:
    assert record.translation is not None, record.refusal
    return [resource for resource in record.translation.resources if resource["resourceType"] == kind]


def _labels(resource: dict[str, Any]) -> list[str]:
    return [label["code"] for label in resource.get("meta", {}).get("security", ())]


@pytest.mark.requirement("DM-23")
def test_each_answer_stands_in_the_response_and_is_an_observation(library: Library) -> None:
    [record] = _needs(
        library, {**ROW, "housing": "no housing", "transport": "medical", "transport_also": "other"}
    )
    [response] = _of(record, "QuestionnaireResponse")
    family, money = response["item"]
    assert (family["linkId"], family["item"][0]["linkId"]) == ("/93042-0", "/93042-0/71802-3")
    assert [one["valueCoding"]["code"] for one in money["item"][0]["answer"]] == ["LA30133-5", "LA30134-3"]
    observations = {o["code"]["coding"][0]["code"]: o for o in _of(record, "Observation")}
    assert set(observations) == {"71802-3", "93030-5"}
    assert observations["71802-3"]["valueCodeableConcept"]["coding"][0]["code"] == "LA30190-5"
    assert observations["71802-3"]["derivedFrom"] == [
        {"reference": f"QuestionnaireResponse/{response['id']}"}
    ]


def test_an_ahc_row_uses_its_own_questionnaire_and_keeps_what_it_does_not_ask(library: Library) -> None:
    [record] = _needs(library, {**ROW, "tool": "AHC", "housing": "worried", "employment": "full time"})
    [response] = _of(record, "QuestionnaireResponse")
    assert response["questionnaire"] == "http://loinc.org/q/96777-8"
    assert [item["linkId"] for item in response["item"]] == ["/71802-3"]
    assert record.translation is not None
    assert record.translation.accounting.unmapped == 0


@pytest.mark.requirement("DM-27")
def test_answers_about_safety_are_labelled_and_the_others_are_not(library: Library) -> None:
    [record] = _needs(library, {**ROW, "housing": "has housing", "partner_fear": "yes"})
    [response] = _of(record, "QuestionnaireResponse")
    assert _labels(response) == ["SDV"]
    labelled = {o["code"]["coding"][0]["code"]: _labels(o) for o in _of(record, "Observation")}
    assert labelled == {"71802-3": [], "76501-6": ["SDV"]}
    [other] = _needs(library, {**ROW, "housing": "has housing"})
    assert _labels(_of(other, "QuestionnaireResponse")[0]) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("housing", "somewhere", "NO_CONCEPT"),
        ("tool", "OTHER", "NO_CONCEPT"),
        ("assessed_on", "", "REQUIRED_MISSING"),
        ("need_1", "a car", "NO_CONCEPT"),
    ],
)
def test_a_wrong_answer_refuses_its_row_and_no_other(
    library: Library, column: str, value: str, code: str
) -> None:
    good = {**ROW, "housing": "no housing", "need_1": "food"}
    first, second = _needs(library, {**good, column: value}, good)
    assert first.refusal is not None
    assert (first.refusal.code, first.refusal.place) == (code, f"row 2 column {column}")
    assert second.refusal is None


@pytest.mark.slow
@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_every_answer_of_every_question_goes_there_and_back(library: Library) -> None:
    """Each word of each table, in both tools, alone and with everything else filled: the laws hold."""
    mapping = library.mapping(NEEDS)
    words = {
        source.text: [word.strip() for word in row.expects.removeprefix("one of: ").split(",")]
        for row in mapping.file.root.rows
        for source in row.sources
        if row.expects.startswith("one of: ")
    }
    assert len(words) > 12
    tried = 0
    for tool in ("PRAPARE", "AHC"):
        full = {**ROW, **{name: found[0] for name, found in words.items()}, "goal": "A home", "tool": tool}
        full |= {"transport_also": "unable to respond", "need_2": "phone", "need_3": "something else"}
        for name, found in words.items():
            for word in found if name != "tool" else ():
                alone = {**ROW, "tool": tool, name: word}
                for row in ({**full, name: word}, alone) if word == found[0] else (alone,):
                    answers = [row.get(c) for c in ("transport", "transport_also")]
                    needs = [row.get(c) for c in ("need_1", "need_2", "need_3")]
                    if max(map([*answers, *needs].count, filter(None, [*answers, *needs])), default=1) > 1:
                        continue  # the same answer twice says no more than once
                    source = xlsx_rows.write_rows(list(row), [row])
                    [record] = translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
                    assert record.translation is not None, (name, word, record.refusal)
                    translation = record.translation
                    assert conservation(translation, translation.accounting.leaves) == []
                    assert round_trip(mapping, source, translation, None) == [], (tool, name, word)
                    tried += 1
    assert tried > 80


def test_a_released_row_holds_no_note_income_or_number(library: Library) -> None:
    mapping = library.mapping(NEEDS)
    source = (FORMATS / NEEDS / "samples/prapare.xlsx").read_bytes()
    [record] = translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
    assert record.translation is not None
    assert no_resurrection(mapping, source, record.translation, None) == []
    text = json.dumps(record.translation.resources, default=str)
    for hidden in ("9100", "T. Amari", "her sister", "900-11-2345"):
        assert hidden not in text


def _services(library: Library, *services: dict[str, Any]) -> tuple[TranslatedRecord, ...]:
    source = json.dumps(list(services)).encode()
    return translate_all(library.mapping(HSDS), source, partner="p", id_key=b"k", zone=None)


def _pantry() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FORMATS / HSDS / "samples/pantry.json").read_bytes())
    return found


def test_the_examples_of_the_page_are_accepted_and_refused(library: Library) -> None:
    text = (FORMATS / HSDS / "README.md").read_text("utf-8")
    good, bad = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    first, second = _services(library, good, bad)
    assert first.refusal is None
    assert second.refusal is not None
    assert (second.refusal.code, second.refusal.place) == ("REQUIRED_MISSING", "name")


def test_a_place_is_one_location_for_every_service_there(library: Library) -> None:
    first, second = _services(library, _pantry(), {**_pantry(), "id": "ac14-0009", "name": "Example Clinic"})
    assert _of(first, "Location")[0]["id"] == _of(second, "Location")[0]["id"]
    assert _of(first, "Organization")[0]["id"] == _of(second, "Organization")[0]["id"]
    assert _of(first, "HealthcareService")[0]["id"] != _of(second, "HealthcareService")[0]["id"]


def test_a_page_of_the_directory_is_its_services_and_an_organization_is_none(library: Library) -> None:
    organization = {"id": "O-1", "name": "Example Org", "services": [_pantry()]}
    page = {"total_items": 9, "total_pages": 3, "page_number": 1, "contents": [_pantry(), organization]}
    given: Any = {"partner": "p", "id_key": b"k", "zone": None}
    service, other = translate_all(library.mapping(HSDS), json.dumps(page).encode(), **given)
    assert _of(service, "HealthcareService") == _of(_services(library, _pantry())[0], "HealthcareService")
    assert service.translation is not None
    assert service.translation.accounting.unmapped == 0
    assert (other.place, getattr(other.refusal, "place", "")) == ("contents[1]", "status")


def test_a_monthly_schedule_is_never_told_as_a_weekly_one(library: Library) -> None:
    [record] = _services(library, _pantry())
    [service] = _of(record, "HealthcareService")
    assert service["availableTime"] == [
        {"daysOfWeek": ["tue", "thu"], "availableStartTime": "09:00:00", "availableEndTime": "12:30:00"}
    ]
    biweekly = _pantry()
    biweekly["schedules"][0]["interval"] = 2
    assert "availableTime" not in _of(_services(library, biweekly)[0], "HealthcareService")[0]


@pytest.mark.parametrize(
    ("status", "active"),
    [("active", True), ("defunct", False), ("temporarily closed", False), ("open", None)],
)
def test_what_is_closed_is_not_active(library: Library, status: str, active: bool | None) -> None:
    [record] = _services(library, {**_pantry(), "status": status})
    assert _of(record, "HealthcareService")[0].get("active") is active
    assert record.translation is not None
    assert [issue.code for issue in record.translation.issues] == ([] if active is not None else ["UNMAPPED"])


def test_a_postal_address_is_not_where_people_are_sent(library: Library) -> None:
    [location] = _of(_services(library, _pantry())[0], "Location")
    assert location["address"]["line"] == ["1 Example Street", "Room 2"]
    assert "PO Box" not in json.dumps(location, default=str)


@pytest.mark.parametrize("opens", ["24:00", "9 am", "09:00-05:00", "9:00", "09:60"])
def test_a_time_that_fhir_cannot_say_is_told_and_not_guessed(library: Library, opens: str) -> None:
    pantry = _pantry()
    pantry["schedules"][0]["opens_at"] = opens
    [record] = _services(library, pantry)
    assert record.translation is not None
    assert [(issue.code, issue.place) for issue in record.translation.issues] == [
        ("NOT_A_TIME", "schedules[0].opens_at")
    ]
    assert "availableStartTime" not in _of(record, "HealthcareService")[0]["availableTime"][0]


def test_people_of_a_directory_are_not_forwarded(library: Library) -> None:
    pantry = {**_pantry(), "contacts": [{"id": "c", "name": "Ann Persona", "email": "ann@example.org"}]}
    [record] = _services(library, pantry)
    assert record.translation is not None
    assert "Persona" not in json.dumps(record.translation.resources, default=str)
    assert record.translation.accounting.unmapped == 0


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
@pytest.mark.parametrize(
    "value", [[], "text", 7, {"id": 7}, [[1]], [None], {"a": {"b": []}}, True, "x" * 100_000]
)
def test_odd_shapes_of_a_directory_are_refused_or_accounted_for(library: Library, value: Any) -> None:
    pantry = _pantry()
    inner = ("phones", "schedules", "attributes", "service_at_locations", "languages")
    shapes = [{**pantry, name: value} for name in pantry]
    shapes += [
        {**pantry, name: [{**pantry[name][0], key: value}]} for name in inner for key in pantry[name][0]
    ]
    for record in _services(library, *shapes):
        if record.translation is None:
            assert record.refusal is not None
            assert record.refusal.place
            continue
        found = record.translation.accounting
        assert found.mapped + found.carried + found.dropped + found.unmapped == found.leaves
        for resource in record.translation.resources:
            assert check_resource(resource) == ()
