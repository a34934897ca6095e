"""The short way of redaction: elements from which nothing has to go are found by one walk and kept uncopied.

Most elements of most releases are such. Whatever this module does not look at closely it leaves to
`redact_tree`, which decides; so an answer of True here must mean that `redact_tree` would change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from consent.outline import SIMPLE, STOPS, Outline
from consent.redact_places import (
    MAIN_CODES,
    MANDATORY_WITHIN,
    NAMES_SOMEBODY,
    PEOPLE_AND_PLACES,
    is_complete,
)
from consent.redact_rules import (
    Rules,
    Walk,
    display_may_stay,
    is_bare_display,
    may_refer,
    must_not_read,
    names_a_withheld_thing,
    target_of,
)

PARTS_OF_A_REFERENCE = frozenset({"display", "identifier", "reference", "type"})
NEEDING = frozenset(element for _, element in MANDATORY_WITHIN)
MOST_LEVELS = 24

Below = list[tuple[str, bool | None, Mapping[str, object]]]
"""Objects one level further down: the name of its element, whether that stands in a main code, the object."""


def all_may_stay(outline: Outline, walk: Walk) -> bool:
    """Whether nothing at the root of the outlined resource, but what always leaves it, has to go."""
    rules = walk.rules
    if not outline.is_plain or rules.sweeps or walk.removals or outline.kind != walk.kind:
        return False
    near, references = rules.near, outline.references
    if not near.issuperset(references):
        for reference in references:
            if reference not in near and not may_refer(reference, None, walk):
                return False
    for name, node in outline.others:  # noqa: SIM110  # a loop, as most resources have none
        if not _object_stays(name, False, node, walk):
            return False
    return True


def is_plain_for_all(outline: Outline, rules: Rules) -> bool:
    """Whether that is so for every resource like it, whatever it was labelled and decided, but for removals."""
    return (
        outline.is_plain
        and not outline.others
        and not rules.sweeps
        and rules.near.issuperset(outline.references)
    )


def stays_whole(elements: Mapping[str, object], walk: Walk) -> bool:
    """Whether it is plain that nothing of `elements`, which stand at the root of a resource, has to go."""
    if walk.removals:
        return False
    sweeps, near = walk.rules.sweeps, walk.rules.near
    level: Below = [("", None, elements)]
    for _ in range(MOST_LEVELS):
        below: Below = []
        for name, is_main, node in level:
            if len(node) == 1 and not sweeps:
                reference = node.get("reference")
                if isinstance(reference, str) and reference in near:
                    continue
            if not (node and STOPS.isdisjoint(node) and _object_stays(name, is_main, node, walk)):
                return False
            for key, value in node.items():
                kind = value.__class__
                if kind is str:
                    if sweeps and must_not_read(key, value, walk):  # type: ignore[arg-type]  # asked by class
                        return False
                elif kind is dict:
                    below.append((key, key in MAIN_CODES if is_main is None else is_main, value))  # type: ignore[arg-type]
                elif isinstance(value, list):
                    main = key in MAIN_CODES if is_main is None else is_main
                    if not _array_stays(key, main, value, walk, below):
                        return False
                elif kind not in SIMPLE:
                    return False
        if not below:
            return True
        level = below
    return False


def _object_stays(name: str, is_main: bool | None, node: Mapping[str, object], walk: Walk) -> bool:
    """Whether this object may stay for what stands in itself."""
    if "reference" in node:
        if not _reference_stays(node["reference"], node, walk):
            return False
    elif "display" in node and is_bare_display(node) and not _bare_display_stays(name, node, walk):
        return False
    if name in NEEDING and not is_complete(node, MANDATORY_WITHIN.get((walk.kind, name), ())):
        return False
    return not (walk.rules.sweeps and names_a_withheld_thing(name, node, bool(is_main), walk))


def _array_stays(name: str, is_main: bool, entries: list[object], walk: Walk, below: Below) -> bool:
    for entry in entries:
        if entry.__class__ is dict:
            below.append((name, is_main, entry))
        elif isinstance(entry, str):
            if walk.rules.sweeps and must_not_read(name, entry, walk):
                return False
        elif entry.__class__ not in SIMPLE:
            return False
    return bool(entries)


def _bare_display_stays(name: str, node: Mapping[str, object], walk: Walk) -> bool:
    return name in NAMES_SOMEBODY and display_may_stay(node, walk)


def _reference_stays(reference: object, node: Mapping[str, object], walk: Walk) -> bool:
    if not isinstance(reference, str):
        return False
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
