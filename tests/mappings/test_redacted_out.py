"""What was taken out of a release is in no message made of it: each element and each resource of every sample that goes
out as HL7 v2, taken out alone and in all pairs of resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from mappings import PUBLISHED_TEST_KEY, Library, RenderRefused, render, translate, translate_all
from mappings.placing import flat
from tests.mappings.conftest import FORMATS

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Resources = tuple[Mapping[str, Any], ...]


def _outgoing() -> list[tuple[str, str]]:
    paths = FORMATS.glob("hospital/*/samples/*.hl7")
    names = {"adt_a31", "oru_r01_out", "osu_o51", "rri_i12"}
    return sorted((path.parts[-3], path.name) for path in paths if path.parts[-3] in names)


def _less(resources: Resources) -> Iterator[tuple[str, Resources]]:
    """The resources without one element, without one of them, without two of them."""
    for index, resource in enumerate(resources):
        for name in resource:
            if name not in ("resourceType", "id"):
                kept = {other: value for other, value in resource.items() if other != name}
                changed = (*resources[:index], kept, *resources[index + 1 :])
                yield f"{resource['resourceType']}.{name}", changed
    for gone in (*combinations(range(len(resources)), 1), *combinations(range(len(resources)), 2)):
        kinds = "+".join(str(resources[index]["resourceType"]) for index in gone)
        yield kinds, tuple(one for index, one in enumerate(resources) if index not in gone)


def _texts(resources: Resources) -> set[str]:
    """The values that are long enough to be told apart from anything else in a message."""
    leaves = (flat(dict(resource), "").items() for resource in resources)
    return {str(value) for found in leaves for _, value in found if len(str(value)) > 3}


@pytest.mark.requirement("V2-02")
@pytest.mark.parametrize(("name", "message"), _outgoing())
def test_what_was_taken_out_is_in_no_message(library: Library, name: str, message: str) -> None:
    mapping = library.mapping(f"hospital/{name}")
    source = (FORMATS / f"hospital/{name}/samples/{message}").read_bytes()
    whole = translate(mapping, source, partner="p", id_key=PUBLISHED_TEST_KEY, zone=None).resources
    before = render(mapping, whole, at=AT, control_id="WH-1", zone=None).content.decode()
    told = {text for text in _texts(whole) if text in before}
    assert told
    tried = refused = 0
    for taken_out, less in _less(whole):
        rest = _texts(less)
        gone = {text for text in told if not any(text in other for other in rest)}
        try:
            content = render(mapping, less, at=AT, control_id="WH-1", zone=None).content.decode()
        except RenderRefused as refusal:
            assert refusal.code in ("REQUIRED_MISSING", "ROLE_UNCLEAR"), taken_out
            refused += 1
            continue
        tried += 1
        assert not {text for text in gone if text in content}, taken_out
    assert tried
    assert refused


def test_what_its_sender_has_withdrawn_is_in_no_sheet(library: Library) -> None:
    """No column says that a problem was entered in error."""
    mapping = library.mapping("counseling/treatment_plan")
    source = (FORMATS / "counseling/treatment_plan/samples/plans.csv").read_bytes()
    record = translate_all(mapping, source, partner="p", id_key=PUBLISHED_TEST_KEY, zone=None)[0].translation
    assert record is not None
    status = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    for said, written in (({}, True), (status, False)):
        resources = [
            {**one, **(said if one["resourceType"] == "Condition" else {})} for one in record.resources
        ]
        sheet = render(mapping, resources, at=AT, control_id=None, zone=None).content.decode()
        assert ("F11.20" in sheet) is written
