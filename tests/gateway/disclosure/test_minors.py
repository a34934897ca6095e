"""A minor is one in every answer, also where nothing of the question is her Patient record. 42 CFR §2.14."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure.replay_decision import replay_decisions
from tests.gateway.county import HOUSING, OTP, County


def program_says_she_was_born(county: County, day: str) -> None:
    """A new version of the treatment program's own Patient record."""
    bundle: dict[str, Any] = person.treatment_plan()
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["birthDate"] = day
    county.submit("otp", bundle)


def goals(county: County) -> int:
    return int(county.search("housing", "Goal", HOUSING, "COC")["total"])


@pytest.mark.requirement("P2-14-01", "ST-03")
def test_a_pull_without_her_patient_record_knows_how_old_she_is(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    assert goals(county) == 2

    program_says_she_was_born(county, "2012-05-05")

    assert goals(county) == 0
    entry = county.audit("refuse")[-1].entry
    assert entry is not None
    assert "MINOR_SIGNATURE_MISSING" in {reason.code for row in entry.resources for reason in row.reasons}

    program_says_she_was_born(county, "1990-01-01")
    assert goals(county) == 2


@pytest.mark.requirement("P2-14-01")
def test_what_was_decided_of_a_minor_is_decided_so_again_when_she_has_grown(county: County) -> None:
    county.share_plan()
    county.consent("housing", discloser="otp", identifier=OTP, purpose="COC", classes=("Goal",))
    program_says_she_was_born(county, "2012-05-05")
    goals(county)
    refused = county.audit("refuse")[-1].entry
    assert refused is not None
    program_says_she_was_born(county, "1990-01-01")
    goals(county)

    (again,) = county.look(lambda reading: replay_decisions(reading, refused.request_id))
    assert (again.verdict, again.findings) == ("same", ())
