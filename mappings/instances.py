"""The resources of a record in the making, and the conditions under which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mappings.model import Account, Addressee, Issue, TranslationRefused
from mappings.placing import Marks
from mappings.rows import Condition, Group
from mappings.syntax.hl7v2 import erl
from mappings.tree import Scope, Spot, Tree
from mappings.unfit import Unfit

V2_DELETE = '""'
"""HL7 v2: the sender deletes the value. The resource has none; the complement remembers the deletion."""


@dataclass(slots=True)
class Made:
    """One resource in the making."""

    role: str
    type: str
    id: str
    resource: dict[str, Any]
    key_places: tuple[str, ...]
    marks: Marks = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return f"{self.type}/{self.id}"


@dataclass(slots=True)
class Instance:
    """A group at one of its instances, with the roles that can be seen from there (nearest first)."""

    group: Group
    scope: Scope
    roles: dict[str, Made | None]
    places: tuple[str, ...]
    marks: dict[str, Marks] = field(default_factory=dict)
    inside: list[Made] = field(default_factory=list)
    """The resources of the groups within this instance."""

    def marks_of(self, made: Made) -> Marks:
        """Labelled items of a resource: one set for all rows that see its group; in a resource of an outer group, each
        instance fills items of its own (one participant for each AIP)."""
        own = self.group.each is None or any(role.name == made.role for role in self.group.roles)
        return made.marks if own else self.marks.setdefault(made.id, {})


class Interpreted(NamedTuple):
    """All that a translation needs."""

    resources: tuple[dict[str, object], ...]
    roles: Mapping[str, tuple[str, ...]]
    business_key: str
    addressee_codes: tuple[Addressee, ...]
    facts: Mapping[str, str]
    account: Account


def refused(code: str, message: str, place: str, hl7_error_code: str) -> TranslationRefused:
    """A refusal with the place in ERR-2 form as well."""
    return TranslationRefused(code, message, place, hl7_error_code, erl(place))


def issue_of(unfit: Unfit, place: str, expects: str = "") -> Issue:
    """A warning; of a code that is in no table with those that are, by which its sender sees what was meant."""
    message = f"{unfit.message}; {expects}" if unfit.code == "NO_CONCEPT" and expects else unfit.message
    return Issue(unfit.code, "W", place, message, unfit.hl7_error_code, erl(place))


def holds(condition: Condition | None, tree: Tree, scope: Scope) -> tuple[bool, tuple[str, ...]]:
    """Whether a condition holds, and the places it looked at."""
    if condition is None:
        return True, ()
    if condition.kind in ("present", "in"):
        if condition.kind == "present":
            spots = tree.spots(condition.address, scope)
            return bool(spots), tuple(place for spot in spots for place in spot.leaves)
        value, places = tree.head(condition.address, scope)
        return value in condition.values, places
    answers = [holds(part, tree, scope) for part in condition.parts]
    places = tuple(place for _, found in answers for place in found)
    if condition.kind == "and":
        return all(answer for answer, _ in answers), places
    if condition.kind == "or":
        return any(answer for answer, _ in answers), places
    return not answers[0][0], places


def says_any(spots: Sequence[Spot], see: Callable[[Any], Any]) -> bool:
    """Whether one of several repetitions has a value: one that says nothing (`~""`, `~^^^^^^S`) then refuses nothing."""
    for spot in spots if len(spots) > 1 else ():
        try:
            if spot.raw != V2_DELETE and see(spot.raw) is not None:
                return True
        except Unfit:
            continue
    return False


def made_roles(made: Sequence[Made]) -> dict[str, tuple[str, ...]]:
    """Role -> the ids of the resources made for it."""
    roles: dict[str, tuple[str, ...]] = {}
    for one in made:
        roles[one.role] = (*roles.get(one.role, ()), one.id)
    return roles
