"""Rejected rows of a sheet: written for the agency, corrected there, and sent again (design.md section 11)."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from gateway.cli.mapping_check import check_folder
from gateway.cli.mapping_commands import translate
from mappings import Library, TranslationRefused, rejected_rows, translate_all
from mappings.syntax import csv_rows, xlsx_rows
from mappings.syntax.reasons import REASON_COLUMNS
from mappings.syntax.sheets import SHEETS
from tests.mappings.conftest import FORMATS

PLAN = "counseling/treatment_plan"
HEADER = ["line_id", "plan_no", "client_no", "plan_status", "goal", "goal_status", "due"]
GOOD = ["TP-1", "TP-A", "SC-1", "active", "Two meetings a week", "proposed", "2026-12-31"]
BAD = ["TP-2", "TP-A", "SC-1", "active", "=1+1", "nearly", "2026-12-31"]
KEYLESS = ["", "TP-A", "SC-1", "active", "Bus pass, monthly", "active", ""]


def _sheet(form: str, *rows: list[str]) -> bytes:
    return SHEETS[form].write_lines([HEADER, *rows], b"")


def _rejected(library: Library, mapping_id: str, source: bytes) -> bytes:
    mapping = library.mapping(mapping_id)
    found = rejected_rows(
        mapping, source, translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
    )
    assert found is not None
    return found


def _cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _corrected(form: str, content: bytes) -> bytes:
    """What a person would do: the wrong word and the missing number put right, the reasons left where they are."""
    if form == "csv":
        return content.replace(b"nearly", b"active").replace(b"\r\n,TP-A", b"\r\nTP-3,TP-A")
    import python_calamine

    lines = (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    cells = [[str(cell).replace("nearly", "active") for cell in line] for line in lines]
    cells[2][0] = "TP-3"
    return xlsx_rows.write_lines(cells)


@pytest.mark.parametrize(("form", "mapping_id"), [("csv", PLAN), ("xlsx", "counseling/treatment_plan_xlsx")])
def test_rejected_rows_go_back_with_their_reasons_and_are_taken_once_corrected(
    library: Library, form: str, mapping_id: str
) -> None:
    content = _rejected(library, mapping_id, _sheet(form, GOOD, BAD, KEYLESS))
    again = _corrected(form, content)
    mapping = library.mapping(mapping_id)
    records = translate_all(mapping, again, partner="p", id_key=b"k", zone=None)
    assert [record.refusal for record in records] == [None, None]
    whole = _sheet(form, GOOD, [*BAD[:5], "active", BAD[6]], ["TP-3", *KEYLESS[1:]])
    expected = translate_all(mapping, whole, partner="p", id_key=b"k", zone=None)[1:]
    for record, other in zip(records, expected, strict=True):
        assert record.translation is not None
        assert other.translation is not None
        assert record.translation.resources == other.translation.resources
        assert record.translation.accounting == other.translation.accounting
        assert record.translation.issues == ()


def test_the_reasons_name_row_column_code_and_what_to_write(library: Library) -> None:
    header, first, second = _cells(_rejected(library, PLAN, _sheet("csv", GOOD, BAD, KEYLESS)))
    assert header == [*HEADER, *REASON_COLUMNS]
    assert first[:4] == BAD[:4]
    assert first[7:10] == ["3", "goal_status", "NO_CONCEPT"]
    assert first[11] == "one of: proposed, active, on hold, achieved, stopped"
    assert second[7:10] == ["4", "line_id", "KEY_MISSING"]
    assert second[11] == "the number by which you know this record"


def test_a_row_with_several_faults_says_them_all_at_once(library: Library) -> None:
    row = ["TP-2", "TP-A", "", "perhaps", "", "nearly", "2026-12-31"]
    _, line = _cells(_rejected(library, PLAN, _sheet("csv", row)))
    assert line[8] == "client_no; goal; plan_status; goal_status"
    assert line[9] == "REQUIRED_MISSING; REQUIRED_MISSING; NO_CONCEPT; NO_CONCEPT"
    assert line[10].startswith("client_no: a required value is missing; goal: ")
    assert line[11].endswith("goal_status: one of: proposed, active, on hold, achieved, stopped")
    assert line[:7] == row


def test_a_wrong_day_is_told_with_its_pattern(library: Library) -> None:
    header = "milestone_id,client_no,milestone,progress,as_of,employment"
    source = f"{header}\nEM-1,W-1,NOTHING,odd,11/16/2026,XX\n".encode()
    _, line = _cells(_rejected(library, "employment/milestones", source))
    assert line[7] == "milestone; progress; employment"


def test_a_formula_is_harmless_in_the_rejected_file_and_itself_again_when_it_comes_back(
    library: Library,
) -> None:
    content = _rejected(library, PLAN, _sheet("csv", BAD))
    assert b"'=1+1" in content
    assert csv_rows.read_rows(content)[1][0][1][4] == "=1+1"


def test_the_rejected_file_looks_like_the_one_that_was_sent(library: Library) -> None:
    source = b"\xef\xbb\xbf" + _sheet("csv", BAD).replace(b",", b";")
    content = _rejected(library, PLAN, source)
    assert content.startswith(b"\xef\xbb\xbfline_id;plan_no;")
    assert content.count(b"\r\n") == 2


def test_a_row_with_too_many_cells_keeps_them_all(library: Library) -> None:
    source = _sheet("csv", GOOD, [*BAD, "and", "more"])
    content = _rejected(library, PLAN, source)
    line = _cells(content)[1]
    assert line[7:10] == ["3", "", "ROW_TOO_LONG"]
    assert line[12:] == ["and", "more"]
    [record] = translate_all(library.mapping(PLAN), content, partner="p", id_key=b"k", zone=None)
    assert record.refusal is not None
    assert record.refusal.code == "ROW_TOO_LONG"


@pytest.mark.parametrize("kept", [("what is wrong",), REASON_COLUMNS[1:], REASON_COLUMNS[::-1]])
def test_reasons_that_were_moved_or_half_deleted_are_refused_clearly(kept: tuple[str, ...]) -> None:
    source = csv_rows.write_lines([[*HEADER, *kept], [*GOOD, *kept]], b"")
    with pytest.raises(TranslationRefused) as refused:
        csv_rows.read_rows(source)
    assert refused.value.code == "REASONS_CHANGED"
    assert refused.value.place is not None
    assert refused.value.place.startswith("row 1 column what ")


def test_a_column_of_the_agency_named_like_a_reason_is_its_own() -> None:
    source = csv_rows.write_lines([["row", "code"], ["3", "x"]], b"")
    assert csv_rows.read_rows(source) == (["row", "code"], [(2, ["3", "x"])])
    both = csv_rows.write_lines([["row", "code", *REASON_COLUMNS], ["3", "x", *"12345"]], b"")
    assert csv_rows.read_rows(both) == (["row", "code"], [(2, ["3", "x"])])


def test_the_command_takes_the_good_rows_and_writes_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sent.csv").write_bytes(_sheet("csv", GOOD, BAD))
    out = tmp_path / "rejected.csv"
    assert translate(PLAN, str(tmp_path / "sent.csv"), rejected_out=out) == 1
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert [record["ok"] for record in answer["records"]] == [True, False]
    assert answer["resources"]
    assert "1 of 2 rows rejected" in printed.err
    (tmp_path / "again.csv").write_bytes(out.read_bytes().replace(b"nearly", b"active"))
    out.unlink()
    assert translate(PLAN, str(tmp_path / "again.csv"), rejected_out=out) == 0
    assert not out.exists()


def test_rejected_records_of_a_format_without_rows_are_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = FORMATS / "legal_aid/intake/samples/eviction.json"
    assert translate("legal_aid/intake", str(sample), rejected_out=tmp_path / "none") == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "NOT_A_SHEET"


@pytest.mark.parametrize("folder", ["hl7v2/order", str(FORMATS / "hl7v2/order")])
def test_a_layer_is_checked_with_the_mappings_on_it(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_folder(folder) == 0
    said = capsys.readouterr().out
    assert said.startswith("hl7v2/order ")
    assert "a layer: read and checked" in said
    assert "hospital/orm_o01" in said
