"""One CDA document as the interpreter sees it: values at an address, instances of a group, leaves by XPath."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from mappings.syntax.ccda import Node, Root, is_leaf, text_step
from mappings.syntax.ccda_address import CcdaAddress, Path, PathStep, Test
from mappings.times import v2_zone
from mappings.tree import Scope, Spot

_WHOLE = "AllergyIntolerance Condition Goal MedicationStatement"

NO_XML = "nonXMLBody"
HERE = "."
"""The key of a scope under which the element of the nearest `each` stands."""
LINE = frozenset({"paragraph", "tr", "item", "caption", "br", "list", "table", "text"})
CELL = frozenset({"td", "th"})
Way = tuple[str | int, ...]
"""Keys that lead to a leaf in the plain form of an element."""


def plain(node: Node) -> dict[str, Any]:
    """An element as lenses see it: `@name` for attributes, `#` for text, a list for each name of element inside."""
    return _plain(node, (), [], [])


def _plain(node: Node, way: Way, places: list[str], found: list[Way]) -> dict[str, Any]:
    """The plain form; places and ways of its leaves are added in the order of `leaves`."""
    made: dict[str, Any] = {}
    for name, value in node.attributes.items():
        if said := value.strip():
            made[f"@{name}"] = said
            if is_leaf(name):
                places.append(f"{node.place}/@{name}")
                found.append((*way, f"@{name}"))
    number = 0
    for item in node.content:
        if isinstance(item, Node):
            inner = made.setdefault(item.name, [])
            inner.append(_plain(item, (*way, item.name, len(inner)), places, found))
        elif said := item.strip():
            number += 1
            key = "#" if number == 1 else f"#{number}"
            made[key] = said
            places.append(f"{node.place}/{text_step(number)}")
            found.append((*way, key))
    return made


def _replaced(raw: Any, way: Way, value: str) -> Any:
    """The plain form with one leaf changed; without it when the value is empty."""
    first, rest = way[0], way[1:]
    if isinstance(raw, list):
        position = int(first)
        return [*raw[:position], _replaced(raw[position], rest, value), *raw[position + 1 :]]
    if rest:
        return {**raw, first: _replaced(raw[first], rest, value)}
    if value == "":
        return {key: inner for key, inner in raw.items() if key != first}
    return {**raw, first: value}


def _altered(raw: Any, found: tuple[Way, ...], index: int, value: str) -> Any:
    return _replaced(raw, found[index], value)


def _whole(index: int, value: str) -> Any:
    return value


def lines(node: Node) -> list[list[str]]:
    """All text below an element: [what parts it from the one before, text, place]."""
    found: list[list[str]] = []

    def walk(inner: Node, gap: str) -> str:
        number = 0
        for item in inner.content:
            if isinstance(item, Node):
                own = "\n" if item.name in LINE else "\t" if item.name in CELL else ""
                gap = walk(item, own if own and gap != "\n" else gap)
                gap = "\n" if own == "\n" else gap
            elif item.strip():
                number += 1
                found.append([gap if found else "", item.strip(), f"{inner.place}/{text_step(number)}"])
                gap = " "
        return gap

    walk(node, "")
    return found


def _altered_line(raw: Any, index: int, value: str) -> Any:
    return [
        *raw[:index],
        *([[raw[index][0], value, raw[index][2]]] if value else [["", "", raw[index][2]]]),
        *raw[index + 1 :],
    ]


def found_by(path: Path, node: Node) -> tuple[str, ...]:
    """The leaves of the tests by which a path led to an element."""
    places: list[str] = []
    for step in reversed(path.steps):
        for test in step.tests:
            if not test.written and not test.negated:
                places += _test_leaves(node, test)
        node = node.parent or node
    return tuple(places)


def _test_leaves(node: Node, test: Test) -> list[str]:
    if test.templates:
        named = [one for one in node.named("templateId") if one.attributes.get("root") in test.templates]
        return [f"{one.place}/@root" for one in named]
    for name in test.path[:-1]:
        node = next(iter(node.named(name)), node)
    last = test.path[-1]
    if last[:1] == "@":
        return [f"{node.place}/{last}"] if is_leaf(last[1:]) and node.attributes.get(last[1:]) else []
    return [place for one in node.named(last)[:1] for place in main_value(one)[1]]


def fulfils(node: Node, test: Test) -> bool:
    """Whether an element is as a test of a step says."""
    if test.written:
        return True
    if test.templates:
        return node.templates.isdisjoint(test.templates) == test.negated
    if len(test.path) == 1 and test.path[0][:1] == "@":
        said = node.attributes.get(test.path[0][1:], "")
        return (said == test.value if test.value is not None else bool(said)) != test.negated
    values = _values(node, test.path)
    return any(value == test.value if test.value is not None else value for value in values) != test.negated


def _values(node: Node, path: Sequence[str]) -> Iterator[str]:
    first, rest = path[0], path[1:]
    if first[:1] == "@":
        yield node.attributes.get(first[1:], "")
    else:
        for child in node.named(first):
            if rest:
                yield from _values(child, rest)
            else:
                yield main_value(child)[0]


def main_value(node: Node) -> tuple[str, tuple[str, ...]]:
    """What an element says in one word: root^extension of an id, a code, a value, its text; and the places of it."""
    there = main_names(node)
    if there:
        text = "^".join(node.attributes[name].strip() for name in there)
        return text, tuple(f"{node.place}/@{name}" for name in there)
    text = next((item.strip() for item in node.content if isinstance(item, str) and item.strip()), "")
    return text, (f"{node.place}/text()",) if text else ()


def main_names(node: Node) -> list[str]:
    """The attributes that say it: root and extension of an id, a code, or a value; empty when none does."""
    for names in (("root", "extension"), ("code",), ("value",)):
        there = [name for name in names if node.attributes.get(name, "").strip()]
        if there:
            return there
    return []


def document_zone(root: Node) -> str | None:
    """The offset of the document's own time, for times in it that have none; None when it has none itself."""
    times = root.named("effectiveTime")
    return v2_zone(times[0].attributes.get("value", "")) if times else None


def sections_of(root: Node) -> Iterator[Node]:
    """Every section of a document, also those inside others."""
    for component in root.named("component"):
        for body in component.named("structuredBody"):
            yield from _sections(body)


def _sections(node: Node) -> Iterator[Node]:
    for component in node.named("component"):
        for section in component.named("section"):
            yield section
            yield from _sections(section)


def nodes_at(root: Node, path: Path, here: Node, sections: Sequence[Node] | None = None) -> list[Node]:
    """The elements that a path leads to, in document order; `here` is where a relative one begins. `sections` are those
    of the document, where they are known already."""
    steps = path.steps
    if not path.relative and steps and steps[0].name == "section":
        known = sections if sections is not None else sections_of(root)
        found = [node for node in known if fits(node, steps[0])]
        steps = steps[1:]
    else:
        start = here if path.relative else root
        for _ in range(path.up):
            start = start.parent or start
        found = [start]
    for step in steps:
        if not found:
            break
        if step.tests or step.first:
            found = [child for node in found for child in _matching(node, step)]
        else:
            found = [child for node in found for child in node.named(step.name)]
    return found


def _matching(node: Node, step: PathStep) -> list[Node]:
    found = [child for child in node.named(step.name) if fits(child, step)]
    return found[:1] if step.first else found


def fits(node: Node, step: PathStep) -> bool:
    """Whether an element fulfils all tests of a step."""
    tests = step.tests
    if len(tests) < 2:
        return not tests or fulfils(node, tests[0])
    return all(fulfils(node, test) for test in tests)


class CcdaTree:
    """One document."""

    def __init__(self, root: Root) -> None:
        self.root = root
        self.sections = tuple(sections_of(root))

    @cached_property
    def _leaves(self) -> dict[str, str]:
        return dict(self.root.leaves())

    @cached_property
    def _places(self) -> tuple[str, ...]:
        return tuple(self._leaves)

    def leaves(self) -> Mapping[str, str]:
        """Every leaf by place."""
        return self._leaves

    def top(self) -> Scope:
        """The document."""
        return {HERE: self.root}

    def spots(self, address: CcdaAddress, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """Values at an address. An element that says only why it has no value is none, but for `every`."""
        found: list[Spot] = []
        for path in address.paths:
            for node in nodes_at(self.root, path, scope[HERE], self.sections):
                spot = self._spot(node, path.last, every)
                if spot is not None:
                    tested = path.tested and not every
                    found.append(replace(spot, looked=found_by(path, node)) if tested else spot)
            if found and not every:
                break
        return found

    def _spot(self, node: Node, last: str, every: bool) -> Spot | None:
        if last == "narrative()":
            texts = lines(node)
            places = tuple(line[2] for line in texts)
            return Spot(node.place, texts, places, partial(_altered_line, texts)) if texts else None
        if last:
            text = self._leaves.get(f"{node.place}/{last}")
            place = f"{node.place}/{last}"
            return Spot(place, text, (place,), _whole) if text is not None else None
        if every:
            places = self._places[node.begin : node.end]
            return Spot(node.place, None, places, _whole) if places else None
        places_inside: list[str] = []
        ways: list[Way] = []
        raw = _plain(node, (), places_inside, ways)
        if not ways or (ways[0][-1] == "@nullFlavor" and all(way[-1] == "@nullFlavor" for way in ways)):
            return None
        return Spot(node.place, raw, tuple(places_inside), partial(_altered, raw, tuple(ways)))

    def _end(self, node: Node, last: str) -> tuple[str, tuple[str, ...]]:
        """The text of an attribute or of an element, and its place if it is a leaf (a type is none)."""
        place = f"{node.place}/{last}"
        text = self._leaves.get(place)
        return (text, (place,)) if text is not None else (node.attributes.get(last[1:], ""), ())

    def head(self, address: CcdaAddress, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first value at an address in one word: for conditions and keys."""
        for path in address.paths:
            for node in nodes_at(self.root, path, scope[HERE], self.sections):
                text, places = self._end(node, path.last) if path.last else main_value(node)
                if text:
                    return text, places
        return "", ()

    def scopes(self, each: CcdaAddress, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """One scope for each element at the address."""
        return [
            {**scope, HERE: node}
            for path in each.paths
            for node in nodes_at(self.root, path, scope[HERE], self.sections)
        ]

    def expected(self, address: CcdaAddress) -> str:
        """The address itself names the place."""
        return address.text

    def facts(self) -> Mapping[str, str]:
        """The kind of document: `type`, its code as `event`, the `templates` that it claims, and its `body` where that
        is no XML. A document is always told as a `whole`: a later version of it takes its place."""
        codes = self.root.named("code")
        code = codes[0].attributes.get("code", "") if codes else ""
        facts = {"type": self.root.name, "event": code, "templates": " ".join(sorted(self.root.templates))}
        facts["listed"] = facts["whole"] = _WHOLE
        if any(one.named(NO_XML) for one in self.root.named("component")):
            facts["body"] = NO_XML
        return facts

    def skeleton(self) -> object:
        """The elements in their order: the name alone, or a list of the name, what is said of it that is no leaf (its
        type, the `ID` it is pointed at by), and what it holds; text as 0."""
        return _skeleton(self.root)


def _skeleton(node: Node) -> list[Any]:
    found: list[Any] = [node.name]
    if silent := {name: value for name, value in node.attributes.items() if not is_leaf(name)}:
        found.append(silent)
    for item in node.content:
        if isinstance(item, Node):
            inner = _skeleton(item)
            found.append(inner if len(inner) > 1 else inner[0])
        elif item.strip():
            found.append(0)
    return found


__all__ = [
    "HERE",
    "CcdaTree",
    "document_zone",
    "fits",
    "lines",
    "main_value",
    "nodes_at",
    "plain",
    "sections_of",
]
