"""The quick ways into a document lead where the slow ones do, and count the leaves as they are counted."""

from __future__ import annotations

import pytest

from mappings.syntax.ccda import Node, is_leaf, read_document
from mappings.syntax.ccda_address import parse_address
from mappings.syntax.ccda_templates import TEMPLATES
from mappings.syntax.ccda_tree import CcdaTree, nodes_at
from mappings.usual_document import Document, _attribute
from mappings.usual_paths import Ways

ONE, OTHER = "problem-concern", "allergy-concern"
ACTS = "".join(
    f'<entry><act classCode="{kind}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="A" code="c">'
    f'<templateId root="{TEMPLATES[name].root}"/><code code="{kind}"/><code code="b"/></act></entry>'
    for kind, name in (("a", ONE), ("b", OTHER), ("b", ONE))
)
SECTION = "<component><section>{}{}</section></component>"
SECTIONS = "".join(
    SECTION.format(f'<templateId root="{TEMPLATES[name].root}"/>', ACTS) for name in ("problems", "allergies")
)
BODY = f"<component><structuredBody>{SECTIONS}</structuredBody></component>"
DOCUMENT = f'<ClinicalDocument xmlns="urn:hl7-org:v3">{BODY}</ClinicalDocument>'
ADDRESSES = [
    "section[problems]",
    "section[problems]/entry/act",
    "section[!problems]/entry",
    f"./act[{ONE}]",
    f"./entry/act[!{ONE}]",
    f"./entry/act[{ONE}][!{OTHER}][@classCode=b]",
    "./entry/act[code/@code=a]",
    "./entry/act[code/@code=b][@classCode=a]",
    "../entry/act/code",
    "component/structuredBody/component/section/entry",
]


def below(node: Node) -> list[Node]:
    return [node, *(one for child in node.elements() for one in below(child))]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_path_leads_where_the_interpreter_finds_it(address: str) -> None:
    tree, ways = CcdaTree(read_document(DOCUMENT.encode())), Ways()
    (path,), document = parse_address(address).paths, Document(tree)
    way, found = ways.of(path), 0
    for _ in range(2):  # remembered, as well
        for node in below(tree.root):
            wanted = nodes_at(tree.root, path, node, tree.sections)
            found += len(wanted)

            assert [id(one) for one in way(node, document)] == [id(one) for one in wanted]
    assert found


def test_an_attribute_has_the_number_of_its_leaf() -> None:
    root = read_document(DOCUMENT.encode())
    places = [place for place, _ in root.leaves()]
    for node in below(root):
        for name in node.attributes:
            numbers = [begin for begin, _ in _attribute(node, name)]

            assert [places[one] for one in numbers] == [f"{node.place}/@{name}"] * is_leaf(name)


def test_leaves_are_dropped_one_by_one_or_together() -> None:
    document = Document(CcdaTree(read_document(DOCUMENT.encode())))
    document.drop(((1, 2), (4, 6)))

    answers = [
        document.dropped(one) for one in (((1, 2),), ((0, 1),), ((4, 6),), ((0, 1), (1, 2)), ((3, 6),))
    ]
    assert answers == [True, False, True, None, None]
