"""Sheets as programs export them: a title above the header, the header again on each page, the characters of Windows,
years of two digits, empty rows; and what is sent back looks as it came."""

from __future__ import annotations

import tracemalloc

import pytest

from mappings import (
    Mapping_,
    MappingFileError,
    MappingRoomError,
    TranslatedRecord,
    TranslationRefused,
    read_library,
    rejected_rows,
    render,
    translate_all,
)
from mappings.drafting import draft_mapping
from mappings.slices import records_apart
from mappings.syntax import csv_rows, xlsx_rows
from tests.mappings.test_redacted_out import AT

FILE = """
mapping: a/b
version: 1.0.0
format: csv
direction: both
charset: windows-1252
columns: [No, Name, Born, Stand]
record: {key: [No], above: "the program's title and the day of the export"}
required: [Name]
resources: {patient: {type: Patient, key: [No]}}
rows:
  - {from: No, to: patient.identifier, lens: identifier, system: "urn:a:b"}
  - {from: Name, to: patient.name, lens: name}
  - {from: Born, to: patient.birthDate, lens: date, pattern: MM/DD/YY, years_from: 1930, required: true}
  - {from: Stand, carry: "where she is served"}
"""
TITLE = "Río Verde Pantry; export of 11/20/2026\n\nfor;;;partners\n"
HEADER = "No;Name;Born;Stand\n"
BODY = (
    "7;Núñez-Example, Zoë;3/4/26;Süd\n\n" + HEADER + "8;Muñoz-Example, Ana;12/31/79;Nord\n9;X, Y;13/1/26;\n"
)


def _mapping(text: str = FILE) -> Mapping_:
    return read_library({"formats/a/b/mapping.yaml": text.encode()}).mapping("a/b")


def _records(source: bytes, mapping: Mapping_ | None = None) -> tuple[TranslatedRecord, ...]:
    return translate_all(mapping or _mapping(), source, partner="p", id_key=b"k", zone=None)


def test_title_and_repeated_header_are_passed_over_and_the_places_are_those_of_the_file() -> None:
    records = _records((TITLE + HEADER + BODY).encode("windows-1252"))
    assert [record.place for record in records] == ["row 5", "row 8", "row 9"]
    people = [record.translation.resources[0] for record in records if record.translation]
    assert [one["birthDate"] for one in people] == ["2026-03-04", "1979-12-31"]
    assert people[0]["name"] == [{"family": "Núñez-Example", "given": ["Zoë"]}]
    assert records[2].refusal is not None
    assert (records[2].refusal.code, records[2].refusal.place) == ("NOT_A_TIME", "row 9 column Born")


def test_a_workbook_has_its_title_and_header_found_alike() -> None:
    text = FILE.replace("format: csv", "format: xlsx").replace("charset: windows-1252\n", "")
    lines = [line.split(";") for line in (TITLE + HEADER + BODY).splitlines()]
    records = _records(xlsx_rows.write_lines(lines), _mapping(text))
    assert [record.place for record in records] == ["row 5", "row 8", "row 9"]


def test_what_goes_back_is_written_in_the_characters_it_came_in_or_says_so() -> None:
    source = (TITLE + HEADER + BODY).encode("windows-1252")
    mapping, records = _mapping(), _records(source)
    rejected = rejected_rows(mapping, source, records)
    assert rejected is not None
    corrected = rejected.replace(b"13/1/26", b"12/1/26")
    assert [record.refusal for record in _records(corrected)] == [None]
    assert rejected.startswith(b"No;Name;Born;Stand;row;column;")
    alone = [part for _, part in records_apart(mapping, source, partner="p", id_key=b"k", zone=None)]
    assert alone[0] == "No;Name;Born;Stand\r\n7;Núñez-Example, Zoë;3/4/26;Süd\r\n".encode("windows-1252")
    resources = records[0].translation.resources  # type: ignore[union-attr]  # the first row is good
    assert "Núñez".encode("windows-1252") in _written(mapping, resources)
    patient = {**resources[0], "name": [{"family": "Łuk", "given": ["A"]}]}
    outside = _written(mapping, (patient,))
    assert outside.startswith(b"\xef\xbb\xbf") and "Łuk".encode() in outside
    assert _records(outside)[0].refusal is None, "the mark counts more than the mapping's word"


def _written(mapping: Mapping_, resources: tuple[object, ...]) -> bytes:
    return render(mapping, resources, at=AT, control_id="1", zone=None).content  # type: ignore[arg-type]


def test_what_is_not_as_its_mapping_says_is_refused_at_its_line() -> None:
    with pytest.raises(TranslationRefused, match="COLUMN_MISSING") as missing:
        _records((TITLE + HEADER + BODY).replace("Name", "Nombre").encode("windows-1252"))
    assert missing.value.place == "row 4 column Name"
    plain = FILE.replace("charset: windows-1252\n", "")
    with pytest.raises(TranslationRefused, match="CHARSET_WRONG") as wrong:
        _records((HEADER + "7;Ana;;\n8;Zoë;;\n").encode("windows-1252"), _mapping(plain))
    assert wrong.value.place == "row 3"
    assert "charset: windows-1252" in wrong.value.message
    with pytest.raises(TranslationRefused, match="CHARSET_WRONG"):
        _records(HEADER.encode() + b"7;\x81;;\n")


@pytest.mark.parametrize(
    "above",
    [
        b"x" * 140_000 + b"\n",
        b'"torn title\n',
        b"a\rb;c\rd\n",
        b"\n" * 60,
        b"No\n" * 60,
        b";" * 9_000 + b"\n",
    ],
)
def test_whatever_stands_above_the_header_ends_in_records_or_a_refusal(above: bytes) -> None:
    try:
        records = _records(above + (HEADER + BODY).encode("windows-1252"))
    except TranslationRefused as refusal:
        assert refusal.code in ("COLUMN_MISSING", "CSV_WRONG")
        assert refusal.place
    else:
        assert len(records) == 3
    try:
        assert draft_mapping("a/b", "csv", above + HEADER.encode()).columns
    except MappingRoomError as refused:
        assert refused.code in ("HEADER_WRONG", "CSV_WRONG", "FORMAT_UNKNOWN")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("windows-1252", "ebcdic", "CHARSET_UNKNOWN"),
        ("format: csv", "format: xlsx", "CHARSET_UNKNOWN"),
        (", years_from: 1930", "", "PARAMETER_MISSING"),
        ("years_from: 1930", "years_from: soon", "PARAMETER_MISSING"),
        ('above: "the program\'s title and the day of the export"', 'above: ""', "REASON_MISSING"),
        ("record: {key", "record: {keys", "KEY_UNKNOWN"),
    ],
)
def test_a_wrong_word_about_the_sheet_is_refused_with_its_file(old: str, new: str, code: str) -> None:
    with pytest.raises(MappingFileError, match=code) as refused:
        _mapping(FILE.replace(old, new))
    assert "formats/a/b/mapping.yaml" in str(refused.value.place)


def test_a_draft_finds_title_characters_and_short_years() -> None:
    drafted = draft_mapping("a/b", "csv", (TITLE + HEADER + BODY).encode("windows-1252"))
    assert "charset: windows-1252  # guess" in drafted.mapping
    assert 'above: "title of the export"' in drafted.mapping
    assert "pattern: MM/DD/YY, years_from: 1930}  # guess" in drafted.mapping
    files = {"formats/a/b/mapping.yaml": drafted.mapping.replace("FILL IN", "x").encode()}
    files |= {f"formats/a/b/concept_maps/{name}": text.encode() for name, text in drafted.tables.items()}
    made = _records((TITLE + HEADER + BODY).encode("windows-1252"), read_library(files).mapping("a/b"))
    assert [record.place for record in made] == ["row 5", "row 8", "row 9"]
    assert [issue.code for issue in made[2].translation.issues] == ["NOT_A_TIME"]  # type: ignore[union-attr]


def test_rows_of_a_long_sheet_are_read_one_after_the_other() -> None:
    """Held are the file's text and the row at hand, whatever the number of rows (50,000 rows: 28 MB, 79 before)."""
    body = "".join(f"{number};Example, Ana;12/31/79;Nord\n" for number in range(20_000))
    source = (TITLE + HEADER + body).encode("windows-1252")
    tracemalloc.start()
    try:
        header, rows = csv_rows.each_row(source, _mapping().file.layout)
        assert sum(1 for _ in rows) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 4 * len(source)
    finally:
        tracemalloc.stop()
    assert header == ["No", "Name", "Born", "Stand"]
