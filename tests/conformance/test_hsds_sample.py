"""The published HSDS tables, read with nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.flows.library import open_library
from gateway.resources import check_resource
from mappings import pack_files, translate_all
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation, traced

TABLES = Path(__file__).parents[2].parent / "shared" / "samples" / "hsds" / "csv"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not TABLES.is_dir(), reason="the published samples are not beside the checkout"),
]


def test_the_published_tables_are_a_service_with_its_organization_and_place() -> None:
    mapping = open_library().mapping("directory/hsds_csv")
    source = pack_files({path.name: path.read_bytes() for path in TABLES.glob("*.csv")})
    [record] = translate_all(mapping, source, partner="p", id_key=PUBLISHED_TEST_KEY, zone=None)
    assert record.translation is not None
    translation = record.translation
    kinds = [resource["resourceType"] for resource in translation.resources]
    assert kinds == ["HealthcareService", "Organization", "Location"]
    assert translation.issues == ()
    assert conservation(translation, translation.accounting.leaves) == []
    assert traced(translation) == []
    for resource in translation.resources:
        assert check_resource(resource) == ()
