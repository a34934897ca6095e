"""What reading and writing of FHIR XML share: namespaces, kinds, and parsers that open nothing."""

from __future__ import annotations

import re
from html.entities import html5
from xml.sax.saxutils import escape

from lxml import etree

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"
ANY = "AnyResource"
PRIMITIVES = frozenset({"str", "bool", "int", "decimal"})
MOST_ATTRIBUTES = 64
"""Attributes of one element, and namespaces that it declares; FHIR and XHTML know fewer."""
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, however it is written."""
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SIGNS = {'"': "&quot;", "'": "&apos;", "\t": "&#9;", "\n": "&#10;"}
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")


def fhir_parser(*, huge_tree: bool = False) -> etree.XMLParser:
    """A parser without DTD, entities and network, that drops comments and instructions. `huge_tree`: for what we wrote
    ourselves, which may hold a file of any size.
    """
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=huge_tree,
        remove_comments=True,
        remove_pis=True,
    )


def xhtml_parser() -> etree.XMLParser:
    """As `fhir_parser`."""
    return fhir_parser()


def is_crowded(root: etree._Element) -> bool:
    """Whether an element below or at `root` has over `MOST_ATTRIBUTES`, or declares as many namespaces.

    To be asked before attributes are read: lxml finds each of them from the first on, and nothing else runs meanwhile.
    """
    declared = 0
    for event, node in etree.iterwalk(root, events=("start-ns", "start")):
        if event == "start-ns":  # those of an element come just before it
            declared += 1
        elif max(declared, len(node.attrib)) > MOST_ATTRIBUTES:
            return True
        else:
            declared = 0
    return False


def entities_in_words(div: str) -> str:
    """A narrative with the entities of HTML (`&nbsp;`), which XML does not know, as the characters they are.

    They stay characters: `&LT;` begins no element, `&QUOT;` ends no attribute. What HTML does not know stays as it is,
    and no XML parser takes it.
    """

    def character(found: re.Match[str]) -> str:
        name = found[1]
        known = None if name in _OF_XML else html5.get(f"{name};")
        return found[0] if known is None else escape(known, _SIGNS)

    return _ENTITY.sub(character, div)
