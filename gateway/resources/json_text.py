"""FHIR JSON, read so that nothing is lost and nothing is doubled, and written so that it stays the same.

Decimals keep their text (1.50 stays 1.50): they are read as `Decimal` and written as such. A property that stands
twice in one object is refused, because two readers would then see two different resources.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

import msgspec

from gateway.errors import NotUnderstood

DEEPEST = 64
_LONGEST_NUMBER = 64
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Doubled(dict[str, object]):
    """An object in which a property stood twice."""

    name = ""


def parse_json(content: bytes) -> dict[str, object]:
    """The JSON object that `content` (UTF-8) holds, decimals as `Decimal`.

    Raises NotUnderstood: `JSON_INVALID`, `JSON_NOT_AN_OBJECT`, `JSON_PROPERTY_TWICE` (with the place),
    `JSON_TOO_DEEP`, `JSON_NUMBER_INVALID`, `JSON_TEXT_INVALID`.
    """
    try:
        text = content.removeprefix(_BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotUnderstood("JSON_TEXT_INVALID", "the body is not UTF-8", f"byte {error.start}") from None
    doubled: list[_Doubled] = []

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(found)
        if len(made) == len(found):
            return made
        return _mark_doubled(found, doubled)

    try:
        tree = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
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
        _refuse_unpaired_surrogates(tree)
    return tree


def to_json(resource: Mapping[str, object]) -> bytes:
    """`resource` as compact UTF-8 JSON, properties in their order, decimals with their text."""
    return _ENCODER.encode(resource)
