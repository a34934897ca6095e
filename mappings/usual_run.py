"""What one run of the usual form holds: resources in the making, instances of groups, and the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.placing import Long, Marks
from mappings.rows import Group
from mappings.times import Zone
from mappings.usual_reading import Claims, Record


@dataclass(slots=True)
class Made:
    """One resource in the making."""

    role: str
    type: str
    resource: dict[str, Any]
    claims: Claims
    """The leaves its id and its being there hang on."""
    marks: Marks | None = None
    reference: str = ""


@dataclass(slots=True)
class Opened:
    """A group at one of its instances."""

    group: Group
    own: frozenset[str]
    """The names of the roles of the group."""
    scope: Any
    roles: dict[str, Made | None]
    claims: Claims
    marks: dict[int, Marks] | None = None
    inside: Sequence[Made] = ()

    def marks_of(self, made: Made) -> Marks:
        """Labelled items of a resource: one set for all rows that see its group; in a resource of an outer group, each
        instance fills items of its own."""
        if self.group.each is None or made.role in self.own:
            if made.marks is None:
                made.marks = {}
            return made.marks
        if self.marks is None:
            self.marks = {}
        return self.marks.setdefault(id(made), {})


class Run:
    """One run over one record."""

    __slots__ = ("about", "by_role", "labelled", "long", "made", "names", "record", "zone")

    def __init__(self, record: Record, zone: Zone) -> None:
        self.record = record
        self.zone = zone
        self.made: list[Made] = []
        self.names: list[tuple[str, bytes]] = []
        """Of each resource, in the order of `made`: the key and the role that its id is made from."""
        self.by_role: dict[str, list[Made]] = {}
        self.long: Long = {}
        self.about: list[Made] | None = None
        self.labelled: set[Any] = set()


Do = Callable[[Run, Opened], None]
