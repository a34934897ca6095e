"""The mapping library of a deployment: the packaged formats, and a network's own folder searched before them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import NotUnderstood
from mappings import Library, MappingFileError, read_library

_READ = (".yaml", ".json")


@lru_cache(maxsize=8)
def open_library(extra: Path | None = None) -> Library:
    """Every shipped mapping, with those under `extra` (`DIR/mappings/` of a network) in their place or beside them.

    The network's own are read at once, shipped ones when they are asked for. Raises NotUnderstood naming file and line
    when a mapping file is wrong.
    """
    shipped = mapping_files()
    found = mapping_files(extra) if extra is not None else shipped
    try:
        return read_library(found, later=[_id_of(path) for path in found if found[path] == shipped.get(path)])
    except MappingFileError as error:
        raise NotUnderstood(error.code, error.message, error.place) from None


def require_mappings(library: Library, wanted: Iterable[str]) -> None:
    """Nothing, when the library holds every mapping the network names. Raises NotUnderstood `MAPPING_UNKNOWN`."""
    for mapping_id in wanted:
        if mapping_id not in library.names():
            message = "network.yaml names no such mapping; `handoff mapping list` shows those there are"
            raise NotUnderstood("MAPPING_UNKNOWN", message, mapping_id)
        library.mapping(mapping_id)


def _id_of(path: str) -> str:
    """The id of the mapping in this file, which is the folder it stands in."""
    return path.removeprefix("formats/").rpartition("/")[0]


def mapping_files(extra: Path | None = None) -> dict[str, bytes]:
    """All mapping files and ConceptMaps by their path from `formats/` on."""
    found: dict[str, bytes] = {}
    _collect(files("mappings") / "formats", "formats", found)
    if extra is not None and extra.is_dir():
        root = extra / "formats" if (extra / "formats").is_dir() else extra
        own: dict[str, bytes] = {}
        _collect(root, "formats", own)
        for path in own:
            if path.endswith("/mapping.yaml"):
                folder = path[: -len("mapping.yaml")]
                found = {name: content for name, content in found.items() if not name.startswith(folder)}
        found.update(own)
    return found


def _collect(folder: Traversable, path: str, found: dict[str, bytes]) -> None:
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            if entry.name not in ("samples", "__pycache__"):
                _collect(entry, f"{path}/{entry.name}", found)
        elif entry.name.endswith(_READ):
            found[f"{path}/{entry.name}"] = entry.read_bytes()
