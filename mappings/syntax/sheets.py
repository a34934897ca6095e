"""Formats that are a sheet of rows: how each is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from mappings.syntax import csv_rows, xlsx_rows
from mappings.syntax.csv_rows import CsvTree


class SheetSyntax(NamedTuple):
    """Reading and writing of one format; `write_lines` takes the header as its first line, and a file to look
    like. Each takes a `Layout` last."""

    read_rows: Callable[..., tuple[list[str], list[tuple[int, list[str]]]]]
    each_row: Callable[..., tuple[list[str], Iterable[tuple[int, list[str]]]]]
    read_records: Callable[..., tuple[list[str], Iterable[tuple[int, partial[CsvTree]]]]]
    write_rows: Callable[..., bytes]
    write_lines: Callable[..., bytes]


SHEETS = {
    "csv": SheetSyntax(
        csv_rows.read_rows,
        csv_rows.each_row,
        csv_rows.read_records,
        csv_rows.write_rows,
        csv_rows.write_lines,
    ),
    "xlsx": SheetSyntax(
        xlsx_rows.read_rows,
        xlsx_rows.read_rows,
        xlsx_rows.read_records,
        xlsx_rows.write_rows,
        xlsx_rows.write_lines,
    ),
}
