"""Groups within groups: what belongs to which, by which id, and when the compiled form hands over."""

from __future__ import annotations

from typing import Any

import pytest

from mappings import PUBLISHED_TEST_KEY, Mapping_, Translation, read_library, translate
from mappings.compiled_parts import behind, keyed
from mappings.laws import conservation, leaves_of, lineage_misses

HEAD = "MSH|^~\\&|LAB|L|H|C|20261104111500-0700||ORU^R01|1|P|2.5.1\rPID|1||7^^^A||Doe^Jo\r"
FRAME = """
mapping: t/t
version: 1.0.0
format: hl7v2
direction: in
record: {key: [MSH-10]}
resources: {patient: {type: Patient, key: [PID-3.1]}}
rows:
  - {from: PID-3, to: patient.identifier, lens: identifier}
  - {from: PID-5, to: patient.name, lens: name}
  - {from: PID, carry: rest}
  - {from: MSH, carry: envelope}
  - {from: [OBR, OBX, NTE, SPM, ORC], carry: rest}
"""
REPORT = """
  - each: OBR
    with: [OBX before SPM ORC]
    key: OBR-3.1
    resources: {report: {type: DiagnosticReport, key: [PID-3.1]}}
    rows:
      - {const: final, to: report.status}
      - {from: OBR-4, to: report.code, lens: concept}
      - {from: OBR-7, to: report.effectiveDateTime, lens: datetime}
      - {ref: result, to: report.result}
      - each: OBX
        when: {present: OBX-3.1}
        key: OBX-3.1
        resources: {result: Observation}
        rows:
          - {const: final, to: result.status}
          - {ref: patient, to: result.subject}
          - {from: OBX-3, to: result.code, lens: concept}
"""
BODY = (
    "ORC|RE\rOBX|1|ST|outside||x\r"
    "OBR|1||F-1|A^A\rOBX|1|ST|a||1\rOBX|2|ST|b||2\rSPM|1\rOBX|3|ST|specimen||3\r"
    "ORC|RE\rOBX|4|ST|document||4\rOBR|2||F-1|B^B\rOBX|1|ST|a||5\rOBX|2|ST|a||6\rOBX|3|ST|||7\r"
)


def _mapping(*parts: str) -> Mapping_:
    files = {"formats/t/t/mapping.yaml": "".join(parts).encode()}
    return read_library(files).mapping("t/t")


def _run(mapping: Mapping_, body: str) -> Translation:
    return translate(
        mapping, (HEAD + body).encode(), partner="lab", id_key=PUBLISHED_TEST_KEY, zone="America/Phoenix"
    )


def _of(translation: Translation, kind: str) -> list[dict[str, Any]]:
    return [dict(r) for r in translation.resources if r["resourceType"] == kind]


def _explained(mapping: Mapping_, body: str) -> Translation:
    """What the interpreter says, checked against its own laws."""
    translation, source = _run(mapping, body), (HEAD + body).encode()
    assert conservation(translation, len(leaves_of(mapping, source))) == []
    assert lineage_misses(mapping, source, "America/Phoenix")[1] == []
    return translation


def test_each_instance_has_what_stands_behind_it_up_to_what_ends_its_run() -> None:
    translation = _explained(_mapping(FRAME, REPORT), BODY)
    results = {
        f"Observation/{r['id']}": r["code"]["coding"][0]["code"] for r in _of(translation, "Observation")
    }
    named = [[results[one["reference"]] for one in r["result"]] for r in _of(translation, "DiagnosticReport")]
    assert named == [["a", "b"], ["a", "a"]]
    assert len(results) == 4


def test_an_id_by_number_stays_and_the_second_of_a_number_has_its_place_too() -> None:
    mapping = _mapping(FRAME, REPORT)
    whole = _run(mapping, BODY)
    first, second = whole.roles["report"]
    assert first != second
    alone = _run(mapping, "OBR|1||F-1|B^B\rOBX|1|ST|a||5\r")
    assert alone.roles["report"] == (first,)
    assert len({*whole.roles["result"]}) == 4
    unnumbered = _run(mapping, "OBR|1|||B^B\rOBX|1|ST|a||5\rOBR|1|||B^B\rOBX|1|ST|a||5\r")
    assert len({*unnumbered.roles["report"], *unnumbered.roles["result"]}) == 4


def test_a_record_without_any_instance_has_none() -> None:
    translation = _explained(_mapping(FRAME, REPORT), "ORC|RE\rOBX|1|ST|a||1\r")
    assert [r["resourceType"] for r in translation.resources] == ["Patient"]


_STATUS = "          - {const: final, to: result.status}\n"
_RESULTS = "      - {ref: result, to: report.result}\n"
_REPORT_ROLE = "{type: DiagnosticReport, key: [PID-3.1]}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{result: Observation}", "{result: {type: Observation, when: {present: OBX-5}}}"),
        (_REPORT_ROLE, _REPORT_ROLE.replace("PID-3.1", "OBR-3.1")),
        (_RESULTS, _RESULTS + "      - {from: OBX-5, to: report.conclusionCode, lens: concept}\n"),
        (_STATUS, _STATUS + "          - {from: OBX-5, to: report.conclusionCode, lens: concept}\n"),
        (_STATUS, _STATUS + "          - {const: true, to: report.meta.source}\n"),
        (_STATUS, _STATUS + "          - each: NTE\n            rows: []\n"),
        ("with: [OBX before SPM ORC]", "with: [NTE]"),
    ],
)
def test_what_the_compiled_form_does_not_have_runs_interpreted(old: str, new: str) -> None:
    assert _mapping(FRAME, REPORT).compiled is not None
    assert old in REPORT
    mapping = _mapping(FRAME, REPORT.replace(old, new))
    assert mapping.compiled is None
    translation = _run(mapping, BODY)
    assert len(_of(translation, "DiagnosticReport")) == 2
    source = (HEAD + BODY).encode()
    assert conservation(translation, len(leaves_of(mapping, source))) == []


@pytest.mark.parametrize(
    "more",
    [
        "  - {ref: result, to: patient.generalPractitioner}\n",
        "  - each: NTE\n    resources: {note: Communication}\n    rows:\n      - {ref: result, to: note.about}\n",
    ],
)
def test_a_reference_into_a_nested_group_from_outside_names_all_of_its_instances(more: str) -> None:
    mapping = _mapping(FRAME, REPORT, more)
    assert mapping.compiled is None
    translation = _run(mapping, BODY + "NTE|1\r")
    [made] = _of(translation, "Communication" if "note" in more else "Patient")
    assert len(made["about" if "note" in more else "generalPractitioner"]) == 4


def test_a_group_that_the_root_does_not_carry_runs_interpreted() -> None:
    mapping = _mapping(FRAME.replace("[OBR, OBX, NTE, SPM, ORC]", "[OBR, NTE, SPM, ORC]"), REPORT)
    assert mapping.compiled is None
    translation = _run(mapping, BODY)
    assert {issue.code for issue in translation.issues} == {"UNMAPPED"}


def test_the_parts_of_the_generated_form_say_the_same() -> None:
    segments = [[name] for name in ("OBX", "OBR", "OBX", "NTE", "SPM", "OBX", "NTE", "OBR", "OBX")]
    found = behind(segments, "OBR", (("OBX", ("SPM",)), ("NTE", ())))
    assert [(len(held["OBX"]), len(held["NTE"])) for _, held in found] == [(1, 2), (1, 0)]
    seen: set[str] = set()
    assert [keyed(seen, key, n) for n, key in enumerate(("a", "", "a", "b"), 1)] == [
        "/=a",
        "/2",
        "/#3=a",
        "/=b",
    ]
