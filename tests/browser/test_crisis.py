"""The crisis pages as a mobile team uses them: on a phone, without script, in the light and in the dark."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.routing import Mount, Router

from gateway.agency_desk import make_link
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from tests.browser.conftest import WAIT_MS, axe_script
from tests.gateway.agency_desk.crisis_county import COPING, permit, set_up
from tests.gateway.county import County

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Pages:
    """The pages on a port of their own, and links with their codes."""

    address: str
    links: list[tuple[str, str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Her safety plan is at the psychiatry clinic, and she lets the crisis team see it. The team has a nurse."""
    county = County(tmp_path_factory.mktemp("crisis"))
    set_up(county)
    county.change_partner("crisis", desk=("crisis",), standing=("crisis_line", "medical_personnel"))
    permit(county)
    key, now = county.folder.keys.derived(LINK_PURPOSE), county.clock.now()
    links = [make_link(key, "crisis", "Ana Torres", now) for _ in range(4)]
    mounts = [Mount(at, app) for at, app in desk_mounts(county.folder, county.premises).items()]
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Router(mounts), log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Pages(f"http://127.0.0.1:{listening.getsockname()[1]}/agency/", links)
    server.should_exit = True
    running.join()
    county.close()


@pytest.fixture
def log_in(chromium: Any, desk: Pages) -> Iterator[Any]:
    """Opens the crisis page as a worker who has come in by a link and its code, with the settings of a window."""
    contexts: list[Any] = []

    def begin(**settings: Any) -> Any:
        context = chromium.new_context(**{"java_script_enabled": False, "viewport": PHONE, **settings})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        link, code = desk.links.pop()
        page = context.new_page()
        page.goto(f"{desk.address}login?link={link}")
        page.get_by_role("textbox").fill(code)
        page.get_by_role("main").get_by_role("button").click()
        page.goto(f"{desk.address}crisis")
        return page

    yield begin
    for context in contexts:
        context.close()


def ask(page: Any, given: str = "Maribel", family: str = "Testperson") -> None:
    """Two identifiers, and one tap."""
    page.locator("input[name=given]").first.fill(given)
    page.locator("input[name=family]").first.fill(family)
    page.locator("input[name=born]").first.fill("1996-04-17")
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_role("heading", level=1).wait_for()


def test_a_mobile_team_finds_the_plan_in_one_tap_and_writes_the_next(log_in: Any) -> None:
    page = log_in()
    ask(page)
    page.get_by_text(COPING).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(media="print")
    assert page.get_by_text(COPING).is_visible() and not page.get_by_role("button").first.is_visible()
    page.emulate_media(media="screen")

    page.get_by_text("Write a safety plan").click()
    page.get_by_label("What I can do myself").fill("sing")
    page.get_by_role("button", name="Save the safety plan").click()
    assert page.get_by_role("status").inner_text() == "Saved. The safety plan is written down."
    ask(page, "Nobody", "Known")
    page.get_by_text("No certain match").wait_for()
    assert page.get_by_text(COPING).count() == 0


def test_a_nurse_opens_the_emergency_set_with_one_sentence_and_a_tick(log_in: Any) -> None:
    page = log_in()
    ask(page)
    page.get_by_text("Medical emergency", exact=True).click()
    page.get_by_label("What is the emergency?").fill("overdose, not answering")
    page.get_by_label("Consent cannot be had now.").check()
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("It is good for four hours").wait_for()
    assert page.get_by_text("Walk", exact=False).count() or page.get_by_text(COPING).count()


@pytest.mark.parametrize(
    ("language", "colours", "window"), [("en-US", "light", PHONE), ("es-MX", "dark", DESK)]
)
def test_no_crisis_page_has_a_serious_fault_of_accessibility(
    log_in: Any, language: str, colours: str, window: dict[str, int]
) -> None:
    page = log_in(
        java_script_enabled=True, bypass_csp=True, color_scheme=colours, locale=language, viewport=window
    )
    axe, found = axe_script(), []

    def look() -> None:
        page.evaluate(axe)
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for fault in report["violations"]:
            if fault["impact"] in ("serious", "critical", "moderate"):
                found.append((page.url, fault["id"], fault["nodes"][0]["html"][:120]))

    begin = page.url
    look()
    ask(page)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look()
    for path in ("/emergency", "/paper"):
        page.goto(begin + path)
        look()
    page.goto(begin)
    ask(page, "Nobody", "Known")
    look()
    assert found == []
