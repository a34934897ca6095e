"""Logging in at a real OpenID provider on this machine: code, PKCE, state, nonce, and roles from a claim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.clock import SystemClock
from gateway.flows import console_accounts
from gateway.settings import SettingsRefused
from tests.gateway.console.conftest import Browser
from tests.gateway.county import County

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.timeout(120),
]
ROLES = "handoff-compliance=compliance_officer; handoff-audit=auditor"
PEOPLE = {
    "kim": ["staff", "handoff-compliance"],
    "ada": ["handoff-audit"],
    "both": ["handoff-audit", "handoff-compliance"],
    "visitor": ["staff"],
    "none": None,
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows five people."""
    from oidc_provider_mock import User, run_server_in_thread

    known = [
        User(
            sub=sub,
            claims={"name": f"{sub.title()} <b>Person</b>", "email": f"{sub}@county.test", "groups": has},
        )
        for sub, has in PEOPLE.items()
    ]
    with run_server_in_thread(user_claims=known, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def visit(county: County, issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Nobody is logged in; the console knows the provider."""
    secret = tmp_path / "secret"
    secret.write_text("console secret")
    secret.chmod(0o600)
    for name, value in {
        "ISSUER": issuer, "CLIENT": "warm-handoff", "SECRET": str(secret), "CLAIM": "groups", "ROLES": ROLES,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"HANDOFF_OIDC_{name}", value)
    county.change_network(public_url="http://gw.test")
    browser = Browser(county)
    county.clock.advance(SystemClock().now() - county.clock.now())
    return browser


def begun(visit: Browser) -> str:
    """Where the browser is sent when a login is begun."""
    answer = visit.get("oidc")
    assert answer.status_code == 303
    return answer.headers["location"]


def agreed(at: str, sub: str) -> str:
    """The path with which the provider sends the browser back after `sub` has logged in there."""
    answer = httpx.post(at, data={"sub": sub}, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert (back.netloc, back.path) == ("gw.test", "/console/oidc/answer")
    return f"oidc/answer?{back.query}"


def logged_in(visit: Browser, sub: str) -> httpx.Response:
    return visit.get(agreed(begun(visit), sub))


def test_somebody_with_a_mapped_role_is_let_in_under_a_name_of_her_own(visit: Browser) -> None:
    assert 'href="/console/oidc"' in visit.get("").text
    answer = logged_in(visit, "kim")

    assert answer.status_code == 200 and "url=/console/" in answer.text
    assert "Kim b Person b [kim]" in answer.text.replace("  ", " ")
    page = visit.get("")
    assert page.status_code == 200 and "compliance officer" in page.text
    assert "[kim]" in page.text and "<b>" not in page.text
    assert visit.reads()[-1].entry is not None
    cookies = answer.headers.get_list("set-cookie")
    assert any("handoff_session=" in one and "SameSite=strict" in one for one in cookies)
    assert any("handoff_login=" in one and "Max-Age=0" in one for one in cookies)

    county, about = visit.county, json.dumps({"name": "Kim [kim]", "by": "root"})
    county.run(console_accounts.disable(county.premises, about, "she left"))
    assert visit.get("").status_code == 401, "who is disabled here is refused, whatever her provider says"
    again = logged_in(visit, "kim")
    assert again.status_code == 403 and "ACCOUNT_DISABLED" in again.text
    assert logged_in(visit, "both").status_code == 200, "of whom nothing was said here"


def test_the_first_role_of_the_setting_counts_and_an_auditor_stays_one(visit: Browser) -> None:
    assert logged_in(visit, "ada").status_code == 200
    page = visit.get("")
    assert page.status_code == 403 and "or the auditor [ada] no agreement" in page.text
    visit.agree("Ada, as she was called before [ada]")
    page = visit.get("")
    assert page.status_code == 200 and 'class="role">auditor<' in page.text
    visit.cookies.clear()
    logged_in(visit, "both")
    assert "compliance officer" in visit.get("").text


@pytest.mark.parametrize("sub", ["visitor", "none", "never-heard-of"])
def test_nobody_gets_in_without_a_mapped_role(visit: Browser, sub: str) -> None:
    answer = logged_in(visit, sub)

    assert answer.status_code == 403 and "ROLE_NOT_MAPPED" in answer.text
    assert visit.get("").status_code == 401


def test_what_is_asked_of_the_provider_is_bound_to_this_browser(visit: Browser) -> None:
    asked = parse_qs(urlsplit(begun(visit)).query)

    assert asked["response_type"] == ["code"] and asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43 and asked["nonce"][0] and asked["state"][0]
    assert asked["redirect_uri"] == ["http://gw.test/console/oidc/answer"]
    again = parse_qs(urlsplit(begun(visit)).query)
    assert not {asked[name][0] for name in ("state", "nonce", "code_challenge")} & {
        again[name][0] for name in ("state", "nonce", "code_challenge")
    }


def test_an_answer_counts_once_and_only_where_the_login_was_begun(visit: Browser) -> None:
    back = agreed(begun(visit), "kim")
    kept = visit.cookies
    visit.cookies = httpx.Cookies()
    stolen = visit.get(back)
    assert "LOGIN_NOT_BEGUN" in stolen.text and visit.get("").status_code == 401
    visit.cookies = kept
    other = visit.get(back.replace("state=", "state=x"))
    assert "LOGIN_NOT_BEGUN" in other.text

    begun_cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
    assert visit.get(back).status_code == 200
    visit.cookies = httpx.Cookies()
    assert "LOGIN_NOT_BEGUN" in visit.get(back, headers=begun_cookie).text, "the same answer again"


def test_a_refusal_another_issuer_or_a_late_answer_lets_nobody_in(visit: Browser) -> None:
    state = parse_qs(urlsplit(begun(visit)).query)["state"][0]
    assert "PROVIDER_REFUSED" in visit.get(f"oidc/answer?state={state}&error=access_denied").text
    back = agreed(begun(visit), "kim")
    assert "PROVIDER_ANSWER" in visit.get(f"{back}&iss=https://elsewhere.test").text
    at = begun(visit)
    visit.clock.advance(timedelta(minutes=11))
    assert "LOGIN_NOT_BEGUN" in visit.get(agreed(at, "kim")).text
    assert visit.get("").status_code == 401


def test_a_code_of_another_login_is_refused_for_its_nonce(visit: Browser) -> None:
    """The provider here does not check PKCE; the nonce in the ID token shows that it is not of this login."""
    first = dict(parse_qs(urlsplit(agreed(begun(visit), "kim")).query))
    second = dict(parse_qs(urlsplit(agreed(begun(visit), "ada")).query))
    mixed: dict[str, Any] = {"code": first["code"][0], "state": second["state"][0]}
    answer = visit.ask("GET", "/console/oidc/answer", params=mixed)

    assert "PROVIDER_ANSWER" in answer.text and "nonce" in answer.text
    assert visit.get("").status_code == 401


def test_a_provider_that_is_silent_or_set_up_by_half_lets_nobody_in(
    visit: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_OIDC_ISSUER", "http://localhost:9")
    visit.open()
    assert visit.get("oidc").status_code == 503
    for name in ("CLIENT", "SECRET", "ROLES"):
        with monkeypatch.context() as half:
            half.delenv(f"HANDOFF_OIDC_{name}")
            with pytest.raises(SettingsRefused):
                visit.open()
    monkeypatch.delenv("HANDOFF_OIDC_ISSUER")
    visit.open()
    assert visit.get("oidc").status_code == 401 and "oidc" not in visit.get("").text
