"""`handoff mapping check`: every sample of a mapping through the laws and against its golden output."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import HandoffError
from gateway.flows.library import open_library
from mappings import Library, Mapping_, MappingRoomError, TranslatedRecord, translate_all
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import Fault, conservation, leaves_of, no_resurrection, round_trip, traced

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SUFFIX = {"hl7v2": ".hl7", "csv": ".csv", "json": ".json"}


def check_folder(folder: str | None) -> int:
    """Check the mappings of a folder (a network's `mappings`, or one shipped mapping id), or every shipped one."""
    extra = Path(folder).resolve() if folder is not None and Path(folder).is_dir() else None
    try:
        library = open_library(_root(extra) if extra is not None else None)
        ids = _chosen(library, folder, extra)
    except (MappingRoomError, HandoffError) as error:
        print(f"{error.code}: {error.message} ({error.place})")
        return 1
    wrong = 0
    for mapping_id in ids:
        faults, samples = check_mapping(library.mapping(mapping_id), _samples(mapping_id, extra))
        wrong += len(faults)
        print(f"{mapping_id:32} {samples} samples  {'ok' if not faults else f'{len(faults)} faults'}")
        for sample, (code, place) in faults:
            print(f"  {mapping_id}/samples/{sample}: {code} at {place}")
    return 1 if wrong or not ids else 0


def _root(folder: Path) -> Path:
    """The folder that ids are counted from: above the two levels of a mapping's own folder."""
    return folder.parent.parent if (folder / "mapping.yaml").exists() else folder


def _chosen(library: Library, folder: str | None, extra: Path | None) -> list[str]:
    if folder is None:
        return list(library.ids())
    if extra is None:
        return [library.mapping(folder).id]
    if (extra / "mapping.yaml").exists():
        return [f"{extra.parent.name}/{extra.name}"]
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
            break
    return found


def check_mapping(mapping: Mapping_, samples: dict[str, bytes]) -> tuple[list[tuple[str, Fault]], int]:
    """All faults found, each with its sample; how many samples were tried."""
    sources = {
        name: content
        for name, content in sorted(samples.items())
        if name.endswith(_SUFFIX[mapping.format]) and not name.endswith(".fhir.json")
    }
    found: list[tuple[str, Fault]] = []
    if not sources:
        found.append(("-", ("NO_SAMPLE", "a mapping needs at least one sample")))
    for name, content in sources.items():
        golden = samples.get(name.rpartition(".")[0] + ".fhir.json")
        found += [(name, fault) for fault in check_sample(mapping, content, golden)]
    return found, len(sources)


def check_sample(mapping: Mapping_, content: bytes, golden: bytes | None) -> list[Fault]:
    """The laws on one sample, and its golden output."""
    try:
        records = translate_all(mapping, content, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
    except MappingRoomError as error:
        return [(error.code, error.place or "file")]
    faults: list[Fault] = []
    for record in records:
        faults += _record_faults(mapping, record, content, single=len(records) == 1)
    if golden is None:
        faults.append(("NO_GOLDEN", "write the expected resources beside the sample as *.fhir.json"))
    elif json.loads(golden, parse_float=Decimal) != json.loads(golden_bytes(records), parse_float=Decimal):
        faults.append(("GOLDEN_DIFFERS", "the resources are not those of the *.fhir.json beside the sample"))
    return faults


def _record_faults(
    mapping: Mapping_, record: TranslatedRecord, content: bytes, *, single: bool
) -> list[Fault]:
    if record.translation is None:
        assert record.refusal is not None
        return [(record.refusal.code, f"{record.place} {record.refusal.place}")]
    translation = record.translation
    leaves = len(leaves_of(mapping, content)) if single else translation.accounting.leaves
    faults = [*conservation(translation, leaves), *traced(translation)]
    if single:
        faults += round_trip(mapping, content, translation, None)
        faults += no_resurrection(mapping, content, translation, None)
    return faults


def golden_bytes(records: tuple[TranslatedRecord, ...]) -> bytes:
    """The resources of all records as the golden file has them."""
    resources: list[Any] = [
        r for record in records if record.translation for r in record.translation.resources
    ]
    return msgspec.json.format(_ENCODER.encode(resources), indent=1) + b"\n"
