"""The pages of a mobile team and of a case manager: on a phone, without script, in the light and in the dark."""

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
from gateway.demo import person
from gateway.partners import Route
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from tests.browser.conftest import WAIT_MS, axe_script
from tests.gateway.agency_desk.crisis_county import COPING, permit, set_up
from tests.gateway.county import County
from tests.gateway.flows.test_emergency import add

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PLACES = {"crisis": "crisis", "case-management": "clients"}


@dataclass(frozen=True)
class Pages:
    """The pages on a port of their own, and links with their codes."""

    address: str
    links: dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Her safety plan is at the psychiatry clinic, and she lets the crisis team see it. The team has a nurse."""
    county = County(tmp_path_factory.mktemp("crisis"))
    set_up(county)
    county.change_partner("crisis", desk=("crisis",), standing=("crisis_line", "medical_personnel"))
    permit(county)
    key, now = county.folder.keys.derived(LINK_PURPOSE), county.clock.now()
    case_management(county)
    links = {
        partner: [make_link(key, partner, "Ana Torres", now) for _ in range(5)]
        for partner in ("crisis", "case-management")
    }
    mounts = [Mount(at, app) for at, app in desk_mounts(county.folder, county.premises).items()]
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Router(mounts), log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Pages(f"http://127.0.0.1:{listening.getsockname()[1]}/agency/", links)
    server.should_exit = True
    running.join()
    county.close()


def case_management(county: County) -> None:
    """A case manager's client: the treatment program's plan and her attendance may be seen."""
    county.change_partner("case-management", desk=("clients",))
    routes = (
        Route("cm-to-peers", "case-management", "peer-support", "referral", "COC"),
        Route("plans-to-cm", "otp", "case-management", "care_plan", "COC"),
    )
    county.change_network(routes=(*county.premises.network.content.routes, *routes))
    county.share_plan()
    entry = {
        "fullUrl": "urn:uuid:77777777-1111-4111-8111-111111111111",
        "resource": person.person("urn:county-cm", "CM-7"),
        "request": {"method": "POST", "url": "Patient"},
    }
    county.submit("case-management", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    county.consent(
        "case-management", discloser="otp", by="otp", purpose="COC",
        identifier=(person.OTP_SYSTEM, "OTP-3391"), classes=("CarePlan", "Goal"),
    )  # fmt: skip
    code = {"coding": [{"system": "urn:x", "code": "attended", "display": "Attended this week"}]}
    for day, came in (("2026-03-06", True), ("2026-03-13", False), ("2026-03-20", True)):
        add(
            county, f"week-{day}", "Observation", "case-management", status="final", code=code,
            effectiveDateTime=day, valueBoolean=came,
        )  # fmt: skip


@pytest.fixture
def log_in(chromium: Any, desk: Pages) -> Iterator[Any]:
    """Opens the crisis page as a worker who has come in by a link and its code, with the settings of a window."""
    contexts: list[Any] = []

    def begin(partner: str = "crisis", **settings: Any) -> Any:
        context = chromium.new_context(**{"java_script_enabled": False, "viewport": PHONE, **settings})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        link, code = desk.links[partner].pop()
        page = context.new_page()
        page.goto(f"{desk.address}login?link={link}")
        page.get_by_role("textbox").fill(code)
        page.get_by_role("main").get_by_role("button").click()
        page.goto(f"{desk.address}{PLACES[partner]}")
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
    page.wait_for_load_state()
    page.get_by_role("heading", level=1).wait_for()


def test_a_mobile_team_finds_the_plan_in_one_tap_and_writes_the_next(log_in: Any) -> None:
    page = log_in()
    ask(page)
    page.get_by_text(COPING).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.emulate_media(media="print")
    expect(page.get_by_text(COPING)).to_be_visible()
    expect(page.get_by_role("button").first).not_to_be_visible()
    page.emulate_media(media="screen")

    page.get_by_text("Write a safety plan").click()
    page.get_by_label("What I can do myself").fill("sing")
    page.get_by_role("button", name="Save the safety plan").click()
    expect(page.get_by_role("status")).to_have_text("Saved. The safety plan is written down.")
    page.get_by_role("link", name="Look for somebody else").click()
    page.get_by_role("button", name="Look for the safety plan").wait_for()
    ask(page, "Nobody", "Known")
    page.get_by_text("No certain match").wait_for()
    expect(page.get_by_text(COPING)).to_have_count(0)


def test_a_nurse_opens_the_emergency_set_with_one_sentence_and_a_tick(log_in: Any) -> None:
    page = log_in()
    ask(page)
    page.get_by_text("Medical emergency", exact=True).click()
    page.get_by_label("What is the emergency?").fill("overdose, not answering")
    page.get_by_label("Consent cannot be had now.").check()
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("It is good for four hours").wait_for()
    told = page.get_by_text("Walk", exact=False).or_(page.get_by_text(COPING))
    expect(told.first).to_be_attached()


def test_a_case_manager_refers_on_her_phone_and_sees_beforehand_what_they_learn(log_in: Any) -> None:
    page = log_in("case-management")
    ask(page)
    page.get_by_role("heading", name="Maribel Testperson").wait_for()
    page.get_by_label("Agency").select_option("peer-support")
    page.get_by_role("button", name="See what they would learn").click()
    page.get_by_text("It would wait").wait_for()
    page.get_by_role("button", name="Save the referral").click()
    expect(page.get_by_role("status")).to_have_text("Saved. It goes as far as the client has agreed.")
    page.get_by_role("link", name="Hand-off card").click()
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Walk With Me Peer Support")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_case_manager_asks_what_is_needed_and_writes_her_goal_down(log_in: Any) -> None:
    page = log_in("case-management")
    ask(page)
    page.get_by_role("link", name="Ask what they need").click()
    page.get_by_role("group", name="Do you have a home of your own?").get_by_label("No: with").check()
    page.get_by_role("group", name="Do you feel safe").get_by_label("Yes").check()
    page.get_by_role("button", name="Save the answers").click()
    page.get_by_role("button", name="Refer for this: Housing").click()
    page.get_by_text("It would wait").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Maribel Testperson").click()
    page.get_by_role("link", name="Plan and progress").click()
    page.get_by_text("Write down a goal").click()
    page.get_by_label("What do they want to reach?").fill("a door of my own")
    page.locator("form[action$='/own-goal'] button").click()
    page.get_by_text("a door of my own").first.wait_for()
    page.get_by_role("link", name="Step down").click()
    page.get_by_label("What ends?").select_option("shelter")
    page.get_by_role("combobox", name="Walk With Me").select_option("peer-support")
    page.get_by_role("button", name="Save the step").click()
    page.get_by_text("Each is told of its own part alone").wait_for()


@pytest.mark.parametrize(
    ("language", "colours", "window"),
    [("en-US", "light", PHONE), pytest.param("es-MX", "dark", DESK, marks=pytest.mark.long)],
)
def test_no_crisis_page_has_a_serious_fault_of_accessibility(
    log_in: Any, language: str, colours: str, window: dict[str, int]
) -> None:
    settings = {"color_scheme": colours, "locale": language, "viewport": window, "bypass_csp": True}
    page = log_in(java_script_enabled=True, **settings)
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
    page = log_in("case-management", java_script_enabled=True, **settings)
    look()
    ask(page)
    page.wait_for_url("**/clients/*")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look()
    client = page.url
    for path in ("/plan", "/needs", "/change", "/step-down"):
        page.goto(client + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        look()
    assert found == []
