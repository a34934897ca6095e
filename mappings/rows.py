"""A mapping as the engine holds it: roles, rows, groups. Made by `mapping_file`, read by every part of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mappings.lenses import Lens
from mappings.syntax.csv_set import NO_FILES, SetRules
from mappings.syntax.sheet_layout import PLAIN, Layout
from mappings.tree import Address

Verb = Literal["map", "const", "local", "setting", "ref", "carry", "drop"]
"""`map` is from/to/lens; `local` a constant on the agency's side; `setting` a fact of the sending gateway."""

EVERY_ROLE = "*"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an element path; `label` tells apart items of a list that several rows fill together."""

    name: str
    many: bool
    label: str


@dataclass(frozen=True, slots=True)
class Target:
    """An element of the resource of a role."""

    role: str
    steps: tuple[Step, ...]
    type: str

    @property
    def text(self) -> str:
        """As the author wrote it."""
        return ".".join([self.role, *(s.name + (f"[{s.label}]" if s.label else "") for s in self.steps)])


@dataclass(frozen=True, slots=True)
class Condition:
    """A closed condition: present, equals, in (an address and values), or and/or/not (parts)."""

    kind: Literal["present", "in", "and", "or", "not"]
    address: Address | None
    values: tuple[str, ...]
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` counts the rows of the file from 1, `line` is its line."""

    number: int
    line: int
    verb: Verb
    sources: tuple[Address, ...] = ()
    target: Target | None = None
    lens: Lens | None = None
    lens_name: str = ""
    value: Any = None
    role: str = ""
    reason: str = ""
    when: Condition | None = None
    required: bool = False
    codes: Mapping[str, str] | None = None
    """For a `code` row: local code -> FHIR code, as the table says; what is not in it goes through the lens."""
    expects: str = ""
    """What a value may be, in words for the person who writes it."""
    table: str = ""
    """The URL of the ConceptMap that the lens uses."""


@dataclass(frozen=True, slots=True)
class Role:
    """A resource of the record: its type, the key its id comes from (else the record's), and when it exists.

    `same_as` names another role whose ids it shares: with the same key it is the same resource (the merged patient)."""

    name: str
    type: str
    key: tuple[Address, ...]
    when: Condition | None
    same_as: str = ""

    @property
    def named(self) -> str:
        """The role name that its id is made from."""
        return self.same_as or self.name


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that run once (the root) or once for each instance of a repeating group."""

    each: Address | None
    followers: tuple[str, ...]
    key: Address | None
    when: Condition | None
    roles: tuple[Role, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    other_key: Address | None = None
    """The key of an instance that has no `key` (HL7 v2)."""
    of: Target | None = None
    """On the way out: one instance for each item of this list (`plan.activity`), not for each resource."""


@dataclass(frozen=True, slots=True)
class AddresseeRule:
    """Where the sender names the addressee: exactly one instance of `each` for which `when` holds."""

    each: Address
    when: Condition | None
    codes: Address


@dataclass(frozen=True, slots=True)
class Once:
    """A v2 segment of which a record has one at most; one more is refused, but not `behind` one of these segments (the
    orders of prior results, which begin with the patient or the visit of that time); behind one that is `unclear` (an
    allergy alone may begin them, or end the order before) it is refused in any case. Of those with `before`, only what
    stands before one of them is counted. `apart`: each is a record of its own (see `message_parts`)."""

    each: Address
    behind: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class MappingFile:
    """One mapping, parsed and checked."""

    id: str
    version: str
    format: str
    direction: Literal["in", "out", "both"]
    accepts: tuple[str, ...]
    sends: str
    record_key: tuple[Address, ...]
    required: tuple[Address, ...]
    addressee: AddresseeRule | None
    root: Group
    file: str
    content_hash: str
    types: Mapping[str, str]
    columns: tuple[str, ...] = ()
    once: tuple[Once, ...] = ()
    other_keys: tuple[tuple[Address, ...], ...] = ()
    """Keys for a record without the first value of `record_key`: the first of these whose own first value is there."""
    files: SetRules = NO_FILES
    """The files of a set (format `csv_set`), root first."""
    root_type: str = ""
    """The type of resource that is a record (format `fhir`)."""
    page: str = ""
    """The list of records of an answer that comes in pages (format `json`)."""
    layout: Layout = PLAIN
    """How a sheet of records stands in its file (formats `csv` and `xlsx`)."""
    filled_on: frozenset[int] = frozenset()
    """Numbers of rows whose value another row writes into: each record needs one of its own."""


def all_groups(group: Group) -> list[Group]:
    """The group and every group inside it."""
    found = [group]
    for inner in group.groups:
        found += all_groups(inner)
    return found


def groups_fault(groups: Iterable[Group]) -> tuple[str, str] | None:
    """What is wrong with the roles of groups side by side: code and text."""
    if name := _second_person(groups):
        text = f"role `{name}` makes several people of one record: a record is one person's (see `record: {{of: …}}`)"
        return "SEVERAL_PEOPLE", text
    if name := _role_in_two_sets(groups):
        text = (
            f"role `{name}` stands in several groups: they need the same roles, else two resources get one id"
        )
        return "ROLE_TWICE", text
    return None


def _role_in_two_sets(groups: Iterable[Group]) -> str:
    """A role of several groups that has other roles beside it in one than in another; empty where there is none.

    Instances are counted by all roles of their group, so two of them would get one id.
    """
    seen: dict[str, tuple[str, ...]] = {}
    for group in groups:
        names = tuple(role.name for role in group.roles)
        for name in names:
            if seen.setdefault(name, names) != names:
                return name
    return ""


def _second_person(groups: Iterable[Group]) -> str:
    """A Patient role of a group, of which one record would have several; empty where there is none."""
    return next((role.name for one in groups for role in one.roles if role.type == "Patient"), "")


def inner_roles(group: Group) -> frozenset[str]:
    """The names of the roles of the groups within a group."""
    return frozenset(role.name for inner in all_groups(group)[1:] for role in inner.roles)


def rows_filled_on(root: Group) -> frozenset[int]:
    """The numbers of rows into whose element another row writes (`task.code` and `task.code.text`). What they place may
    be shared between records (a constant, a remembered concept), so it must be copied first."""
    rows = [row for group in all_groups(root) for row in group.rows if row.target is not None]
    below = {
        (row.target.role, tuple(names[:depth]))
        for row in rows
        if row.target is not None
        for names in [[step.name for step in row.target.steps]]
        for depth in range(1, len(names))
    }
    of_every = {names for role, names in below if role == EVERY_ROLE}
    of_any = {names for _, names in below}
    return frozenset(
        row.number
        for row in rows
        if row.target is not None
        for names in [tuple(step.name for step in row.target.steps)]
        if (row.target.role, names) in below
        or names in (of_any if row.target.role == EVERY_ROLE else of_every)
    )
