"""SQL lives in files beside the store, each statement under `-- name: <name>`; here they are read, once.

A statement's full name is `<file>.<name>`, such as `inbox.get`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z_]+)\s*$", re.MULTILINE)
_MIGRATION = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")


@cache
def named_queries(dialect: str) -> Mapping[str, str]:
    """Full name -> SQL of every statement in the folder `dialect`. Raises ValueError on a doubled name."""
    found: dict[str, str] = {}
    for file in (files("gateway.store") / dialect).iterdir():
        if not file.name.endswith(".sql") or _MIGRATION.match(file.name):
            continue
        parts = _NAME.split(file.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            full = f"{file.name.removesuffix('.sql')}.{name}"
            if full in found:
                raise ValueError(f"query `{full}` stands twice")
            found[full] = text.strip().removesuffix(";")
    return found


@cache
def migrations(dialect: str) -> tuple[tuple[int, str, str], ...]:
    """Number, file name and SQL of every migration of `dialect`, in order. Raises ValueError when one is
    missing.
    """
    found = sorted(
        (int(match.group(1)), file.name, file.read_text(encoding="utf-8"))
        for file in (files("gateway.store") / dialect).iterdir()
        if (match := _MIGRATION.match(file.name))
    )
    if [number for number, _, _ in found] != list(range(1, len(found) + 1)):
        raise ValueError("migrations are not numbered 1, 2, 3 …")
    return tuple(found)
