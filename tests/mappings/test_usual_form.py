"""The usual form of sheets, JSON and documents says what the interpreter says, on altered records of every sample."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest
from lxml import etree

from mappings import Mapping_, TranslationRefused
from mappings.compiled_parts import Suspect
from mappings.ids import key_ids
from mappings.syntax.ccda import read_document
from mappings.syntax.ccda_tree import CcdaTree, document_zone
from mappings.syntax.json_tree import JsonTree, read_json
from mappings.syntax.sheets import SHEETS
from mappings.translate import interpret
from mappings.tree import Tree
from mappings.unfit import Unfit
from mappings.usual import UsualForm, usual_record
from tests import strategies

ALTERED = 5 if strategies.quick_run else strategies.examples(40, 1500)
"""Altered records tried of each sample;"""
ALTERED_DOCUMENTS = 2 if strategies.quick_run else strategies.examples(10, 300)
"""of a document, which takes longer."""
EXPLAINED = 6
"""Every how many records the account is compared as well."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ODD = ("", '""', "x", "0", " y ", "2026-13-40", "=1", "ß\u00a0", "|", "1|2")
Trees = list[Callable[[], Tree]]


def _sheet(chance: random.Random, mapping: Mapping_, source: bytes) -> Trees:
    sheet = SHEETS[mapping.format]
    header, rows = sheet.read_rows(source)
    cells = list(chance.choice(rows)[1]) + [""] * (len(header) - len(chance.choice(rows)[1]))
    row = dict(zip(header, cells, strict=False))
    for _ in range(chance.randint(0, 3)):
        name = chance.choice(header)
        row[name] = chance.choice((*_ODD, row[chance.choice(header)], row[name]))
    if not chance.randrange(8):
        row["a column that nobody knows"] = chance.choice(_ODD)
    return [make for _, make in sheet.read_records(sheet.write_rows(list(row), [row]))[1]]


def _object(chance: random.Random, mapping: Mapping_, source: bytes) -> Trees:
    document = read_json(source)
    document = chance.choice(document) if isinstance(document, list) else document
    for _ in range(chance.randint(0, 3)):
        node, key = chance.choice(list(_sites(document)))
        kind = chance.randrange(7)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        elif kind == 2:
            node[key] = chance.choice(
                ([], {}, None, True, 7, Decimal("1.50"), [node[key]], {"new": node[key]})
            )
        elif kind == 3 and isinstance(node, dict):
            node["a key that nobody knows"] = chance.choice(_ODD)
        else:
            node[key] = chance.choice(_ODD)
        if not list(_sites(document)):
            break
    text = _ENCODER.encode(document)
    return [lambda: JsonTree(read_json(text))]


def _sites(node: Any) -> Sequence[tuple[Any, Any]]:
    inside = (
        list(node.items())
        if isinstance(node, dict)
        else list(enumerate(node))
        if isinstance(node, list)
        else []
    )
    return [(node, key) for key, _ in inside] + [site for _, inner in inside for site in _sites(inner)]


def _document(chance: random.Random, mapping: Mapping_, source: bytes) -> Trees:
    root = etree.fromstring(source)
    for _ in range(chance.randint(0, 3)):
        element = chance.choice([one for one in root.iter("{*}*") if one.getparent() is not None])
        parent, kind = element.getparent(), chance.randrange(8)
        assert parent is not None
        if kind == 0:
            parent.remove(element)
        elif kind == 1:
            parent.insert(parent.index(element), copy.deepcopy(element))
        elif kind == 2:
            element.set("nullFlavor", "UNK")
        elif kind == 3:
            element.text = chance.choice(_ODD)
        elif kind == 4 and element.attrib:
            del element.attrib[chance.choice(list(element.attrib))]
        elif element.attrib:
            element.set(chance.choice(list(element.attrib)), chance.choice(_ODD))
    found = read_document(etree.tostring(root))
    return [lambda: CcdaTree(found)]


_ALTERED = {"csv": _sheet, "xlsx": _sheet, "json": _object, "ccda": _document}


def _same(mapping: Mapping_, form: UsualForm, make: Callable[[], Tree], *, explain: bool) -> bool:
    """Whether the usual form ran; then it agreed with the interpreter, which had nothing to say."""
    tree = make()
    zone = (document_zone(tree.root) if isinstance(tree, CcdaTree) else None) or "+00:00"
    try:
        found = form.run(usual_record(tree), key_ids(b"k", "p"), zone)
    except (Suspect, Unfit):
        return False
    wanted = interpret(mapping, make, "p", b"k", zone, explain=explain)
    assert found.resources == wanted.resources
    assert (found.roles, found.business_key, found.facts) == (wanted.roles, wanted.business_key, wanted.facts)
    assert wanted.account.issues == ()
    assert wanted.account.accounting.unmapped == 0
    return True


@pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines
def test_the_usual_form_says_what_the_interpreter_says(
    sample: tuple[str, str], mapping: Mapping_, usual: UsualForm, source: bytes
) -> None:
    chance, ran = random.Random(sample[1]), 0
    altered = ALTERED_DOCUMENTS if mapping.format == "ccda" else ALTERED
    for number in range(altered):
        try:
            trees = _ALTERED[mapping.format](chance, mapping, source)
            ran += sum([_same(mapping, usual, make, explain=not number % EXPLAINED) for make in trees])
        except TranslationRefused as refusal:
            assert refusal.code
    assert ran > altered // 20


def test_shipped_samples_are_usual(mapping: Mapping_, usual: UsualForm, source: bytes) -> None:
    """What is shipped as a sample runs fast: nothing in it needs the interpreter."""
    for make in _trees(mapping, source):
        assert _same(mapping, usual, make, explain=False)


def _trees(mapping: Mapping_, source: bytes) -> Trees:
    if mapping.format in SHEETS:
        return [make for _, make in SHEETS[mapping.format].read_records(source)[1]]
    if mapping.format == "json":
        document = read_json(source)
        return [partial(JsonTree, one) for one in (document if isinstance(document, list) else [document])]
    return [partial(CcdaTree, read_document(source))]
