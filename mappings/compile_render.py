"""The way out as generated Python: rows of a mapping that write v2 segments, cells of a sheet or JSON, without a
complement. Made once for each mapping; a record that goes back to its source, and documents, are written row by row.

The generated function writes just what `render.Rendering` writes, or raises Suspect at the first unusual thing (an
element of another shape than FHIR says, a required value without a source); then the plain form runs and says what it
is. What has no local home is asked of the plain form as well, when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mappings.assigning import Cast, Resource, in_its_item
from mappings.compile_writers import Around, CellWriter, RowWriter, TreeWriter, Unwritable, V2Writer
from mappings.compiled_parts import Suspect
from mappings.render_plan import PlannedGroup, PlannedRow, RenderPlan
from mappings.rows import Condition, MappingFile, all_groups
from mappings.syntax.sheets import SHEETS
from mappings.unfit import Unfit
from mappings.writing import Builder

Fact = Callable[[str, Mapping[str, Resource]], str]
Write = Callable[[Cast, dict[str, Resource], Fact, Builder], None]
"""(who plays which role, the roles of the root, facts of the sender, builder): writes all rows. Raises Suspect."""


def compile_render(mapping: MappingFile, plan: RenderPlan) -> Write | None:
    """The generated form; None where the format or a construct of the mapping has none."""
    writers: dict[str, type[RowWriter]] = {"hl7v2": V2Writer, "json": TreeWriter}
    writer = CellWriter if mapping.format in SHEETS else writers.get(mapping.format)
    if writer is None or mapping.direction == "in":
        return None
    try:
        source = RenderSource(mapping, plan, writer)
        text = source.text()
    except Unwritable:
        return None
    names: dict[str, Any] = {**_PARTS, **source.writer.names}
    exec(compile(text, f"<render {mapping.id}>", "exec"), names)  # noqa: S102 - our own generated source
    write: Write = names["write"]
    return write


_PARTS: Mapping[str, Any] = {
    "Suspect": Suspect,
    "in_its_item": in_its_item,
    "ERRORS": (Unfit, KeyError, TypeError),
}


class RenderSource:
    """The source of one mapping, being written."""

    def __init__(self, mapping: MappingFile, plan: RenderPlan, writer: type[RowWriter]) -> None:
        self.mapping = mapping
        self.plan = plan
        self.writer = writer(mapping)
        self.lines: list[str] = []
        self.depth = 1
        self.shared = self._shared()
        self.count = 0

    def _shared(self) -> set[tuple[str, tuple[str, ...]]]:
        """(type, element) that several rows read, so that it must be known whether an earlier one wrote the value."""
        seen: set[tuple[str, tuple[str, ...]]] = set()
        twice: set[tuple[str, tuple[str, ...]]] = set()
        for group in _planned(self.plan.root):
            for row in (*group.rows, *group.accounts_now):
                if row.verb in ("map", "const", "ref"):
                    element = self.element(row)
                    inside = group is not self.plan.root and row.role != group.first
                    if element in seen or inside or group.of:
                        twice.add(element)
                    seen.add(element)
        return twice

    def element(self, row: PlannedRow) -> tuple[str, tuple[str, ...]]:
        """The element a row reads, of whatever role."""
        return self.mapping.types.get(row.role, ""), row.names

    def text(self) -> str:
        """The function. Raises Unwritable."""
        self.group(self.plan.root, "roles", Around(()))
        body = "\n".join(self.lines)
        top = "\n".join(f"    {line}" for line in ("used = set()", *self.writer.top()))
        return f"def write(cast, roles, fact, builder):\n{top}\n{body}\n"

    def add(self, *lines: str) -> None:
        """More lines."""
        self.lines += ["    " * self.depth + line for line in lines]

    @contextmanager
    def indented(self, levels: int = 1) -> Iterator[None]:
        """Lines one level deeper."""
        self.depth += levels
        yield
        self.depth -= levels

    def group(self, group: PlannedGroup, roles: str, around: Around) -> None:
        """The rows of one instance, and the groups within it."""
        named = [row.role for row in (*group.rows, *group.accounts_now) if row.role]
        for role in dict.fromkeys(named):
            self.add(f"r_{role} = {roles}.get({role!r})")
        for row in group.rows:
            if row.verb == "map":
                self.map(row, around)
            else:
                self.say(row, roles, around)
        for row in group.accounts_now:
            if self.element(row) in self.shared:
                self.account(row)
        for inner in group.groups:
            self.inner(inner, roles, around)

    def inner(self, group: PlannedGroup, roles: str, around: Around) -> None:
        """The instances of a group within."""
        if group.of:
            raise Unwritable
        self.count += 1
        number = self.count
        self.writer.names[f"G{number}"] = group
        self.add(f"for i{number} in cast.instances(G{number}, {roles}):")
        with self.indented():
            opened, lines = self.writer.open(group.group.each, around, number)
            self.add(*lines)
            self.group(group, f"i{number}", opened)

    def account(self, row: PlannedRow) -> None:
        """A constant or reference of a resource: no row writes it."""
        self.writer.names[f"V{id(row)}"] = row.value
        self.add(f"if r_{row.role} is not None:")
        with self.indented(), self.values(row, paths=True):
            if row.verb == "const":
                self.add(f"if v == V{id(row)}: used.add((id(r_{row.role}), p))")
            else:
                self.add(f"used.add((id(r_{row.role}), p))")

    def say(self, row: PlannedRow, roles: str, around: Around) -> None:
        """A fact of the sender, or a constant of the agency's side."""
        condition = self.fits(row.when, around, strict=True)
        if row.verb == "local":
            text = repr(row.value)
            if not row.value:
                return
        else:
            self.add(f"t = fact({row.value!r}, {roles})")
            text = "t"
            condition = f"t and {condition}" if condition != "True" else "t"
            if row.required:
                self.add("if not t: raise Suspect")
        self.add(f"if {condition}:")
        with self.indented():
            self.add(*self.writer.add(row.address, text, around, "False"), "pass")

    def map(self, row: PlannedRow, around: Around) -> None:
        """The element's values, through the lens backwards, to the row's address."""
        number = row.row.number
        self.writer.names |= {
            f"B{number}": row.backward,
            f"I{number}": row.itself,
            f"T{number}": row.telling,
        }
        shared = self.element(row) in self.shared
        if row.required:
            self.add("written = False")
        self.add(f"if r_{row.role} is not None:")
        with self.indented(), self.values(row, paths=shared or bool(row.telling), around=around):
            self.body(row, around, shared)
        if row.required:
            wanted = self.fits(row.when, around, strict=True)
            if row.when is not None:
                wanted = f"r_{row.role} is not None and {wanted}"
            self.add(
                f"if not written and {wanted} and not {self.writer.head(row.address, around)}: raise Suspect"
            )

    @contextmanager
    def values(self, row: PlannedRow, *, paths: bool, around: Around | None = None) -> Iterator[None]:
        """Lines for each value `v` of the row's element, with its path `p` where that is wanted."""
        node, path, levels = f"r_{row.role}", "", 0
        target = row.row.target
        steps = target.steps if target is not None else ()
        for position, step in enumerate(steps):
            last = position == len(steps) - 1
            self.add(f"v = {node}.get({step.name!r})", "if v is not None:")
            self.depth += 1
            levels += 1
            path = f"{path}.{step.name}" if path else step.name
            self.add(
                f"if v.__class__ is {'not list' if step.many else 'list or v.__class__ is tuple'}: raise Suspect"
            )
            if around is not None and position == self._repeats_at(steps):
                self.add(
                    f"repeat = not {self.writer.head(row.address, around)}" if row.many else "repeat = False"
                )
            if step.many:
                at = f"n{position}"
                self.add(f"for {at}, v in enumerate(v):" if paths else "for v in v:")
                self.depth += 1
                levels += 1
                path = f"{path}[{{{at}}}]"
            if last and paths:
                self.add(f"p = f{path!r}")
            if not last:
                self.add("if v.__class__ is not dict: raise Suspect", f"o{position} = v")
                node = f"o{position}"
        yield
        self.depth -= levels

    @staticmethod
    def _repeats_at(steps: Sequence[Any]) -> int:
        """The step before whose items it is asked whether a value stands there already."""
        return next((n for n, step in enumerate(steps) if step.many), len(steps) - 1)

    def body(self, row: PlannedRow, around: Around, shared: bool) -> None:
        """One value `v`."""
        number, start = row.row.number, self.depth
        checks = [f"(id(r_{row.role}), p) not in used"] if shared else []
        checks += [f"v not in I{number}"] if row.itself else []
        checks += [f"in_its_item(T{number}, r_{row.role}, p)"] if row.telling else []
        condition = self.fits(row.when, around, strict=False)
        checks += [condition] if condition != "True" else []
        if checks:
            self.add(f"if {' and '.join(checks)}:")
            self.depth += 1
        self.add(f"try: t = B{number}(v)", "except ERRORS: t = ''", "if t != '':")
        self.depth += 1
        self.add("ok = False", *self.writer.add(row.address, "t", around, "repeat" if row.many else "False"))
        if shared:
            self.add(
                f"if ok or {self.writer.holds(row.address, 't', around)}: used.add((id(r_{row.role}), p))"
            )
        if row.required:
            self.add("written |= ok")
        settled = self.settle(row.when, around)
        if settled:
            self.add("if ok:")
            with self.indented():
                self.add(*settled)
        self.depth = start

    def fits(self, when: Condition | None, around: Around, *, strict: bool) -> str:
        """An expression: whether what is written so far allows a row."""
        if when is None:
            return "True"
        if when.kind == "present":
            return f"({self.writer.head(when.address, around)} != '')" if strict else "True"
        if when.kind == "in":
            head = self.writer.head(when.address, around)
            return (
                f"({head} in {when.values!r})" if strict else f"((h := {head}) in {when.values!r} or not h)"
            )
        if when.kind == "not":
            inner = when.parts[0]
            said = f"not {self.fits(inner, around, strict=True)}"
            if inner.kind in ("present", "in") and not strict:
                return f"(not {self.writer.head(inner.address, around)} or {said})"
            return f"({said})"
        parts = [self.fits(part, around, strict=strict) for part in when.parts]
        return "(" + f" {when.kind} ".join(parts) + ")"

    def settle(self, when: Condition | None, around: Around) -> list[str]:
        """Lines that write the value that an `equals` of a row needs."""
        if when is None:
            return []
        if when.kind == "in":
            lines = self.writer.add(when.address, repr(when.values[0]), around, "False")
            return [f"if not {self.writer.head(when.address, around)}:", *(f"    {line}" for line in lines)]
        return [line for part in when.parts if when.kind == "and" for line in self.settle(part, around)]


def _planned(group: PlannedGroup) -> list[PlannedGroup]:
    return [group, *(one for inner in group.groups for one in _planned(inner))]


__all__ = ["Fact", "Write", "all_groups", "compile_render"]
