"""A passkey in a real browser, on a device of Chromium's own making (CDP WebAuthn): made once, then shown to log in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect
from starlette.routing import Mount, Router

from gateway.agency_desk import make_link
from gateway.agency_desk.own_page_desk import code_of, own_link
from gateway.flows import own_page_doors
from gateway.flows.agency_desk import Worker
from gateway.partners import DeskDelivery
from gateway.wiring.agency_desk_door import LINK_PURPOSE, desk_mounts
from gateway.wiring.own_page_door import own_page_mounts
from gateway.wiring.own_page_links import own_page_key
from tests.browser.conftest import WAIT_MS
from tests.gateway.agency_desk.conftest import to_the_desk
from tests.gateway.county import County

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
AT_ONCE = {"isUserVerified": True, "automaticPresenceSimulation": True}


@dataclass(frozen=True)
class Doors:
    """Both sets of pages on a port of their own."""

    address: str
    county: County

    def worker_link(self) -> tuple[str, str]:
        """Address and code of a link for Rosa."""
        key = self.county.folder.keys.derived(LINK_PURPOSE)
        link, code = make_link(key, "otp", "Rosa Medina", self.county.clock.now())
        return f"{self.address}/agency/login?link={link}", code

    def own_link(self) -> tuple[str, str]:
        """Address and code of a link to the client's own page."""
        premises, patient = self.county.premises, self.county.patient_id
        ana = Worker("hospital", "Ana Ruiz")
        with ThreadPoolExecutor(1) as beside:  # the driver's own loop runs in this thread
            made = beside.submit(self.county.run, own_page_doors.linked(premises, ana, patient, "passport"))
            her, begins = made.result()
        key = own_page_key(premises)
        code = code_of(key, her, own_page_doors.making(premises, her))
        return f"{self.address}/me/login?link={own_link(key, her, begins)}", code


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A referral waits for the program; browsers reach the pages by a name, as passkeys need."""
    county = County(tmp_path_factory.mktemp("passkeys"))
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://localhost:{listening.getsockname()[1]}"
    county.change_network(public_url=address)
    county.change_partner("otp", delivery=DeskDelivery())
    county.change_partner("hospital", desk=("consents", "own_pages"))
    county.consent()
    county.refer()
    to_the_desk(county)
    mounted = {**desk_mounts(county.folder, county.premises), **own_page_mounts(county.premises)}
    routes = Router([Mount(at, app) for at, app in mounted.items()])
    server = uvicorn.Server(uvicorn.Config(routes, log_config=None, access_log=False, lifespan="off"))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Doors(address, county)
    server.should_exit = True
    running.join()
    county.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A window of a machine that can hold passkeys."""
    context = chromium.new_context()
    context.set_default_timeout(WAIT_MS)
    made = context.new_page()
    line = context.new_cdp_session(made)
    line.send("WebAuthn.enable")
    line.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **AT_ONCE}})
    yield made
    context.close()


def come_by_code(page: Any, link: tuple[str, str]) -> None:
    """Log in by a link and its code."""
    page.goto(link[0])
    page.locator("#code").fill(link[1])
    page.get_by_role("button", name="Log in", exact=True).click()


def test_a_worker_makes_a_passkey_and_comes_by_it(page: Any, desk: Doors) -> None:
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Content Security" in said.text else None)
    come_by_code(page, desk.worker_link())
    page.get_by_text("Maribel Testperson").first.wait_for()
    page.goto(f"{desk.address}/agency/phone")
    page.get_by_role("button", name="Use this device to log in").click()
    page.get_by_text("passkey is asked for at each login").wait_for()
    page.get_by_role("button", name="Log out").click()

    page.goto(desk.worker_link()[0])
    expect(page.locator("#code")).to_have_count(0)
    expect(page.get_by_text("This browser cannot use it here.")).not_to_be_visible()
    page.get_by_role("button", name="Log in with this device").click()
    page.get_by_text("Maribel Testperson").first.wait_for()
    assert blocked == [], "the policy lets our own script run and nothing else"


def test_a_client_makes_a_passkey_and_comes_by_it(page: Any, desk: Doors) -> None:
    come_by_code(page, desk.own_link())
    page.get_by_role("heading", name="What I have allowed").wait_for()
    page.goto(f"{desk.address}/me/phone")
    page.get_by_role("button", name="Use this device to log in").click()
    page.get_by_text("From now on your passkey is asked for.").wait_for()
    page.goto(desk.own_link()[0])
    page.get_by_role("button", name="Log in with this device").click()
    page.get_by_role("heading", name="What I have allowed").wait_for()


def test_without_a_script_no_passkey_is_offered_and_the_page_says_so(chromium: Any, desk: Doors) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(desk.worker_link()[0])
    expect(page.get_by_role("button", name="Log in with this device")).not_to_be_visible()
    page.get_by_text("This browser cannot use it here.").wait_for()
    context.close()
