"""A choice: one id for several mappings, each record read by the one that takes records of its kind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mappings import (
    PUBLISHED_TEST_KEY,
    Library,
    MappingFileError,
    MappingRoomError,
    read_library,
    render,
    translate_all,
    translate_message,
)
from tests.mappings.conftest import FORMATS

CONTRACT = (
    "hospital/ref_i12",
    "hospital/rri_i12",
    "hospital/omg_o19",
    "hospital/osu_o51",
    "hospital/orm_o01",
    "hospital/adt",
    "hospital/oru_r01",
    "hospital/siu",
    "hospital/mdm",
    "hospital/ppr",
    "psychiatry/ccda_referral",
    "psychiatry/ccda_care_plan",
    "primary_care/ccd",
    "otp/dosing",
    "counseling/treatment_plan",
    "housing/hmis_fy2026",
    "housing/referral_csv",
    "employment/milestones",
    "legal_aid/intake",
    "benefits/status",
    "peer_support/contact",
    "crisis/event",
    "case_management/needs_assessment",
    "community/sdohcc_task",
    "directory/hsds",
)
GIVEN = {"partner": "p", "id_key": PUBLISHED_TEST_KEY, "zone": "America/Phoenix"}


def _sample(path: str) -> bytes:
    return (FORMATS / path).read_bytes()


def _takers(library: Library, choice: str, source: bytes) -> list[str]:
    records = translate_all(library.mapping(choice), source, **GIVEN)
    return [str(one.translation.provenance["mapping"]) for one in records if one.translation is not None]


def test_every_mapping_id_of_the_contract_is_there(library: Library) -> None:
    """Other people's scripts name them (design, section 9)."""
    assert [name for name in CONTRACT if name not in library.names()] == []
    assert all(library.mapping(name).id == name for name in CONTRACT)


@pytest.mark.requirement("V2-01")
def test_each_message_of_a_batch_is_read_by_the_mapping_of_its_event(library: Library) -> None:
    merge, admit = (
        _sample(f"hospital/{name}.hl7") for name in ("adt_a39/samples/a40_merge", "adt_a01/samples/a01_admit")
    )
    other = admit.replace(b"|", b"!").replace(b"^", b"$").replace(b"~", b"*")
    batch = merge.rstrip() + b"\r" + admit.rstrip() + b"\r" + other
    assert _takers(library, "hospital/adt", batch) == [
        "hospital/adt_a39",
        "hospital/adt_a01",
        "hospital/adt_a01",
    ]
    [one] = translate_message(library.mapping("hospital/adt"), merge, **GIVEN)
    assert one.translation is not None
    assert one.translation.provenance["mapping"] == "hospital/adt_a39"


@pytest.mark.parametrize(
    "path",
    [
        "psychiatry/ccda_referral/samples/referral.xml",
        "ccda/care_plan/samples/care_plan.xml",
        "ccda/ccd/samples/summary.xml",
        "ccda/transfer_summary/samples/transfer.xml",
    ],
)
def test_a_document_is_read_by_its_kind(library: Library, path: str) -> None:
    assert _takers(library, "ccda/any", _sample(path)) == [path.partition("/samples")[0]]


@pytest.mark.parametrize(
    ("kind", "code", "place"),
    [(b"ADT^A99^ADT_A01", "EVENT_UNKNOWN", "MSH-9.2"), (b"ZZZ^A01", "MESSAGE_TYPE_UNKNOWN", "MSH-9.1")],
)
def test_what_none_of_them_takes_is_refused_at_its_place(
    library: Library, kind: bytes, code: str, place: str
) -> None:
    source = _sample("hospital/adt_a01/samples/a01_admit.hl7").replace(b"ADT^A01^ADT_A01", kind)
    [record] = translate_all(library.mapping("hospital/adt"), source, **GIVEN)
    assert record.refusal is not None
    assert (record.refusal.code, record.refusal.place) == (code, place)


def test_only_one_that_alone_writes_is_written(library: Library) -> None:
    adt, documents = library.mapping("hospital/adt"), library.mapping("ccda/any")
    assert (adt.direction, documents.direction) == ("both", "in")
    [made] = translate_message(
        library.mapping("hospital/adt_a31"), _sample("hospital/adt_a31/samples/person.hl7"), **GIVEN
    )
    assert made.translation is not None
    given = {"at": datetime(2026, 11, 22, 12, tzinfo=UTC), "control_id": "1", "zone": "America/Phoenix"}
    written = render(adt, made.translation.resources, **given)  # type: ignore[arg-type]
    assert b"ADT^A31" in written.content
    for mapping, code in ((documents, "SEVERAL_WRITE"), (library.mapping("hospital/siu"), "DIRECTION_IN")):
        with pytest.raises(MappingRoomError, match=code):
            render(mapping, made.translation.resources, **given)  # type: ignore[arg-type]
    assert library.mapping("hospital/mdm").structure_map("in")["resourceType"] == "StructureMap"
    with pytest.raises(MappingRoomError, match="ONE_OF_SEVERAL"):
        adt.structure_map("in")
    assert adt.rows("drop")


@pytest.mark.parametrize(
    "wrong",
    [
        "one_of: []",
        "one_of: [a/none]",
        "one_of: [b/own, c/sheet]",
        "one_of: [b/own]\nrows: []",
        "one_of: [d/any]",
    ],
)
def test_a_choice_that_cannot_choose_is_refused_with_its_file(wrong: str) -> None:
    own = "mapping: b/own\nversion: 1.0.0\nformat: hl7v2\naccepts: [ADT^A01]\nresources: {}\nrows: []\n"
    sheet = "mapping: c/sheet\nversion: 1.0.0\nformat: csv\nresources: {}\nrows: []\n"
    files = {"b/own": own, "c/sheet": sheet, "d/any": f"mapping: d/any\nversion: 1.0.0\n{wrong}\n"}
    with pytest.raises(MappingFileError, match="CHOICE_WRONG") as refused:
        read_library({f"formats/{name}/mapping.yaml": text.encode() for name, text in files.items()})
    assert "d/any" in str(refused.value)
