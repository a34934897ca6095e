"""The generated source of a group within a group: the OBX behind each OBR (see `compile`).

One level of groups within groups, whose segments the root carries as a whole, so that nothing is left to prove of them.
Anything else of this kind has no generated form: the mapping runs interpreted.
"""

from __future__ import annotations

from mappings.compile_roles import RoleSource, v2
from mappings.compile_segments import Scope, Unsupported
from mappings.rows import Group, Role, Row, inner_roles
from mappings.syntax.hl7v2_tree import follower_of


def is_nested(group: Group) -> bool:
    """Whether the group has groups within it, or segments that belong to it."""
    return bool(group.groups or group.followers)


def check_nested(source: RoleSource, group: Group) -> None:
    """Raises Unsupported where the generated form would say something else than the interpreter."""
    known = {follower_of(text)[0] for text in group.followers}
    for one in (group, *group.groups):
        segment = v2(one.each).segment
        if v2(one.each).field or segment not in source.whole:
            raise Unsupported("a nested group that the root does not carry")
        if any(role.when is not None or role.same_as for role in one.roles):
            raise Unsupported("a nested role with a condition")
        if any(v2(address).segment in source.grouped for role in one.roles for address in role.key):
            raise Unsupported("a nested role with a key of a group")
        if one is not group and (one.groups or one.followers or segment not in known):
            raise Unsupported("groups three deep")
    if any(address.segment in known for row in group.rows for address in map(v2, row.sources)):
        raise Unsupported("a group that looks into what belongs to it")
    inside = inner_roles(group)
    others = (other for other in source.groups if other is not group and other not in group.groups)
    if any(row.role in inside for other in others for row in other.rows):
        raise Unsupported("a reference into a nested group from outside")


class NestedSource(RoleSource):
    """How nested groups become loops in loops."""

    def inside_keys(self) -> list[Role]:
        """Roles of nested groups with a key of their own."""
        groups = [
            one for group in self.mapping.root.groups if is_nested(group) for one in (group, *group.groups)
        ]
        return [role for group in groups for role in group.roles if role.key]

    def nested_ids(self, group: Group, number: int) -> None:
        """Names for the ids of the instances, and of those within each."""
        segment = v2(group.each).segment
        followers = tuple(follower_of(text) for text in group.followers)
        self.add(f"h{number} = behind(all_segments, {segment!r}, {followers!r})")
        self.add("c, seen = 0, set()")
        self.add(f"for f, w in h{number}:")
        with self.indented():
            self._named_instance(group, {segment: "f"}, "c", "''", "p", "seen")
            for inner in group.groups:
                if inner.roles:
                    own = v2(inner.each).segment
                    self.add("d, seen_inside = 0, set()")
                    self.add(f"for g in w[{own!r}]:")
                    with self.indented():
                        self._named_instance(inner, {segment: "f", own: "g"}, "d", "p", "q", "seen_inside")

    def _named_instance(
        self, group: Group, scope: Scope, count: str, start: str, path: str, seen: str
    ) -> None:
        if group.when is not None:
            self.add(f"if not ({self.condition(group.when, scope)}): continue")
        self.add(f"{count} += 1")
        key = self.group_key(group, scope) if group.key is not None else "''"
        self.add(f"{path} = {start} + keyed({seen}, {key}, {count})")
        for role in group.roles:
            names = f"q_{role.name}" if role.key else "names"
            self.add(f"{names}.append(({role.name!r} + {path}).encode())")

    def nested(self, group: Group, number: int) -> None:
        """The resources of the instances and of those within them, and what their rows say."""
        segment = v2(group.each).segment
        scope = {segment: "f"}
        for role in group.roles:
            if role.name in self.referred:
                self.add(f"j_{role.name} = []")
        self.add(f"for f, w in h{number}:")
        with self.indented():
            if group.when is not None:
                self.add(f"if not ({self.condition(group.when, scope)}): continue")
            with self.taking("f"):
                self.roles(group)
                self.around = group.roles
                for inner in group.groups:
                    if inner.roles:
                        self._inside(inner, scope)
                self.around = ()
                self.rows(group, scope, self._now(group))

    def _inside(self, inner: Group, around: Scope) -> None:
        segment = v2(inner.each).segment
        scope = {**around, segment: "g"}
        for role in inner.roles:
            if role.name in self.referred:
                self.add(f"j_{role.name} = []")
        self.add(f"for g in w[{segment!r}]:")
        with self.indented():
            if inner.when is not None:
                self.add(f"if not ({self.condition(inner.when, scope)}): continue")
            with self.taking("g"):
                self.roles(inner)
                self.rows(inner, scope, self._now(inner))

    def _now(self, group: Group) -> list[Row]:
        """The rows of an instance. Raises Unsupported for those that would have to wait for the rows of the root."""
        own = {role.name for role in group.roles}
        near = {*own, *inner_roles(group), *(role.name for role in (*self.around, *self.mapping.root.roles))}
        found = []
        for row in group.rows:
            if row.verb not in ("map", "const", "ref"):
                continue
            if row.target is None or row.target.role not in own or row.target.steps[0].name == "meta":
                raise Unsupported("a row of a nested group that writes elsewhere")
            if row.verb == "ref" and row.role not in near:
                raise Unsupported("a reference out of a nested group")
            if row.verb != "const" or row.when is not None:
                found.append(row)
        return found


__all__ = ["NestedSource", "check_nested", "is_nested"]
