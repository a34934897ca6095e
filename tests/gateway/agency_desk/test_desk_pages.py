"""The pages of an agency without software: what waits is read and answered, by its own workers, under her consent."""

from __future__ import annotations

import ast
import asyncio
import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from consent.notice import STATEMENT_1
from gateway.agency_desk.phrases import CATALOGUE
from gateway.audit import append, newest
from gateway.clock import instant_text
from gateway.errors import NotFound, NotUnderstood
from gateway.flows import agency_desk
from gateway.flows.agency_desk import ON_A_PAGE, Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.desk_workers import send_away
from gateway.flows.restored import RESTORED
from gateway.pages.pace import MOST_A_MINUTE, Pace
from gateway.partners import DeskDelivery, NoDelivery
from gateway.store.model import AuditFilter
from tests.gateway.agency_desk.conftest import ROSA, Browser, to_the_desk
from tests.gateway.county import OTP, County

HER = "Maribel Testperson"
TEMPLATES = Path(__file__).parents[3] / "gateway" / "agency_desk" / "templates"


def test_a_worker_finds_what_waits_reads_it_and_answers(desk: County, waiting: str, browser: Browser) -> None:
    listed = browser.log_in()
    assert listed.status_code == 200
    assert HER in listed.text and "Riverbend General Hospital" in listed.text and ">New<" in listed.text

    read = browser.get(f"/agency/referrals/{waiting}")
    assert "Opioid dependence" in read.text and "(602) 5550142" in read.text and "Ada Okafor" in read.text
    assert "Released with the person&#39;s written permission" in read.text, "the notice goes with it"
    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": "accept"}

    said = browser.post(f"/agency/referrals/{waiting}", form)

    assert "Your answer is on its way" in said.text and ">Accepted<" in said.text
    assert desk.task().resource["status"] == "accepted"
    told = [intent for intent in desk.intents() if intent.kind == "status"]
    assert [intent.partner for intent in told] == ["hospital"]
    to_do = browser.get()
    assert to_do.status_code == 200 and "Tell them how it went" in to_do.text and HER in to_do.text


@pytest.mark.requirement("AU-05")
def test_each_page_is_a_release_to_the_organization_and_names_the_worker(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    before = len(desk.audit())
    browser.get(f"/agency/referrals/{waiting}")

    shown, read = [one.entry for one in desk.audit()][before:]

    assert shown is not None and read is not None
    assert (shown.kind, shown.partner, shown.bytes_sha256 is not None) == ("disclose", "otp", True)
    assert (read.kind, read.recipient_name, read.basis, read.subject) == (
        "read", ROSA, "AGENCY_DESK", shown.request_id,
    )  # fmt: skip


@pytest.mark.requirement("P2-31-12")
def test_after_a_withdrawal_nothing_of_it_is_shown(desk: County, waiting: str, browser: Browser) -> None:
    saved = desk.consent(purpose="HOPERAT")
    browser.log_in()
    for consent in desk.records("Consent"):
        desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})
    assert saved is not None

    listed, one, plan = (
        browser.get(path)
        for path in ("/agency/referrals/", f"/agency/referrals/{waiting}", f"/agency/plans/{waiting}")
    )

    for page in (listed, one, plan):
        assert page.status_code == 200
        for word in (HER, "Testperson", "Opioid dependence", "5550142"):
            assert word not in page.text
    assert "This cannot be shown any more" in listed.text and "This cannot be shown any more" in one.text
    form = {"token": browser.hidden("token"), "version": "1", "step": "accept"}
    assert browser.post(f"/agency/referrals/{waiting}", form).status_code == 404
    assert desk.task().resource["status"] == "requested"


def test_the_care_plan_is_there_as_released(desk: County, waiting: str, browser: Browser) -> None:
    desk.share_plan()
    browser.log_in()

    plan = browser.get(f"/agency/plans/{waiting}")

    assert "Rent agreement renewed" in plan.text and "Meet the housing case worker" in plan.text


def test_a_decline_and_what_did_not_help_need_a_reason_and_a_no_show_waits(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    path = f"/agency/referrals/{waiting}"
    browser.get(path)
    token, version = browser.hidden("token"), browser.hidden("version")
    refused = browser.post(path, {"token": token, "version": version, "step": "decline", "reason": "  "})
    assert refused.status_code == 400 and "Please say why" in refused.text

    for step, status in (("accept", "accepted"), ("no-show", "on-hold"), ("start", "in-progress")):
        browser.get(path)
        form = {"token": token, "version": browser.hidden("version"), "step": step}
        assert browser.post(path, form).status_code == 200
        assert desk.task().resource["status"] == status
    browser.get(path)
    form = {
        "token": token,
        "version": browser.hidden("version"),
        "step": "not-done",
        "reason": " moved  away ",
    }
    browser.post(path, form)

    task = desk.task().resource
    assert (task["status"], task["statusReason"]["text"]) == ("failed", "moved away")
    assert 'name="step"' not in browser.get(path).text, "nothing more can be said"


def test_an_answer_to_what_has_changed_meanwhile_is_refused(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    path = f"/agency/referrals/{waiting}"
    browser.get(path)
    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": "accept"}
    assert browser.post(path, form).status_code == 200

    again = browser.post(path, {**form, "step": "done"})

    assert again.status_code == 409 and "VERSION_CONFLICT" in again.text


@pytest.mark.parametrize("step", ["", "cancel", "completed"])
def test_what_the_page_does_not_offer_is_refused(
    desk: County, waiting: str, browser: Browser, step: str
) -> None:
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": step}

    assert browser.post(f"/agency/referrals/{waiting}", form).status_code == 400


def test_what_waits_for_another_partner_is_nothing_here(desk: County, browser: Browser) -> None:
    to_the_desk(desk)
    desk.consent("psychiatry")
    desk.refer("ED-2", "R-2", "MESAPSY")
    desk.released()
    (other,) = desk.intents("sending")
    desk.settle(other, "delivered", "HTTP_200")
    browser.log_in()

    for path in (f"/agency/referrals/{other.id}", f"/agency/plans/{other.id}", "/agency/referrals/none"):
        assert browser.get(path).status_code == 404
    assert other.id not in browser.get().text


# ------------------------------------------------------------------------------------------ logging in


def test_the_link_alone_opens_nothing_and_both_count_once(waiting: str, browser: Browser) -> None:
    path, code = browser.link()
    assert HER not in browser.get(path).text and ROSA in browser.page.text
    assert browser.get().status_code == 401

    assert browser.post(path, {"code": f"{code[:4]} {code[4:]}"}).status_code == 200
    assert HER in browser.page.text

    again = Browser(browser.county).post(path, {"code": code})
    assert again.status_code == 403 and "LINK_USED" in again.text


def test_five_wrong_codes_end_a_link(browser: Browser) -> None:
    path, code = browser.link()
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert ["CODE_WRONG" in browser.post(path, {"code": wrong}).text for _ in range(5)] == [True] * 5

    assert "LINK_LOCKED" in browser.post(path, {"code": code}).text
    assert browser.get().status_code == 401


@pytest.mark.parametrize("made", ["{short}", "{link}é", "x.y", "."])
def test_a_link_that_is_not_ours_is_refused(browser: Browser, made: str) -> None:
    link = browser.link()[0].partition("=")[2]
    said = browser.get(f"/agency/login?link={made.format(link=link, short=link[:-2])}")
    assert said.status_code == 403 and "LINK_INVALID" in said.text


def test_an_old_link_an_idle_session_and_one_that_was_ended_open_nothing(
    desk: County, waiting: str, browser: Browser
) -> None:
    path, code = browser.link()
    desk.clock.advance(timedelta(hours=24, seconds=1))
    assert "LINK_EXPIRED" in browser.post(path, {"code": code}).text

    browser.log_in()
    desk.clock.advance(timedelta(minutes=29))
    assert browser.get().status_code == 200
    desk.clock.advance(timedelta(minutes=29))
    assert browser.get().status_code == 200, "being there keeps it going"
    desk.clock.advance(timedelta(minutes=31))
    assert browser.get().status_code == 401

    browser.log_in()
    cookies = dict(browser.client.cookies)
    browser.post("/agency/logout", {"token": browser.hidden("token")})
    thief = Browser(desk)
    thief.client.cookies.update(cookies)
    assert thief.get().status_code == 401


def test_a_session_ends_when_the_agency_has_no_page_any_more(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    desk.change_partner("otp", state="paused")
    assert browser.get().status_code == 401
    desk.change_partner("otp", state="live", delivery=NoDelivery())
    assert browser.get().status_code == 401
    path, code = browser.link()
    assert browser.post(path, {"code": code}).status_code == 403


def test_a_form_from_elsewhere_is_refused(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": "accept"}
    path = f"/agency/referrals/{waiting}"

    assert "OTHER_ORIGIN" in browser.post(path, form, origin="http://evil.test").text
    assert "FORM_TOKEN" in browser.post(path, {**form, "token": "x"}).text
    assert "FORM_TOO_LARGE" in browser.post(path, {**form, "reason": "x" * 9000}).text
    assert desk.task().resource["status"] == "requested"


@pytest.mark.requirement("AU-05")
def test_who_comes_who_cannot_and_who_leaves_is_in_the_log(
    desk: County, waiting: str, browser: Browser
) -> None:
    path, code = browser.link()
    browser.post(path, {"code": "00000000"})
    browser.post(path, {"code": code})
    browser.post(path, {"code": code})
    browser.post("/agency/logout", {"token": browser.get() and browser.hidden("token")})

    logged = desk.look(lambda reading: newest(reading, 20, AuditFilter(kind="outcome", partner="otp")))
    told = [
        one.entry for one in reversed(logged) if one.entry is not None and one.entry.basis == "AGENCY_DESK"
    ]
    assert [(one.outcome, [reason.code for reason in one.reasons]) for one in told] == [
        ("desk_login_refused", ["CODE_WRONG"]),
        ("desk_login", []),
        ("desk_login_refused", ["LINK_USED"]),
        ("desk_logout", []),
    ]
    assert {one.recipient_name for one in told} == {ROSA}


def test_a_worker_who_is_sent_away_has_no_link_and_no_session_until_a_new_one(
    desk: County, waiting: str, browser: Browser
) -> None:
    other = Browser(desk)
    other.post(*with_code(other.link("Ana Ortiz")))
    browser.log_in()
    path, code = browser.link()
    desk.clock.advance(timedelta(seconds=1))

    desk.run(send_away(desk.premises, f"otp {ROSA.upper()}", "lost her phone"))

    assert browser.get().status_code == 401
    assert "LINK_EXPIRED" in browser.post(path, {"code": code}).text
    assert other.get().status_code == 200
    desk.clock.advance(timedelta(seconds=1))
    assert HER in browser.log_in().text
    desk.clock.advance(timedelta(seconds=1))
    desk.run(send_away(desk.premises, f"otp {ROSA}", "again"))
    assert browser.get().status_code == 401


def with_code(link: tuple[str, str]) -> tuple[str, dict[str, str]]:
    return link[0], {"code": link[1]}


@pytest.mark.parametrize(
    ("about", "error", "code"),
    [("nobody Rosa", NotFound, "NO_SUCH_PARTNER"), ("otp", NotUnderstood, "WORKER_MISSING")],
)
def test_nobody_is_sent_away_without_a_name(
    desk: County, about: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        desk.run(send_away(desk.premises, about, "why"))


def test_after_a_restore_no_link_and_no_session_from_before_is_good(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    path, code = browser.link()
    desk.clock.advance(timedelta(minutes=1))
    restored = act_entry(RESTORED, instant_text(desk.clock.now()), "the disk was lost")
    desk.write(lambda tx: append(tx, restored))

    assert browser.get().status_code == 401
    assert "LINK_EXPIRED" in browser.post(path, {"code": code}).text
    desk.clock.advance(timedelta(seconds=1))
    assert HER in browser.log_in().text


def test_a_key_that_is_held_does_not_fill_the_log(desk: County, waiting: str) -> None:
    pace, now = Pace(), desk.clock.now()
    assert all(pace.allows("one", now) for _ in range(MOST_A_MINUTE))
    assert not pace.allows("one", now + timedelta(seconds=59)) and pace.allows("two", now)
    assert pace.allows("one", now + timedelta(seconds=60))
    for number in range(1000):
        pace.allows(f"other{number}", now)
    assert pace.allows("one", now), "only so many sessions are remembered"


# ------------------------------------------------------------------------------------------ what is logged


@pytest.mark.requirement("AU-05")
def test_the_list_releases_what_it_shows_and_no_more(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()

    (shown, _) = [one.entry for one in desk.audit() if one.entry is not None][-2:]

    released = {row.reference.partition("/")[0] for row in shown.resources if row.outcome != "withhold"}
    assert released == {"Patient", "ServiceRequest", "Task"}


@pytest.mark.requirement("P2-31-12")
def test_who_withdraws_while_others_are_waited_for_is_not_on_the_list(desk: County, waiting: str) -> None:
    desk.refer("ED-2", "R-2")
    to_the_desk(desk)

    class Meddling:
        """The real store; before the second durable write she withdraws."""

        def __init__(self) -> None:
            self.writes = 0

        async def write(self, work: Any) -> Any:
            self.writes += 1
            if self.writes == 2:
                await asyncio.to_thread(self.withdraw)
            return await desk.store.write(work)

        def withdraw(self) -> None:
            for consent in desk.records("Consent"):
                desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})

        def __getattr__(self, name: str) -> Any:
            return getattr(desk.store, name)

    moved: Any = replace(desk.premises, store=Meddling())

    found = desk.run(agency_desk.waiting(moved, Worker("otp", ROSA), 0))

    assert [one.resources for one in found] == [(), ()]


def test_what_was_refused_is_logged_as_withheld_and_an_old_version_releases_nothing(
    desk: County, waiting: str, browser: Browser
) -> None:
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    before = len(desk.audit())
    form = {"token": browser.hidden("token"), "version": "old", "step": "accept"}
    assert browser.post(f"/agency/referrals/{waiting}", form).status_code == 409
    assert desk.task().resource["status"] == "requested"
    assert browser.hidden("version") != "old", "it is shown as it stands now, to be answered again"
    assert {one.row.kind for one in desk.audit()[before:]} == {"disclose", "read"}, (
        "as each time it is opened"
    )

    for consent in desk.records("Consent"):
        desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})
    browser.get(f"/agency/referrals/{waiting}")

    last = desk.audit()[-1].entry
    assert last is not None and (last.kind, last.outcome, last.recipient_name) == ("read", "withhold", ROSA)


@pytest.mark.requirement("DM-23")
@pytest.mark.parametrize(("answer", "told"), [("1", True), ("0", False)])
def test_who_is_referred_with_thoughts_of_self_harm_is_to_be_talked_to_today(
    desk: County, browser: Browser, answer: str, told: bool
) -> None:
    """Question 9 of a PHQ-9, at whatever agency reads the referral, as far as the person permits."""
    ninth = f"OBX|1|NM|44260-8^Thoughts of death or self-harm^LN||{answer}|"
    desk.refer("ED-9", "R-9", change={"OBX|1|NM|44261-6^PHQ-9 total score^LN||14|": ninth})
    to_the_desk(desk)
    asked = to_the_desk(desk)
    browser.log_in()

    page = browser.get(f"/agency/referrals/{asked}").text

    assert HER in page and ("Talk with them alone today" in page) == told
    for path in ("/agency/", "/agency/referrals/"):
        listed = browser.get(path).text
        assert listed.count(HER) == 2 and listed.count("Talk with them today") == told, "and in the lists"
    assert ("Talk with them today" in listed.partition(asked)[2]) == told


def test_a_reason_is_short(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": "decline"}
    said = browser.post(f"/agency/referrals/{waiting}", {**form, "reason": "x" * 201})
    assert said.status_code == 400 and "STEP_REASON_LONG" in said.text


def test_a_fault_of_ours_is_a_page_in_words_and_is_told_to_the_fence_besides(
    desk: County, waiting: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a phone in a crisis nobody reads JSON; what she wrote is not lost with it."""
    browser.log_in()
    browser.get(f"/agency/referrals/{waiting}")
    form = {
        "token": browser.hidden("token"),
        "version": browser.hidden("version"),
        "step": "decline",
        "reason": "no bed",
    }

    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(HER)

    monkeypatch.setattr("gateway.flows.status.update_task", broken)
    told = httpx.ASGITransport(browser._pages(), raise_app_exceptions=False)

    async def scene() -> httpx.Response:
        async with httpx.AsyncClient(transport=told, base_url="http://desk.test") as client:
            client.cookies = browser.client.cookies
            path, origin = f"/agency/referrals/{waiting}", {"origin": "http://desk.test"}
            return await client.post(path, data=form, headers=origin)

    page = asyncio.run(scene())

    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "That did not work" in page.text and "INTERNAL" in page.text and "no bed" in page.text
    assert HER not in page.text
    with pytest.raises(ZeroDivisionError):
        browser.post(f"/agency/referrals/{waiting}", form)


# ------------------------------------------------------------------------------------------ words and frame


def test_a_long_list_has_pages(desk: County, browser: Browser) -> None:
    to_the_desk(desk)
    for number in range(ON_A_PAGE):
        desk.refer(f"ED-{number + 10}", f"R-{number + 10}")
        to_the_desk(desk)
    browser.log_in()
    first = browser.get("/agency/referrals/").text
    assert first.count('class="person"') == ON_A_PAGE
    found = re.search(r'href="(/agency/referrals/\?before=\d+)"', first)
    assert found is not None
    assert browser.get(found[1]).text.count('class="person"') == 1
    assert browser.get("/agency/referrals/?before=%C2%B2").status_code == 200


def test_the_pages_speak_spanish(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    assert "Lo que le espera" in browser.get(**{"accept-language": "es-MX,es;q=0.9"}).text
    assert "What waits for you" in browser.get().text
    browser.post("/agency/language", {"language": "es"})
    assert "Lo que le espera" in browser.get().text and '<html lang="es">' in browser.page.text
    browser.post("/agency/language", {"language": "xx"})
    assert "Lo que le espera" in browser.get().text


@pytest.mark.requirement("P2-32-01", "P2-32-03")
@pytest.mark.parametrize(
    ("language", "law", "scope"),
    [
        ("en", "In plain words: a federal privacy law", "You may use this for treatment, through {}."),
        (
            "es",
            "En palabras sencillas: una ley federal",
            "Úselo para tratamiento, hasta el {}, ese día incluido.",
        ),
    ],
)
def test_the_notice_keeps_the_words_of_the_law_and_says_what_they_mean_in_the_page_s_language(
    desk: County, waiting: str, browser: Browser, language: str, law: str, scope: str
) -> None:
    desk.share_plan()
    desk.consent("psychiatry", discloser="otp", identifier=OTP)
    desk.change_partner("psychiatry", delivery=DeskDelivery())
    desk.refer("ED-2", "R-2", "MESAPSY")
    desk.consent("psychiatry")
    plan = to_the_desk(desk)
    link, code = browser.link(partner="psychiatry")
    browser.post(link, {"code": code})
    browser.post("/agency/language", {"language": language})

    page = browser.get(f"/agency/plans/{plan}").text

    told = html.unescape(re.sub("<[^>]+>", "", page))
    day = {"en": "December 31, 2027", "es": "31 de diciembre de 2027"}[language]
    assert STATEMENT_1 in told and law in told, "word for word, and what it means"
    assert scope.format(day) in told and "UTC" not in told
    assert ("Mesa Psychiatry" in told) and told.count("Released with") == (language == "en")
    use = {
        "en": "You may use this for treatment, through",
        "es": "Puede usar esto para tratamiento, hasta el",
    }[language]
    assert told.index(use) < told.index(law), "in short at the head of the page"


def test_both_languages_have_every_word_and_templates_have_none() -> None:
    assert CATALOGUE["en"].keys() == CATALOGUE["es"].keys()
    assert not [key for key in CATALOGUE["en"] if hasattr(dict, key)], "a template would find the method"
    assert all(text.strip() for words in CATALOGUE.values() for text in words.values())
    for file in TEMPLATES.glob("*.html"):
        bare = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", " ", file.read_text("utf-8"), flags=re.DOTALL
        )
        assert not re.search(r"[A-Za-zÀ-ÿ]{2,}", bare.replace("doctype", "")), file.name
        said = re.findall(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"', file.read_text("utf-8"))
        assert not [one for one in said if "{{" not in one], file.name


def test_no_sentence_stands_outside_the_catalogue() -> None:
    """In the modules of the room; the letter that goes with a link holds both languages itself."""
    said = []
    for file in TEMPLATES.parent.glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        spoken_to_nobody = [one for one in ast.walk(tree) if isinstance(one, ast.Raise)]
        spoken_to_nobody += [
            one for one in ast.walk(tree) if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        ]
        apart = {part for one in spoken_to_nobody for part in ast.walk(one)}
        texts = (one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and one not in apart)
        if any(re.search(r"[A-ZÁÉÍÓÚÑ¿¡]\w+ \w+ \w+", one) for one in texts if isinstance(one, str)):
            said.append(file.stem)

    assert [one for one in said if not one.startswith("phrases")] == ["link_mail"]
    assert len(said) > 5, "it is seen where there are sentences"


def test_no_page_lets_a_browser_keep_it_or_run_a_script(browser: Browser) -> None:
    for path in ("/agency/", "/agency/login", "/agency/none", "/agency/style.css"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == ("max-age=300" if path.endswith("css") else "no-store")
    assert browser.log_in().headers["referrer-policy"] == "same-origin"
    assert browser.get("/agency/none").status_code == 404
