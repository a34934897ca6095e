"""What is released to an agency with a page waits there: the sender puts it there, and nothing is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.agency_desk.login import is_code, read_link
from gateway.cli.network_commands import agency_link
from gateway.clock import SystemClock
from gateway.partners import DeskDelivery
from gateway.store import intents, outbox
from gateway.wiring.agency_desk_door import LINK_PURPOSE
from gateway.wiring.network_folder import make_network_folder, open_folder
from tests.gateway.agency_desk.conftest import Browser, to_the_desk
from tests.gateway.county import County
from tests.gateway.delivery.test_sender import play, settled


def test_the_sender_puts_what_is_permitted_to_the_desk(desk: County, browser: Browser) -> None:
    play(desk, None, settled(desk, "delivered"))

    (intent,) = desk.intents()
    assert intent.reason == intents.AT_DESK
    states = [row.state for row in desk.look(lambda reading: outbox.of_patient(reading, desk.patient_id))]
    assert states[0] == "delivered"
    assert "Maribel Testperson" in browser.log_in().text
    assert any(one.entry is not None and one.entry.kind == "handover" for one in desk.audit())


def test_what_is_not_permitted_never_gets_there(county: County) -> None:
    browser = Browser(county)

    county.change_partner("otp", delivery=DeskDelivery())
    county.refer()
    play(county, None, settled(county, "held"))

    assert "Nothing waits for you now" in browser.log_in().text


def test_what_is_practised_stands_on_no_page(desk: County, browser: Browser) -> None:
    desk.change_partner("otp", state="test")
    play(desk, None, settled(desk, "delivered"))
    desk.change_partner("otp", state="live")

    assert "Nothing waits for you now" in browser.log_in().text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "network"
    make_network_folder(made, "http://127.0.0.1:9/fhir")
    file = made / "network.yaml"
    before = file.read_text("utf-8")
    text = re.sub(
        r"(\n  otp:\n.*?)delivery: \{[^}]*\}", r"\1delivery: {kind: desk}", before, count=1, flags=re.DOTALL
    )
    assert text != before
    file.write_text(text, "utf-8")
    return made


def test_the_command_prints_a_link_and_the_code_that_goes_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agency_link(folder, "otp", " Rosa  Medina ") == 0

    link, code = capsys.readouterr().out.splitlines()
    key = open_folder(folder).keys.derived(LINK_PURPOSE)
    invitation = read_link(key, link.partition("?link=")[2], SystemClock().now())
    assert (invitation.worker.partner, invitation.worker.name) == ("otp", "Rosa Medina")
    assert is_code(key, invitation, code.rpartition(":")[2])
    assert not is_code(key, invitation, "")


@pytest.mark.parametrize(("partner", "name"), [("housing", "Rosa"), ("nobody", "Rosa"), ("otp", "  ")])
def test_there_is_no_link_for_who_has_no_page_and_for_nobody(
    folder: Path, partner: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert agency_link(folder, partner, name) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.requirement("P2-31-03")
def test_an_agency_that_sees_part_of_it_can_answer_what_it_sees(county: County) -> None:
    """What stands in a record depends on what it is shown with; by which version it is answered does not."""
    county.change_partner("peer-support", delivery=DeskDelivery())
    county.consent("peer-support", purpose="COC", classes=("Patient", "ServiceRequest", "Task"))
    county.refer(addressee="WALKWITHME")
    waiting = to_the_desk(county)
    browser = Browser(county)
    browser.post(*_with_code(browser.link(partner="peer-support")))
    page = browser.get(f"/agency/referrals/{waiting}")
    assert "Maribel Testperson" in page.text and "Opioid dependence" not in page.text

    form = {"token": browser.hidden("token"), "version": browser.hidden("version"), "step": "accept"}

    said = browser.post(f"/agency/referrals/{waiting}", form)

    assert ">Accepted<" in said.text, "what it has answered is still there to read"
    assert county.task().resource["status"] == "accepted"
    form["version"] = browser.hidden("version")
    assert ">Done<" in browser.post(f"/agency/referrals/{waiting}", {**form, "step": "done"}).text


def _with_code(link: tuple[str, str]) -> tuple[str, dict[str, str]]:
    return link[0], {"code": link[1]}
