"""A person's own page: come to by a link and a second thing, read, stopped, asked; and what another person finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import httpx
import pyotp
import pytest
from starlette.types import ASGIApp

from gateway.agency_desk.own_pages import WORDS
from gateway.agency_desk.told_by_day import told_by_day
from gateway.disclosure.accounting import AccountLine
from gateway.store import patients, privacy_requests
from gateway.wiring.own_page_door import own_page_mounts
from tests.gateway.agency_desk.conftest import Browser
from tests.gateway.agency_desk.test_consent_pages import HER, Counter
from tests.gateway.county import County

NAMESAKE = {"given": "Maribel", "family": "Testperson", "born": "1996-04-17", "phone": "520-555-0107"}


class Phone(Browser):
    """Her own browser, at her own page."""

    def mounts(self) -> Mapping[str, ASGIApp]:
        """Her own page alone."""
        return own_page_mounts(self.county.premises)

    def come(self, link: tuple[str, str]) -> httpx.Response:
        """Log in by a link and what goes with it."""
        return self.post(link[0], {"code": link[1]})

    def act(self, path: str, **said: str) -> httpx.Response:
        """Send a form of the page."""
        return self.post(path, {"token": self.hidden("token"), **said})


@pytest.fixture
def told(county: County) -> County:
    """She permitted something, it was sent, and the hospital's desk takes consents."""
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.consent("otp", classes=("Patient", "ServiceRequest", "Task"))
    county.refer()
    hand_over(county)
    return county


def hand_over(county: County) -> None:
    """What is permitted leaves, and the log has it."""
    from tests.gateway.flows.test_same_person import hand_over as handed_over

    handed_over(county, county.deliver())


def link_from(county: County, patient_id: str = "") -> tuple[str, str]:
    """A link that a worker makes at her side: its path and the code, if one goes with it."""
    worker = Counter(county)
    worker.log_in()
    worker.get(f"/agency/consents/{patient_id or county.patient_id}")
    worker.fill("/own-link", document="driver's license")
    found = re.search(r"/me/login\?link=[^<\s]+", worker.page.text)
    assert found is not None and "<svg" in worker.page.text and "<strong>" not in worker.page.text
    if "app on their phone" in worker.page.text:
        return found[0], ""
    worker.get(f"/agency/consents/{patient_id or county.patient_id}")
    worker.fill("/own-code")
    assert "SECOND_PERSON_NEEDED" in worker.page.text, "nobody has link and code alone"
    other = colleague(county)
    other.get(f"/agency/consents/{patient_id or county.patient_id}")
    other.fill("/own-code")
    code = re.search(r"<strong>(\d{4}) (\d{4})</strong>", other.page.text)
    assert code is not None
    return found[0], code[1] + code[2]


def colleague(county: County, name: str = "Kim Lee") -> Counter:
    """Another worker of the desk, logged in."""
    other = Counter(county)
    path, code = other.link(name, "hospital")
    other.post(path, {"code": code})
    return other


@pytest.fixture
def phone(told: County) -> Phone:
    """She has come in by the link and the code."""
    made = Phone(told)
    made.come(link_from(told))
    return made


def test_she_reads_what_she_permitted_and_who_was_told(told: County, phone: Phone) -> None:
    page = unescape(phone.get("/me/").text)
    assert "<strong>Sunrise Opioid Treatment Program may see from Riverbend General Hospital" in page
    assert "your name and how to reach you" in page and "treatment" in page and "2027-12-31" in page
    account = unescape(phone.get("/me/told").text)
    assert "Sunrise Opioid Treatment Program" in account and "2026-04-11" in account
    assert "What: your name and how to reach you; the referral: what you need, and how it stands" in account
    for word in ("Opioid dependence", "5550142", "F11.20"):
        assert word not in page + account, "no record of an agency is shown"
    read = [
        one.entry
        for one in told.audit("read")
        if one.entry is not None and one.entry.basis == "PATIENT_ACCESS"
    ]
    assert [one.description for one in read] == [
        "own page: permissions",
        "own page: permissions",
        "own page: who was told",
    ]


@pytest.mark.requirement("HI-528-01")
def test_what_an_agency_was_told_on_one_day_is_one_line_with_how_often(told: County, phone: Phone) -> None:
    def line(at: str, what: str, outcome: str = "pulled", request: str = "r") -> AccountLine:
        return AccountLine(at, "Sunrise", "", what, "TREAT", "", "", (), outcome, 1, request)

    lines = (
        line("2026-04-11T06:30:00Z", "1 Task", request="r1"),
        line("2026-04-11T07:30:00Z", "1 Task", request="r2"),
        line("2026-04-12T05:00:00Z", "1 Task, 1 Practitioner, 2 PractitionerRole", request="r3"),
        line("2026-04-12T05:30:00Z", "1 Task", "unknown", "r4"),
        line("2026-04-09T00:00:00.000000Z", "a call", "outside", "r5"),
    )
    found = told_by_day(lines, ZoneInfo("America/Phoenix"))
    assert [(one.day, one.came, one.times, one.request_ids) for one in found] == [
        ("2026-04-11", False, 1, ("r4",)),
        ("2026-04-11", True, 2, ("r3", "r2")),
        ("2026-04-10", True, 1, ("r1",)),
        ("2026-04-09", False, 1, ("r5",)),
    ]

    told.refer("MSG-AGAIN", "REF-AGAIN")
    hand_over(told)
    page = unescape(phone.get("/me/told").text)
    assert "· 2 times" in page and page.count("<strong>Sunrise") == 1 and "local clock" in page


@pytest.mark.requirement("P2-31-12")
def test_she_stops_one_and_reads_what_had_gone(told: County, phone: Phone) -> None:
    kept = told.consent("psychiatry")
    phone.get("/me/")
    consent = re.findall(r'name="consent" value="([^"]+)"', phone.page.text)
    mine = next(one for one in consent if one != kept.resource["id"])

    page = phone.act("/me/stop", consent=mine)

    assert "Stopped now." in page.text and "1 items had already gone to Sunrise" in page.text
    states = {one.id: one.resource["status"] for one in told.records("Consent")}
    assert states == {mine: "inactive", kept.resource["id"]: "active"}
    assert phone.get("/me/") and phone.act("/me/stop", consent=mine).status_code == 404


@pytest.mark.requirement("P2-31-12")
def test_she_stops_everything_wherever_it_was_recorded(told: County, phone: Phone) -> None:
    told.share_plan()
    told.consent("housing", discloser="otp", by="otp")
    phone.get("/me/")
    phone.act("/me/stop", all="yes")
    assert {one.resource["status"] for one in told.records("Consent")} == {"inactive"}
    assert "You have not allowed anything here." in phone.get("/me/").text
    told.refer("ED-2", "R-2")
    told.refused()


@pytest.mark.parametrize("kind", ["restriction", "accounting", "amendment", "contact"])
def test_what_she_asks_for_is_received_with_its_day(told: County, phone: Phone, kind: str) -> None:
    page = phone.act("/me/ask", kind=kind, text="not with my <b>brother</b>")
    assert "Somebody will answer you." in page.text and "<b>brother" not in page.text
    (asked,) = told.look(privacy_requests.not_answered)
    assert asked.kind == {"contact": "amendment"}.get(kind, kind) and asked.patient_id == told.patient_id
    assert asked.due_on > asked.received_on
    (entry,) = [one.entry for one in told.audit("outcome") if one.row.outcome == "request_received"]
    assert entry is not None and "brother" in entry.description


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "money", "text": "x"}, "WISH_UNKNOWN"),
        ({"kind": "amendment", "text": " "}, "WISH_EMPTY"),
        ({"kind": "amendment", "text": "x" * 501}, "WISH_TOO_LONG"),
    ],
)
def test_what_cannot_be_asked_so_is_refused(phone: Phone, said: Mapping[str, str], code: str) -> None:
    page = phone.act("/me/ask", **said)
    assert code in page.text and page.status_code == 400
    assert f">{said['text']}</textarea>" in page.text, "nobody types twice"


def test_not_more_than_a_few_wishes_a_day(told: County, phone: Phone) -> None:
    answers = []
    for number in range(6):
        phone.get("/me/")
        answers.append(phone.act("/me/ask", kind="amendment", text=f"wish {number}").text)
    assert ["WISHES_TOO_MANY" in one for one in answers] == [False] * 5 + [True]


# ------------------------------------------------------------------------------------------ coming and going


def test_the_link_alone_says_nothing_and_counts_once(told: County) -> None:
    path, code = link_from(told)
    stranger = Phone(told)
    page = stranger.get(path)
    for word in (HER, "Maribel", "Riverbend", "Sunrise", "Opioid", told.patient_id):
        assert word not in page.text
    assert stranger.get("/me/").status_code == 401
    assert Phone(told).come((path, code)).status_code == 200
    assert "LINK_USED" in Phone(told).come((path, code)).text


def test_an_expired_link_and_one_before_a_newer_one_open_nothing(told: County) -> None:
    old = link_from(told)
    told.clock.advance(timedelta(hours=25))
    assert "LINK_EXPIRED" in Phone(told).come(old).text
    first = link_from(told)
    earlier = Phone(told)
    earlier.come(first)
    second = link_from(told)
    assert earlier.get("/me/").status_code == 401, "a lost phone's session ends with the next link"
    assert "LINK_EXPIRED" in Phone(told).come(first).text
    assert Phone(told).come(second).status_code == 200


def test_five_wrong_codes_end_the_link(told: County) -> None:
    path, code = link_from(told)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    guesser = Phone(told)
    assert ["CODE_WRONG" in guesser.come((path, wrong)).text for _ in range(5)] == [True] * 5
    assert "LINK_LOCKED" in guesser.come((path, code)).text


def test_the_next_one_at_a_shared_tablet_finds_nothing(told: County, phone: Phone) -> None:
    assert phone.get("/me/").headers["cache-control"] == "no-store"
    cookies = dict(phone.client.cookies)
    left = phone.act("/me/logout")
    assert left.status_code == 401 and "Sunrise" not in left.text
    assert phone.client.cookies.get("handoff_me") is None
    thief = Phone(told)
    thief.client.cookies.update(cookies)
    for path in ("/me/", "/me/told", "/me/phone"):
        answer = thief.get(path)
        assert answer.status_code == 401 and "Sunrise" not in answer.text


def test_a_namesake_with_her_birth_date_sees_nothing_of_hers(told: County) -> None:
    worker = Counter(told)
    worker.log_in()
    worker.get("/agency/consents/")
    worker.fill("/find", **NAMESAKE)
    worker.fill("/register")
    other = str(worker.page.url).rpartition("/")[2]
    assert other != told.patient_id
    told.write(lambda tx: patients.settle_doubt(tx, other))

    phone = Phone(told)
    page = phone.come(link_from(told, other)).text + phone.get("/me/told").text

    assert "You have not allowed anything here." in page and "Nothing has been sent about you." in page
    assert "Sunrise" not in page


def test_while_it_is_uncertain_who_she_is_nothing_is_there(told: County, phone: Phone) -> None:
    told.write(lambda tx: patients.doubt(tx, told.patient_id))
    assert phone.get("/me/").status_code == 401
    assert "Sunrise" not in phone.page.text


def test_another_organization_makes_no_link_to_her_page(told: County) -> None:
    told.change_partner("psychiatry", desk=("consents", "own_pages"))
    other = Counter(told)
    path, code = other.link("Kim", "psychiatry")
    other.post(path, {"code": code})
    other.get()
    form = {"token": other.hidden("token"), "document": "passport"}
    assert other.post(f"/agency/consents/{told.patient_id}/own-link", form).status_code == 404


def test_a_desk_that_takes_consents_alone_makes_no_link(told: County) -> None:
    """Whoever registers a person by what many know of her must not come to read her whole account."""
    told.change_partner("hospital", desk=("consents",))
    worker = Counter(told)
    worker.log_in()
    page = worker.get(f"/agency/consents/{told.patient_id}").text
    assert "own-link" not in page
    form = {"token": worker.hidden("token"), "document": "passport"}
    for path in ("own-link", "phone-lost"):
        assert worker.post(f"/agency/consents/{told.patient_id}/{path}", form).status_code == 404


@pytest.mark.parametrize("document", ["", "  x ", "y" * 81, "pass\nport\x07"])
def test_without_a_document_there_is_no_link_and_the_log_has_it(told: County, document: str) -> None:
    worker = Counter(told)
    worker.log_in()
    worker.get(f"/agency/consents/{told.patient_id}")
    worker.fill("/own-link", document=document)
    assert "IDENTITY_UNCHECKED" in worker.page.text and "/me/login" not in worker.page.text
    link_from(told)
    said = [one.entry for one in told.audit() if one.entry and one.entry.outcome == "own_page_link"]
    assert len(said) == 1 and "license" in str(said)


def test_a_worker_s_cookie_is_none_of_this_page(told: County) -> None:
    worker = Counter(told)
    worker.log_in()
    visitor = Phone(told)
    (cookie,) = worker.client.cookies.jar
    visitor.client.cookies.set("handoff_me", str(cookie.value), domain="desk.test", path="/me")
    assert visitor.get("/me/").status_code == 401


def test_a_form_from_elsewhere_is_refused(told: County, phone: Phone) -> None:
    token = phone.hidden("token")
    for said, how in (({"token": "x"}, {}), ({"token": token}, {"origin": "http://evil.test"})):
        answer = phone.post("/me/stop", {**said, "all": "yes"}, **how)
        assert answer.status_code == 403
    assert phone.act("/me/stop").status_code == 404, "neither one nor all"
    assert {one.resource["status"] for one in told.records("Consent")} == {"active"}


def test_her_phone_s_app_is_asked_for_once_it_has_worked(told: County, phone: Phone) -> None:
    page = phone.get("/me/phone").text
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert secret is not None and "<svg" in page
    shown = pyotp.TOTP(secret[1])
    right = shown.at(told.clock.now())
    assert "CODE_WRONG" in phone.act("/me/phone", code=f"{(int(right) + 1) % 10**6:06d}").text
    phone.get("/me/phone")
    phone.act("/me/phone", code=right)
    told.clock.advance(timedelta(minutes=2))

    path, code = link_from(told)
    assert code == "", "no code is told where her phone is asked"
    again = Phone(told)
    assert "six digits" in again.get(path).text
    assert "CODE_WRONG" in again.come((path, right)).text, "an old code of the app is none"
    now = shown.at(told.clock.now())
    assert again.come((path, now)).status_code == 200
    path, _ = link_from(told)
    assert "CODE_WRONG" in Phone(told).come((path, now)).text, "each code of the app counts once"


def test_a_lost_phone_is_given_up_and_a_code_told_again(told: County, phone: Phone) -> None:
    secret = re.search(r'class="secret">([A-Z2-7]+)<', phone.get("/me/phone").text)
    assert secret is not None
    phone.act("/me/phone", code=pyotp.TOTP(secret[1]).at(told.clock.now()))
    worker = Counter(told)
    worker.log_in()
    worker.get(f"/agency/consents/{told.patient_id}")
    worker.fill("/own-link", document="passport")
    page = worker.page
    for nobody in ("", "Somebody Unheard-of", "Medina, Rosa"):
        worker.page = page
        worker.fill("/phone-lost", second=nobody)
        assert "SECOND_PERSON_NEEDED" in worker.page.text
    assert link_from(told)[1] == "", "one worker alone gives no phone up"
    colleague(told)
    worker.page = page
    worker.fill("/phone-lost", second="kim lee")
    link = link_from(told)
    assert link[1] and Phone(told).come(link).status_code == 200
    fresh = Phone(told)
    fresh.come(link_from(told))
    other = re.search(r'class="secret">([A-Z2-7]+)<', fresh.get("/me/phone").text)
    assert other is not None and other[1] != secret[1]


def test_the_page_speaks_spanish_and_has_every_word_in_both() -> None:
    assert WORDS["en"].keys() == WORDS["es"].keys()
    assert all(text.strip() for words in WORDS.values() for text in words.values())
    told = " ".join(text for key, text in WORDS["en"].items() if key.startswith(("own_", "wish_")))
    assert not re.search(r"substance|opioid|addict|recovery|mental|methadone", told, re.IGNORECASE)


def test_spanish_is_chosen_and_kept(phone: Phone) -> None:
    assert "Lo que he permitido" in phone.get("/me/", **{"accept-language": "es"}).text
    phone.post("/me/language", {"language": "es"})
    assert "Lo que he permitido" in phone.get("/me/").text
