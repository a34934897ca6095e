"""Writing a set of CSV files: rows by file, keys filled in where one record has one value for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mappings.model import Issue
from mappings.syntax import csv_rows
from mappings.syntax.csv_set import SetAddress, SetRules, pack
from mappings.writing import Slot

_PLACE = re.compile(r"^(.+)\.csv row (\d+) column (.+)$", re.DOTALL)


class SetBuilder:
    """The rows of one record, by file."""

    def __init__(self) -> None:
        self.files: dict[str, list[dict[str, str]]] = {}
        self.unwritten: list[Issue] = []

    def open(self, each: SetAddress, slot: Slot) -> Slot:
        """One more row of a file."""
        row: dict[str, str] = {}
        self.files.setdefault(each.file, []).append(row)
        return {**(slot or {}), each.file: row}

    def _row(self, address: SetAddress, slot: Slot, create: bool) -> dict[str, str]:
        if address.file in (slot or {}):
            bound: dict[str, str] = slot[address.file]
            return bound
        rows = self.files.get(address.file, [])
        if not rows and create:
            self.files[address.file] = rows = [{}]
        return rows[0] if rows else {}

    def add(self, address: SetAddress, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write a cell."""
        row = self._row(address, slot, create=True)
        if row.get(address.column):
            return False
        row[address.column] = str(value)
        return True

    def head(self, address: SetAddress, slot: Slot) -> str:
        """The cell."""
        return self._row(address, slot, create=False).get(address.column, "")

    def holds(self, address: SetAddress, value: Any, slot: Slot) -> bool:
        """Whether the cell is this text."""
        return self._row(address, slot, create=False).get(address.column) == str(value)

    def overlay(self, complement: Mapping[str, Any], rules: SetRules) -> None:
        """Put carried cells where they were, and rows that were carried whole."""
        kept: dict[tuple[str, int], dict[str, str]] = {}
        for place, raw in {**complement.get("carried", {}), **complement.get("unmapped", {})}.items():
            found = _PLACE.match(place)
            if found is not None:
                kept.setdefault((found[1], int(found[2])), {})[found[3]] = str(raw)
        for name, numbers in (complement.get("order") or {}).items():
            own = rules.named(name).columns[:1]
            left = iter(self.files.get(name, []))
            rows = []
            for number in numbers:
                cells = kept.get((name, number), {})
                whole = any(column in cells for column in own)
                row = {} if whole else next(left, {})
                rows.append({**cells, **row})
            self.files[name] = [*rows, *left]

    def content(self, rules: SetRules) -> bytes:
        """The files that have a row, as one zip. A row without its own key (its first column) is not written."""
        files: dict[str, list[dict[str, str]]] = {}
        for file in rules.files:
            rows = [row for row in self.files.get(file.name, ()) if row]
            files[file.name] = [row for row in rows if row.get(file.columns[0])]
            if len(files[file.name]) < len(rows):
                message = f"a row without `{file.columns[0]}` is not written"
                self.unwritten.append(Issue("NO_LOCAL_HOME", "I", f"{file.name}.csv", message))
        for column in {key for file in rules.files for key in (file.by, *file.also) if key}:
            known = {row[column] for rows in files.values() for row in rows if row.get(column)}
            for file in rules.files if len(known) == 1 else ():
                for row in files[file.name] if column in file.columns else ():
                    row.setdefault(column, *known)
        return pack(
            {
                f"{file.name}.csv": csv_rows.write_rows(file.columns, files[file.name])
                for file in rules.files
                if files[file.name]
            }
        )
