"""XLSX: the first visible sheet as rows, exactly like CSV. Cells become the text a person typed or reads.

A date cell is an ISO date, a date with a time is an ISO time without zone (none is invented), a whole number has no
`.0`, a formula is its stored result. What a sheet cannot say truly refuses its row: a formula without result, an error
value, a cell merged downwards, a number of more than 15 digits (spreadsheets round those).
Source: ECMA-376 part 1, 18.3 (worksheets); values are read by python-calamine, an optional dependency (`files`).
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from mappings.model import MappingRoomError, TranslationRefused
from mappings.syntax.csv_rows import CsvTree, check_header
from mappings.syntax.reasons import without_reasons
from mappings.syntax.sheet_layout import PLAIN, Layout, below_titles, says_again

Rows = list[tuple[int, list[str]]]

_LARGEST = 256_000_000
_MOST_CELLS = 5_000_000
_LONGEST_NUMBER = 10**15
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,9})(\d{1,12})[\"']")
_LETTERS = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,9})")
_DIGITS = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]{0,9}(\d{1,12})")
_HIDDEN_PLACE = re.compile(rb"\br\s*=\s*[\"'][^\"'>]*&")
_BROKEN = re.compile(
    rb"<(?:\w+:)?c\b(?P<error>[^<>]*\bt\s*+=\s*+[\"']e[\"'][^<>]*)>"
    rb"|<(?:\w+:)?c\b(?P<empty>[^<>]*)>\s*+<(?:\w+:)?f\b[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*+"
    rb"(?:<(?:\w+:)?v\s*+/>|<(?:\w+:)?v>\s*+</(?:\w+:)?v>)?\s*+</(?:\w+:)?c>"
)
"""What stops at `<` and does not go back over blanks takes linear time, whatever is sent."""
_SHEET_TAG = re.compile(r"<(?:\w+:)?sheet\b[^<>]*+>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*+>")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Header, (row number, cells), and why a row cannot be read, by row number."""

    header: list[str]
    rows: Rows
    faults: Mapping[int, TranslationRefused]

    def tree(self, number: int, cells: Sequence[str]) -> CsvTree:
        """One row. Raises TranslationRefused with its row and column."""
        if number in self.faults:
            raise self.faults[number]
        return CsvTree(self.header, cells, number)


def read_rows(source: bytes, layout: Layout = PLAIN) -> tuple[list[str], Rows]:
    """Header and (row number, cells). Raises TranslationRefused as `read_sheet` does."""
    sheet = read_sheet(source, layout)
    return sheet.header, sheet.rows


def read_records(
    source: bytes, layout: Layout = PLAIN
) -> tuple[list[str], list[tuple[int, partial[CsvTree]]]]:
    """Header and, for each row, its number and how its tree is made."""
    sheet = read_sheet(source, layout)
    return sheet.header, [(number, partial(sheet.tree, number, cells)) for number, cells in sheet.rows]


def read_sheet(source: bytes, layout: Layout = PLAIN) -> Sheet:
    """The first visible sheet that has values.

    Raises TranslationRefused `NOT_XLSX`, `SHEET_TOO_LARGE`, `SEVERAL_SHEETS`, `HEADER_WRONG`, `COLUMN_MISSING`.
    """
    parts = _parts(source)
    name, grid, merged = _values(source)
    filled = _filled(grid)
    (top, names), *rest = below_titles(filled, layout)
    header = [cell.strip() for cell in names]
    while header and not header[-1]:
        header.pop()
    header, strip = without_reasons(header, top)
    check_header(header, top)
    known = {number: strip(cells) for number, cells in rest if not says_again(cells, names)}
    broken = _broken_cells(_part_of(parts, name))
    for row, *_ in broken:
        known.setdefault(row, [])
    faults: dict[int, TranslationRefused] = {}
    for row, column, code, message in (*broken, *_merged_cells(merged, known), *_long_numbers(grid)):
        place = f"row {row} column {header[column]}" if column < len(header) else f"row {row}"
        faults.setdefault(row, TranslationRefused(code, message, place, "102"))
    return Sheet(header, sorted((n, cells) for n, cells in known.items() if n > top), faults)


def filled_rows(source: bytes) -> Rows:
    """Every row that has a value, as `read_sheet` sees them before it knows the header. Raises as that does."""
    _parts(source)
    return _filled(_values(source)[1])


def _filled(grid: Sequence[Sequence[Any]]) -> Rows:
    texts = [(number, [_text(cell) for cell in cells]) for number, cells in enumerate(grid, 1)]
    filled = [(number, cells) for number, cells in texts if any(cell.strip() for cell in cells)]
    if not filled:
        raise TranslationRefused("HEADER_WRONG", "no header row found", "row 1", "101")
    return filled


def _no_sheet() -> TranslationRefused:
    return TranslationRefused("NOT_XLSX", "the file cannot be read as an XLSX workbook", None, "102")


def _parts(source: bytes) -> dict[str, bytes]:
    """The XML parts that are looked at before the sheet is read. Refuses what would take too much memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as package:
            if sum(entry.file_size for entry in package.infolist()) > _LARGEST:
                raise TranslationRefused("SHEET_TOO_LARGE", "the workbook is too large", None, "102")
            wanted = [n for n in package.namelist() if n.startswith(("xl/worksheets/", "xl/workbook.xml"))]
            wanted += [n for n in package.namelist() if n == "xl/_rels/workbook.xml.rels"]
            parts = {name: package.read(name) for name in wanted if not name.endswith("/")}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError):
        raise _no_sheet() from None
    except (RuntimeError, ValueError):
        raise _no_sheet() from None
    if "xl/workbook.xml" not in parts or any(b"<!DOCTYPE" in part for part in parts.values()):
        raise _no_sheet()
    for part in parts.values():
        _check_area(part)
    return parts


def _check_area(part: bytes) -> None:
    """A sheet is held as a full grid: one stray cell far away would make it huge."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff") or _HIDDEN_PLACE.search(part):
        raise _no_sheet()
    widest = max((_column(letters) + 1 for letters in set(_LETTERS.findall(part))), default=1)
    tallest = max(map(int, set(_DIGITS.findall(part))), default=1)
    if widest * tallest > _MOST_CELLS:
        raise TranslationRefused("SHEET_TOO_LARGE", "the sheet has cells too far from its first", None, "102")


def _column(letters: bytes) -> int:
    """A -> 0, Z -> 25, AA -> 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return max(number - 1, 0)


def _values(source: bytes) -> tuple[str, list[list[Any]], Sequence[Any]]:
    """Name, cells from A1 on and merged ranges of the only visible sheet that has values."""
    try:
        import python_calamine as calamine
    except ImportError:
        message = "XLSX needs the optional dependency `files`"
        raise MappingRoomError("XLSX_NOT_INSTALLED", message) from None
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source))
        shown = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible
            and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        sheets = [book.get_sheet_by_name(name) for name in shown]
        filled = [sheet for sheet in sheets if sheet.height] or sheets[:1]
        grids = [sheet.to_python(skip_empty_area=False) for sheet in filled[:1]]
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, calamine.PasswordError):
        raise _no_sheet() from None
    except (calamine.WorksheetNotFound, OSError, ValueError):
        raise _no_sheet() from None
    if not filled:
        raise _no_sheet()
    if len(filled) > 1:
        raise TranslationRefused("SEVERAL_SHEETS", "values stand on several visible sheets; keep one", None)
    return filled[0].name, grids[0], filled[0].merged_cell_ranges or ()


def _text(value: Any) -> str:
    """A cell as the text a person would type."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        exact = Decimal(repr(value))
        return str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")
    if isinstance(value, (datetime, time)):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value)


def _part_of(parts: Mapping[str, bytes], name: str) -> bytes:
    """The XML of a sheet; of all sheets when its part cannot be told."""
    book = parts["xl/workbook.xml"].decode("utf-8", "replace")
    relations = parts.get("xl/_rels/workbook.xml.rels", b"").decode("utf-8", "replace")
    for tag in _SHEET_TAG.findall(book):
        if _attribute(tag, "name") != escape(name, {'"': "&quot;"}):
            continue
        for relation in _RELATION.findall(relations):
            if _attribute(relation, "Id") == _attribute(tag, "id"):
                target = _attribute(relation, "Target").removeprefix("/xl/")
                return parts.get(f"xl/{target}", b"")
    return b"".join(part for path, part in parts.items() if path.startswith("xl/worksheets/"))


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"[\s:]{name}\s*=\s*[\"']([^\"']*)[\"']", tag)
    return found[1] if found else ""


def _broken_cells(part: bytes) -> list[tuple[int, int, str, str]]:
    """(row, column, code, message) of cells with an error value or a formula that was never worked out."""
    found = []
    for match in _BROKEN.finditer(part):
        place = _PLACE.search(match["error"] or match["empty"] or b"")
        if place is None:
            raise _no_sheet()
        code, message = ("CELL_ERROR", "the cell holds an error value")
        if match["error"] is None:
            code, message = ("FORMULA_EMPTY", "the formula has no stored result")
        found.append((int(place[2]), _column(place[1]), code, message))
    return found


def _merged_cells(merged: Sequence[Any], rows: Collection[int]) -> list[tuple[int, int, str, str]]:
    """Rows below the first of a cell merged downwards: whose value it is cannot be known."""
    message = "the cell is merged with the one above; write the value in each row"
    last = max(rows, default=0)
    return [
        (row + 1, start[1], "CELL_MERGED", message)
        for start, end in merged
        for row in range(start[0] + 1, min(end[0] + 1, last))
        if row + 1 in rows
    ]


def _long_numbers(grid: Sequence[Sequence[Any]]) -> list[tuple[int, int, str, str]]:
    message = "a spreadsheet rounds numbers of more than 15 digits; format the column as text"
    return [
        (number, column, "NUMBER_TOO_LONG", message)
        for number, cells in enumerate(grid, 1)
        for column, cell in enumerate(cells)
        if isinstance(cell, (int, float)) and abs(cell) >= _LONGEST_NUMBER
    ]


_TYPES = "application/vnd.openxmlformats-"
_FIXED_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Default Extension="rels" ContentType="{_TYPES}package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_TYPES}officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def write_rows(header: Sequence[str], rows: Sequence[Mapping[str, str]], layout: Layout = PLAIN) -> bytes:
    """A workbook of one sheet, every cell a text (so nothing runs as a formula); the same rows are the same bytes."""
    return write_lines([list(header), *([row.get(name, "") for name in header] for row in rows)])


def write_lines(lines: Sequence[Sequence[str]], like: bytes = b"", layout: Layout = PLAIN) -> bytes:
    """Lines of cells as a workbook of one sheet."""
    body = "".join(
        f'<row r="{number}">{_cells(cells, number)}</row>' for number, cells in enumerate(lines, 1)
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData></worksheet>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, text in {**_FIXED_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), _HEAD + text)
    return out.getvalue()


def _cells(cells: Sequence[str], row: int) -> str:
    return "".join(
        f'<c r="{_letters(column)}{row}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(_ILLEGAL.sub('�', cell))}</t></is></c>"
        for column, cell in enumerate(cells)
        if cell
    )


def _letters(column: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
