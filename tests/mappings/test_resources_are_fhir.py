"""What a mapping makes passes the check that every submitted resource passes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from gateway.resources import check_resource
from mappings import PUBLISHED_TEST_KEY, Library, Mapping_, translate_all
from tests.mappings.conftest import FORMATS


@pytest.mark.requirement("V2-01")
def test_every_resource_of_a_sample_is_valid_r4(mapping: Mapping_, source: bytes) -> None:
    for record in translate_all(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None):
        assert record.translation is not None
        for resource in record.translation.resources:
            assert [(issue.code, issue.place) for issue in check_resource(resource)] == []


@pytest.mark.requirement("V2-01")
@pytest.mark.parametrize("system", [b"", b"^L"])
def test_a_unit_that_does_not_say_its_system_is_text_and_no_code(library: Library, system: bytes) -> None:
    """FHIR's qty-3, of every Quantity that a mapping makes of a message."""
    samples = [one for one in FORMATS.rglob("*.hl7") if b"^UCUM" in one.read_bytes()]
    assert samples
    for sample in samples:
        changed = sample.read_bytes().replace(b"^UCUM", system)
        mapping = library.mapping(sample.parents[1].relative_to(FORMATS).as_posix())
        made = translate_all(mapping, changed, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None)
        resources = [one for record in made if record.translation for one in record.translation.resources]
        found = [one for resource in resources for one in _quantities(resource)]
        assert [one for one in found if "code" in one and "system" not in one] == [], sample.name
        assert any("unit" in one for one in found), "what was sent is not lost"


def _quantities(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("value"), (int, Decimal)):
            yield value
        for part in value.values():
            yield from _quantities(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _quantities(part)


def test_every_golden_output_is_valid_r4(golden: bytes) -> None:
    for resource in json.loads(golden, parse_float=Decimal):
        assert check_resource(resource) == ()
