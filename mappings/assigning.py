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
from mappings.rows import Group, MappingFile, Row, all_groups

Resource = Mapping[str, Any]
_TELLING = ("code", "linkId")


def local_reference(reference: str) -> str:
    """`Type/id` of a reference, whatever base or version it carries."""
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def values_at(resource: Resource, steps: Sequence[Any]) -> list[tuple[str, Any]]:
    """(path, value) of everything at an element path; a labelled or inner list gives each of its items."""
    found: list[tuple[str, Any]] = [("", resource)]
    for step in steps:
        following: list[tuple[str, Any]] = []
        for path, node in found:
            value = node.get(step.name) if isinstance(node, Mapping) else None
            name = f"{path}.{step.name}" if path else step.name
            if value is None:
                continue
            if isinstance(value, (list, tuple)):
                following += [(f"{name}[{index}]", item) for index, item in enumerate(value)]
            else:
                following.append((name, value))
        found = following
    return found


def same_code(value: Any, wanted: Any) -> bool:
    """Whether a value is this concept: the same, or with one of its codings."""
    if value == wanted or not isinstance(value, Mapping) or not isinstance(wanted, Mapping):
        return bool(value == wanted)
    codes = {(one.get("system"), one.get("code")) for one in wanted.get("coding", ())}
    return any((one.get("system"), one.get("code")) in codes for one in value.get("coding", ()))


def in_its_item(rows: Sequence[Row], row: Row, resource: Resource, path: str) -> bool:
    """Whether each labelled item a value stands in has the `code` or `linkId` that the constants of the label give."""
    steps = row.target.steps if row.target is not None else ()
    labelled = {at for at in range(1, len(steps) + 1) if steps[at - 1].label}
    for other in rows if labelled else ():
        target = other.target
        if other.verb != "const" or target is None or row.target is None or target.role != row.target.role:
            continue
        depth = next((at for at in range(len(target.steps), 0, -1) if target.steps[at - 1].label), 0)
        if depth not in labelled or target.steps[:depth] != steps[:depth]:
            continue
        for item_path, item in (
            values_at(resource, steps[:depth]) if target.steps[-1].name in _TELLING else ()
        ):
            inside = path == item_path or path.startswith(item_path + ".")
            found = values_at(item, target.steps[depth:]) if inside else ()
            if inside and not any(same_code(value, other.value) for _, value in found):
                return False
    return True


class Cast:
    """The resources of one rendering, by role."""

    def __init__(
        self,
        mapping: MappingFile,
        resources: Sequence[Resource],
        group_of: Callable[[Resource], int | None] = lambda resource: None,
    ) -> None:
        self.mapping = mapping
        self._group_of = group_of
        self.by_reference = {f"{r.get('resourceType')}/{r.get('id')}": r for r in resources}
        self.roles: dict[str, list[Resource]] = {}
        self._references = [
            row for group in all_groups(mapping.root) for row in group.rows if row.verb == "ref"
        ]
        self._codes = self._constant_codes()
        self._assign(resources)

    def _constant_codes(self) -> dict[str, Any]:
        """The constant `code` of each role whose type other roles have too."""
        kinds = list(self.mapping.types.values())
        return {
            row.target.role: row.value
            for group in all_groups(self.mapping.root)
            for row in group.rows
            if row.verb == "const" and row.target is not None and row.when is None
            if [step.name for step in row.target.steps] == ["code"]
            if kinds.count(self.mapping.types[row.target.role]) > 1
        }

    def _assign(self, resources: Sequence[Resource]) -> None:
        kinds = list(self.mapping.types.values())
        pointed = {row.role for row in self._references}
        anchors = {
            role: kind
            for role, kind in self.mapping.types.items()
            if kinds.count(kind) == 1 or (role in self._codes and role not in pointed)
        }
        top = {role.name for role in self.mapping.root.roles}
        for role, kind in anchors.items():
            found = [r for r in resources if r.get("resourceType") == kind]
            if role in self._codes:
                found = [r for r in found if same_code(r.get("code"), self._codes[role])]
            if role in top and len(found) > 1:
                found = self._focused(role, found)
                if len(found) > 1:
                    message = f"{len(found)} resources could be the `{role}`"
                    raise RenderRefused("ROLE_UNCLEAR", message, kind)
            if found:
                self.roles[role] = list(found)
        changed = True
        while changed:
            changed = sum(self._follow(row) for row in self._references) > 0

    def _focused(self, role: str, found: list[Resource]) -> list[Resource]:
        """Among several, those that another role's reference names."""
        for row in self._references:
            if row.role == role and row.target is not None:
                kind = self.mapping.types[row.target.role]
                sources = [r for r in self.by_reference.values() if r.get("resourceType") == kind]
                named = {id(r) for source in sources for r in self.named(row, source)}
                chosen = [r for r in found if id(r) in named]
                if chosen:
                    return chosen
        return found

    def _follow(self, row: Row) -> bool:
        if row.target is None:
            return False
        found = self.roles.setdefault(row.role, [])
        before = len(found)
        for source in self.roles.get(row.target.role, ()):
            found += [r for r in self.named(row, source) if not any(r is known for known in found)]
        return len(found) > before

    def named(self, row: Row, source: Resource) -> list[Resource]:
        """The resources that a `ref` row's element of `source` names, of the role's type."""
        found = []
        for _, value in values_at(source, row.target.steps if row.target else ()):
            reference = value.get("reference") if isinstance(value, Mapping) else None
            other = self.by_reference.get(local_reference(str(reference)))
            if other is None or other.get("resourceType") != self.mapping.types[row.role]:
                continue
            if row.role not in self._codes or same_code(other.get("code"), self._codes[row.role]):
                found.append(other)
        return found

    def instances(self, group: Group, roles: Mapping[str, Resource]) -> list[dict[str, Resource]]:
        """The instances of a repeating group: one for each resource of its first role, with its companions."""
        if not group.roles:
            return []
        found = []
        within = self._within(group.roles[0].name, roles)
        for anchor in self.roles.get(group.roles[0].name, ()):
            if not self._belongs(group, anchor) or (within is not None and id(anchor) not in within):
                continue
            inner = {**roles, group.roles[0].name: anchor}
            for row in group.rows:
                if row.verb == "ref" and row.target is not None and row.target.role in inner:
                    near = self.named(row, inner[row.target.role])
                    if near and row.role in {role.name for role in group.roles[1:]}:
                        inner[row.role] = near[0]
                elif row.verb == "ref" and row.role == group.roles[0].name and row.target is not None:
                    self._pointing(row, row.target.role, group, inner)
            found.append(inner)
        return found

    def _within(self, name: str, roles: Mapping[str, Resource]) -> set[int] | None:
        """What the instance around a group names as this role (the results of one report); None where it names none."""
        around = {*roles} - {role.name for role in self.mapping.root.roles}
        rows = [
            row for row in self._references if row.role == name and row.target and row.target.role in around
        ]
        named = (self.named(row, roles[row.target.role]) for row in rows if row.target)
        return {id(resource) for found in named for resource in found} if rows else None

    def _pointing(self, row: Row, role: str, group: Group, inner: dict[str, Resource]) -> None:
        """The companion that points to the instance's first resource (the task of a referral)."""
        if role in {companion.name for companion in group.roles}:
            for other in self.roles.get(role, ()):
                if any(named is inner[row.role] for named in self.named(row, other)):
                    inner.setdefault(role, other)

    def _belongs(self, group: Group, anchor: Resource) -> bool:
        """Of several groups that write one role, a resource goes into the first whose constant `category` or `type` is
        its own; one that says neither, into the first of all. What goes back goes where it came from."""
        name = group.roles[0].name
        alike = [one for one in all_groups(self.mapping.root) if one.roles and one.roles[0].name == name]
        if len(alike) < 2:
            return True
        known = self._group_of(anchor)
        if known is not None:
            return any(row.number == known for row in group.rows[:1])
        fitting = [one for one in alike if _has_constants(one, name, anchor)]
        return bool(fitting) and fitting[0] is group


def _has_constants(group: Group, role: str, resource: Resource) -> bool:
    for row in group.rows:
        if row.verb != "const" or row.target is None or row.target.role != role or row.when is not None:
            continue
        if [step.name for step in row.target.steps] not in (["category"], ["type"]):
            continue
        found = [value for _, value in values_at(resource, row.target.steps)]
        if found and not any(same_code(value, row.value) for value in found):
            return False
    return True
