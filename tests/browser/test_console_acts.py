"""What a compliance officer does at the console, in a real browser without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Desk

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(300)]
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
    assert page.get_by_text("asked the attending physician").is_visible()
    assert page.get_by_role("button", name="Record the finding").count() == 0
