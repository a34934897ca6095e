"""Links, sessions and forms of one set of pages are nothing at another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotAllowed
from gateway.pages import IDLE_MINUTES, Sessions, make_link, read_link

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_a_session_of_one_set_of_pages_is_none_of_another() -> None:
    desk, console = Sessions(KEY, "agency desk"), Sessions(KEY, "handoff console")
    session = desk.begin(("otp", "Rosa"), NOW)
    cookie = desk.cookie(session)

    assert desk.read(cookie, NOW) == session
    assert console.read(cookie, NOW) is None
    assert desk.form_token(session) != console.form_token(session)
    assert desk.form_token(None) == ""


def test_a_form_token_is_no_session() -> None:
    sessions = Sessions(KEY, "agency desk")
    assert sessions.read(sessions.form_token(sessions.begin(("otp", "Rosa"), NOW)), NOW) is None


def test_a_session_ends_when_nothing_is_asked() -> None:
    sessions = Sessions(KEY, "agency desk")
    cookie = sessions.cookie(sessions.begin(("otp", "Rosa"), NOW))

    assert sessions.read(cookie, NOW + timedelta(minutes=IDLE_MINUTES)) is not None
    assert sessions.read(cookie, NOW + timedelta(minutes=IDLE_MINUTES, seconds=1)) is None


def test_a_link_is_of_one_kind_and_says_when_it_was_made() -> None:
    link, link_id = make_link(KEY, b"one", ("otp", "Rosa"), NOW, timedelta(hours=1))
    found = read_link(KEY, b"one", link, NOW)

    assert (found.who, found.id, found.made_at) == (("otp", "Rosa"), link_id, NOW)
    assert found.expires_at == NOW + timedelta(hours=1)
    with pytest.raises(NotAllowed, match="LINK_INVALID"):
        read_link(KEY, b"another", link, NOW)
    with pytest.raises(NotAllowed, match="LINK_EXPIRED"):
        read_link(KEY, b"one", link, NOW + timedelta(hours=1))
