"""CDA documents: bytes to a tree of plain nodes, every leaf with its XPath, and back to bytes.

Hardened: a DOCTYPE (and with it every entity) is refused before any parser sees the text; size and depth are bounded;
nothing is loaded from anywhere. Leaves are what `mapping-language.md` section 3 counts: every attribute but `xmlns`,
`xsi:*` and the `ID` by which a narrative is pointed at, and each run of text, trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast
from weakref import ref
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import msgspec
from lxml import etree

from mappings.model import TranslationRefused

CDA = "urn:hl7-org:v3"
LARGEST = 16 * 1024 * 1024
"""Bytes of a document; more is refused."""
DEEPEST = 80
"""Elements inside each other; the deepest published sample has 19."""
_PREFIXES = {
    CDA: "",
    "urn:hl7-org:sdtc": "sdtc:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHARSETS = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}
_DOCTYPE = re.compile("<!(?:DOCTYPE|ENTITY)")
_UNMARKED = re.compile("[\\w .,:;/()+*=#@%?!|^~-]*").fullmatch
"""Whether a text has nothing that is written in another way in an attribute."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


_NO_TEMPLATES: frozenset[str] = frozenset()
_NO_ELEMENTS: dict[str, list[Node]] = {}
_NO_CONTENT = cast("list[Node | str]", ())
"""What elements that were read with nothing inside share; never filled."""


class Node(msgspec.Struct, eq=False, weakref=True):
    """One element. `content` holds texts and elements in their order; `number` is its own among its like around it.

    In a document that was read, its leaves are those from number `begin` up to (without) `end`, counted from 0.
    """

    name: str
    around: ref[Node] | None = None
    number: int = 1
    attributes: dict[str, str] = {}
    content: list[Node | str] = []
    templates: frozenset[str] = _NO_TEMPLATES
    begin: int = 0
    end: int = 0
    _place: str = ""
    by_name: dict[str, list[Node]] = {}

    @property
    def parent(self) -> Node | None:
        """The element around this one, held weakly: a document goes as soon as nobody holds its root."""
        return self.around() if self.around is not None else None

    @property
    def place(self) -> str:
        """Its XPath in the document; empty for an element of none. Found when first asked for."""
        if not self._place and (around := self.parent) is not None:
            self._place = f"{around.place}/{step(self.name, self.number)}"
        return self._place

    def next(self, name: str) -> Node:
        """A new element of this name, behind all others."""
        same = self.by_name.get(name)
        if same is None:
            if self.by_name is _NO_ELEMENTS:
                self.by_name, self.content = {}, list(self.content)
            same = self.by_name[name] = []
        child = Node(name, ref(self), len(same) + 1)
        same.append(child)
        self.content.append(child)
        return child

    def remove(self, child: Node) -> None:
        """One element less."""
        self.content.remove(child)
        self.by_name[child.name].remove(child)

    def elements(self) -> list[Node]:
        """The elements inside, in order."""
        return [item for item in self.content if isinstance(item, Node)]

    def named(self, name: str) -> Sequence[Node]:
        """The elements of this name inside, in order."""
        return self.by_name.get(name, ())

    def leaves(self) -> Iterator[tuple[str, str]]:
        """(place, text) of every leaf of this element and those inside it, in document order."""
        yield from self.own_leaves()
        number = 0
        for item in self.content:
            if isinstance(item, Node):
                yield from item.leaves()
            elif item.strip():
                number += 1
                yield f"{self.place}/{text_step(number)}", item.strip()

    def own_leaves(self) -> list[tuple[str, str]]:
        """(place, text) of the attributes that are leaves."""
        return [
            (f"{self.place}/@{name}", value.strip())
            for name, value in self.attributes.items()
            if is_leaf(name) and value.strip()
        ]


class Root(Node):
    """The outermost element of a document. `nulls`: the numbers of leaves that are null flavours, where it was read."""

    _place: str = "/ClinicalDocument"
    nulls: set[int] = set()


def has_text(content: Sequence[Node | str]) -> bool:
    """Whether there is a text between elements, or alone."""
    for item in content:  # noqa: SIM110  # asked of every element that is written
        if isinstance(item, str) and item.strip():
            return True
    return False


def is_leaf(attribute: str) -> bool:
    """Whether an attribute is a leaf."""
    return not attribute.startswith("xsi:") and attribute != "ID"


def text_step(number: int) -> str:
    """The last step of the place of a run of text, counted from 1 among those of its element that are not blank."""
    return "text()" if number == 1 else f"text()[{number}]"


def step(name: str, number: int) -> str:
    """A step of a place: the name, with its number among its like from the second on."""
    return name if number == 1 else f"{name}[{number}]"


def _refuse(code: str, message: str, place: str | None = None) -> TranslationRefused:
    return TranslationRefused(code, message, place, "102")


def _text_of(source: bytes) -> str:
    """The document as text. Raises TranslationRefused `CHARSET_WRONG`, `TOO_LARGE`."""
    if len(source) > LARGEST:
        raise _refuse("TOO_LARGE", f"a document has at most {LARGEST} bytes")
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charset: str | None = "utf-16"
    else:
        source = source.removeprefix(b"\xef\xbb\xbf")
        declared = _DECLARED.match(source[:400])
        charset = _CHARSETS.get(declared[1].decode().lower() if declared else "utf-8")
    if charset is None:
        raise _refuse("CHARSET_WRONG", "the character set the document names is not known here", "line 1")
    try:
        return source.decode(charset)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        message = "the bytes are not in the character set the document names (UTF-8 where it names none)"
        raise _refuse("CHARSET_WRONG", message, f"line {line}") from None


def read_document(source: bytes) -> Root:
    """The document. Raises TranslationRefused `NOT_XML`, `DOCTYPE_REFUSED`, `TOO_DEEP`, `NOT_CDA` and of the bytes."""
    text = _checked_text(source)
    parser = ElementTree.XMLParser(encoding="utf-8")  # noqa: S314  # there is no DOCTYPE, hence no entity
    try:
        parser.feed(text.encode("utf-8"))
        outermost = parser.close()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise _refuse(
            "NOT_XML", "the document cannot be read as XML", f"line {line} column {column + 1}"
        ) from None
    except UnicodeEncodeError:
        raise _refuse("NOT_XML", "the document has half of a character") from None
    if outermost.tag != f"{{{CDA}}}ClinicalDocument":
        raise _refuse("NOT_CDA", "a ClinicalDocument of CDA R2 (urn:hl7-org:v3) was expected", "line 1")
    root = Root(_NAMES[outermost.tag], attributes=outermost.attrib)
    _grow(outermost, root, root.nulls, 0, 0)
    return root


def _checked_text(source: bytes) -> str:
    """The document as text without its declaration. Raises TranslationRefused `DOCTYPE_REFUSED` and of the bytes."""
    text = _text_of(source)
    if found := _DOCTYPE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _refuse("DOCTYPE_REFUSED", "a DOCTYPE or entity is not taken", f"line {line}")
    return _DECLARATION.sub("", text, count=1)


class _Names(dict[str, str]):
    """A name as the parser gives it (`{namespace}name`) -> as we know it."""

    def __missing__(self, tag: str) -> str:
        name = name_of(tag)
        if len(self) < _MOST_NAMES:
            self[tag] = name
        return name


_MOST_NAMES = 4096
_NAMES = _Names()
_LEAVES = set[str]()
"""Names of attributes that are leaves, and that the parser gives as we know them."""


def _grow(element: ElementTree.Element, node: Node, nulls: set[int], count: int, depth: int) -> int:
    """What is in an element that the parser made, into its node, with `count` leaves before it; those up to its end."""
    if depth >= DEEPEST:
        around = node.parent
        raise _refuse("TOO_DEEP", "the document is nested too deep", around.place if around else None)
    node.begin, content = count, node.content
    for key, value in node.attributes.items():
        if (key in _LEAVES or _is_leaf(key, node)) and value and not value.isspace():
            if key == "nullFlavor":
                nulls.add(count)
            count += 1
    text = element.text
    if text and not text.isspace():
        content.append(text)
        count += 1
    if len(element):
        by_name: dict[str, list[Node]] = {}
        node.by_name, here = by_name, ref(node)
        for child in element:
            name = _NAMES[child.tag]
            same = by_name.get(name)
            if same is None:
                same = by_name[name] = []
            own = [] if len(child) or child.text else _NO_CONTENT
            inner = Node(name, here, len(same) + 1, child.attrib, own, _NO_TEMPLATES, 0, 0, "", _NO_ELEMENTS)
            same.append(inner)
            content.append(inner)
            count = _grow(child, inner, nulls, count, depth + 1)
            text = child.tail
            if text:
                blank = text.isspace()
                content.append(" " if blank else text)
                count += not blank
        if "templateId" in by_name:
            node.templates = frozenset([one.attributes.get("root", "") for one in by_name["templateId"]])
    node.end = count
    return count


def _is_leaf(key: str, node: Node) -> bool:
    """Whether an attribute of this name, as the parser gives it, is a leaf; the node has it as we know it."""
    name = _NAMES[key]
    is_one = is_leaf(name)
    if name != key:
        node.attributes = {_NAMES[one]: value for one, value in node.attributes.items()}
    elif is_one and len(_LEAVES) < _MOST_NAMES:
        _LEAVES.add(key)
    return is_one


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """An element or attribute by the prefix we know it by (`sdtc:raceCode`), or with its namespace."""
    namespace, _, local = tag.rpartition("}")
    if not namespace:
        return local
    prefix = _PREFIXES.get(namespace[1:])
    return tag if prefix is None else prefix + local


def counted_leaves(source: bytes) -> dict[str, str]:
    """Every leaf by place, counted on what another parser gives and with no knowledge of nodes or mappings."""
    found: dict[str, str] = {}

    def walk(element: etree._Element, place: str) -> None:
        for key, value in element.items():
            name = name_of(str(key))
            if not name.startswith("xsi:") and name != "ID" and str(value).strip():
                found[f"{place}/@{name}"] = str(value).strip()
        texts = [element.text, *(child.tail for child in element)]
        for number, text in enumerate([t.strip() for t in texts if t and t.strip()], 1):
            found[f"{place}/text()" + (f"[{number}]" if number > 1 else "")] = text
        seen: dict[str, int] = {}
        for child in element:
            name = name_of(str(child.tag))
            seen[name] = seen.get(name, 0) + 1
            walk(child, f"{place}/{name}" + (f"[{seen[name]}]" if seen[name] > 1 else ""))

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    walk(etree.fromstring(_checked_text(source).encode("utf-8"), parser), "/ClinicalDocument")
    return found


def altered_document(source: bytes, changes: Mapping[str, object]) -> bytes:
    """The document with these leaves (by place) replaced, everything else as it is."""
    root = read_document(source)
    _alter(root, changes)
    return document_bytes(root)


def _alter(node: Node, changes: Mapping[str, object]) -> None:
    for name in node.attributes:
        if (place := f"{node.place}/@{name}") in changes:
            node.attributes[name] = str(changes[place])
    number = 0
    for index, item in enumerate(node.content):
        if isinstance(item, Node):
            _alter(item, changes)
        elif item.strip():
            number += 1
            if (place := f"{node.place}/{text_step(number)}") in changes:
                node.content[index] = str(changes[place])


def document_bytes(root: Node) -> bytes:
    """The document as UTF-8, elements indented where there is no text between them."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, 0, parts, inline=False)
    return "".join(parts).encode("utf-8")


def _text_as_xml(text: str) -> str:
    """A text as it stands, in a CDATA section where it has signs of XML: whoever looks for a notice finds its words."""
    if not any(sign in text for sign in "&<>"):
        return text
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"


_NAMESPACES = (
    f' xmlns="{CDA}" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def _quoted(value: str) -> str:
    """The value of an attribute with its quotation marks."""
    return f'"{value}"' if _UNMARKED(value) else quoteattr(_FORBIDDEN.sub("", value))


def _write(node: Node, depth: int, parts: list[str], *, inline: bool) -> None:
    opened = "" if inline or not depth else "\n" + "  " * depth
    opened += f"<{node.name}{_NAMESPACES}" if node.parent is None else f"<{node.name}"
    for name, value in node.attributes.items():
        opened += f" {name}={_quoted(value)}"
    content = node.content
    mixed = inline or has_text(content)
    if not mixed and content:
        content = [item for item in content if isinstance(item, Node)]
    if not content:
        parts.append(f"{opened}/>")
        return
    parts.append(f"{opened}>")
    for item in content:
        if isinstance(item, Node):
            _write(item, depth + 1, parts, inline=mixed)
        else:
            parts.append(_text_as_xml(_FORBIDDEN.sub("", item)))
    if not mixed:
        parts.append("\n" + "  " * depth)
    parts.append(f"</{node.name}>")
    if node.parent is None:
        parts.append("\n")
