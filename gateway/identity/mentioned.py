"""Whether bytes that nobody could read as a record name a certain person: a refused row, message or whole file.

Read as plain words whatever the format is, so that it needs no mapping; who is named only by what we do not know of her
is not found. Said too often rather than too seldom: it serves to destroy, and the sender still has what it sent.

But any partner may send an identifier of its own making for her. In what others sent only a number counts by itself: at
least six digits, and no date; everything else only together with her birth date. Left: a number that stands in many
messages and is no patient's at all, such as an organisation's, does take them along when somebody sends it as hers.
"""

from __future__ import annotations

import html
import io
import json
import lzma
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.identity.described import names_of, numbers_of

_LEAST_SIGNS = 5
_LEAST_DIGITS = 6
_MOST_UNPACKED = 32 * 1024 * 1024
_MOST_MEMBERS = 1000
_SHEETS_FIRST_DAY = date(1899, 12, 30)
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError)
_WORD = re.compile(r"[^\W_]+")
_ACCENT = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Mentions:
    """What somebody is known by, as plain words: numbers long enough to be hers alone, whoever writes them; those that
    partners (by their ids) use for her themselves; shorter ones, names, and the ways of writing her birth dates.
    """

    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    used_by: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    short_numbers: frozenset[str] = field(default=frozenset(), repr=False)
    names: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    births: frozenset[str] = field(default=frozenset(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.used_by or self.short_numbers or self.names)

    def in_bytes(self, raw: bytes, sender: str = "") -> bool:
        """Whether `raw`, which partner `sender` sent, names her, as far as it can be read."""
        return self.in_words(read_words(raw).text, sender)

    def in_words(self, text: str, sender: str = "") -> bool:
        """Whether plain words name her: by a number of hers, or by name or short number with her birth date."""
        own = {number for user, number in self.used_by if user == sender}
        if any(f" {number} " in text for number in self.numbers | own):
            return True
        if not any(f" {born} " in text or f" {born}t" in text for born in self.births):
            return False
        if any(f" {number} " in text for number in self.short_numbers):
            return True
        return any(f" {family} " in text and f" {given} " in text for family, given in self.names)


def mentions_of(described: Iterable[tuple[Mapping[str, Any], Collection[str]]]) -> Mentions:
    """What FHIR Patients, all one person, are known by; with each, the ids of the partners it came from."""
    values, used, names, births = set[str](), set[tuple[str, str]](), set(), set()
    for patient, partners in described:
        here = {value for _, value in numbers_of(patient)}
        values |= here
        used |= {(partner, _words(value)) for partner in partners for value in here if _is_long(value)}
        for family, given in names_of(patient):
            names.add((family, given))
        names |= set(_spelled_names(patient))
        births |= set(_written(str(patient.get("birthDate", ""))))
    anywhere = {_words(value) for value in values if _is_a_number(value)}
    short = {_words(value) for value in values} - anywhere - {""}
    return Mentions(
        frozenset(anywhere), frozenset(used), frozenset(short), frozenset(names), frozenset(births)
    )


def _is_long(value: str) -> bool:
    """Whether the value is long enough to be hers alone among what the partner sends who uses it."""
    return len(_words(value).replace(" ", "")) >= _LEAST_SIGNS


def _is_a_number(value: str) -> bool:
    """Whether the value is hers alone whoever writes it: not a word of every message, nor a day or a time."""
    words = _words(value).split()
    counted = "".join(sign for word in words if not _is_a_day(word) for sign in word if sign.isdecimal())
    return len(counted) >= _LEAST_DIGITS and not _is_a_day("".join(words))


def _is_a_day(word: str) -> bool:
    """Whether it begins with the day of a date or time of our day, written without signs between (`20260411...`)."""
    try:
        return date.fromisoformat(word[:8]).year // 100 in (19, 20)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class PlainWords:
    """The words of a file without accents or case, one blank before and after each; `whole` when none is missing."""

    text: str = field(repr=False)
    whole: bool


def read_words(raw: bytes) -> PlainWords:
    """The words of any file of ours. A packed one that is damaged or too large is read as far as that can be done."""
    texts, whole = _unpacked(raw) if raw[:4] == b"PK\x03\x04" else (list(_texts(raw)), True)
    return PlainWords(f" {' '.join(_words(text) for text in texts)} ", whole)


def _texts(raw: bytes) -> Iterator[str]:
    utf_16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = raw.decode("utf-16" if utf_16 else "utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    yield html.unescape(text)
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        yield from _leaves_of_json(text)


def _unpacked(raw: bytes) -> tuple[list[str], bool]:
    """The texts of a workbook's or a file set's members, as far as they are of a size that can be true; and whether
    that is all of them. A damaged member does not hide the others.
    """
    texts: list[str] = []
    left, whole = _MOST_UNPACKED, True
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            members = packed.infolist()
            whole = len(members) <= _MOST_MEMBERS
            for member in members[:_MOST_MEMBERS]:
                content = _content(packed, member, left)
                whole = whole and content is not None and len(content) <= left
                left -= len(content or b"")
                if left < 0:
                    break
                texts.append(html.unescape((content or b"").decode("utf-8", "replace")))
    except _DAMAGED:
        whole = False
    return texts, whole


def _content(packed: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes | None:
    """What the member holds, one byte more than `most` at most; None for one that is damaged."""
    try:
        with packed.open(member) as file:
            return file.read(most + 1)
    except _DAMAGED:
        return None


def _leaves_of_json(text: str) -> Iterator[str]:
    """Texts of a JSON document once more, in case signs in them are written by number (`\\u00e9`)."""
    try:
        waiting: list[Any] = [json.loads(text.lstrip("\ufeff"))]
    except (ValueError, RecursionError):
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _words(text: str) -> str:
    plain = str(text).casefold()
    if not plain.isascii():
        plain = _ACCENT.sub("", unicodedata.normalize("NFKD", plain))
    return " ".join(_WORD.findall(plain))


def _spelled_names(patient: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Family and first given name, their parts apart as a row writes them (`de la cruz`)."""
    for name in patient.get("name", ()):
        family, given = _words(name.get("family", "")), [_words(part) for part in name.get("given", ())]
        if family and given and given[0]:
            yield family, given[0]


def _written(born: str) -> Iterator[str]:
    """The ways in which forms and sheets write a birth date (`YYYY-MM-DD`), as plain words; none for a part of one."""
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return
    short = f"{day.year % 100:02}"
    for year in (f"{day.year:04}", short):
        for first, second in ((day.month, day.day), (day.day, day.month)):
            yield f"{first:02} {second:02} {year}"
            yield f"{first} {second} {year}"
            yield f"{first:02}{second:02}{year}"
    yield from (f"{day:%Y %m %d}", f"{day.year} {day.month} {day.day}", f"{day:%Y%m%d}")
    yield str((day - _SHEETS_FIRST_DAY).days)  # a date cell of a sheet is a number of days
