"""A set of CSV files with keys across them, as one source: a zip, or a folder packed as one (`pack`).

One row of the root file is one record, with the rows of the other files that its keys lead to. A key that only repeats
its owner's says where a row belongs; it is no leaf of its own. What belongs to no record is refused by itself, with its
file and row; the records go on.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from mappings.model import TranslationRefused
from mappings.syntax import csv_rows
from mappings.tree import Scope, Spot

_LARGEST = 256_000_000
_MOST_FILES = 500
_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SetFile:
    """One file of a set. A row belongs to the row of `owner` whose `by` is its own `its`; the root has no owner."""

    name: str
    columns: tuple[str, ...] = ()
    owner: str = ""
    by: str = ""
    its: str = ""
    also: tuple[str, ...] = ()
    """Columns that repeat a key of the record and must be the same."""
    one: bool = False
    """A row of the owner leads to one row at most."""
    shared: bool = False
    """A row may belong to no record (a project without clients)."""
    alone: bool = False
    """No key: its only row belongs to every record."""
    version: tuple[str, str] = ("", "")
    """(column, what it begins with): another version is another mapping."""
    file: str = ""
    """The file, when several links lead to rows of one (telephones of a service and of a place)."""
    older: tuple[str, ...] = ()
    """What earlier versions of the format call the file."""

    @property
    def source(self) -> str:
        """The name of the file."""
        return self.file or self.name


@dataclass(frozen=True, slots=True)
class SetRules:
    """The files of a set, root first, and those that are not read, each with the reason."""

    files: tuple[SetFile, ...]
    left_out: Mapping[str, str]

    def named(self, name: str) -> SetFile:
        """The file with this name. Raises StopIteration."""
        return next(file for file in self.files if file.name == name)


NO_FILES = SetRules((), MappingProxyType({}))
"""The rules of a mapping for any other format."""


class SetAddress(NamedTuple):
    """`Client.DOB`: file and column; `Client`: all its columns."""

    text: str
    file: str
    column: str


class SetRow(NamedTuple):
    """A row: its file, its number there, and its cells that are not blank."""

    file: str
    number: int
    cells: Mapping[str, str]

    def place(self, column: str) -> str:
        """Where a cell stands."""
        return place_of(self.file, self.number, column)


Rows = Mapping[str, Sequence[SetRow]]


def parse_address(text: str) -> SetAddress:
    """The address. Raises ValueError with what is wrong."""
    file, _, column = text.partition(".")
    if not file.strip() or text.endswith("."):
        raise ValueError("not a file and column like `Client.DOB`")
    return SetAddress(text, file.strip(), column.strip())


def place_of(file: str, number: int, column: str) -> str:
    """A place as people write it."""
    return f"{file}.csv row {number}" + (f" column {column}" if column else "")


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip, not compressed; the same files are the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(files):
            package.writestr(zipfile.ZipInfo(name, _SAME_MOMENT), files[name])
    return out.getvalue()


def unpack(source: bytes) -> dict[str, bytes]:
    """The CSV files of a zip by name without folder and ending. Raises TranslationRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as package:
            entries = [entry for entry in package.infolist() if entry.filename.lower().endswith(".csv")]
            if sum(entry.file_size for entry in entries) > _LARGEST or len(entries) > _MOST_FILES:
                raise TranslationRefused("SET_TOO_LARGE", "the file set is too large", None, "102")
            found: dict[str, bytes] = {}
            for entry in entries:
                name = entry.filename.replace("\\", "/").rpartition("/")[2][: -len(".csv")]
                if name in found:
                    message = "two files of the set have one name"
                    raise TranslationRefused("FILE_TWICE", message, f"{name}.csv", "102")
                found[name] = package.read(entry)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, ValueError, OSError, EOFError):
        raise TranslationRefused("NOT_ZIP", "the file set cannot be read as a zip", None, "102") from None
    return found


Maker = Callable[[], "SetTree"]


def read_records(source: bytes, rules: SetRules, needed: Sequence[SetAddress]) -> list[tuple[str, Maker]]:
    """For each row of the root file its place and how its tree is made; behind them what belongs to no record.

    Raises TranslationRefused when the set cannot be read: `NOT_ZIP`, `FILE_MISSING`, `COLUMN_MISSING`, `FILE_VERSION`.
    """
    found = unpack(source)
    headers: dict[str, list[str]] = {}
    rows: dict[str, list[SetRow]] = {file.name: [] for file in rules.files}
    faulty: list[tuple[str, Maker]] = []
    read: dict[str, tuple[list[str], list[SetRow]]] = {}
    for file in rules.files:
        name = next((one for one in (file.source, *file.older) if one in found), "")
        if name:
            if name not in read:
                read[name] = _read(file, name, found[name], faulty)
            headers[file.name], rows[file.name] = read[name]
    _check_needed(rules, needed, headers)
    joined = _Joined(rules, rows, frozenset((one.file, one.column) for one in needed))
    root = rules.files[0].name
    records: list[tuple[str, Maker]] = [(row.place(""), partial(joined.tree, row)) for row in rows[root]]
    records += faulty
    records += joined.orphans()
    for name in sorted(found.keys() - read.keys() - rules.left_out.keys()):
        message = "the mapping does not know this file; nothing of it was read"
        records.append(_refused("FILE_UNKNOWN", message, f"{name}.csv"))
    return records


def _refused(code: str, message: str, place: str) -> tuple[str, Maker]:
    return place, partial(_raise, TranslationRefused(code, message, place, "102"))


def _raise(refusal: TranslationRefused) -> SetTree:
    raise refusal


def _read(
    file: SetFile, name: str, content: bytes, faulty: list[tuple[str, Maker]]
) -> tuple[list[str], list[SetRow]]:
    try:
        header, lines = csv_rows.read_rows(content)
    except TranslationRefused as refusal:
        place = f"{name}.csv" + (f" {refusal.place}" if refusal.place else "")
        raise TranslationRefused(refusal.code, refusal.message, place, refusal.hl7_error_code) from None
    rows = []
    for number, cells in lines:
        if any(cell.strip() for cell in cells[len(header) :]):
            place = place_of(name, number, "")
            faulty.append(_refused("ROW_TOO_LONG", "more cells than column headers", place))
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
        self.by_key: dict[str, dict[str, list[SetRow]]] = {}
        for file in rules.files:
            index: dict[str, list[SetRow]] = {}
            for row in rows[file.name] if file.by else ():
                index.setdefault(row.cells.get(file.its, ""), []).append(row)
            self.by_key[file.name] = index

    def tree(self, root: SetRow) -> SetTree:
        """The record of a root row. Raises TranslationRefused `SEVERAL_GIVEN`, `KEYS_DIFFER`."""
        first = self.rules.files[0].name
        record: dict[str, list[SetRow]] = {first: [root]}
        repeated: set[str] = set()
        for file in self.rules.files[1:]:
            if file.alone:
                record[file.name] = list(self.rows[file.name])
                continue
            joined: dict[int, SetRow] = {}
            for owner in record.get(file.owner, ()):
                self._join(file, owner, joined, repeated)
            record[file.name] = list(joined.values())
        for file in self.rules.files[1:]:
            _check_same(file, record, repeated)
        return SetTree(record, frozenset(repeated), self.rules)

    def _join(self, file: SetFile, owner: SetRow, found: dict[int, SetRow], repeated: set[str]) -> None:
        key = owner.cells.get(file.by, "")
        rows = self.by_key[file.name].get(key, []) if key else []
        if len(rows) > 1 and file.one:
            place = rows[1].place(file.its)
            raise TranslationRefused("SEVERAL_GIVEN", "this key comes twice in the file", place)
        owns = (file.owner, file.by) in self.keys or not file.one
        for row in rows:
            repeated.add(row.place(file.its) if owns else owner.place(file.by))
            found[row.number] = row

    def orphans(self) -> Iterator[tuple[str, Maker]]:
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
                    yield _refused("NO_OWNER", f"no row of {file.owner} has this key", row.place(file.its))


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


def _replaced(index: int, value: str) -> Any:
    return value


class SetTree:
    """One record of a file set."""

    def __init__(self, rows: Rows, repeated: frozenset[str], rules: SetRules) -> None:
        self._rows = rows
        self._repeated = repeated
        self._rules = rules

    def leaves(self) -> Mapping[str, str]:
        """Every cell that is not blank, without the keys that repeat their owner's."""
        return {
            place: cell
            for rows in self._rows.values()
            for row in rows
            for column, cell in row.cells.items()
            if (place := row.place(column)) not in self._repeated
        }

    def top(self) -> Scope:
        """Nothing bound."""
        return {}

    def _picked(self, file: str, scope: Scope) -> Sequence[SetRow]:
        """The bound row, or those that belong to the bound row of the owner, or all."""
        rows = self._rows.get(file, ())
        if file in scope:
            return [rows[scope[file]]]
        return [rows[index] for index in self._within(file, scope)]

    def _within(self, file: str, scope: Scope) -> Sequence[int]:
        rows = self._rows.get(file, ())
        rule = self._rules.named(file) if rows else None
        if rule is None or rule.owner not in scope:
            return range(len(rows))
        key = self._rows[rule.owner][scope[rule.owner]].cells.get(rule.by)
        return [index for index, row in enumerate(rows) if row.cells.get(rule.its) == key]

    def spots(self, address: SetAddress, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """The cell of each row; without a column, every cell of each row."""
        found = []
        for row in self._picked(address.file, scope):
            columns = [address.column] if address.column else row.cells
            for column in columns:
                place = row.place(column)
                if column in row.cells and place not in self._repeated:
                    found.append(Spot(place, row.cells[column], (place,), _replaced))
        return found

    def head(self, address: SetAddress, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first cell; a key that repeats its owner's is read as well."""
        for row in self._picked(address.file, scope):
            if address.column in row.cells:
                place = row.place(address.column)
                return row.cells[address.column], () if place in self._repeated else (place,)
        return "", ()

    def scopes(self, each: SetAddress, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """One scope for each row of the file."""
        return [{**scope, each.file: index} for index in self._within(each.file, scope)]

    def expected(self, address: SetAddress) -> str:
        """File, row and column; the file alone where it has no row for this record."""
        for row in self._picked(address.file, {}):
            return row.place(address.column)
        return f"{address.file}.csv"

    def facts(self) -> Mapping[str, str]:
        """No envelope."""
        return {}

    def skeleton(self) -> object:
        """Which rows the record had, by file, so that they can be written again."""
        return {file: [row.number for row in rows] for file, rows in self._rows.items() if rows}
