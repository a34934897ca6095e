"""Paths into a document, looked at once: what several addresses begin with is walked once in each instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mappings.syntax.ccda import Node
from mappings.syntax.ccda_address import Path, PathStep, Test
from mappings.syntax.ccda_tree import fits

Is = Callable[[Node], bool]
Known = dict[Any, Sequence[Node]]
"""(number of a way, the element where it begins) -> what it leads to; of one record."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The beginning of a path: a shorter one and one more step. The shortest has no step: where it begins."""

    number: int
    before: Way | None
    name: str
    test: Is | None
    first: bool
    is_section: bool
    relative: bool
    up: int
    is_near: bool
    """Where it begins, or all of one name in there: found as quickly as remembered."""


class Ways:
    """All beginnings of the paths of a mapping, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[bool, int, tuple[PathStep, ...]], Way] = {}

    def of(self, path: Path) -> Way:
        """The whole path."""
        return self._way(path.relative, path.up, path.steps)

    def _way(self, relative: bool, up: int, steps: tuple[PathStep, ...]) -> Way:
        key = relative, up, steps
        found = self._known.get(key)
        if found is None:
            before = self._way(relative, up, steps[:-1]) if steps else None
            last = steps[-1] if steps else PathStep("", (), False)
            is_section = not relative and len(steps) == 1 and last.name == "section"
            test = _test(last) if last.tests else None
            is_near = len(steps) < 2 and not (up or is_section or last.tests or last.first)
            number = len(self._known)
            found = Way(number, before, last.name, test, last.first, is_section, relative, up, is_near)
            self._known[key] = found
        return found


def _test(step: PathStep) -> Is:
    """All tests of a step as one function."""
    asked = [test for test in step.tests if not test.written]
    if len(asked) == 1 and not asked[0].negated:
        known = _simple(asked[0])
        if known is not None:
            return known
    return lambda node: fits(node, step)


def _simple(test: Test) -> Is | None:
    """The usual tests: a template, an attribute that is a value."""
    if test.templates:
        wanted = frozenset(test.templates)
        return lambda node: not node.templates.isdisjoint(wanted)
    if len(test.path) == 1 and test.path[0][:1] == "@" and test.value is not None:
        name, value = test.path[0][1:], test.value
        return lambda node: node.attributes.get(name, "") == value
    return None


class Walked(Protocol):
    """The document: its outermost element, its sections, and what ways were found to lead to."""

    known: Known

    @property
    def root(self) -> Node: ...
    @property
    def sections(self) -> Sequence[Node]: ...


def follow(way: Way, here: Node, document: Walked) -> Sequence[Node]:
    """The elements a way leads to, in document order; `here` is where a relative one begins (`ccda_tree.nodes_at`)."""
    if way.is_near:
        start = here if way.relative else document.root
        return start.named(way.name) if way.before is not None else (start,)
    key = (way.number, here) if way.relative else way.number
    found = document.known.get(key)
    if found is None:
        found = document.known[key] = _followed(way, here, document)
    return found


def _followed(way: Way, here: Node, document: Walked) -> Sequence[Node]:
    test, name = way.test, way.name
    if way.before is None:
        start = here if way.relative else document.root
        for _ in range(way.up):
            start = start.parent or start
        return (start,)
    if way.is_section:
        return [node for node in document.sections if test is None or test(node)]
    before = follow(way.before, here, document)
    if not before:
        return before
    if len(before) == 1 and not way.first:
        inside = before[0].named(name)
        return inside if test is None or not inside else [child for child in inside if test(child)]
    if way.first:
        each = ([child for child in node.named(name) if test is None or test(child)][:1] for node in before)
        return [child for found in each for child in found]
    return [child for node in before for child in node.named(name) if test is None or test(child)]
