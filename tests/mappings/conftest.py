"""The shipped mappings and their samples, for every test of this folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from mappings import Library, Mapping_, pack_files, read_library
from mappings.compile import Compiled
from mappings.compile_render import Write
from mappings.usual import UsualForm

SUFFIX = {
    "hl7v2": ".hl7",
    "csv": ".csv",
    "xlsx": ".xlsx",
    "json": ".json",
    "ccda": ".xml",
    "csv_set": "",
    "fhir": ".json",
}
"""Formats that are read; what a mapping for writing only makes is tested in `test_care_plan_sheet`."""
FORMATS = Path(str(files("mappings") / "formats"))


def read_formats() -> dict[str, bytes]:
    """Mapping files and ConceptMaps, as wiring hands them in."""
    return {
        f"formats/{path.relative_to(FORMATS).as_posix()}": path.read_bytes()
        for path in sorted(FORMATS.rglob("*"))
        if path.suffix in (".yaml", ".json") and "samples" not in path.parts
    }


_LIBRARY = read_library(read_formats())


def _samples() -> list[tuple[str, str]]:
    found = []
    for mapping_id in _LIBRARY.ids():
        if _LIBRARY.mapping(mapping_id).direction == "out":
            continue
        suffix = SUFFIX[_LIBRARY.mapping(mapping_id).format]
        for path in sorted((FORMATS / mapping_id / "samples").glob(f"*{suffix}")):
            if not path.name.endswith(".fhir.json") and path.is_dir() == (not suffix):
                found.append((mapping_id, path.name))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`sample` runs a test on every shipped sample; with `compiled`, on those of a format with a compiled form;
    with `written`, on those of mappings with a generated form of the way out; with `usual`, with a usual form."""
    if "sample" in metafunc.fixturenames:
        pairs = _samples()
        if "compiled" in metafunc.fixturenames:
            pairs = [pair for pair in pairs if _LIBRARY.mapping(pair[0]).format == "hl7v2"]
        if "usual" in metafunc.fixturenames:
            pairs = [pair for pair in pairs if _LIBRARY.mapping(pair[0]).usual is not None]
        if "written" in metafunc.fixturenames:
            pairs = [pair for pair in pairs if _LIBRARY.mapping(pair[0]).compiled_render is not None]
        metafunc.parametrize("sample", pairs, ids=[f"{m}:{n}" for m, n in pairs])


@pytest.fixture
def library() -> Library:
    """Every shipped mapping."""
    return _LIBRARY


@pytest.fixture
def mapping(sample: tuple[str, str]) -> Mapping_:
    """The mapping of the sample."""
    return _LIBRARY.mapping(sample[0])


@pytest.fixture
def compiled(mapping: Mapping_) -> Compiled:
    """The compiled form of the sample's mapping."""
    assert mapping.compiled is not None
    return mapping.compiled


@pytest.fixture
def usual(mapping: Mapping_) -> UsualForm:
    """The usual form of the sample's mapping."""
    assert mapping.usual is not None
    return mapping.usual


@pytest.fixture
def written(mapping: Mapping_) -> Write:
    """The generated form of the way out of the sample's mapping."""
    assert mapping.compiled_render is not None
    return mapping.compiled_render


@pytest.fixture
def samples_of_mapping(sample: tuple[str, str]) -> int:
    """How many samples the sample's mapping has."""
    return sum(mapping_id == sample[0] for mapping_id, _ in _samples())


@pytest.fixture
def source(sample: tuple[str, str]) -> bytes:
    """The bytes of the sample; a folder is a set of files."""
    path = FORMATS / sample[0] / "samples" / sample[1]
    if path.is_dir():
        return pack_files({file.name: file.read_bytes() for file in path.iterdir()})
    return path.read_bytes()


@pytest.fixture
def golden(sample: tuple[str, str]) -> bytes:
    """The expected resources of the sample."""
    name = sample[1].rpartition(".")[0] or sample[1]
    return (FORMATS / sample[0] / "samples" / f"{name}.fhir.json").read_bytes()


@pytest.fixture
def referral() -> bytes:
    """The I12 of the new mother."""
    return (FORMATS / "hospital/ref_i12/samples/i12_new_mother.hl7").read_bytes()
