"""HL7 v2 text: splitting, escapes, addresses, leaves. Source: HL7 v2.5.1 chapter 2 (facts in the reference page).

A message becomes a list of segments, each a list of field texts where index = field number (`MSH-1` included).
Other encoding characters than `^~\\&` are rewritten to these first, so that everything behind sees one form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from mappings.model import TranslationRefused

Segment = list[str]
STANDARD = "|^~\\&"
_CONTROL = bytes(range(9)) + bytes((11,)) + bytes(range(14, 32)) + b"\x7f"
ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_SEVERAL = re.compile(r"\r(?:MSH|FHS|BHS|BTS|FTS|[^\S\r])")
_ESCAPE = re.compile(r"\\([^\\]*)\\")
_ESCAPED = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", ".br": "\n", "H": "", "N": "", "P": "#"}
_NAMES = {letter: mark for mark, letter in zip("|^&~\\", "FSTRE", strict=True)}
_CHARSETS = {
    **{f"8859/{number}": f"iso8859-{number}" for number in (3, 4, 5, 6, 7, 8, 9)},
    "": "utf-8",
    '""': "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "8859/2": "iso8859-2",
}


class EscapeError(ValueError):
    """An escape sequence is cut off, unknown, or stands for a control character."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its segments, and its place in the file (`message 2`; empty when it is the only one)."""

    segments: list[Segment]
    place: str


def read_lines(source: bytes) -> list[str]:
    """The lines of the source as one message, for a reader that hands over at lines it does not know.

    Raises TranslationRefused `CHARSET_WRONG`, `NOT_TEXT`.
    """
    lines = _text(source).split("\r")
    if not lines[-1]:
        lines.pop()
    return lines if all(lines) else [line for line in lines if line]


def _text(source: bytes) -> str:
    if len(source.translate(None, _CONTROL)) != len(source):
        raise TranslationRefused("NOT_TEXT", "the message holds control characters", "MSH", "102")
    text = _decode(source)
    return text.replace("\r\n", "\r").replace("\n", "\r") if "\n" in text else text


def read_messages(source: bytes) -> list[list[str]]:
    """The lines of each message in the source. Raises TranslationRefused `NOT_HL7`, `CHARSET_WRONG`, `NOT_TEXT`."""
    text = _text(source)
    if text[:3] == "MSH" and _SEVERAL.search(text) is None:
        return [[line for line in text.split("\r") if line]]
    groups: list[list[str]] = []
    for line in text.split("\r"):
        if line[:3] == "MSH":
            groups.append([line])
        elif not line or line.isspace() or line[:3] in ENVELOPE:
            continue
        elif not groups:
            raise TranslationRefused("NOT_HL7", "the message does not begin with MSH", "MSH", "100", "MSH^1")
        else:
            groups[-1].append(line)
    if not groups:
        raise TranslationRefused("NOT_HL7", "no message found", "MSH", "100", "MSH^1")
    return groups


def in_utf8(source: bytes, agreed: str) -> bytes:
    """The same message in UTF-8, where MSH-18 names no character set and its sender has agreed to write `agreed` then
    (a name of HL7 table 0211, or `windows-1252`). As it is where it is UTF-8 already, or does not fit what was agreed.
    """
    if not agreed or _charset_of(source) not in ("", '""'):
        return source
    for charset in ("utf-8", _CHARSETS.get(agreed.upper(), agreed)):
        try:
            return source.decode(charset).encode()
        except UnicodeDecodeError:
            continue
    return source


def _charset_of(source: bytes) -> str:
    """The first character set that MSH-18 names; empty where it names none."""
    named = source[:2000].split(b"\r", 1)[0].split(b"\n", 1)[0].decode("latin-1")
    fields = named.split(named[3:4]) if len(named) > 3 else []
    return fields[17].split("~")[0].strip().upper() if len(fields) > 17 else ""


def _decode(source: bytes) -> str:
    if source[:3] == b"\xef\xbb\xbf":
        source = source[3:]
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError:
        pass
    charset = _charset_of(source)
    check_charset(charset)
    try:
        return source.decode(_CHARSETS[charset])
    except UnicodeDecodeError as error:
        line = len(source[: error.start].replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r"))
        message = f"line {line} does not fit the character set named in MSH-18 (UTF-8 when empty)"
        raise TranslationRefused("CHARSET_WRONG", message, "MSH-18", "102", "MSH^1^18") from None


def check_charset(named: str) -> None:
    """MSH-18 names a character set we can read. Raises TranslationRefused `CHARSET_WRONG` (HL7 error code 103)."""
    if named not in _CHARSETS and named.split("~")[0].strip().upper() not in _CHARSETS:
        message = "MSH-18 names a character set that is not known here"
        raise TranslationRefused("CHARSET_WRONG", message, "MSH-18", "103", "MSH^1^18")


def split(lines: list[str]) -> list[Segment]:
    """The segments of one message. Raises TranslationRefused `DELIMITERS_WRONG`."""
    segments = [line.split("|") for line in standard(lines)]
    segments[0].insert(1, "|")
    return segments


def standard(lines: list[str]) -> list[str]:
    """The lines with the standard encoding characters. Raises TranslationRefused `DELIMITERS_WRONG`."""
    return lines if lines[0][3:9] == "|^~\\&|" else _standard_lines(lines)


def head_fields(line: str) -> Segment:
    """The fields of the MSH line, at least 20 entries, index = field number."""
    fields = line.split("|")
    fields.insert(1, "|")
    return fields + [""] * (20 - len(fields))


def _standard_lines(lines: list[str]) -> list[str]:
    """The same message with the standard encoding characters."""
    head = lines[0].rstrip(" ")
    field = head[3:4]
    marks = head[4:].split(field, 1)[0] if field else ""
    used = field + "".join(dict.fromkeys(marks))[:4]
    if (
        not 3 <= len(used) <= 5
        or len(set(used)) != len(used)
        or any(c.isalnum() or c.isspace() for c in used)
    ):
        message = "MSH-1 and MSH-2 do not name the encoding characters"
        raise TranslationRefused("DELIMITERS_WRONG", message, "MSH-2", "102", "MSH^1^2")
    table: dict[int, str] = {ord(c): f"\\{_NAMES_BY_MARK[c]}\\" for c in STANDARD}
    table.update({ord(c): standard for c, standard in zip(used, STANDARD, strict=False)})
    rest = head[4 + len(marks) :]
    return ["MSH|^~\\&" + rest.translate(table), *(line.translate(table) for line in lines[1:])]


_NAMES_BY_MARK = {"|": "F", "^": "S", "&": "T", "~": "R", "\\": "E"}


def unescape(text: str) -> str:
    """The text an escaped value stands for. Raises EscapeError."""
    if "\\" not in text:
        return text
    if text.count("\\") % 2:
        raise EscapeError
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    name = found.group(1)
    plain = _ESCAPED.get(name)
    if plain is not None:
        return plain
    if name[:1] in ("X", "x") and len(name) > 1:
        try:
            text = bytes.fromhex(name[1:]).decode("utf-8")
        except ValueError:
            raise EscapeError from None
        if any(ord(c) < 32 and c not in "\t\r\n" for c in text):
            raise EscapeError
        return text
    raise EscapeError


_TO_ESCAPE = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\", "\r": "\\.br\\"}
)
_SIGN = re.compile(r"[\\|^&~\n\r]")


def escape(text: str) -> str:
    """The text as it may stand in a sub-component."""
    return text if text.isalnum() or _SIGN.search(text) is None else text.translate(_TO_ESCAPE)


class Leaf(NamedTuple):
    """Where a leaf is, counted from 1: segment index in the message (from 0), field, repetition, component, sub."""

    segment: int
    field: int
    repetition: int
    component: int
    sub: int


def leaves(segments: list[Segment]) -> dict[Leaf, str]:
    """Every non-empty sub-component but MSH-1 and MSH-2. The independent count: it knows nothing of any mapping."""
    found: dict[Leaf, str] = {}
    for index, fields in enumerate(segments):
        start = 3 if fields[0] == "MSH" else 1
        for number in range(start, len(fields)):
            if fields[number]:
                _field_leaves(found, index, number, fields[number])
    return found


def _field_leaves(found: dict[Leaf, str], index: int, number: int, text: str) -> None:
    for r, repetition in enumerate(text.split("~"), 1):
        for c, component in enumerate(repetition.split("^"), 1):
            for s, sub in enumerate(component.split("&"), 1):
                if sub:
                    found[Leaf(index, number, r, c, s)] = sub


def occurrences(segments: list[Segment]) -> list[int]:
    """For each segment its number among those of the same name, from 1."""
    counts: dict[str, int] = {}
    numbers = []
    for fields in segments:
        counts[fields[0]] = counts.get(fields[0], 0) + 1
        numbers.append(counts[fields[0]])
    return numbers


Taken = dict[tuple[int, int], list[str]]
"""Segment and field -> its repetitions: taken apart once for all leaves of a field."""


def place_text(segments: list[Segment], numbers: list[int], leaf: Leaf, taken: Taken) -> str:
    """A leaf's place as people write it: `OBX[2]-5`, `PID-3[2].4.1`. `taken` is for all leaves of these segments."""
    fields = segments[leaf.segment]
    head = fields[0] + (f"[{numbers[leaf.segment]}]" if numbers[leaf.segment] > 1 else "")
    text = f"{head}-{leaf.field}"
    repetitions = taken.get((leaf.segment, leaf.field))
    if repetitions is None:
        repetitions = taken[leaf.segment, leaf.field] = fields[leaf.field].split("~")
    if leaf.repetition > 1:
        text += f"[{leaf.repetition}]"
    components = repetitions[leaf.repetition - 1].split("^")
    if len(components) == 1 and "&" not in components[0]:
        return text
    text += f".{leaf.component}"
    return text + (f".{leaf.sub}" if "&" in components[leaf.component - 1] else "")


_PLACE = re.compile(r"^(\w{3})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?$")


def erl(place: str | None) -> str | None:
    """A place in the form of ERR-2 (ERL): `PID-3[2].4` -> `PID^1^3^2^4`."""
    found = _PLACE.match(place or "")
    if found is None:
        return None
    segment, number, field, repetition, component, sub = found.groups()
    parts = [segment, number or "1"]
    if field:
        parts += [field, repetition or ("1" if component else ""), component or "", sub or ""]
    return "^".join(parts).rstrip("^")
