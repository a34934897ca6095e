"""The generated proof that every filled field of a message is named by a row (see `compile`).

A field is named when a row for the whole field or segment applies. Where only conditional rows or rows for single
components name it, a test is generated; where nothing does, a filled field is suspect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.rows import Condition, Group, Row
from mappings.syntax.hl7v2_tree import V2Address
from mappings.truth import always

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
    scope = {name: "f"}
    proofs = [(group, _tests(source, group, name, size, scope, "f")) for group in groups]
    conditions = [[group.when] if group.when is not None else [] for group in groups]
    if not any(tests for _, tests in proofs) and always(conditions, ""):
        return
    source.add(f"for f in a_{name}:")
    with source.indented():
        for group, tests in proofs:
            condition = source.condition(group.when, scope)
            source.add(f"if {condition} and not ({' or '.join(tests) or 'False'}): continue")
        source.add("raise Suspect")


def _single(source: Source, root: Group, name: str, size: int) -> None:
    tests = _tests(source, root, name, size, {}, f"s_{name}")
    if tests:
        source.add(f"if a_{name} and ({' or '.join(tests)}): raise Suspect")
    source.add(f"if len(a_{name}) > 1: raise Suspect")


def _tests(
    source: Source, group: Group, name: str, size: int, scope: dict[str, str], variable: str
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
    alternatives: list[list[Condition]] = []
    components: set[int] = set()
    for row in group.rows:
        for address in _named(row, name, source):
            if address.field not in (0, field) or address.which is not None or address.where is not None:
                continue
            if address.repetition or address.sub:
                continue
            needed = [row.when] if row.when is not None else []
            role = source.made.get(f"r_{row.target.role}") if row.target is not None else None
            if role is not None and role.when is not None:
                needed.append(role.when)
            if address.component:
                components.update(() if needed else (address.component,))
            else:
                alternatives.append(needed)
    if alternatives and always(alternatives, f"{name}-{field}"):
        return []
    if components:
        return [f"({text} and only({text}, {frozenset(components)!r}))"]
    tests = [" and ".join(source.condition(when, scope) for when in needed) for needed in alternatives]
    if tests:
        return [f"({text} and not ({' or '.join(tests)}))"]
    return [text]


def _named(row: Row, name: str, source: Source) -> list[V2Address]:
    if row.verb not in ("map", *_EVERY):
        return []
    return [a for a in row.sources if isinstance(a, V2Address) and a.segment == name]
