"""Logging in by a link that counts once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from gateway import audit
from gateway.clock import instant_text
from gateway.console.login import NAME, make_link, read_link
from gateway.errors import NotAllowed, NotFound, NotUnderstood
from gateway.flows import console_accounts
from gateway.flows.another_person import may_be_one_person
from gateway.flows.decided_here import act_entry
from gateway.flows.restored import RESTORED
from gateway.pages import Sessions
from gateway.store import AuditFilter, tokens
from gateway.store.console_accounts import every
from gateway.wiring.last_restore import last_restore
from tests.gateway.console.conftest import made
from tests.gateway.county import County

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
KEY = b"k" * 32


def test_opening_the_link_shows_a_button_and_uses_nothing_up(browser: Any) -> None:
    link = browser.link()
    page = browser.get(f"login?link={link}")

    assert page.status_code == 200
    assert "Kim Officer" in page.text
    assert "set-cookie" not in page.headers
    assert browser.ask("POST", f"/console/login?link={link}").status_code == 303


def test_the_button_makes_a_session_that_scripts_and_other_sites_cannot_use(browser: Any) -> None:
    answer = browser.ask("POST", f"/console/login?link={browser.link()}")
    cookie = answer.headers["set-cookie"].lower()

    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/console" in cookie
    assert browser.get("").status_code == 200


def test_a_link_counts_once_and_a_refused_one_is_told_to_the_operator(browser: Any, capsys: Any) -> None:
    link = browser.link()
    browser.ask("POST", f"/console/login?link={link}")
    again = browser.ask("POST", f"/console/login?link={link}")
    browser.ask("GET", f"/console/login?link={link[:-2]}")

    assert again.status_code == 403
    assert "LINK_USED" in again.text
    assert "set-cookie" not in again.headers
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["door"], one["outcome"], one.get("code")) for one in told] == [
        ("console_login", "accepted", None),
        ("console_login", "refused", "LINK_USED"),
        ("console_login", "refused", "LINK_INVALID"),
    ]


def test_a_link_is_good_for_ten_minutes(browser: Any) -> None:
    link = browser.link()
    browser.clock.advance(timedelta(minutes=10))

    assert browser.ask("POST", f"/console/login?link={link}").status_code == 403


@pytest.mark.parametrize("link", ["", "x", "x.y", "é", "a" * 2000, ".", "W10.W10"])
def test_what_is_no_link_of_ours_is_refused(link: str) -> None:
    with pytest.raises(NotAllowed, match="LINK_INVALID"):
        read_link(KEY, link, NOW)


@pytest.mark.parametrize("name", ["", " ", "K" * 201, "Kim [kim-7]", "[kim-7]", "account:kofficer"])
def test_no_link_is_made_for_a_name_as_others_logins_are_written(name: str) -> None:
    """Who is asked for a second person would else be taken for somebody from a provider, or for nobody."""
    with pytest.raises(NotAllowed, match="NAME_UNFIT"):
        make_link(KEY, name, "compliance_officer", NOW)


def test_an_altered_link_or_another_key_is_refused() -> None:
    link = make_link(KEY, "Kim", "auditor", NOW)
    facts, _, signature = link.partition(".")
    other = make_link(KEY, "Eve", "auditor", NOW).partition(".")[0]

    assert read_link(KEY, link, NOW)[0].name == "Kim"
    for altered in (f"{other}.{signature}", f"{facts}.{signature[::-1]}"):
        with pytest.raises(NotAllowed, match="LINK_INVALID"):
            read_link(KEY, altered, NOW)
    with pytest.raises(NotAllowed, match="LINK_INVALID"):
        read_link(b"o" * 32, link, NOW)


def test_only_known_roles_get_a_link() -> None:
    with pytest.raises(NotAllowed, match="ROLE_UNKNOWN"):
        make_link(KEY, "Kim", "administrator", NOW)


def test_a_session_ends_idle_after_half_an_hour_and_anyhow_after_eight(browser: Any) -> None:
    browser.log_in()
    browser.clock.advance(timedelta(minutes=29))
    assert browser.get("").status_code == 200
    browser.clock.advance(timedelta(minutes=31))
    assert browser.get("").status_code == 401

    browser.log_in()
    for _ in range(16):
        assert browser.get("").status_code == 200
        browser.clock.advance(timedelta(minutes=30))
    browser.clock.advance(timedelta(seconds=1))
    assert browser.get("").status_code == 401


def test_logging_out_ends_the_session_on_our_side(browser: Any) -> None:
    cookies = dict(browser.log_in().cookies)
    assert browser.send("logout").status_code == 303
    browser.cookies.update(cookies)

    assert browser.get("").status_code == 401


@pytest.mark.requirement("AU-06")
def test_who_is_disabled_is_refused_at_the_next_page_and_the_log_says_who_did_it(browser: Any) -> None:
    """Design 10: from the first account on a link, a session and a page want one that is in force in that role."""
    county = browser.county

    def tell(act: Any, **about: Any) -> Any:
        return county.run(act(county.premises, json.dumps({"by": "root", **about}), "she left"))

    def comes(link: str) -> Any:
        return browser.ask("POST", f"/console/login?link={link}")

    browser.log_in("Eve Guest")
    tell(console_accounts.add, name="Kim  Officer", roles=["compliance_officer"], until="2026-11-23")
    assert browser.get("").status_code == 401, "a guest of before the first account"
    assert "NO_ACCOUNT" in comes(browser.link("Eve Guest")).text
    assert "ROLE_NOT_OF_ACCOUNT" in comes(browser.link("Kim Officer", "auditor")).text

    unused = browser.log_in("kim officer").link()
    assert browser.get("").status_code == 200
    tell(console_accounts.disable, name="\uff2bim Officer")  # a wide K, as some keyboards write it
    assert browser.get("").status_code == 401 and "ACCOUNT_DISABLED" in comes(unused).text
    entry = county.look(lambda view: audit.newest(view, 1, AuditFilter(outcome="user_disabled")))[0].entry
    assert (entry.recipient_name, entry.description) == ("account:root", "Kim Officer; she left")

    browser.clock.advance(timedelta(minutes=1))
    tell(console_accounts.add, name="Kim Officer", roles=["compliance_officer"], until="2026-11-23")
    assert browser.get("").status_code == 401 and "ACCOUNT_DISABLED" in comes(unused).text
    browser.clock.advance(timedelta(seconds=1))
    assert browser.log_in().get("").status_code == 200
    (account,) = county.look(every)
    now, zone = browser.clock.now(), county.premises.network.zone
    restored = console_accounts.Moment(now, zone, restored_at=now)
    assert console_accounts.state_of(account, restored) == "ACCOUNT_BEFORE_RESTORE", (
        "what came since is forgotten"
    )
    browser.clock.advance(timedelta(days=2))
    assert "ACCOUNT_ENDED" in comes(browser.link()).text
    for wrong in ({"until": "2026-11-22"}, {"roles": ["root"]}, {"roles": []}, {"name": "account:kim"}):
        with pytest.raises(NotUnderstood):
            tell(console_accounts.add, **{"name": "Lee", "roles": ["auditor"], "until": "", **wrong})
    for nobody in ("Lee", "Kim Officer [mistyped]"):
        with pytest.raises(NotFound, match="NO_SUCH_USER"):
            tell(console_accounts.disable, name=nobody)


@pytest.mark.requirement("AU-06")
def test_a_name_is_one_persons_however_unicode_writes_it() -> None:
    assert may_be_one_person("Jose\u0301 Ruiz", " jos\u00e9  RUIZ")
    assert not may_be_one_person("Jose Ruiz", "jos\u00e9 ruiz")


def test_who_disables_one_login_is_told_by_which_others_that_person_goes_on(county: County) -> None:
    """A name at a provider is anybody's, so another login of the same name is named and not ended with it."""

    def tell(act: Any, name: str, **about: Any) -> Any:
        asked = json.dumps({"by": "root", "name": name, **about})
        return county.run(act(county.premises, asked, "she left"))

    for who in ("Kim Officer [a-1]", "kim  officer [b-2]", "Lee Auditor [c-3]"):
        for one in audit.look_entries(who, instant_text(county.clock.now()), who, "auditor", "holds", ()):
            county.run(county.premises.store.write(partial(audit.append, entry=one)))
    tell(console_accounts.add, "Kim Officer", roles=["auditor"], until="")

    assert tell(console_accounts.disable, "Kim Officer")["goes_on"] == [
        "Kim Officer [a-1]",
        "kim  officer [b-2]",
    ]
    assert tell(console_accounts.disable, "Kim Officer [a-1]")["goes_on"] == ["kim  officer [b-2]"]
    with pytest.raises(NotFound, match="has come by that login"):
        tell(console_accounts.disable, "Kim Officer [b-3]")
    tell(console_accounts.add, "Ann New [d-4]", roles=["auditor"], until="")
    assert tell(console_accounts.disable, "Ann New [d-4]")["goes_on"] == [], "before she has ever come"


def test_what_a_client_has_used_up_ends_no_session_and_no_link(browser: Any) -> None:
    """A client may be registered under any name that does not begin with `#`, and choose the ids of its assertions."""
    browser.log_in()
    session = Sessions(browser.key, NAME).read(browser.cookies["handoff_session"], browser.clock.now())
    link = browser.link()
    assert session is not None
    until = "2026-12-01T00:00:00.000000Z"
    for one in (f"ended-{session.id}", read_link(browser.key, link, browser.clock.now())[1].id):
        assert browser.county.write(lambda tx, one=one: tokens.use_jti(tx, "console", one, until))

    assert browser.get("").status_code == 200
    assert browser.ask("POST", f"/console/login?link={link}").status_code == 303


@pytest.mark.parametrize("origin", ["https://elsewhere.test", "null", ""])
def test_a_form_from_another_site_is_refused(browser: Any, origin: str) -> None:
    browser.log_in()
    refused = browser.ask("POST", "/console/logout", headers={"Origin": origin})

    assert refused.status_code == 403
    assert browser.get("").status_code == 200


def test_pages_change_nothing(browser: Any) -> None:
    browser.log_in()
    for method in ("POST", "PUT", "DELETE"):
        for path in ("", "decisions/2", "disclosures", "consents", "requests"):
            assert browser.ask(method, f"/console/{path}").status_code == 405


@pytest.mark.parametrize("path", ["logout", "integrity/verify", "decisions/2/content"])
@pytest.mark.parametrize("fields", [{}, {"token": "guessed"}])
def test_a_form_without_the_token_of_its_session_is_refused(browser: Any, path: str, fields: Any) -> None:
    browser.log_in()
    refused = browser.ask("POST", f"/console/{path}", data={"reason": "because", **fields})

    assert refused.status_code == 403
    assert "FORM_TOKEN" in refused.text
    assert browser.get("").status_code == 200


def test_a_form_that_is_too_large_is_not_read(browser: Any) -> None:
    browser.log_in()
    refused = browser.ask("POST", "/console/integrity/verify", data={"token": "x" * 9000})

    assert (refused.status_code, "FORM_TOO_LARGE" in refused.text) == (400, True)


def test_acts_are_for_those_who_are_logged_in(browser: Any) -> None:
    for path in ("integrity/verify", "decisions/2/content", "messages/x/content"):
        assert browser.ask("POST", f"/console/{path}", data={"token": "x"}).status_code == 403


def test_after_a_restore_no_link_and_no_session_from_before_is_good(browser: Any) -> None:
    """What was used and ended since the backup, the restored store does not know."""
    used, unused = browser.link(), browser.link()
    browser.ask("POST", f"/console/login?link={used}")
    assert browser.get("").status_code == 200
    browser.clock.advance(timedelta(minutes=1))
    restored = act_entry(RESTORED, instant_text(browser.clock.now()), "the disk was lost (by Lee)")
    browser.add([made(8, kind="outcome"), restored, made(9)])
    browser.open()

    assert browser.get("").status_code == 401
    for link in (used, unused):
        refused = browser.ask("POST", f"/console/login?link={link}")
        assert (refused.status_code, "LINK_EXPIRED" in refused.text) == (403, True)
        assert browser.ask("GET", f"/console/login?link={link}").status_code == 403
    browser.clock.advance(timedelta(seconds=1))
    assert browser.log_in().get("").status_code == 200


def test_without_a_restore_there_is_no_instant(browser: Any) -> None:
    assert last_restore(browser.county.store) is None
    at = browser.clock.now()
    for minutes in (0, 5):
        said = act_entry(RESTORED, instant_text(at + timedelta(minutes=minutes)), "why")
        browser.add([said, made(8 + minutes, kind="outcome")])
    assert last_restore(browser.county.store) == at + timedelta(minutes=5)
