"""What a mapping makes passes the check that every submitted resource passes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from gateway.resources import check_resource
from mappings import PUBLISHED_TEST_KEY, Mapping_, translate_all


@pytest.mark.requirement("V2-01")
def test_every_resource_of_a_sample_is_valid_r4(mapping: Mapping_, source: bytes) -> None:
    for record in translate_all(mapping, source, partner="local", id_key=PUBLISHED_TEST_KEY, zone=None):
        assert record.translation is not None
        for resource in record.translation.resources:
            assert [(issue.code, issue.place) for issue in check_resource(resource)] == []


def test_every_golden_output_is_valid_r4(golden: bytes) -> None:
    for resource in json.loads(golden, parse_float=Decimal):
        assert check_resource(resource) == ()
