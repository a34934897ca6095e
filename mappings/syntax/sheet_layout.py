"""How a sheet stands in its file, as its mapping says: in which characters, and below which rows its header is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mappings.model import TranslationRefused

CHARSETS = ("utf-8", "windows-1252", "iso-8859-1", "iso-8859-15")
MARK = b"\xef\xbb\xbf"
LOOKED_AT = 50
"""So many rows may stand above the header."""

Rows = Sequence[tuple[int, list[str]]]


class Layout(NamedTuple):
    """`needed`: columns by which the header is known; without any, it is the first row with values."""

    charset: str = "utf-8"
    needed: tuple[str, ...] = ()


PLAIN = Layout()


def decoded(source: bytes, layout: Layout) -> str:
    """The text of a file; a byte order mark counts more than what the mapping says. Raises TranslationRefused
    `CHARSET_WRONG` with the line, and `NOT_TEXT`."""
    marked = source.startswith(MARK)
    charset = "utf-8-sig" if marked else layout.charset
    try:
        text = source.decode(charset)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        message = (
            "the file is not UTF-8; for a csv in the characters of Windows write `charset: windows-1252`"
        )
        if not marked and layout.charset != "utf-8":
            message = f"the file is not {layout.charset}, as its mapping says"
        raise TranslationRefused("CHARSET_WRONG", message, f"row {line}", "102") from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise TranslationRefused("NOT_TEXT", "the file holds control characters", f"row {line}", "102")
    return text


def encoded(text: str, layout: Layout, *, marked: bool = False) -> bytes:
    """The bytes in the characters of the mapping; what these cannot say is written in UTF-8 and marked so."""
    if not marked and layout.charset != "utf-8":
        try:
            return text.encode(layout.charset)
        except UnicodeEncodeError:
            marked = True
    return (MARK if marked else b"") + text.encode("utf-8")


def holds_needed(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a row has every column by which the header is known."""
    return set(layout.needed) <= {cell.strip() for cell in cells}


def below_titles(rows: Rows, layout: Layout) -> Rows:
    """The rows from the header on. Raises TranslationRefused `COLUMN_MISSING` where no row has all that is needed."""
    if not layout.needed:
        return rows
    for at, (_, cells) in enumerate(rows[:LOOKED_AT]):
        if holds_needed(cells, layout):
            return rows[at:]
    number, cells = max(rows[:LOOKED_AT], key=lambda row: len(set(layout.needed) & {*map(str.strip, row[1])}))
    missing = next(name for name in layout.needed if name not in map(str.strip, cells))
    message = f"column `{missing}` is missing: no row has all of {', '.join(layout.needed)}"
    raise TranslationRefused("COLUMN_MISSING", message, f"row {number} column {missing}", "101")


def says_again(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row says the header again, as each page of an export does."""
    return (
        len(cells) == len(names)
        and cells[0].strip() == names[0].strip()
        and [*map(str.strip, cells)] == [*map(str.strip, names)]
    )
