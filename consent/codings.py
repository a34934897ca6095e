"""Codings and texts of a Consent, read with suspicion: what is too long, blank or has control characters is no text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from consent.model import Coding

LONGEST_TEXT = 2_000
LONGEST_REMEMBERED = 200
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_text(value: object) -> str | None:
    """`value` if it is a text of ordinary length without control characters."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value or value.isspace():
        return None
    return None if CONTROL.search(value) else value


def coding_of(row: object) -> Coding | None:
    """A Coding with a readable code; the system is empty where none is stated."""
    if not isinstance(row, Mapping) or "modifierExtension" in row:
        return None
    code, system = row.get("code"), row.get("system", "")
    if not isinstance(code, str) or not isinstance(system, str):
        return None
    read = _read if len(code) + len(system) <= LONGEST_REMEMBERED else _read.__wrapped__
    return read(code, system, "system" in row)


@lru_cache(maxsize=4_096)
def _read(code: str, system: str, has_system: bool) -> Coding | None:
    """A Coding of clean texts. Remembered, as the same few codes stand in most consents."""
    if clean_text(code) is None or (has_system and clean_text(system) is None):
        return None
    return Coding(system if has_system else "", code)


def codings_of(concept: object) -> tuple[Coding, ...] | None:
    """The codings of a CodeableConcept, or None if one of them cannot be read."""
    if not isinstance(concept, Mapping):
        return None
    rows = concept.get("coding", ())
    if not isinstance(rows, list | tuple):
        return None
    found = [coding_of(row) for row in rows]
    return None if None in found else tuple(coding for coding in found if coding is not None)
