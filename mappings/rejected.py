"""The rejected rows of a sheet as a file that the agency corrects and sends again.

Its columns are those that were sent, and five more behind them: `row` and `column` (where, in the file that was sent),
`code`, `what is wrong` and `what to write instead`. When the corrected file comes back, these five are not read: they
are ours. They come off as a whole or not at all (`syntax/reasons`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mappings.library import Mapping_
from mappings.model import MappingRoomError, TranslatedRecord, TranslationRefused
from mappings.rows import MappingFile, Row, all_groups
from mappings.syntax.csv_rows import CsvTree
from mappings.syntax.reasons import REASON_COLUMNS
from mappings.syntax.sheets import SHEETS
from mappings.translate import interpret

_ADVICE = {
    "CELL_ERROR": "the value itself; the cell holds a spreadsheet error",
    "CELL_MERGED": "the value in each row; take the cells apart",
    "FORMULA_EMPTY": "the value itself instead of a formula",
    "KEY_MISSING": "the number by which you know this record",
    "NUMBER_TOO_LONG": "the number again, in a column formatted as text",
    "REQUIRED_MISSING": "a value; this column may not be empty",
    "ROW_TOO_LONG": "one value a column; the cells behind the last column are too many",
}


def rejected_rows(mapping: Mapping_, source: bytes, records: Sequence[TranslatedRecord]) -> bytes | None:
    """The file of the rows that were refused, in the format of `source`; None when there are none.

    Raises MappingRoomError `NOT_A_SHEET` for a format that has no rows.
    """
    sheet = SHEETS.get(mapping.format)
    if sheet is None:
        message = "rejected rows are written for CSV and XLSX; other records are named under `records`"
        raise MappingRoomError("NOT_A_SHEET", message)
    refused = {record.place: record.refusal for record in records if record.refusal is not None}
    if not refused:
        return None
    header, rows = sheet.read_rows(source, mapping.file.layout)
    lines = [[*header, *REASON_COLUMNS]]
    for number, cells in rows:
        refusal = refused.get(f"row {number}")
        if refusal is None:
            continue
        own = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        faults = _faults(mapping, header, own, number, refusal)
        lines.append([*own, *_reasons(mapping.file, number, faults), *cells[len(header) :]])
    return sheet.write_lines(lines, source, mapping.file.layout)


def _faults(
    mapping: Mapping_, header: list[str], cells: list[str], number: int, refusal: TranslationRefused
) -> list[TranslationRefused]:
    """All that is wrong with a row: each fault is mended with a value that would do, and the row is tried again."""
    found, mended = [refusal], dict(zip(header, cells, strict=True))
    for _ in header:
        column = _column(found[-1])
        if column not in mended:
            break
        mended[column] = _would_do(mapping.file, column)
        make = partial(CsvTree, header, list(mended.values()), number)
        try:
            interpret(mapping, make, "", b"", None, explain=False)
        except TranslationRefused as other:
            if _column(other) in map(_column, found):
                break
            found.append(other)
            continue
        break
    return found


def _column(refusal: TranslationRefused) -> str:
    return (refusal.place or "").partition(" column ")[2]


def _would_do(mapping: MappingFile, column: str) -> str:
    """Some value that the column takes; it goes nowhere."""
    expects = next((row.expects for row in _rows_of(mapping, column) if row.expects), "")
    if expects.startswith("one of: "):
        return expects.removeprefix("one of: ").partition(", ")[0]
    if expects.startswith("a date"):
        pattern = expects.rpartition(" as ")[2] if " as " in expects else "YYYY-MM-DD"
        return pattern.replace("YYYY", "2000").replace("YY", "26").replace("MM", "01").replace("DD", "01")
    return "1"


def _rows_of(mapping: MappingFile, column: str) -> list[Row]:
    return [
        row
        for group in all_groups(mapping.root)
        for row in group.rows
        if any(source.text == column for source in row.sources)
    ]


def _reasons(mapping: MappingFile, number: int, faults: Sequence[TranslationRefused]) -> list[str]:
    """The reason columns; where there are several faults each is said behind its column."""
    columns = [_column(fault) for fault in faults]
    wrong = [fault.message.partition("; one of: ")[0] for fault in faults]
    instead = [_advice(mapping, _column(fault), fault.code) for fault in faults]
    if len(faults) > 1:
        wrong = [f"{column}: {text}" for column, text in zip(columns, wrong, strict=True)]
        instead = [f"{column}: {text}" for column, text in zip(columns, instead, strict=True) if text]
    codes = "; ".join(fault.code for fault in faults)
    return [str(number), "; ".join(columns), codes, "; ".join(wrong), "; ".join(instead)]


def _advice(mapping: MappingFile, column: str, code: str) -> str:
    """What the column takes, as the mapping says it: words of its table, a date by its pattern, a number."""
    found = [_ADVICE[code]] if code in _ADVICE else []
    found += [row.expects for row in _rows_of(mapping, column) if row.expects][:1]
    return "; ".join(found)
