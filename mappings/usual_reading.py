"""How the usual form reads a record of each syntax: functions made once for each address, and the leaves they took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from mappings.syntax.csv_rows import CsvAddress, CsvTree
from mappings.syntax.json_tree import JsonAddress, JsonTree

Claims = tuple[Any, ...]
"""Leaves, by what the syntax calls them."""
NO_CLAIMS: Claims = ()


class Record(Protocol):
    """One record, and which of its leaves rows have named."""

    drops: bool
    """Whether anything was dropped."""

    def top(self) -> Any:
        """The scope of the whole record."""
        ...

    def claim(self, claims: Claims) -> None:
        """A row names these leaves."""
        ...

    def drop(self, claims: Claims) -> None:
        """A row drops these leaves."""
        ...

    def dropped(self, claims: Claims) -> bool | None:
        """Whether these leaves are dropped; None when some are."""
        ...

    def is_whole(self, sure: frozenset[str]) -> bool:
        """Whether every leaf is named by a row; the columns in `sure` are by rows that always apply."""
        ...

    def facts(self) -> Mapping[str, str]:
        """Header facts."""
        ...


Spots = Callable[[Any, Any], Sequence[tuple[Any, Claims, Claims]]]
"""(record, scope) -> of each value: its raw form, its leaves, and those by which it was found."""
Head = Callable[[Any, Any], tuple[Any, Claims]]
"""(record, scope) -> the first plain value and its leaf."""
Present = Callable[[Any, Any], tuple[bool, Claims]]
"""(record, scope) -> whether there is a value, and the leaves of all there are."""
Every = Callable[[Any, Any], Claims]
"""(record, scope) -> all leaves at an address."""
Scopes = Callable[[Any, Any], Sequence[Any]]


class Reading(Protocol):
    """Functions for the addresses of one syntax."""

    def column(self, address: Any) -> str:
        """The column whose cell is all there is at an address; "" where there may be more, or elsewhere."""
        ...

    def spots(self, address: Any) -> Spots: ...
    def present(self, address: Any) -> Present: ...
    def head(self, address: Any) -> Head: ...
    def every(self, address: Any) -> Every: ...
    def scopes(self, each: Any) -> Scopes: ...


class Keyed:
    """Leaves that have a key: a column, or a path."""

    __slots__ = ("_dropped", "_named", "drops")

    def __init__(self) -> None:
        self._named: set[Any] = set()
        self._dropped: set[Any] = set()
        self.drops = False

    def claim(self, claims: Claims) -> None:
        """A row names these leaves."""
        self._named.update(claims)

    def drop(self, claims: Claims) -> None:
        """A row drops these leaves."""
        self._dropped.update(claims)
        self._named.update(claims)
        self.drops = True

    def dropped(self, claims: Claims) -> bool | None:
        """Whether these leaves are dropped; None when some are."""
        gone = [claim for claim in claims if claim in self._dropped]
        return None if gone and len(gone) < len(claims) else bool(gone)


class Cells(Keyed):
    """One row of a sheet."""

    __slots__ = ("row", "tree")

    def __init__(self, tree: CsvTree) -> None:
        super().__init__()
        self.tree = tree
        self.row = tree.cells

    def top(self) -> Any:
        """Nothing bound."""
        return None

    def is_whole(self, sure: frozenset[str]) -> bool:
        """Whether every cell that is not blank is named."""
        if self.row.keys() <= sure:
            return True
        return self._named.issuperset([name for name, cell in self.row.items() if cell and name not in sure])

    def facts(self) -> Mapping[str, str]:
        """The row number."""
        return self.tree.facts()


class CellReading:
    """Cells by column."""

    def column(self, address: CsvAddress) -> str:
        """The column."""
        return address.text

    def spots(self, address: CsvAddress) -> Spots:
        """The cell, when not blank."""
        name, claims = address.text, (address.text,)

        def read(record: Cells, scope: Any) -> Sequence[tuple[Any, Claims, Claims]]:
            cell = record.row.get(name)
            return ((cell, claims, NO_CLAIMS),) if cell else ()

        return read

    def present(self, address: CsvAddress) -> Present:
        """Whether the cell is not blank."""
        name, there, absent = address.text, (True, (address.text,)), (False, NO_CLAIMS)
        return lambda record, scope: there if record.row.get(name) else absent

    def head(self, address: CsvAddress) -> Head:
        """The cell."""
        name, claims = address.text, (address.text,)

        def read(record: Cells, scope: Any) -> tuple[Any, Claims]:
            cell = record.row.get(name, "")
            return cell, (claims if cell else NO_CLAIMS)

        return read

    def every(self, address: CsvAddress) -> Every:
        """The cell, blank or not."""
        claims = (address.text,)
        return lambda record, scope: claims

    def scopes(self, each: CsvAddress) -> Scopes:
        """A row has no groups."""
        return lambda record, scope: ()


Path = tuple[str | int, ...]


class Values(Keyed):
    """One JSON object."""

    __slots__ = ("document", "tree")

    def __init__(self, tree: JsonTree) -> None:
        super().__init__()
        self.tree = tree
        self.document = tree.document

    def top(self) -> Any:
        """Nothing bound."""
        return {}

    def is_whole(self, sure: frozenset[str]) -> bool:
        """Whether every scalar but null and "" is named."""
        return self._named.issuperset(leaf_paths(self.document, ()))

    def facts(self) -> Mapping[str, str]:
        """No envelope."""
        return self.tree.facts()


def leaf_paths(value: Any, path: Path) -> list[Path]:
    """The paths of all scalars below a value but null and ""."""
    if value.__class__ is dict:
        return [found for key, inner in value.items() for found in leaf_paths(inner, (*path, key))]
    if value.__class__ is list:
        return [found for number, inner in enumerate(value) for found in leaf_paths(inner, (*path, number))]
    return [] if value is None or value == "" else [path]


class ValueReading:
    """JSON values by path; a scope holds the item of each list that is bound: its path and itself."""

    def column(self, address: JsonAddress) -> str:
        """None."""
        return ""

    def _at(self, address: JsonAddress) -> Callable[[Values, Any], list[tuple[Path, Any]]]:
        steps = address.steps

        def read(record: Values, scope: Any) -> list[tuple[Path, Any]]:
            start = 0
            found: list[tuple[Path, Any]] = [((), record.document)]
            for bound, item in scope.items():
                if len(bound) > start and steps[: len(bound)] == bound:
                    start, found = len(bound), [item]
            for key, all_items in steps[start:]:
                found = [((*p, key), v[key]) for p, v in found if v.__class__ is dict and key in v]
                if all_items:
                    found = [
                        ((*p, n), one) for p, v in found if v.__class__ is list for n, one in enumerate(v)
                    ]
            return found

        return read

    def spots(self, address: JsonAddress) -> Spots:
        """Scalars at the address; for an object or list, each scalar below it."""
        at = self._at(address)

        def read(record: Values, scope: Any) -> Sequence[tuple[Any, Claims, Claims]]:
            found: list[tuple[Any, Claims, Claims]] = []
            for path, value in at(record, scope):
                if value.__class__ in (dict, list):
                    found += [
                        (_below(value, one[len(path) :]), (one,), ()) for one in leaf_paths(value, path)
                    ]
                elif value is not None and value != "":
                    found.append((value, (path,), ()))
            return found

        return read

    def present(self, address: JsonAddress) -> Present:
        """Whether there is any scalar."""
        every = self.every(address)

        def read(record: Values, scope: Any) -> tuple[bool, Claims]:
            found = every(record, scope)
            return bool(found), found

        return read

    def head(self, address: JsonAddress) -> Head:
        """The first scalar at the address, as text."""
        spots = self.spots(address)

        def read(record: Values, scope: Any) -> tuple[Any, Claims]:
            for value, claims, _ in spots(record, scope):
                if value.__class__ is bool:
                    return ("true" if value else "false"), claims
                return str(value), claims
            return "", NO_CLAIMS

        return read

    def every(self, address: JsonAddress) -> Every:
        """All scalars there."""
        at = self._at(address)
        return lambda record, scope: tuple(
            found for path, value in at(record, scope) for found in leaf_paths(value, path)
        )

    def scopes(self, each: JsonAddress) -> Scopes:
        """One scope for each item of the list."""
        at = self._at(each)
        return lambda record, scope: [{**scope, each.steps: item} for item in at(record, scope)]


def _below(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value
