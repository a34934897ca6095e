"""Laying the carried values of an agency under what is written back to the same agency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from mappings.writing import V2Builder, with_part

_V2_PLACE = re.compile(r"^(\w{3})(?:\[(\d+)\])?-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?$")
_JSON_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def _kept(complement: Mapping[str, Any]) -> dict[str, Any]:
    return {**complement.get("carried", {}), **complement.get("unmapped", {})}


def overlay_v2(builder: V2Builder, complement: Mapping[str, Any]) -> Sequence[str] | None:
    """Put carried leaves into the message; the order of its segments, if the complement has one. A carried leaf was
    mapped nowhere, so only a constant or a fact of the sender can stand in its place, and gives way."""
    for place, raw in _kept(complement).items():
        found = _V2_PLACE.match(place)
        if found is None:
            continue
        name, number, field, repetition, component, sub = found.groups()
        fields = _segment(builder, name, int(number or 1))
        repetitions = fields.setdefault(int(field), [])
        index = int(repetition or 1) - 1
        repetitions += [""] * (index + 1 - len(repetitions))
        where = int(component or 1), int(sub or 0)
        repetitions[index] = with_part(repetitions[index], *where, str(raw))
    order = complement.get("order")
    if not order:
        return None
    ordered = []
    left = list(builder.segments)
    for name in order:
        position = next((i for i, segment in enumerate(left) if segment[0] == name), None)
        if position is not None:
            ordered.append(left.pop(position))
    builder.segments = ordered + left
    return [name for name, _ in ordered] if len(set(order)) == len(order) else _as_is(builder)


def _as_is(builder: V2Builder) -> Sequence[str]:
    """No sorting: every name has the same rank."""
    return ()


def _segment(builder: V2Builder, name: str, number: int) -> dict[int, list[str]]:
    same = [fields for found, fields in builder.segments if found == name]
    while len(same) < number:
        builder.segments.append((name, {}))
        same.append(builder.segments[-1][1])
    return same[number - 1]


def overlay_csv(row: dict[str, str], complement: Mapping[str, Any]) -> None:
    """Put carried cells into the row where nothing stands."""
    for place, raw in _kept(complement).items():
        column = place.partition(" column ")[2]
        if column and not row.get(column):
            row[column] = str(raw)


def json_steps(place: str) -> list[str | int]:
    """The steps of a JSON place: `needs[0].code` -> needs, 0, code."""
    return [
        found.group(1) if found.group(1) is not None else int(found.group(2))
        for found in _JSON_STEP.finditer(place)
    ]


def overlay_json(document: dict[str, Any], complement: Mapping[str, Any]) -> None:
    """Put carried scalars into the document where nothing stands; where the document has a text in place of the list or
    object that was sent, the text stands alone."""
    for place in complement.get("apart", ()):
        *path, number = json_steps(place)
        node: Any = document
        for step in path:
            found = _holds(node, step) and (step in node if isinstance(step, str) else step < len(node))
            node = node[step] if found else None
        if isinstance(node, list) and isinstance(number, int) and number <= len(node):
            node.insert(number, {})
    for place, raw in _kept(complement).items():
        _lay(document, json_steps(place), raw)


def _lay(node: Any, steps: Sequence[str | int], raw: Any) -> None:
    for step, following in pairwise(steps):
        if not _holds(node, step):
            return
        node = _child(node, step, [] if isinstance(following, int) else {})
    if _holds(node, steps[-1]):
        _leaf(node, steps[-1], raw)


def _holds(node: Any, step: str | int) -> bool:
    return isinstance(node, list if isinstance(step, int) else dict)


def _child(node: Any, step: str | int, empty: Any) -> Any:
    if isinstance(step, int):
        while len(node) <= step:
            node.append(type(empty)())
        return node[step]
    return node.setdefault(step, empty)


def _leaf(node: Any, step: str | int, raw: Any) -> None:
    if isinstance(step, int):
        while len(node) <= step:
            node.append(raw)
    else:
        node.setdefault(step, raw)
