"""Mappings as generated Python: the form that runs on the record path. Made at load, one function a mapping.

The generated function gives exactly what the interpreter gives, for records without anything unusual; at the first
unusual thing it raises `Suspect` and the interpreter runs instead. So it needs no issues, no lineage and no account,
only a cheap proof that every filled field is named by a row. HL7 v2 only; other formats run interpreted.

Shape of the generated source (see `Compiled.source`): fetch the segments, check envelope and key, make the resources
of the root, then for each repeating group a loop that makes and fills its resources, then the rows of the root, then
rows of groups that write labels or into other resources, and the proof of coverage.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from mappings.compile_nested import NestedSource, check_nested, is_nested
from mappings.compile_roles import v2
from mappings.compile_segments import Unsupported
from mappings.compiled_parts import PARTS, Remembered
from mappings.rows import Group, MappingFile, Row
from mappings.syntax.hl7v2_tree import V2Address
from mappings.unfit import Unfit

__all__ = ["Compiled", "Unfit", "compile_mapping"]

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The generated functions and the source of the first. `run(lines, head_fields, ids_of, zone)` gives (resources,
    names and ids for `roles_of`, key, addressees); it raises Suspect or Unfit when the interpreter must run. The first
    line must be an MSH; a further one, or a line of no segment that a row names, is suspect. `run_unquoted` is for
    messages without any quotation mark, so without a v2 delete."""

    run: Run
    run_unquoted: Run
    source: str

    def form_for(self, message: bytes) -> Run:
        """The function for this message."""
        return self.run if b'"' in message else self.run_unquoted


def compile_mapping(mapping: MappingFile) -> Compiled | None:
    """The generated form, or None where the format or a construct of the mapping has none."""
    if mapping.format != "hl7v2" or mapping.direction == "out" or mapping.filled_on:
        return None  # values of the generated form are shared between records: no row may write into one
    remembered: dict[int, Remembered] = {}
    try:
        sources = [
            Writer(mapping, NestedSource(mapping, remembered, deletes)).write() for deletes in (True, False)
        ]
    except Unsupported:
        return None
    first, second = (_function(source, mapping.id) for source in sources)
    return Compiled(first, second, sources[0].text())


def _function(source: NestedSource, mapping_id: str) -> Run:
    names: dict[str, Any] = {**PARTS, **source.names}
    exec(compile(source.text(), f"<mapping {mapping_id}>", "exec"), names)  # noqa: S102 - our own generated source
    run: Run = names["run"]
    return run


class Writer:
    """Writes the function of one mapping."""

    def __init__(self, mapping: MappingFile, source: NestedSource) -> None:
        self.mapping = mapping
        self.source = source

    def write(self) -> NestedSource:
        """The whole function. Raises Unsupported."""
        source, mapping = self.source, self.mapping
        for group in mapping.root.groups:
            if v2(group.each).field:
                raise Unsupported("a group of repetitions")
            if is_nested(group):
                check_nested(source, group)
        source.fetch()
        self.envelope()
        source.add(f"key = {source.key_text(mapping.record_key, {})}")
        source.ids()
        source.add("made = []")
        source.add("about = []")
        source.add(f"marked = {self.marked()}")
        if source.labelled_all:
            source.add("labelled = {}")
        source.roles(mapping.root)
        for number, group in enumerate(mapping.root.groups):
            if is_nested(group):
                source.nested(group, number)
            else:
                self.open(group, number)
        with ExitStack() as taking:
            for name in self.often():
                taking.enter_context(source.taking(f"s_{name}"))
            source.rows(mapping.root, {}, mapping.root.rows)
        for number, group in enumerate(mapping.root.groups):
            if not is_nested(group):
                self.late_rows(group, number)
        source.coverage()
        source.add("return tuple(made), (names, found), key, named")
        return source

    def marked(self) -> bool:
        """Whether resources are made with a `meta`, so that labels find one there."""
        rows = [row for group in self.source.groups for row in group.rows]
        return any(row.verb == "const" and row.target and row.target.steps[0].name == "meta" for row in rows)

    def often(self) -> list[str]:
        """Segments that the rows of the root look into often enough to take their fields out."""
        rows = [row for row in self.mapping.root.rows if row.verb == "map"]
        fields = {v2(address) for row in rows for address in row.sources}
        names = [address.segment for address in fields if address.segment not in self.source.grouped]
        return sorted(name for name in set(names) if names.count(name) > 3)

    def envelope(self) -> None:
        """Accepted messages, required values, the addressee."""
        source, mapping = self.source, self.mapping
        if mapping.accepts:
            kinds = {tuple(kind.split("^")) for kind in mapping.accepts}
            source.add("kind = KINDS[s_MSH[9]]")
            source.add(f"if kind not in {kinds!r}: raise Suspect")
            for number in (1, 2):
                source.always[source.head(V2Address("", "MSH", 0, None, 9, 0, None, number, 0), {})] = (
                    f"kind[{number - 1}]"
                )
        for rule in mapping.once:
            source.add(f"if len(by.get({v2(rule.each).segment!r}, ())) > 1: raise Suspect")
        for address in mapping.required:
            source.add(f"if not ({source.present(v2(address), {})}): raise Suspect")
        if mapping.addressee is not None:
            named = mapping.addressee
            each, codes = v2(named.each), v2(named.codes)
            if codes.component or codes.which:
                raise Unsupported("addressee")
            source.add("found = []")
            source.add(f"for n, f in enumerate(a_{each.segment}, 1):")
            with source.indented():
                source.add(f"if {source.condition(named.when, {each.segment: 'f'})}: found.append((n, f))")
            source.add(f"named = addressees(found, {codes.field})")
        else:
            source.add("named = ()")

    def open(self, group: Group, number: int) -> None:
        """The instances of one repeating group: resources and what its rows say of them."""
        source = self.source
        segment = v2(group.each).segment
        now, late = self.split_rows(group)
        for role in group.roles:
            if role.name in source.referred:
                source.add(f"j_{role.name} = []")
        if late:
            source.add(f"g{number} = []")
        if not group.roles and not late:
            return
        picked = source.picked(group) if group.roles else []
        source.add(f"for {', '.join(picked) or 'f'} in {f'p{number}' if picked else f'a_{segment}'}:")
        with source.indented():
            if group.when is not None and not picked:
                source.add(f"if not ({source.condition(group.when, {segment: 'f'})}): continue")
            with source.taking("f"):
                source.flags = source.always | source.role_flags(group, {segment: "f"})
                source.roles(group)
                source.rows(group, {segment: "f"}, now)
                source.flags = source.always
            if late:
                source.add(f"g{number}.append((f, {', '.join(self.late_names(group))}))")

    def split_rows(self, group: Group) -> tuple[list[Row], list[Row]]:
        """Rows that run with the making of an instance, and those that must wait for the rows of the root."""
        near = {*group.roles, *self.mapping.root.roles}
        own = {role.name for role in group.roles}
        labelled = {row.target.role for row in group.rows if row.target and row.target.steps[0].label}
        now: list[Row] = []
        late: list[Row] = []
        for row in group.rows:
            if row.verb not in ("map", "const", "ref") or _in_template(row, own):
                continue
            target = row.target
            waits = target is None or target.role not in own or target.steps[0].name == "meta"
            far = row.verb == "ref" and row.role not in {role.name for role in near}
            if (waits or far) and target is not None and target.role in labelled & own:
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
            for variable in source.items_of(group, late):
                source.add(f"{variable} = None")
            source.rows(group, {v2(group.each).segment: "f"}, late)


def _in_template(row: Row, own: set[str]) -> bool:
    """Whether the row is a constant that its resource is made with."""
    return row.verb == "const" and row.when is None and row.target is not None and row.target.role in own


def _shared_path(now: list[Row], late: list[Row]) -> bool:
    """Whether rows of both rounds write into the same element."""
    paths = [
        {(r.target.role, r.target.steps[0].name) for r in rows if r.target is not None}
        for rows in (now, late)
    ]
    return bool(paths[0] & paths[1])
