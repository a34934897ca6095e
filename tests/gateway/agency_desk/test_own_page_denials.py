"""What she denied stays denied whatever she stops, at her own page and at a desk; and nobody's leaving is in her way."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from gateway.demo import person
from gateway.partners.network import PolicyChoice
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_page import Phone, link_from
from tests.gateway.county import MRN, OTP, County, matches

pytestmark = pytest.mark.requirement("P2-31-12")

STOP_ALL = 'name="all" value="yes"'


@pytest.fixture
def open_county(county: County) -> County:
    """Treatment needs no consent here, so that a denial is all that keeps a record closed."""
    county.change_network(policy=PolicyChoice(no_consent="treatment"))
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.refer()
    return county


def deny(county: County, **changes: Any) -> str:
    """Her denial toward psychiatry, recorded by the hospital; the id. `changes` are those of its provision."""
    made = person.consent("hospital", "psychiatry", "TREAT", identifier=MRN)
    said = {**made["provision"], "type": "deny", **changes}
    made["provision"] = {name: value for name, value in said.items() if value is not None}
    return str(county.record("hospital", made).resource["id"])


def seen(county: County) -> list[str]:
    """What psychiatry finds of her conditions."""
    found = county.search("psychiatry", "Condition", None, patient=county.patient_id)
    return [one["resourceType"] for one in matches(found)]


def status(county: County) -> dict[str, str]:
    return {one.id: one.resource["status"] for one in county.records("Consent")}


def test_stopping_everything_opens_no_record_that_she_denied(open_county: County) -> None:
    denial = deny(open_county)
    permitted = str(open_county.consent("otp").resource["id"])
    phone = Phone(open_county)
    phone.come(link_from(open_county))
    assert STOP_ALL in phone.get("/me/").text and seen(open_county) == []

    phone.act("/me/stop", all="yes")

    assert status(open_county) == {denial: "active", permitted: "inactive"} and seen(open_county) == []
    page = unescape(phone.get("/me/").text)
    assert "may not see" in page and STOP_ALL not in page and 'name="consent"' not in page
    assert phone.act("/me/ask", kind="contact", text="x").status_code == 200
    phone.get("/me/")
    assert phone.act("/me/stop", consent=denial).status_code == 404
    assert status(open_county)[denial] == "active" and seen(open_county) == []


@pytest.mark.parametrize(
    "changes",
    [{"modifierExtension": [{"url": "urn:x", "valueBoolean": True}], "type": "permit"}, {"type": None}],
)
def test_what_the_engine_reads_as_a_denial_is_none_to_stop(
    open_county: County, changes: dict[str, Any]
) -> None:
    denial = deny(open_county, **changes)
    phone = Phone(open_county)
    phone.come(link_from(open_county))
    phone.get("/me/")
    phone.act("/me/stop", all="yes")
    assert status(open_county) == {denial: "active"} and seen(open_county) == []


def test_a_desk_takes_no_denial_back(open_county: County) -> None:
    denial = deny(open_county)
    worker = Counter(open_county)
    worker.log_in()
    address = f"/agency/consents/{open_county.patient_id}"
    page = worker.get(address)
    assert denial not in page.text
    for act in ("withdraw", "written"):
        form = {"token": worker.hidden("token"), "consent": denial}
        assert worker.post(f"{address}/{act}", form).status_code == 404
        worker.get(address)
    assert status(open_county) == {denial: "active"} and seen(open_county) == []


def test_she_stops_everything_though_a_recorder_has_left_the_network(open_county: County) -> None:
    open_county.consent("psychiatry")
    open_county.share_plan()
    open_county.consent("housing", discloser="otp", by="otp", identifier=OTP)
    of_part2 = {one.id: one.part2 for one in open_county.records("Consent")}
    phone = Phone(open_county)
    phone.come(link_from(open_county))
    partners = open_county.premises.network.partners
    open_county.change_network(partners={name: one for name, one in partners.items() if name != "otp"})

    phone.get("/me/")
    phone.act("/me/stop", all="yes")

    assert set(status(open_county).values()) == {"inactive"} and len(of_part2) == 2
    assert {one.id: one.part2 for one in open_county.records("Consent")} == of_part2
    assert set(of_part2.values()) == {True, False}
