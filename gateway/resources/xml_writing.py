"""A resource as FHIR XML. HL7 FHIR 4.0.1, xml.html.

Elements stand in the order of their definition, a primitive's value and id are attributes, a narrative is XHTML, and a
resource within another stands in an element of its own name. The text is put together here, then read and written by
lxml, which takes nothing that is no XML: that is three times as fast as having it make one element after the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from functools import cache
from itertools import zip_longest
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
    fhir_parser,
    xhtml_parser,
)

_DIV = f"{{{XHTML}}}div"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_NOT_PLAIN = re.compile("[^ !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What cannot stand in an attribute as it is."""
_ESCAPED = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


class _How(Enum):
    """How a property is written."""

    NOT = auto()
    ATTRIBUTE = auto()
    NARRATIVE = auto()
    PRIMITIVE = auto()
    BESIDE = auto()
    ELEMENT = auto()


_Step = tuple[int, _How, str, bool]
"""Of a property its place, how it is written, its own class, and whether it is a list."""


def to_xml(resource: Mapping[str, Any]) -> bytes:
    """`resource` as UTF-8 with a declaration. The same resource gives the same bytes.

    Raises ValueError for what its definition does not know: nothing is left out in silence.
    """
    kind = str(resource["resourceType"])
    out: list[str] = []
    _element(out, kind, kind, resource, f' xmlns="{FHIR}"')
    root = etree.fromstring("".join(out).encode(), fhir_parser(huge_tree=True))
    return _DECLARATION + etree.tostring(root, encoding="utf-8", xml_declaration=False)


@cache
def _steps(kind: str) -> Mapping[str, _Step]:
    """The properties of a class, each also with what stands beside it (`_name`)."""
    order = ORDERS.get(kind)
    if order is None:
        raise ValueError("a resource of a type that has no XML")
    is_resource = "meta" in order and "implicitRules" in order
    steps: dict[str, _Step] = {"resourceType": (-1, _How.NOT, "", False)} if is_resource else {}
    for place, (name, (inner, many)) in enumerate(order.items()):
        how = _How.PRIMITIVE if inner in PRIMITIVES else _How.ELEMENT
        if (name == "id" and not is_resource) or (name == "url" and kind == "Extension"):
            how = _How.ATTRIBUTE
        elif name == "div" and kind == "Narrative":
            how = _How.NARRATIVE
        beside = _How.BESIDE if how in (_How.PRIMITIVE, _How.ELEMENT) else _How.NOT
        steps[name] = 2 * place, how, inner, many
        steps[f"_{name}"] = 2 * place + 1, beside, inner, many
    return steps


def _element(out: list[str], name: str, kind: str, content: Mapping[str, Any], attributes: str = "") -> None:
    """An element of class `kind` with what is in it."""
    begins, steps = len(out), _steps(kind)
    out.append("")
    try:
        present = sorted([(steps[key], key) for key in content])
    except KeyError:
        raise ValueError("an element that the definition does not know") from None
    for (_, how, inner, many), key in present:
        value = content[key]
        if value is None or how is _How.NOT:
            continue
        if how is _How.PRIMITIVE:
            if many:
                _primitives(out, key, value, content.get(f"_{key}") or ())
            else:
                _primitive(out, key, value, content.get(f"_{key}"))
        elif how is _How.ELEMENT:
            for one in value if many else (value,):
                _inner(out, key, inner, one)
        elif how is _How.ATTRIBUTE:
            attributes += f' {key}="{_text(value)}"'
        elif how is _How.NARRATIVE:
            out.append(_div(str(value)))
        elif content.get(key[1:]) is None:
            if many:
                _primitives(out, key[1:], (), value)
            else:
                _primitive(out, key[1:], None, value)
    out[begins] = f"<{name}{attributes}>"
    out.append(f"</{name}>")


def _inner(out: list[str], name: str, kind: str, content: Mapping[str, Any]) -> None:
    """An element of class `kind`, which may be that of any resource."""
    if kind != ANY:
        _element(out, name, kind, content)
        return
    inner = str(content["resourceType"])
    out.append(f"<{name}>")
    _element(out, inner, inner, content)
    out.append(f"</{name}>")


def _primitive(out: list[str], name: str, value: Any, beside: Mapping[str, Any] | None = None) -> None:
    """A primitive with what stands beside it."""
    told = "" if value is None else f' value="{_text(value)}"'
    if not beside:
        out.append(f"<{name}{told}/>")
        return
    known = f' id="{_text(beside["id"])}"' if "id" in beside else ""
    out.append(f"<{name}{known}{told}>")
    for extension in beside.get("extension", ()):
        _element(out, "extension", "Extension", extension)
    out.append(f"</{name}>")


def _primitives(out: list[str], name: str, values: Sequence[Any], besides: Sequence[Any]) -> None:
    for value, beside in zip_longest(values, besides):
        _primitive(out, name, value, beside)


def _text(value: Any) -> str:
    """A value as it stands in XML, escaped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if _NOT_PLAIN.search(text) is None else NOT_XML.sub("\ufffd", text).translate(_ESCAPED)


def _div(text: str) -> str:
    """The XHTML of a narrative; of one that is none, which is refused today but may be held, the text as it stands."""
    try:
        found = etree.fromstring(entities_in_words(text).encode(), xhtml_parser())
    except (etree.XMLSyntaxError, ValueError):
        found = None
    if found is None or found.tag != _DIV:
        return f'<div xmlns="{XHTML}">{_text(text)}</div>'
    return etree.tostring(found, encoding="unicode")
