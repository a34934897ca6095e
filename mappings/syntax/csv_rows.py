"""CSV with one header row: one record a row, cells addressed by column header. RFC 4180; BOM and `;` understood.

Rows above the header and other characters than UTF-8 are read where the mapping says so (`sheet_layout`); a row that
says the header again is passed over like an empty one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from mappings.model import TranslationRefused
from mappings.syntax.reasons import without_reasons
from mappings.syntax.sheet_layout import (
    LOOKED_AT,
    MARK,
    PLAIN,
    Layout,
    below_titles,
    decoded,
    encoded,
    holds_needed,
    says_again,
)
from mappings.tree import Scope, Spot

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 4_000_000
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class CsvAddress:
    """A column header."""

    text: str


def parse_address(text: str) -> CsvAddress:
    """The address. Raises ValueError when blank."""
    if not text.strip():
        raise ValueError("a column header was expected")
    return CsvAddress(text.strip())


def read_rows(source: bytes, layout: Layout = PLAIN) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and (row number, cells). Raises as `each_row` does."""
    header, rows = each_row(source, layout)
    return header, list(rows)


def each_row(source: bytes, layout: Layout = PLAIN) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Header, and (row number, cells) one after the other: a long file is looked through once before, and never held.

    Raises TranslationRefused `CHARSET_WRONG`, `NOT_TEXT`, `HEADER_WRONG`, `COLUMN_MISSING`, `CSV_WRONG` at once.
    """
    text = decoded(source, layout)
    first = [*islice(_rows_of(text, layout), LOOKED_AT)]
    if '"' in text or len(text) > _LONGEST_CELL:  # where its quotes do not close, no row of it is taken
        deque(_rows_of(text, layout), maxlen=0)
    if not first:
        raise TranslationRefused("HEADER_WRONG", "no header row found", "row 1", "101")
    top, names = below_titles(first, layout)[0]
    header, strip = without_reasons([*map(str.strip, names)], top)
    check_header(header, top)
    below = (row for row in _rows_of(text, layout) if row[0] > top and not says_again(row[1], names))
    return header, ((number, strip(cells)) for number, cells in below)


def all_rows(text: str, layout: Layout = PLAIN) -> list[tuple[int, list[str]]]:
    """Every row that has a value, with its number. Raises TranslationRefused `CSV_WRONG`."""
    return [*_rows_of(text, layout)]


def _rows_of(text: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST_CELL)
    lines = (
        found[0] for found in _LINE.finditer(text)
    )  # a StringIO would hold four bytes for each character
    reader = csv.reader(lines, delimiter=_delimiter(text, layout), strict=True)
    filled = 0
    try:
        for number, cells in enumerate(reader, 1):
            text = "".join(cells)
            if text and not text.isspace():
                filled += 1
                yield number, [*map(_unguarded, cells)] if "'" in text else cells
    except csv.Error:
        message = "the quotes of the file do not close"
        raise TranslationRefused("CSV_WRONG", message, f"row {filled + 1}") from None


def _delimiter(text: str, layout: Layout = PLAIN) -> str:
    """What stands between the cells: as the header has it."""
    for line in text.split("\n", 50)[:50] if layout.needed else ():
        for mark in ",;":
            if holds_needed(cells_of(line, mark), layout):
                return mark
    first = text.split("\n", 1)[0]
    return ";" if first.count(";") > first.count(",") else ","


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line; none where it cannot be read by itself."""
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return []


def check_header(header: Sequence[str], number: int) -> None:
    """Nothing, when every column has its own name. Raises TranslationRefused `HEADER_WRONG`."""
    if "" in header or len(set(header)) != len(header):
        unnamed = [at for at, name in enumerate(header, 1) if not name]
        where = unnamed[:1] or [at for at, name in enumerate(header, 1) if name in header[: at - 1]][:1]
        fault = "has no name" if unnamed else "has the name of an earlier one"
        message = (
            f"column {where[0]} {fault}: every column needs a name of its own in the first row; take a title "
            "or an empty row above the names out of the sheet"
        )
        raise TranslationRefused("HEADER_WRONG", message, f"row {number}", "102")


def read_records(
    source: bytes, layout: Layout = PLAIN
) -> tuple[list[str], Iterator[tuple[int, partial[CsvTree]]]]:
    """Header and, for each row, its number and how its tree is made. Raises as `each_row` does."""
    header, rows = each_row(source, layout)
    return header, ((number, partial(CsvTree, header, cells, number)) for number, cells in rows)


def _replaced(index: int, value: str) -> Any:
    return value


class CsvTree:
    """One row."""

    def __init__(self, header: Sequence[str], cells: Sequence[str], number: int) -> None:
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            message = "more cells than column headers"
            raise TranslationRefused("ROW_TOO_LONG", message, f"row {number}", "102")
        self.cells = dict(zip(header, map(str.strip, cells), strict=False))
        self._number = number

    def leaves(self) -> Mapping[str, str]:
        """Every non-blank cell."""
        return {self._place(name): cell for name, cell in self.cells.items() if cell}

    def _place(self, name: str) -> str:
        return f"row {self._number} column {name}"

    def top(self) -> Scope:
        """Nothing bound."""
        return {}

    def spots(self, address: CsvAddress, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """The cell, when not blank."""
        cell = self.cells.get(address.text, "")
        place = self._place(address.text)
        return [Spot(place, cell, (place,), _replaced)] if cell else []

    def head(self, address: CsvAddress, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The cell."""
        cell = self.cells.get(address.text, "")
        return cell, ((self._place(address.text),) if cell else ())

    def scopes(self, each: CsvAddress, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """A row has no groups."""
        return []

    def expected(self, address: CsvAddress) -> str:
        """Row and column."""
        return self._place(address.text)

    def facts(self) -> Mapping[str, str]:
        """The row number."""
        return {"row": str(self._number)}

    def skeleton(self) -> object:
        """Nothing to keep."""
        return None


def write_rows(header: Sequence[str], rows: Sequence[Mapping[str, str]], layout: Layout = PLAIN) -> bytes:
    """CSV bytes, CRLF, a cell that a spreadsheet would run as a formula made harmless with a leading quote."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(row.get(name, "")) for name in header])
    return encoded(out.getvalue(), layout)


def write_lines(lines: Sequence[Sequence[str]], like: bytes, layout: Layout = PLAIN) -> bytes:
    """Lines of cells as CSV, with the delimiter and byte order mark of another file; formulas made harmless."""
    marked = like.startswith(MARK)
    charset = "utf-8-sig" if marked else layout.charset
    out = io.StringIO()
    writer = csv.writer(out, delimiter=_delimiter(like.decode(charset, "replace"), layout))
    writer.writerows([_harmless(cell) for cell in cells] for cells in lines)
    return encoded(out.getvalue(), layout, marked=marked)


def _unguarded(cell: str) -> str:
    """A cell without the quote that `_harmless` (or a spreadsheet's own export) put before a formula sign."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _harmless(cell: str) -> str:
    if cell.startswith(_FORMULA) and not _plain_number(cell):
        return "'" + cell
    return cell


def _plain_number(cell: str) -> bool:
    return cell[1:].replace(".", "", 1).isdigit()
