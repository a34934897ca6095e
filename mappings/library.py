"""All mappings of one deployment, read from bytes that were handed in.

A file with `layer: true` is only a base for others: checked like them, but none of the library's mappings.

Keys are paths like `formats/hospital/ref_i12/mapping.yaml`. ConceptMaps are found in the mapping's own `concept_maps/`
folder first, then in `formats/vocabulary/concept_maps/`, by file name, name or URL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from mappings.compile import Compiled, compile_mapping
from mappings.concept_map import ConceptMap, read_concept_map
from mappings.layers import chain_of, merged_layers
from mappings.mapping_file import Tables, read_mapping
from mappings.model import MappingFileError, MappingRoomError
from mappings.rows import MappingFile, all_groups
from mappings.yaml_text import read_yaml

_ROOT = "formats/"
_SHARED = "formats/vocabulary/concept_maps/"


class NamedRow(NamedTuple):
    """A row of a mapping by its number: the addresses it names (without `[*]`), and its reason."""

    number: int
    addresses: tuple[str, ...]
    reason: str


class Mapping_:
    """One mapping, ready to run."""

    def __init__(self, file: MappingFile) -> None:
        self.file = file
        self.id = file.id
        self.version = file.version
        self.content_hash = file.content_hash
        self.format = file.format
        self.direction: str = file.direction

    def rows(self, verb: str) -> list[NamedRow]:
        """The rows with this verb (`carry`, `drop`), as far as a person asks: number, addresses, reason."""
        return [
            NamedRow(row.number, tuple(re.sub(r"\[\*\]", "", one.text) for one in row.sources), row.reason)
            for group in all_groups(self.file.root)
            for row in group.rows
            if row.verb == verb
        ]

    @cached_property
    def compiled(self) -> Compiled | None:
        """The generated form, or None where the format has none yet (the interpreter runs instead)."""
        return compile_mapping(self.file)


class Library:
    """Every mapping by id, and one content hash over all of them."""

    def __init__(
        self, mappings: Mapping[str, Mapping_], version: str, layers: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._mappings = mappings
        self.version = version
        self.layers = layers
        """Id of each layer -> ids of the mappings that stand on it. A layer is checked, but takes no records."""

    def mapping(self, mapping_id: str) -> Mapping_:
        """The mapping with this id. Raises MappingRoomError `MAPPING_UNKNOWN`."""
        found = self._mappings.get(mapping_id)
        if found is None:
            raise MappingRoomError("MAPPING_UNKNOWN", f"no mapping `{mapping_id}`")
        return found

    def ids(self) -> tuple[str, ...]:
        """All mapping ids, sorted."""
        return tuple(sorted(self._mappings))


def read_library(files: Mapping[str, bytes]) -> Library:
    """The library made of these files. Raises MappingFileError naming file, line and column."""
    shared = _tables(files, _SHARED)
    systems = shared.get("coding-systems")
    documents = {
        path: read_yaml(content, path)
        for path, content in sorted(files.items())
        if path.endswith("/mapping.yaml")
    }
    by_id = {path[len(_ROOT) : -len("/mapping.yaml")]: path for path in documents}
    mappings: dict[str, Mapping_] = {}
    layers: dict[str, tuple[str, ...]] = {
        i: () for i, p in by_id.items() if documents[p].get("layer") is True
    }
    total = hashlib.sha256()
    for mapping_id, path in by_id.items():
        document = documents[path]
        if document.get("mapping") != mapping_id:
            raise MappingFileError(
                "ID_WRONG", f"`mapping` must be `{mapping_id}`, the folder's path", path, 1
            )
        chain = chain_of(path, documents, by_id)
        folders = [link.rpartition("/")[0] + "/concept_maps/" for link in chain]
        own = {**shared, **{n: t for folder in reversed(folders) for n, t in _tables(files, folder).items()}}
        content = b"\0".join(
            name.encode() + b"\0" + files[name]
            for name in sorted(files)
            if name in chain or name.startswith((*folders, _SHARED))
        )
        total.update(content)
        merged = merged_layers(chain, documents)
        named = own.get("oid-systems") if merged.get("format") == "ccda" else systems
        read = Mapping_(read_mapping(merged, path, Tables(own, named), content))
        if document.get("layer") is not True:
            mappings[mapping_id] = read
            for below in (name for name in layers if by_id[name] in chain):
                layers[below] += (mapping_id,)
    return Library(mappings, total.hexdigest(), layers)


def _tables(files: Mapping[str, bytes], folder: str) -> dict[str, ConceptMap]:
    found: dict[str, ConceptMap] = {}
    for path, content in sorted(files.items()):
        if path.startswith(folder) and path.endswith(".json"):
            table = read_concept_map(content, path)
            for name in (path[len(folder) : -len(".json")], table.name, table.url):
                if name:
                    found[name] = table
    return found
