"""The allow-list for narrative: simple formatting and nothing that runs. HL7 FHIR 4.0.1, txt-1 and txt-2."""

from __future__ import annotations

import re

from lxml import etree

from gateway.resources.xml_names import entities_in_words, is_crowded

_XHTML = "{http://www.w3.org/1999/xhtml}"
_TAGS = frozenset(
    """
    a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5
    h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
    """.split()  # noqa: SIM905  a list of strings is harder to read
)
_ATTRIBUTES = frozenset(
    """
    abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char
    charoff charset cite class colspan compact coords dir frame headers height href hreflang hspace id
    lang longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex
    title type valign value vspace width
    """.split()  # noqa: SIM905  a list of strings is harder to read
)
_NO_TEXT = ("<!DOCTYPE", "<!ENTITY", "<?", "<![CDATA[")
"""What a reader of XML and one of HTML end at different places, or what says what is to be read."""
_IMAGE = re.compile(r"(?:#|https?:|data:image/|[^:]*\Z)", re.IGNORECASE)
_LINK = re.compile(r"(?:#|https?:|mailto:|tel:)", re.IGNORECASE)
_ATTRIBUTE = (
    r"""\s++(?:(?:PLAIN)="[^"<&]*+"|style="[^"<&(]*+"|href="(?:\#|https?:|mailto:|tel:)[^"<&]*+")""".replace(
        "PLAIN", "|".join(sorted(_ATTRIBUTES - {"style", "href", "src"}))
    )
)
_USUAL = re.compile(
    rf'<div xmlns="http://www\.w3\.org/1999/xhtml"(?:{_ATTRIBUTE}){{0,8}}+\s*+>'
    rf"(?:[^<&]++|</?(?:{'|'.join(sorted(_TAGS))})(?:{_ATTRIBUTE}){{0,8}}+\s*+/?>)*+"
)
"""Text of which every element and attribute is allowed if it is well-formed: no comments, entities or images, and
no style that could load anything."""


def narrative_fault(div: str) -> str | None:
    """What is wrong with the XHTML of a narrative, or None. What is checked is what `to_xml` writes of it."""
    usual = _USUAL.fullmatch(div) is not None
    if not usual and any(sign in div for sign in _NO_TEXT):
        return "txt-1: declarations, processing instructions and CDATA sections are not allowed"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring((div if usual else entities_in_words(div)).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return "txt-1: the narrative must be well-formed XHTML, with no entity that HTML does not know"
    if usual:
        return None
    if root.tag != f"{_XHTML}div":
        return "txt-1: the narrative must be one XHTML `div`"
    if is_crowded(root):
        return "txt-1: an element has more attributes than XHTML knows"
    for node in root.iter():
        fault = _node_fault(node)
        if fault is not None:
            return fault
    return None


def _node_fault(node: etree._Element) -> str | None:
    if not isinstance(node.tag, str):  # a comment; one that begins so has ended there for a reader of HTML
        early = (node.text or "").startswith((">", "->"))
        return "txt-1: a comment must not begin with `>`" if early else None
    if not node.tag.startswith(_XHTML) or node.tag.removeprefix(_XHTML) not in _TAGS:
        return "txt-1: only simple formatting is allowed"
    for name, value in node.attrib.items():
        plain = str(name).rpartition("}")[2]
        if plain not in _ATTRIBUTES:
            return "txt-1: this attribute is not allowed"
        text = str(value).strip()
        if plain == "href" and not _LINK.match(text):
            return "txt-1: a link must be http, mailto, tel or within the narrative"
        if plain == "src" and not _IMAGE.match(text):
            return "txt-1: an image must be http, a data image or within the resource"
        if plain == "style" and ("url(" in text.lower() or "expression" in text.lower()):
            return "txt-1: a style must not load anything"
    return None
