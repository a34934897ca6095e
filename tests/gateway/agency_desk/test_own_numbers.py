"""The agency's own number of a person who was referred to it: its own identifier, refused for a second person."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.flows.desk_clients import number_system
from gateway.flows.desk_own_numbers import CONTESTED, SAID, WRONG
from gateway.identity import IDENTIFIER
from gateway.store import patients
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.county import County

NUMBER = "DH 77-1204"


def _say(browser: Browser, waiting: str, number: str) -> int:
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "number": number}
    return browser.post(f"/agency/referrals/{waiting}/number", form).status_code


def _person(number: str) -> dict[str, Any]:
    """The program's system describes somebody else under that number."""
    other = {"resourceType": "Patient", "identifier": [{"system": number_system("otp"), "value": number}]}
    other |= {"name": [{"family": "Other", "given": ["Ana"]}], "birthDate": "1970-01-02"}
    entry = {"fullUrl": "urn:uuid:5a0c2f2e-8f0f-4f65-9a39-0b5d0c9f3a12", "resource": other}
    entry |= {"request": {"method": "POST", "url": "Patient"}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


def _numbers(desk: County) -> list[str]:
    found = [one for one in desk.records("Patient") if one.source_partner == "otp"]
    system = number_system("otp")
    return [each["value"] for one in found for each in one.resource["identifier"] if each["system"] == system]


def test_the_number_is_the_agencys_own_identifier_of_her(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()

    assert _say(browser, waiting, f"  {NUMBER} ") == 200

    assert f"Our number: {NUMBER}" in browser.page.text and "Saved" in browser.page.text
    (kept,) = [one for one in desk.records("Patient") if one.source_partner == "otp"]
    system = number_system("otp")
    assert kept.patient_id == desk.patient_id
    named, number = kept.resource["identifier"]
    assert number == {"system": system, "value": NUMBER}
    assert named["system"] == "urn:handoff:desk-person" and desk.patient_id not in named["value"]
    assert "name" not in kept.resource, "what the sender has told stays the sender's"
    desk.submit("otp", _goal(system), purpose="TREAT")
    assert [one.patient_id for one in desk.records("Goal")] == [desk.patient_id]


@pytest.mark.requirement("AU-05")
def test_who_said_it_is_logged_once_without_the_number(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    for _ in range(2):
        assert _say(browser, waiting, NUMBER) == 200

    (said,) = [one.entry for one in desk.audit() if one.entry is not None and one.entry.outcome == SAID]

    assert (said.partner, said.recipient_name, said.patient_id) == ("otp", ROSA, desk.patient_id)
    assert NUMBER not in repr(desk.audit())
    assert _numbers(desk) == [NUMBER]
    assert _say(browser, waiting, "DH 2") == 200
    assert sorted(_numbers(desk)) == ["DH 2", NUMBER]


@pytest.mark.requirement("AU-05")
def test_a_number_typed_for_the_wrong_person_is_taken_away_and_free_for_another(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    assert _say(browser, waiting, NUMBER) == 200 and _say(browser, waiting, "DH 2") == 200
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "number": NUMBER, "reason": "typed for the next client"}
    where = f"/agency/referrals/{waiting}/number-wrong"
    assert browser.post(where, {**form, "reason": " "}).status_code == 400
    assert browser.post(where, {**form, "number": "DH 3"}).status_code == 404
    assert browser.post(where, form).status_code == 200 and _numbers(desk) == ["DH 2"]
    assert NUMBER not in browser.page.text and "DH 2" in browser.page.text
    (said,) = [one.entry for one in desk.audit() if one.entry and one.entry.outcome == WRONG]
    assert said.recipient_name == ROSA and "next client" in said.description and NUMBER not in repr(said)
    assert browser.post(where, form).status_code == 404, "once"

    desk.submit("otp", _person(NUMBER))
    token = desk.premises.keys.index(IDENTIFIER, number_system("otp"), NUMBER)
    ((_, whose),) = desk.look(lambda reading: patients.find_by_token(reading, "otp", token))
    assert whose != desk.patient_id, "it is another person's from then on"


@pytest.mark.requirement("DM-28")
def test_a_wrong_number_under_which_a_system_has_sent_somebody_is_for_a_person_to_look_at(
    desk: County, waiting: str, browser: Browser
) -> None:
    """Two people may be in one record: nothing of it is shown or leaves. What the desk alone has said it corrects."""
    browser.log_in()
    numbers = [NUMBER, "DH 2", "DH 3", "DH 4"]
    assert [_say(browser, waiting, number) for number in numbers] == [200] * 4
    for number in numbers[::2]:
        desk.submit("otp", _person(number))
    shown, token = browser.page.text, browser.hidden("token")
    where = f"/agency/referrals/{waiting}/number-wrong"
    form = {"token": token, "number": "DH 2", "reason": "typed for the next client"}
    assert browser.post(where, form).status_code == 200, "the desk's own word is the desk's to correct"
    assert desk.look(lambda reading: patients.certain(reading, desk.patient_id))

    assert browser.post(where, {**form, "number": NUMBER}).status_code == 409

    assert "Your system has sent somebody under that number" in browser.page.text
    assert not desk.look(lambda reading: patients.certain(reading, desk.patient_id))
    (said,) = [one.entry for one in desk.audit() if one.entry and one.entry.outcome == CONTESTED]
    assert said.recipient_name == ROSA and NUMBER not in repr(said)
    assert "Maribel" in shown and "Maribel" not in browser.get(f"/agency/referrals/{waiting}").text


def test_the_sender_finds_her_by_no_number_of_the_agencys(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    _say(browser, waiting, NUMBER)

    assert desk.search("hospital", "Patient", (number_system("otp"), NUMBER))["total"] == 0
    (hers,) = [one for one in desk.records("Patient") if one.source_partner == "hospital"]
    assert NUMBER not in repr(desk.read("hospital", "Patient", hers.id))
    assert NUMBER not in repr(desk.read("hospital", "Patient", desk.patient_id))


def test_a_number_is_one_persons(desk: County, waiting: str, browser: Browser) -> None:
    desk.submit("otp", _person(NUMBER))
    browser.log_in()

    assert _say(browser, waiting, NUMBER) == 409

    assert "has that client number" in browser.page.text
    assert NUMBER not in browser.get(f"/agency/referrals/{waiting}").text


@pytest.mark.parametrize("number", ["", "   ", "unknown", "x" * 81])
def test_what_is_no_number_is_refused(desk: County, waiting: str, browser: Browser, number: str) -> None:
    browser.log_in()
    assert _say(browser, waiting, number) == 400
    assert _numbers(desk) == []


@pytest.mark.requirement("P2-31-12")
def test_who_is_not_named_gets_no_number(desk: County, waiting: str, browser: Browser) -> None:
    """Whether a number is hers or another's would tell who she is."""
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "number": NUMBER}
    for consent in desk.records("Consent"):
        desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})

    assert browser.post(f"/agency/referrals/{waiting}/number", form).status_code == 404

    assert _numbers(desk) == []
    assert browser.post("/agency/referrals/none/number", form).status_code == 404
    assert browser.post(f"/agency/referrals/{waiting}/number", {"number": NUMBER}).status_code == 403


def test_the_number_of_a_withdrawn_referral_is_not_shown(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    _say(browser, waiting, NUMBER)
    for consent in desk.records("Consent"):
        desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})
    assert NUMBER not in browser.get(f"/agency/referrals/{waiting}").text


def _goal(system: str) -> dict[str, object]:
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "A key of her own"},
        "subject": {"reference": f"Patient?identifier={system}|{NUMBER}"},
    }
    entry = {"fullUrl": "urn:uuid:5a0c2f2e-8f0f-4f65-9a39-0b5d0c9f3a13", "resource": goal}
    entry |= {"request": {"method": "POST", "url": "Goal"}}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
