"""`handoff mapping check`: each sample through the laws, against R4 and its golden output; nothing left to fill in."""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import HandoffError
from gateway.flows.library import open_library
from gateway.resources import check_resource
from mappings import (
    Library,
    Mapping_,
    MappingRoomError,
    expected_output,
    pack_files,
    sample_faults,
    written_faults,
)

Fault = tuple[str, str]
_SUFFIX = {
    "hl7v2": ".hl7",
    "csv": ".csv",
    "xlsx": ".xlsx",
    "json": ".json",
    "html": ".html",
    "csv_set": ".zip",
    "fhir": ".json",
    "ccda": ".xml",
}
_EXPECTED = ".fhir.json"
_OPEN = "FILL IN"
_GUESSED = "# guess"


def check_folder(folder: str | None, *, write: bool = False) -> int:
    """Check the mappings of a folder (a network's `mappings`, or one shipped mapping id), or every shipped one.

    `write`: write the expected output beside each sample first, where it differs; for an author's folder only.
    """
    extra = Path(folder).resolve() if folder is not None and Path(folder).is_dir() else None
    if write and extra is None:
        print(
            "--write-expected needs the folder of a mapping; what is shipped stays as it is", file=sys.stderr
        )
        return 2
    try:
        library = open_library(_root(extra) if extra is not None else None)
        ids = _with_users(library, _chosen(library, folder, extra))
    except (MappingRoomError, HandoffError) as error:
        print(f"{error.code}: {error.message}" + (f" ({error.place})" if error.place else ""))
        return 1
    wrong = 0
    for mapping_id in ids:
        if mapping_id in library.choices:
            library.mapping(mapping_id)
            print(f"{mapping_id:32} stands for {', '.join(library.choices[mapping_id])}")
            continue
        if mapping_id in library.layers:
            number = len(library.layers[mapping_id])
            print(f"{mapping_id:32} a layer: read and checked, and with it the {number} mappings on it")
            continue
        mapping, own = library.mapping(mapping_id), _own_folder(mapping_id, extra)
        if write and own is not None:
            _write_expected(mapping, own / "samples")
        faults, samples = check_mapping(mapping, _samples(mapping_id, extra))
        told = [(f"samples/{sample}", fault) for sample, fault in faults] + _left_open(own)
        wrong += len(told)
        print(
            f"{mapping_id:32} {samples} samples  {'ok' if not told else f'{len(told)} faults'}{_guesses(own)}"
        )
        for name, (code, place) in told:
            print(f"  {mapping_id}/{name}: {code} at {place}")
    return 1 if wrong or not ids else 0


def _root(folder: Path) -> Path:
    """The folder that ids are counted from: above the levels of a mapping's own id, or the one of a family."""
    if (folder / "mapping.yaml").exists():
        named = re.search(r"^mapping:\s*(\S+)", (folder / "mapping.yaml").read_text("utf-8"), re.MULTILINE)
        return folder.parents[named[1].count("/") if named else 1]
    return folder.parent if any(folder.glob("*/mapping.yaml")) else folder


def _formats(folder: Path) -> Path:
    root = _root(folder)
    return root / "formats" if (root / "formats").is_dir() else root


def _own_folder(mapping_id: str, extra: Path | None) -> Path | None:
    """The mapping's folder, when it is one of the author's."""
    own = _formats(extra) / mapping_id if extra is not None else None
    return own if own is not None and own.is_dir() else None


def _with_users(library: Library, ids: list[str]) -> list[str]:
    """The ids, each layer with the mappings that stand on it, a choice with its own: their samples are its samples."""
    beside = {**library.layers, **library.choices}
    return list(dict.fromkeys(name for one in ids for name in (one, *beside.get(one, ()))))


def _chosen(library: Library, folder: str | None, extra: Path | None) -> list[str]:
    if folder is None:
        return list(library.names())
    if extra is None:
        return [folder if folder in library.layers else library.mapping(folder).id]
    if (extra / "mapping.yaml").exists():
        return [extra.relative_to(_root(extra)).as_posix()]
    if any(extra.glob("*/mapping.yaml")):
        return sorted(f"{extra.name}/{path.parent.name}" for path in extra.glob("*/mapping.yaml"))
    root = _formats(extra)
    return sorted(str(path.parent.relative_to(root)) for path in root.glob("*/*/mapping.yaml"))


def _samples(mapping_id: str, extra: Path | None) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    roots: list[Traversable] = [files("mappings") / "formats"]
    if extra is not None:
        roots.insert(0, _formats(extra))
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


def _sources(mapping: Mapping_, samples: dict[str, bytes]) -> dict[str, tuple[bytes, str]]:
    """Samples by name, each with the name of what is expected of it."""
    suffix, writing = _SUFFIX[mapping.format], mapping.direction == "out"
    return {
        name: (
            content,
            name.removesuffix(_EXPECTED) + suffix if writing else name.rpartition(".")[0] + _EXPECTED,
        )
        for name, content in sorted(samples.items())
        if name.endswith(_EXPECTED if writing else suffix) and name.endswith(_EXPECTED) == writing
    }


def check_mapping(mapping: Mapping_, samples: dict[str, bytes]) -> tuple[list[tuple[str, Fault]], int]:
    """All faults found, each with its sample; how many samples were tried."""
    sources = _sources(mapping, samples)
    found: list[tuple[str, Fault]] = []
    if not sources:
        found.append(("-", ("NO_SAMPLE", "a mapping needs at least one sample")))
    for name, (content, expected) in sources.items():
        law = written_faults if mapping.direction == "out" else sample_faults
        found += [(name, fault) for fault in law(mapping, content, samples.get(expected))]
        if mapping.direction != "out" and not found:
            found += [(name, fault) for fault in _not_r4(expected_output(mapping, content))]
    return found, len(sources)


def _not_r4(resources: bytes) -> list[Fault]:
    """What R4 says against the resources: a missing element, a code that is none."""
    return [
        ("NOT_R4", f"{issue.place} ({issue.code})")
        for resource in json.loads(resources, parse_float=Decimal)
        for issue in check_resource(resource)
    ]


def _left_open(folder: Path | None) -> list[tuple[str, Fault]]:
    """Each line of the author's files that still says FILL IN."""
    found: list[tuple[str, Fault]] = []
    paths = (
        []
        if folder is None
        else [*folder.glob("*.yaml"), *folder.glob("*.md"), *folder.glob("concept_maps/*")]
    )
    for path in sorted(paths):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if _OPEN in line:
                found.append((str(path.relative_to(folder or path)), ("FILL_IN", f"line {number}")))
    return found


def _guesses(folder: Path | None) -> str:
    """How many guesses of a draft nobody has looked at yet."""
    count = (folder / "mapping.yaml").read_text("utf-8").count(_GUESSED) if folder is not None else 0
    return f"; {count} rows still marked {_GUESSED}" if count else ""


def _write_expected(mapping: Mapping_, folder: Path) -> None:
    """The expected output of each sample that can be translated."""
    samples = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    samples |= {f"{entry.name}.zip": _packed(entry) for entry in folder.iterdir() if entry.is_dir()}
    for content, expected in _sources(mapping, samples).values():
        try:
            made = expected_output(mapping, content)
        except MappingRoomError:
            continue
        if samples.get(expected) != made:
            (folder / expected).write_bytes(made)
            print(f"wrote {folder.name}/{expected}: read it, it is what everybody will be held to")
