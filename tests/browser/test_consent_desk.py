"""The consent desk and a person's own page as they are used: on a phone, without any script, and for every reader."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from starlette.routing import Mount, Router

from gateway.agency_desk import make_link
from gateway.agency_desk.own_page_desk import code_of, own_link
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from gateway.wiring.own_page_door import own_page_mounts
from gateway.wiring.own_page_links import own_page_key
from tests.browser.conftest import WAIT_MS, axe_script
from tests.gateway.county import County

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 844}
HER = "Maribel Testperson"


@dataclass(frozen=True)
class Counter:
    """The pages on a port of their own, a worker's links with their codes, and a link to her own page."""

    address: str
    links: list[tuple[str, str]]
    patient: str
    own: list[tuple[str, str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A referral of hers waits for a permission; another permission of hers is there."""
    county = County(tmp_path_factory.mktemp("counter"))
    county.change_partner("hospital", desk=("consents",))
    county.refer()
    county.refused()
    county.consent("psychiatry")
    for intent in county.intents("due"):
        county.settle(intent, "held", "CONSENT_NEEDED")
    key, now = county.folder.keys.derived(LINK_PURPOSE), county.clock.now()
    links = [make_link(key, "hospital", "Ana Ruiz", now) for _ in range(4)]
    own_key, her = own_page_key(county.premises), county.patient_id
    own = [(own_link(own_key, her, now), code_of(own_key, her, "")) for _ in range(3)]
    mounted = {**desk_mounts(county.folder, county.premises), **own_page_mounts(county.premises)}
    listening = socket.create_server(("127.0.0.1", 0))
    routes = Router([Mount(at, app) for at, app in mounted.items()])
    server = uvicorn.Server(uvicorn.Config(routes, log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Counter(f"http://127.0.0.1:{listening.getsockname()[1]}", links, county.patient_id, own)
    server.should_exit = True
    running.join()
    county.close()


@pytest.fixture
def come(chromium: Any, desk: Counter) -> Iterator[Any]:
    """Opens the first page as the worker, or as the person herself, with the settings of a window."""
    contexts: list[Any] = []

    def begin(path: str, **settings: Any) -> Any:
        context = chromium.new_context(**{"java_script_enabled": False, "viewport": PHONE, **settings})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        link, code = (desk.own if path == "/me/" else desk.links).pop()
        page = context.new_page()
        page.goto(f"{desk.address}{path}login?link={link}")
        page.get_by_role("textbox").fill(code)
        page.get_by_role("main").get_by_role("button").click()
        page.wait_for_url(f"{desk.address}{path}")
        return page

    yield begin
    for context in contexts:
        context.close()


def faults_of(page: Any) -> list[tuple[str, str]]:
    """What axe finds on the page that is more than slight."""
    page.evaluate(axe_script())
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = ("serious", "critical", "moderate")
    return [
        (one["id"], one["nodes"][0]["html"][:120]) for one in report["violations"] if one["impact"] in bad
    ]


@pytest.mark.parametrize(
    ("language", "colours"),
    [("en-US", "light"), pytest.param("es-MX", "dark", marks=pytest.mark.long)],
)
def test_no_page_has_a_serious_fault_of_accessibility(
    come: Any, desk: Counter, language: str, colours: str
) -> None:
    settings = {"java_script_enabled": True, "bypass_csp": True, "color_scheme": colours, "locale": language}
    page = come("/agency/", **settings)
    found = faults_of(page)
    for place in ("", f"{desk.patient}"):
        page.goto(f"{desk.address}/agency/consents/{place}")
        found += faults_of(page)
    page.locator("details summary").first.click()
    page.locator("details[open] input[type=checkbox]").first.check()
    page.locator("input[name='for.COC']").check()
    page.locator("form[action$='/read'] > button").click()
    page.wait_for_url("**/read")
    found += faults_of(page)
    page.locator("input[name=pin]").fill({"en-US": "582946", "es-MX": "691075"}[language])  # none twice
    page.locator("form[action$='/hand-over'] button").click()
    page.wait_for_url("**/sign/")
    found += faults_of(page)
    page.goto(f"{desk.address}/sign/back")
    found += faults_of(page)
    own = come("/me/", **settings)
    found += faults_of(own)
    for place in ("told", "phone"):
        own.goto(f"{desk.address}/me/{place}")
        found += faults_of(own)
    assert found == []


def tab_to(page: Any, what: Any) -> None:
    """Go on by the Tab key until that has the focus, and is seen to have it."""
    expect(what).to_have_count(1)
    for _ in range(120):
        if what.evaluate("one => one === document.activeElement"):
            assert what.evaluate("one => one.matches(':focus-visible')")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not reach {what}")


def test_the_keyboard_alone_leads_from_the_list_to_her_turn_and_back(come: Any, desk: Counter) -> None:
    """Nothing is signed here: what is refused comes back filled in, and the tablet is taken back."""
    page, keys = come("/agency/"), ("Enter", "Space")
    for begin, place in (
        (page.locator("a.person", has_text=HER).first, "**/consents/requests/*"),
        (page.get_by_role("link", name="Read and choose together"), "**/consents/*request=*"),
    ):
        tab_to(page, begin)
        page.keyboard.press(keys[0])
        page.wait_for_url(place)
    box = page.locator("input[name='for.TREAT']")
    tab_to(page, box)
    page.keyboard.press(keys[1])
    tab_to(page, page.locator("form[action$='/read'] > button"))
    page.keyboard.press(keys[0])
    expect(page.get_by_role("alert")).to_contain_text("Choose what it is for")
    tab_to(page, page.locator("input[name='for.TREAT']"))
    page.keyboard.press(keys[1])
    tab_to(page, page.locator("form[action$='/read'] > button"))
    page.keyboard.press(keys[0])
    tab_to(page, page.get_by_label("Choose six digits"))
    page.keyboard.type("270514")
    page.keyboard.press(keys[0])
    page.wait_for_url("**/sign/")
    tab_to(page, page.get_by_role("checkbox"))
    page.keyboard.press(keys[1])
    tab_to(page, page.get_by_role("textbox"))
    page.keyboard.type("Somebody Else")
    page.keyboard.press(keys[0])
    expect(page.get_by_role("alert")).to_contain_text("The name is not the one on the form")
    expect(page.get_by_role("textbox")).to_have_value("Somebody Else")
    tab_to(page, page.get_by_role("banner").get_by_role("button", name="Give it back"))
    page.keyboard.press(keys[0])
    tab_to(page, page.get_by_label("Code"))
    page.keyboard.type("270514")
    page.keyboard.press(keys[0])
    expect(page.get_by_role("link", name="Back to their permissions")).to_be_visible()


def test_she_signs_on_a_phone_and_stops_it_on_her_own_page(come: Any, desk: Counter) -> None:
    page = come("/agency/")
    page.locator("a.person", has_text=HER).first.click()
    page.get_by_role("link", name="Read and choose together").click()
    page.locator("form[action$='/read'] > button").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Choose six digits").fill("493817")
    page.get_by_role("button", name="Hand the tablet over").click()
    page.wait_for_url("**/sign/")
    page.goto(f"{desk.address}/agency/consents/{desk.patient}")
    page.get_by_role("heading", name="Please log in").wait_for()
    page.goto(f"{desk.address}/sign/")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("checkbox").check()
    page.get_by_role("textbox").fill(HER)
    page.get_by_role("button", name="Sign").click()
    page.get_by_role("status").wait_for()
    page.get_by_role("main").get_by_role("link", name="Give it back").click()
    page.get_by_label("Code").fill("493817")
    page.get_by_role("button", name="Take the tablet back").click()
    page.get_by_text("Signed. It counts from now on.").wait_for()
    page.get_by_role("link", name="Back to their permissions").click()
    row = page.get_by_role("listitem").filter(has_text="Sunrise")
    row.get_by_role("link", name="Print a copy").click()
    page.emulate_media(media="print")
    expect(page.get_by_text("Signed by typing the name")).to_be_visible()
    expect(page.locator("header")).not_to_be_visible()
    expect(page.locator("nav")).not_to_be_visible()

    own = come("/me/")
    own.get_by_role("button", name="Stop everything").click()
    own.get_by_text("Stopped now.").wait_for()
    own.get_by_role("link", name="Back to my page").click()
    own.get_by_text("You have not allowed anything here.").wait_for()
    own.get_by_role("button", name="Log out").click()
    own.get_by_role("heading", name="Please log in").wait_for()
    own.go_back()
    own.reload()
    expect(own.get_by_text("Sunrise"), "the next one at a shared phone finds nothing").to_have_count(0)
