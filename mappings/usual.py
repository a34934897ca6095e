"""The usual record: rows of a mapping that were looked at once, and then run without lineage, places or account.

For sheets, JSON and C-CDA documents, where HL7 v2 has generated Python (`compile`). It gives just what the interpreter
gives for a record without anything unusual; at the first unusual thing (a value outside its lens, a required one that is
missing, a leaf that no row names) it raises Suspect or Unfit, and the interpreter runs and says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mappings.compiled_parts import Suspect
from mappings.envelope import kinds_of
from mappings.ids import IdsOf
from mappings.instances import Interpreted
from mappings.model import Account, Accounting
from mappings.rows import Group, MappingFile, Role, Row
from mappings.syntax.ccda_tree import CcdaTree
from mappings.syntax.csv_rows import CsvTree
from mappings.syntax.json_tree import JsonTree
from mappings.times import Zone
from mappings.tree import Tree
from mappings.usual_conditions import condition
from mappings.usual_document import Document, ElementReading
from mappings.usual_reading import (
    NO_CLAIMS,
    CellReading,
    Cells,
    Claims,
    Head,
    Present,
    Reading,
    Record,
    Scopes,
    ValueReading,
    Values,
)
from mappings.usual_rows import NotUsual, Rows
from mappings.usual_run import Do, Made, Opened, Run

_NOTHING = Account({}, (), Accounting(0, 0, 0, 0, 0), ())


@dataclass(frozen=True, slots=True)
class PlannedRole:
    """A role with its key and condition looked at."""

    role: Role
    key: tuple[Head, ...]
    when: Present | None
    named: bytes
    """What its id is made from, in an instance of no group."""
    begun: dict[str, Any]
    """What every resource of the role begins with: its type, a place for its id, and constants that always hold."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A group with its rows looked at: what drops, the constants, and everything else."""

    group: Group
    own: frozenset[str]
    scopes: Scopes | None
    key: Head | None
    when: Present | None
    roles: tuple[PlannedRole, ...]
    drops: tuple[Do, ...]
    consts: tuple[Do, ...]
    rows: tuple[Do, ...]
    groups: tuple[Planned, ...]
    name: str
    """The roles of the group, by which its instances are numbered."""


class UsualForm:
    """A mapping, looked at once."""

    def __init__(self, mapping: MappingFile, reading: Reading) -> None:
        if mapping.once or mapping.addressee is not None or (mapping.other_keys and not mapping.record_key):
            raise NotUsual
        self.mapping = mapping
        self.reading = reading
        always = (role.name for role in mapping.root.roles if role.when is None)
        self.rows = Rows(reading, mapping.filled_on, frozenset(always))
        self.keys = [
            tuple(map(reading.head, key)) for key in (mapping.record_key, *mapping.other_keys) if key
        ]
        self.required = tuple(map(reading.spots, mapping.required))
        self.root = self.group(mapping.root)
        self.sure = frozenset(self.rows.sure)

    def run(self, record: Record, ids_of: IdsOf, zone: Zone) -> Interpreted:
        """What the interpreter gives, but for its account. Raises Suspect, Unfit."""
        accepts = self.mapping.accepts
        if accepts and not any(kind in accepts for kind in kinds_of(record.facts())):
            raise Suspect
        run, top = Run(record, zone), record.top()
        opened: list[tuple[Planned, Opened]] = []
        key, claims = self.business_key(record, top)
        if not all(spots(record, top) for spots in self.required):
            raise Suspect
        opening = Opening(run, opened, key, claims)
        opening.open(self.root, top, {}, NO_CLAIMS, "")
        self.identify(run, ids_of)
        for wanted in ("drops", "consts", "rows"):
            for planned, at in opened:
                for do in getattr(planned, wanted):
                    do(run, at)
        if not record.is_whole(self.sure):
            raise Suspect
        resources = tuple(made.resource for made in run.made)
        roles = {name: tuple([one.resource["id"] for one in made]) for name, made in run.by_role.items()}
        return Interpreted(resources, roles, key, (), record.facts(), _NOTHING)

    def business_key(self, record: Record, top: Any) -> tuple[str, Claims]:
        """The record's key, or another one where its first value is missing."""
        if not self.keys:
            return "", NO_CLAIMS
        for number, key in enumerate(self.keys):
            if key[0](record, top)[0]:
                text, claims = _key_text(key, record, top)
                return (f"or{number}|{text}" if number else text), claims
        raise Suspect

    def identify(self, run: Run, ids_of: IdsOf) -> None:
        """All ids of the record at once."""
        wanted: list[tuple[str, list[bytes]]] = []
        for key, name in run.names:
            if wanted and wanted[-1][0] == key:
                wanted[-1][1].append(name)
            else:
                wanted.append((key, [name]))
        for made, text in zip(run.made, ids_of(wanted), strict=True):
            made.resource["id"] = text
            made.reference = f"{made.type}/{text}"
            run.by_role.setdefault(made.role, []).append(made)
            run.record.claim(made.claims)

    def group(self, group: Group) -> Planned:
        """One group and those within it."""
        rows = self.rows
        return Planned(
            group,
            frozenset(role.name for role in group.roles),
            self.reading.scopes(group.each) if group.each is not None else None,
            self.reading.head(group.key) if group.key is not None else None,
            condition(group.when, self.reading),
            tuple(self.role(role, group) for role in group.roles),
            tuple(rows.drop(row) for row in group.rows if row.verb == "drop"),
            tuple(
                rows.const(row) for row in group.rows if row.verb == "const" and not self.always(row, group)
            ),
            tuple(
                rows.row(row, group)
                for row in group.rows
                if row.verb not in ("const", "drop") and not rows.is_sure_to_carry(row, group)
            ),
            tuple(self.group(inner) for inner in group.groups),
            "+".join(role.name for role in group.roles),
        )

    def role(self, role: Role, group: Group) -> PlannedRole:
        """One role of a group."""
        if role.same_as:
            raise NotUsual
        begun: dict[str, Any] = {"resourceType": role.type, "id": ""}
        for row in group.rows:
            if row.target is not None and row.target.role == role.name and self.always(row, group):
                begun.setdefault(row.target.steps[0].name, row.value)
        return PlannedRole(
            role,
            tuple(map(self.reading.head, role.key)),
            condition(role.when, self.reading),
            role.named.encode(),
            begun,
        )

    def always(self, row: Row, group: Group) -> bool:
        """Whether a row is a constant that each resource of a role of the group is made with, the only one there."""
        if row.verb != "const" or row.when is not None or row.target is None:
            return False
        if row.number in self.mapping.filled_on:
            return False
        steps, own = row.target.steps, {role.name for role in group.roles}
        if len(steps) > 1 or steps[0].many or row.target.role not in own:
            return False
        targets = [other.target for other in group.rows if other.verb == "const" and other.target is not None]
        same = [one for one in targets if (one.role, one.steps[0].name) == (row.target.role, steps[0].name)]
        return len(same) == 1


class Opening:
    """The making of a record's resources, without ids: instance by instance, groups inside groups."""

    def __init__(self, run: Run, opened: list[tuple[Planned, Opened]], key: str, key_claims: Claims) -> None:
        self.run = run
        self.opened = opened
        self.key = key
        self.key_claims = key_claims

    def open(
        self, planned: Planned, scope: Any, roles: dict[str, Made | None], claims: Claims, path: str
    ) -> None:
        """Make the resources of one instance of a group, and open the groups inside it. Raises Suspect."""
        run, seen = self.run, dict(roles)
        for one in planned.roles:
            answer, looked = one.when(run.record, scope) if one.when is not None else (True, NO_CLAIMS)
            if not answer:
                seen[one.role.name] = None
                continue
            key, own = self.key, self.key_claims
            if one.key:
                text, own = _key_text(one.key, run.record, scope)
                key = f"{one.role.named}:{text}"
            if claims or looked:
                own = (*own, *claims, *looked)
            made = Made(one.role.name, one.role.type, one.begun.copy(), own)
            run.made.append(made)
            run.names.append((key, (one.role.named + path).encode() if path else one.named))
            seen[one.role.name] = made
        at = Opened(planned.group, planned.own, scope, seen, claims)
        self.opened.append((planned, at))
        if planned.groups:
            before = len(run.made)
            self.inside(planned, at, path)
            at.inside = run.made[before:]

    def inside(self, planned: Planned, at: Opened, path: str) -> None:
        """The groups within an instance."""
        record = self.run.record
        counts: dict[str, int] = {}
        keyed: dict[str, list[Claims]] = {}
        for inner in planned.groups:
            assert inner.scopes is not None
            for scope in inner.scopes(record, at.scope):
                answer, looked = inner.when(record, scope) if inner.when is not None else (True, NO_CLAIMS)
                if not answer:
                    continue
                number = counts[inner.name] = counts.get(inner.name, 0) + 1
                suffix = str(number)
                if inner.key is not None:
                    value, own = inner.key(record, scope)
                    alike = keyed.setdefault(f"{inner.name}={value}", [])
                    looked = (*looked, *own) if len(alike) != 1 else (*looked, *alike[0], *own)
                    suffix = f"{'#' + suffix if alike else ''}={value}" if value else suffix
                    alike.append(own)
                self.open(inner, scope, at.roles, (*at.claims, *looked), f"{path}/{suffix}")


def _key_text(key: Sequence[Head], record: Record, scope: Any) -> tuple[str, Claims]:
    """A key and its leaves; the first value must be there."""
    if len(key) == 1:
        value, claims = key[0](record, scope)
        if not value:
            raise Suspect
        return value, claims
    found = [head(record, scope) for head in key]
    if not found[0][0]:
        raise Suspect
    if any("|" in str(value) for value, _ in found):
        raise Suspect
    text = "|".join([str(value) for value, _ in found]).rstrip("|")
    return text, tuple(claim for _, claims in found for claim in claims)


def usual_form(mapping: MappingFile) -> UsualForm | None:
    """The usual form of a mapping, or None where its format or a construct has none."""
    reading = _READINGS.get(mapping.format)
    if reading is None or mapping.direction == "out":
        return None
    try:
        return UsualForm(mapping, reading())
    except NotUsual:
        return None


def usual_record(tree: Tree) -> Record:
    """The record in a tree, as the usual form reads it."""
    if isinstance(tree, CsvTree):
        return Cells(tree)
    if isinstance(tree, CcdaTree):
        return Document(tree)
    assert isinstance(tree, JsonTree)
    return Values(tree)


_READINGS: dict[str, type[Reading]] = {
    "csv": CellReading,
    "xlsx": CellReading,
    "json": ValueReading,
    "ccda": ElementReading,
}

__all__ = ["UsualForm", "usual_form", "usual_record"]
