"""A source with some of its leaves changed: how the laws of lineage and of no resurrection are tried."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from mappings.complement import json_steps
from mappings.syntax import csv_rows
from mappings.syntax.ccda import altered_document
from mappings.syntax.csv_set import pack, place_of, unpack
from mappings.syntax.fhir_json import resource_at
from mappings.syntax.hl7v2 import Taken, leaves, occurrences, place_text, read_messages, split
from mappings.syntax.json_tree import read_json
from mappings.syntax.sheet_layout import PLAIN, Layout
from mappings.syntax.sheets import SHEETS, SheetSyntax
from mappings.writing import with_part

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def altered(syntax: str, source: bytes, changes: Mapping[str, Any], layout: Layout = PLAIN) -> bytes:
    """The source with these leaves (by place) replaced. One record only."""
    if syntax == "hl7v2":
        return _altered_v2(source, changes)
    if syntax == "json":
        return _altered_json(source, changes)
    if syntax == "ccda":
        return altered_document(source, changes)
    if syntax == "fhir":
        return _altered_fhir(source, changes)
    if syntax == "csv_set":
        return _altered_set(source, changes)
    return _altered_row(SHEETS[syntax], source, changes, layout)


def _altered_v2(source: bytes, changes: Mapping[str, Any]) -> bytes:
    segments = split(read_messages(source)[0])
    numbers, taken = occurrences(segments), Taken()
    for leaf in leaves(segments):
        place = place_text(segments, numbers, leaf, taken)
        if place not in changes:
            continue
        repetitions = segments[leaf.segment][leaf.field].split("~")
        whole = repetitions[leaf.repetition - 1]
        text = str(changes[place])
        if "^" in whole or "&" in whole:
            sub = leaf.sub if "&" in whole.split("^")[leaf.component - 1] else 0
            text = with_part(whole, leaf.component, sub, text)
        repetitions[leaf.repetition - 1] = text
        segments[leaf.segment][leaf.field] = "~".join(repetitions)
    head, *rest = segments
    lines = ["|".join([head[0], *head[2:]]), *("|".join(fields) for fields in rest)]
    return "".join(line + "\r" for line in lines).encode()


def _altered_json(source: bytes, changes: Mapping[str, Any]) -> bytes:
    document = read_json(source)
    for place, value in changes.items():
        node = document
        *way, last = json_steps(place)
        for step in way:
            node = node[step]
        node[last] = _like(node[last], value)
    return _ENCODER.encode(document)


def _altered_fhir(source: bytes, changes: Mapping[str, Any]) -> bytes:
    document = read_json(source)
    for place, value in changes.items():
        first, *way = json_steps(place)
        node: Any = resource_at(document, str(first))
        for step in way[:-1]:
            node = node[step]
        node[way[-1]] = _like(node[way[-1]], value)
    return _ENCODER.encode(document)


def _like(old: Any, value: Any) -> Any:
    """A changed value of the same JSON type, where that can be."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, (int, Decimal)):
        return old + 1
    return value


def _altered_set(source: bytes, changes: Mapping[str, Any]) -> bytes:
    files = {}
    for name, content in unpack(source).items():
        header, rows = csv_rows.read_rows(content)
        lines = []
        for number, cells in rows:
            row = dict(zip(header, cells, strict=False))
            row |= {c: str(changes[at]) for c in row if (at := place_of(name, number, c)) in changes}
            lines.append(row)
        files[f"{name}.csv"] = csv_rows.write_rows(header, lines)
    return pack(files)


def _altered_row(sheet: SheetSyntax, source: bytes, changes: Mapping[str, Any], layout: Layout) -> bytes:
    header, rows = sheet.read_rows(source, layout)
    number, cells = rows[0]
    named = {f"row {number} column {name}": name for name in header}
    row = dict(zip(header, cells, strict=False))
    for place, value in changes.items():
        row[named[place]] = str(value)
    return sheet.write_rows(header, [row], layout)
