"""A worker's authenticator app: set up after a login by link and code, asked for from then on, each code once."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from gateway.audit import newest
from gateway.flows.desk_workers import send_away
from gateway.store.model import AuditFilter
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.county import County

HER = "Maribel Testperson"


@pytest.fixture
def app(desk: County, waiting: str, browser: Browser) -> pyotp.TOTP:
    """Rosa has set up her phone."""
    browser.log_in()
    found = re.search(r'class="secret">([A-Z2-7]+)<', browser.get("/agency/phone").text)
    assert found is not None
    made = pyotp.TOTP(found[1])
    browser.post("/agency/phone", {"token": browser.hidden("token"), "code": made.at(desk.clock.now())})
    assert "app is asked for at each login" in browser.page.text
    desk.clock.advance(timedelta(minutes=2))
    return made


def test_from_then_on_the_link_asks_for_the_app_and_no_code(desk: County, app: pyotp.TOTP) -> None:
    again = Browser(desk)
    path, code = again.link()
    assert "six digits" in again.get(path).text
    assert "CODE_WRONG" in again.post(path, {"code": code}).text
    assert HER in again.post(path, {"code": app.at(desk.clock.now())}).text


def test_each_code_of_the_app_counts_once_and_old_ones_do_not(desk: County, app: pyotp.TOTP) -> None:
    one, other = Browser(desk), Browser(desk)
    shown = app.at(desk.clock.now())
    path, _ = one.link()
    assert "CODE_WRONG" in one.post(path, {"code": app.at(desk.clock.now() - timedelta(minutes=2))}).text
    assert HER in one.post(path, {"code": shown}).text
    path, _ = other.link()
    assert "CODE_WRONG" in other.post(path, {"code": shown}).text


def test_a_phone_that_has_not_worked_is_not_asked_for(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    browser.get("/agency/phone")
    form = {"token": browser.hidden("token"), "code": "000000"}
    assert "CODE_WRONG" in browser.post("/agency/phone", form).text
    assert browser.page.status_code == 403
    assert 'id="again"' in browser.page.text and 'class="secret"' in browser.page.text, (
        "the form is there again"
    )
    assert HER in Browser(desk).log_in().text


def test_another_worker_has_another_phone_and_nobody_two(desk: County, app: pyotp.TOTP) -> None:
    other = Browser(desk)
    path, code = other.link("Ana Ortiz")
    other.post(path, {"code": code})
    secret = re.search(r'class="secret">([A-Z2-7]+)<', other.get("/agency/phone").text)
    assert secret is not None and secret[1] != app.secret
    mine = Browser(desk)
    path, _ = mine.link()
    mine.post(path, {"code": app.at(desk.clock.now())})
    form = {"token": mine.hidden("token"), "code": app.at(desk.clock.now())}
    assert "PHONE_SET_UP" in mine.post("/agency/phone", form).text
    assert 'class="secret"' not in mine.get("/agency/phone").text


def test_guesses_at_an_open_page_are_counted_and_logged(desk: County, app: pyotp.TOTP) -> None:
    open_page, shown = Browser(desk), app.at(desk.clock.now())
    path, _ = open_page.link()
    open_page.post(path, {"code": shown})
    tokens = {"token": open_page.hidden("token"), "passkey": "x"}
    said = [open_page.post("/agency/passkey", {**tokens, "code": f"{n:06d}"}).text for n in range(5)]
    assert all("CODE_WRONG" in one for one in said)
    desk.clock.advance(timedelta(minutes=1))
    right = {**tokens, "code": app.at(desk.clock.now())}
    assert "LINK_LOCKED" in open_page.post("/agency/passkey", right).text
    refused = AuditFilter(kind="outcome", outcome="desk_code_refused")
    logged = desk.look(lambda reading: newest(reading, 9, refused))
    codes = [one.entry.reasons[0].code for one in reversed(logged) if one.entry is not None]
    assert codes == ["CODE_WRONG"] * 5 + ["LINK_LOCKED"]
    assert {one.entry.recipient_name for one in logged if one.entry is not None} == {ROSA}


def test_a_phone_under_way_is_not_guessed_either(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    browser.get("/agency/phone")
    form = {"token": browser.hidden("token"), "code": "000000"}
    said = [browser.post("/agency/phone", form).text for _ in range(6)]
    assert ["LINK_LOCKED" in one for one in said] == [False] * 5 + [True]


def test_new_links_bring_no_more_than_twenty_tries_in_a_day(desk: County, app: pyotp.TOTP) -> None:
    for _ in range(4):
        guess = Browser(desk)
        path, _ = guess.link()
        said = [guess.post(path, {"code": f"{n:06d}"}).text for n in range(5)]
        assert all("CODE_WRONG" in one for one in said)
    path, _ = Browser(desk).link()
    right = {"code": app.at(desk.clock.now())}
    assert "TRIES_OF_DAY" in Browser(desk).post(path, right).text
    ana, code = Browser(desk).link("Ana Ortiz")
    assert HER in Browser(desk).post(ana, {"code": code}).text, "another worker's tries are her own"
    desk.clock.advance(timedelta(days=1))
    path, _ = Browser(desk).link()
    assert HER in Browser(desk).post(path, {"code": app.at(desk.clock.now())}).text


def test_who_is_sent_away_has_her_tries_again(desk: County, app: pyotp.TOTP) -> None:
    for _ in range(4):
        guess = Browser(desk)
        path, _ = guess.link()
        for _ in range(5):
            guess.post(path, {"code": "000000"})
    desk.run(send_away(desk.premises, f"otp {ROSA}", "somebody guessed"))
    desk.clock.advance(timedelta(seconds=1))
    assert HER in Browser(desk).log_in().text


def test_who_lost_her_phone_is_sent_away_and_begins_anew(desk: County, app: pyotp.TOTP) -> None:
    desk.run(send_away(desk.premises, f"otp {ROSA}", "lost her phone"))
    desk.clock.advance(timedelta(seconds=1))
    again = Browser(desk)
    assert HER in again.log_in().text
    secret = re.search(r'class="secret">([A-Z2-7]+)<', again.get("/agency/phone").text)
    assert secret is not None and secret[1] != app.secret
