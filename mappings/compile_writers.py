"""How generated source writes into a builder: v2 segments and cells at once, JSON through the builder's own verbs."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from mappings.rows import MappingFile, all_groups
from mappings.syntax.csv_rows import CsvAddress
from mappings.syntax.hl7v2_tree import V2Address, part
from mappings.syntax.json_tree import JsonAddress
from mappings.writing import Fields, with_part


class Unwritable(Exception):
    """A construct that the generated form does not have; the plain form writes it."""


class Around(NamedTuple):
    """The instances around a row: (what an instance is of, its variable), outermost first."""

    opened: tuple[tuple[str, str], ...]

    def variable(self, name: str) -> str | None:
        """The variable of the nearest instance of this."""
        return next((variable for known, variable in reversed(self.opened) if known == name), None)


class RowWriter(Protocol):
    """Expressions and lines on one kind of builder; `names` are the objects they need."""

    names: dict[str, Any]

    def __init__(self, mapping: MappingFile) -> None: ...

    def top(self) -> list[str]:
        """Lines at the beginning of the function."""
        ...

    def open(self, each: Any, around: Around, number: int) -> tuple[Around, list[str]]:
        """A new instance, and the lines that open it."""
        ...

    def head(self, address: Any, around: Around) -> str:
        """An expression: the first plain value written at an address, "" when nothing."""
        ...

    def holds(self, address: Any, text: str, around: Around) -> str:
        """An expression: whether just this stands at an address already."""
        ...

    def add(self, address: Any, text: str, around: Around, repeat: str) -> list[str]:
        """Lines that write a text; they set `ok` where it was written."""
        ...


class V2Writer:
    """Segments: each that is not repeated by a group is one variable."""

    def __init__(self, mapping: MappingFile) -> None:
        self.names: dict[str, Any] = {**_V2_PARTS, "NONE": {}}
        groups = [group.each for group in all_groups(mapping.root)]
        self.grouped = {each.segment for each in groups if isinstance(each, V2Address)}
        self.alone: dict[str, None] = {}

    def top(self) -> list[str]:
        """No segment is there yet."""
        return ["new, first = builder.new, builder.first", *(f"f_{name} = NONE" for name in self.alone)]

    def open(self, each: V2Address, around: Around, number: int) -> tuple[Around, list[str]]:
        """A new segment."""
        variable = f"g{number}"
        return Around((*around.opened, (each.segment, variable))), [f"{variable} = new({each.segment!r})"]

    def _fields(self, address: V2Address, around: Around) -> str:
        bound = around.variable(address.segment)
        if bound is not None:
            return bound
        if address.segment in self.grouped:
            return f"first.get({address.segment!r}, NONE)"
        self.alone[address.segment] = None
        return f"f_{address.segment}"

    def head(self, address: V2Address, around: Around) -> str:
        """The first plain value of the field, of a filtered one by the builder."""
        if address.which is not None:
            self.names[f"A{id(address)}"] = address
            return f"head_in({self._fields(address, around)}, A{id(address)})"
        place = address.field, address.component or 1, address.sub or 1
        return f"head_at({self._fields(address, around)}, {place[0]}, {place[1]}, {place[2]})"

    def holds(self, address: V2Address, text: str, around: Around) -> str:
        """Any repetition."""
        place = f"{address.field}, {address.component}, {address.sub}"
        return f"stands({self._fields(address, around)}, {place}, {text})"

    def add(self, address: V2Address, text: str, around: Around, repeat: str) -> list[str]:
        """A field as one more repetition or where there is none, or a component of the first one."""
        fields, lines = self._fields(address, around), []
        if fields == f"f_{address.segment}":
            lines = [f"if {fields} is NONE: {fields} = new({address.segment!r})"]
        elif fields.startswith("first"):
            lines = [f"f = {fields}", f"if f is NONE: f = new({address.segment!r})"]
            fields = "f"
        text = text if text[:1] in "'\"" else f"str({text})"
        if address.component:
            return [
                *lines,
                f"ok = put_part({fields}, {address.field}, {address.component}, {address.sub}, {text})",
            ]
        lines += [f"x = {fields}.get({address.field})", "if not x:"]
        lines += [f"    {fields}[{address.field}] = [{text}]", "    ok = True"]
        if repeat != "False":
            lines += [f"elif {repeat}:", f"    x.append({text})", "    ok = True"]
        return lines


class CellWriter:
    """Cells of a sheet: one row, and one more for each instance of a group."""

    def __init__(self, mapping: MappingFile) -> None:
        self.names: dict[str, Any] = {}

    def top(self) -> list[str]:
        """The row of the whole record."""
        return ["row = builder.row"]

    def open(self, each: CsvAddress, around: Around, number: int) -> tuple[Around, list[str]]:
        """One more row."""
        self.names[f"E{number}"] = each
        return Around((("", f"g{number}"),)), [f"g{number} = builder.open(E{number}, None)"]

    def head(self, address: CsvAddress, around: Around) -> str:
        """The cell; rows of the whole record are written before any other."""
        return f"{around.variable('') or 'row'}.get({address.text!r}, '')"

    def holds(self, address: CsvAddress, text: str, around: Around) -> str:
        """The same text."""
        return f"{around.variable('') or 'row'}.get({address.text!r}) == str({text})"

    def add(self, address: CsvAddress, text: str, around: Around, repeat: str) -> list[str]:
        """An empty cell."""
        cells = around.variable("") or "row"
        found = [f"if not {cells}.get({address.text!r}):", f"    {cells}[{address.text!r}] = str({text})"]
        return [*found, "    ok = True"]


class TreeWriter:
    """JSON, by the verbs of the builder."""

    def __init__(self, mapping: MappingFile) -> None:
        self.names: dict[str, Any] = {}

    def top(self) -> list[str]:
        """The verbs."""
        return ["add, head, holds = builder.add, builder.head, builder.holds"]

    def _named(self, address: JsonAddress) -> str:
        self.names[f"A{id(address)}"] = address
        return f"A{id(address)}"

    def open(self, each: JsonAddress, around: Around, number: int) -> tuple[Around, list[str]]:
        """One more item of a list."""
        slot = around.variable("")
        return Around((("", f"g{number}"),)), [f"g{number} = builder.open({self._named(each)}, {slot})"]

    def head(self, address: JsonAddress, around: Around) -> str:
        """The value as text."""
        return f"head({self._named(address)}, {around.variable('')})"

    def holds(self, address: JsonAddress, text: str, around: Around) -> str:
        """The same value."""
        return f"holds({self._named(address)}, {text}, {around.variable('')})"

    def add(self, address: JsonAddress, text: str, around: Around, repeat: str) -> list[str]:
        """A scalar."""
        return [f"ok = add({self._named(address)}, {text}, {around.variable('')}, {repeat})"]


def head_at(fields: Fields, field: int, component: int, sub: int) -> str:
    """The plain value at a place of the first repetition of a field; "" when nothing."""
    repetitions = fields.get(field)
    if not repetitions:
        return ""
    text = repetitions[0]
    return text if component == sub == 1 and text.isalnum() else part(text, component, sub)


def put_part(fields: Fields, field: int, component: int, sub: int, text: str) -> bool:
    """Write a component of the first repetition, if it is empty."""
    repetitions = fields.get(field)
    if not repetitions:
        repetitions = fields[field] = [""]
    if part(repetitions[0], component, sub):
        return False
    repetitions[0] = with_part(repetitions[0], component, sub, text)
    return True


def stands(fields: Fields, field: int, component: int, sub: int, text: Any) -> bool:
    """Whether a repetition is this text, in the component."""
    return any(part(one, component, sub) == str(text) for one in fields.get(field, ()))


def head_in(fields: Fields, address: V2Address) -> str:
    """The plain value at an address with a filter, in the first repetition that it lets through."""
    for repetition in fields.get(address.field, ()):
        if address.which is None or part(repetition, address.which[0], 1) == address.which[1]:
            return part(repetition, address.component or 1, address.sub or 1)
    return ""


_V2_PARTS = {"head_at": head_at, "put_part": put_part, "stands": stands, "head_in": head_in}
