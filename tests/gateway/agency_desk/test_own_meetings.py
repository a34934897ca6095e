"""Appointments and messages on a person's own page, released to herself; how she is reached, and silence at once."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from gateway.disclosure.gather import HERSELF
from gateway.disclosure.replay_decision import replay_decisions
from gateway.store import patients, privacy_requests
from tests.gateway.agency_desk.test_links_by_mail import submit
from tests.gateway.agency_desk.test_own_page import Phone, link_from
from tests.gateway.county import MRN, County

pytestmark = pytest.mark.requirement("P2-23-01")
HER = "urn:uuid:8d1c28a0-0f6e-4a0a-9d7e-0a7f5d2a1b01"
VIDEO = "https://video.example/room/42"


@pytest.fixture
def county_page(county: County) -> County:
    """The hospital's desk gives links to own pages."""
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.refer()
    return county


@pytest.fixture
def phone(county_page: County) -> Phone:
    """She has come in."""
    made = Phone(county_page)
    made.come(link_from(county_page))
    return made


def by_video(address: str) -> dict[str, Any]:
    """What an appointment holds that is joined from home."""
    kind = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": "vi"}]
    }
    place = {"resourceType": "Location", "id": "video", "physicalType": kind}
    there = {"actor": {"reference": "#video"}, "status": "accepted"}
    her = {"actor": {"reference": HER}, "status": "accepted"}
    telecom = [{"system": "url", "value": address}]
    return {"contained": [{**place, "telecom": telecom}], "participant": [her, there]}


def meeting(county: County, key: str = "a1", **changes: Any) -> None:
    """The hospital's system sends an appointment of hers."""
    her = {"actor": {"reference": HER}, "status": "accepted"}
    made = {
        "resourceType": "Appointment",
        "identifier": [{"system": "urn:appointment", "value": key}],
        "status": "booked",
        "start": "2026-04-13T09:30:00-07:00",
        "end": "2026-04-13T10:00:00-07:00",
        "description": "Methadone dose review",
        "reasonCode": [{"text": "Opioid dependence"}],
        "participant": [her],
    }
    send(county, {**made, **changes})


def message(county: County, key: str = "m1", words: str = "How are you?", **changes: Any) -> None:
    """The hospital's system sends what it has written to her."""
    made = {
        "resourceType": "Communication",
        "identifier": [{"system": "urn:message", "value": key}],
        "status": "completed",
        "sent": "2026-04-11T07:00:00-07:00",
        "subject": {"identifier": {"system": MRN[0], "value": MRN[1]}},
        "recipient": [{"reference": HER}],
        "payload": [{"contentString": words}],
    }
    send(county, {**made, **changes})


def send(county: County, resource: dict[str, Any]) -> None:
    """One resource of the hospital's, beside who it is about."""
    mrn = {"system": MRN[0], "value": MRN[1]}
    her = {"resourceType": "Patient", "identifier": [mrn], "birthDate": "1996-04-17"}
    entries = [
        {"fullUrl": HER, "resource": her, "request": {"method": "POST", "url": "Patient"}},
        {
            "fullUrl": "urn:uuid:8d1c28a0-0f6e-4a0a-9d7e-0a7f5d2a1b02",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        },
    ]
    county.submit("hospital", {"resourceType": "Bundle", "type": "transaction", "entry": entries})


def test_she_reads_when_and_with_whom_and_joins_from_there(county_page: County, phone: Phone) -> None:
    meeting(county_page, **by_video(VIDEO))
    meeting(county_page, "a2", status="pending", start="2026-04-12T16:00:00Z", end="2026-04-12T16:30:00Z")
    message(county_page)
    page = unescape(phone.get("/me/meetings").text)
    assert page.index(">April 12, 2026</time> 9:00 AM MST") < page.index(">April 13, 2026</time> 9:30 AM MST")
    assert "not yet sure" in page and "With: Riverbend General Hospital" in page
    assert f'<a href="{VIDEO}" rel="noreferrer noopener">' in page and "How are you?" in page
    for word in ("Methadone", "Opioid", "dose"):
        assert word not in page, "why and what for is not shown"
    assert (
        ">13 de abril de 2026</time> 9:30 a. m. MST"
        in phone.get("/me/meetings", **{"accept-language": "es"}).text
    )
    for stranger in ("/me/meetings", "/me/contacts"):
        answer = Phone(county_page).get(stranger)
        assert answer.status_code == 401 and VIDEO not in answer.text


def test_each_look_is_a_release_to_herself_that_can_be_decided_again(
    county_page: County, phone: Phone
) -> None:
    meeting(county_page)
    phone.get("/me/meetings")
    told = [one.entry for one in county_page.audit("disclose") if one.row.partner == HERSELF]
    assert told and all(one is not None and one.basis == "PATIENT_ACCESS" for one in told)
    assert told[-1] is not None and told[-1].bytes_sha256
    again = county_page.look(lambda reading: replay_decisions(reading, told[-1].request_id))  # type: ignore[union-attr]
    assert again and {one.verdict for one in again} == {"same"}
    assert "Nothing has been sent about you." in phone.get("/me/told").text, "her own look is nobody's"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"start": "2026-04-10T09:30:00Z", "end": "2026-04-10T10:00:00Z"},
        {"participant": [{"actor": {"display": "Dr. Lane"}, "status": "accepted"}]},
    ],
)
def test_what_is_over_off_or_not_hers_is_not_there(
    county_page: County, phone: Phone, changes: dict[str, Any]
) -> None:
    her = {"actor": {"reference": HER}, "status": "accepted"}
    meeting(county_page, **changes)
    meeting(county_page, "a2", participant=[her], start="2026-04-14T09:30:00Z", end="2026-04-14T10:30:00Z")
    assert phone.get("/me/meetings").text.count("With: ") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "in-progress"},
        {"sent": "2025-01-01T00:00:00Z"},
        {"sent": "2026-05-01T00:00:00Z"},
        {"recipient": [{"display": "the ward"}]},
    ],
)
def test_what_was_not_written_to_her_is_not_there(
    county_page: County, phone: Phone, changes: dict[str, Any]
) -> None:
    message(county_page, words="not for her", **changes)
    page = phone.get("/me/meetings").text
    assert "not for her" not in page and "There are no messages." in page


@pytest.mark.parametrize(
    "address",
    ["http://video.example/x", "javascript:alert(1)", "https://a@evil.example", "https://", "nowhere"],
)
def test_only_a_safe_address_is_a_link(county_page: County, phone: Phone, address: str) -> None:
    meeting(county_page, **by_video(address))
    page = phone.get("/me/meetings").text
    assert "Monday" in page and "noopener" not in page


def test_while_it_is_uncertain_who_she_is_nothing_is_there(county_page: County, phone: Phone) -> None:
    meeting(county_page)
    county_page.write(lambda tx: patients.doubt(tx, county_page.patient_id))
    assert phone.get("/me/meetings").status_code == 401


def test_she_sees_how_she_is_reached_and_asks_to_change_it(county_page: County, phone: Phone) -> None:
    page = unescape(phone.get("/me/contacts").text)
    assert "Riverbend General Hospital" in page and "5550142" in page
    answer = phone.act("/me/contacts", phone="602 555 0199", mail="new@mail.example", preferred="email")
    assert "Somebody will answer you." in answer.text
    (asked,) = county_page.look(privacy_requests.not_answered)
    assert asked.kind == "amendment"
    said = [one.entry for one in county_page.audit("outcome") if one.row.outcome == "request_received"]
    assert said[0] is not None and "602 555 0199" in said[0].description
    assert "new@mail.example" not in phone.get("/me/contacts").text, "nothing changes until it is checked"
    assert "ADDRESS_INVALID" in phone.act("/me/contacts", phone=" ", mail="").text


@pytest.mark.requirement("HI-522-01", "DM-27")
def test_silence_binds_at_once(county_page: County, phone: Phone) -> None:
    from gateway.flows import own_contacts
    from gateway.flows.agency_desk import Worker
    from gateway.flows.own_contacts import Contacts

    ana, her = Worker("hospital", "Ana Ruiz"), county_page.patient_id
    rosa = Worker("hospital", "Rosa Medina")
    agreed = Contacts(mail="her@mail.example", preferred="email")
    premises = county_page.premises
    for worker in (ana, rosa):
        county_page.run(own_contacts.contacts_agreed(premises, worker, her, agreed, "passport"))
    assert own_contacts.require_mail(premises, ana, her) == "her@mail.example"
    phone.get("/me/contacts")
    phone.act("/me/contacts", no_messages="yes")
    with pytest.raises(Exception, match="nothing is to be sent"):
        own_contacts.require_mail(premises, ana, her)
    county_page.run(own_contacts.contacts_agreed(premises, ana, her, agreed, "passport"))
    with pytest.raises(Exception, match="nothing is to be sent"):
        own_contacts.require_mail(premises, ana, her)
    allowed = Contacts(mail="her@mail.example", preferred="email", allowed_again=True)
    county_page.run(own_contacts.contacts_agreed(premises, ana, her, allowed, "passport"))
    assert own_contacts.require_mail(premises, ana, her) == "her@mail.example", "allowed again, at her side"


def test_another_agency_s_description_is_not_shown(county_page: County, phone: Phone) -> None:
    submit(
        county_page,
        "psychiatry",
        {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "999"}]},
    )
    assert "999" not in phone.get("/me/contacts").text
