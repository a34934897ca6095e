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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from mappings.model import TranslationRefused
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


def _replaced(index: int, value: str) -> Any:
    return value


class SetTree:
    """One record of a file set."""

    def __init__(
        self, rows: Rows, repeated: frozenset[str], rules: SetRules, held: frozenset[str] = frozenset()
    ) -> None:
        self._held = held  # files that have rows, though none may be this record's
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
        """File, row and column; where the file has no row for this record, the key by which its owner looks for one;
        the file alone where it has no row at all."""
        for row in self._picked(address.file, {}):
            return row.place(address.column)
        file = next((one for one in self._rules.files if one.name in self._held & {address.file}), None)
        return self.expected(SetAddress("", file.owner, file.by)) if file else f"{address.file}.csv"

    def facts(self) -> Mapping[str, str]:
        """No envelope."""
        return {}

    def skeleton(self) -> object:
        """Which rows the record had, by file, so that they can be written again."""
        return {file: [row.number for row in rows] for file, rows in self._rows.items() if rows}
