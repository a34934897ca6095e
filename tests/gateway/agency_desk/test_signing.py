"""The client's turn: what a tablet in her hands opens, how the worker gets it back, and signing on her own phone."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from html import unescape

import httpx
import pyotp
import pytest

from gateway.audit import newest
from gateway.disclosure.recorder_only import is_recorder_only
from gateway.flows.agency_desk import Worker
from gateway.flows.consent_taking import beside
from gateway.pages import make_link
from gateway.store import records
from gateway.store.model import AuditFilter
from gateway.wiring.agency_desk_door import LINK_PURPOSE
from tests.gateway.agency_desk.device import Device
from tests.gateway.agency_desk.test_consent_pages import ANA, HER, PIN, Counter, read
from tests.gateway.county import County


@pytest.fixture
def county_desk(county: County) -> County:
    """A referral of hers waits for a permission; the hospital's desk takes consents."""
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    county.refused()
    return county


@pytest.fixture
def counter(county_desk: County) -> Counter:
    """Ana has come in, and has read with her what it would mean."""
    made = Counter(county_desk)
    made.log_in()
    read(made)
    return made


def told(county: County) -> list[str]:
    """What the log says of the desk's workers and of drafts, in order."""
    wanted = AuditFilter(kind="outcome", partner="hospital")
    logged = county.look(lambda reading: newest(reading, 40, wanted))
    said = [one.entry.outcome for one in reversed(logged) if one.entry is not None]
    return [one for one in said if one.startswith(("desk_", "consent_draft"))]


def sign_link(counter: Counter) -> tuple[str, str]:
    """A link for her own phone and its code."""
    counter.fill("/sign-link")
    text = unescape(counter.page.text)
    link = re.search(r"/sign/login\?link=[^<\s]+", text)
    code = re.search(r"<strong>(\d{4} \d{4})</strong>", text)
    assert link is not None and code is not None and "<svg" in text
    return link[0], code[1]


def her_phone(county: County) -> Counter:
    """Another browser, that has never been here."""
    return Counter(county)


# ------------------------------------------------------------------------------------------ the tablet


def test_a_tablet_in_her_hands_opens_one_form_and_nothing_of_the_worker(
    county_desk: County, counter: Counter
) -> None:
    worker = dict(counter.client.cookies)
    counter.fill("/hand-over", pin=PIN)
    assert "Sunrise Opioid Treatment Program would see: your name" in unescape(counter.page.text)
    assert "/agency/" not in counter.page.text, "no way leads from here to the worker's pages"
    for path in ("", "consents/", "clients", f"consents/{county_desk.patient_id}", "phone"):
        assert counter.get(f"/agency/{path}").status_code == 401
    counter.client.cookies.set("handoff_desk", worker["handoff_desk"], domain="desk.test", path="/agency")
    assert counter.get("/agency/consents/").status_code == 401, "what the browser had kept is over"
    assert counter.get("/sign/agency").status_code == 404
    assert counter.get("/sign/").status_code == 200


def test_the_worker_takes_it_back_by_her_own_digits_and_sees_that_it_is_signed(
    county_desk: County, counter: Counter
) -> None:
    signed = counter.sign()
    assert "Please give the tablet back" in signed.text and "typing the name: Maribel" in signed.text
    assert "Signed. It counts from now on." in counter.page.text and ANA in counter.page.text
    assert counter.get("/sign/").status_code == 401, "her turn is over with it"
    assert told(county_desk) == [
        "desk_login", "consent_draft_kept", "desk_tablet_lent", "consent_draft_read", "desk_tablet_taken_back",
    ]  # fmt: skip


def test_five_wrong_codes_and_the_tablet_stays_a_form(county_desk: County, counter: Counter) -> None:
    counter.fill("/hand-over", pin=PIN)
    for _ in range(5):
        assert "CODE_WRONG" in counter.take_back("000000").text
    assert "LINK_LOCKED" in counter.take_back().text and counter.get("/agency/").status_code == 401
    assert told(county_desk).count("desk_tablet_refused") == 6
    counter.get("/sign/")
    counter.fill("/sign/", name=HER, agree="yes")
    assert "Signed." in counter.page.text, "she is not in the way of her own signature"


def test_a_worker_with_an_app_takes_it_back_by_the_app_alone(county_desk: County, counter: Counter) -> None:
    counter.get("/agency/phone")
    secret = re.search(r'class="secret">([A-Z2-7]+)<', counter.page.text)
    assert secret is not None
    app = pyotp.TOTP(secret[1])
    counter.fill("/phone", code=app.at(county_desk.clock.now()))
    read(counter)
    assert 'name="pin"' not in counter.page.text
    counter.fill("/hand-over", pin=PIN)
    assert "CODE_WRONG" in counter.take_back().text
    assert "CODE_WRONG" in counter.take_back("").text
    county_desk.clock.advance(timedelta(minutes=1))
    assert ANA in counter.take_back(app.at(county_desk.clock.now())).text


def test_a_worker_with_a_passkey_alone_takes_it_back_by_the_passkey(
    county_desk: County, counter: Counter
) -> None:
    county_desk.change_network(public_url="http://localhost:8080")
    counter, device = Counter(county_desk), Device("http://localhost:8080")
    counter.log_in()
    page = counter.get("/agency/phone").text
    counter.post("/agency/passkey", {"token": counter.hidden("token"), **device.make(page)})
    read(counter)
    assert "You take the tablet back with your passkey." in counter.page.text
    counter.fill("/hand-over")
    page = counter.get("/sign/back").text
    assert 'name="code"' not in page and "script-src" in counter.page.headers["content-security-policy"]
    token = {"token": counter.hidden("token")}
    other = Device("http://localhost:8080", id=b"not-hers-0123456789")
    assert "CODE_WRONG" in counter.post("/sign/back", {**token, **other.show(page)}).text
    assert "CODE_WRONG" in counter.post("/sign/back", {**token, "code": ""}).text
    page = counter.get("/sign/back").text
    counter.post("/sign/back", {"token": counter.hidden("token"), **device.show(page)})
    assert "Not signed yet." in counter.page.text and "taken_back" in str(told(county_desk))


def test_no_browser_keeps_the_digits_and_none_are_chosen_twice(county_desk: County, counter: Counter) -> None:
    (field,) = re.findall(r'<input[^>]*name="pin"[^>]*>', counter.page.text)
    counter.fill("/hand-over", pin=PIN)
    (back,) = re.findall(r'<input[^>]*name="code"[^>]*>', counter.get("/sign/back").text)
    for one in (field, back):
        assert 'type="text"' in one and 'class="masked"' in one and 'autocomplete="off"' in one
    assert "input.masked { -webkit-text-security: disc; }" in counter.get("/sign/style.css").text
    counter.take_back()
    read(counter)
    counter.fill("/hand-over", pin=PIN)
    assert counter.page.status_code == 400 and "PIN_USED" in counter.page.text
    assert counter.get("/agency/consents/").status_code == 200, "the tablet is hers still"
    colleague = Counter(county_desk)
    colleague.post(*_with_code(colleague.link("Kim Lee")))
    read(colleague)
    colleague.fill("/hand-over", pin=PIN)
    assert colleague.page.url.path == "/sign/", "whose digits another's are nobody learns"


def test_taking_it_back_makes_no_session_longer(county_desk: County, counter: Counter) -> None:
    county_desk.clock.advance(timedelta(minutes=20))
    counter.fill("/hand-over", pin=PIN)
    counter.take_back()
    assert "Not signed yet" in counter.page.text
    for _ in range(16):  # a look every half hour keeps it awake, and no longer than eight hours
        county_desk.clock.advance(timedelta(minutes=28, seconds=30))
        assert counter.get("/agency/consents/").status_code == 200
    county_desk.clock.advance(timedelta(minutes=5))
    assert counter.get("/agency/consents/").status_code == 401


def test_a_worker_who_is_sent_away_leaves_no_form_behind(county_desk: County, counter: Counter) -> None:
    counter.fill("/hand-over", pin=PIN)
    county_desk.change_partner("hospital", state="paused")
    assert counter.get("/sign/").status_code == 401


def test_who_has_no_turn_signs_and_takes_back_nothing(county_desk: County, counter: Counter) -> None:
    counter.fill("/hand-over", pin=PIN)
    token = counter.hidden("token")
    stranger = Counter(county_desk)
    for path in ("", "back", "logout"):
        assert stranger.post(f"/sign/{path}", {"token": token, "code": PIN}).status_code == 401
    counter.post("/sign/logout", {"token": token})
    assert counter.page.url.path == "/sign/back", "a tablet is given back, and not logged out of"
    assert county_desk.records("Consent") == ()


# ------------------------------------------------------------------------------------------ her own phone


@pytest.mark.requirement("P2-31-10")
def test_she_signs_on_her_own_phone_while_a_worker_talks_with_her(
    county_desk: County, counter: Counter
) -> None:
    link, code = sign_link(counter)
    counter.follow("Look if they have signed")
    assert "Not signed yet." in counter.page.text
    waiting = counter.page.url.path
    phone = her_phone(county_desk)
    phone.get(link)
    assert HER not in phone.page.text and "Sunrise" not in phone.page.text, "a link alone tells nothing"
    phone.post(link, {"code": code})
    assert "Sunrise Opioid Treatment Program would see: your name" in unescape(phone.page.text)
    assert phone.get("/sign/back").status_code == 404 and phone.get("/agency/").status_code == 401
    phone.get("/sign/")
    phone.fill("/sign/", name=HER, agree="yes")
    assert "Witness, who also recorded it: Ana Ruiz (by phone)" in phone.page.text

    assert "Signed. It counts from now on." in counter.get(waiting).text
    assert [one.state for one in county_desk.intents()] == ["due"]
    phone.fill("/logout")
    assert phone.get("/sign/").status_code == 401
    assert phone.post(link, {"code": code}).status_code == 403 and "LINK_USED" in phone.page.text


def test_nothing_that_a_phone_keeps_names_the_person_the_program_or_the_worker(
    county_desk: County, counter: Counter
) -> None:
    link, code = sign_link(counter)
    (draft,) = county_desk.records("DocumentReference")
    phone = her_phone(county_desk)
    phone.post(link, {"code": code})
    for kept in (link.partition("link=")[2], phone.client.cookies["handoff_sign"]):
        text = kept.partition(".")[0]
        said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        assert said[3:] == [draft.id, "0", ""], "an id of the draft, and what is empty on a phone"
        assert all(isinstance(one, int) for one in said[1:3]), "times"


def test_the_log_tells_which_link_was_opened_and_which_was_refused(
    county_desk: County, counter: Counter
) -> None:
    link, code = sign_link(counter)
    (draft,) = county_desk.records("DocumentReference")
    phone = her_phone(county_desk)
    phone.post(link, {"code": "00000000"})
    phone.post(link, {"code": code})
    her_phone(county_desk).post(link, {"code": code})
    county_desk.clock.advance(timedelta(minutes=15))
    for _ in range(2):  # looked at twice, told once
        her_phone(county_desk).get(link)
    wanted = AuditFilter(kind="outcome", partner="hospital")
    entries = [one for one in county_desk.look(lambda reading: newest(reading, 9, wanted)) if one.entry]
    links = [
        (one.entry.outcome, [reason.code for reason in one.entry.reasons], one.entry.subject)
        for one in reversed(entries)
        if one.entry is not None and one.row.patient_id == county_desk.patient_id
        if one.entry.outcome.startswith("signing_link")
    ]
    assert links == [
        ("signing_link_refused", ["CODE_WRONG"], draft.reference),
        ("signing_link_opened", [], draft.reference),
        ("signing_link_refused", ["LINK_USED"], draft.reference),
        ("signing_link_refused", ["LINK_EXPIRED"], draft.reference),
    ]
    assert "desk_login_refused" not in told(county_desk), "no failure of the worker's"


def test_a_link_to_what_is_no_draft_any_more_opens_nothing(county_desk: County, counter: Counter) -> None:
    link, code = sign_link(counter)
    phone = her_phone(county_desk)
    phone.post(link, {"code": code})
    (draft,) = county_desk.records("DocumentReference")
    key, now = county_desk.folder.keys.derived(LINK_PURPOSE), county_desk.clock.now()
    other, _ = make_link(key, b"signing link 2", ("0" * 8, "0", ""), now, timedelta(minutes=5))
    assert "LINK_EXPIRED" in her_phone(county_desk).get(f"/sign/login?link={other}").text
    assert phone.get("/sign/").status_code == 200
    bare = {name: value for name, value in draft.resource.items() if name != "identifier"}
    ana = Worker("hospital", ANA)
    row = beside(county_desk.premises, ana, county_desk.patient_id, bare, now)
    county_desk.write(lambda tx: records.save(tx, row))
    assert phone.get("/sign/").status_code == 401


def test_a_link_is_good_for_a_quarter_of_an_hour_and_five_codes(
    county_desk: County, counter: Counter
) -> None:
    link, code = sign_link(counter)
    phone = her_phone(county_desk)
    for _ in range(5):
        assert "CODE_WRONG" in phone.post(link, {"code": "00000000"}).text
    assert "LINK_LOCKED" in phone.post(link, {"code": code}).text
    read(counter)
    link, code = sign_link(counter)
    county_desk.clock.advance(timedelta(minutes=15))
    assert "LINK_EXPIRED" in phone.post(link, {"code": code}).text
    assert phone.get("/sign/login").status_code == 401
    read(counter)
    link, code = sign_link(counter)
    county_desk.change_partner("hospital", state="paused")
    assert "LINK_EXPIRED" in phone.post(link, {"code": code}).text
    county_desk.change_partner("hospital", state="live")
    assert "LINK_INVALID" in phone.get("/sign/login?link=x").text


@pytest.mark.parametrize("end", ["changed", "called off", "another consent", "late"])
def test_a_draft_that_is_over_is_not_signed_by_its_link(
    county_desk: County, counter: Counter, end: str
) -> None:
    link, code = sign_link(counter)
    counter.follow("Look if they have signed")
    waiting = counter.page.url.path
    phone = her_phone(county_desk)
    phone.post(link, {"code": code})
    before = phone.page
    if end == "changed":
        read(counter, **{"see.otp.plan": "yes"})
        sign_link(counter)
    elif end == "called off":
        before_it = counter.page
        counter.fill("/call-off")
        counter.page = before_it
        counter.fill("/call-off")
    elif end == "another consent":
        county_desk.consent("otp")
    else:
        for _ in range(3):
            county_desk.clock.advance(timedelta(minutes=20))
            counter.get(waiting)
            phone.get("/sign/")
    phone.page = before
    phone.fill("/sign/", name=HER, agree="yes")
    assert phone.page.status_code == 404 and "DRAFT_OVER" in phone.page.text
    assert phone.get("/sign/").status_code == 404
    assert "Nothing was signed." in counter.get(waiting).text
    assert len(county_desk.records("Consent")) == (end == "another consent")
    counter.post(f"{waiting}/call-off", {"token": "x"})
    assert counter.page.status_code == 403


def test_nobody_signs_before_a_witness_who_does_not_look(county_desk: County, counter: Counter) -> None:
    link, code = sign_link(counter)
    counter.follow("Look if they have signed")
    waiting = counter.page.url.path
    assert "/drafts/" in waiting
    assert "at least every 5 minutes" in counter.page.text
    phone = her_phone(county_desk)
    phone.post(link, {"code": code})
    form = phone.page
    colleague = Counter(county_desk)
    colleague.post(*_with_code(colleague.link("Kim Lee")))
    county_desk.clock.advance(timedelta(minutes=5))
    assert "Not signed yet." in colleague.get(waiting).text, "who looks is not the witness"
    phone.fill("/sign/", name=HER, agree="yes")
    assert phone.page.status_code == 403 and "WITNESS_AWAY" in phone.page.text
    assert "Ask the person who helps you to look at their page" in phone.page.text
    assert county_desk.records("Consent") == ()
    counter.get(waiting)
    county_desk.clock.advance(timedelta(minutes=4, seconds=59))
    phone.page = form
    phone.fill("/sign/", name=HER, agree="yes")
    assert "Signed. It counts from now on." in phone.page.text


def test_a_witness_who_logs_out_takes_the_form_with_her(county_desk: County, counter: Counter) -> None:
    link, code = sign_link(counter)
    phone = her_phone(county_desk)
    phone.post(link, {"code": code})
    colleague = Counter(county_desk)
    colleague.post(*_with_code(colleague.link("Kim Lee")))
    colleague.fill("/logout")
    assert phone.get("/sign/").status_code == 200, "another worker's log-out is none of hers"
    counter.get()
    for _ in range(2):  # the second time nothing of hers is open
        counter.fill("/logout")
        counter.log_in()
    phone.fill("/sign/", name=HER, agree="yes")
    assert phone.page.status_code == 404 and "DRAFT_OVER" in phone.page.text
    assert county_desk.records("Consent") == ()
    assert told(county_desk).count("consent_draft_called_off") == 1


def test_a_draft_is_shown_to_nobody_else(county_desk: County, counter: Counter) -> None:
    sign_link(counter)
    counter.follow("Look if they have signed")
    path = counter.page.url.path
    (draft,) = county_desk.records("DocumentReference")
    assert is_recorder_only(draft)
    county_desk.change_partner("psychiatry", desk=("consents",))
    other = Counter(county_desk)
    there, code = other.link("Kim", "psychiatry")
    other.post(there, {"code": code})
    assert other.get(path).status_code == 404
    assert counter.get(path.replace(draft.id, "0" * 8)).status_code == 404


def test_the_page_speaks_spanish_and_knows_no_other_address(county_desk: County, counter: Counter) -> None:
    link, code = sign_link(counter)
    phone = her_phone(county_desk)
    phone.post("/sign/language", {"language": "es"})
    phone.post(link, {"code": code})
    assert "Firme aquí" in phone.page.text
    assert phone.get("/sign/else").status_code == 404
    counter.fill("/logout")
    tablet: httpx.Response = counter.get("/sign/")
    assert tablet.status_code == 401


@pytest.mark.requirement("DM-22")
def test_who_calls_the_crisis_line_signs_on_her_phone_while_they_talk(county: County) -> None:
    county.change_partner("crisis", desk=("crisis", "consents"))
    line = Counter(county)
    line.post(*_with_code(line.link("Ana Torres", "crisis")))
    line.get("/agency/crisis")
    line.fill("/crisis", given="Lena", family="Ortiz", born="1990-02-28")
    assert "No certain match" in line.page.text
    line.follow("Ask for a permission together")
    line.fill("/find", given="Lena", family="Ortiz", born="1990-02-28")
    line.fill("/register", phone="602-555-0177")
    line.fill("/read", **{"see.counseling.contact": "yes", "for.COC": "yes"})
    link, code = sign_link(line)
    line.follow("Look if they have signed")
    phone = her_phone(county)
    phone.post(link, {"code": code})
    phone.fill("/sign/", name="Lena Ortiz", agree="yes")
    assert "Signed. It counts from now on." in phone.page.text
    assert "Signed. It counts from now on." in line.get(line.page.url.path).text
    county.change_partner("crisis", desk=("crisis",))
    assert "Ask for a permission together" not in line.get("/agency/crisis").text
    assert phone.get("/sign/").status_code in (403, 404), "whoever may take no consents has no form to show"


def _with_code(link: tuple[str, str]) -> tuple[str, dict[str, str]]:
    return link[0], {"code": link[1]}
