"""How the sheet of a sample stands in its file: its characters, and whether a title stands above its header."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.model import MappingRoomError
from mappings.syntax.csv_rows import all_rows, cells_of
from mappings.syntax.sheet_layout import MARK, PLAIN, Layout, decoded
from mappings.syntax.xlsx_rows import filled_rows

_LOOKED_AT = 20


def guessed_layout(form: str, content: bytes) -> Layout:
    """What its mapping has to say; with the names of the columns where they do not stand in the first row."""
    if form == "xlsx":
        return Layout(needed=_below_titles([cells for _, cells in filled_rows(content)[:_LOOKED_AT]]))
    charset = _charset(content)
    text = decoded(content, Layout(charset))
    lines = text.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    read = ([row for line in lines if any(map(str.strip, row := cells_of(line, mark)))] for mark in ",;")
    return Layout(charset, max(map(_below_titles, read), key=len))


def require_no_title(form: str, content: bytes, layout: Layout) -> None:
    """Raises MappingRoomError `HEADER_WRONG` where a row has more cells than the header, which may be a title then."""
    if layout.needed:
        return
    rows = filled_rows(content) if form == "xlsx" else all_rows(decoded(content, layout))
    width = len([cell for cell in rows[0][1] if cell.strip()]) if rows else 0
    for number, cells in rows[1:]:
        if len([cell for cell in cells if cell.strip()]) > width:
            text = f"row {number} has more cells than row 1: take a title above the column headers out of the sheet"
            raise MappingRoomError("HEADER_WRONG", text, "row 1")


def _charset(content: bytes) -> str:
    for charset in (PLAIN.charset, "windows-1252"):
        try:
            content.decode(charset)
        except UnicodeDecodeError:
            continue
        return charset if not content.startswith(MARK) else PLAIN.charset
    return PLAIN.charset


def _below_titles(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of the columns, where rows with at most half as many cells stand above them; else nothing.

    Names are all different, and none begins with a digit: a longer row of values is no header.
    """
    filled = [tuple(cell.strip() for cell in row if cell.strip()) for row in rows]
    widest = max(map(len, filled), default=0)
    at = next((number for number, names in enumerate(filled) if len(names) == widest), 0)
    names = filled[at] if filled else ()
    fits = len(set(names)) == widest and not any(name[0].isdigit() for name in names)
    return names if at and fits and all(len(row) * 2 <= widest for row in filled[:at]) else ()
