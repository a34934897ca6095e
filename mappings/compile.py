"""Mappings as generated Python: the form that runs on the record path. Made at load, one function a mapping.

The generated function gives exactly what the interpreter gives, for records without anything unusual; at the first
unusual thing it raises `Suspect` and the interpreter runs instead. So it needs no issues, no lineage and no account,
only a cheap proof that every filled field is named by a row. HL7 v2 only; other formats run interpreted.

Shape of the generated source (see `Compiled.source`): fetch the segments, check envelope and key, make the resources
of the root, then for each repeating group a loop that makes and fills its resources, then the rows of the root, then
rows of groups that write labels or into other resources, and the proof of coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.compile_rows import Source
from mappings.compile_segments import Unsupported
from mappings.compiled_parts import PARTS
from mappings.rows import Group, MappingFile, Role, Row
from mappings.syntax.hl7v2_tree import V2Address
from mappings.unfit import Unfit

__all__ = ["Compiled", "Unfit", "compile_mapping"]

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated function and its source. `run(lines, head_fields, ids_of, zone)` gives
    (resources, roles, key, addressees); it raises Suspect or Unfit when the interpreter must run. The first line must
    be an MSH; a further one, or a line of no segment that a row names, is suspect."""

    run: Run
    source: str


def compile_mapping(mapping: MappingFile) -> Compiled | None:
    """The generated form, or None where the format or a construct of the mapping has none."""
    if mapping.format != "hl7v2" or mapping.direction == "out":
        return None
    try:
        source = Writer(mapping).write()
    except Unsupported:
        return None
    text = source.text()
    names: dict[str, Any] = {**PARTS, **source.names}
    exec(compile(text, f"<mapping {mapping.id}>", "exec"), names)  # noqa: S102 - our own generated source
    return Compiled(names["run"], text)


class Writer:
    """Writes the function of one mapping."""

    def __init__(self, mapping: MappingFile) -> None:
        self.mapping = mapping
        self.source = Source(mapping)

    def write(self) -> Source:
        """The whole function. Raises Unsupported."""
        source, mapping = self.source, self.mapping
        for group in mapping.root.groups:
            if group.groups or group.followers or group.each is None or group.each.field:  # type: ignore[attr-defined]
                raise Unsupported("nested groups")
        source.fetch()
        self.envelope()
        self.key()
        source.add("roles = {}")
        self.roles(mapping.root, "", None)
        source.add("made = []")
        for role in mapping.root.roles:
            guard = f"if r_{role.name} is not None: " if role.when is not None else ""
            source.add(f"{guard}made.append(r_{role.name})")
        for number, group in enumerate(mapping.root.groups):
            self.open(group, number)
        source.rows(mapping.root, {}, mapping.root.rows)
        for number, group in enumerate(mapping.root.groups):
            self.late_rows(group, number)
        source.coverage()
        source.add("return tuple(made), roles, key, named")
        return source

    def envelope(self) -> None:
        """Accepted messages, required values, the addressee."""
        source, mapping = self.source, self.mapping
        if mapping.accepts:
            kinds = {tuple(kind.split("^")) for kind in mapping.accepts}
            source.add(f"if (part1(s_MSH[9], 1, 1), part1(s_MSH[9], 2, 1)) not in {kinds!r}: raise Suspect")
        for address in mapping.required:
            source.add(f"if not ({source.present(_v2(address), {})}): raise Suspect")
        if mapping.addressee is not None:
            rule = mapping.addressee
            each, codes = _v2(rule.each), _v2(rule.codes)
            if codes.component or codes.which:
                raise Unsupported("addressee")
            source.add("found = []")
            source.add(f"for n, f in enumerate(a_{each.segment}, 1):")
            with source.indented():
                source.add(f"if {source.condition(rule.when, {each.segment: 'f'})}: found.append((n, f))")
            source.add(f"named = addressees(found, {codes.field})")
        else:
            source.add("named = ()")

    def key(self) -> None:
        """The record's key, and how ids come from it."""
        source = self.source
        source.add(f"key = {self.key_text(self.mapping.record_key, {})}")
        source.add("ids = ids_of(key)")

    def key_text(self, addresses: Any, scope: Mapping[str, str]) -> str:
        """Writes the parts of a key; an expression of its text."""
        source = self.source
        found = [_v2(address) for address in addresses]
        if not found:
            return "''"
        first = found[0]
        if any(a.which is not None or a.repetition > 1 or a.where is not None for a in found):
            raise Unsupported("filtered key")
        if len(found) == 1:
            source.add(f"k = {source.head(first, scope)}")
            source.add("if not k: raise Suspect")
            return "k"
        if any((a.segment, a.field) != (first.segment, first.field) for a in found):
            source.add(f"k = [{', '.join(source.head(a, scope) for a in found)}]")
        else:
            places = tuple((a.component or 1, a.sub or 1) for a in found)
            count = max(component for component, _ in places)
            if count > 15 or max(sub for _, sub in places) > 15:
                raise Unsupported("a key of far components")
            source.add(f"k = key_parts({source.variable(first, scope)}[{first.field}], {places!r}, {count})")
        source.add("if not k[0]: raise Suspect")
        return "('|'.join(k) if k[-1] else '|'.join(k).rstrip('|'))"

    def roles(self, group: Group, prefix: str, scope: Mapping[str, str] | None) -> None:
        """The resources of a group, each with its constants; `prefix` writes what follows the role in its id."""
        for role in group.roles:
            self.role(role, group, prefix, scope or {})

    def role(self, role: Role, group: Group, suffix: str, scope: Mapping[str, str]) -> None:
        """One resource: `r_<role>`, or None when its condition does not hold."""
        source = self.source
        name = f"r_{role.name}"
        if name in source.made:
            raise Unsupported("a role twice")
        source.made[name] = role
        template = source.constants(group, role)
        body = ", ".join(f"{key!r}: {source.shared(role, key, value)}" for key, value in template.items())
        if role.when is not None:
            source.add(f"{name} = None")
            source.add(f"if {source.condition(role.when, scope)}:")
        with source.indented(role.when is not None):
            ids = "ids"
            if role.key:
                ids = f"ids_of({role.name + ':'!r} + {self.key_text(role.key, scope)})"
            source.add(f"i = {ids}({role.name.encode()!r}{suffix})")
            source.add(f"{name} = {{'resourceType': {role.type!r}, 'id': i{', ' + body if body else ''}}}")
            for variable in source.labels(group, role):
                source.add(f"{variable} = None")
            if group.each is not None:
                source.add(f"j_{role.name}.append(i)")
                source.add(f"made.append({name})")
                return
            source.add(f"roles[{role.name!r}] = (i,)")
            if role.when is None:
                source.add(f"o_{role.name} = {{'reference': {role.type + '/'!r} + i}}")

    def open(self, group: Group, number: int) -> None:
        """The instances of one repeating group: resources and what its rows say of them."""
        source = self.source
        segment = _v2(group.each).segment
        scope = {segment: "f"}
        now, late = self.split_rows(group)
        for role in group.roles:
            source.add(f"j_{role.name} = []")
        if late:
            source.add(f"g{number} = []")
        if not group.roles and not late:
            return
        source.add("c = 0")
        source.add(f"for f in a_{segment}:")
        with source.indented():
            if group.when is not None:
                source.add(f"if not ({source.condition(group.when, scope)}): continue")
            source.add("c += 1")
            if group.key is not None:
                source.add(f"v = {source.head(_v2(group.key), scope)}")
                source.add("p = ('/=' + v).encode() if v else b'/%d' % c")
            elif group.roles:
                source.add("p = NUMBERS[c] if c < 64 else b'/%d' % c")
            self.roles(group, " + p", scope)
            source.rows(group, scope, now)
            if late:
                source.add(f"g{number}.append((f, {', '.join(self.late_names(group))}))")
        for role in group.roles:
            source.add(f"if j_{role.name}: roles[{role.name!r}] = tuple(j_{role.name})")

    def split_rows(self, group: Group) -> tuple[list[Row], list[Row]]:
        """Rows that run with the making of an instance, and those that must wait for the rows of the root."""
        near = {*group.roles, *self.mapping.root.roles}
        own = {role.name for role in group.roles}
        labelled = {row.target.role for row in group.rows if row.target and row.target.steps[0].label}
        now: list[Row] = []
        late: list[Row] = []
        for row in group.rows:
            if row.verb not in ("map", "const", "ref") or (row.verb == "const" and row.when is None):
                continue
            target = row.target
            waits = target is None or target.role not in own or target.steps[0].name == "meta"
            far = row.verb == "ref" and row.role not in {role.name for role in near}
            if (waits or far) and target is not None and target.role in labelled:
                raise Unsupported("labelled items in the second round")
            (late if waits or far else now).append(row)
        return (now, late) if not _shared_path(now, late) else ([], now + late)

    def late_names(self, group: Group) -> list[str]:
        """What rows of the second round need of an instance."""
        return [*(f"r_{role.name}" for role in group.roles), "None"]

    def late_rows(self, group: Group, number: int) -> None:
        """Rows of a repeating group that come behind the rows of the root."""
        source = self.source
        _, late = self.split_rows(group)
        if not late:
            return
        source.add(f"for f, {', '.join([*self.late_names(group)[:-1], '_'])} in g{number}:")
        with source.indented():
            source.rows(group, {_v2(group.each).segment: "f"}, late)


def _shared_path(now: list[Row], late: list[Row]) -> bool:
    """Whether rows of both rounds write into the same element."""
    paths = [
        {(r.target.role, r.target.steps[0].name) for r in rows if r.target is not None}
        for rows in (now, late)
    ]
    return bool(paths[0] & paths[1])


def _v2(address: Any) -> V2Address:
    if not isinstance(address, V2Address):
        raise Unsupported("another format")
    return address
