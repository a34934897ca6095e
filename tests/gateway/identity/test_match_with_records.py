"""Who comes into doubt depends on what is held: the newcomer, and never by a mere name that somebody posted."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.demo import person
from gateway.disclosure.release import Release
from gateway.store import intents, patients
from tests.gateway.county import HOUSING, MRN, OTP, County

pytestmark = pytest.mark.requirement("DM-28", "MT-01")


def named(identifier: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """A transaction with nothing but her, as somebody has her."""
    entry = {
        "fullUrl": "urn:uuid:44444444-4444-4444-8444-444444444444",
        "resource": {k: v for k, v in {**person.person(*identifier), **changes}.items() if v},
        "request": {"method": "POST", "url": "Patient"},
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


def known_as(county: County, partner: str, identifier: tuple[str, str]) -> tuple[str, bool]:
    """The network's patient by a partner's number, and whether she is certain."""
    token = county.premises.keys.index("Patient.identifier", *identifier)
    ((_, found),) = county.look(lambda reading: patients.find_by_token(reading, partner, token))
    return found, county.look(lambda reading: patients.certain(reading, found))


def test_a_namesake_without_anything_more_waits_for_a_person(county: County) -> None:
    county.refer()

    county.submit("housing", named(HOUSING, telecom=[], address=[]), purpose="COC")

    newcomer, certain = known_as(county, "housing", HOUSING)
    assert newcomer != known_as(county, "hospital", MRN)[0]
    assert not certain
    assert known_as(county, "hospital", MRN)[1]


@pytest.mark.parametrize("phone", [[], [{"system": "phone", "value": "602-555-0777"}]])
def test_a_name_that_somebody_posted_makes_nobody_else_doubtful(
    county: County, phone: list[dict[str, str]]
) -> None:
    county.submit("housing", named(HOUSING, telecom=phone, address=[]), purpose="COC")
    county.consent()
    county.refer()

    assert isinstance(county.release(), Release)


def test_who_is_known_by_number_alone_comes_into_doubt_when_described_like_another(county: County) -> None:
    county.submit("otp", person.treatment_plan())
    county.consent()
    stand_in, certain = known_as(county, "hospital", MRN)
    assert certain

    county.refer()

    assert known_as(county, "hospital", MRN) == (stand_in, False)
    assert known_as(county, "otp", OTP)[1]
    (waits,) = county.look(lambda reading: intents.in_state(reading, "held"))
    assert (waits.patient_id, waits.reason) == (stand_in, "IDENTITY_PENDING")


def test_somebody_else_s_referral_under_her_number_is_not_released_under_her_consent(county: County) -> None:
    county.consent()
    county.refer()
    county.deliver()

    swap = {"Testperson^Maribel": "Smith^Robert", "19960417|F": "19510101|M", "5550142": "5550777"}
    receipt = county.refer("ED-2", "R-2", change=swap)

    assert receipt.outcome == "accepted"
    assert county.states() == ["delivered"]
    (other,) = county.look(lambda reading: intents.in_state(reading, "held"))
    assert other.patient_id != known_as(county, "hospital", MRN)[0]
    assert (other.reason, county.claim()) == ("IDENTITY_PENDING", ())
