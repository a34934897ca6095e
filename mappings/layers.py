"""Layers of mapping files: the chain of files that a mapping is made of, and all of them as one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mappings.model import MappingFileError
from mappings.yaml_text import Located

LEFT_OUT = "none"
"""`resources: {encounter: none}`: the message has no such resource, and the layer's rows that name it are left out."""


def chain_of(path: str, document: Callable[[str], Located], by_id: Mapping[str, str]) -> list[str]:
    """The file and the layers below it, nearest first."""
    chain = [path]
    for link in chain:
        named = document(link).get("base") or ()
        for base in [named] if isinstance(named, str) else named:
            below = by_id.get(base)
            if below is None:
                raise MappingFileError("BASE_UNKNOWN", f"base `{base}` not found", link, 1)
            if below in chain:
                raise MappingFileError("BASE_LOOP", f"base `{base}` leads back to itself", link, 1)
            chain.append(below)
    return chain


def merged_layers(chain: list[Located]) -> Located:
    """The layers as one document: a row with the same `to` or `from` replaces the one below."""
    merged = chain[0]
    for below in chain[1:]:
        above = merged
        merged = Located({**below, **above})
        merged.file, merged.line, merged.column = above.file, above.line, above.column
        roles = {**(below.get("resources") or {}), **(above.get("resources") or {})}
        without = frozenset(name for name, kind in roles.items() if kind == LEFT_OUT)
        merged["resources"] = _copy(above, roles)
        taken = {
            _name(row, word)
            for row in above.get("rows") or ()
            for word in ("to", "from", "each")
            if word in row
        }
        kept = [
            row
            for row in below.get("rows") or ()
            if not any(_name(row, word) in taken for word in ("to", "from", "each") if word in row)
        ]
        merged["rows"] = [*_rows_without(kept, without), *(above.get("rows") or ())]
    if len(chain) > 1:
        there = {name: kind for name, kind in merged["resources"].items() if kind != LEFT_OUT}
        merged["resources"] = _copy(merged, there)
    return merged


def _copy(at: Located, content: dict[str, Any]) -> Located:
    copied = Located(content)
    copied.file, copied.line, copied.column = at.file, at.line, at.column
    return copied


def _rows_without(rows: list[Any], roles: frozenset[str]) -> list[Any]:
    """The rows of a layer that name none of these roles, in groups as well."""
    if not roles:
        return rows
    found: list[Any] = []
    for row in rows:
        if isinstance(row, Located) and "each" in row:
            found.append(_copy(row, {**row, "rows": _rows_without(row.get("rows") or [], roles)}))
        elif not isinstance(row, Located) or not (
            row.get("ref") in roles or str(row.get("to", "")).partition(".")[0] in roles
        ):
            found.append(row)
    return found


def _name(row: Any, word: str) -> tuple[str, str]:
    return word, str(row[word]) + (str(row.get("when", "")) if word == "each" else "")
