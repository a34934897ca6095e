"""The text of a section, made from the entries that were written into it and from nothing else.

What is not released is in no entry, so it is in no text either. Each entry is one item: the words of its codes, its
quantities and its times, in the order of the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from mappings.syntax.ccda import Node
from mappings.syntax.ccda_tree import sections_of

_SILENT = frozenset({"templateId", "id", "author", "text", "confidentialityCode"})
_LABELS = {
    "low": "from ",
    "high": "until ",
    "repeatNumber": "times ",
}
_ANNOTATION = "2.16.840.1.113883.3.3251.1.4"


def tell(root: Node) -> None:
    """Give every section without a text one."""
    for section in sections_of(root):
        if any(item.content for item in section.named("text")):
            continue
        text = section.next("text")
        items = [item for item in (words_of(entry) for entry in section.named("entry")) if item]
        if not items:
            text.next("paragraph").content.append("No information.")
            continue
        told = text.next("list")
        for item in items:
            told.next("item").content.append(item)


def words_of(entry: Node) -> str:
    """What an entry says, in words."""
    found: list[str] = []
    for word in _words(entry):
        if word and word not in found:
            found.append(word)
    return "; ".join(found)


def _words(node: Node) -> Iterator[str]:
    if node.name in _SILENT or _ANNOTATION in node.templates:
        return
    label = _LABELS.get(node.name, "")
    own = node.attributes
    if own.get("displayName"):
        yield own["displayName"]
    elif own.get("unit") or node.name in ("doseQuantity", "repeatNumber"):
        yield label + " ".join(part for part in (own.get("value", ""), own.get("unit", "")) if part)
    elif node.name in ("effectiveTime", "low", "high", "time", "birthTime") and own.get("value"):
        yield label + _day(own["value"])
    elif own.get("value"):
        yield own["value"]
    for item in node.content:
        if isinstance(item, Node):
            yield from _words(item)
        elif item.strip():
            yield item.strip()


def _day(text: str) -> str:
    digits = text[:8]
    if not digits.isdigit():
        return text
    return "-".join(part for part in (digits[:4], digits[4:6], digits[6:]) if part)
