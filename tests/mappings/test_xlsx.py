"""A workbook as rows: what a cell says, which cells cannot be said truly, and what no workbook may do."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import (
    PUBLISHED_TEST_KEY,
    Library,
    TranslatedRecord,
    TranslationRefused,
    draft_mapping,
    translate_all,
)
from mappings.syntax import csv_rows, xlsx_rows
from tests import strategies
from tests.mappings.conftest import FORMATS

PLANS = FORMATS / "counseling/treatment_plan_xlsx/samples/plans.xlsx"
MUTANTS = strategies.examples(60, 3000)


def workbook(*rows: list[Any], more: dict[str, list[Any]] | None = None) -> openpyxl.Workbook:
    """A workbook with these rows on its first sheet, and one row on each further sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, row in (more or {}).items():
        book.create_sheet(name).append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of the file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(source: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The file with a text of one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as package, zipfile.ZipFile(out, "w") as other:
        for entry in package.namelist():
            part = package.read(entry)
            assert entry != name or old in part
            other.writestr(entry, part.replace(old, new) if entry == name else part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("00123", "00123"),
        (" two  words ", " two  words "),
        (3, "3"),
        (2.5, "2.5"),
        (-0.125, "-0.125"),
        (999999999999999, "999999999999999"),
        (True, "TRUE"),
        (date(2026, 11, 2), "2026-11-02"),
        (datetime(2026, 11, 2, 9, 30), "2026-11-02T09:30:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "30:00:00"),
        ("- one\n- two", "- one\n- two"),
    ],
)
def test_a_cell_is_the_text_a_person_would_type(cell: Any, text: str) -> None:
    assert xlsx_rows.read_rows(saved(workbook(["a", "b"], [cell, "x"]))) == (["a", "b"], [(2, [text, "x"])])


def test_empty_rows_and_columns_are_passed_over_and_numbers_are_the_sheets_own() -> None:
    header, rows = xlsx_rows.read_rows(
        saved(workbook([], ["a", "b", None], [], [1, None, None], [None, 2, " "]))
    )
    assert header == ["a", "b"]
    assert [(number, cells[:2]) for number, cells in rows] == [(4, ["1", ""]), (5, ["", "2"])]


def _records(library: Library, source: bytes) -> list[TranslatedRecord]:
    mapping = library.mapping("counseling/treatment_plan_xlsx")
    return list(translate_all(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None))


HEADER = ["line_id", "plan_no", "client_no", "plan_status", "goal", "goal_status", "session_notes"]
GOOD = ["TP-1", "TP", "SC-1", "active", "Keep going", "active", None]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (7, "=1+1", "FORMULA_EMPTY"),
        (7, "#REF!", "CELL_ERROR"),
        (3, 1234567890123456, "NUMBER_TOO_LONG"),
        (6, "nearly", "NO_CONCEPT"),
        (3, " ", "REQUIRED_MISSING"),
        (8, "beyond the header", "ROW_TOO_LONG"),
    ],
)
def test_a_bad_row_is_refused_at_its_cell_and_the_good_ones_go_on(
    library: Library, column: int, cell: Any, code: str
) -> None:
    book = workbook(HEADER, GOOD, GOOD, ["TP-3", *GOOD[1:]])
    book.active.cell(3, column, cell)
    records = _records(library, saved(book))
    assert [record.refusal is None for record in records] == [True, False, True]
    refusal = records[1].refusal
    assert refusal is not None
    assert refusal.code == code
    assert refusal.place == (f"row 3 column {HEADER[column - 1]}" if column <= len(HEADER) else "row 3")


def test_a_cell_merged_downwards_refuses_the_rows_it_hides(library: Library) -> None:
    book = workbook(HEADER, GOOD, ["TP-2", *GOOD[1:]], ["TP-3", *GOOD[1:]])
    book.active.merge_cells("C2:C3")
    records = _records(library, saved(book))
    assert [record.refusal and (record.refusal.code, record.refusal.place) for record in records] == [
        None,
        ("CELL_MERGED", "row 3 column client_no"),
        None,
    ]


def test_a_formula_is_its_stored_result() -> None:
    source = saved(workbook(["a"], ["=1+1"]))
    stored = (
        with_part(source, "xl/worksheets/sheet1.xml", b"<v />", b"<v>2</v>")
        if b"<v />" in _sheet(source)
        else with_part(source, "xl/worksheets/sheet1.xml", b"<v></v>", b"<v>2</v>")
    )
    assert xlsx_rows.read_rows(stored) == (["a"], [(2, ["2"])])


def _sheet(source: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(source)) as package:
        return package.read("xl/worksheets/sheet1.xml")


def test_hidden_sheets_are_lists_and_a_second_visible_one_refuses_the_file() -> None:
    book = workbook(["a"], ["1"], more={"Lists": ["x"], "Empty": []})
    with pytest.raises(TranslationRefused, match="SEVERAL_SHEETS"):
        xlsx_rows.read_rows(saved(book))
    book["Lists"].sheet_state = "hidden"
    assert xlsx_rows.read_rows(saved(book))[1] == [(2, ["1"])]


def test_a_broken_cell_of_another_sheet_refuses_no_row() -> None:
    book = workbook(["a"], ["1"], more={"Lists & <more>": ["#REF!", "=1+1"]})
    book["Lists & <more>"].sheet_state = "hidden"
    assert xlsx_rows.read_sheet(saved(book)).faults == {}


@pytest.mark.parametrize(
    ("header", "code"), [(["a", "a"], "HEADER_WRONG"), ([None, "b"], "HEADER_WRONG"), ([], "HEADER_WRONG")]
)
def test_a_wrong_header_refuses_the_file(header: list[Any], code: str) -> None:
    with pytest.raises(TranslationRefused, match=code):
        xlsx_rows.read_rows(saved(workbook(header)))


def test_a_missing_column_refuses_the_file(library: Library) -> None:
    with pytest.raises(TranslationRefused, match="COLUMN_MISSING") as caught:
        _records(library, saved(workbook(HEADER[:-2], GOOD[:-2])))
    assert caught.value.place == "row 1 column goal_status"


def _far() -> bytes:
    book = workbook(["a"], ["1"])
    book.active["XFD1048576"] = 1
    return saved(book)


def _doctype() -> bytes:
    source = saved(workbook(["a"], ["1"]))
    return with_part(
        source, "xl/worksheets/sheet1.xml", b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "b">]><worksheet'
    )


def _far_small() -> bytes:
    source = saved(workbook(["a"], ["1"]))
    return with_part(source, "xl/worksheets/sheet1.xml", b'r="A2"', b'r="xfd1048576"')


def _hidden_place() -> bytes:
    source = saved(workbook(["a"], ["1"]))
    return with_part(source, "xl/worksheets/sheet1.xml", b'r="A2"', b'r="&#88;FD1048576"')


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "NOT_XLSX"),
        (b"a,b\n1,2\n", "NOT_XLSX"),
        (PLANS.read_bytes()[:900], "NOT_XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "NOT_XLSX"),
        (_doctype(), "NOT_XLSX"),
        (_hidden_place(), "NOT_XLSX"),
        (_far(), "SHEET_TOO_LARGE"),
        (_far_small(), "SHEET_TOO_LARGE"),
    ],
    ids=["nothing", "csv", "cut", "xls", "doctype", "hidden_place", "far", "far_small"],
)
def test_what_is_no_workbook_or_too_large_is_refused(source: bytes, code: str) -> None:
    with pytest.raises(TranslationRefused, match=code):
        xlsx_rows.read_rows(source)


@pytest.mark.slow
@pytest.mark.parametrize(
    "filler",
    [
        b" " * 400_000,
        b"<c " * 100_000,
        b"<c t" * 100_000,
        b" t " * 100_000,
        b"<f>" * 100_000,
        b"r=" * 200_000,
    ],
    ids=["blanks", "cells", "types", "t", "formulas", "places"],
)
@pytest.mark.timeout(60)
def test_a_hostile_sheet_is_answered_before_the_square_of_its_length_would_be(filler: bytes) -> None:
    source = saved(workbook(["a"], ["=1"], ["=2"]))
    for old in (b"</f>", b"<f>", b"<c r=", b"<v"):
        with contextlib.suppress(TranslationRefused):
            xlsx_rows.read_rows(with_part(source, "xl/worksheets/sheet1.xml", old, filler + old + filler))


def _mutant(chance: random.Random, source: bytes) -> bytes:
    """The workbook with bytes of the file, or of its parts, changed."""
    if chance.random() < 0.3:
        changed = bytearray(source)
        for _ in range(3):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        return bytes(changed)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as package, zipfile.ZipFile(out, "w") as other:
        for name in package.namelist():
            part = bytearray(package.read(name))
            for _ in range(chance.choice((0, 0, 1, 3))):
                at = chance.randrange(len(part))
                part[at : at + chance.choice((0, 1, 20))] = part[chance.randrange(len(part)) :][:9]
            other.writestr(name, bytes(part))
    return out.getvalue()


def test_a_damaged_workbook_is_refused_with_a_code_or_read(library: Library) -> None:
    chance = random.Random(4)
    refused = 0
    for _ in range(MUTANTS):
        try:
            _records(library, _mutant(chance, PLANS.read_bytes()))
        except TranslationRefused as refusal:
            assert refusal.code
            refused += 1
    assert 0 < refused < MUTANTS


@given(st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_what_is_written_is_read_again_and_runs_nothing(cells: list[str]) -> None:
    names = ["a", "b", "c"]
    source = xlsx_rows.write_rows(names, [dict(zip(names, cells, strict=True))])
    assert source == xlsx_rows.write_rows(names, [dict(zip(names, cells, strict=True))])
    with zipfile.ZipFile(
        io.BytesIO(source)
    ) as book:  # beside the parts there are check sums: any byte may be in them
        assert not any(b"<f" in book.read(part) for part in book.namelist())
    sheet = openpyxl.load_workbook(io.BytesIO(source)).active
    assert all(sheet.cell(2, column).data_type != "f" for column in (1, 2, 3))
    header, rows = xlsx_rows.read_rows(source)
    assert header == names
    plain = [cell.isprintable() for cell in cells]
    for _, found in rows:
        read = [*found, "", "", ""]
        assert all(read[at] == cell for at, cell in enumerate(cells) if plain[at])


def test_a_sheet_says_what_the_same_csv_says(library: Library) -> None:
    header, rows = xlsx_rows.read_rows(PLANS.read_bytes())
    text = csv_rows.write_rows(header, [dict(zip(header, cells, strict=False)) for _, cells in rows])
    mapping = library.mapping("counseling/treatment_plan")
    same = translate_all(mapping, text, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    for record, other in zip(_records(library, PLANS.read_bytes()), same, strict=True):
        assert record.translation is not None
        assert other.translation is not None
        assert record.translation.resources == other.translation.resources


def test_a_date_cell_is_a_day_whatever_pattern_the_text_cells_have(library: Library) -> None:
    mapping = library.mapping("employment/milestones")
    header = "milestone_id,client_no,milestone,progress,started_on,target_date"
    source = f"{header}\nE-1,W-1,START,reached,2026-09-01,09/30/2026\nE-2,W-1,START,reached,2026-09-31,\n"
    first, second = translate_all(mapping, source.encode(), partner="p", id_key=b"k", zone=None)
    assert first.translation is not None
    goal = next(r for r in first.translation.resources if r["resourceType"] == "Goal")
    assert (goal["startDate"], goal["target"]) == ("2026-09-01", [{"dueDate": "2026-09-30"}])
    assert second.translation is not None
    assert [issue.code for issue in second.translation.issues] == ["NOT_A_TIME"]


def test_a_mapping_is_drafted_from_a_workbook() -> None:
    text = draft_mapping("agency/sheet", "xlsx", PLANS.read_bytes()).mapping
    assert "format: xlsx" in text
    assert '{from: "session_notes", carry:' in text
