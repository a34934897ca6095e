"""The pages of an agency without software, as a worker uses them: on a phone, by keyboard alone, without any script."""

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
from gateway.partners import DeskDelivery
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from tests.browser.conftest import WAIT_MS, axe_script
from tests.gateway.agency_desk.conftest import to_the_desk
from tests.gateway.county import County

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class AgencyDesk:
    """The pages on a port of their own, and links with their codes."""

    address: str
    links: list[tuple[str, str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyDesk]:
    """Two referrals wait for the treatment program, and her care plan is there."""
    county = County(tmp_path_factory.mktemp("agency"))
    county.change_partner("otp", delivery=DeskDelivery())
    county.consent()
    for number in (1, 2):
        county.refer(f"ED-{number}", f"R-{number}")
        to_the_desk(county)
    county.share_plan()
    key, now = county.folder.keys.derived(LINK_PURPOSE), county.clock.now()
    links = [make_link(key, "otp", "Rosa Medina", now) for _ in range(6)]
    mounts = [Mount(at, app) for at, app in desk_mounts(county.folder, county.premises).items()]
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Router(mounts), log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield AgencyDesk(f"http://127.0.0.1:{listening.getsockname()[1]}/agency/", links)
    server.should_exit = True
    running.join()
    county.close()


@pytest.fixture
def log_in(chromium: Any, desk: AgencyDesk) -> Iterator[Any]:
    """Opens the list as a worker who has come in by a link and its code, with the settings of a window."""
    contexts: list[Any] = []

    def begin(**settings: Any) -> Any:
        context = chromium.new_context(**{"java_script_enabled": False, "viewport": PHONE, **settings})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        link, code = desk.links.pop()
        page = context.new_page()
        page.goto(f"{desk.address}login?link={link}")
        page.get_by_role("textbox").fill(f"{code[:4]} {code[4:]}")
        page.get_by_role("main").get_by_role("button").click()
        page.wait_for_url(desk.address)
        return page

    yield begin
    for context in contexts:
        context.close()


def focus_on(page: Any, text: str) -> None:
    """Press Tab until what has that text has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text().strip() == text:
            return
    pytest.fail(f"`{text}` is not reached by the keyboard")


def test_a_worker_reads_on_her_phone_and_answers_by_keyboard_alone(log_in: Any) -> None:
    page = log_in()
    focus_on(page, "Maribel Testperson")
    page.keyboard.press("Enter")
    page.wait_for_url("**/referrals/*")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Maribel Testperson")
    page.get_by_text("(602) 5550142").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    focus_on(page, "Accept")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved. Your answer is on its way.")
    focus_on(page, "Care plan")
    page.keyboard.press("Enter")
    page.get_by_text("Rent agreement renewed").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    focus_on(page, "Log out")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Please log in").wait_for()
    page.go_back()
    page.reload()
    expect(page.get_by_text("Maribel"), "the next one at a shared tablet finds nothing").to_have_count(0)


@pytest.mark.parametrize(("language", "colours"), [("en-US", "light"), ("es-MX", "dark")])
def test_no_page_has_a_serious_fault_of_accessibility(log_in: Any, language: str, colours: str) -> None:
    page = log_in(java_script_enabled=True, bypass_csp=True, color_scheme=colours, locale=language)
    axe, found = axe_script(), []
    places = [page.url]
    page.locator("a.person").last.click()
    places.append(page.url)
    places.append(page.url.replace("referrals", "plans"))
    for place in places:
        page.goto(place)
        page.evaluate(axe)
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for fault in report["violations"]:
            if fault["impact"] in ("serious", "critical", "moderate"):
                found.append((fault["id"], fault["nodes"][0]["html"][:120]))
    assert found == []


def test_paper_has_the_notice_and_no_buttons(log_in: Any) -> None:
    page = log_in()
    page.locator("a.person").first.click()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Notice")).to_be_visible()
    expect(page.get_by_text("Maribel Testperson").first).to_be_visible()
    expect(page.locator(".answer").first).not_to_be_visible()
    expect(page.locator("header")).not_to_be_visible()
