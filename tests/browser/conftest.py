"""A real browser in front of the console, over what a real referral left behind.

The browser is Debian's Chromium, driven by Playwright's own driver; nothing is downloaded, nothing leaves this machine.
What a page shows is asked with `expect`, which waits: a click is done before the page behind it has come whole.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.routing import Mount, Router

from gateway.audit import Sealer
from gateway.console import make_link
from gateway.flows.audit_agreements import Terms, agree
from gateway.flows.legal_holds import HoldAsked, place
from gateway.store import emergency_uses
from gateway.wiring.console_door import LINK_PURPOSE, console_mounts
from tests.gateway.county import County
from tests.gateway.flows.test_emergency import add, opened, sound
from tests.gateway.flows.test_same_person import hand_over

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
WAIT_MS = 60_000


@dataclass(frozen=True)
class Desk:
    """The console on a port of its own, the patient whom everything is about, and a disclosure about her."""

    address: str
    link: Callable[[str], str]
    patient: str
    disclosure: int
    message: str
    use: str

    @property
    def screens(self) -> tuple[str, ...]:
        """Every screen, as its path behind the address."""
        return (
            "", "disclosures", f"decisions/{self.disclosure}", "patients", f"patients/{self.patient}", "consents",
            f"consents/{self.patient}", f"what-if?patient={self.patient}&partner=otp&purpose=TREAT", "emergency",
            f"emergency/{self.use}", "emergency?month=2026-11", "identity", f"identity/{self.patient}", "messages",
            f"messages/{self.message}", "mappings", "partners?day=2026-11-22", "requests", "integrity", "looks",
            "requests/privacy", "requests/outside", "requests/agreements", "partners/otp", "requests/holds",
            f"disclosures?entry={self.disclosure}",
        )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The console of a small network in which somebody was referred, told about, and took her consent back."""
    county = County(tmp_path_factory.mktemp("county"))
    county.clock.advance(NOW - county.clock.now())
    saved = county.consent("otp")
    county.refer()
    hand_over(county, county.deliver())
    county.withdraw(saved)
    county.refer("ED-2", "R-2", "MESAPSY")
    county.refused()
    disclosure = county.audit("disclose")[-1].row.seq
    sealer = Sealer(county.store, county.folder.keys.signer, county.folder.path / "witness.log", county.clock)
    county.run(sealer.seal_now())
    county.share_plan()
    methadone = {"text": "Methadone"}
    add(county, "dose", "MedicationStatement", status="active", medicationCodeableConcept=methadone)
    opened(county, sound())
    county.clock.advance(timedelta(days=3))
    terms = Terms("Kim Officer", "2026-11-22", "2026-12-31", copies=False)
    county.run(agree(county.premises, terms, "the audit of this test", "Kim Officer"))
    asked = HoldAsked("LITIGATION", patient=county.patient_id, partner="otp", first_day="2026-11-01")
    county.run(place(county.premises, asked, "Doe v. County, hold letter of 20 November", "Lou Officer"))
    county.run(sealer.seal_now())
    server, listening = _server(county)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    key = county.folder.keys.derived(LINK_PURPOSE)
    yield Desk(
        f"http://127.0.0.1:{listening.getsockname()[1]}/console/",
        lambda role: make_link(key, "Kim Officer", role, county.clock.now()),
        county.patient_id,
        disclosure,
        str(county.intents()[0].message_id),
        county.look(emergency_uses.not_reviewed)[0].id,
    )
    server.should_exit = True
    running.join()
    county.close()


def _server(county: County) -> tuple[uvicorn.Server, socket.socket]:
    mounts = [
        Mount(path, app=app)
        for path, app in console_mounts(county.folder, county.premises, patience_seconds=60).items()
    ]
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Router(mounts), log_config=None, access_log=False, lifespan="off")
    return uvicorn.Server(config), listening


@pytest.fixture(scope="module")
def chromium(desk: Desk) -> Iterator[Any]:
    """The browser. It is started after the network was made and ended before it is closed."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("chromium is not on this machine: `./dev setup` installs it")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        pytest.fail("playwright is not in this environment: `./dev setup` installs it")
    switches = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=switches)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, desk: Desk) -> Iterator[Callable[..., Any]]:
    """Opens a page as somebody who has logged in by her link, with the settings of a window."""
    contexts: list[Any] = []

    def begin(role: str = "compliance_officer", **settings: Any) -> Any:
        context = chromium.new_context(**{"java_script_enabled": False, **settings})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{desk.address}login?link={desk.link(role)}")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(desk.address)
        return page

    yield begin
    for context in contexts:
        context.close()


def axe_script() -> str:
    """The text of axe-core as the package `axe-playwright-python` carries it."""
    import axe_playwright_python

    (found,) = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
    return found.read_text(encoding="utf-8")
