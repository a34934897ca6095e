"""`handoff mapping check`: every sample of a mapping through the laws and against its golden output."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import HandoffError
from gateway.flows.library import open_library
from mappings import Library, Mapping_, MappingRoomError, pack_files, sample_faults, written_faults

Fault = tuple[str, str]
_SUFFIX = {
    "hl7v2": ".hl7",
    "csv": ".csv",
    "xlsx": ".xlsx",
    "json": ".json",
    "html": ".html",
    "csv_set": ".zip",
    "fhir": ".json",
}
_EXPECTED = ".fhir.json"


def check_folder(folder: str | None) -> int:
    """Check the mappings of a folder (a network's `mappings`, or one shipped mapping id), or every shipped one."""
    extra = Path(folder).resolve() if folder is not None and Path(folder).is_dir() else None
    try:
        library = open_library(_root(extra) if extra is not None else None)
        ids = _with_users(library, _chosen(library, folder, extra))
    except (MappingRoomError, HandoffError) as error:
        print(f"{error.code}: {error.message} ({error.place})")
        return 1
    wrong = 0
    for mapping_id in ids:
        if mapping_id in library.layers:
            number = len(library.layers[mapping_id])
            print(f"{mapping_id:32} a layer: read and checked, and with it the {number} mappings on it")
            continue
        faults, samples = check_mapping(library.mapping(mapping_id), _samples(mapping_id, extra))
        wrong += len(faults)
        print(f"{mapping_id:32} {samples} samples  {'ok' if not faults else f'{len(faults)} faults'}")
        for sample, (code, place) in faults:
            print(f"  {mapping_id}/samples/{sample}: {code} at {place}")
    return 1 if wrong or not ids else 0


def _root(folder: Path) -> Path:
    """The folder that ids are counted from: above the two levels of a mapping's own folder, or the one of a family."""
    if (folder / "mapping.yaml").exists():
        return folder.parent.parent
    return folder.parent if any(folder.glob("*/mapping.yaml")) else folder


def _with_users(library: Library, ids: list[str]) -> list[str]:
    """The ids, each layer with the mappings that stand on it: their samples are its samples."""
    return list(dict.fromkeys(name for one in ids for name in (one, *library.layers.get(one, ()))))


def _chosen(library: Library, folder: str | None, extra: Path | None) -> list[str]:
    if folder is None:
        return list(library.ids())
    if extra is None:
        return [folder if folder in library.layers else library.mapping(folder).id]
    if (extra / "mapping.yaml").exists():
        return [f"{extra.parent.name}/{extra.name}"]
    if any(extra.glob("*/mapping.yaml")):
        return sorted(f"{extra.name}/{path.parent.name}" for path in extra.glob("*/mapping.yaml"))
    root = extra / "formats" if (extra / "formats").is_dir() else extra
    return sorted(str(path.parent.relative_to(root)) for path in root.glob("*/*/mapping.yaml"))


def _samples(mapping_id: str, extra: Path | None) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    roots: list[Traversable] = [files("mappings") / "formats"]
    if extra is not None:
        root = _root(extra)
        roots.insert(0, root / "formats" if (root / "formats").is_dir() else root)
    for top in roots:
        folder = top / mapping_id / "samples"
        if folder.is_dir():
            found = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
            found |= {f"{entry.name}.zip": _packed(entry) for entry in folder.iterdir() if entry.is_dir()}
            break
    return found


def _packed(folder: Traversable) -> bytes:
    """A sample of several files as one."""
    return pack_files({entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()})


def check_mapping(mapping: Mapping_, samples: dict[str, bytes]) -> tuple[list[tuple[str, Fault]], int]:
    """All faults found, each with its sample; how many samples were tried."""
    suffix = _SUFFIX[mapping.format]
    writing = mapping.direction == "out"
    sources = {
        name: content
        for name, content in sorted(samples.items())
        if name.endswith(_EXPECTED if writing else suffix) and name.endswith(_EXPECTED) == writing
    }
    found: list[tuple[str, Fault]] = []
    if not sources:
        found.append(("-", ("NO_SAMPLE", "a mapping needs at least one sample")))
    for name, content in sources.items() if writing else ():
        written = samples.get(name.removesuffix(_EXPECTED) + suffix)
        found += [(name, fault) for fault in written_faults(mapping, content, written)]
    for name, content in () if writing else sources.items():
        golden = samples.get(name.rpartition(".")[0] + ".fhir.json")
        found += [(name, fault) for fault in sample_faults(mapping, content, golden)]
    return found, len(sources)
