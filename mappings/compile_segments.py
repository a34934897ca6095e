"""The generated source that finds segments, and expressions on them: addresses and conditions (see `compile`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from mappings.compile_conditions import condition_addresses
from mappings.compiled_parts import Remembered
from mappings.rows import EVERY_ROLE, Condition, MappingFile, Role, all_groups
from mappings.syntax.hl7v2 import ENVELOPE
from mappings.syntax.hl7v2_tree import V2Address

Scope = Mapping[str, str]
"""Segment name -> variable of the instance in hand; other segments are their first occurrence."""


class Unsupported(Exception):
    """A construct that the generated form does not have yet; the mapping runs interpreted."""


class SegmentSource:
    """Lines of the function being written, and what they know of segments."""

    def __init__(self, mapping: MappingFile, remembered: dict[int, Remembered], deletes: bool) -> None:
        self.mapping = mapping
        self.remembered = remembered
        """Row number -> values of its lens; the forms of one mapping share them."""
        self.deletes = deletes
        """Whether a field may be a v2 delete, which is no value."""
        self.lines: list[str] = []
        self.depth = 1
        self.names: dict[str, Any] = {}
        self.made: dict[str, Role] = {}
        self.groups = all_groups(mapping.root)
        self.grouped = {g.each.segment for g in self.groups if isinstance(g.each, V2Address)}
        self.sizes = self._sizes()
        self.whole = self._whole()
        self.written: set[tuple[str, tuple[str, ...]]] = set()
        self.memory: dict[str, str] = {}
        self.labelled: dict[tuple[str, str], str] = {}
        self.value_of = ""
        """The variable of the text that the row in hand turns into a value."""
        self.taken: dict[str, set[int]] = {}
        self.always: dict[str, str] = {}
        """Expressions whose value is known from the start -> their variable."""
        self.flags = self.always
        """The same where rows are written, with what is known of the instance in hand."""
        self.labelled_all = self._labelled_all()
        self.referred = self._referred()
        self.around: tuple[Role, ...] = ()
        """The roles of the group around the one in hand."""
        self.twice: dict[str, str] = {}
        """Values that several rows of a round want, by what makes them -> their variable; empty before the first."""

    def add(self, line: str) -> None:
        """One more line."""
        self.lines.append("    " * self.depth + line)

    @contextmanager
    def indented(self, really: bool = True) -> Iterator[None]:
        """Lines one level deeper."""
        self.depth += really
        yield
        self.depth -= really

    def text(self) -> str:
        """The function."""
        return "def run(lines, head, ids_of, zone):\n" + "\n".join(self.lines) + "\n"

    def _addresses(self) -> Iterator[V2Address]:
        for group in self.groups:
            for row in group.rows:
                yield from (a for a in row.sources if isinstance(a, V2Address))
                yield from condition_addresses(row.when)
            for role in group.roles:
                yield from (a for a in role.key if isinstance(a, V2Address))
                yield from condition_addresses(role.when)
            yield from condition_addresses(group.when)
            yield from (a for a in (group.key, group.other_key, group.each) if isinstance(a, V2Address))
        if self.mapping.addressee is not None:
            yield from (
                a
                for a in (self.mapping.addressee.each, self.mapping.addressee.codes)
                if isinstance(a, V2Address)
            )
        named = (*self.mapping.record_key, *self.mapping.required, *(rule.each for rule in self.mapping.once))
        yield from (a for a in named if isinstance(a, V2Address))

    def _sizes(self) -> dict[str, int]:
        found = {"MSH": 20}
        for address in self._addresses():
            if address.occurrence:
                raise Unsupported("numbered segments")
            found[address.segment] = max(found.get(address.segment, 1), address.field + 1)
        return found

    def _referred(self) -> set[str]:
        """Roles that rows refer to."""
        return {row.role for group in self.groups for row in group.rows if row.verb == "ref"}

    def _labelled_all(self) -> bool:
        """Whether rows write labels into every resource about the patient."""
        return any(
            row.target and row.target.role == EVERY_ROLE for group in self.groups for row in group.rows
        )

    def _whole(self) -> set[str]:
        """Segments that a row of the root carries or drops as a whole."""
        return {
            address.segment
            for row in self.mapping.root.rows
            if row.verb in ("carry", "drop") and row.when is None
            for address in row.sources
            if isinstance(address, V2Address) and not address.field
        }

    def fetch(self) -> None:
        """Segments by name; the first occurrence of those that rows of the root look into. Each gets empty fields at
        its end, so that every field a row names is there."""
        known = frozenset(self.sizes) - frozenset(ENVELOPE)
        self.names["KNOWN"] = known
        ordered = any(group.followers for group in self.groups)
        self.add("by = {'MSH': [head]}")
        if ordered:
            self.add("all_segments = []")
        self.add("for line in lines[1:]:")
        self.add("    f = line.split('|')")
        if ordered:
            self.add("    all_segments.append(f)")
        self.add("    n = f[0]")
        self.add("    if n in by: by[n].append(f)")
        self.add("    else: by[n] = [f]")
        self.add("if len(by['MSH']) > 1: raise Suspect")
        self.add("if not by.keys() <= KNOWN:")
        wild = "n[:1] != 'Z' or len(n) != 3" if "Z*" in known else "True"
        self.add(f"    if any({wild} for n in by if n not in KNOWN): raise Suspect")
        for name, size in self.sizes.items():
            if name != "Z*" and not (name in self.whole and size == 1 and name not in self.grouped):
                self._fetch_one(name, size)

    def _fetch_one(self, name: str, size: int) -> None:
        self.names[f"B{size}"] = ("",) * size
        checked = not (name in self.whole or (name in self.grouped and self._group_whole(name)))
        self.add(f"a_{name} = by.get({name!r}, ())")
        if name in self.grouped:
            self.add(f"for f in a_{name}:")
            if checked:
                self.add(f"    if len(f) > {size}: nothing_beyond(f, {size})")
            self.add(f"    f += B{size}")
            self.add(f"s_{name} = a_{name}[0] if a_{name} else BLANK")
            return
        self.add(f"s_{name} = BLANK")
        self.add(f"if a_{name}:")
        self.add(f"    s_{name} = {'head' if name == 'MSH' else f'a_{name}[0]'}")
        if checked:
            self.add(f"    if len(s_{name}) > {size}: nothing_beyond(s_{name}, {size})")
        self.add(f"    s_{name} += B{size}")

    def _group_whole(self, name: str) -> bool:
        """Whether every group over this segment carries it as a whole."""
        return all(
            any(
                row.verb == "carry" and row.when is None and isinstance(a, V2Address) and not a.field
                for row in group.rows
                for a in row.sources
                if isinstance(a, V2Address) and a.segment == name
            )
            for group in self.mapping.root.groups
            if isinstance(group.each, V2Address) and group.each.segment == name
        )

    def variable(self, address: V2Address, scope: Scope) -> str:
        """The segment an address means."""
        if address.where is not None:
            field, component, value = address.where
            if address.segment not in self.grouped:
                raise Unsupported("filtered segment")
            return f"first_where(a_{address.segment}, {field}, {component}, {value!r})"
        return scope.get(address.segment, f"s_{address.segment}")

    def field(self, address: V2Address, scope: Scope) -> str:
        """The field an address means: a variable where the segment's fields have been taken out of it."""
        name = self.variable(address, scope)
        if name not in self.taken:
            return f"{name}[{address.field}]"
        self.taken[name].add(address.field)
        return f"{name}_{address.field}"

    @contextmanager
    def taking(self, name: str) -> Iterator[None]:
        """Lines in which the fields of a segment are variables; written before them: the taking of those in use."""
        start = len(self.lines)
        self.taken[name] = set()
        yield
        used = sorted(self.taken.pop(name))
        if used:
            variables = ", ".join(f"{name}_{number}" for number in used)
            self.names[f"take_{name}_{start}"] = itemgetter(*used)
            taken = f"take_{name}_{start}({name})" if len(used) > 1 else f"{name}[{used[0]}]"
            self.lines.insert(start, "    " * self.depth + f"{variables} = {taken}")

    def head(self, address: V2Address, scope: Scope) -> str:
        """An expression of the first plain value."""
        if address.which is not None or address.repetition > 1:
            raise Unsupported("filtered key")
        field = self.field(address, scope)
        component, sub = address.component or 1, address.sub or 1
        if component == sub == 1:
            return f"(h if (h := {field}).isalnum() else part1(h, 1, 1))"
        return f"part1({field}, {component}, {sub})"

    def present(self, address: V2Address, scope: Scope) -> str:
        """An expression: is there any leaf at the address."""
        if not address.field:
            return f"{address.segment!r} in by"
        field = self.field(address, scope)
        if address.which is not None:
            if address.component:
                raise Unsupported("filtered component in a condition")
            number, value = address.which
            rest = f"{value!r} in {field} and has({field}, {number}, {value!r})"
            first = f"{value}^"
            return f"({field}[:{len(first)}] == {first!r} or {rest})" if number == 1 else f"({rest})"
        if address.component or address.repetition > 1:
            return f"there({field}, {address.repetition}, {address.component}, {address.sub})"
        if address.where is not None:
            return f"((h := {field}) != '' and h.strip('~^&') != '')"
        return f"({field} != '' and {field}.strip('~^&') != '')"

    def known(self, text: str) -> str:
        """The variable that holds the value of an expression already, or the expression."""
        return self.flags.get(text) or self.memory.get(text, text)

    def condition(self, when: Condition | None, scope: Scope) -> str:
        """An expression of a condition."""
        if when is None:
            return "True"
        if when.kind == "present":
            assert isinstance(when.address, V2Address)
            text = self.present(when.address, scope)
            return self.known(text)
        if when.kind == "in":
            assert isinstance(when.address, V2Address)
            text = self.head(when.address, scope)
            return f"({self.known(text)} in {when.values!r})"
        parts = [self.condition(part, scope) for part in when.parts]
        if when.kind == "not":
            return f"(not {parts[0]})"
        return "(" + f" {when.kind} ".join(parts) + ")"
