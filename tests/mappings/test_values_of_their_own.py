"""A value into which another row writes is each record's own: nothing of one patient reaches another."""

from __future__ import annotations

import pytest

from mappings import Mapping_, read_library, translate, translate_all

_FILE = b"""mapping: some/agency
version: 1.0.0
format: %s
direction: in
%srecord: {key: [%s]}
resources: {task: Task}
rows:
  - {from: %s, to: task.description, lens: string}
  - %s
  - {from: %s, to: task.code.text, lens: string}
  - {const: order, to: task.intent}
"""
_CONSTANT = b'{const: {coding: [{system: "http://loinc.org", code: "1-8"}]}, to: task.code}'
_CONCEPT = b"{from: PID-8, to: task.code, lens: concept}"


def _mapping(*parts: bytes) -> Mapping_:
    more = b"  - {from: MSH, carry: the envelope}\n" if parts[0] == b"hl7v2" else b""
    return read_library({"formats/some/agency/mapping.yaml": _FILE % parts + more}).mapping("some/agency")


@pytest.mark.requirement("V2-02")
def test_a_constant_is_not_written_into_for_the_next_row() -> None:
    mapping = _mapping(b"csv", b"", b"id", b"id", _CONSTANT, b"words")
    source = b"id,words\n1,of one\n2,\n3,of three\n"
    records = translate_all(mapping, source, partner="p", id_key=b"k", zone=None)
    resources = [record.translation.resources[0] for record in records if record.translation]
    assert [one["code"].get("text") for one in resources] == ["of one", None, "of three"]  # type: ignore[attr-defined]
    assert [record.translation.issues for record in records if record.translation] == [(), (), ()]


@pytest.mark.requirement("V2-02")
@pytest.mark.parametrize("row", [_CONSTANT, _CONCEPT])
def test_neither_a_constant_nor_a_remembered_concept_is_written_into_for_the_next_message(row: bytes) -> None:
    mapping = _mapping(b"hl7v2", b"accepts: [ADT^A01]\n", b"PID-3.1", b"PID-3.1", row, b"PID-5")
    found = []
    for words in (b"one", b"", b"three"):
        source = b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|||1||%s|||F^f^HL70001\r" % words
        translation = translate(mapping, source, partner="p", id_key=b"k", zone=None)
        assert translation.account.issues == translation.issues
        found.append(translation.resources[0]["code"].get("text"))  # type: ignore[attr-defined]
    assert found == ["one", None, "three"]
