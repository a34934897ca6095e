"""A wrong mapping file is refused with file, line and what to do; a draft passes its own check."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli.mapping_check import check_folder
from gateway.cli.mapping_draft import draft
from mappings import MappingFileError, read_library, translate
from mappings.ids import PUBLISHED_TEST_KEY

GOOD = """mapping: a/b
version: 1.0.0
format: csv
record: {key: [no]}
resources: {patient: Patient}
rows:
  - {from: no, to: patient.identifier, lens: identifier}
"""


def _read(text: str, **more: str) -> None:
    files = {"formats/a/b/mapping.yaml": text.encode()}
    files.update(
        {f"formats/a/b/concept_maps/{name}.json": content.encode() for name, content in more.items()}
    )
    read_library(files)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("  - {from: x, to: patient.identifer}", "ELEMENT_UNKNOWN"),
        ("  - {from: x, to: person.name}", "ROLE_UNKNOWN"),
        ('  - {from: x, to: "patient.birthDate[a]"}', "NOT_A_LIST"),
        ("  - {from: x, to: patient.name, lens: naem}", "LENS_UNKNOWN"),
        ("  - {from: x, to: patient.name, lens: name, order: family}", "KEY_UNKNOWN"),
        ("  - {from: x, to: patient.gender, lens: code}", "PARAMETER_MISSING"),
        ("  - {from: x, to: patient.gender, lens: code, map: none}", "MAP_UNKNOWN"),
        ("  - {from: x}", "ROW_WRONG"),
        ("  - {to: patient.name}", "ROW_WRONG"),
        ("  - {from: x, carry: }", "REASON_MISSING"),
        ("  - {from: x, carry: why, drop: why}", "VERB_TWICE"),
        ("  - {ref: nobody, to: patient.generalPractitioner}", "ROLE_UNKNOWN"),
        ("  - {from: x, to: patient.name, when: {maybe: x}}", "CONDITION_WRONG"),
        ("  - {from: x, to: patient.name, from: y}", "KEY_TWICE"),
        ("  - {from: x, to: patient.name", "YAML_WRONG"),
        ("  - just text", "ROW_WRONG"),
        (
            "  - {each: a, resources: {goal: Goal}, rows: []}\n"
            "  - {each: b, resources: {goal: Goal, plan: CarePlan}, rows: []}",
            "ROLE_TWICE",
        ),
    ],
)
def test_a_wrong_row_is_refused_at_its_line(line: str, code: str) -> None:
    with pytest.raises(MappingFileError) as caught:
        _read(GOOD + line + "\n")
    assert caught.value.code == code
    assert caught.value.file == "formats/a/b/mapping.yaml"
    assert caught.value.line is not None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("mapping: a/b", "mapping: a/c", "ID_WRONG"),
        ("format: csv", "format: exel", "FORMAT_UNKNOWN"),
        ("version: 1.0.0", "versoin: 1.0.0", "KEY_UNKNOWN"),
        ("patient: Patient", "patient: Pateint", "TYPE_UNKNOWN"),
        ("version: 1.0.0", "direction: sideways", "DIRECTION_UNKNOWN"),
        ("version: 1.0.0", "base: [x/y]", "BASE_UNKNOWN"),
        ("version: 1.0.0", "base: [a/b]", "BASE_LOOP"),
    ],
)
def test_a_wrong_head_is_refused(old: str, new: str, code: str) -> None:
    with pytest.raises(MappingFileError) as caught:
        _read(GOOD.replace(old, new))
    assert caught.value.code == code


def _table(*equivalences: str) -> str:
    elements = ",".join(
        f'{{"code": "{number}", "target": [{{"code": "male", "equivalence": "{word}"}}]}}'
        for number, word in enumerate(equivalences)
    )
    return f'{{"resourceType": "ConceptMap", "group": [{{"element": [{elements}]}}]}}'


@pytest.mark.parametrize(
    ("equivalences", "fine"), [(("equivalent",), 1), (("wider", "wider"), 0), (("equal", "wider"), 1)]
)
def test_a_table_with_an_unclear_way_back_is_refused(equivalences: tuple[str, ...], fine: int) -> None:
    text = GOOD + "  - {from: sex, to: patient.gender, lens: code, map: sex}\n"
    if fine:
        _read(text, sex=_table(*equivalences))
    else:
        with pytest.raises(MappingFileError, match="REVERSE_UNCLEAR"):
            _read(text, sex=_table(*equivalences))


def test_a_layer_replaces_the_rows_below_it() -> None:
    above = (
        "mapping: a/c\nversion: 1.0.0\nformat: csv\nbase: [a/b]\nrows:\n"
        "  - {from: no, drop: not needed}\n  - {from: dob, to: patient.birthDate, lens: date}\n"
    )
    files = {"formats/a/b/mapping.yaml": GOOD.encode(), "formats/a/c/mapping.yaml": above.encode()}
    mapping = read_library(files).mapping("a/c")
    source = b"no,dob\n7,2001-02-03\n"
    translation = translate(mapping, source, partner="p", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert "identifier" not in translation.resources[0]
    assert translation.resources[0]["birthDate"] == "2001-02-03"


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        ("csv", "s.csv", 'case_no,name,dob,ssn,remarks\nC-1,"A, B",2001-02-03,900,text\n'),
        ("json", "s.json", '{"case_no": "C-1", "needs": [{"code": "x"}, {"code": "y"}], "name": "A, B"}'),
        ("hl7v2", "s.hl7", "MSH|^~\\&|A|B\rRF1|P|||||X^Y\r"),
    ],
)
def test_a_draft_names_every_value_of_its_sample(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    name: str,
    content: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(content)
    assert draft("own/sheet", form, tmp_path / name) == 0
    check_folder("mappings/own/sheet")
    said = capsys.readouterr().out
    assert "UNMAPPED" not in said
    assert "NO_GOLDEN" in said
