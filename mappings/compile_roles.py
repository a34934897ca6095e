"""The generated source that makes resources: first which there are, then all their ids at once, then the resources."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.compile_rows import Source
from mappings.compile_segments import Scope, Unsupported
from mappings.compiled_parts import Numbered
from mappings.elements import STAFF_TYPES
from mappings.rows import Group, Role
from mappings.syntax.hl7v2_tree import V2Address


class RoleSource(Source):
    """How roles become resources. `take()` in the generated function gives the next id."""

    def ids(self) -> None:
        """All ids of the record: of roles with a key of their own, of the root, of the instances of its groups."""
        root = self.mapping.root
        own = [role for role in root.roles if role.key and role.when is None]
        sure = [role for role in root.roles if not role.key and role.when is None]
        self.add(f"names = [{', '.join(repr(role.name.encode()) for role in (*own, *sure))}]")
        for role in root.roles:
            if role.when is not None:
                self.add(f"t_{role.name} = {self.condition(role.when, {})}")
                if not role.key:
                    self.add(f"if t_{role.name}: names.append({role.name.encode()!r})")
        later = self.inside_keys()
        for role in later:
            self.add(f"q_{role.name} = []")
        for number, group in enumerate(root.groups):
            if group.groups or group.followers:
                self.nested_ids(group, number)
            elif group.roles:
                self.instances(group, number)
        perhaps = [role for role in root.roles if role.key and role.when is not None]
        self.found(own, perhaps, later)
        self.add("take = iter(found).__next__")
        for role in own:
            self.add(f"i_{role.name} = take()")
        for role in perhaps:
            self.add(f"i_{role.name} = take() if t_{role.name} else None")
        for role in sure:
            self.add(f"i_{role.name} = take()")
        for role in later:
            self.add(f"take_{role.name} = iter(found[len(names):]).__next__")
            self.add(f"names += q_{role.name}")
        for role in (*own, *perhaps):
            if role.same_as:
                self.add(f"if found.count(i_{role.name}) > 1: raise Suspect")

    def found(self, own: Sequence[Role], perhaps: Sequence[Role], later: Sequence[Role]) -> None:
        """All ids in one go: those of roles with keys of their own before and behind those of the record's key."""
        keys, behind = "", ""
        for role in own:
            self.add(f"k_{role.name} = {role.named + ':'!r} + {self.key_text(role.key, {})}")
            keys += f"(k_{role.name}, ({role.named.encode()!r},)), "
        for role in later:
            self.add(f"k_{role.name} = {role.named + ':'!r} + {self.key_text(role.key, {})}")
            behind += f", (k_{role.name}, q_{role.name})"
        if perhaps:
            self.perhaps(perhaps, len(own))
            self.add(f"found = ids_of(({keys}*more, (key, names[{len(own)} + len(more):]){behind}))")
        else:
            self.add(f"found = ids_of(({keys}(key, names[{len(own)}:]){behind or ','}))")

    def inside_keys(self) -> list[Role]:
        """Roles of groups within groups with a key of their own."""
        return []

    def nested_ids(self, group: Group, number: int) -> None:
        """Names for the ids of groups within groups."""
        raise Unsupported("nested groups")

    def perhaps(self, roles: Sequence[Role], before: int) -> None:
        """Roles with a key of their own that are not always there: their keys, and their names behind the first ones."""
        self.add("more = []")
        for role in roles:
            self.add(f"if t_{role.name}:")
            with self.indented():
                self.add(f"names.insert({before} + len(more), {role.name.encode()!r})")
                text = f"{role.named + ':'!r} + {self.key_text(role.key, {})}"
                self.add(f"more.append(({text}, ({role.named.encode()!r},)))")

    def instances(self, group: Group, number: int) -> None:
        """Names for the ids of a group's instances, and the list of them where not every segment is one."""
        segment = v2(group.each).segment
        scope = {segment: "f"}
        picked = self.picked(group)
        if any(role.key for role in group.roles):
            raise Unsupported("a group's role with a key of its own")
        if not picked and group.key is None and len(group.roles) == 1:
            name = group.roles[0].name
            self.names[f"N_{name}"] = Numbered(name.encode())
            self.add(f"names += N_{name}.first(len(a_{segment}))")
            return
        if picked:
            self.add(f"p{number} = []")
        self.add("c = 0" if group.key is None else "c, seen = 0, set()")
        self.add(f"for f in a_{segment}:")
        with self.indented():
            if group.when is not None:
                self.add(f"if not ({self.condition(group.when, scope)}): continue")
            self.add("c += 1")
            if group.key is not None:
                self.add(f"v = {self.group_key(group, scope)}")
                self.add("p = keyed(seen, v, c).encode()")
            for role in group.roles:
                self._name(role, group, scope)
            if picked:
                several = ", ".join(picked) if len(picked) == 1 else f"({', '.join(picked)})"
                self.add(f"p{number}.append({several})")

    def group_key(self, group: Group, scope: Scope) -> str:
        """An expression of what an instance's ids come from, for a group with a key."""
        first = self.head(v2(group.key), scope)
        return first if group.other_key is None else f"({first} or {self.head(v2(group.other_key), scope)})"

    def _name(self, role: Role, group: Group, scope: Scope) -> None:
        guard = ""
        if role.when is not None:
            self.add(f"t_{role.name} = {self.condition(role.when, scope)}")
            guard = f"if t_{role.name}: "
        if group.key is not None:
            self.add(f"{guard}names.append({role.name.encode()!r} + p)")
        else:
            self.names[f"N_{role.name}"] = Numbered(role.name.encode())
            self.add(f"{guard}names.append(N_{role.name}[c])")

    def picked(self, group: Group) -> list[str]:
        """What is kept of each instance for the making of its resources; nothing when every segment is one."""
        flags = [f"t_{role.name}" for role in group.roles if role.when is not None]
        return ["f", *flags] if flags or group.when is not None else []

    def role_flags(self, group: Group, scope: Scope) -> dict[str, str]:
        """What is known at an instance: the simple conditions of its roles, asked before."""
        found = {}
        for role in group.roles:
            if role.when is not None and role.when.kind == "present":
                found[self.present(v2(role.when.address), scope)] = f"t_{role.name}"
        return found

    def roles(self, group: Group) -> None:
        """The resources of a group, each with its constants."""
        for role in group.roles:
            self.role(role, group)

    def role(self, role: Role, group: Group) -> None:
        """One resource: `r_<role>`, or None when its condition does not hold."""
        name = f"r_{role.name}"
        if name in self.made:
            raise Unsupported("a role twice")
        self.made[name] = role
        template = self.constants(group, role)
        body = ", ".join(f"{key!r}: {self.shared(role, key, value)}" for key, value in template.items())
        if role.when is not None:
            self.add(f"{name} = None")
            self.add(f"if t_{role.name}:")
        with self.indented(role.when is not None):
            sure = group.each is None and (role.when is None or bool(role.key))
            take = f"take_{role.name}()" if group.each is not None and role.key else "take()"
            self.add(f"i = i_{role.name}" if sure else f"i = {take}")
            self.add(f"{name} = {{'resourceType': {role.type!r}, 'id': i{', ' + body if body else ''}}}")
            for variable in self.labels(group, role):
                self.add(f"{variable} = None")
            self.add(f"made.append({name})")
            if self.labelled_all and role.type not in STAFF_TYPES:
                self.add(f"about.append({name})")
            if group.each is not None:
                if role.name in self.referred:
                    self.add(f"j_{role.name}.append(i)")
                return
            if role.when is None:
                self.add(f"o_{role.name} = {{'reference': {role.type + '/'!r} + i}}")

    def key_text(self, addresses: Sequence[object], scope: Scope) -> str:
        """Writes the parts of a key; an expression of its text."""
        found = [v2(address) for address in addresses]
        if not found:
            return "''"
        first = found[0]
        if any(a.which is not None or a.repetition > 1 or a.where is not None for a in found):
            raise Unsupported("filtered key")
        if len(found) == 1:
            self.add(f"k = {self.head(first, scope)}")
            self.add("if not k: raise Suspect")
            return "k"
        if any((a.segment, a.field) != (first.segment, first.field) for a in found):
            self.add(f"k = [{', '.join(self.head(a, scope) for a in found)}]")
        else:
            places = tuple((a.component or 1, a.sub or 1) for a in found)
            count = max(component for component, _ in places)
            if count > 15 or max(sub for _, sub in places) > 15:
                raise Unsupported("a key of far components")
            self.add(f"k = key_parts({self.variable(first, scope)}[{first.field}], {places!r}, {count})")
        self.add("if not k[0]: raise Suspect")
        return "('|'.join(k) if k[-1] else '|'.join(k).rstrip('|'))"


def v2(address: object) -> V2Address:
    """The address. Raises Unsupported when it is one of another format."""
    if not isinstance(address, V2Address):
        raise Unsupported("another format")
    return address
