"""One record of a file, kept as a file of its own, says what it said in the whole one."""

from __future__ import annotations

from typing import Any

import pytest

from mappings import Library, Mapping_, MappingRoomError, records_apart, translate, translate_all

GIVEN: dict[str, Any] = {"partner": "p", "id_key": b"k" * 32, "zone": "America/Phoenix"}


def test_a_record_alone_is_what_it_is_in_its_file(mapping: Mapping_, source: bytes) -> None:
    """On every shipped sample of a format whose records can be told apart in the bytes."""
    whole = translate_all(mapping, source, **GIVEN)
    if mapping.format not in ("csv", "xlsx", "json") and len(whole) > 1:
        with pytest.raises(MappingRoomError) as refused:
            records_apart(mapping, source, **GIVEN)
        assert refused.value.code == "SEVERAL_RECORDS"
        return
    apart = list(records_apart(mapping, source, **GIVEN))

    assert [record.place for record, _ in apart] == [record.place for record in whole]
    for (_, alone), record in zip(apart, whole, strict=True):
        assert record.translation is not None
        again = translate(mapping, alone, **GIVEN)
        assert again.resources == record.translation.resources
        assert again.business_key == record.translation.business_key


def test_a_record_is_made_when_it_is_asked_for(library: Library) -> None:
    """The second row is wrong, and nobody has looked at it yet."""
    mapping = library.mapping("counseling/treatment_plan")
    rows = "line_id,plan_no,client_no,plan_status,goal,goal_status\nT-1,P,C,active,g,active\nT-2,P,C,x,g,active\n"
    records = records_apart(mapping, rows.encode(), **GIVEN)

    assert next(records)[0].refusal is None
    assert next(records)[0].refusal is not None


def test_what_cannot_be_read_is_refused_at_once(library: Library) -> None:
    with pytest.raises(MappingRoomError):
        records_apart(library.mapping("counseling/treatment_plan"), b"a,b\n1,2\n", **GIVEN)
