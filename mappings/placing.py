"""Putting a value at an element path of a resource, and naming every leaf below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mappings.rows import Step

_ABSENT = object()
Marks = dict[tuple[str, str], int]
"""(path of a list, label) -> index of the item that the labelled rows fill together."""
Long = dict[int, dict[Any, int]]
"""id of a list that has become long -> its items, frozen, with their index: one more is compared with none of them."""
SHORT = 16
"""Up to so many items a list is looked through."""


def put(
    resource: dict[str, Any], steps: Sequence[Step], value: Any, marks: Marks, long: Long | None = None
) -> list[tuple[str, Any]]:
    """Place the value; the (path, value) pairs placed, empty when the element is already taken.

    A list element takes one more item (all items, if the value is a list); others take one value only. `long` is for
    a record with many items; it must live no longer than the resources.
    """
    long = {} if long is None else long
    node: dict[str, Any] = resource
    path = ""
    for step in steps[:-1]:
        path = f"{path}.{step.name}" if path else step.name
        if step.many:
            items = node.setdefault(step.name, [])
            long.pop(id(items), None)
            index = _index(items, path, step.label, marks)
            node, path = items[index], f"{path}[{index}]"
        else:
            node = node.setdefault(step.name, {})
    last = steps[-1]
    path = f"{path}.{last.name}" if path else last.name
    if last.many:
        return _append(node.setdefault(last.name, []), path, value, long)
    if last.name in node:
        return []
    node[last.name] = value
    return [(path, value)]


def _index(items: list[Any], path: str, label: str, marks: Marks) -> int:
    if not label:
        if not items:
            items.append({})
        return 0
    index = marks.get((path, label))
    if index is None:
        index = marks[(path, label)] = len(items)
        items.append({})
    return index


def _append(items: list[Any], path: str, value: Any, long: Long) -> list[tuple[str, Any]]:
    placed = []
    for item in value if isinstance(value, list) else [value]:
        at = _place_of(item, items, long)
        placed.append((f"{path}[{at}]", item))
        if at == len(items):
            items.append(item)
    return placed


def _place_of(item: Any, items: list[Any], long: Long) -> int:
    """The index of an equal item, or that behind the last one."""
    if len(items) < SHORT:
        return items.index(item) if item in items else len(items)
    known = long.get(id(items))
    if known is None or len(known) != len(items):
        known = long[id(items)] = {frozen(one): index for index, one in enumerate(items)}
    return known.setdefault(frozen(item), len(items))


def frozen(value: Any) -> Any:
    """Something hashable that is equal where the values are."""
    if isinstance(value, dict):
        return frozenset((name, frozen(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return tuple(frozen(inner) for inner in value)
    return value


def flat(value: Any, path: str) -> dict[str, Any]:
    """Every leaf below a value by path (`name[0].family`)."""
    found: dict[str, Any] = {}
    _flatten(value, path, found)
    return found


def changed_paths(value: Any, other: Any) -> set[str]:
    """The paths of the leaves of a value where `other` has something else or nothing."""
    found: dict[str, Any] = {}
    _compare(value, other, "", found)
    return set(found)


def _compare(value: Any, other: Any, path: str, found: dict[str, Any]) -> None:
    """Only what differs is looked into."""
    if value == other:
        return
    if isinstance(value, dict) and isinstance(other, dict):
        for name, inner in value.items():
            _compare(inner, other.get(name, _ABSENT), f"{path}.{name}" if path else name, found)
    elif isinstance(value, list) and isinstance(other, list):
        for index, inner in enumerate(value):
            there = other[index] if index < len(other) else _ABSENT
            _compare(inner, there, f"{path}[{index}]", found)
    else:
        _flatten(value, path, found)


def _flatten(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(inner, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(inner, f"{path}[{index}]", found)
    else:
        found[path] = value
