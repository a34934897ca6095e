"""A view as a file for a spreadsheet (RFC 4180); what it would take for a formula is made text.

A long one is made, recorded and sent in parts, so that no part keeps the gateway from its messages for long.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from urllib.parse import urlencode

from gateway.console.look import Sheet

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


MOST_PARTS = 200


def csv_text(sheet: Sheet, *, is_first: bool = True) -> str:
    """The rows, of a first part under their heads."""
    written = io.StringIO()
    writer = csv.writer(written)
    if is_first:
        writer.writerow(sheet.heads)
    for row in sheet.rows:
        writer.writerow([_safe(str(cell)) for cell in row])
    return written.getvalue()


def goes_on(place: Mapping[str, str]) -> str:
    """The last line of a file that does not hold all of the view."""
    return f"the view goes on: ask again with {urlencode(place)}\r\n"


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
