"""One walk over a resource for everything that is asked of it later: what its codes and words say, whether elements
bear labels of their own, and whether redaction has to look at anything closely.

Labelling and redaction both rest on it, so a record is walked once a release. What it says about redaction holds
for any recipient; who asks is weighed by `redact_whole`. Narrative, notes and contained resources are not read for
codes and words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from consent.model import Resource
from consent.redact_places import (
    ATTACHMENTS,
    FREE_TEXT,
    FREE_TEXT_OF,
    MANDATORY,
    MANDATORY_WITHIN,
    is_complete,
)
from consent.tables import Finding, Tables

INLINE_LABEL = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"

NO_SCAN = frozenset({
    "address", "contained", "div", "identifier", "meta", "name", "note", "resourceType", "subject", "telecom", "url",
})  # fmt: skip
MAY_BEAR_LABELS = NO_SCAN - {"contained", "div", "meta", "resourceType", "url"}
"""Not read for codes and words, but a label on one of them, or inside, is a label. FH-LBL-05."""

PLAIN_WORDS = frozenset({"description", "text", "title", "valueString"})
"""Read for words. The display of a reference is not: it names somebody; `redact` decides who reads it."""

STOPS = FREE_TEXT | {*ATTACHMENTS, "div", "extension", "modifierExtension"}
"""Elements that may go for their name alone, wherever they stand."""

NEEDS: dict[str, dict[str, tuple[str, ...]]] = {}
for (_kind, _element), _needed in MANDATORY_WITHIN.items():
    NEEDS.setdefault(_kind, {})[_element] = _needed
NO_NEEDS: dict[str, tuple[str, ...]] = {}

LEFT_OUT = frozenset({"contained", "meta", "text"})
"""At the root, redaction looks at these by themselves."""

UNREAD = frozenset({"address", "identifier", "name", "subject", "telecom"})
"""Of what is not read for codes and words, what redaction has no rule against."""

TWINS = frozenset({"_contained", "_meta", "_text"})
ASKED = frozenset({"linkId", "questionnaire"})
"""What names a question or its form: of LOINC, its code is the last part (`/44249-1/44260-8`,
`http://loinc.org/q/44249-1|2.77`). An answer tells no less than an Observation with the code of the question (DM-23).
"""
LOINC = "http://loinc.org"

TELLING = PLAIN_WORDS | STOPS | TWINS | ASKED | {"code", "display", "implicitRules", "reference", "url"}
"""Texts of these elements matter."""

APART = NO_SCAN | STOPS | TWINS | {"display", "implicitRules", "reference", "text"}
"""Objects and lists of these elements are not like others."""

DOUBTFUL = APART - UNREAD
SIMPLE = frozenset({bool, float, int, Decimal, type(None)})
MOST_OBJECTS = 24
"""A resource of more objects is not called plain: it might be deeper than redaction looks."""

PARTS_OF_A_CODING = frozenset({"code", "display", "system"})
LONGEST_CODING = 300
REMEMBERED_CODINGS = 20_000

Object = Mapping[str, Any]
Node = tuple[str, Object, bool]
"""An object to walk: the name of its element, itself, and whether its codes and words are read."""


class Outline:
    """What one walk found in `resource`, asked for as of type `kind`. Not changed after `outline_of`.

    `findings`: what codings and words say, of any tier. `may_bear_labels`: some element may bear a label of its own.
    `references`: targets of references that hold nothing else; `others`: further references and bare displays, with
    the names of their elements. `is_plain`: but for those, redaction leaves everything at the root but `LEFT_OUT` as it
    is, whoever asks, unless something has to go for what it says. False: that is not known. `size`: no fewer than the
    objects and lists of a plain resource without contained ones, beside `meta`.
    """

    __slots__ = (
        "findings",
        "is_plain",
        "kind",
        "may_bear_labels",
        "others",
        "references",
        "resource",
        "size",
        "tables",
    )

    def __init__(self, resource: Resource, kind: str, tables: Tables) -> None:
        self.resource = resource
        self.kind = kind
        self.tables = tables
        self.findings: list[Finding] = []
        self.references: list[str] = []
        self.others: list[tuple[str, Object]] = []
        self.may_bear_labels = False
        self.is_plain = resource.__class__ is dict
        self.size = 0

    def walk(self, start: Object) -> None:
        """Everything at and below `start`, without recursion. Written out: most of a decision's time goes here."""
        references, needs = self.references, NEEDS.get(self.kind, NO_NEEDS)
        waiting: list[Node] = [("", start, True)]
        for name, node, read in waiting:
            if not node or (name in needs and not is_complete(node, needs[name])):
                self.is_plain = False
            self.size += len(node)
            for key, value in node.items():
                kind = value.__class__
                if kind is str:
                    if key in TELLING:
                        self._hear(key, value, name, node, read)
                elif kind is dict:
                    if len(value) == 1 and (target := value.get("reference")).__class__ is str:
                        references.append(target)
                        if key in DOUBTFUL:
                            self.is_plain = False
                    elif key not in APART:
                        waiting.append((key, value, read))
                    elif key not in LEFT_OUT or node is not self.resource:
                        self._walk_apart(key, value, read, waiting)
                elif kind is list and key == "coding":
                    self._walk_codings(value, read, waiting)
                elif kind is list and value and key not in DOUBTFUL:
                    reads = read and key not in UNREAD
                    self.size += len(value)
                    for entry in value:
                        if entry.__class__ is not dict:
                            self._walk_odd(key, entry, reads, waiting)
                        elif len(entry) == 1 and (target := entry.get("reference")).__class__ is str:
                            references.append(target)
                        else:
                            waiting.append((key, entry, reads))
                elif (kind not in SIMPLE or key in APART) and not (key in LEFT_OUT and node is self.resource):
                    self._walk_apart(key, value, read, waiting)
        self.size += len(waiting)
        if len(waiting) > MOST_OBJECTS:
            self.is_plain = False

    def _hear(self, key: str, text: str, name: str, node: Object, read: bool) -> None:
        """One text of an element in `TELLING`."""
        if key == "code":
            if read:
                self._add(self.tables.find_code(node.get("system", ""), text))
        elif key == "display":
            if "code" not in node and "system" not in node:
                if "reference" not in node:
                    self.others.append((name, node))
            elif read and ("system" in node or isinstance(node["code"], str)):
                self._add(self.tables.find_words(text))
        elif key == "reference":
            self.others.append((name, node))
        elif key == "url":
            self.may_bear_labels = self.may_bear_labels or text == INLINE_LABEL
        elif key in PLAIN_WORDS:
            if read:
                self._add(self.tables.find_words(text))
        elif key in ASKED:
            if read:
                self._add(self.tables.find_code(LOINC, text.partition("|")[0].rpartition("/")[2]))
        else:
            self.is_plain = False

    def _add(self, finding: Finding) -> None:
        if finding.tier:
            self.findings.append(finding)

    def _walk_codings(self, entries: list[Any], read: bool, waiting: list[Node]) -> None:
        known = self.tables.seen_codings
        self.size += len(entries)
        if not entries:
            self.is_plain = False
        for entry in entries:
            if entry.__class__ is not dict:
                self._walk_odd("coding", entry, read, waiting)
                continue
            try:
                said = known[len(entry), entry.get("system"), entry.get("code"), entry.get("display")]
            except (KeyError, TypeError):  # TypeError: something there is no text
                waiting.append(("coding", entry, read))
                _remember_coding(entry, self.tables)
                continue
            if said and read:
                self.findings += said

    def _walk_apart(self, key: str, value: object, read: bool, waiting: list[Node]) -> None:
        """An element of `APART`, an empty list, or what JSON does not hold."""
        entries = value if isinstance(value, list) else (value,)
        self.size += len(entries)
        if key in DOUBTFUL or not entries:
            self.is_plain = False
        if not read or key not in NO_SCAN or key in MAY_BEAR_LABELS:
            reads = read and key not in NO_SCAN
            for entry in entries:
                if entry.__class__ is dict:
                    waiting.append((key, entry, reads))
                else:
                    self.is_plain = False
                    waiting.extend((key, node, reads) for node in _objects_in(entry))

    def _walk_odd(self, key: str, entry: object, read: bool, waiting: list[Node]) -> None:
        """An entry of a list that is no object."""
        if entry.__class__ is not str and entry.__class__ not in SIMPLE:
            self.is_plain = False
            waiting.extend((key, node, read) for node in _objects_in(entry))


def outline_of(resource: Resource, kind: str, tables: Tables) -> Outline:
    """The outline of a resource. Never raises for its content."""
    found = Outline(resource, kind, tables)
    found.walk(resource)
    if not is_complete(resource, MANDATORY.get(kind, ())) or (
        kind in FREE_TEXT_OF and not FREE_TEXT_OF[kind].isdisjoint(resource)
    ):
        found.is_plain = False
    if "text" in resource and resource["text"].__class__ is not str:
        is_plain = found.is_plain
        found.walk({"": resource["text"]})  # the narrative goes, but may bear a label
        found.is_plain = is_plain
    return found


def _remember_coding(coding: Object, tables: Tables) -> None:
    """Keep what a coding says that is nothing but texts. Bounded, and of codes and what they are called only."""
    texts = list(coding.values())
    if not (coding.keys() <= PARTS_OF_A_CODING and "code" in coding):
        return
    if any(text.__class__ is not str for text in texts) or sum(map(len, texts)) > LONGEST_CODING:
        return
    said = [tables.find_code(coding.get("system", ""), coding["code"])]
    if "display" in coding:
        said.append(tables.find_words(coding["display"]))
    if len(tables.seen_codings) >= REMEMBERED_CODINGS:
        tables.seen_codings.clear()
    key = (len(coding), coding.get("system"), coding["code"], coding.get("display"))
    tables.seen_codings[key] = tuple(finding for finding in said if finding.tier)


def _objects_in(value: object) -> Iterator[Object]:
    """The objects in lists of lists, or the object itself."""
    waiting = [value]
    for one in waiting:
        if isinstance(one, Mapping):
            yield one
        elif isinstance(one, list | tuple):
            waiting.extend(one)
