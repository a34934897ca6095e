"""What a rendering of a C-CDA document writes into.

A path of an address is built as it reads: each step finds the element that fulfils its tests or makes one that does.
A document that goes back to its source has `homes` in its complement (where each value came from) and is put together
at just those places, in its own order; a disclosure has none and gets the canonical form: one entry for each resource,
elements in the order of the schema, texts of sections made from their entries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mappings.syntax.ccda import Node, Root, document_bytes, text_step
from mappings.syntax.ccda_address import CcdaAddress, Path, PathStep, Test
from mappings.syntax.ccda_narrative import tell
from mappings.syntax.ccda_order import put_in_order, with_class_and_mood
from mappings.syntax.ccda_templates import TEMPLATES, Template
from mappings.syntax.ccda_tree import HERE, fits, main_value, nodes_at, plain, sections_of

_LOINC = "2.16.840.1.113883.6.1"
_LEVELS = "ULMNRV"
"""Confidentiality, lowest first (rulebook FH-LBL-01)."""
_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_CONFIDENTIALITY_OID = "2.16.840.1.113883.5.25"
_BY_ROOT = {template.root: template for template in TEMPLATES.values()}
_PLACE_STEP = re.compile(r"^([^\[\]]+)(?:\[(\d+)\])?$")
_OWN = "own"
Slot = Any


def is_not_withdrawn(resource: Mapping[str, Any]) -> bool:
    """Whether what a diagnosis, allergy or goal says holds; no agency's format has a place for that."""
    verification = resource.get("verificationStatus")
    codes = [one.get("code") for one in verification.get("coding", ())] if verification else ()
    return "entered-in-error" not in (*codes, resource.get("lifecycleStatus"))


def is_for_a_new_document(resource: Mapping[str, Any]) -> bool:
    """Whether a resource may be said in a document of our own: no header of another one, and nothing that was entered in
    error (an entry has no place to say so)."""
    is_stated = resource.get("status") != "entered-in-error" and is_not_withdrawn(resource)
    return resource.get("resourceType") != "Composition" and is_stated


class CcdaBuilder:
    """One document being written."""

    def __init__(self, complement: Mapping[str, Any]) -> None:
        self.root = Root("ClinicalDocument")
        self.complement = complement
        self.back_to_source = bool(complement)
        self.written: set[str] = set()
        for kept in ("found_by", "carried", "unmapped"):
            for place, text in complement.get(kept, {}).items():
                self.leaf_at(place, str(text))

    def open(self, each: CcdaAddress, slot: Slot) -> Slot:
        """A new instance of a repeating group."""
        return {HERE: self._reach(each.paths[0], slot, begin=True)}

    def open_at(self, place: str) -> Slot:
        """The instance of a group at the place it came from; one of nowhere, if only its values have places."""
        return {HERE: self.node_at(place) if place else Node("nowhere", None), _OWN: True}

    def has_own(self, slot: Slot) -> bool:
        """Whether an instance stands where it came from, in a document that goes back to its source."""
        return self.back_to_source and (slot is None or _OWN in slot)

    def _reach(self, path: Path, slot: Slot, *, begin: bool) -> Node:
        """The element at the end of a path; with `begin`, a new one from the step marked `[*]` (or the last) on."""
        here = (slot or {}).get(HERE, self.root)
        node = here if path.relative else self.root
        for _ in range(path.up):
            node = node.parent or node
        steps = path.steps
        marked = next((n for n, one in enumerate(steps) if one.new), len(steps) - 1)
        for number, one in enumerate(steps):
            fresh = begin and number >= marked
            if number == 0 and one.name == "section" and not path.relative:
                node = self._section(one, fresh=fresh)
            else:
                following = steps[number + 1] if number + 1 < len(steps) else None
                node = self._child(node, one, fresh=fresh, following=following)
        return node

    def _section(self, one: PathStep, *, fresh: bool) -> Node:
        for section in () if fresh else sections_of(self.root):
            if fits(section, one):
                return section
        body = self._child(self._child(self.root, _COMPONENT, fresh=False), _BODY, fresh=False)
        return self._child(self._child(body, _COMPONENT, fresh=True), one, fresh=False)

    def _child(self, node: Node, one: PathStep, *, fresh: bool, following: PathStep | None = None) -> Node:
        for child in () if fresh else node.named(one.name):
            if fits(child, one) and _has_room(child, following):
                return child
        child = node.next(one.name)
        for test in one.tests:
            self._fulfil(child, test)
        return child

    def _fulfil(self, node: Node, test: Test) -> None:
        """Make an element as a test says."""
        if test.negated or (not test.templates and test.value is None):
            return
        if test.templates:
            self._template(node, _BY_ROOT.get(test.templates[0], Template(test.templates[0])))
            return
        for name in test.path[:-1]:
            node = next(iter(node.named(name)), None) or node.next(name)
        last = test.path[-1]
        if last[:1] == "@":
            node.attributes[last[1:]] = str(test.value)
        else:
            node.next(last).attributes["code"] = str(test.value)

    def _template(self, node: Node, template: Template) -> None:
        named = node.next("templateId")
        named.attributes["root"] = template.root
        if template.version:
            named.attributes["extension"] = template.version
        node.templates = node.templates | {template.root}
        if template.code and not self.back_to_source:
            code = node.next("code")
            code.attributes = {"code": template.code, "codeSystem": _LOINC, "displayName": template.title}
            node.next("title").content.append(template.title)

    def node_at(self, place: str) -> Node:
        """The element at a place, made with all that is missing on the way."""
        node: Node = self.root
        for part in place.split("/")[2:]:
            found = _PLACE_STEP.match(part)
            if found is None:
                continue
            name, number = found[1], int(found[2] or 1)
            while len(node.named(name)) < number:
                node.next(name)
            node = node.named(name)[number - 1]
        return node

    def add(self, address: CcdaAddress, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write a value; False when something stands there already and it may not repeat."""
        path = address.paths[0]
        if not path.last and path.steps and path.steps[-1].name == "confidentialityCode":
            return self._raise(self._reach(path, slot, begin=False), str(value.get("@code", "")))
        if repeat and self.holds(address, value, slot):
            return False
        if path.last:
            node = self._reach(path, slot, begin=repeat and any(s.new for s in path.steps))
            return _fill_end(node, path.last, value)
        node = self._reach(path, slot, begin=False)
        if _has_content(node, path.steps[-1] if path.steps else None):
            if not repeat:
                return False
            node = self._reach(path, slot, begin=True)
        self.fill(node, value)
        return True

    def put_at(self, place: str, value: Any) -> None:
        """Write a value at the place it came from: once, however many elements were made of it."""
        if place in self.written:
            return
        self.written.add(place)
        last = place.rpartition("/")[2]
        if last[:1] == "@" or last.startswith("text()"):
            self.leaf_at(place, _word(value, last))
        elif isinstance(value, list):
            for _, text, where in value:
                self.leaf_at(where, text)
        else:
            self.fill(self.node_at(place), value)

    def leaf_at(self, place: str, text: str, node: Node | None = None) -> None:
        """Set one leaf: an attribute, or the n-th text of an element."""
        where, _, last = place.rpartition("/")
        node = node or self.node_at(where)
        if last[:1] == "@":
            node.attributes[last[1:]] = text
            if last == "@root" and node.name == "templateId" and node.parent is not None:
                node.parent.templates |= {text}
            return
        found = _PLACE_STEP.match(last)
        number = int(found[2] or 1) if found is not None else 1
        texts = [n for n, item in enumerate(node.content) if isinstance(item, str)]
        while len(texts) < number:
            texts.append(len(node.content))
            node.content.append("")
        node.content[texts[number - 1]] = text

    def fill(self, node: Node, value: Any) -> None:
        """Put the plain form of an element into one."""
        if not isinstance(value, Mapping):
            value = {"@code": str(value)}
        for key, inner in value.items():
            if key[:1] == "@":
                node.attributes[key[1:]] = str(inner)
            elif key[:1] == "#":
                self.leaf_at(f"{node.place}/{text_step(int(key[1:] or 1))}", str(inner), node)
            else:
                for position, item in enumerate(inner):
                    there = node.named(key)
                    self.fill(there[position] if position < len(there) else node.next(key), item)

    def head(self, address: CcdaAddress, slot: Slot) -> str:
        """The first value written at an address, in one word; "" when nothing."""
        here = (slot or {}).get(HERE, self.root)
        for path in address.paths:
            for node in nodes_at(self.root, path, here):
                found = _end(node, path.last) if path.last else main_value(node)[0]
                if found or (not path.last and _has_content(node, None)):
                    return found or "1"
        return ""

    def holds(self, address: CcdaAddress, value: Any, slot: Slot) -> bool:
        """Whether just this stands at an address already."""
        here = (slot or {}).get(HERE, self.root)
        path = address.paths[0]
        for node in nodes_at(self.root, path, here):
            if path.last:
                if _end(node, path.last) == _word(value, path.last):
                    return True
            elif isinstance(value, Mapping):
                there = plain(node)
                if all(there.get(key) == inner for key, inner in value.items()):
                    return True
        return False

    def raise_label(self, resources: Sequence[Mapping[str, Any]]) -> None:
        """The document is as confidential as its most confidential part (rulebook CD-01); usual (N) if nobody says. One
        that goes back to its source and had no label gets none."""
        if self.back_to_source and not any(one.attributes.get("code") for one in self._own_codes()):
            return
        found = [
            str(label.get("code"))
            for resource in resources
            for label in resource.get("meta", {}).get("security", ())
            if label.get("system") == _CONFIDENTIALITY and label.get("code") in _LEVELS
        ]
        found += [node.attributes.get("code", "N") for node in self._codes() if node.parent is not self.root]
        highest = max((_LEVELS.find(code) for code in found), default=_LEVELS.index("N"))
        own = self._child(self.root, PathStep("confidentialityCode", (), False), fresh=False)
        self._raise(own, _LEVELS[highest])

    @staticmethod
    def _raise(code: Node, level: str) -> bool:
        """Set a confidentialityCode, unless it says more already, or a word of the sender's that nobody knows."""
        said = code.attributes.get("code", "")
        if not said or (said in _LEVELS and _LEVELS.find(said) < _LEVELS.find(level)):
            code.attributes |= {"code": level, "codeSystem": _CONFIDENTIALITY_OID}
        return True

    def _own_codes(self) -> Sequence[Node]:
        return self.root.named("confidentialityCode")

    def _codes(self) -> list[Node]:
        return [code for section in sections_of(self.root) for code in section.named("confidentialityCode")]

    def take_out(self, resources: Sequence[Mapping[str, Any]]) -> None:
        """Take out the entries of resources that are there no more, with what holds nothing else."""
        there = {f"{one.get('resourceType')}/{one.get('id')}" for one in resources}
        elements = self.complement.get("elements", {})
        kept = {str(found[0]) for name, found in elements.items() if name in there}
        gone = sorted({str(found[0]) for found in elements.values()} - kept)
        for node in [self.node_at(place) for place in gone]:
            parent = node.parent
            while parent is not None and parent.name not in _HOLDERS and not _holds_one(parent, kept):
                node, parent = parent, parent.parent
            if parent is not None and any(one is node for one in parent.named(node.name)):
                parent.remove(node)

    def content(self, resources: Sequence[Mapping[str, Any]]) -> bytes:
        """The document as bytes."""
        self.take_out(resources)
        whole = self.complement.get("synonyms", {}).get(_LABEL_PLACE)
        if whole is not None:
            self.put_at(_LABEL_PLACE, whole)
        self.raise_label(resources)
        if not self.back_to_source:
            with_class_and_mood(self.root)
            tell(self.root)
        _without_empty(self.root)
        put_in_order(self.root, self.complement.get("order"))
        return document_bytes(self.root)


_LABEL_PLACE = "/ClinicalDocument/confidentialityCode"
_HOLDERS = frozenset({"section", "ClinicalDocument"})
_WRAPPERS = frozenset({"entry", "entryRelationship", "component"})
"""Elements that hold one entry each."""
_COMPONENT = PathStep("component", (), False)
_BODY = PathStep("structuredBody", (), False)


def _holds_one(node: Node, places: Collection[str]) -> bool:
    return any(place == node.place or place.startswith(node.place + "/") for place in places)


def _has_room(node: Node, following: PathStep | None) -> bool:
    """Whether the next step of a path finds its element in this one, or may be made: one statement in each wrapper."""
    if following is None or node.name not in _WRAPPERS or not node.elements():
        return True
    return any(fits(child, following) for child in node.named(following.name))


def _end(node: Node, last: str) -> str:
    if last[:1] == "@":
        return node.attributes.get(last[1:], "")
    return next((item.strip() for item in node.content if isinstance(item, str) and item.strip()), "")


def _word(value: Any, last: str) -> str:
    """What goes into an attribute or text of the plain form of a value."""
    if isinstance(value, Mapping):
        name = last if last[:1] == "@" else "#"
        return str(value.get(name) or value.get("@code") or value.get("@value") or value.get("#") or "")
    return str(value)


def _fill_end(node: Node, last: str, value: Any) -> bool:
    if last == "narrative()":
        if node.content:
            return False
        CcdaBuilder.fill(_FILLER, node, value)
        return True
    text = _word(value, last)
    if not text or _end(node, last):
        return False
    if last[:1] == "@":
        node.attributes[last[1:]] = text
    else:
        node.content.append(text)
    return True


def _has_content(node: Node, one: PathStep | None) -> bool:
    """Whether an element holds more than what the tests of its step made."""
    known = {test.path[0][1:] for test in (one.tests if one else ()) if test.path and test.path[0][:1] == "@"}
    if any(name not in known and not name.startswith("xsi:") for name in node.attributes):
        return True
    return any(isinstance(item, str) or item.name != "templateId" for item in node.content)


def _without_empty(node: Node) -> bool:
    """Take out elements that say nothing, but for those that hold the number of one behind them; whether this one says
    something."""
    says = any(not name.startswith("xsi:") and value for name, value in node.attributes.items())
    kept: list[Node | str] = []
    filled: set[str] = set()
    for item in reversed(node.content):
        if isinstance(item, str):
            if item.strip():
                says = True
                kept.append(item)
        elif _without_empty(item):
            filled.add(item.name)
            says = True
            kept.append(item)
        elif item.name in filled:
            kept.append(item)
    node.content = kept[::-1]
    return says


_FILLER = CcdaBuilder({})
