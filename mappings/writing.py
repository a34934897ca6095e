"""What a rendering writes into: one builder for each syntax, with the same few verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from mappings.syntax.csv_rows import CsvAddress
from mappings.syntax.hl7v2_tree import V2Address, part
from mappings.syntax.json_tree import JsonAddress

Slot = Any
"""Which instance of a group is written. Each builder makes and reads its own."""


class Builder(Protocol):
    """A record being written."""

    def open(self, each: Any, slot: Slot) -> Slot:
        """A new instance of a repeating group inside `slot`."""
        ...

    def add(self, address: Any, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write a value; False when something stands there already and it may not repeat."""
        ...

    def head(self, address: Any, slot: Slot) -> str:
        """The first plain value written at an address; "" when nothing."""
        ...

    def holds(self, address: Any, value: Any, slot: Slot) -> bool:
        """Whether just this stands at an address already."""
        ...


Fields = dict[int, list[str]]
_NO_FIELDS: Fields = {}
"""Of a segment that is not there; never written to."""


class V2Builder:
    """Segments with their fields, each field a list of repetitions."""

    def __init__(self) -> None:
        self.segments: list[tuple[str, Fields]] = []
        self.first: dict[str, Fields] = {}

    def open(self, each: V2Address, slot: Slot) -> Slot:
        """The fields of a new segment, under its name."""
        return {**(slot or {}), each.segment: self.new(each.segment)}

    def new(self, name: str) -> Fields:
        """One more segment."""
        fields: Fields = {}
        self.segments.append((name, fields))
        self.first.setdefault(name, fields)
        return fields

    def _fields(self, name: str, slot: Slot) -> Fields:
        """The segment of this name that a slot means, else the first; an empty one when there is none."""
        if slot and name in slot:
            bound: Fields = slot[name]
            return bound
        return self.first.get(name, _NO_FIELDS)

    def add(self, address: V2Address, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write the text of a repetition, component or sub-component."""
        fields = self._fields(address.segment, slot)
        if fields is _NO_FIELDS:
            fields = self.new(address.segment)
        repetitions = fields.get(address.field)
        if repetitions is None:
            repetitions = fields[address.field] = []
        text = str(value)
        if not address.component:
            if repetitions and not repeat:
                return False
            repetitions.append(text)
            return True
        if not repetitions:
            repetitions.append("")
        if part(repetitions[0], address.component, address.sub):
            return False
        repetitions[0] = with_part(repetitions[0], address.component, address.sub, text)
        return True

    def head(self, address: V2Address, slot: Slot) -> str:
        """The first plain value at an address (a filter looks through all repetitions)."""
        for repetition in self._fields(address.segment, slot).get(address.field, ()):
            if address.which and part(repetition, address.which[0], 1) != address.which[1]:
                continue
            return part(repetition, address.component or 1, address.sub or 1)
        return ""

    def holds(self, address: V2Address, value: Any, slot: Slot) -> bool:
        """Whether one of the repetitions is this text."""
        there = self._fields(address.segment, slot).get(address.field, ())
        return any(part(one, address.component, address.sub) == str(value) for one in there)

    def text(self, order: Sequence[str]) -> bytes:
        """The message: segments in `order` (then as written), CR behind each."""
        rank = {name: position for position, name in enumerate(order)}
        behind = len(rank)
        ordered = sorted(self.segments, key=lambda segment: rank.get(segment[0], behind))
        lines = [_line(name, fields) for name, fields in ordered if fields or name == "MSH"]
        return "".join(lines).encode("utf-8")


def with_part(text: str, component: int, sub: int, value: str) -> str:
    """The text of a repetition with one component (or sub-component) set."""
    components = text.split("^")
    components += [""] * (component - len(components))
    if sub:
        subs = components[component - 1].split("&")
        subs += [""] * (sub - len(subs))
        subs[sub - 1] = value
        value = "&".join(subs)
    components[component - 1] = value
    return "^".join(components)


def _line(name: str, fields: Mapping[int, Sequence[str]]) -> str:
    texts = [""] * (max(fields) if fields else 0)
    for number, repetitions in fields.items():
        text = repetitions[0] if len(repetitions) == 1 else "~".join(repetitions)
        texts[number - 1] = text.rstrip("~")
    if name == "MSH":
        texts = ["^~\\&", *texts[2:]]
    return "|".join([name, *texts]).rstrip("|") + "\r"


class CsvBuilder:
    """Rows of cells: one, or one for each instance of a group, each with those of the whole record."""

    def __init__(self) -> None:
        self.row: dict[str, str] = {}
        self.parts: list[tuple[str, dict[str, str]]] = []

    def open(self, each: CsvAddress, slot: Slot) -> Slot:
        """The cells of one more row, under the name of its group."""
        self.parts.append((each.text, {}))
        return self.parts[-1][1]

    def _cells(self, slot: Slot) -> dict[str, str]:
        return self.row if slot is None else slot

    def add(self, address: CsvAddress, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write a cell."""
        cells = self._cells(slot)
        if cells.get(address.text):
            return False
        cells[address.text] = str(value)
        return True

    def head(self, address: CsvAddress, slot: Slot) -> str:
        """The cell; without a slot, of any row."""
        looked = [self.row, *(cells for _, cells in self.parts)] if slot is None else [slot]
        return next((cells[address.text] for cells in looked if cells.get(address.text)), "")

    def holds(self, address: CsvAddress, value: Any, slot: Slot) -> bool:
        """Whether the cell is this text."""
        return self._cells(slot).get(address.text) == str(value)

    def lines(self) -> list[dict[str, str]]:
        """The rows of the sheet; an instance that wrote nothing has none."""
        return [{**self.row, **cells} for _, cells in self.parts if cells] or [self.row]


class JsonBuilder:
    """One object."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}

    def open(self, each: JsonAddress, slot: Slot) -> Slot:
        """A new item of the list at `each`."""
        node = self._node(each.steps[:-1], slot)
        items = node.setdefault(each.steps[-1][0], [])
        items.append({})
        return {**(slot or {}), each.steps: items[-1]}

    def _node(self, steps: Sequence[tuple[str, bool]], slot: Slot) -> dict[str, Any]:
        node = self.document
        for position, (key, all_items) in enumerate(steps):
            bound = (slot or {}).get(tuple(steps[: position + 1]))
            if bound is not None:
                node = bound
            elif all_items:
                items = node.setdefault(key, [])
                if not items:
                    items.append({})
                node = items[0]
            else:
                node = node.setdefault(key, {})
        return node

    def _there(self, steps: Sequence[tuple[str, bool]], slot: Slot) -> dict[str, Any]:
        """The same, but nothing is made: an empty object where there is none."""
        node: Any = self.document
        for position, (key, all_items) in enumerate(steps):
            bound = (slot or {}).get(tuple(steps[: position + 1]))
            node = bound if bound is not None else node.get(key)
            if bound is None and all_items and node:
                node = node[0]
            if not node:
                return {}
        found: dict[str, Any] = node
        return found

    def add(self, address: JsonAddress, value: Any, slot: Slot, repeat: bool) -> bool:
        """Write a scalar, or one more item of a list of scalars."""
        node = self._node(address.steps[:-1], slot)
        key, all_items = address.steps[-1]
        if all_items:
            node.setdefault(key, []).append(value)
            return True
        if key in node:
            return False
        node[key] = value
        return True

    def head(self, address: JsonAddress, slot: Slot) -> str:
        """The value as text."""
        value = self._there(address.steps[:-1], slot).get(address.steps[-1][0], "")
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if isinstance(value, (dict, list)) else str(value)

    def holds(self, address: JsonAddress, value: Any, slot: Slot) -> bool:
        """Whether the scalar is this value."""
        return bool(self._there(address.steps[:-1], slot).get(address.steps[-1][0]) == value)


_JSON = msgspec.json.Encoder(decimal_format="number")


def json_bytes(document: Any) -> bytes:
    """The document, indented, exact numbers."""
    return msgspec.json.format(_JSON.encode(_without_empty(document)), indent=2) + b"\n"


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        found = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner not in ({}, [], None)}
    if isinstance(value, list):
        return [_without_empty(inner) for inner in value]
    return value


__all__ = ["Builder", "CsvBuilder", "JsonBuilder", "Slot", "V2Builder", "json_bytes"]
