"""Passkeys beside the link, with made attestations: what counts, and everything that does not."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pyotp
import pytest

from gateway.audit import newest
from gateway.flows.desk_workers import send_away
from gateway.flows.phones import of_client
from gateway.security.passkeys import place_of
from gateway.store.model import AuditFilter
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.agency_desk.device import PRESENT, Device, offered
from tests.gateway.agency_desk.test_consent_pages import Counter
from tests.gateway.agency_desk.test_own_page import Phone, colleague, link_from
from tests.gateway.county import County

HER = "Maribel Testperson"
ORIGIN = "http://localhost:8080"


@pytest.fixture
def open_desk(desk: County, waiting: str) -> County:
    """The desk is reached at an address at which browsers offer passkeys."""
    desk.change_network(public_url=ORIGIN)
    return desk


@pytest.fixture
def device(open_desk: County) -> Device:
    """Rosa's; set up, and asked for from then on."""
    made, browser = Device(ORIGIN), Browser(open_desk)
    browser.log_in()
    assert set_up(browser, made).status_code == 200
    assert "passkey is asked for at each login" in browser.page.text
    return made


def set_up(browser: Browser, device: Device, **more: str) -> httpx.Response:
    """Send what the device makes."""
    page = browser.get("/agency/phone").text
    return browser.post("/agency/passkey", {"token": browser.hidden("token"), **device.make(page), **more})


def come(county: County, device: Device, name: str = ROSA) -> str:
    """Open a new link and show the device; the page that comes."""
    browser = Browser(county)
    path, _ = browser.link(name)
    return browser.post(path, device.show(browser.get(path).text)).text


def test_from_then_on_the_link_asks_for_the_passkey_and_no_code(open_desk: County, device: Device) -> None:
    stranger = Browser(open_desk)
    path, code = stranger.link()
    page = stranger.get(path).text
    assert 'name="code"' not in page and "This browser cannot use it here." in page
    assert "CODE_WRONG" in stranger.post(path, {"code": code}).text
    assert HER in come(open_desk, device)
    assert HER in come(open_desk, device), "and again, by another link"


def test_only_pages_that_offer_a_passkey_may_load_a_script(open_desk: County, device: Device) -> None:
    browser = Browser(open_desk)
    path, _ = browser.link()
    policy = browser.get(path).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and policy.endswith("; script-src 'self'")
    assert "unsafe" not in policy
    browser.post(path, device.show(browser.page.text))
    assert "script-src" not in browser.get().headers["content-security-policy"]
    script = browser.get("/agency/passkey.js")
    assert script.headers["content-type"].startswith("text/javascript") and script.status_code == 200


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"origin": "http://localhost:9999"}, "another port"),
        ({"origin": "https://evil.example"}, "another site"),
        ({"host": "evil.example"}, "a key of another site"),
        ({"flags": PRESENT}, "nobody was verified"),
        ({"id": b"another-device-012"}, "a passkey nobody knows"),
    ],
)
def test_what_was_asked_elsewhere_or_of_nobody_opens_nothing(
    open_desk: County, device: Device, changes: dict[str, object], why: str
) -> None:
    for name, value in changes.items():
        setattr(device, name, value)
    assert "CODE_WRONG" in come(open_desk, device), why


def test_another_key_under_the_same_id_opens_nothing(open_desk: County, device: Device) -> None:
    assert "CODE_WRONG" in come(open_desk, Device(ORIGIN, id=device.id, count=100))


def test_an_answer_counts_once_for_its_own_link_and_for_five_minutes(
    open_desk: County, device: Device
) -> None:
    browser = Browser(open_desk)
    path, _ = browser.link()
    answer = device.show(browser.get(path).text)
    other, _ = browser.link()
    assert "CODE_WRONG" in browser.post(other, answer).text, "of another link"
    assert HER in browser.post(path, answer).text
    replayed = Browser(open_desk)
    assert "LINK_USED" not in (page := replayed.post(path, answer).text) and "CODE_WRONG" in page
    late = Browser(open_desk)
    path, _ = late.link()
    answer = device.show(late.get(path).text)
    open_desk.clock.advance(timedelta(minutes=6))
    assert "CODE_WRONG" in late.post(path, answer).text


def test_a_challenge_of_one_s_own_making_is_none(open_desk: County, device: Device) -> None:
    browser = Browser(open_desk)
    path, _ = browser.link()
    answer = device.show(browser.get(path).text)
    answer["challenge"] = answer["challenge"][:-8] + "AAAAAAAA"
    assert "CODE_WRONG" in browser.post(path, answer).text
    for passkey in ("", "{", "[]", '{"rawId": 1}', '{"rawId": "AA"}', "x" * 4000):
        fresh, _ = browser.link()
        _, challenge = offered(browser.get(fresh).text)
        assert "CODE_WRONG" in browser.post(fresh, {"challenge": challenge, "passkey": passkey}).text


def test_a_count_that_goes_back_opens_nothing_and_is_in_the_log(open_desk: County, device: Device) -> None:
    device.count = 10
    assert HER in come(open_desk, device)
    device.count = 5
    assert "CODE_WRONG" in come(open_desk, device)
    device.count = 10  # the next is 11, as it was
    assert "CODE_WRONG" in come(open_desk, device)
    copied = AuditFilter(kind="outcome", outcome="passkey_copied")
    logged = open_desk.look(lambda reading: newest(reading, 9, copied))
    assert [one.entry.recipient_name for one in logged if one.entry is not None] == [ROSA.casefold()] * 2
    device.count = 11
    assert HER in come(open_desk, device)


def test_two_answers_of_the_same_count_at_once_are_one(open_desk: County, device: Device) -> None:
    """The store decides, not what was known when the page was read."""
    from gateway.flows.passkeys import passkey_used, passkeys_of
    from gateway.flows.phones import of_worker
    from gateway.security.passkeys import Passkey

    rosa = of_worker("otp", ROSA)
    (known,) = passkeys_of(open_desk.premises, rosa)
    shown = Passkey(known.id, known.public_key, 7)
    assert open_desk.run(passkey_used(open_desk.premises, rosa, shown))
    assert not open_desk.run(passkey_used(open_desk.premises, rosa, shown))
    assert not open_desk.run(passkey_used(open_desk.premises, of_worker("otp", "Ana"), shown))
    copied = AuditFilter(kind="outcome", outcome="passkey_copied")
    assert len(open_desk.look(lambda reading: newest(reading, 9, copied))) == 1


def test_another_worker_s_passkey_opens_nothing(open_desk: County, device: Device) -> None:
    ana, hers = Browser(open_desk), Device(ORIGIN, id=b"ana's-device-01234")
    path, code = ana.link("Ana Ortiz")
    ana.post(path, {"code": code})
    set_up(ana, hers)
    assert "CODE_WRONG" in come(open_desk, hers)
    assert "CODE_WRONG" in come(open_desk, device, "Ana Ortiz")
    assert HER in come(open_desk, hers, "Ana Ortiz")


def test_five_wrong_answers_end_the_link(open_desk: County, device: Device) -> None:
    browser = Browser(open_desk)
    path, _ = browser.link()
    page = browser.get(path).text
    wrong = Device("https://evil.example", id=device.id)
    answers = [browser.post(path, wrong.show(page)).text for _ in range(6)]
    assert ["LINK_LOCKED" in one for one in answers] == [False] * 5 + [True]


def test_a_passkey_counts_once_it_was_made_here_and_none_is_made_at_an_open_page(open_desk: County) -> None:
    browser = Browser(open_desk)
    browser.log_in()
    for wrong in (
        Device("https://evil.example"),
        Device(ORIGIN, host="evil.example"),
        Device(ORIGIN, flags=PRESENT),
    ):
        assert "PASSKEY_WRONG" in set_up(browser, wrong).text
    page = browser.get("/agency/phone").text
    form = {"token": browser.hidden("token"), **Device(ORIGIN).make(page)}
    assert browser.post("/agency/passkey", form).status_code == 200
    assert "PASSKEY_WRONG" in browser.post("/agency/passkey", form).text, "the same once more"
    assert 'data-passkey="make"' not in browser.get("/agency/phone").text, "none is made at an open page"
    form = {"token": browser.hidden("token"), "code": "123456"}
    assert "PHONE_SET_UP" in browser.post("/agency/phone", form).text, "an open page gives nobody a way in"


def test_a_spare_device_is_added_and_removed_by_whoever_shows_one(open_desk: County, device: Device) -> None:
    browser, spare = Browser(open_desk), Device(ORIGIN, id=b"spare-0123456789ab")
    path, _ = browser.link()
    browser.post(path, device.show(browser.get(path).text))
    page = browser.get("/agency/phone").text
    stolen = {"token": browser.hidden("token"), **spare.make(page)}
    assert "PASSKEY_WRONG" in browser.post("/agency/passkey", stolen).text
    browser.get("/agency/phone")
    assert "PASSKEY_WRONG" in browser.post("/agency/passkey/more", {"token": browser.hidden("token")}).text

    def shown(by: Device) -> str:
        page = browser.get("/agency/phone").text
        return browser.post("/agency/passkey/more", {"token": browser.hidden("token"), **by.show(page)}).text

    form = {**spare.make(shown(device)), "token": browser.hidden("token")}
    assert "Passkey 2" in browser.post("/agency/passkey", form).text
    assert HER in come(open_desk, spare) and HER in come(open_desk, device)

    shown(spare)
    lost = {name: browser.hidden(name) for name in ("token", "gone", "name")}
    assert "Passkey 2" not in browser.post("/agency/passkey/remove", lost).text
    assert "CODE_WRONG" in come(open_desk, device) and HER in come(open_desk, spare)
    assert "PASSKEY_WRONG" in browser.post("/agency/passkey/remove", lost).text, "asked once"
    shown(spare)
    last = {name: browser.hidden(name) for name in ("token", "gone", "name")}
    assert "PASSKEY_LAST" in browser.post("/agency/passkey/remove", last).text


def test_a_person_adds_a_spare_of_her_own(county: County, phone: Phone) -> None:
    device, spare = Device(ORIGIN), Device(ORIGIN, id=b"spare-0123456789ab")
    phone.get("/me/")
    phone.act("/me/passkey", **device.make(phone.get("/me/phone").text))
    phone.get("/me/phone")
    assert "PASSKEY_WRONG" in phone.act("/me/passkey/more", code="1").text
    page = phone.get("/me/phone").text
    page = phone.act("/me/passkey/more", **device.show(page)).text
    phone.act("/me/passkey", **spare.make(page))
    page = phone.get("/me/phone").text
    assert "Passkey 2" in page
    phone.act("/me/passkey/more", **spare.show(page))
    lost = {name: phone.hidden(name) for name in ("gone", "name")}
    assert "Passkey 2" not in phone.act("/me/passkey/remove", **lost).text


def test_two_open_pages_make_one_passkey(open_desk: County) -> None:
    browser = Browser(open_desk)
    browser.log_in()
    forms = []
    for name in (b"one-0123456789abcd", b"two-0123456789abcd"):
        page = browser.get("/agency/phone").text
        forms.append({"token": browser.hidden("token"), **Device(ORIGIN, id=name).make(page)})
    assert browser.post("/agency/passkey", forms[0]).status_code == 200
    assert "PASSKEY_SET_UP" in browser.post("/agency/passkey", forms[1]).text


def test_who_has_an_app_shows_it_before_a_passkey_and_then_either_opens(open_desk: County) -> None:
    browser = Browser(open_desk)
    browser.log_in()
    found = re.search(r'class="secret">([A-Z2-7]+)<', browser.get("/agency/phone").text)
    assert found is not None
    app, device = pyotp.TOTP(found[1]), Device(ORIGIN)
    browser.post("/agency/phone", {"token": browser.hidden("token"), "code": app.at(open_desk.clock.now())})
    open_desk.clock.advance(timedelta(minutes=2))
    assert "CODE_WRONG" in set_up(browser, device).text
    assert set_up(browser, device, code=app.at(open_desk.clock.now())).status_code == 200
    open_desk.clock.advance(timedelta(minutes=2))
    assert HER in come(open_desk, device)
    again = Browser(open_desk)
    path, _ = again.link()
    assert 'name="code"' in again.get(path).text
    assert HER in again.post(path, {"code": app.at(open_desk.clock.now())}).text


def test_who_lost_her_device_is_sent_away_and_begins_anew(open_desk: County, device: Device) -> None:
    open_desk.run(send_away(open_desk.premises, f"otp {ROSA}", "lost her phone"))
    open_desk.clock.advance(timedelta(seconds=1))
    browser = Browser(open_desk)
    assert HER in browser.log_in().text
    fresh = Device(ORIGIN, id=b"a-new-device-01234")
    assert set_up(browser, fresh).status_code == 200
    assert "CODE_WRONG" in come(open_desk, device)
    assert HER in come(open_desk, fresh)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://gateway.example.org", True),
        ("https://gateway.example.org:8443/x", True),
        ("http://localhost:8080", True),
        ("http://gateway.example.org", False),
        ("http://127.0.0.1:8080", False),
        ("https://127.0.0.1", False),
        ("https://[::1]:8080", False),
        ("", False),
    ],
)
def test_a_passkey_is_offered_where_browsers_have_it(address: str, good: bool) -> None:
    assert (place_of(address) is not None) is good


def test_without_an_address_none_is_offered(desk: County, waiting: str) -> None:
    browser = Browser(desk)
    browser.log_in()
    answer = browser.get("/agency/phone")
    assert "data-passkey" not in answer.text and "script-src" not in answer.headers["content-security-policy"]


# ------------------------------------------------------------------------------------------ a person's own page


@pytest.fixture
def phone(county: County) -> Phone:
    """She has come in by link and code, at an address with passkeys."""
    county.change_network(public_url=ORIGIN)
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.refer()
    made = Phone(county)
    made.come(link_from(county))
    return made


def test_her_passkey_is_asked_for_in_place_of_the_code(county: County, phone: Phone) -> None:
    device = Device(ORIGIN)
    phone.get("/me/")
    page = phone.get("/me/phone").text
    assert "Maribel" not in page and "script-src 'self'" in phone.page.headers["content-security-policy"]
    assert "passkey is asked for" in phone.act("/me/passkey", **device.make(page)).text
    assert 'data-passkey="make"' not in phone.get("/me/phone").text

    path, code = link_from(county)
    assert code == "", "the worker is told that no code is needed"
    again = Phone(county)
    assert 'name="code"' not in again.get(path).text
    assert "CODE_WRONG" in again.post(path, {"code": "12345678"}).text
    assert "CODE_WRONG" in again.post(path, Device(ORIGIN, id=device.id).show(again.get(path).text)).text
    assert again.post(path, device.show(again.get(path).text)).status_code == 200
    assert [one.row.outcome for one in county.audit("outcome")].count("passkey_set_up") == 1


def test_a_lost_device_is_given_up_by_two_workers(county: County, phone: Phone) -> None:
    device = Device(ORIGIN)
    phone.act("/me/passkey", **device.make(phone.get("/me/phone").text))
    worker = Counter(county)
    worker.log_in()
    worker.get(f"/agency/consents/{county.patient_id}")
    worker.fill("/own-link", document="passport")
    colleague(county)
    worker.fill("/phone-lost", second="Kim Lee")
    link = link_from(county)
    assert link[1] and Phone(county).come(link).status_code == 200
    from gateway.flows.passkeys import passkeys_of

    assert passkeys_of(county.premises, of_client(county.patient_id)) == ()


def test_a_stranger_makes_none_and_who_has_an_app_neither(county: County, phone: Phone) -> None:
    form = Device(ORIGIN).make(phone.get("/me/phone").text)
    assert Phone(county).post("/me/passkey", form).status_code == 401
    secret = re.search(r'class="secret">([A-Z2-7]+)<', phone.page.text)
    assert secret is not None
    phone.act("/me/phone", code=pyotp.TOTP(secret[1]).at(county.clock.now()))
    phone.get("/me/")
    assert "PHONE_SET_UP" in phone.act("/me/passkey", **form).text
