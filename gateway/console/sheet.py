"""A view as a file for a spreadsheet (RFC 4180); what it would take for a formula is made text."""

from __future__ import annotations

import csv
import io

from gateway.console.look import Sheet

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(sheet: Sheet) -> str:
    """The rows under their heads."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(sheet.heads)
    for row in sheet.rows:
        writer.writerow([_safe(str(cell)) for cell in row])
    return written.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
