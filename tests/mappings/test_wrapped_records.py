"""A JSON file whose records lie in lists within a wrapper: each is one person's, with what stands around it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mappings import (
    Library,
    MappingFileError,
    MappingRoomError,
    TranslationRefused,
    draft_mapping,
    place_in_file,
    read_library,
    records_apart,
    sample_faults,
    translate_all,
)
from mappings.syntax.json_tree import read_json

OF = "households[*].members[*]"
MAPPING = f"""mapping: east/side
version: 1.0.0
format: json
direction: in
record: {{key: ["{OF}.no"], of: "{OF}"}}
resources: {{patient: Patient}}
rows:
  - {{from: office, carry: "about the export"}}
  - {{from: "households[*].id", to: patient.identifier, lens: identifier, system: "urn:east:household"}}
  - {{from: "{OF}.no", to: patient.identifier, lens: identifier, system: "urn:east:person"}}
  - {{from: "{OF}.born", to: patient.birthDate, lens: date, required: true}}
"""
EXPORT: dict[str, Any] = {
    "office": "Eastside",
    "households": [
        {"id": "H-1", "members": [{"no": "P-1", "born": "1996-03-14"}, {"no": "P-2", "born": "soon"}]},
        {"id": "H-2", "members": [{"no": "P-3", "born": "1984-12-01"}]},
    ],
}
GIVEN = {"partner": "p", "id_key": b"k" * 32, "zone": None}


def _library(text: str = MAPPING) -> Library:
    return read_library({"formats/east/side/mapping.yaml": text.encode()})


def test_each_person_is_a_record_with_the_values_around_it_and_may_be_sent_alone() -> None:
    mapping, source = _library().mapping("east/side"), json.dumps(EXPORT).encode()
    found = list(records_apart(mapping, source, **GIVEN))
    assert [record.place for record, _ in found] == [
        "households[0].members[0]",
        "households[0].members[1]",
        "households[1].members[0]",
    ]
    assert [
        [one["value"] for one in record.translation.resources[0]["identifier"]]  # type: ignore[attr-defined]
        for record, _ in found
        if record.translation is not None
    ] == [["H-1", "P-1"], ["H-2", "P-3"]]
    refused = found[1][0].refusal
    assert refused is not None
    within = str(refused.place)
    assert place_in_file(found[1][0].place, within) == "households[0].members[1].born"
    for record, alone in found:
        [again] = translate_all(mapping, alone, **GIVEN)
        assert (again.translation is None) == (record.translation is None)
        if again.translation is not None and record.translation is not None:
            assert again.translation.resources == record.translation.resources
            assert again.translation.accounting.unmapped == 0
    assert b"P-2" not in found[0][1]


def test_an_empty_list_is_a_file_without_news_and_another_layout_is_refused_at_its_place() -> None:
    mapping = _library().mapping("east/side")
    assert translate_all(mapping, b'{"office": "E", "households": []}', **GIVEN) == ()
    for source, place in (
        (b'{"people": []}', "households"),
        (b'{"households": [{"id": "H"}]}', "households[0].members"),
    ):
        with pytest.raises(TranslationRefused, match="NO_RECORD") as refused:
            translate_all(mapping, source, **GIVEN)
        assert refused.value.place == place


@pytest.mark.parametrize("name", ["Reyes, Sol", "900-11-2345", "Reyes"])
def test_people_who_are_the_keys_of_a_document_are_not_named_in_its_refusal(name: str) -> None:
    with pytest.raises(TranslationRefused) as refused:
        read_json(json.dumps({name: 1, "x": 2}).replace('"x"', json.dumps(name)).encode())
    assert (refused.value.code, refused.value.place) == ("DUPLICATE_KEY", None)


@pytest.mark.parametrize("change", [("direction: in", "direction: both"), ("format: json", "format: csv")])
def test_only_what_is_read_from_json_has_records_inside(change: tuple[str, str]) -> None:
    with pytest.raises(MappingFileError, match="ROW_WRONG"):
        _library(MAPPING.replace(*change))


def test_a_page_is_named_by_its_list_alone() -> None:
    with pytest.raises(MappingFileError, match="ROW_WRONG"):
        _library(MAPPING.replace(f'of: "{OF}"', f'of: "{OF}", page: people'))


@pytest.mark.requirement("DM-28")
def test_several_people_of_one_record_are_refused() -> None:
    """Whose the record is would be told by the first of them, and all the others would become that one."""
    several = f'  - each: "{OF}"\n    resources: {{other: Patient}}\n    rows: []\n'
    with pytest.raises(MappingFileError, match="SEVERAL_PEOPLE"):
        _library(MAPPING + several)


def test_a_draft_finds_the_records_and_makes_no_key_of_what_nobody_needs() -> None:
    export = json.loads(json.dumps(EXPORT).replace("P-1", "900-11-2345"))
    text = draft_mapping("east/side", "json", json.dumps(export).encode()).mapping
    assert f'of: "{OF}"' in text
    assert "social security numbers are among these" in text
    assert 'key: ["office"], of: "households[*].members[*]"}  # FILL IN: which of them tell' in text


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b"no,,name\n1,a,2\n", "column 2 has no name"),
        (b"no,name,no\n1,a,2\n", "column 3 has the name of an earlier one"),
        (b"no,name\n1,a,2\n", "row 2 has more cells than row 1"),
    ],
)
def test_a_title_above_the_columns_is_said(sheet: bytes, said: str) -> None:
    with pytest.raises(MappingRoomError, match="HEADER_WRONG") as refused:
        draft_mapping("a/b", "csv", sheet)
    assert said in refused.value.message


def test_dates_as_people_write_them_are_guessed_with_how_many_are_not_so() -> None:
    sheet = b"Bed,HMIS ID,D.O.B.\n1,88,3/4/1988\n,89,12/31/1979\n2,90,unknown\n"
    text = draft_mapping("a/b", "csv", sheet).mapping
    assert "pattern: MM/DD/YYYY}  # guess; 1 of 3 are written otherwise" in text
    assert 'key: ["HMIS ID"]' in text, "a bed is no person, and one has none"


def test_what_only_happens_to_differ_in_a_sample_is_no_key() -> None:
    """Two people with one diagnosis would become one record."""
    sheet = b"Chart No,Problem,Goal\nHC-1,Opioid use,a\nHC-1,Housing,b\nHC-2,Mania,c\n"
    text = draft_mapping("a/b", "csv", sheet).mapping
    assert 'key: ["Chart No"]}  # FILL IN' in text


WAYS = """mapping: east/ways
version: 1.0.0
format: json
direction: both
record: {key: [no]}
resources: {patient: Patient, task: Task}
rows:
  - {from: no, to: patient.identifier, lens: identifier, system: "urn:east:person"}
  - {setting: notice, from: notice}
  - {const: requested, to: task.status}
  - {const: order, to: task.intent}
  - {ref: patient, to: task.for}
  - each: "ways[*]"
    of: patient.telecom
    when: {in: ["ways[*].type", [mobile, home]]}
    rows:
      - {from: "ways[*].value", to: "patient.telecom[way].value", lens: string}
      - {from: "ways[*].type", to: "patient.telecom[way].use", lens: code, codes: [mobile, home]}
      - {const: phone, to: "patient.telecom[way].system"}
  - {from: "ways[*]", carry: "other ways"}
"""


def test_items_of_a_list_by_a_condition_go_back_where_they_came_from() -> None:
    mapping = read_library({"formats/east/ways/mapping.yaml": WAYS.encode()}).mapping("east/ways")
    for kinds in (["mobile", "home", "fax"], ["fax", "mobile", "mail", "fax", "home"]):
        ways = [{"type": kind, "value": str(number)} for number, kind in enumerate(kinds)]
        faults = sample_faults(mapping, json.dumps({"no": "P-1", "ways": ways}).encode(), None)
        assert [code for code, _ in faults] == ["NO_GOLDEN"]
