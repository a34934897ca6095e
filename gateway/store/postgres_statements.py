"""The statements of the store as PostgreSQL takes them: those of SQLite, translated, and the few that differ.

Translated: placeholders (whose type nothing tells where they are only compared with NULL), the empty BLOB, and what
only tells SQLite which index to use. Whatever else differs stands in
the folder `postgres` under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from gateway.store.named_queries import named_queries

_INDEX = re.compile(r" INDEXED BY [a-z_]+")
_ABSENT = re.compile(r"(:[a-z_0-9]+) IS NULL")
_PLACEHOLDER = re.compile(r"(?<!:):([a-z_0-9]+)")


@cache
def postgres_statements() -> Mapping[str, bytes]:
    """Full name -> statement with placeholders `%(name)s`, of everything the store asks."""
    found = {**named_queries("sqlite"), **named_queries("postgres")}
    return {name: translated(text).encode() for name, text in found.items()}


def translated(text: str) -> str:
    """One statement of ours as psycopg and PostgreSQL take it."""
    text = _INDEX.sub("", text).replace("%", "%%").replace("CROSS JOIN", "JOIN").replace("x''", "''::bytea")
    text = _ABSENT.sub(r"\1::text IS NULL", text)
    return _PLACEHOLDER.sub(r"%(\1)s", text)
