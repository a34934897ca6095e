"""Rows as aligned text, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], out: TextIO | None = None) -> None:
    """Print `rows` under `heads`, each column as wide as its longest cell."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip(), file=out)
