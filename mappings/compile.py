"""Mappings as generated Python: the form that runs on the record path. (First version: none; the interpreter runs.)"""

from __future__ import annotations

from mappings.rows import MappingFile


class Compiled:
    """A generated mapping."""


def compile_mapping(mapping: MappingFile) -> Compiled | None:
    """The generated form, or None where the format has none yet."""
    return None
