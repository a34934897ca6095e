"""Which resource plays which role, when resources are to be written in a local format.

A role whose type is unique in the mapping takes the resource of that type; every other role is found by following the
mapping's own `ref` rows (the requester is what `referral.requester` points to). Roles of one type, and labelled items of
one list, are told apart by the constant `code` that their rows give. Nothing is guessed: when two resources could play
one role, the rendering is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mappings.model import RenderRefused
from mappings.render_plan import Constant, Names, PlannedGroup, Reference, RenderPlan
from mappings.rows import MappingFile

Resource = Mapping[str, Any]


def local_reference(reference: str) -> str:
    """`Type/id` of a reference, whatever base or version it carries."""
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def values_at(resource: Resource, names: Names) -> list[tuple[str, Any]]:
    """(path, value) of everything at an element path; a labelled or inner list gives each of its items."""
    if not names:
        return [("", resource)]
    if len(names) == 1 or names[0] not in resource:
        value = resource.get(names[0])
        if value is None:
            return []
        if isinstance(value, (list, tuple)):
            return [(f"{names[0]}[{index}]", item) for index, item in enumerate(value)]
        return [(names[0], value)]
    found: list[tuple[str, Any]] = [("", resource)]
    for name in names:
        following: list[tuple[str, Any]] = []
        for path, node in found:
            if node.__class__ is not dict and not isinstance(node, Mapping):
                continue
            value = node.get(name)
            if value is None:
                continue
            path = f"{path}.{name}" if path else name
            if isinstance(value, (list, tuple)):
                following += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
            else:
                following.append((path, value))
        if not following:
            return following
        found = following
    return found


def _items_at(resource: Resource, names: Names) -> Sequence[Any]:
    """The values at an element path, where nobody asks for their paths."""
    value = resource.get(names[0])
    if len(names) == 1 and value.__class__ in (dict, list):
        return value if value.__class__ is list else (value,)
    return [found for _, found in values_at(resource, names)]


def same_code(value: Any, wanted: Any) -> bool:
    """Whether a value is this concept: the same, or with one of its codings."""
    if value == wanted or not isinstance(value, Mapping) or not isinstance(wanted, Mapping):
        return bool(value == wanted)
    codes = {(one.get("system"), one.get("code")) for one in wanted.get("coding", ())}
    return any((one.get("system"), one.get("code")) in codes for one in value.get("coding", ()))


def in_its_item(telling: Sequence[Constant], resource: Resource, path: str) -> bool:
    """Whether each labelled item a value stands in has the `code` or `linkId` that the constants of the label give."""
    for constant in telling:
        for item_path, item in values_at(resource, constant.item):
            if path != item_path and not path.startswith(item_path + "."):
                continue
            if not any(same_code(value, constant.value) for _, value in values_at(item, constant.rest)):
                return False
    return True


class Cast:
    """The resources of one rendering, by role."""

    def __init__(
        self,
        mapping: MappingFile,
        plan: RenderPlan,
        resources: Sequence[Resource],
        group_of: Callable[[Resource], int | None] = lambda resource: None,
    ) -> None:
        self.mapping = mapping
        self.plan = plan
        self._group_of = group_of
        self.by_reference = {f"{r.get('resourceType')}/{r.get('id')}": r for r in resources}
        self.all_differ = len(self.by_reference) == len(resources)
        """Whether each resource has an id of its own."""
        self.roles: dict[str, list[Resource]] = {}
        self._chosen: dict[tuple[str, int], PlannedGroup | None] = {}
        """(role, id of a resource) -> the group that writes it, of several that could."""
        self._assign(resources)
        self._follow_all()

    def _assign(self, resources: Sequence[Resource]) -> None:
        """Roles of a type of their own, or told apart by their code."""
        of_kind: dict[Any, list[Resource]] = {}
        for resource in resources:
            of_kind.setdefault(resource.get("resourceType"), []).append(resource)
        for role, kind in self.plan.anchors:
            found = of_kind.get(kind)
            if not found:
                continue
            if role in self.plan.codes:
                found = [r for r in found if same_code(r.get("code"), self.plan.codes[role])]
            if role in self.plan.top and len(found) > 1:
                found = self._focused(role, found)
                if len(found) > 1:
                    message = f"{len(found)} resources could be the `{role}`"
                    raise RenderRefused("ROLE_UNCLEAR", message, kind)
            if found:
                self.roles[role] = list(found)

    def _follow_all(self) -> None:
        """Roles that references of known roles lead to, until no more are found."""
        roles, references = self.roles, self.plan.references
        done = [0] * len(references)
        known = {role: {id(r) for r in found} for role, found in roles.items()}
        changed = True
        while changed:
            changed = False
            for number, row in enumerate(references):
                sources = roles.get(row.by, ())
                while done[number] < len(sources):
                    named = self.named(row, sources[done[number]])
                    done[number] += 1
                    if not named:
                        continue
                    there = known.get(row.role)
                    if there is None:
                        there, roles[row.role] = known.setdefault(row.role, set()), []
                    for one in named:
                        if id(one) not in there:
                            there.add(id(one))
                            roles[row.role].append(one)
                            changed |= row.again

    def _focused(self, role: str, found: list[Resource]) -> list[Resource]:
        """Among several, those that another role's reference names."""
        for row in self.plan.references:
            if row.role == role:
                kind = self.mapping.types[row.by]
                sources = [r for r in self.by_reference.values() if r.get("resourceType") == kind]
                named = {id(r) for source in sources for r in self.named(row, source)}
                chosen = [r for r in found if id(r) in named]
                if chosen:
                    return chosen
        return found

    def named(self, row: Reference, source: Resource) -> list[Resource]:
        """The resources that a `ref` row's element of `source` names, of the role's type."""
        found: list[Resource] = []
        if row.names[0] not in source:
            return found
        codes = self.plan.codes
        only = source[row.names[0]]
        if only.__class__ is dict and len(row.names) == 1 and row.role not in codes:
            near = self.by_reference.get(str(only.get("reference")))
            if near is not None:
                return [near] if near.get("resourceType") == row.type else found
        for value in _items_at(source, row.names):
            reference = str(value.get("reference") if isinstance(value, Mapping) else None)
            other = self.by_reference.get(reference) or self.by_reference.get(local_reference(reference))
            if other is None or other.get("resourceType") != row.type:
                continue
            if row.role not in codes or same_code(other.get("code"), codes[row.role]):
                found.append(other)
        return found

    def instances(self, group: PlannedGroup, roles: Mapping[str, Resource]) -> list[dict[str, Resource]]:
        """The instances of a repeating group: one for each resource of its first role, with its companions."""
        found: list[dict[str, Resource]] = []
        anchors = self.roles.get(group.first) if group.first else None
        if not anchors:
            return found
        within = self._within(group, roles)
        for anchor in anchors:
            if not self._belongs(group, anchor) or (within is not None and id(anchor) not in within):
                continue
            inner = {**roles, group.first: anchor}
            for row in group.references if group.companions else ():
                if row.by in inner:
                    near = self.named(row, inner[row.by]) if row.role in group.companions else ()
                    if near:
                        inner[row.role] = near[0]
                elif row.role == group.first:
                    self._pointing(row, group, inner)
            found.append(inner)
        return found

    def _within(self, group: PlannedGroup, roles: Mapping[str, Resource]) -> set[int] | None:
        """What the instance around a group names as its first role (the results of one report); None where it names
        none."""
        rows = [row for row in group.within if row.by in roles and row.by not in self.plan.top]
        named = (self.named(row, roles[row.by]) for row in rows)
        return {id(resource) for found in named for resource in found} if rows else None

    def _pointing(self, row: Reference, group: PlannedGroup, inner: dict[str, Resource]) -> None:
        """The companion that points to the instance's first resource (the task of a referral)."""
        if row.by in group.companions:
            for other in self.roles.get(row.by, ()):
                if any(named is inner[row.role] for named in self.named(row, other)):
                    inner.setdefault(row.by, other)

    def _belongs(self, group: PlannedGroup, anchor: Resource) -> bool:
        """Of several groups that write one role, a resource goes into the first whose constant `category` or `type` is
        its own, before one that says nothing of them; one that says neither, into the first of all. What goes back
        goes where it came from."""
        alike = self.plan.alike.get(group.first)
        if alike is None:
            return True
        known = self._group_of(anchor)
        if known is not None:
            return group.number == known
        key = group.first, id(anchor)
        if key not in self._chosen:
            self._chosen[key] = _most_alike(alike, anchor)
        return self._chosen[key] is group


def _most_alike(groups: Sequence[PlannedGroup], resource: Resource) -> PlannedGroup | None:
    """The first of the groups of which a resource says most; None when it says another thing than each."""
    chosen, most = None, -1
    for group in groups:
        met = _constants_met(group, resource)
        if met > most:
            chosen, most = group, met
    return chosen


def _constants_met(group: PlannedGroup, resource: Resource) -> int:
    """How many constants of a group a resource says itself; -1 where it says another thing."""
    met = 0
    for constant in group.constants:
        found = [value for _, value in values_at(resource, constant.rest)]
        if any(same_code(value, constant.value) for value in found):
            met += 1
        elif found:
            return -1
    return met
