"""What a rendering knows of its mapping before it sees any resource: worked out once for each mapping.

Which rows may write at all, which constants tell the items of a list apart, who plays a role and by which reference it
is found. Nothing of a record is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mappings.lenses import Backward
from mappings.rows import EVERY_ROLE, Condition, Group, MappingFile, Row, Target, all_groups
from mappings.unfit import Unfit

Names = tuple[str, ...]
_TELLING = ("code", "linkId")


class Constant(NamedTuple):
    """What a constant says of a list item, a role or a group."""

    item: Names
    """The way to the item."""
    rest: Names
    """The way from there."""
    value: Any


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as a rendering needs it; `address` is the first of its sources."""

    row: Row
    verb: str
    address: Any
    role: str
    names: Names
    many: bool
    value: Any
    telling: tuple[Constant, ...]
    """What the labelled items around the value say, each of which must hold."""
    itself: tuple[Any, ...]
    """Values of the same list that unconditional constants of the root say themselves."""
    said: tuple[tuple[Any, Condition | None], ...]
    """Values that constants of the same element say, and when."""
    only: Condition | None
    """For a constant: the one value of the agency's side on which it hangs."""
    when: Condition | None
    required: bool
    backward: Backward
    """The agency's form of a value. Raises Unfit, KeyError or TypeError where it has none."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A `ref` row: the role that is named and its type, the role that names it, and where."""

    role: str
    type: str
    by: str
    names: Names
    again: bool = False
    """Whether what it finds may lead on by a row that stands before it."""


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A group with its rows in the order in which they are written, and how its instances are found."""

    group: Group
    rows: tuple[PlannedRow, ...]
    """Values, then facts of the sender, then constants of the agency's side."""
    accounts: tuple[PlannedRow, ...]
    """Constants and references of the resources, of which only those ask who wants to know what has no local home;"""
    accounts_now: tuple[PlannedRow, ...]
    """and those of elements that a row may still write elsewhere."""
    conditions: tuple[PlannedRow, ...]
    of: Names
    groups: tuple[PlannedGroup, ...]
    first: str
    """The role that has one resource for each instance; "" where there is none."""
    companions: frozenset[str]
    """All roles of the group but the first."""
    references: tuple[Reference, ...]
    within: tuple[Reference, ...]
    """Rows anywhere that name the first role."""
    constants: tuple[Constant, ...]
    """`category` and `type` of the first role."""
    number: int
    """The number of the first row; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """All that is known of one mapping."""

    root: PlannedGroup
    references: tuple[Reference, ...]
    codes: dict[str, Any]
    """The constant `code` of each role whose type other roles have too."""
    anchors: tuple[tuple[str, str], ...]
    """Roles (and their types) that are found without any reference."""
    top: frozenset[str]
    alike: dict[str, tuple[PlannedGroup, ...]]
    """First role -> the groups that write it, where there are several."""
    kinds: frozenset[str]


def _no_way_back(value: Any) -> Any:
    raise Unfit("NO_LENS", "the row has no way back")


def names_of(target: Target | None) -> Names:
    """The element names on the way to a target."""
    return tuple(step.name for step in target.steps) if target is not None else ()


def plan_of(mapping: MappingFile) -> RenderPlan:
    """The plan of one mapping."""
    return _Planner(mapping).plan()


class _Planner:
    """Works out the plan of one mapping."""

    def __init__(self, mapping: MappingFile) -> None:
        self.mapping = mapping
        self.groups = all_groups(mapping.root)
        self.all_rows = [row for group in self.groups for row in group.rows]
        found = [self.reference(row) for row in self.all_rows if row.verb == "ref" and row.target]
        self.references = tuple(
            replace(one, again=any(other.by == one.role for other in found[: number + 1]))
            for number, one in enumerate(found)
        )

    def plan(self) -> RenderPlan:
        """The plan."""
        root = self.group(self.mapping.root)
        kinds, codes = list(self.mapping.types.values()), self.constant_codes()
        pointed = {row.role for row in self.references}
        anchors = tuple(
            (role, kind)
            for role, kind in self.mapping.types.items()
            if kinds.count(kind) == 1 or (role in codes and role not in pointed)
        )
        top = frozenset(role.name for role in self.mapping.root.roles)
        planned = _all_planned(root)
        alike = {
            one.first: tuple(other for other in planned if other.first == one.first)
            for one in planned
            if one.first
        }
        alike = {name: groups for name, groups in alike.items() if len(groups) > 1}
        return RenderPlan(root, self.references, codes, anchors, top, alike, frozenset(kinds))

    def constant_codes(self) -> dict[str, Any]:
        """The constant `code` of each role whose type other roles have too."""
        kinds = list(self.mapping.types.values())
        return {
            row.target.role: row.value
            for row in self.all_rows
            if row.verb == "const" and row.target is not None and row.when is None
            if names_of(row.target) == ("code",)
            if kinds.count(self.mapping.types[row.target.role]) > 1
        }

    def reference(self, row: Row) -> Reference:
        """One `ref` row."""
        by = row.target.role if row.target is not None else ""
        return Reference(row.role, self.mapping.types[row.role], by, names_of(row.target))

    def group(self, group: Group) -> PlannedGroup:
        """One group and those within it."""
        roles = [role.name for role in group.roles]
        first = roles[0] if roles else ""
        written = [row for verb in ("map", "setting", "local") for row in group.rows if row.verb == verb]
        accounts = [row for row in group.rows if row.verb in ("const", "ref") and row.target]
        return PlannedGroup(
            group,
            tuple(self.row(row) for row in written if _may_write(row)),
            tuple(self.row(row) for row in accounts if not self.may_follow(group, row)),
            tuple(self.row(row) for row in accounts if self.may_follow(group, row)),
            tuple(self.row(row) for row in group.rows if _hangs_on_one(row)),
            names_of(group.of),
            tuple(self.group(inner) for inner in group.groups),
            first,
            frozenset(roles[1:]),
            tuple(self.reference(row) for row in group.rows if row.verb == "ref" and row.target),
            tuple(row for row in self.references if row.role == first),
            _kinds_said(group, first),
            group.rows[0].number if group.rows else 0,
        )

    def may_follow(self, group: Group, account: Row) -> bool:
        """Whether a row may read the element of a constant or reference behind it; all of a document are looked at."""
        if self.mapping.format == "ccda":
            return True
        wanted = account.target.role if account.target else "", names_of(account.target)
        return any(
            row.verb == "map" and row.target and (row.target.role, names_of(row.target)) == wanted
            for other in self.groups
            if other is not self.mapping.root or group is not self.mapping.root
            for row in other.rows
        )

    def row(self, row: Row) -> PlannedRow:
        """One row."""
        target = row.target
        consts = [other for other in self.all_rows if other.verb == "const" and other.target is not None]
        many = target is not None and target.steps[-1].many
        unconditional = [
            other for other in self.mapping.root.rows if other.verb == "const" and not other.when
        ]
        same = [other for other in consts if other.target == target]
        return PlannedRow(
            row,
            row.verb,
            row.sources[0] if row.sources else None,
            target.role if target is not None else "",
            names_of(target),
            many,
            row.value,
            tuple(self.telling(target, consts)) if row.verb == "map" and target is not None else (),
            tuple(other.value for other in unconditional if many and other.target == target),
            tuple((other.value, other.when) for other in same) if row.verb == "map" else (),
            row.when if _hangs_on_one(row) else None,
            row.when,
            row.required,
            row.lens.backward if row.lens is not None and row.lens.backward is not None else _no_way_back,
        )

    def telling(self, target: Target, consts: Sequence[Row]) -> list[Constant]:
        """What the `code` or `linkId` of each labelled item around a target must be."""
        steps = target.steps
        labelled = {at for at in range(1, len(steps) + 1) if steps[at - 1].label}
        found: list[Constant] = []
        for other in consts if labelled else ():
            theirs = other.target
            if theirs is None or theirs.role != target.role or theirs.steps[-1].name not in _TELLING:
                continue
            depth = next((at for at in range(len(theirs.steps), 0, -1) if theirs.steps[at - 1].label), 0)
            if depth in labelled and theirs.steps[:depth] == steps[:depth]:
                names = names_of(theirs)
                found.append(Constant(names[:depth], names[depth:], other.value))
        return found


def _all_planned(group: PlannedGroup) -> list[PlannedGroup]:
    return [group, *(one for inner in group.groups for one in _all_planned(inner))]


def _may_write(row: Row) -> bool:
    """Whether a row can ever write; several sources together and labels of everything have no way back."""
    if row.verb != "map":
        return True
    if row.target is None or row.lens is None or row.target.role == EVERY_ROLE or len(row.sources) > 1:
        return False
    return row.required or row.lens.backward is not None


def _hangs_on_one(row: Row) -> bool:
    """Whether a constant of a resource hangs on one value of the agency's side."""
    return row.verb == "const" and row.target is not None and row.when is not None and row.when.kind == "in"


def _kinds_said(group: Group, role: str) -> tuple[Constant, ...]:
    """What the constants of a group say of the `category` and `type` of its first role."""
    return tuple(
        Constant((), names_of(row.target), row.value)
        for row in group.rows
        if row.verb == "const" and row.target is not None and row.target.role == role and row.when is None
        if names_of(row.target) in (("category",), ("type",))
    )
