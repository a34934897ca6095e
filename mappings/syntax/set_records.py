"""The records of a set of CSV files: which rows belong together by their keys, and each record as a set of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from mappings.model import TranslationRefused
from mappings.syntax import csv_rows
from mappings.syntax.csv_set import (
    Rows,
    SetAddress,
    SetFile,
    SetRow,
    SetRules,
    SetTree,
    pack,
    place_of,
    unpack,
)

Maker = Callable[[], SetTree]


class Part(NamedTuple):
    """A record, or what belongs to none: its place, how its tree is made (or refused), and its own rows as a set."""

    place: str
    make: Maker
    own: Callable[[], bytes]


Headers = dict[str, list[str]]
"""By the name that a file has in this set."""


def read_records(source: bytes, rules: SetRules, needed: Sequence[SetAddress]) -> list[Part]:
    """For each row of the root file its place and how its tree is made; behind them what belongs to no record.

    Raises TranslationRefused when the set cannot be read: `NOT_ZIP`, `FILE_MISSING`, `COLUMN_MISSING`, `FILE_VERSION`.
    """
    found = unpack(source)
    headers: Headers = {}
    columns: dict[str, list[str]] = {}
    rows: dict[str, list[SetRow]] = {file.name: [] for file in rules.files}
    faulty: list[Part] = []
    read: dict[str, list[SetRow]] = {}
    for file in rules.files:
        name = next((one for one in (file.source, *file.older) if one in found), "")
        if name:
            if name not in read:
                headers[name], read[name] = _read(file, name, found[name], faulty)
            columns[file.name], rows[file.name] = headers[name], read[name]
    _check_needed(rules, needed, columns)
    joined = _Joined(rules, rows, frozenset((one.file, one.column) for one in needed))
    records = [
        Part(row.place(""), partial(joined.tree, row), partial(_alone, headers, joined, row))
        for row in rows[rules.files[0].name]
    ]
    records += faulty
    records += joined.orphans(headers)
    for name in sorted(found.keys() - read.keys() - rules.left_out.keys()):
        message = "the mapping does not know this file; nothing of it was read"
        records.append(_refused("FILE_UNKNOWN", message, f"{name}.csv", partial(pack, {})))
    return records


def _alone(headers: Headers, joined: _Joined, root: SetRow) -> bytes:
    """A set that holds what belongs to this row, with the header of each file that is read and of no file left out."""
    lines: dict[str, dict[int, list[str]]] = {name: {} for name in headers}
    for rows in joined.gathered(root)[0].values():
        for row in rows:
            lines[row.file][row.number] = [row.cells.get(name, "") for name in headers[row.file]]
    return pack(
        {
            f"{name}.csv": _written([headers[name], *(cells for _, cells in sorted(found.items()))])
            for name, found in lines.items()
        }
    )


def _written(lines: Sequence[Sequence[str]]) -> bytes:
    """Lines as they are: nobody opens this in a spreadsheet, and a guard would be another value."""
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def _refused(code: str, message: str, place: str, own: Callable[[], bytes]) -> Part:
    return Part(place, partial(_raise, TranslationRefused(code, message, place, "102")), own)


def _one_line(name: str, header: Sequence[str], cells: Sequence[str]) -> bytes:
    return pack({f"{name}.csv": _written([header, cells])})


def _raise(refusal: TranslationRefused) -> SetTree:
    raise refusal


def _read(file: SetFile, name: str, content: bytes, faulty: list[Part]) -> tuple[list[str], list[SetRow]]:
    try:
        header, lines = csv_rows.read_rows(content)
    except TranslationRefused as refusal:
        place = f"{name}.csv" + (f" {refusal.place}" if refusal.place else "")
        raise TranslationRefused(refusal.code, refusal.message, place, refusal.hl7_error_code) from None
    rows = []
    for number, cells in lines:
        if any(cell.strip() for cell in cells[len(header) :]):
            place = place_of(name, number, "")
            own = partial(_one_line, name, header, cells)
            faulty.append(_refused("ROW_TOO_LONG", "more cells than column headers", place, own))
            continue
        filled = {head: cell.strip() for head, cell in zip(header, cells, strict=False) if cell.strip()}
        rows.append(SetRow(name, number, filled))
    column, beginning = file.version
    for row in rows:
        if column and not row.cells.get(column, "").startswith(beginning):
            place = row.place(column)
            message = f"this mapping reads version `{beginning}` of the format"
            raise TranslationRefused("FILE_VERSION", message, place, "102")
    return header, rows


def _check_needed(rules: SetRules, needed: Sequence[SetAddress], headers: Mapping[str, list[str]]) -> None:
    for address in needed:
        if address.file not in headers:
            raise TranslationRefused(
                "FILE_MISSING", "a file of the set is missing", f"{address.file}.csv", "101"
            )
        if address.column not in headers[address.file]:
            place = place_of(address.file, 1, address.column)
            raise TranslationRefused("COLUMN_MISSING", f"column `{address.column}` is missing", place, "101")


class _Joined:
    """Rows by the keys that lead to them."""

    def __init__(self, rules: SetRules, rows: Rows, keys: frozenset[tuple[str, str]]) -> None:
        self.rules = rules
        self.rows = rows
        self.keys = keys
        self.held = frozenset(file.name for file in rules.files if file.owner and rows[file.name])
        self.by_key: dict[str, dict[str, list[SetRow]]] = {}
        for file in rules.files:
            index: dict[str, list[SetRow]] = {}
            for row in rows[file.name] if file.by else ():
                index.setdefault(row.cells.get(file.its, ""), []).append(row)
            self.by_key[file.name] = index

    def tree(self, root: SetRow) -> SetTree:
        """The record of a root row. Raises TranslationRefused `SEVERAL_GIVEN`, `KEYS_DIFFER`, `REQUIRED_MISSING`."""
        record, repeated, twice = self.gathered(root)
        if twice:
            raise TranslationRefused("SEVERAL_GIVEN", "this key comes twice in the file", twice)
        for file in self.rules.files[1:]:
            _check_same(file, record, repeated)
        for name in sorted({name for name, _ in self.keys if not record[name]}):
            file = self.rules.named(name)
            for owner in record[file.owner][:1]:
                message = f"no row of {name} has this key" if file.by in owner.cells else "the key is missing"
                raise TranslationRefused("REQUIRED_MISSING", message, owner.place(file.by), "101")
        return SetTree(record, frozenset(repeated), self.rules, self.held)

    def gathered(self, root: SetRow) -> tuple[dict[str, list[SetRow]], set[str], str]:
        """All that the keys of a root row lead to, the places of keys that repeat their owner's, and the first place at
        which a key comes a second time and must not; empty where none does.
        """
        first = self.rules.files[0].name
        record: dict[str, list[SetRow]] = {first: [root]}
        repeated: set[str] = set()
        twice = ""
        for file in self.rules.files[1:]:
            if file.alone:
                record[file.name] = list(self.rows[file.name])
                continue
            joined: dict[int, SetRow] = {}
            for owner in record.get(file.owner, ()):
                again = self._join(file, owner, joined, repeated)
                twice = twice or again
            record[file.name] = list(joined.values())
        return record, repeated, twice

    def _join(self, file: SetFile, owner: SetRow, found: dict[int, SetRow], repeated: set[str]) -> str:
        key = owner.cells.get(file.by, "")
        rows = self.by_key[file.name].get(key, []) if key else []
        owns = (file.owner, file.by) in self.keys or not file.one
        for row in rows:
            repeated.add(row.place(file.its) if owns else owner.place(file.by))
            found[row.number] = row
        return rows[1].place(file.its) if len(rows) > 1 and file.one else ""

    def orphans(self, headers: Headers) -> Iterator[Part]:
        """A refusal for each row that no record has, by any of the links to its file."""
        root = self.rules.files[0].name
        reached = {root: {row.number for row in self.rows[root]}}
        told: dict[str, tuple[SetFile, set[int]]] = {}
        for file in self.rules.files[1:]:
            owners = [r for r in self.rows.get(file.owner, ()) if r.number in reached.get(file.owner, ())]
            keys = {row.cells.get(file.by, "") for row in owners} - {""}
            numbers = {row.number for row in self.rows[file.name] if row.cells.get(file.its, "") in keys}
            reached[file.name] = numbers
            told.setdefault(file.source, (file, set()))[1].update(numbers)
        for file, numbers in told.values():
            for row in () if file.alone or file.shared else self.rows[file.name]:
                if row.number not in numbers:
                    cells = [row.cells.get(name, "") for name in headers[row.file]]
                    own = partial(_one_line, row.file, headers[row.file], cells)
                    told_of = row.place(file.its)
                    yield _refused("NO_OWNER", f"no row of {file.owner} has this key", told_of, own)


def _check_same(file: SetFile, record: Rows, repeated: set[str]) -> None:
    """A row whose further keys name another record is never taken for this one's."""
    for column in file.also:
        known = {row.cells[column] for row in record[file.owner] if column in row.cells}
        for row in record[file.name]:
            if column not in row.cells:
                continue
            place = row.place(column)
            if known and row.cells[column] not in known:
                raise TranslationRefused("KEYS_DIFFER", "the row names another record than its owner", place)
            if known:
                repeated.add(place)
