"""The generated proof that every filled field of a message is named by a row (see `compile`).

A field is named when a row for the whole field or segment applies. Where only conditional rows or rows for single
components name it, a test is generated; where nothing does, a filled field is suspect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.rows import Group, Row
from mappings.syntax.hl7v2_tree import V2Address

if TYPE_CHECKING:
    from mappings.compile_rows import Source

_EVERY = ("carry", "drop", "local", "setting")


def write_coverage(source: Source) -> None:
    """Tests for every segment the mapping looks into."""
    root = source.mapping.root
    for name, size in source.sizes.items():
        if name == "Z*" or name in source.whole:
            continue
        if name in source.grouped:
            _grouped(source, name, size)
        else:
            _single(source, root, name, size)


def _grouped(source: Source, name: str, size: int) -> None:
    groups = [
        group
        for group in source.mapping.root.groups
        if isinstance(group.each, V2Address) and group.each.segment == name
    ]
    source.add(f"for f in a_{name}:")
    with source.indented():
        source.add("ok = False")
        for group in groups:
            scope = {name: "f"}
            tests = [*_tests(source, group, name, size, scope, "f", only_every=False)]
            condition = source.condition(group.when, scope)
            source.add(f"if {condition}:" if not tests else f"if {condition} and not ({' or '.join(tests)}):")
            source.add("    ok = True")
        source.add("if not ok: raise Suspect")


def _single(source: Source, root: Group, name: str, size: int) -> None:
    tests = _tests(source, root, name, size, {}, f"s_{name}", only_every=False)
    if tests:
        source.add(f"if a_{name} and ({' or '.join(tests)}): raise Suspect")
    source.add(f"if len(a_{name}) > 1: raise Suspect")


def _tests(
    source: Source, group: Group, name: str, size: int, scope: dict[str, str], variable: str, *, only_every: bool
) -> list[str]:
    """Expressions that hold when a filled field is not named."""
    tests: list[str] = []
    start = 3 if name == "MSH" else 1
    if any(not a.field for row in group.rows if row.when is None for a in _named(row, name, source)):
        return []
    for field in range(start, size):
        tests += _field_tests(source, group, name, field, scope, variable)
    return tests


def _field_tests(
    source: Source, group: Group, name: str, field: int, scope: dict[str, str], variable: str
) -> list[str]:
    text = f"{variable}[{field}]"
    conditions: list[str] = []
    components: set[int] = set()
    for row in group.rows:
        for address in _named(row, name, source):
            if address.field not in (0, field) or address.which is not None or address.where is not None:
                continue
            if address.repetition or address.sub:
                continue
            tests = [source.condition(row.when, scope)] if row.when is not None else []
            role = source.made.get(f"r_{row.target.role}") if row.target is not None else None
            if role is not None and role.when is not None:
                tests.append(source.condition(role.when, scope))
            if not tests and not address.component:
                return []
            if address.component:
                if not tests:
                    components.add(address.component)
            else:
                conditions.append("(" + " and ".join(tests) + ")")
    if components:
        return [f"({text} and only({text}, {frozenset(components)!r}))"]
    if conditions:
        return [f"({text} and not ({' or '.join(conditions)}))"]
    return [text]


def _named(row: Row, name: str, source: Source) -> list[V2Address]:
    if row.verb not in ("map", *_EVERY):
        return []
    return [a for a in row.sources if isinstance(a, V2Address) and a.segment == name]
