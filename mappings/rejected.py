"""The rejected rows of a sheet as a file that the agency corrects and sends again.

Its columns are those that were sent, and five more behind them: `row` and `column` (where, in the file that was sent),
`code`, `what is wrong` and `what to write instead`. When the corrected file comes back, these five are not read: they
are ours. They come off as a whole or not at all (`syntax/reasons`).
"""

from __future__ import annotations

from collections.abc import Sequence

from mappings.library import Mapping_
from mappings.model import MappingRoomError, TranslatedRecord, TranslationRefused
from mappings.rows import MappingFile, all_groups
from mappings.syntax.reasons import REASON_COLUMNS
from mappings.syntax.sheets import SHEETS

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
    header, rows = sheet.read_rows(source)
    lines = [[*header, *REASON_COLUMNS]]
    for number, cells in rows:
        refusal = refused.get(f"row {number}")
        if refusal is None:
            continue
        own = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        lines.append([*own, *_reasons(mapping.file, number, refusal), *cells[len(header) :]])
    return sheet.write_lines(lines, source)


def _reasons(mapping: MappingFile, number: int, refusal: TranslationRefused) -> list[str]:
    column = (refusal.place or "").partition(" column ")[2]
    return [str(number), column, refusal.code, refusal.message, _advice(mapping, column, refusal.code)]


def _advice(mapping: MappingFile, column: str, code: str) -> str:
    """What the column takes, as the mapping says it: words of its table, a date by its pattern, a number."""
    found = [_ADVICE[code]] if code in _ADVICE else []
    for group in all_groups(mapping.root):
        for row in group.rows:
            if row.expects and any(source.text == column for source in row.sources):
                return "; ".join([*found, row.expects])
    return "; ".join(found)
