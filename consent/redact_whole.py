"""The short way of redaction: elements from which nothing has to go are found by one walk and kept uncopied.

Most elements of most releases are such. Whatever this module does not look at closely it leaves to
`redact_tree`, which decides; so an answer of True here must mean that `redact_tree` would change nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from consent.redact_places import (
    ATTACHMENTS,
    FREE_TEXT,
    MANDATORY_WITHIN,
    NAMES_SOMEBODY,
    PEOPLE_AND_PLACES,
    is_complete,
)
from consent.redact_rules import (
    Walk,
    display_may_stay,
    escaped,
    is_bare_display,
    may_refer,
    must_not_read,
    names_a_withheld_thing,
    target_of,
)

STOPS = FREE_TEXT | {*ATTACHMENTS, "div", "extension", "modifierExtension"}
"""Elements that may go for their name alone, wherever they stand."""

PARTS_OF_A_REFERENCE = frozenset({"display", "identifier", "reference", "type"})
NEEDING = frozenset(element for _, element in MANDATORY_WITHIN)
SIMPLE = frozenset({bool, float, int, Decimal, type(None)})
MOST_LEVELS = 24

Below = list[tuple[str, Any]]
"""Objects and arrays one level further down, each with the name of its element."""


def stays_whole(key: str, value: object, walk: Walk) -> bool:
    """Whether it is plain that nothing of `value`, the root element `key`, has to go."""
    if walk.removals or key in STOPS:
        return False
    if isinstance(value, str):
        return not (walk.rules.sweeps and must_not_read(key, value, walk))
    if value.__class__ is not dict and value.__class__ is not list:
        return value.__class__ in SIMPLE
    level: Below = [(key, value)]
    for _ in range(MOST_LEVELS):
        below: Below = []
        for name, node in level:
            if node.__class__ is list:
                if not _array_stays(name, node, walk, below):
                    return False
            elif not _object_stays(name, node, key, walk, below):
                return False
        if not below:
            return True
        level = below
    return False


def _array_stays(name: str, entries: list[object], walk: Walk, below: Below) -> bool:
    for entry in entries:
        kind = entry.__class__
        if kind is dict or kind is list:
            below.append((name, entry))
        elif isinstance(entry, str):
            if walk.rules.sweeps and must_not_read(name, entry, walk):
                return False
        elif kind not in SIMPLE:
            return False
    return bool(entries)


def _object_stays(name: str, node: dict[str, object], root: str, walk: Walk, below: Below) -> bool:
    sweeps = walk.rules.sweeps
    if sweeps and names_a_withheld_thing(name, node, f"/{escaped(root)}", walk):
        return False
    if "reference" in node and isinstance(node["reference"], str):
        if not _reference_stays(node["reference"], node, walk):
            return False
        if len(node) == 1:
            return True
    elif "display" in node and not _bare_display_stays(name, node, walk):
        return False
    if name in NEEDING and not is_complete(node, MANDATORY_WITHIN.get((walk.kind, name), ())):
        return False
    if not STOPS.isdisjoint(node):
        return False
    for key, value in node.items():
        if isinstance(value, str):
            if sweeps and must_not_read(key, value, walk):
                return False
        elif value.__class__ is dict or value.__class__ is list:
            below.append((key, value))
        elif value.__class__ not in SIMPLE:
            return False
    return bool(node)


def _bare_display_stays(name: str, node: dict[str, object], walk: Walk) -> bool:
    return not is_bare_display(node) or (name in NAMES_SOMEBODY and display_may_stay(node, walk))


def _reference_stays(reference: str, node: dict[str, object], walk: Walk) -> bool:
    rules = walk.rules
    target = reference
    if reference not in rules.near:
        if not may_refer(reference, node.get("type"), walk):
            return False
        target = target_of(reference)
    if len(node) == 1:
        return True
    if not node.keys() <= PARTS_OF_A_REFERENCE or target in rules.sources.references:
        return False
    if "display" not in node:
        return True
    people = target.split("/")[0] in PEOPLE_AND_PLACES or reference.startswith("#")
    return people and display_may_stay(node, walk)
