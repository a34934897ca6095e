"""The packaged tables of the consent room, read once: label codes, code families, purposes, rule packs."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import consent

FOLDERS = ("value_sets", "rules")


@cache
def consent_tables() -> consent.Tables:
    """The tables shipped with this release. Raises `TablesError` for a table that does not fit."""
    return consent.read_tables(packaged_files())


def packaged_files() -> dict[str, bytes]:
    """The bytes of every JSON file below `consent/value_sets` and `consent/rules`, by path
    (`value_sets/labels.json`).
    """
    found: dict[str, bytes] = {}
    for folder in FOLDERS:
        _gather(files("consent") / folder, folder, found)
    return found


def _gather(place: Traversable, path: str, found: dict[str, bytes]) -> None:
    for entry in place.iterdir():
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            _gather(entry, below, found)
        elif entry.name.endswith(".json"):
            found[below] = entry.read_bytes()
