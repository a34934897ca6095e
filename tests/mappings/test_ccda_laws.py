"""The laws of a mapping on documents made from the samples by chance: every one goes back as it came."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from mappings import Library, TranslationRefused, translate
from mappings.laws import conservation, no_resurrection, round_trip, traced
from mappings.syntax.ccda import Node, counted_leaves, document_bytes, read_document
from tests import strategies
from tests.mappings.conftest import FORMATS

DOCUMENTS = sorted(FORMATS.glob("*/*/samples/*.xml"))
MADE = strategies.examples(20, 1000)
"""Documents made from the samples of each mapping (mapping-language section 4)."""


def _inside(node: Node) -> Iterator[Node]:
    for child in node.elements():
        yield child
        yield from _inside(child)


def _copied(node: Node, parent: Node | None) -> Node:
    copy = Node(node.name, ref(parent) if parent is not None else None)
    copy.attributes = dict(node.attributes)
    copy.content = [item if isinstance(item, str) else _copied(item, copy) for item in node.content]
    return copy


def _made(chance: random.Random, source: bytes) -> bytes:
    """A document with one to three elements taken away, doubled, emptied, made null or said otherwise."""
    root = read_document(source)
    for _ in range(chance.randint(1, 3)):
        node = chance.choice([one for one in _inside(root) if one.parent is not None])
        around, kind = node.parent, chance.randrange(6)
        assert around is not None
        if kind == 0:
            around.content.remove(node)
        elif kind == 1:
            around.content.insert(around.content.index(node), _copied(node, around))
        elif kind == 2 and node.attributes:
            name = chance.choice(sorted(node.attributes))
            node.attributes[name] = chance.choice(["", "x", "20261399", "NI", "1.2.3", "2026"])
        elif kind == 3:
            node.attributes["nullFlavor"] = "UNK"
        elif kind == 4:
            node.content = [item for item in node.content if not isinstance(item, str)]
        else:
            node.content = [*node.content, " words "]
    return document_bytes(root)


@pytest.mark.slow
@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_made_by_chance_goes_back_as_it_came(path: Path, library: Library) -> None:
    mapping = library.mapping(path.parent.parent.relative_to(FORMATS).as_posix())
    chance, source, read = random.Random(path.name), path.read_bytes(), 0
    tries = MADE // len([other for other in DOCUMENTS if other.parent == path.parent])
    for number in range(tries):
        text = _made(chance, source)
        try:
            translation = translate(mapping, text, partner="p", id_key=b"k", zone="America/Phoenix")
        except TranslationRefused as refusal:
            assert refusal.place
            continue
        read += 1
        unmapped = [("UNMAPPED", place) for place in translation.complement["unmapped"]]  # type: ignore[attr-defined]
        assert conservation(translation, len(counted_leaves(text))) == unmapped
        assert traced(translation) == []
        assert round_trip(mapping, text, translation, "America/Phoenix") == []
        if number % 4 == 0:
            assert no_resurrection(mapping, text, translation, "America/Phoenix") in ([], NAMELESS)
    assert read > tries // 2


NAMELESS = [("RENDER_REFUSED", "recordTarget/patientRole/patient/name")]
"""Without a name there is no document to release."""
