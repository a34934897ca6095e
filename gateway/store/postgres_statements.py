"""The statements of the store as PostgreSQL takes them: those of SQLite, translated, and the few that differ.

Translated: placeholders (whose type nothing tells where they are only compared with NULL), the empty BLOB, and what only
tells SQLite which index to use. Whatever else differs stands in the folder `postgres` under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gateway.store.model import Params
from gateway.store.named_queries import named_queries

_INDEX = re.compile(r" INDEXED BY [a-z_]+")
_ABSENT = re.compile(r"(:[a-z_0-9]+) IS NULL")
_PLACEHOLDER = re.compile(r"(?<!:):([a-z_0-9]+)")
_TEXT, _BINARY = 0, 1


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with placeholders `$1`, `$2` …, and the name of the value for each."""

    label: bytes
    sql: bytes
    names: tuple[str, ...]

    def values(self, params: Params) -> tuple[list[bytes | None], list[int]]:
        """The values in the order of the placeholders, and the form of each: text, or the bytes themselves."""
        values: list[bytes | None] = []
        forms: list[int] = []
        for name in self.names:
            value = params[name]
            form = _BINARY
            if isinstance(value, str):
                values.append(value.encode())  # with its length: as text, a NUL would silently end it
            elif isinstance(value, int):
                values.append(b"%d" % value)
                form = _TEXT
            elif isinstance(value, bytes):
                values.append(value)
            elif value is None:
                values.append(None)
            else:
                raise TypeError(f"a statement takes no {type(value).__name__}")
            forms.append(form)
        return values, forms


@cache
def postgres_statements() -> Mapping[str, Statement]:
    """Full name -> everything the store asks."""
    found = {**named_queries("sqlite"), **named_queries("postgres")}
    return {name: translated(name, text) for name, text in found.items()}


def translated(name: str, text: str) -> Statement:
    """One statement of ours as PostgreSQL takes it."""
    text = _INDEX.sub("", text).replace("CROSS JOIN", "JOIN").replace("x''", "''::bytea")
    text = _ABSENT.sub(r"\1::text IS NULL", text)
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return Statement(name.encode(), _PLACEHOLDER.sub(numbered, text).encode(), tuple(names))
