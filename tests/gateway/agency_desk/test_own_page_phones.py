"""What opens a person's own page ends when it may not be she who has it; a phone's coming and going is in the log."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from gateway.audit import AuditEntry, newest
from gateway.flows.desk_workers import send_away
from gateway.flows.same_person import join, part, sort
from gateway.store import same_person
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_page import Phone, colleague, link_from
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import WHY, both, confirm

SECRET = re.compile(r'class="secret">([A-Z2-7]+)<')


@pytest.fixture
def desk_county(county: County) -> County:
    """The hospital's desk takes consents and gives links; she is a client."""
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.consent()
    county.refer()
    return county


def came_in(county: County, patient_id: str = "") -> Phone:
    """She has come in by a new link and its code."""
    made = Phone(county)
    assert made.come(link_from(county, patient_id)).status_code == 200
    return made


def secret_on(page: str) -> str:
    found = SECRET.search(page)
    assert found is not None
    return found[1]


def set_up(county: County, phone: Phone) -> pyotp.TOTP:
    """Her phone's app, which has shown that it works."""
    app = pyotp.TOTP(secret_on(phone.get("/me/phone").text))
    assert phone.act("/me/phone", code=app.at(county.clock.now())).status_code == 200
    county.clock.advance(timedelta(minutes=2))
    return app


def lose(county: County) -> None:
    """Two workers say that her phone is lost."""
    colleague(county, "Bea Lopez")
    worker = Counter(county)
    worker.log_in()
    worker.get(f"/agency/consents/{county.patient_id}")
    worker.fill("/own-link", document="her card")
    worker.fill("/phone-lost", second="Bea Lopez")


def about_phones(county: County) -> list[AuditEntry]:
    logged = county.look(lambda reading: newest(reading, 1000))
    found = [one.entry for one in reversed(logged) if "phone" in one.row.outcome]
    return [one for one in found if one is not None]


def test_the_secret_of_the_next_phone_is_shown_to_nobody_before(desk_county: County) -> None:
    phone = came_in(desk_county)
    shown = secret_on(phone.get("/me/phone").text)
    other = came_in(desk_county)
    assert secret_on(other.get("/me/phone").text) != shown, "it is of the login at which the phone is set up"
    set_up(desk_county, other)
    page = other.get("/me/phone")
    assert page.status_code == 409 and "PHONE_SET_UP" in page.text
    assert SECRET.search(page.text) is None and "<svg" not in page.text
    lose(desk_county)
    again = came_in(desk_county)
    assert secret_on(again.get("/me/phone").text) not in (
        shown,
        secret_on(came_in(desk_county).get("/me/phone").text),
    )


def test_a_phone_that_comes_or_goes_is_in_the_log_with_who_said_so(desk_county: County) -> None:
    phone = came_in(desk_county)
    set_up(desk_county, phone)
    (entry,) = about_phones(desk_county)
    assert (entry.outcome, entry.patient_id) == ("phone_set_up", desk_county.patient_id)

    lose(desk_county)

    _, gone, said = about_phones(desk_county)
    assert (gone.outcome, said.outcome) == ("phone_given_up", "own_page_phone_lost")
    assert said.partner == "hospital" and said.recipient_name and "Bea Lopez" in said.description
    assert said.patient_id == desk_county.patient_id
    assert phone.get("/me/").status_code == 401, "what was opened with the phone has ended"


def test_a_worker_s_phone_is_in_the_log_as_well(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    app = pyotp.TOTP(secret_on(browser.get("/agency/phone").text))
    browser.post("/agency/phone", {"token": browser.hidden("token"), "code": app.at(desk.clock.now())})
    assert SECRET.search(browser.get("/agency/phone").text) is None
    desk.run(send_away(desk.premises, f"otp {ROSA}", "lost her phone"))
    entries = [(one.outcome, one.partner, one.recipient_name) for one in about_phones(desk)]
    who = ("otp", ROSA.casefold())
    assert entries == [("phone_set_up", *who), ("phone_given_up", *who)]


def test_of_links_of_one_second_the_last_alone_opens_the_page(desk_county: County) -> None:
    links = [link_from(desk_county) for _ in range(3)]
    for link in links[:-1]:
        assert "LINK_EXPIRED" in Phone(desk_county).come(link).text
    last = Phone(desk_county)
    assert last.come(links[-1]).status_code == 200
    link_from(desk_county)
    assert last.get("/me/").status_code == 401, "a session ends with its link, in the same second too"


@pytest.mark.requirement("DM-28")
def test_nothing_given_before_the_parting_opens_a_page_after_it(county: County) -> None:
    county.change_partner("hospital", desk=("consents", "own_pages"))
    her, again = both(county)
    before = came_in(county, her)
    county.run(join(county.premises, again, her, WHY))
    assert before.get("/me/").status_code == 401, (
        "nor does what was given to one of the two, once they are one"
    )

    phone = came_in(county, her)
    app = set_up(county, phone)
    unused = link_from(county, her)
    phone = Phone(county)
    assert phone.come((link_from(county, her)[0], app.at(county.clock.now()))).status_code == 200
    county.claim()
    for intent in county.intents("sending"):
        county.settle(intent, "delivered", "HTTP_200")
    county.run(part(county.premises, again, "it was her sister"))
    for one in county.look(lambda reading: same_person.unsorted_of(reading, her)):
        county.run(sort(county.premises, one, her, WHY))
    confirm(county, her, again)

    assert phone.get("/me/").status_code == 401
    assert "LINK_EXPIRED" in Phone(county).get(unused[0]).text
    assert [one.outcome for one in about_phones(county)] == ["phone_set_up", "phone_given_up"]
    assert came_in(county, her).get("/me/").status_code == 200, "by a new link and its code"
