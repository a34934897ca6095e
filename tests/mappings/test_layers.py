"""Layers of mapping files: what is inherited, replaced and left out, and errors in the file they are in."""

from __future__ import annotations

import json

import pytest

from mappings import Library, MappingFileError, MappingRoomError, Translation, read_library, translate
from mappings.ids import PUBLISHED_TEST_KEY

LAYER = """mapping: v2/layer
version: 1.0.0
layer: true
format: hl7v2
resources: {patient: Patient, encounter: Encounter}
rows:
  - {from: MSH, carry: "envelope"}
  - {from: PID-5, to: patient.name, lens: name}
  - {from: PID-7, to: patient.birthDate, lens: day}
  - {const: finished, to: encounter.status}
  - {ref: patient, to: encounter.subject}
  - each: DG1
    resources: {diagnosis: Condition}
    rows:
      - {ref: patient, to: diagnosis.subject}
      - {ref: encounter, to: diagnosis.encounter}
      - {from: DG1-3, to: diagnosis.code, lens: concept}
"""
OWN = """mapping: a/own
version: 1.0.0
base: v2/layer
format: hl7v2
record: {key: [PID-3.1]}
rows:
  - {from: PID-3, to: patient.identifier, lens: identifier}
"""
MESSAGE = b"MSH|^~\\&|A|B|||20261122||ADT^A01|1|P|2.5\rPID|||X||Ochoa^Ana||19800102\rDG1|1||F10.20^^I10\r"


def _library(layer: str = LAYER, own: str = OWN) -> Library:
    return read_library(
        {"formats/v2/layer/mapping.yaml": layer.encode(), "formats/a/own/mapping.yaml": own.encode()}
    )


def _run(library: Library, message: bytes = MESSAGE) -> Translation:
    return translate(library.mapping("a/own"), message, partner="p", id_key=PUBLISHED_TEST_KEY, zone=None)


def test_a_layer_gives_its_rows_and_is_no_mapping_itself() -> None:
    library = _library()
    assert library.ids() == ("a/own",)
    with pytest.raises(MappingRoomError, match="MAPPING_UNKNOWN"):
        library.mapping("v2/layer")
    kinds = [str(r["resourceType"]) for r in _run(library).resources]
    assert kinds == ["Patient", "Encounter", "Condition"]
    assert set(_run(library).complement["unmapped"]) == {"DG1-1"}  # type: ignore[call-overload]


def test_a_row_replaces_the_rows_of_the_layer_with_its_from_or_to() -> None:
    own = OWN + '  - {from: PID-7, drop: "not needed"}\n  - {const: planned, to: encounter.status}\n'
    translation = _run(_library(own=own))
    patient, encounter = translation.resources[:2]
    assert "birthDate" not in patient
    assert encounter["status"] == "planned"
    assert translation.accounting.dropped == 1


def test_a_resource_that_is_left_out_takes_the_layers_rows_along() -> None:
    own = OWN.replace("rows:", "resources: {encounter: none}\nrows:", 1)
    translation = _run(_library(own=own))
    assert [r["resourceType"] for r in translation.resources] == ["Patient", "Condition"]
    assert "encounter" not in translation.resources[1]


def test_what_is_left_out_stays_out_of_the_layers_below_the_next() -> None:
    middle = "mapping: v2/middle\nversion: 1.0.0\nlayer: true\nformat: hl7v2\nbase: v2/layer\nrows: []\n"
    own = OWN.replace("rows:", "resources: {encounter: none}\nrows:", 1).replace("v2/layer", "v2/middle")
    texts = {"v2/layer": LAYER, "v2/middle": middle, "a/own": own}
    library = read_library({f"formats/{name}/mapping.yaml": text.encode() for name, text in texts.items()})
    assert [r["resourceType"] for r in _run(library).resources] == ["Patient", "Condition"]


@pytest.mark.parametrize(
    ("wrong_layer", "wrong_own", "file", "line"),
    [
        (("PID-7, to: patient.birthDate", "PID-7, to: patient.birthdate"), None, "v2/layer", 9),
        (("DG1-3, to: diagnosis.code", "DG1-3, to: diagnosis.kode"), None, "v2/layer", 17),
        (None, ("to: patient.identifier", "to: patient.identifer"), "a/own", 7),
    ],
)
def test_an_error_names_the_file_it_is_in(
    wrong_layer: tuple[str, str] | None, wrong_own: tuple[str, str] | None, file: str, line: int
) -> None:
    layer = LAYER.replace(*wrong_layer) if wrong_layer else LAYER
    own = OWN.replace(*wrong_own) if wrong_own else OWN
    with pytest.raises(MappingFileError, match="ELEMENT_UNKNOWN") as caught:
        _library(layer, own)
    assert (caught.value.file, caught.value.line) == (f"formats/{file}/mapping.yaml", line)


def test_a_row_of_the_layer_that_a_mapping_breaks_names_the_layers_file() -> None:
    own = OWN.replace("rows:", "resources: {encounter: Patient}\nrows:", 1)
    with pytest.raises(MappingFileError, match="ELEMENT_UNKNOWN") as caught:
        _library(own=own)
    assert caught.value.file == "formats/v2/layer/mapping.yaml"
    assert caught.value.line == 10
    assert "in a layer of formats/a/own/mapping.yaml" in caught.value.message


def test_the_content_hash_of_a_mapping_covers_its_layers() -> None:
    first = _library().mapping("a/own").content_hash
    second = _library(LAYER + '  - {from: EVN, carry: "event"}\n').mapping("a/own").content_hash
    assert first != second


def test_ids_fall_back_to_another_key_and_say_which_one_is_missing() -> None:
    own = OWN.replace("{key: [PID-3.1]}", "{key: [ORC-2.1], or: [[ORC-3.1], [MSH-10]]}")
    library = _library(own=own + '  - {from: ORC, carry: "order"}\n')
    keys = [
        _run(library, MESSAGE + order).business_key
        for order in (b"ORC|NW|77|88\r", b"ORC|NW||88\r", b"ORC|NW||77\r", b"")
    ]
    assert keys == ["77", "or1|88", "or1|77", "or2|1"]
    with pytest.raises(MappingRoomError, match="KEY_MISSING") as caught:
        _run(library, MESSAGE.replace(b"|1|P", b"||P"))
    assert caught.value.place == "ORC-2.1"


def test_same_as_needs_a_role_of_its_type_and_a_key() -> None:
    own = OWN.replace("rows:", "resources: {ended: {type: Patient, same_as: patient}}\nrows:", 1)
    with pytest.raises(MappingFileError, match="ROLE_UNKNOWN"):
        _library(own=own)
    assert json.dumps(_run(_library()).resources[0])
