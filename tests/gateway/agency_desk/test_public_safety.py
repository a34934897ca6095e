"""Law enforcement refers people in and hears nothing back: not whether anybody is known, and no page of anything."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gateway.agency_desk.pages import SCREENS
from gateway.demo import person
from gateway.disclosure import gate
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.disclosure.release import Refusal
from gateway.partners import DeskDelivery, Route
from gateway.partners.network import Contact
from gateway.partners.network_file import NetworkFileRefused, parse_network
from gateway.store import consent_requests, intents, records
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.crisis_county import come_in
from tests.gateway.county import County
from tests.gateway.partners.test_network_file import STARTER

POLICE = "crisis-intervention-police"
PATH = "/agency/le-referral"
HER = {"given": "Maribel", "family": "Testperson", "born": person.BORN, "phone": person.PHONE}
WORDS = {"concern": "outreach", "urgency": "urgent", "note": "walked in the road"}


@pytest.fixture
def officer(county: County) -> Browser:
    """An officer who has come in; she is a patient of the hospital and the program, and permits everything."""
    county.change_partner(POLICE, desk=("refer_in",))
    way = Route("police-to-crisis", POLICE, "crisis", "referral", "COC")
    others = [one for one in county.premises.network.content.routes if one.source != POLICE]
    county.change_network(routes=(*others, way))
    county.change_partner("crisis", delivery=DeskDelivery())
    county.refer()
    county.share_plan()
    for name in (POLICE, "otp"):
        county.consent(name, classes=("Patient", "Task", "ServiceRequest", "CarePlan"))
    return come_in(county, POLICE, "Officer Diaz")


def send(browser: Browser, **said: str) -> str:
    browser.get(PATH)
    form = {"token": browser.hidden("token"), "key": browser.hidden("key"), **WORDS, **said}
    return re.sub(r'name="key" value="[^"]*"', "", browser.post(PATH, form).text)


@pytest.mark.requirement("DM-12", "P2-12-03")
def test_what_comes_back_is_the_same_bytes_for_who_is_known_and_who_is_not(
    county: County, officer: Browser
) -> None:
    known = send(officer, **HER)
    unknown = send(officer, given="Unknown", family="Unknown", born="", phone="")

    assert known == unknown and "Received." in known
    for word in ("Maribel", "Testperson", "Riverbend", "Sunrise"):
        assert word not in known
    kinds = {one.entry.kind for one in county.audit() if one.entry and one.entry.partner == POLICE}
    assert not kinds & {"disclose", "read", "query"}


@pytest.mark.requirement("DM-12")
def test_what_was_written_goes_on_as_far_as_she_agrees_and_the_words_stay(
    county: County, officer: Browser
) -> None:
    send(officer, **HER)
    held = county.look(lambda reading: intents.in_state(reading, "due", 50))
    (mine,) = [one for one in held if one.source_partner == POLICE]
    assert (mine.partner, mine.kind) == ("crisis", "referral")
    assert not [one for one in held if one.partner == POLICE]
    assert POLICE not in {one.source_partner for one in county.records("DocumentReference")}


@pytest.mark.requirement("DM-12")
def test_the_note_is_kept_from_everybody_and_another_person_on_the_same_form_is_another(
    county: County, officer: Browser
) -> None:
    officer.get(PATH)
    form = {"token": officer.hidden("token"), "key": officer.hidden("key"), **WORDS, **HER}
    for said in (form, form, {**form, "given": "Otto", "phone": "602-555-0171", "urgency": "stat"}):
        assert "Received." in officer.post(PATH, said).text

    sent = [
        one
        for one in county.look(lambda reading: intents.in_state(reading, "due", 50))
        if one.source_partner == POLICE
    ]
    assert len({one.patient_id for one in sent}) == len(sent) == 2
    for one in sent:
        with county.premises.store.read() as reading:
            (note,) = records.of_patient(reading, one.patient_id, ("DocumentReference",))
        assert is_recorder_only(note) and note.version == 1
        assert not [focus for focus in one.focus if focus.startswith("DocumentReference/")]


def test_what_is_wrong_is_told_from_the_form_alone(officer: Browser) -> None:
    for wrong in (
        {"given": " "},
        {"born": "soon"},
        {"born": "2199-01-01"},
        {"concern": "x"},
        {"urgency": "x"},
    ):
        page = send(officer, **{**HER, **wrong})
        assert officer.page.status_code == 400 and 'id="again"' in page, (
            "the form is there as it was filled in"
        )
        assert all(f'value="{said}"' in page for name, said in HER.items() if name not in wrong)
    assert "Received" in send(officer, **HER)
    form = {"token": officer.hidden("token"), "key": "k" * 30, **HER, **WORDS}
    assert [officer.post(PATH, form).status_code for _ in range(2)] == [200, 200], "sent twice it is received"


@pytest.mark.requirement("DM-12")
def test_without_a_permission_it_waits_for_one_that_a_desk_asks_for_and_never_the_officer(
    county: County, officer: Browser
) -> None:
    county.change_partner(POLICE, owner=Contact("Officer Diaz", "+1-602-555-0133"))
    county.change_partner("counseling", desk=("consents",), may_record_consent_for=(POLICE,))
    send(officer, given="Otto", family="Unknown", born="1990-03-31", phone="602-555-0171")

    (mine,) = [one for one in county.claim() if one.source_partner == POLICE]
    assert isinstance(county.run(gate.release(county.premises, mine)), Refusal)

    asked = county.look(lambda reading: consent_requests.of_intent(reading, mine.id))
    desk = county.premises.network.content.operator.consent_desk
    assert asked is not None and asked.owner == desk.name and asked.due_at > asked.opened_at
    assert county.look(lambda reading: intents.get(reading, mine.id)).state == "held"
    to_do = come_in(county, "counseling", "Kim Counselor").get("/agency/").text
    assert desk.name in to_do and f"consents/requests/{mine.id}" in to_do
    assert "Otto" not in to_do, "the desk does not know him"
    assert "Otto" not in officer.get("/agency/le-referral").text and officer.get("/agency/").url.path == PATH


@pytest.mark.requirement("DM-12")
def test_no_other_page_of_the_desk_opens_to_law_enforcement(county: County, officer: Browser) -> None:
    county.change_partner(POLICE, desk=("refer_in", "consents", "clients", "crisis"), delivery=DeskDelivery())
    for screen in SCREENS:
        county.clock.advance(timedelta(seconds=5))  # so many pages at once would be too many
        path = "/agency" + re.sub(r"\{\w+\}", county.patient_id, screen.path)
        for answer in (
            (officer.get(path), officer.post(path, {})) if screen.path not in ("/", "/le-referral") else ()
        ):
            assert answer.status_code in (403, 404, 405) and "Maribel" not in answer.text, path
    assert officer.get("/agency/").url.path == PATH

    other = come_in(county, "crisis", "Ana")
    assert other.get(PATH).status_code == 404


def test_without_a_way_on_the_form_says_so(county: County, officer: Browser) -> None:
    routes = tuple(one for one in county.premises.network.content.routes if one.source != POLICE)
    county.change_network(routes=routes)
    assert "NO_WAY_IN" in send(officer, **HER)


@pytest.mark.parametrize(
    ("kind", "desk", "is_fine"),
    [
        ("law_enforcement", "[refer_in]", True), ("law_enforcement", "[refer_in, crisis]", False),
        ("law_enforcement", "[consents]", False), ("crisis", "[refer_in]", False), ("crisis", "[crisis]", True),
    ],
)  # fmt: skip
def test_the_network_file_lets_law_enforcement_refer_in_and_nothing_else(
    kind: str, desk: str, is_fine: bool
) -> None:
    without = re.sub(r"\n    desk: [^\n]*", "", STARTER)
    text = re.sub(rf"(\n    kind: {kind}\b[^\n]*\n)", rf"\1    desk: {desk}\n", without, count=1)
    assert text != without
    try:
        parse_network(text.encode())
    except NetworkFileRefused as refused:
        assert not is_fine and any(fault.place.endswith("desk") for fault in refused.faults)
    else:
        assert is_fine
