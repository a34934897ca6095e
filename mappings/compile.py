"""Mappings as generated Python: the form that runs on the record path. Made at load, one function a mapping.

The generated function gives exactly what the interpreter gives, for records without anything unusual; at the first
unusual thing it raises `Suspect` and the interpreter runs instead. So it needs no issues, no lineage and no account,
only a cheap proof that every filled field is named by a row. HL7 v2 only; other formats run interpreted.

Shape of the generated source (see `Compiled.source`): fetch the segments, check envelope, key and coverage, make the
resources with their constants, then one statement or two for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.compile_rows import Source, Unsupported
from mappings.compiled_parts import PARTS
from mappings.elements import STAFF_TYPES
from mappings.rows import Group, MappingFile, Role
from mappings.syntax.hl7v2_tree import V2Address
from mappings.unfit import Unfit

__all__ = ["Compiled", "Unfit", "compile_mapping"]

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated function and its source. `run(lines, head_fields, make_id, zone)` gives
    (resources, roles, key, addressees); it raises Suspect or Unfit when the interpreter must run."""

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
        self.roles(mapping.root, "", "")
        for number, group in enumerate(mapping.root.groups):
            self.open(group, number)
        self.about()
        source.rows(mapping.root, {})
        for number, group in enumerate(mapping.root.groups):
            self.rows(group, number)
        self.result()
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
        """The record's key."""
        source = self.source
        source.add(f"key = {self.key_text(self.mapping.record_key, {}, 'k')}")

    def key_text(self, addresses: Any, scope: Mapping[str, str], name: str) -> str:
        """Writes the parts of a key; an expression of its text."""
        source = self.source
        parts = []
        for number, address in enumerate(addresses):
            source.add(f"{name}{number} = {source.head(_v2(address), scope)}")
            parts.append(f"{name}{number}")
        if parts:
            source.add(f"if not {parts[0]}: raise Suspect")
        joined = "(" + " + '|' + ".join(parts) + ").rstrip('|')" if parts else "''"
        if len(parts) > 1:
            source.add(f"{name}t = {joined} if {parts[-1]} == '' else {' + chr(124) + '.join(parts)}")
            return f"{name}t"
        return parts[0] if parts else "''"

    def roles(self, group: Group, prefix: str, path: str, scope: Mapping[str, str] | None = None) -> None:
        """The resources of a group, each with its constants."""
        for role in group.roles:
            self.role(role, group, prefix, path, scope or {})

    def role(self, role: Role, group: Group, prefix: str, path: str, scope: Mapping[str, str]) -> None:
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
            key = "key"
            if role.key:
                key = f"{role.name + ':'!r} + {self.key_text(role.key, scope, 'q')}"
            source.add(f"i = make_id({key}, {role.name.encode()!r}{path})")
            source.add(f"{name} = {{'resourceType': {role.type!r}, 'id': i{', ' + body if body else ''}}}")
            if source.labels(group, role):
                source.add(f"m_{role.name} = {{}}")
            if group.each is None and role.when is None:
                source.add(f"o_{role.name} = {{'reference': {role.type + '/'!r} + i}}")

    def open(self, group: Group, number: int) -> None:
        """The instances of one repeating group, with their resources."""
        source = self.source
        segment = _v2(group.each).segment
        scope = {segment: "f"}
        source.add(f"g{number} = []")
        for role in group.roles:
            source.add(f"l_{role.name} = []")
        if not group.roles and not any(row.verb == "map" for row in group.rows):
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
                source.add("p = b'/%d' % c")
            self.roles(group, f"g{number}", " + p", scope)
            names = [f"r_{role.name}" for role in group.roles]
            marks = [f"m_{role.name}" if source.labels(group, role) else "None" for role in group.roles]
            for role in group.roles:
                guard = f"if r_{role.name} is not None: " if role.when is not None else ""
                source.add(f"{guard}l_{role.name}.append(r_{role.name})")
            source.add(f"g{number}.append((f, {''.join(f'{name}, ' for name in names + marks)}))")

    def about(self) -> None:
        """All resources in order, and those about the patient."""
        source = self.source
        source.add("made = []")
        source.add("about = []")
        source.add("roles = {}")
        for role in self.mapping.root.roles:
            if role.when is not None:
                source.add(f"if r_{role.name} is not None:")
            with source.indented(role.when is not None):
                source.add(f"made.append(r_{role.name})")
                if role.type not in STAFF_TYPES:
                    source.add(f"about.append(r_{role.name})")
                source.add(f"roles[{role.name!r}] = (r_{role.name}['id'],)")
        for number, group in enumerate(self.mapping.root.groups):
            if group.roles:
                self.about_group(group, number)

    def about_group(self, group: Group, number: int) -> None:
        """The same for the instances of a repeating group."""
        source = self.source
        source.add(f"if g{number}:")
        with source.indented():
            if len(group.roles) == 1 and group.roles[0].when is None:
                source.add(f"made += l_{group.roles[0].name}")
            else:
                names = [f"r_{role.name}" for role in group.roles]
                unpack = ", ".join(["f", *names, *["_"] * len(names)])
                source.add(f"for {unpack} in g{number}:")
                for role in group.roles:
                    guard = f"if r_{role.name} is not None: " if role.when is not None else ""
                    source.add(f"    {guard}made.append(r_{role.name})")
            for role in group.roles:
                if role.type not in STAFF_TYPES:
                    source.add(f"about += l_{role.name}")
                guard = f"if l_{role.name}: " if role.when is not None else ""
                source.add(f"{guard}roles[{role.name!r}] = tuple([r['id'] for r in l_{role.name}])")

    def rows(self, group: Group, number: int) -> None:
        """The rows of a repeating group, for each of its instances."""
        source = self.source
        if not group.roles and not any(row.verb == "map" for row in group.rows):
            return
        segment = _v2(group.each).segment
        names = [f"r_{role.name}" for role in group.roles]
        marks = [f"m_{role.name}" for role in group.roles]
        source.add(f"for {', '.join(['f', *names, *marks])}, in g{number}:")
        with source.indented():
            source.rows(group, {segment: "f"})
            source.add("pass")

    def result(self) -> None:
        """What the function gives."""
        source = self.source
        source.coverage()
        source.add("return tuple(made), roles, key, named")


def _v2(address: Any) -> V2Address:
    if not isinstance(address, V2Address):
        raise Unsupported("another format")
    return address
