"""A partner is paused and goes on, and its line is tried, from its page."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator

import pytest

from gateway.disclosure.gate import still_stands
from gateway.partners import MllpDelivery, NoDelivery
from gateway.store import partner_pauses
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County

WHY = "their server room is flooded"


@pytest.fixture
def desk(county: County) -> Browser:
    """She is to be referred to the treatment program, with her consent."""
    county.clock.advance(NOW - county.clock.now())
    county.consent("otp")
    county.refer()
    return Browser(county).log_in()


def asked(desk: Browser, act: str, reason: str = WHY) -> str:
    return desk.send("partners/otp/sending", "partners/otp", act=act, reason=reason).text


def meant(desk: Browser, page: str) -> int:
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.split("<main")[1])
    fields = {name: html.unescape(value) for name, value in hidden}
    return desk.ask("POST", "/console/partners/otp/sending", data=fields).status_code


def paused(desk: Browser) -> list[str]:
    return [one.partner for one in desk.county.look(partner_pauses.every)]


def test_a_pause_stops_what_was_about_to_leave_and_is_in_the_log(desk: Browser) -> None:
    made = desk.county.released()
    assert still_stands(desk.county.premises, made)
    page = asked(desk, "pause")
    assert "Nothing was done yet" in page and paused(desk) == []
    assert meant(desk, page) == 303

    assert paused(desk) == ["otp"]
    assert not still_stands(desk.county.premises, made), "not even what was released leaves"
    text = desk.get("partners").text
    assert "Sending paused" in text and "a person has nothing sent to it" in text
    logged = desk.get("disclosures?kind=outcome").text
    assert "Sending paused" in logged
    assert meant(desk, asked(desk, "pause")) == 409

    assert meant(desk, asked(desk, "go_on", "the server is back")) == 303
    assert paused(desk) == [] and still_stands(desk.county.premises, made)
    assert meant(desk, asked(desk, "go_on", "the server is back")) == 409


def test_nobody_pauses_without_reason_token_role_or_a_partner(desk: Browser) -> None:
    path = "partners/otp/sending"
    assert desk.send(path, "partners/otp", act="pause", reason="x").status_code == 400
    assert desk.send(path, "partners/otp", act="stop", reason=WHY).status_code == 400
    assert desk.send("partners/nobody/sending", "partners/otp", act="pause", reason=WHY).status_code == 404
    assert desk.ask("POST", f"/console/{path}", data={"act": "pause", "reason": WHY}).status_code == 403
    assert desk.get("partners/nobody").status_code == 404
    said = desk.get("partners/otp").text
    for fact in (
        "Part 2 program, covered entity",
        "otp-client",
        "for treatment",
        "Its keys",
    ):
        assert fact in said, fact
    desk.log_in("Ada Auditor", "auditor")
    assert "Pause sending" not in desk.get("partners/otp").text
    sent = desk.send(path, "partners/otp", act="pause", reason=WHY, confirmed="yes")
    assert sent.status_code == 403 and paused(desk) == []


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


def test_the_line_is_opened_and_nothing_is_said_on_it(desk: Browser, listening: int) -> None:
    def tried(delivery: object) -> str:
        desk.county.change_partner("otp", delivery=delivery)
        desk.open()
        return desk.send("partners/otp/line", "partners/otp", act="try", reason=WHY).text

    reached = tried(MllpDelivery(address=f"127.0.0.1:{listening}", format="hospital/rri_i12"))
    assert "Reached</span>" in reached
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    silent = tried(MllpDelivery(address=f"127.0.0.1:{port}", format="hospital/rri_i12"))
    assert "Not reached</span>" in silent and "NOT_CONNECTED" in silent
    assert "Nothing to reach" in tried(NoDelivery())
    assert "Line tried" in desk.get("disclosures?kind=outcome").text
