"""FHIR XML as a resource. HL7 FHIR 4.0.1, xml.html.

Nothing is opened that the bytes name: no document type, no entity, no other file. Nothing is passed over: an element or
attribute that the definition does not know, text beside elements, or elements out of order are refused with their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from gateway.errors import NotUnderstood
from gateway.resources.generated.orders import ORDERS
from gateway.resources.json_text import DEEPEST, is_beyond_numbers, is_xml, parse_json
from gateway.resources.xml_names import (
    ANY,
    FHIR,
    MOST_ATTRIBUTES,
    PRIMITIVES,
    XHTML,
    XML,
    fhir_parser,
    is_crowded,
)

MOST_NODES = 200_000
"""Elements of one body."""
_DECLARED = re.compile(r"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*?\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_TYPES = frozenset(name for name, order in ORDERS.items() if "meta" in order and "implicitRules" in order)
_EMPTY: frozenset[str] = frozenset()


def from_xml(content: bytes) -> dict[str, Any]:
    """The resource that `content` (UTF-8) holds, as its JSON would be read; not yet checked.

    Raises NotUnderstood: `XML_INVALID`, `XML_DECLARES` (a document type or an entity), `XML_TOO_DEEP`, `XML_TOO_LARGE`,
    `XML_NOT_FHIR`, `XML_ELEMENT_UNKNOWN`, `XML_ORDER`, `XML_ATTRIBUTE_UNKNOWN`, `XML_TEXT`, `XML_VALUE_INVALID`.
    """
    root = _root(content)
    _cap(root)
    return _resource(root, _local(root, FHIR, ""), root.attrib.keys() == [_SCHEMA])


def read_fhir(content: bytes) -> dict[str, Any]:
    """The resource in JSON or XML. Raises as `parse_json` and `from_xml` do."""
    return from_xml(content) if is_xml(content) else parse_json(content)


def _root(content: bytes) -> etree._Element:
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUnderstood("XML_INVALID", "the body is not UTF-8", f"byte {error.start}") from None
    if _DECLARED.search(text):
        raise NotUnderstood("XML_DECLARES", "a document type and entities are not taken")
    head = _DECLARATION.match(text)
    named = _ENCODING.search(head[0]) if head else None
    if named and named[1].upper() not in ("UTF-8", "US-ASCII"):
        raise NotUnderstood("XML_INVALID", "the body must be UTF-8")
    try:
        return etree.fromstring(text[head.end() :].encode() if head else text.encode(), fhir_parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise NotUnderstood("XML_INVALID", "the body is no XML", f"line {line} column {column}") from None


def _cap(root: etree._Element) -> None:
    """Nothing, unless it is deeper or larger than is taken."""
    depth = number = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        number += event == "start"
        if depth > DEEPEST:
            raise NotUnderstood("XML_TOO_DEEP", "the body is nested too deep")
        if number > MOST_NODES:
            raise NotUnderstood("XML_TOO_LARGE", f"at most {MOST_NODES} elements are taken")
    if is_crowded(root):
        raise NotUnderstood("XML_TOO_LARGE", f"at most {MOST_ATTRIBUTES} attributes of an element are taken")


def _resource(node: etree._Element, place: str, *located: bool) -> dict[str, Any]:
    kind = _local(node, FHIR, place)
    if kind not in _TYPES:
        raise NotUnderstood("XML_NOT_FHIR", "must be a FHIR resource of a known type", place or None)
    if node.attrib and not any(located):
        raise NotUnderstood("XML_ATTRIBUTE_UNKNOWN", "has an attribute that FHIR does not know", place)
    return {"resourceType": kind, **_children(node, kind, place)}


def _local(node: etree._Element, namespace: str, place: str) -> str:
    """The name of an element. Raises NotUnderstood `XML_NOT_FHIR` for one of another namespace."""
    space, _, name = str(node.tag).removeprefix("{").rpartition("}")
    if space != namespace:
        raise NotUnderstood("XML_NOT_FHIR", f"an element must be of the namespace {namespace}", place or None)
    return name


def _children(node: etree._Element, kind: str, place: str) -> dict[str, Any]:
    """What stands in an element of class `kind`."""
    _refuse_text(node, place)
    order, at = ORDERS[kind], -1
    found: dict[str, Any] = {}
    rank = {name: number for number, name in enumerate(order)}
    for name, nodes in _runs(node, kind, place):
        if name not in order:
            raise NotUnderstood("XML_ELEMENT_UNKNOWN", "has an element that FHIR does not know here", place)
        inner, many = order[name]
        if rank[name] <= at or (len(nodes) > 1 and not many):
            text = "stands out of its order, or more often than it may"
            raise NotUnderstood("XML_ORDER", text, f"{place}.{name}")
        at = rank[name]
        places = [f"{place}.{name}[{number}]" if many else f"{place}.{name}" for number in range(len(nodes))]
        if kind == "Narrative" and name == "div":
            found[name] = xhtml_text(nodes[0], places[0])
        elif inner in PRIMITIVES:
            found |= _primitives(name, inner, nodes, places, many=many)
        else:
            made = [_element(one, inner, where) for one, where in zip(nodes, places, strict=True)]
            found[name] = made if many else made[0]
    return found


def _runs(node: etree._Element, kind: str, place: str) -> Iterator[tuple[str, list[etree._Element]]]:
    """The children by name, those of one name that stand together at once."""
    name = ""
    nodes: list[etree._Element] = []
    for child in node:
        is_div = kind == "Narrative" and child.tag == f"{{{XHTML}}}div"
        own = "div" if is_div else _local(child, FHIR, place)
        if own != name and nodes:
            yield name, nodes
            nodes = []
        name = own
        nodes.append(child)
    if nodes:
        yield name, nodes


def _element(node: etree._Element, inner: str, place: str) -> dict[str, Any]:
    if inner == ANY:
        _refuse_text(node, place)
        if len(node) != 1 or node.attrib:
            raise NotUnderstood("XML_NOT_FHIR", "must hold one resource and nothing else", place)
        return _resource(node[0], place)
    known = ("id", "url") if inner == "Extension" else ("id",)
    found = _attributes(node, known, place)
    return {**found, **_children(node, inner, place)}


def _attributes(node: etree._Element, known: tuple[str, ...], place: str) -> dict[str, str]:
    found = {str(name): str(value) for name, value in node.attrib.items()}
    if not found.keys() <= {*known}:
        raise NotUnderstood("XML_ATTRIBUTE_UNKNOWN", "has an attribute that FHIR does not know", place)
    if "" in found.values():
        raise NotUnderstood("XML_VALUE_INVALID", "an attribute must not be empty", place)
    return found


def _primitives(
    name: str, inner: str, nodes: list[etree._Element], places: list[str], *, many: bool
) -> dict[str, Any]:
    """The values under `name`, and what stands beside them under `_name`."""
    values, besides = [], []
    for node, place in zip(nodes, places, strict=True):
        told = _attributes(node, ("id", "value"), place)
        _refuse_text(node, place)
        more: dict[str, Any] = {"id": told["id"]} if "id" in told else {}
        for child in node:
            if _local(child, FHIR, place) != "extension":
                raise NotUnderstood(
                    "XML_ELEMENT_UNKNOWN", "has an element that FHIR does not know here", place
                )
        extensions = [_element(one, "Extension", f"{place}.extension[{n}]") for n, one in enumerate(node)]
        more |= {"extension": extensions} if extensions else {}
        values.append(_value(told["value"], inner, place) if "value" in told else None)
        besides.append(more or None)
    if all(value is None and beside is None for value, beside in zip(values, besides, strict=True)):
        raise NotUnderstood("XML_VALUE_INVALID", "an element must have a value or something in it", places[0])
    found: dict[str, Any] = {}
    if any(value is not None for value in values):
        found[name] = values if many else values[0]
    if any(besides):
        found[f"_{name}"] = besides if many else besides[0]
    return found


def _value(text: str, inner: str, place: str) -> Any:
    if inner == "str":
        return text
    if inner == "bool" and text in ("true", "false"):
        return text == "true"
    number = _NUMBER.fullmatch(text) if inner != "bool" else None
    if number is None or is_beyond_numbers(text) or (inner == "int" and (number[1] or number[2])):
        raise NotUnderstood("XML_VALUE_INVALID", "must be what its type is written as", place)
    return Decimal(text) if number[1] or number[2] else int(text)


def _refuse_text(node: etree._Element, place: str) -> None:
    texts = [node.text, *(child.tail for child in node)]
    if any(text and text.strip() for text in texts):
        raise NotUnderstood("XML_TEXT", "has text beside its elements", place)


def xhtml_text(node: etree._Element, place: str) -> str:
    """A narrative's `div` as the text that FHIR JSON has of it, in one form however it was written.

    Raises NotUnderstood `XML_NOT_FHIR`, `XML_ATTRIBUTE_UNKNOWN` for what is not of XHTML.
    """
    return "".join(_xhtml(node, place, f' xmlns="{XHTML}"'))


def _xhtml(node: etree._Element, place: str, declared: str = "") -> Iterator[str]:
    name = _local(node, XHTML, place)
    yield f"<{name}{declared}"
    for key, value in node.attrib.items():
        space, _, plain = str(key).removeprefix("{").rpartition("}")
        if space not in ("", XML):
            raise NotUnderstood("XML_ATTRIBUTE_UNKNOWN", "has an attribute that XHTML does not know", place)
        yield f" {'xml:' if space else ''}{plain}={quoteattr(str(value), _QUOTED)}"
    if not len(node) and not node.text:
        yield "/>"
        return
    yield f">{escape(node.text or '', _KEPT)}"
    for child in node:
        yield from _xhtml(child, place)
        yield escape(child.tail or "", _KEPT)
    yield f"</{name}>"


_KEPT = {"\r": "&#13;"}
_QUOTED = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
