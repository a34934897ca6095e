"""The columns that the gateway puts behind a rejected row, and how they come off when the row is sent again."""

from __future__ import annotations

from collections.abc import Callable

from mappings.model import TranslationRefused

REASON_COLUMNS = ("row", "column", "code", "what is wrong", "what to write instead")
_TELLING = frozenset(REASON_COLUMNS[3:])


def without_reasons(header: list[str], number: int) -> tuple[list[str], Callable[[list[str]], list[str]]]:
    """The header without the reason columns, when they end it as they were written, and what takes them off a row.

    A header that has the telling two in another way is refused, so that no reason is ever taken for a value.
    Raises TranslationRefused `REASONS_CHANGED`.
    """
    length = len(REASON_COLUMNS)
    if tuple(header[-length:]) == REASON_COLUMNS:
        end = len(header) - length
        return header[:end], lambda cells: [*cells[:end], *cells[end + length :]]
    if found := next((name for name in header if name in _TELLING), None):
        message = "keep all five reason columns at the end, or delete them all"
        raise TranslationRefused("REASONS_CHANGED", message, f"row {number} column {found}", "102")
    return header, lambda cells: cells
