"""Formats that are a sheet of rows: how each is read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from mappings.syntax import csv_rows, xlsx_rows
from mappings.syntax.csv_rows import CsvTree


class SheetSyntax(NamedTuple):
    """Reading and writing of one format; `write_lines` takes the header as its first line, and a file to look like."""

    read_rows: Callable[[bytes], tuple[list[str], list[tuple[int, list[str]]]]]
    read_records: Callable[[bytes], tuple[list[str], list[tuple[int, partial[CsvTree]]]]]
    write_rows: Callable[[Sequence[str], Sequence[Mapping[str, str]]], bytes]
    write_lines: Callable[[Sequence[Sequence[str]], bytes], bytes]


SHEETS = {
    "csv": SheetSyntax(csv_rows.read_rows, csv_rows.read_records, csv_rows.write_rows, csv_rows.write_lines),
    "xlsx": SheetSyntax(
        xlsx_rows.read_rows, xlsx_rows.read_records, xlsx_rows.write_rows, xlsx_rows.write_lines
    ),
}
