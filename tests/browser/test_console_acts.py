"""What a compliance officer does at the console, in a real browser without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
OpenPage = Callable[..., Any]


def test_a_use_of_emergency_access_gets_its_finding_by_keyboard_alone(
    open_page: OpenPage, desk: Desk
) -> None:
    page = open_page()
    page.get_by_role("link", name="Emergency", exact=True).click()
    page.get_by_role("link", name="Look and find").first.click()
    page.get_by_label("Justified", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("asked the attending physician")
    page.keyboard.press("Enter")
    page.get_by_text("Closed by entry").wait_for()
    expect(page.get_by_text("asked the attending physician")).to_be_visible()
    expect(page.get_by_role("button", name="Record the finding")).to_have_count(0)


def test_a_message_is_corrected_with_a_preview_before_it_is_taken_in(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    page.goto(f"{desk.address}messages/{desk.message}")
    page.get_by_label("What has to be corrected").fill("the registrar called")
    page.get_by_role("button", name="Open it to correct").click()
    text = page.get_by_label("The message, a line for each").input_value()
    page.get_by_label("The message, a line for each").fill(text.replace("12 Palm Lane", "12 Palm Street"))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Can be read")).to_be_visible()
    page.get_by_role("button", name="Take it in as corrected").click()
    expect(page.get_by_text("Taken in again of")).to_be_visible()


def test_a_request_is_recorded_and_answered_with_a_letter(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    page.goto(f"{desk.address}requests/privacy")
    page.get_by_label("Patient id").fill(desk.patient)
    page.get_by_label("How it came").fill("by letter")
    page.get_by_role("button", name="Record it").click()
    for label, button in (
        ("How was it made sure", "Identity checked"),
        ("Why so?", "Decide"),
        ("How was the answer given?", "Answered"),
    ):
        page.get_by_label(label).fill("the card was shown at the desk")
        page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("link", name="The letter").click()
    expect(page.get_by_text("Sunrise Opioid Treatment Program").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_text("Privacy officer")).to_be_visible()
    expect(page.locator("nav.main")).not_to_be_visible()
