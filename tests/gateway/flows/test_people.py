"""Who has to do with her: only whoever sent or received something, or wrote a record of hers."""

from __future__ import annotations

import pytest

from gateway.demo import person
from gateway.flows.people import related
from tests.gateway.county import HOUSING, County

pytestmark = pytest.mark.requirement("P2-31-11")


def is_related(county: County, partner: str) -> bool:
    return county.look(lambda reading: related(reading, partner, county.patient_id))


def test_source_and_addressee_of_a_referral_are_related(county: County) -> None:
    county.refer()

    assert is_related(county, "hospital")
    assert is_related(county, "otp")
    assert not is_related(county, "psychiatry")


def test_who_wrote_a_record_of_hers_is_related_and_who_only_named_her_is_not(county: County) -> None:
    county.share_plan()
    county.record("housing", person.consent("otp", "housing", "COC", identifier=HOUSING))

    assert is_related(county, "otp")
    assert not is_related(county, "housing")
