"""A county at whose desks a day goes by, and somebody who walks through its pages: by keyboard, or with a mouse."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from starlette.routing import Mount, Router

from gateway.agency_desk import make_link
from gateway.agency_desk.own_page_desk import code_of, own_link
from gateway.agency_desk.own_pages import WORDS
from gateway.demo import person
from gateway.disclosure import gate
from gateway.partners import DeskDelivery, Route
from gateway.store import intents
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from gateway.wiring.own_page_door import own_page_mounts
from gateway.wiring.own_page_links import own_page_key
from tests.browser.conftest import axe_script
from tests.gateway.agency_desk.crisis_county import permit, set_up
from tests.gateway.county import OTP, County
from tests.gateway.flows.test_emergency import add

HER, WORKER = "Maribel Testperson", "Ana Torres"
POLICE = "crisis-intervention-police"
AGENCIES = ("psychiatry", "hospital", "case-management", "crisis", POLICE)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
_FAULTS = ("serious", "critical", "moderate")
_MOST_TABS = 250
_AT_LEAST = """one => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
  const stops = all.filter(it => it.checkVisibility() && it.type !== 'hidden' && it.type !== 'radio');
  return Math.max(0, stops.indexOf(one) - stops.indexOf(document.activeElement) - 1);
}"""
"""How many stops lie between what has the focus and `one`, or fewer: not every one is looked at on the way."""


@dataclass(frozen=True)
class Doors:
    """The pages on a port of their own, and for each agency a worker's link with its code; `own`: to her own page."""

    address: str
    links: Mapping[str, tuple[str, str]]
    own: tuple[str, str]
    seen: set[str] = field(default_factory=set)
    """The pages at which axe has looked, by their headings."""


def staffed(county: County) -> None:
    """Each agency has somebody at its desk, and something for her to do."""
    set_up(county)
    county.change_partner("crisis", desk=("crisis",), standing=("crisis_line", "medical_personnel"))
    county.change_partner("hospital", desk=("consents",))
    county.change_partner("psychiatry", delivery=DeskDelivery())
    county.change_partner("case-management", desk=("clients",))
    county.change_partner(POLICE, desk=("refer_in",))
    routes = (
        Route("cm-to-peers", "case-management", "peer-support", "referral", "COC"),
        Route("plans-to-cm", "otp", "case-management", "care_plan", "COC"),
        Route("police-to-cm", POLICE, "case-management", "referral", "COC"),
    )
    others = [one for one in county.premises.network.content.routes if one.source != POLICE]
    county.change_network(routes=(*others, *routes))
    permit(county)
    _at_the_psychiatrists_desk(county)
    _a_case(county)
    for intent in county.intents("due"):
        county.settle(intent, "held", "CONSENT_NEEDED")


def _at_the_psychiatrists_desk(county: County) -> None:
    """One referral may be read there; the one to the treatment program waits for her word."""
    county.consent("psychiatry")
    county.refer("ED-2", "R-2", "MESAPSY")
    for intent in county.claim():
        county.run(gate.release(county.premises, intent))
        if intent.partner == "psychiatry":
            county.settle(intent, "delivered", intents.AT_DESK)


def _a_case(county: County) -> None:
    """A case manager's client: the treatment program's plan may be seen, and weeks in which she came or did not."""
    county.share_plan()
    entry = {
        "fullUrl": "urn:uuid:77777777-1111-4111-8111-111111111111",
        "resource": person.person("urn:county-cm", "CM-7"),
        "request": {"method": "POST", "url": "Patient"},
    }
    county.submit("case-management", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    county.consent(
        "case-management",
        discloser="otp",
        by="otp",
        purpose="COC",
        identifier=OTP,
        classes=("CarePlan", "Goal"),
    )
    code = {"coding": [{"system": "urn:x", "code": "attended", "display": "Attended this week"}]}
    for day, came in (("2026-03-06", True), ("2026-03-13", False), ("2026-03-20", True)):
        add(
            county, f"week-{day}", "Observation", "case-management", status="final", code=code,
            effectiveDateTime=day, valueBoolean=came,
        )  # fmt: skip


@contextmanager
def opened(county: County) -> Iterator[Doors]:
    """The county's pages, served."""
    key, now = county.folder.keys.derived(LINK_PURPOSE), county.clock.now()
    links = {one: make_link(key, one, WORKER, now) for one in AGENCIES}
    own_key, her = own_page_key(county.premises), county.patient_id
    own = (own_link(own_key, her, now), code_of(own_key, her, ""))
    mounted = {**desk_mounts(county.folder, county.premises), **own_page_mounts(county.premises)}
    routes = Router([Mount(at, app) for at, app in mounted.items()])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(routes, log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Doors(f"http://127.0.0.1:{listening.getsockname()[1]}", links, own)
    server.should_exit = True
    running.join()


@dataclass
class Effort:
    """What somebody has done at a page, and how long a slow hand takes for it on a phone: keystroke-level model (Card,
    Moran, Newell 1983), with each key twice as long as there, and each answer as if the line were bad.
    """

    taps: int = 0
    keys: int = 0
    answers: int = 0

    @property
    def seconds(self) -> float:
        """To think what comes next (M 1.35 s) and point (P 1.1 s) for each tap, type (K 0.56 s), wait (R 3 s)."""
        return (1.35 + 1.1) * self.taps + 0.56 * self.keys + 3 * self.answers


@dataclass
class Walk:
    """Somebody at a window. `by_keys`: she has no mouse. What she sees, axe looks at in the window `beside`, where
    scripts run: hers may run none.
    """

    page: Any
    beside: Any
    doors: Doors
    language: str
    by_keys: bool
    found: list[tuple[str, str, str]] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)

    @property
    def say(self) -> Mapping[str, str]:
        """Every word in her language."""
        return WORDS[self.language]

    def come(self, agency: str) -> None:
        """In by a link and its code; without an agency to her own page."""
        path, (link, code) = ("agency", self.doors.links[agency]) if agency else ("me", self.doors.own)
        self.page.goto(f"{self.doors.address}/{path}/login?link={link}")
        self.look()
        self.write(self.page.get_by_role("textbox"), code)
        self.press(self.page.get_by_role("main").get_by_role("button").first)
        expect(self.page.get_by_role("button", name=self.say["log_out"])).to_be_visible()
        self.look()

    def look(self) -> None:
        """Everything fits the window, and axe finds nothing that is more than slight."""
        heading = self.page.get_by_role("heading", level=1).first
        expect(heading).to_be_visible()
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.page.viewport_size["width"], f"{self.page.url} is cut off"
        name = f"{self.page.title()}: {heading.inner_text()}"
        if name not in self.doors.seen:
            self.doors.seen.add(name)
            self._judge(self.page.content())

    def _judge(self, page: str) -> None:
        self.beside.set_content(page.replace("<head>", f'<head><base href="{self.page.url}">', 1))
        self.beside.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        if not self.beside.evaluate("'axe' in window"):
            self.beside.evaluate(axe_script())
        report = self.beside.evaluate("axe.run(document, {resultTypes: ['violations']})")
        self.found += [
            (self.page.url, one["id"], one["nodes"][0]["html"][:120])
            for one in report["violations"]
            if one["impact"] in _FAULTS
        ]

    def press(self, what: Any) -> None:
        """Press a button or follow a link."""
        self.effort.taps += 1
        self.effort.answers += 1
        if self.by_keys:
            self._tab_to(what)
            self.page.keyboard.press("Enter")
        else:
            what.click()

    def unfold(self, words: str) -> None:
        """Open what is folded under these words."""
        summary = self.page.locator("summary", has_text=words).first
        if summary.evaluate("one => !one.parentElement.open"):
            self.press(summary)

    def write(self, what: Any, text: str) -> None:
        """Fill in a field; a day is written `2026-03-01`."""
        self.effort.taps += 1
        self.effort.keys += len(text)
        if not self.by_keys:
            what.fill(text)
            return
        self._tab_to(what)
        is_day = what.get_attribute("type") == "date"
        year, _, rest = text.partition("-")
        self.page.keyboard.type(rest.replace("-", "") + year if is_day else text)

    def tick(self, what: Any) -> None:
        """Tick a box, or choose one of several."""
        self.effort.taps += 1
        if self.by_keys and what.get_attribute("type") == "checkbox":
            self._tab_to(what)
            self.page.keyboard.press("Space")
        elif self.by_keys:  # the Tab key leads to the chosen one of a group, the arrows on from there
            self._tab_to(self.page.locator(f"input[name='{what.get_attribute('name')}']:checked"))
            while not what.is_checked():
                self.page.keyboard.press("ArrowDown")
        else:
            what.check()
        expect(what).to_be_checked()

    def pick(self, what: Any, value: str) -> None:
        """Choose from a list."""
        if self.by_keys:
            self._tab_to(what)
            self.page.keyboard.type(what.locator(f"option[value='{value}']").inner_text())
        else:
            what.select_option(value)
        expect(what).to_have_value(value)

    def hears(self, words: str) -> None:
        """The page says how it went."""
        expect(self.page.get_by_role("status").first).to_contain_text(words)
        self.look()

    def follow(self, words: str) -> None:
        """A link of the page's own by its words, and the page behind it."""
        link = self.page.get_by_role("main").get_by_role("link", name=words, exact=True).first
        href = link.get_attribute("href").partition("#")[0]
        self.press(link)
        self.page.wait_for_url(f"**{href}*")
        self.look()

    def leave(self) -> None:
        """Log out; whoever is next at a shared tablet finds nothing."""
        last = self.page.url
        self.press(self.page.get_by_role("button", name=self.say["log_out"]))
        expect(self.page.get_by_role("button", name=self.say["log_out"])).to_have_count(0)
        self.page.goto(last)
        expect(self.page.get_by_text("Maribel")).to_have_count(0)

    def _tab_to(self, what: Any) -> None:
        """Go on by the Tab key until that has the focus, and is seen to have it."""
        expect(what).to_have_count(1)
        sought = what.element_handle()
        for _ in range(sought.evaluate(_AT_LEAST)):
            self.page.keyboard.press("Tab")
        for _ in range(_MOST_TABS):
            if sought.evaluate("one => one === document.activeElement && one.matches(':focus-visible')"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {what}")
