"""JSON records: addresses like `client.name.first` and `needs[*].code`, exact numbers, duplicate keys refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from mappings.model import TranslationRefused
from mappings.tree import Scope, Spot

_STEP = re.compile(r"^([^\[\].]+)(\[\*\])?$")
_ELEMENT = re.compile(r"[a-z][A-Za-z0-9_]{0,39}")
"""A key that is told in a refusal: an export keyed by its clients' names or numbers has people where others have
elements."""
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class JsonAddress:
    """Steps of a path: (key, whether all items of the list there are meant)."""

    text: str
    steps: tuple[tuple[str, bool], ...]


def parse_address(text: str) -> JsonAddress:
    """The address. Raises ValueError with what is wrong."""
    steps = []
    for part in text.split("."):
        found = _STEP.match(part)
        if found is None:
            raise ValueError("not a JSON path like `needs[*].code`")
        steps.append((found[1], found[2] is not None))
    return JsonAddress(text, tuple(steps))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        place = twice if _ELEMENT.fullmatch(twice) else None
        raise TranslationRefused("DUPLICATE_KEY", "a key appears twice in one object", place, "102")
    return found


def _no_constant(name: str) -> Any:
    raise TranslationRefused("NOT_JSON", "NaN and Infinity are no JSON numbers", None, "102")


def read_json(source: bytes) -> Any:
    """The document, numbers as int or Decimal. Raises TranslationRefused `NOT_JSON`, `DUPLICATE_KEY`, `TOO_DEEP`."""
    if source[:3] == b"\xef\xbb\xbf":
        source = source[3:]
    try:
        found = json.loads(
            source.decode("utf-8"), parse_float=Decimal, object_pairs_hook=_pairs, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise TranslationRefused("CHARSET_WRONG", "the bytes are not UTF-8", f"line {line}", "102") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise TranslationRefused("NOT_JSON", "the document cannot be read as JSON", place, "102") from None
    except (RecursionError, ValueError):
        raise TranslationRefused(
            "TOO_DEEP", "the document is nested too deep or has a number too long"
        ) from None
    _check_depth(found)
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise TranslationRefused("TOO_DEEP", "the document is nested too deep")


def place_of(path: Sequence[str | int]) -> str:
    """A path as people write it: `needs[0].code`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def apart(document: Any, of: str) -> Iterator[tuple[str, Any]]:
    """Each item of the list at `of` (`households[*].members[*]`), with its place: a document of its own, which
    holds what stands around the item as well, and of the lists on the way that item alone. None where a list holds none.

    Raises TranslationRefused `NO_RECORD` where the path leads to no list of objects, at that place.
    """
    steps = parse_address(of).steps
    tops = enumerate(document) if isinstance(document, list) else ((None, document),)
    for number, top in tops:
        yield from _items(top, steps, () if number is None else (number,))


def _items(
    node: Any, steps: tuple[tuple[str, bool], ...], path: tuple[str | int, ...]
) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield place_of(path), node
        return
    (key, is_list), rest = steps[0], steps[1:]
    inner = node.get(key) if isinstance(node, dict) else None
    if not isinstance(inner, list if is_list else dict):
        kind = "a list" if is_list else "an object"
        raise TranslationRefused("NO_RECORD", f"{kind} was expected here", place_of((*path, key)), "101")
    for number, item in enumerate(inner) if is_list else ((None, inner),):
        at = (*path, key) if number is None else (*path, key, number)
        for place, made in _items(item, rest, at):
            yield place, {**node, key: [made] if is_list else made}


def json_leaves(value: Any, path: tuple[str | int, ...] = ()) -> dict[str, Any]:
    """Every scalar but null and "" by place; false and 0 count."""
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {} if value is None or value == "" else {place_of(path): value}
    found: dict[str, Any] = {}
    for step, inner in items:
        found.update(json_leaves(inner, (*path, step)))
    return found


def _replaced(index: int, value: str) -> Any:
    return value


class JsonTree:
    """One JSON record."""

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict):
            raise TranslationRefused("NOT_A_RECORD", "a JSON object was expected", None, "102")
        self.document = document

    @cached_property
    def _leaves(self) -> dict[str, Any]:
        return json_leaves(self.document)

    def leaves(self) -> Mapping[str, str]:
        """Every leaf by place."""
        return self._leaves

    def top(self) -> Scope:
        """Nothing bound."""
        return {}

    def _at(self, address: JsonAddress, scope: Scope) -> list[tuple[tuple[str | int, ...], Any]]:
        found: list[tuple[tuple[str | int, ...], Any]] = [((), self.document)]
        for position, (key, all_items) in enumerate(address.steps):
            found = [((*p, key), v[key]) for p, v in found if isinstance(v, dict) and key in v]
            if all_items:
                bound = scope.get(address.steps[: position + 1])
                found = [
                    ((*p, i), item)
                    for p, v in found
                    if isinstance(v, list)
                    for i, item in enumerate(v)
                    if bound is None or bound == (*p, i)
                ]
        return found

    def spots(self, address: JsonAddress, scope: Scope, every: bool = False) -> Sequence[Spot]:
        """Scalars at the address; for an object or list, each scalar below it."""
        found = []
        for path, value in self._at(address, scope):
            for place, leaf in json_leaves(value, path).items():
                found.append(Spot(place, leaf, (place,), _replaced))
        return found

    def head(self, address: JsonAddress, scope: Scope) -> tuple[Any, tuple[str, ...]]:
        """The first scalar at the address."""
        for spot in self.spots(address, scope):
            return (_word(spot.raw), spot.leaves)
        return "", ()

    def scopes(self, each: JsonAddress, followers: Sequence[str], scope: Scope) -> Sequence[Scope]:
        """One scope for each item of the list."""
        return [{**scope, each.steps: path} for path, _ in self._at(each, scope)]

    def expected(self, address: JsonAddress) -> str:
        """The address itself names the place."""
        return address.text

    def facts(self) -> Mapping[str, str]:
        """No envelope."""
        return {}

    def skeleton(self) -> object:
        """Nothing to keep."""
        return None


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
