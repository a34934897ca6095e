"""A whole day of each role, without any script: once on a phone by keyboard alone, once at a desk with a mouse, in
Spanish and in the dark. axe looks at every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WAIT_MS
from tests.browser.walking import DESK, HER, PHONE, POLICE, WORKER, Doors, Effort, Walk, opened, staffed
from tests.gateway.agency_desk.crisis_county import COPING
from tests.gateway.county import County

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
BY_KEYS = {"viewport": PHONE, "locale": "en-US"}
WINDOWS: dict[str, dict[str, Any]] = {
    "phone-by-keys": BY_KEYS,
    "desk-dark-spanish": {"viewport": DESK, "locale": "es-MX", "color_scheme": "dark"},
}
IN_A_CRISIS = 60
"""Seconds, of a slow hand: what she does is counted, nothing is timed."""
Begin = Callable[[str], Walk]


@pytest.fixture(
    scope="module", params=["phone-by-keys", pytest.param("desk-dark-spanish", marks=pytest.mark.long)]
)
def window(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How large it is, and in which language."""
    return WINDOWS[request.param]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, window: dict[str, Any]) -> Iterator[Doors]:
    """A county of its own for each kind of window."""
    county = County(tmp_path_factory.mktemp("days"))
    staffed(county)
    with opened(county) as doors:
        yield doors
    county.close()


@pytest.fixture
def begin(chromium: Any, desk: Doors, window: dict[str, Any]) -> Iterator[Begin]:
    """A day at the desk of an agency, or without one the client's own; at its end nothing was found wrong."""
    walks: list[Walk] = []

    def come(agency: str) -> Walk:
        pages = []
        for runs_scripts in (False, True):
            context = chromium.new_context(**window, java_script_enabled=runs_scripts)
            context.set_default_timeout(WAIT_MS)
            pages.append(context.new_page())
        walk = Walk(*pages, desk, window["locale"][:2], window is BY_KEYS)
        walks.append(walk)
        walk.come(agency)
        return walk

    yield come
    for walk in walks:
        walk.page.context.close()
        walk.beside.context.close()
        assert walk.found == []


def sought(walk: Walk, button: str, given: str = "Maribel", family: str = "Testperson") -> None:
    """Two identifiers and one tap."""
    for name, said in (("given", given), ("family", family), ("born", "1996-04-17")):
        walk.write(walk.page.locator(f"input[name={name}]").first, said)
    walk.press(walk.page.get_by_role("button", name=walk.say[button], exact=True))
    walk.page.wait_for_load_state()


def test_an_agency_worker_reads_answers_and_takes_the_plan_along(begin: Begin) -> None:
    walk = begin("psychiatry")
    page, say = walk.page, walk.say
    walk.press(page.locator("a.person", has_text=HER).first)
    page.wait_for_url("**/referrals/*")
    walk.look()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name=say["notice"])).to_be_visible()
    expect(page.locator(".answer").first).not_to_be_visible()
    expect(page.locator("header")).not_to_be_visible()
    page.emulate_media(media="screen")
    walk.press(page.get_by_role("button", name=say["accept"], exact=True))
    walk.hears(say["saved"])
    walk.unfold(say["own_number"])
    walk.write(page.get_by_label(say["own_number_say"]), "MP-204")
    walk.press(page.get_by_role("button", name=say["own_number_do"], exact=True))
    expect(page.get_by_text("MP-204").first).to_be_visible()
    walk.follow(say["plan"])
    expect(page.get_by_text(COPING)).to_be_visible()
    walk.leave()


def test_a_counselor_and_a_client_choose_read_sign_and_take_it_back(begin: Begin) -> None:
    walk = begin("hospital")
    page, say = walk.page, walk.say
    walk.press(page.locator("a.person", has_text=HER).first)
    page.wait_for_url("**/consents/requests/*")
    walk.look()
    walk.follow(say["request_ask"])
    chosen = page.locator("input[name='for.TREAT']")
    walk.tick(page.locator("input[name='for.COC']"))
    page.locator("input[name='for.COC']").press("Space")
    chosen.press("Space")  # neither is left
    walk.press(page.locator("form[action$='/read'] > button"))
    expect(page.get_by_role("alert")).to_contain_text(say["error_PURPOSE_MISSING"])
    walk.tick(page.locator("input[name='for.TREAT']"))
    walk.press(page.locator("form[action$='/read'] > button"))
    expect(page.get_by_label(say["sg_pin"])).to_be_visible()
    walk.look()
    walk.write(page.get_by_label(say["sg_pin"]), "270514")
    walk.press(page.get_by_role("button", name=say["sg_hand_over"]))
    page.wait_for_url("**/sign/")
    walk.look()
    page.goto(f"{walk.doors.address}/agency/clients")
    expect(page.get_by_text(HER), "the tablet opens nothing of the worker").to_have_count(0)
    page.goto(f"{walk.doors.address}/sign/")
    walk.tick(page.get_by_role("checkbox"))
    walk.write(page.get_by_role("textbox"), "Somebody Else")
    walk.press(page.get_by_role("button", name=say["sign"], exact=True))
    expect(page.get_by_role("textbox"), "nobody types twice").to_have_value("Somebody Else")
    page.get_by_role("textbox").fill("")
    walk.write(page.get_by_role("textbox"), HER)
    walk.press(page.get_by_role("button", name=say["sign"], exact=True))
    walk.hears(say["sg_done"])
    walk.follow(say["sg_back"])
    walk.write(page.get_by_label(say["code"]), "270514")
    walk.press(page.get_by_role("button", name=say["sg_back_do"]))
    walk.hears(say["sg_state_signed"])
    walk.follow(say["sg_to_her"])
    row = page.get_by_role("listitem").filter(has_text="Sunrise")
    walk.press(row.get_by_role("link", name=say["print_copy"]))
    page.wait_for_url("**/papers/*")
    walk.look()
    page.emulate_media(media="print")
    expect(page.locator("pre.paper").first).to_be_visible()
    expect(page.locator("nav")).not_to_be_visible()
    page.emulate_media(media="screen")
    page.go_back()
    walk.press(row.get_by_role("button", name=say["take_back"]))
    expect(page.get_by_text(say["pending"]).first).to_be_visible()
    walk.look()
    walk.leave()


def test_a_case_manager_refers_asks_plans_and_steps_down(begin: Begin) -> None:
    walk = begin("case-management")
    page, say = walk.page, walk.say
    walk.press(page.get_by_role("navigation").get_by_role("link", name=say["clients"], exact=True))
    page.wait_for_url("**/clients")
    walk.look()
    sought(walk, "find")
    expect(page.get_by_role("heading", name=HER)).to_be_visible()
    walk.look()
    walk.pick(page.get_by_label(say["cs_agency"]), "peer-support")
    walk.press(page.get_by_role("button", name=say["cs_look"], exact=True))
    expect(page.get_by_text(say["cs_never"])).to_be_visible()
    walk.look()
    walk.press(page.get_by_role("button", name=say["cs_send"], exact=True))
    walk.hears(say["cs_said_sent"])
    walk.unfold(say["cs_add_barrier"])
    walk.press(page.locator("form[action$='/barriers'] button"))
    walk.hears(say["cs_said_barrier"])
    walk.follow(say["cs_card"])
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Walk With Me Peer Support")).to_be_visible()
    page.emulate_media(media="screen")
    walk.follow(HER)
    _needs_and_plan(walk)
    walk.leave()


def _needs_and_plan(walk: Walk) -> None:
    page, say = walk.page, walk.say
    walk.follow(say["na_open"])
    walk.tick(page.locator("input[name='a.home'], input[name='a.housing']").nth(2))
    walk.press(page.get_by_role("button", name=say["na_save"]))
    walk.hears(say["saved_do"])
    walk.follow(HER)
    walk.follow(say["cs_plan"])
    walk.unfold(say["st_goal"])
    walk.write(page.get_by_label(say["st_goal_words"]), "a door of my own")
    walk.press(page.locator("form[action$='/own-goal'] button"))
    walk.hears(say["st_said_goal"])
    expect(page.get_by_text("a door of my own").first).to_be_visible()
    walk.follow(say["st_change"])
    walk.follow(HER)
    walk.follow(say["st_down"])
    walk.pick(page.get_by_role("combobox", name="Walk With Me"), "peer-support")
    walk.press(page.get_by_role("button", name=say["st_down_do"]))
    walk.hears(say["st_said_step"])


def test_a_crisis_worker_reads_writes_and_plans_the_morning(begin: Begin) -> None:
    walk = begin("crisis")
    page, say = walk.page, walk.say
    walk.effort = Effort()
    walk.press(page.get_by_role("navigation").get_by_role("link", name=say["crisis"], exact=True))
    page.wait_for_url("**/crisis")
    walk.look()
    sought(walk, "cr_look")
    expect(page.get_by_text(COPING).first).to_be_visible()
    assert (walk.effort.taps, walk.effort.answers) == (5, 2) and walk.effort.seconds < IN_A_CRISIS, (
        walk.effort
    )
    walk.look()
    page.emulate_media(media="print")
    expect(page.get_by_text(COPING).first).to_be_visible()
    expect(page.get_by_role("button").first).not_to_be_visible()
    page.emulate_media(media="screen")
    walk.unfold(say["cr_write_event"])
    walk.press(page.get_by_role("button", name=say["cr_save_event"]))
    walk.hears(say["cr_saved_event"])
    walk.unfold(say["cr_follow_up"])
    walk.press(page.get_by_role("button", name=say["cr_save_follow"]))
    walk.hears(say["cr_saved_follow_up"])
    walk.unfold(say["cr_write_plan"])
    walk.write(page.locator("#step-coping"), "sing")
    walk.press(page.get_by_role("button", name=say["cr_save_plan"]))
    walk.hears(say["cr_saved_plan"])
    walk.follow(say["cr_again"])
    sought(walk, "cr_look", "Nobody", "Known")
    expect(page.get_by_role("heading", name=say["cr_none"])).to_be_visible()
    expect(page.get_by_text(COPING)).to_have_count(0)
    walk.look()
    walk.follow(say["cr_again"])
    walk.follow(say["cr_paper"])
    page.wait_for_url("**/crisis/paper")
    page.goto(f"{walk.doors.address}/agency/crisis/emergency")
    walk.look()
    walk.effort = Effort(taps=1, answers=1)  # the link to this form, from the page of crises
    for name, said in (("given", "Maribel"), ("family", "Testperson"), ("born", "1996-04-17")):
        walk.write(page.locator(f"#e-{name}"), said)
    walk.write(page.get_by_label(say["em_nature"]), "overdose, not answering")
    walk.tick(page.get_by_label(say["em_unobtainable"]))
    walk.press(page.get_by_role("button", name=say["em_open"], exact=True))
    expect(page.get_by_role("status")).to_contain_text(WORKER)
    expect(page.get_by_text(COPING).first).to_be_attached()
    assert walk.effort.seconds < IN_A_CRISIS, walk.effort
    walk.look()
    walk.leave()


def test_a_dispatcher_refers_in_and_hears_nothing_back(begin: Begin) -> None:
    walk = begin(POLICE)
    page, say = walk.page, walk.say
    sought(walk, "le_send")
    walk.hears(say["le_received"])
    for words in ("Maribel", "Sunrise", "Riverbend", COPING):
        expect(page.get_by_text(words)).to_have_count(0)
    walk.leave()


def test_a_client_reads_who_was_told_asks_and_stops_everything(begin: Begin) -> None:
    walk = begin("")
    page, say = walk.page, walk.say
    for words in ("own_told", "own_meetings", "own_contacts", "own_phone"):
        walk.follow(say[words])
        walk.follow(say["own_back"])
    walk.write(page.get_by_label(say["own_ask_text"]), "who has read my plan")
    walk.press(page.get_by_role("button", name=say["own_ask_do"]))
    expect(page.get_by_role("status")).to_be_visible()
    walk.press(page.get_by_role("button", name=say["own_stop_all"]))
    walk.hears(say["own_stopped"])
    walk.follow(say["own_back"])
    expect(page.get_by_text(say["own_none"])).to_be_visible()
    walk.leave()
