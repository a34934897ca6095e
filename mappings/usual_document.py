"""How the usual form reads a C-CDA document: elements by path, leaves by number instead of by place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mappings.syntax.ccda import Node, is_leaf
from mappings.syntax.ccda_address import CcdaAddress, Path, Test
from mappings.syntax.ccda_tree import CELL, LINE, CcdaTree, main_names
from mappings.usual_paths import Known, Way, Ways
from mappings.usual_reading import NO_CLAIMS, Claims, Every, Head, Present, Scopes, Spots

_NULL = "nullFlavor"
_NAMED = bytes((1, 1, 3, 3, *range(4, 256)))
"""What becomes of a mark when a row names its leaf."""
_DROPPED = b"\2\3"


class Document:
    """One document: which of its leaves, by number, rows have named (1) or dropped (2)."""

    def __init__(self, tree: CcdaTree) -> None:
        self.tree = tree
        self.root = tree.root
        self.sections = tree.sections
        self.known: Known = {}
        self.templates: dict[str, list[Node]] | None = None
        self.drops = False
        self._marks = bytearray(tree.root.end)

    def top(self) -> Any:
        """The document."""
        return self.root

    def claim(self, claims: Claims) -> None:
        """A row names these leaves: (first, behind the last) of each run."""
        marks = self._marks
        for begin, end in claims:
            if end - begin == 1:
                marks[begin] |= 1
            else:
                marks[begin:end] = marks[begin:end].translate(_NAMED)

    def drop(self, claims: Claims) -> None:
        """A row drops these leaves."""
        for begin, end in claims:
            self.drops = True
            self._marks[begin:end] = b"\2" * (end - begin)

    def dropped(self, claims: Claims) -> bool | None:
        """Whether these leaves are dropped; None when some are."""
        marks, kept, gone = self._marks, 0, 0
        for begin, end in claims:
            if end - begin == 1:
                lost = marks[begin] in _DROPPED
                gone += lost
                kept += not lost
                continue
            if marks.find(2, begin, end) < 0 and marks.find(3, begin, end) < 0:
                kept += end - begin
                continue
            lost = (end - begin) - len(marks[begin:end].translate(None, _DROPPED))
            gone += lost
            kept += end - begin - lost
        return None if gone and kept else gone > 0

    def is_whole(self, sure: frozenset[str]) -> bool:
        """Whether every leaf is named by a row."""
        return 0 not in self._marks

    def facts(self) -> Mapping[str, str]:
        """The kind of document."""
        return self.tree.facts()


class ElementReading:
    """Elements and what they say; a scope is the element of the nearest `each`."""

    def __init__(self) -> None:
        self._ways = Ways()

    def column(self, address: CcdaAddress) -> str:
        """None."""
        return ""

    def _paths(self, address: CcdaAddress) -> list[tuple[Path, Way]]:
        return [(path, self._ways.of(path)) for path in address.paths]

    def spots(self, address: CcdaAddress) -> Spots:
        """Values at an address; an element that says only why it has no value is none."""
        paths = [(path, path.tested, way, _saying(path.last)) for path, way in self._paths(address)]

        def read(record: Document, scope: Node) -> Sequence[tuple[Any, Claims, Claims]]:
            found: list[tuple[Any, Claims, Claims]] = []
            for path, tested, way, say in paths:
                for node in way(scope, record):
                    said = say(node, record)
                    if said is not None:
                        found.append((*said, _tested(path, node) if tested else NO_CLAIMS))
                if found:
                    break
            return found

        return read

    def present(self, address: CcdaAddress) -> Present:
        """Whether there is a value at an address, without its form."""
        paths = [(path.last, way, _saying(path.last)) for path, way in self._paths(address)]

        def read(record: Document, scope: Node) -> tuple[bool, Claims]:
            found: list[Any] = []
            for last, way, say in paths:
                for node in way(scope, record):
                    if last:
                        said = say(node, record)
                        found += said[1] if said is not None else ()
                    elif _is_said(node, record):
                        found.append((node.begin, node.end))
                if found:
                    break
            return bool(found), tuple(found)

        return read

    def head(self, address: CcdaAddress) -> Head:
        """The first value at an address in one word."""
        paths = self._paths(address)

        def read(record: Document, scope: Node) -> tuple[Any, Claims]:
            for path, way in paths:
                for node in way(scope, record):
                    text, claims = _end(node, path.last) if path.last else main_word(node)
                    if text:
                        return text, claims
            return "", NO_CLAIMS

        return read

    def every(self, address: CcdaAddress) -> Every:
        """All leaves of the elements there."""
        paths = [(path.last, way, _saying(path.last)) for path, way in self._paths(address)]

        def read(record: Document, scope: Node) -> Claims:
            found: list[tuple[int, int]] = []
            for last, way, say in paths:
                for node in way(scope, record):
                    if not last:
                        found.append((node.begin, node.end))
                    else:
                        said = say(node, record)
                        found += said[1] if said is not None else ()
            return tuple(found)

        return read

    def scopes(self, each: CcdaAddress) -> Scopes:
        """The elements at the address."""
        paths = self._paths(each)
        return lambda record, scope: [node for _, way in paths for node in way(scope, record)]


Say = Callable[[Node, Document], tuple[Any, Claims] | None]


def _saying(last: str) -> Say:
    """What an element, an attribute of it or its text says, and its leaves; None when nothing."""
    if not last:
        return _whole
    if last == "narrative()":
        return _narrative

    if last[:1] == "@":
        name = last[1:]

        def attribute(node: Node, record: Document) -> tuple[Any, Claims] | None:
            claims = _attribute(node, name)
            return (node.attributes[name].strip(), claims) if claims else None

        return attribute

    def say(node: Node, record: Document) -> tuple[Any, Claims] | None:
        found = _end(node, last)
        return found if found[1] else None

    return say


def _whole(node: Node, record: Document) -> tuple[Any, Claims] | None:
    return (plain_form(node), ((node.begin, node.end),)) if _is_said(node, record) else None


def _narrative(node: Node, record: Document) -> tuple[Any, Claims] | None:
    texts: list[tuple[str, str, int]] = []
    _lines(node, "", texts)
    return (texts, tuple((n, n + 1) for _, _, n in texts)) if texts else None


def _is_said(node: Node, record: Document) -> bool:
    """Whether an element says more than why it has no value."""
    if node.begin == node.end:
        return False
    return node.begin not in record.root.nulls or not _says_only_why(node)


def _says_only_why(node: Node) -> bool:
    """Whether all leaves of an element are null flavours."""
    for name, value in node.attributes.items():
        if name != _NULL and is_leaf(name) and value.strip():
            return False
    for item in node.content:
        if isinstance(item, Node):
            if item.begin < item.end and not _says_only_why(item):
                return False
        elif item.strip():
            return False
    return True


def plain_form(node: Node) -> dict[str, Any]:
    """An element as lenses see it (`ccda_tree.plain`)."""
    made: dict[str, Any] = {}
    for name, value in node.attributes.items():
        if said := value.strip():
            made[f"@{name}"] = said
    number = 0
    for item in node.content:
        if isinstance(item, Node):
            inner = made.get(item.name)
            if inner is None:
                made[item.name] = [plain_form(item)]
            else:
                inner.append(plain_form(item))
        elif said := item.strip():
            number += 1
            made["#" if number == 1 else f"#{number}"] = said
    return made


def _attribute(node: Node, name: str) -> Claims:
    """The leaf of an attribute; none when it is no leaf."""
    number = node.begin
    for key, value in node.attributes.items():
        said = value and not value.isspace() and (key[:4] != "xsi:" and key != "ID")  # `is_leaf`
        if key == name:
            return ((number, number + 1),) if said else NO_CLAIMS
        if said:
            number += 1
    return NO_CLAIMS


def _texts(node: Node) -> list[tuple[str, int]]:
    """(text, number) of the texts of an element itself."""
    number = node.begin + sum(1 for key, value in node.attributes.items() if is_leaf(key) and value.strip())
    found: list[tuple[str, int]] = []
    for item in node.content:
        if isinstance(item, Node):
            number = item.end
        elif said := item.strip():
            found.append((said, number))
            number += 1
    return found


def _end(node: Node, last: str) -> tuple[str, Claims]:
    """The text of an attribute or of an element, and its leaf if it is one (a type is none)."""
    if last[:1] == "@":
        claims = _attribute(node, last[1:])
        text = node.attributes.get(last[1:], "")
        return (text.strip() if claims else text), claims
    texts = _texts(node)
    return (texts[0][0], ((texts[0][1], texts[0][1] + 1),)) if texts else ("", NO_CLAIMS)


def main_word(node: Node) -> tuple[str, Claims]:
    """What an element says in one word (`ccda_tree.main_value`), and its leaves."""
    names = main_names(node)
    if names:
        text = "^".join([node.attributes[name].strip() for name in names])
        return text, tuple(claim for name in names for claim in _attribute(node, name))
    return _end(node, "text()")


def _tested(path: Path, node: Node) -> Claims:
    """The leaves of the tests by which a path led to an element."""
    found: list[Any] = []
    for step in reversed(path.steps):
        for test in step.tests:
            if not test.written and not test.negated:
                found += _leaves_of_test(node, test)
        node = node.parent or node
    return tuple(found)


def _leaves_of_test(node: Node, test: Test) -> Claims:
    if test.templates:
        named = [one for one in node.named("templateId") if one.attributes.get("root") in test.templates]
        return tuple(claim for one in named for claim in _attribute(one, "root"))
    for name in test.path[:-1]:
        node = next(iter(node.named(name)), node)
    last = test.path[-1]
    if last[:1] == "@":
        return _attribute(node, last[1:])
    return tuple(claim for one in node.named(last)[:1] for claim in main_word(one)[1])


def _lines(node: Node, gap: str, found: list[tuple[str, str, int]]) -> str:
    """Add all text below an element (what parts it from the one before, text, number); the gap behind it."""
    texts = iter(_texts(node))
    for item in node.content:
        if isinstance(item, Node):
            own = "\n" if item.name in LINE else "\t" if item.name in CELL else ""
            gap = _lines(item, own if own and gap != "\n" else gap, found)
            gap = "\n" if own == "\n" else gap
        elif item.strip():
            said, number = next(texts)
            found.append((gap if found else "", said, number))
            gap = " "
    return gap


__all__ = ["Document", "ElementReading"]
