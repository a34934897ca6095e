"""Paths into a document, looked at once: what several addresses begin with is walked once in each instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from mappings.syntax.ccda import Node
from mappings.syntax.ccda_address import Path, PathStep, Test
from mappings.syntax.ccda_tree import fulfils

Is = Callable[[Node], bool]
Known = dict[Any, Sequence[Node]]
"""(number of a way, the element where a relative one begins) -> what it leads to; of one record."""


class Walked(Protocol):
    """The document: its outermost element, its sections, and what ways were found to lead to."""

    known: Known
    templates: dict[str, list[Node]] | None
    """The sections by template, once they were asked for so."""

    @property
    def root(self) -> Node: ...
    @property
    def sections(self) -> Sequence[Node]: ...


Way = Callable[[Node, Walked], Sequence[Node]]
"""(where a relative path begins, the document) -> what the path leads to, in document order (`ccda_tree.nodes_at`)."""
_NONE: Sequence[Node] = ()


class Ways:
    """All beginnings of the paths of a mapping, each once: a shorter one and one more step."""

    def __init__(self) -> None:
        self._known: dict[tuple[bool, int, tuple[PathStep, ...]], Way] = {}
        self._numbered = 0

    def of(self, path: Path) -> Way:
        """The whole path."""
        return self._way(path.relative, path.up, path.steps)

    def _way(self, relative: bool, up: int, steps: tuple[PathStep, ...]) -> Way:
        key = relative, up, steps
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(relative, up, steps)
        return found

    def _made(self, relative: bool, up: int, steps: tuple[PathStep, ...]) -> Way:
        if not steps:
            return _start(relative, up)
        last = steps[-1]
        test = _test(last) if last.tests else None
        self._numbered += 1
        number = self._numbered
        if not relative and len(steps) == 1 and last.name == "section":
            return _sections(last, test, number)
        before = self._way(relative, up, steps[:-1])
        if test is None and not last.first:
            if not relative:
                return _remembered(_inside(before, last.name), number)
            return _near(last.name) if not up and len(steps) == 1 else _inside(before, last.name)
        return _tested(before, last, test, (number, relative))


def _start(relative: bool, up: int) -> Way:
    def start(here: Node, document: Walked) -> Sequence[Node]:
        node = here if relative else document.root
        for _ in range(up):
            node = node.parent or node
        return (node,)

    return start


def _sections(step: PathStep, test: Is | None, number: int) -> Way:
    asked = [one for one in step.tests if not one.written]
    wanted = asked[0].templates if len(asked) == 1 and not asked[0].negated else ()

    def sections(here: Node, document: Walked) -> Sequence[Node]:
        found = document.known.get(number)
        if found is None:
            if len(wanted) == 1:
                found = _by_template(document).get(wanted[0], _NONE)
            else:
                found = [node for node in document.sections if test is None or test(node)]
            document.known[number] = found
        return found

    return sections


def _by_template(document: Walked) -> dict[str, list[Node]]:
    """The sections of a document by each of their templates."""
    if document.templates is None:
        document.templates = {}
        for node in document.sections:
            for template in node.templates:
                document.templates.setdefault(template, []).append(node)
    return document.templates


def _near(name: str) -> Way:
    """All of one name where the path begins."""
    return lambda here, document: here.by_name.get(name, _NONE)


def _inside(before: Way, name: str) -> Way:
    """All of one name inside what a path leads to: found as quickly as remembered."""

    def inside(here: Node, document: Walked) -> Sequence[Node]:
        around = before(here, document)
        if not around:
            return around
        if len(around) == 1:
            return around[0].by_name.get(name, _NONE)
        return [child for node in around for child in node.named(name)]

    return inside


def _remembered(way: Way, number: int) -> Way:
    """What an absolute path leads to, which is the same for every row."""

    def remembered(here: Node, document: Walked) -> Sequence[Node]:
        found = document.known.get(number)
        if found is None:
            found = document.known[number] = way(here, document)
        return found

    return remembered


def _tested(before: Way, step: PathStep, test: Is | None, way: tuple[int, bool]) -> Way:
    """Those that a test holds for, or the first of each; remembered."""
    name, first, (number, relative) = step.name, step.first, way

    def tested(here: Node, document: Walked) -> Sequence[Node]:
        around = before(here, document)
        if not around:
            return around
        key = (number, here) if relative else number
        found = document.known.get(key)
        if found is None:
            found = []
            for node in around:
                inside = node.by_name.get(name, _NONE)
                if test is not None and inside:
                    inside = [child for child in inside if test(child)]
                found += inside[:1] if first else inside
            document.known[key] = found
        return found

    return tested


def _test(step: PathStep) -> Is:
    """All tests of a step as one function (`ccda_tree.fits`)."""
    asked = [_asked(test) for test in step.tests if not test.written]
    if len(asked) == 1:
        return asked[0]
    if len(asked) == 2:
        one, other = asked
        return lambda node: one(node) and other(node)
    return lambda node: all(is_so(node) for is_so in asked)


def _asked(test: Test) -> Is:
    """One test: a template, an attribute that is a value, that of an element inside, or another."""
    if test.templates:
        wanted = frozenset(test.templates)
        if test.negated:
            return lambda node: node.templates.isdisjoint(wanted)
        return lambda node: not node.templates.isdisjoint(wanted)
    *inside, last = test.path
    if last[:1] != "@" or test.value is None or test.negated or len(inside) > 1:
        return lambda node: fulfils(node, test)
    name, value = last[1:], test.value
    if not inside:
        return lambda node: node.attributes.get(name, "") == value
    element = inside[0]

    def is_inside(node: Node) -> bool:
        for child in node.by_name.get(element, _NONE):  # noqa: SIM110  # asked of many elements
            if child.attributes.get(name, "") == value:
                return True
        return False

    return is_inside
