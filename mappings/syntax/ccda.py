"""CDA documents: bytes to a tree of plain nodes, every leaf with its XPath, and back to bytes.

Hardened: a DOCTYPE (and with it every entity) is refused before any parser sees the text; size and depth are bounded;
nothing is loaded from anywhere. Leaves are what `mapping-language.md` section 3 counts: every attribute but `xmlns`,
`xsi:*` and the `ID` by which a narrative is pointed at, and each run of text, trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from weakref import ref
from xml.parsers import expat
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
    _by_name: dict[str, list[Node]] = {}

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
        same = self._by_name.get(name)
        if same is None:
            same = self._by_name[name] = []
        child = Node(name, ref(self), len(same) + 1)
        same.append(child)
        self.content.append(child)
        return child

    def remove(self, child: Node) -> None:
        """One element less."""
        self.content.remove(child)
        self._by_name[child.name].remove(child)

    def elements(self) -> list[Node]:
        """The elements inside, in order."""
        return [item for item in self.content if isinstance(item, Node)]

    def named(self, name: str) -> Sequence[Node]:
        """The elements of this name inside, in order."""
        return self._by_name.get(name, ())

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
    parser = expat.ParserCreate("utf-8", "}")
    parser.ordered_attributes = True
    parser.buffer_text = True
    grown = _growing(parser)
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        place = f"line {error.lineno} column {error.offset + 1}"
        raise _refuse("NOT_XML", "the document cannot be read as XML", place) from None
    except UnicodeEncodeError:
        raise _refuse("NOT_XML", "the document has half of a character") from None
    finally:  # a parser and what it calls hold each other
        parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
    root = grown()
    if root.name != "ClinicalDocument":
        raise _refuse("NOT_CDA", "a ClinicalDocument of CDA R2 (urn:hl7-org:v3) was expected", "line 1")
    return root


def _checked_text(source: bytes) -> str:
    """The document as text without its declaration. Raises TranslationRefused `DOCTYPE_REFUSED` and of the bytes."""
    text = _text_of(source)
    if found := _DOCTYPE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _refuse("DOCTYPE_REFUSED", "a DOCTYPE or entity is not taken", f"line {line}")
    return _DECLARATION.sub("", text, count=1)


class _Names(dict[str, tuple[str, bool]]):
    """A name as the parser gives it (`namespace}name`) -> as we know it, and whether an attribute of it is a leaf."""

    def __missing__(self, tag: str) -> tuple[str, bool]:
        name = name_of("{" + tag if "}" in tag else tag)
        found = name, is_leaf(name)
        if len(self) < _MOST_NAMES:
            self[tag] = found
        return found


_MOST_NAMES = 4096
_NAMES = _Names()


def _growing(parser: expat.XMLParserType) -> Callable[[], Root]:
    """Makes nodes of what the parser reports, and counts their leaves, in one pass; gives what gives the outermost."""
    root = Root("")
    node: Node = root  # the element that is open; before the first, one of no document
    around, texts = list[Node](), list[str]()
    count = 0

    def start(tag: str, attributes: Sequence[str]) -> None:
        nonlocal count, node, root
        if texts:
            count += _said(node, texts)
        name, parent = _NAMES[tag][0], node
        if not around:
            node = root = Root(name if "}" in tag else "{}" + tag)
        elif len(around) < DEEPEST:
            node = parent.next(name)
        else:
            raise _refuse("TOO_DEEP", "the document is nested too deep", parent.place)
        node.begin = count
        said_of, values = node.attributes, iter(attributes)  # name, value, name, value
        for key in values:
            known, is_one = _NAMES[key]
            said_of[known] = value = next(values)
            if is_one and value and not value.isspace():
                if known == "nullFlavor":
                    root.nulls.add(count)
                count += 1
        around.append(parent)

    def end(tag: str) -> None:
        nonlocal count, node
        if texts:
            count += _said(node, texts)
        ended, node = node, around.pop()
        ended.end = count
        if ended.name == "templateId":
            node.templates |= {ended.attributes.get("root", "")}

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = texts.append
    return lambda: root


def _said(node: Node, texts: list[str]) -> bool:
    """Whether the text up to here is a leaf of the open element; comments and instructions in it are not reported."""
    text = texts[0] if len(texts) == 1 else "".join(texts)
    texts.clear()
    blank = text.isspace()
    if not blank or node.content:
        node.content.append(" " if blank else text)
    return not blank


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
