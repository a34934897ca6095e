"""FHIR JSON, read so that nothing is lost and nothing is doubled, and written so that it stays the same.

Decimals keep their text (1.50 stays 1.50): they are read as `Decimal` and written as such. A property that
stands twice in one object is refused, because two readers would then see two different resources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec

from gateway.errors import NotUnderstood

DEEPEST = 64
_LONGEST_NUMBER = 64
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Doubled(dict[str, object]):
    """An object in which a property stood twice."""

    name = ""


def is_xml(content: bytes) -> bool:
    """Whether FHIR is written in XML and not in JSON: by its first sign after a byte order mark and space."""
    return _XML.match(content) is not None


def parse_json(content: bytes) -> dict[str, object]:
    """The JSON object that `content` (UTF-8) holds, decimals as `Decimal`.

    Raises NotUnderstood: `JSON_INVALID`, `JSON_NOT_AN_OBJECT`, `JSON_PROPERTY_TWICE` (with the place),
    `JSON_TOO_DEEP`, `JSON_NUMBER_INVALID`, `JSON_TEXT_INVALID`.
    """
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if b"\\u" not in content:
        try:
            tree = _DECODER.decode(content)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return _read_slowly(content)
        # Compact bytes that come out again as they went in cannot have held a property twice.
        if isinstance(tree, dict) and _ENCODER.encode(tree) == content:
            return tree
    return _read_slowly(content)


def to_json(resource: Mapping[str, object]) -> bytes:
    """`resource` as compact UTF-8 JSON, properties in their order, decimals with their text."""
    return _ENCODER.encode(resource)


def _read_slowly(content: bytes) -> dict[str, object]:
    """As `parse_json`, seeing every pair; three times slower than the decoder in C."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUnderstood("JSON_TEXT_INVALID", "the body is not UTF-8", f"byte {error.start}") from None
    doubled: list[_Doubled] = []

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(found)
        return made if len(made) == len(found) else _mark_doubled(found, doubled)

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_float=_decimal, parse_int=_integer, parse_constant=_no_constant
    )
    try:
        tree = decoder.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise NotUnderstood("JSON_INVALID", "the body is no JSON", place) from None
    except RecursionError:
        raise NotUnderstood("JSON_TOO_DEEP", "the body is nested too deep") from None
    if not isinstance(tree, dict):
        raise NotUnderstood("JSON_NOT_AN_OBJECT", "the body must be one JSON object")
    if doubled:
        raise NotUnderstood("JSON_PROPERTY_TWICE", "a property stands twice", _place_of(doubled[0], tree))
    if "\\u" in text:
        _refuse_odd_characters(tree)
    return tree


def is_beyond_numbers(text: str) -> bool:
    """Whether a number has more digits, or is larger or smaller, than is taken."""
    return len(text) > _LONGEST_NUMBER or abs(Decimal(text).adjusted()) > _LONGEST_NUMBER


def _decimal(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER:
        raise NotUnderstood("JSON_NUMBER_INVALID", "a number has too many digits")
    number = Decimal(text)
    if abs(number.adjusted()) > _LONGEST_NUMBER:
        raise NotUnderstood("JSON_NUMBER_INVALID", "a number is too large or too small")
    return number


_DECODER = msgspec.json.Decoder(float_hook=_decimal)


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise NotUnderstood("JSON_NUMBER_INVALID", "a number has too many digits")
    return int(text)


def _no_constant(_name: str) -> NoReturn:
    raise NotUnderstood("JSON_NUMBER_INVALID", "NaN and Infinity are no JSON numbers")


def _mark_doubled(found: list[tuple[str, object]], doubled: list[_Doubled]) -> _Doubled:
    made = _Doubled(found)
    seen: set[str] = set()
    for name, _ in found:
        if name in seen:
            made.name = name
        seen.add(name)
    doubled.append(made)
    return made


def _place_of(wanted: _Doubled, tree: object, place: str = "$") -> str | None:
    """Where the doubled property stands (named only where it looks like a name)."""
    if tree is wanted:
        return (
            f"{place}.{wanted.name}" if wanted.name.isidentifier() and len(wanted.name) <= DEEPEST else place
        )
    if isinstance(tree, dict):
        children = [(f"{place}.{name}", value) for name, value in tree.items()]
    elif isinstance(tree, list):
        children = [(f"{place}[{index}]", value) for index, value in enumerate(tree)]
    else:
        return None
    return next((found for path, value in children if (found := _place_of(wanted, value, path))), None)


def _refuse_odd_characters(tree: object) -> None:
    r"""Half a character (`"\ud83d"`) cannot be written as UTF-8; control characters are no FHIR strings."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            _refuse_odd_characters(name)
            _refuse_odd_characters(value)
    elif isinstance(tree, list):
        for value in tree:
            _refuse_odd_characters(value)
    elif isinstance(tree, str):
        if _CONTROL.search(tree):
            raise NotUnderstood("JSON_TEXT_INVALID", "the body holds a control character")
        try:
            tree.encode()
        except UnicodeEncodeError:
            raise NotUnderstood("JSON_TEXT_INVALID", "the body holds half a character") from None
