"""Logging in at a real OpenID provider on this machine, as a person does it: by mouse and keyboard, without script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import expect
from starlette.routing import Mount, Router

from gateway.clock import SystemClock
from gateway.flows.audit_agreements import Terms, agree
from gateway.wiring.console_door import console_mounts
from tests.browser.conftest import WAIT_MS
from tests.gateway.county import County

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
PEOPLE = {"kim": ["staff", "handoff-compliance"], "ada": ["handoff-audit"], "visitor": ["staff"]}


@dataclass(frozen=True)
class Console:
    """The console's address and the provider's."""

    address: str
    issuer: str


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows three people; who is to be logged in is typed into its page."""
    from oidc_provider_mock import User, run_server_in_thread

    known = [User(sub=sub, claims={"name": sub.title(), "groups": has}) for sub, has in PEOPLE.items()]
    with run_server_in_thread(user_claims=known, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Console]:
    """The console of a small network that knows the provider; an agreement with the auditor is in force."""
    folder = tmp_path_factory.mktemp("county")
    secret = folder / "secret"
    secret.write_text("console secret")
    secret.chmod(0o600)
    county = County(folder)
    county.clock.advance(SystemClock().now() - county.clock.now())
    today = county.clock.now().date()
    days = [(today + timedelta(days=one)).isoformat() for one in (-1, 9)]
    terms = Terms("[ada]", days[0], days[1], copies=False)
    county.run(agree(county.premises, terms, "the audit of this test", "Kim"))
    config = uvicorn.Config(Router(), log_config=None, access_log=False, lifespan="off")
    listening = config.bind_socket()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    county.change_network(public_url=address)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {
            "ISSUER": issuer, "CLIENT": "warm-handoff", "SECRET": str(secret), "CLAIM": "groups",
            "ROLES": "handoff-compliance=compliance_officer; handoff-audit=auditor",
        }.items():  # fmt: skip
            patched.setenv(f"HANDOFF_OIDC_{name}", value)
        mounts = console_mounts(county.folder, county.premises, patience_seconds=60)
    config.app = Router([Mount(path, app=app) for path, app in mounts.items()])
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    yield Console(f"{address}/console/", issuer)
    server.should_exit = True
    running.join()
    county.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def log_in(page: Any, desk: Console, sub: str) -> None:
    """From the console to the provider and back."""
    page.goto(desk.address)
    page.get_by_role("link", name="Log in at your organization").click()
    assert page.url.startswith(desk.issuer), "the provider asks for the password, not we"
    page.locator("input[name=sub]").fill(sub)
    page.locator("input[name=sub]").press("Enter")
    page.wait_for_url(f"{desk.address}**")


def test_an_officer_goes_to_the_provider_and_comes_back_to_the_page(page: Any, desk: Console) -> None:
    log_in(page, desk, "kim")
    page.wait_for_url(desk.address)

    assert page.locator("header .who").inner_text().startswith("Kim [kim]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    kept = {
        one["name"]: one for one in page.context.cookies() if urlsplit(desk.address).hostname in one["domain"]
    }
    assert kept["handoff_session"]["httpOnly"] and kept["handoff_session"]["sameSite"] == "Strict"
    assert "handoff_login" not in kept, "what the way there needed is gone"
    page.reload()
    expect(page.locator("header .role")).to_have_text("compliance officer")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{desk.address}disclosures")
    expect(page.get_by_role("heading", name="Please log in")).to_be_visible()


def test_an_auditor_comes_under_her_agreement_and_a_visitor_not_at_all(page: Any, desk: Console) -> None:
    log_in(page, desk, "ada")
    page.wait_for_url(desk.address)
    assert page.get_by_role("note").inner_text().startswith("You look under an agreement until")
    page.get_by_role("button", name="Log out").click()

    log_in(page, desk, "visitor")
    expect(page.get_by_text("ROLE_NOT_MAPPED")).to_be_visible()
    page.goto(desk.address)
    expect(page.get_by_role("heading", name="Please log in")).to_be_visible()
