"""A resource as FHIR XML. HL7 FHIR 4.0.1, xml.html.

Elements stand in the order of their definition, a primitive's value and id are attributes, a narrative is XHTML, and a
resource within another stands in an element of its own name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from gateway.resources.generated.orders import ORDERS
from gateway.resources.xml_names import (
    ANY,
    FHIR,
    NOT_XML,
    PRIMITIVES,
    XHTML,
    entities_in_words,
    xhtml_parser,
)

_DEFAULT: Any = {None: FHIR}
_NOTHING: Mapping[str, Any] = {}
_DIV = f"{{{XHTML}}}div"
_OF_DIV: Any = {None: XHTML}
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


def to_xml(resource: Mapping[str, Any]) -> bytes:
    """`resource` as UTF-8 with a declaration. The same resource gives the same bytes.

    Raises ValueError for what its definition does not know: nothing is left out in silence.
    """
    root = _resource(resource, None)
    return _DECLARATION + etree.tostring(root, encoding="utf-8", xml_declaration=False)


def _resource(resource: Mapping[str, Any], within: etree._Element | None) -> etree._Element:
    kind = str(resource["resourceType"])
    node = _node(within, kind)
    _children(node, kind, {name: value for name, value in resource.items() if name != "resourceType"})
    return node


def _node(within: etree._Element | None, name: str) -> etree._Element:
    tag = f"{{{FHIR}}}{name}"
    return etree.Element(tag, nsmap=_DEFAULT) if within is None else etree.SubElement(within, tag)


def _children(node: etree._Element, kind: str, content: Mapping[str, Any]) -> None:
    """The elements of `content` under `node`, which is of class `kind`."""
    order = ORDERS.get(kind)
    if order is None:
        raise ValueError("a resource of a type that has no XML")
    is_resource = "meta" in order and "implicitRules" in order
    left = set(content)
    for name, (inner, many) in order.items():
        value, beside = content.get(name), content.get(f"_{name}")
        left -= {name, f"_{name}"}
        if value is None and beside is None:
            continue
        if name == "id" and not is_resource:
            node.set("id", _text(value))
        elif name == "url" and kind == "Extension":
            node.set("url", _text(value))
        elif name == "div" and kind == "Narrative":
            node.append(_div(str(value)))
        elif inner in PRIMITIVES:
            _primitives(node, name, value, beside, many=many)
        else:
            found: Any = value if many else (value,)
            for one in found:
                _element(node, name, inner, one)
    if left:
        raise ValueError("an element that the definition does not know")


def _element(node: etree._Element, name: str, inner: str, value: Mapping[str, Any]) -> None:
    child = _node(node, name)
    if inner == ANY:
        _resource(value, child)
    else:
        _children(child, inner, value)


def _primitives(node: etree._Element, name: str, value: Any, beside: Any, *, many: bool) -> None:
    """A primitive with what stands beside it (`_name`), once or in a list."""
    values: Sequence[Any] = (value or ()) if many else (value,)
    besides: Sequence[Any] = (beside or ()) if many else (beside,)
    for number in range(max(len(values), len(besides))):
        child = _node(node, name)
        one = values[number] if number < len(values) else None
        more = (besides[number] if number < len(besides) else None) or _NOTHING
        if "id" in more:
            child.set("id", _text(more["id"]))
        if one is not None:
            child.set("value", _text(one))
        for extension in more.get("extension", ()):
            _element(child, "extension", "Extension", extension)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NOT_XML.sub("\ufffd", str(value))


def _div(text: str) -> etree._Element:
    """The XHTML of a narrative; of one that is none, which is refused today but may be held, the text as it stands."""
    try:
        found = etree.fromstring(entities_in_words(text).encode(), xhtml_parser())
    except (etree.XMLSyntaxError, ValueError):
        found = None
    if found is None or found.tag != _DIV:
        found = etree.Element(_DIV, nsmap=_OF_DIV)
        found.text = _text(text)
    return found
