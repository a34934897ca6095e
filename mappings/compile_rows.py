"""The generated source of rows, conditions and the coverage proof (see `compile`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mappings.compile_conditions import few_values, simple
from mappings.compile_segments import Scope, SegmentSource, Unsupported
from mappings.compiled_parts import Remembered
from mappings.placing import put
from mappings.rows import EVERY_ROLE, Group, Role, Row, Target
from mappings.syntax.hl7v2_tree import V2Address

_DATES = frozenset({"date", "day", "datetime"})
_CHECKED = re.compile(r"^M\d+\[|\b(one_value|moment)\(")
"""Expressions that see to it themselves that the field does not repeat."""


class Source(SegmentSource):
    """Lines of the function being written, and how rows become lines."""

    def constants(self, group: Group, role: Role) -> dict[str, Any]:
        """What the constants of a role make, with nothing else in it."""
        template: dict[str, Any] = {}
        for row in group.rows:
            target = row.target
            if row.verb == "const" and row.when is None and target is not None and target.role == role.name:
                if any(step.label for step in target.steps):
                    raise Unsupported("labelled constant")
                put(template, target.steps, row.value, {})
                self.written.add((role.name, tuple(step.name for step in target.steps)))
        return template

    def shared(self, role: Role, name: str, value: Any) -> str:
        """A constant's expression; one object for all records where no other row writes into it."""
        if not isinstance(value, (dict, list)):
            return repr(value)
        writers = [
            row
            for group in self.groups
            for row in group.rows
            if row.target is not None and row.target.steps[0].name == name
            if row.target.role in (role.name, EVERY_ROLE) and not (row.verb == "const" and row.when is None)
        ]
        if writers:
            return repr(value)
        constant = f"K{len(self.names)}"
        self.names[constant] = value
        return constant

    def labels(self, group: Group, role: Role) -> list[str]:
        """Variables of the labelled items that rows of the group fill in this role."""
        found: dict[str, None] = {}
        for row in group.rows:
            if row.target is not None and row.target.role == role.name:
                for number, step in enumerate(row.target.steps):
                    if step.label:
                        found[self._labelled(row.target, number)] = None
        return list(found)

    def items_of(self, group: Group, rows: Sequence[Row]) -> list[str]:
        """Variables of the labelled items that an instance of the group fills in resources of outer groups."""
        own = {role.name for role in group.roles}
        found: dict[str, None] = {}
        for row in rows:
            if row.target is not None and row.target.role not in own:
                for number, step in enumerate(row.target.steps):
                    if step.label:
                        found[self._labelled(row.target, number)] = None
        return list(found)

    def _labelled(self, target: Target, number: int) -> str:
        """The variable of one labelled item."""
        mark = ".".join(
            step.name + (f"[{step.label}]" if step.label else "") for step in target.steps[: number + 1]
        )
        self.labelled.setdefault((target.role, mark), f"k{len(self.labelled)}_")
        return self.labelled[target.role, mark]

    def rows(self, group: Group, scope: Scope, rows: Sequence[Row]) -> None:
        """Conditional constants first, then values and references in their order."""
        self.remember(rows, scope)
        makers = [self._maker(row) for row in rows]
        self.twice = {maker: "" for maker in makers if maker and makers.count(maker) > 1}
        for row in rows:
            far = row.target is not None and row.target.role not in {role.name for role in group.roles}
            if row.verb == "const" and (row.when is not None or far):
                with self.guarded(row, scope):
                    self.place(row, repr(row.value), "plain")
        for row in rows:
            if row.verb == "map":
                self.value(row, scope)
            elif row.verb == "ref":
                with self.guarded(row, scope):
                    self.refer(row, group)
        self.memory = {}

    def remember(self, rows: Sequence[Row], scope: Scope) -> None:
        """What several rows ask is asked once."""
        asked: dict[str, int] = {}
        for row in rows:
            if row.verb in ("map", "const", "ref"):
                for when in simple(row.when):
                    assert isinstance(when.address, V2Address)
                    text = (
                        self.present(when.address, scope)
                        if when.kind == "present"
                        else self.head(when.address, scope)
                    )
                    if text not in self.flags:
                        asked[text] = asked.get(text, 0) + 1
        for number, text in enumerate(text for text, count in asked.items() if count > 1):
            self.add(f"x{number} = {text}")
            self.memory[text] = f"x{number}"

    @contextmanager
    def guarded(self, row: Row, scope: Scope, more: str = "") -> Iterator[None]:
        """Lines under the row's condition, and under the existence of its role."""
        tests = [more] if more else []
        if row.when is not None:
            tests.append(self.condition(row.when, scope))
        role = self.made.get(f"r_{row.target.role}") if row.target is not None else None
        if role is not None and role.when is not None:
            tests.append(f"r_{role.name} is not None")
        if tests:
            self.add(f"if {' and '.join(tests)}:")
        with self.indented(bool(tests)):
            yield

    def refer(self, row: Row, group: Group) -> None:
        """References: to the role in sight, or to all instances of a repeating role."""
        role = self.made[f"r_{row.role}"]
        inside = role in group.roles or role in self.mapping.root.roles or role in self.around
        start = f"'{role.type}/' + "
        if not inside:
            target = row.target
            assert target is not None
            path = (target.role, tuple(step.name for step in target.steps))
            many = target.steps[-1].many
            self.add(f"if j_{role.name}:")
            with self.indented():
                if many and len(target.steps) == 1:
                    made, node = f"[{{'reference': {start}j}} for j in j_{role.name}]", f"r_{target.role}"
                    name, again = target.steps[0].name, path in self.written
                    self.written.add(path)
                    self.add(f"extend({node}, {name!r}, {made})" if again else f"{node}[{name!r}] = {made}")
                elif many:
                    self.add(f"for j in j_{role.name}:")
                    with self.indented():
                        self.place(row, f"{{'reference': {start}j}}", "reference")
                else:
                    self.place(row, f"{{'reference': {start}j_{role.name}[0]}}", "reference")
            return
        if role.when is not None:
            self.add(f"if r_{row.role} is not None:")
        with self.indented(role.when is not None):
            one = f"{{'reference': {start}r_{row.role}['id']}}"
            known = role in self.mapping.root.roles and role.when is None
            self.place(row, f"o_{role.name}" if known else one, "reference")

    def value(self, row: Row, scope: Scope) -> None:
        """A `from … to … lens` row."""
        addresses = [a for a in row.sources if isinstance(a, V2Address)]
        first = addresses[0]
        if not first.field or first.sub or first.repetition > 1 or (first.repetition and first.component):
            raise Unsupported("address of a value")
        lens = f"L{row.number}"
        assert row.lens is not None
        role = self.made.get(f"r_{row.target.role}") if row.target is not None else None
        self.names[lens] = row.lens.forward
        v = self.raw(first, scope)
        if row.required:
            when = "" if row.when is None else f"{self.condition(row.when, scope)} and "
            self.add(f"if {when}not ({self.filled(v)}): raise Suspect")
        with self.guarded(row, scope, "" if row.required else self.filled(v)):
            if len(addresses) > 1:
                texts = [v, *(self.field(a, scope) for a in addresses[1:])]
                repeats = [f"'~' in {text}" for text in texts]
                self.add(f"if {' or '.join(repeats)}: raise Suspect")
                v = f"({', '.join(texts)})"
            expression = f"{lens}({v}, zone)"
            if few_values(row, role):
                many = row.target is not None and row.target.steps[-1].many and row.lens_name != "label"
                known = Remembered(row.lens.forward, row.codes or {}, many)
                self.names[f"M{row.number}"] = self.remembered.setdefault(row.number, known)
                expression = f"M{row.number}[{v}]"
            elif row.lens_name in _DATES and len(addresses) == 1:
                other = "moment" if row.lens_name == "datetime" else "one_value"
                expression = f"DAYS[{v}] or {other}({v}, {lens}, zone)"
            self.value_of = v
            self.place(row, expression, "value")

    def filled(self, variable: str) -> str:
        """An expression: the field has a value."""
        return f"{variable} and {variable} != '\"\"'" if self.deletes else variable

    def raw(self, address: V2Address, scope: Scope) -> str:
        """Writes what the lens of a row sees of its first address; its variable."""
        if address.which is not None:
            raise Unsupported("filtered value")
        field = self.field(address, scope)
        filters = self._filters(address)
        if not (filters or address.component or address.repetition or "[" in field):
            return field
        self.add(f"v = {field}")
        if address.repetition:
            self.add("if '~' in v: v = v[:v.index('~')]")
        if filters:
            self.add(f"if v: v = kept(v, {filters!r})")
        if address.component:
            self.add(f"if v: v = part1(v, {address.component}, 0) if '~' not in v else suspect()")
        return "v"

    def _writers(self, row: Row) -> int:
        """How many rows write into the element of this one."""
        if row.target is None:
            return 0
        place = row.target.role, row.target.steps[0].name
        rows = (other for group in self.groups for other in group.rows)
        return sum(r.target is not None and (r.target.role, r.target.steps[0].name) == place for r in rows)

    def _filters(self, address: V2Address) -> tuple[tuple[int, str], ...]:
        """Repetitions of the field that drop rows name. Other drops under a mapped field are not supported here."""
        found = []
        for group in self.groups:
            for row in group.rows:
                for other in row.sources:
                    if (
                        not isinstance(other, V2Address)
                        or row.verb != "drop"
                        or other.segment != address.segment
                    ):
                        continue
                    if other.field == address.field or not other.field:
                        if (
                            other.which is None
                            or other.which[0] > 15
                            or other.component
                            or row.when is not None
                        ):
                            raise Unsupported("drop under a mapped field")
                        found.append(other.which)
        return tuple(found)

    def place(self, row: Row, expression: str, kind: str) -> None:
        """Put the value of an expression at the row's target; `kind` is plain, value or reference."""
        target = row.target
        assert target is not None
        last = target.steps[-1]
        if target.role == EVERY_ROLE:
            if [step.name for step in target.steps] != ["meta", "security"]:
                raise Unsupported("every role")
            self.add(f"v = {expression}")
            self.add("if id(v) not in labelled:")
            self.add("    labelled[id(v)] = v")
            self.add("    (label_all if marked else label_first)(about, 'security', v)")
            self.add("    marked = True")
            return
        node = self.node(target)
        path = (target.role, tuple(step.name for step in target.steps))
        again = path in self.written
        self.written.add(path)
        if last.many:
            self._place_many(row, node, expression, kind, again)
        elif kind == "reference":
            guard = f"if {last.name!r} not in {node}: " if again else ""
            self.add(f"{guard}{node}[{last.name!r}] = {expression}")
        else:
            if kind == "value" and len(row.sources) == 1 and not _CHECKED.search(expression):
                self.add(f"if '~' in {self.value_of}: raise Suspect")
            expression = self._made_once(row, expression)
            if again:
                self.add(f"if {last.name!r} in {node}: raise Suspect")
            self.add(f"{node}[{last.name!r}] = {expression}")

    def _place_many(self, row: Row, node: str, expression: str, kind: str, again: bool) -> None:
        name = row.target.steps[-1].name if row.target is not None else ""
        if kind == "value" and row.lens_name == "label":
            self.add(f"extend({node}, {name!r}, {expression})")
        elif kind == "value" and len(row.sources) == 1:
            v = self.value_of
            found = expression
            if not expression.startswith("M"):
                found = f"[{expression}] if '~' not in {v} else items({v}, L{row.number}, zone)"
            made = self._made_once(row, found)
            if made != found or (found == expression and self._writers(row) > 1):
                found = f"[*{made}]"
            self.add(f"extend({node}, {name!r}, {found})" if again else f"{node}[{name!r}] = {found}")
        elif kind == "plain" and expression.startswith("["):
            self.add(f"extend({node}, {name!r}, {expression})")
        elif again:
            self.add(f"extend({node}, {name!r}, ({expression},))")
        else:
            self.add(f"{node}[{name!r}] = [{expression}]")

    def _maker(self, row: Row) -> str:
        """What makes a row's value, where another row may use the value as well; else empty."""
        role = self.made.get(f"r_{row.target.role}") if row.target is not None else None
        if row.verb != "map" or row.when is not None or len(row.sources) != 1 or role is None or role.when:
            return ""
        many = row.target is not None and row.target.steps[-1].many
        return f"{id(row.lens)} {row.sources[0].text} {many}" if row.lens_name != "label" else ""

    def _made_once(self, row: Row, expression: str) -> str:
        """The expression, or the variable of its value where several rows want it."""
        maker = self._maker(row)
        if maker not in self.twice:
            return expression
        if not self.twice[maker]:
            self.twice[maker] = f"w{row.number}"
            self.add(f"w{row.number} = {expression}")
        return self.twice[maker]

    def node(self, target: Target) -> str:
        """Writes the way to the object that holds the last step; its variable."""
        node = f"r_{target.role}"
        path = ""
        for number, step in enumerate(target.steps[:-1]):
            path += f".{step.name}"
            if step.label:
                item = self._labelled(target, number)
                self.add(f"if {item} is None:")
                self.add(f"    {item} = {{}}")
                self.add(f"    {node}.setdefault({step.name!r}, []).append({item})")
                self.add(f"o_ = {item}")
            elif path == ".meta":
                self.add(f"o_ = own_meta({node})")
                self.add("marked = True")
            elif step.many:
                self.add(f"o_ = {node}.setdefault({step.name!r}, [])")
                self.add("if not o_: o_.append({})")
                self.add("o_ = o_[0]")
            else:
                self.add(f"o_ = {node}.setdefault({step.name!r}, {{}})")
            node = "o_"
        return node

    def coverage(self) -> None:
        """The proof that every filled field is named by a row."""
        from mappings.compile_coverage import write_coverage

        write_coverage(self)
