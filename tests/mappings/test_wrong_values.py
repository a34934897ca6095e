"""A value that is wrong or missing is refused or left out: it never makes a resource that is none."""

from __future__ import annotations

import pytest

from gateway.resources import check_resource
from mappings import Mapping_, TranslationRefused, translate_all
from mappings.altering import altered
from mappings.laws import leaves_of
from tests.mappings.test_laws import _one_record

pytestmark = pytest.mark.unmeasured  # measuring it would double its time; other tests reach the same lines

WRONG = ("", "zz zz")
SENDERS_OWN = ("hl7v2", "ccda", "fhir")
"""Tried elsewhere by mutants; FHIR of others is taken as it is, and held by the check at the edge."""


@pytest.mark.requirement("V2-01")
def test_a_wrong_value_never_makes_a_resource_that_is_none(mapping: Mapping_, source: bytes) -> None:
    if mapping.format in SENDERS_OWN:
        return
    source = _one_record(mapping, source)
    wrong = []
    for place in leaves_of(mapping, source):
        for value in WRONG:
            changed = altered(mapping.format, source, {place: value})
            try:
                records = translate_all(mapping, changed, partner="p", id_key=b"k", zone=None)
            except TranslationRefused as refusal:
                assert refusal.code
                continue
            for translation in (record.translation for record in records if record.translation):
                found = [issue for resource in translation.resources for issue in check_resource(resource)]
                wrong += [(place, value, issue.place, issue.code) for issue in found]
    assert wrong == []
