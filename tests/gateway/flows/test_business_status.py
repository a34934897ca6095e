"""A no-show and the other business statuses of BSeR, from the addressee's word to the source of the referral."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import NotUnderstood
from gateway.flows.status import BSER_STATUS, NO_SHOW
from tests.gateway.county import MRN, OTP, County, matches


def said(code: str, system: str = BSER_STATUS) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.fixture
def accepted(county: County) -> County:
    """The program has the hospital's referral and has taken it on; she lets it tell the hospital."""
    county.consent()
    county.refer()
    county.deliver()
    county.share_plan()
    county.answer("otp", "accepted")
    county.consent("hospital", discloser="otp", by="otp", identifier=OTP)
    return county


@pytest.mark.requirement("SD-04", "SD-02")
def test_a_no_show_waits_and_its_source_reads_it(accepted: County) -> None:
    accepted.answer(
        "otp", "on-hold", businessStatus=said(NO_SHOW), statusReason={"text": "did not come on Tuesday"}
    )
    (seen,) = matches(accepted.search("hospital", "Task", MRN))
    assert seen["status"] == "on-hold"
    assert seen["businessStatus"]["coding"] == [{"system": BSER_STATUS, "code": NO_SHOW}]


@pytest.mark.requirement("SD-04")
@pytest.mark.parametrize("status", ["in-progress", "completed", "cancelled"])
def test_a_no_show_is_nothing_but_on_hold(accepted: County, status: str) -> None:
    with pytest.raises(NotUnderstood, match="BUSINESS_STATUS_DIFFERS"):
        accepted.answer("otp", status, businessStatus=said(NO_SHOW))
    assert accepted.task().resource["status"] == "accepted"


@pytest.mark.requirement("SD-04")
def test_a_business_status_is_one_that_there_is(accepted: County) -> None:
    with pytest.raises(NotUnderstood, match="BUSINESS_STATUS_UNKNOWN"):
        accepted.answer("otp", "on-hold", businessStatus=said("5.9"))
    accepted.answer("otp", "on-hold", businessStatus=said("waits for a bed", "urn:agency:own"))
    assert accepted.task().resource["status"] == "on-hold", "a system of the agency's own is its own affair"
