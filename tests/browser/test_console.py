"""The console as its users use it: by mouse, by keyboard alone, without script, on a phone, on paper, by ear."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, axe_script

pytestmark = [pytest.mark.unmeasured, pytest.mark.timeout(300)]
OpenPage = Callable[..., Any]
NAMES = (
    "Overview", "Disclosures", "Patients", "Consents", "What if", "Emergency", "Identity", "Messages", "Mappings",
    "Partners", "Requests", "Integrity", "Who looked",
)  # fmt: skip


def test_every_screen_is_walked_by_mouse_without_any_script(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    wrong: list[str] = []
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda said: wrong.append(said.text))
    for name in NAMES:
        page.get_by_role("navigation", name="Console").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        current = page.locator("nav.main a[aria-current=page]")
        expect(current).to_have_text(name)

    page.get_by_role("link", name="Disclosures", exact=True).click()
    page.get_by_label("Recipient").select_option("otp")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile("partner=otp"))
    page.get_by_role("link", name=str(desk.disclosure), exact=True).click()
    steps = ["Asked", "Decided", "What left", "Notice", "Handed over", "Proved"]
    expect(page.locator("ol.steps > li > h2")).to_have_text(steps)
    page.locator("details.part summary").first.click()
    expect(page.locator("details.part[open] td.id").first).to_be_visible()
    page.get_by_label("Why do you need to see").fill("complaint 12")
    page.get_by_role("button", name="Show the values that left").click()
    expect(page.get_by_text("Maribel").first).to_be_visible()
    assert wrong == []


def test_a_view_and_proofs_are_saved_as_files_and_the_log_verified(open_page: OpenPage, desk: Desk) -> None:
    page = open_page()
    page.get_by_role("link", name="Disclosures", exact=True).click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download this view (CSV)").click()
    assert begun.value.suggested_filename == "disclosures.csv"
    page.get_by_role("link", name=str(desk.disclosure), exact=True).click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="without what the entry says").click()
    assert begun.value.suggested_filename == f"entry-{desk.disclosure}-proof.ndjson"
    page.get_by_role("link", name="Integrity", exact=True).first.click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Proof that the log only grew since").first.click()
    assert begun.value.suggested_filename.startswith("since-")

    page.get_by_role("button", name="Verify the whole log now").click()
    expect(page.get_by_text("asked for by Kim Officer")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Please log in")).to_be_visible()


def focused(page: Any) -> str:
    """The text of what has the focus."""
    return str(page.locator(":focus").inner_text())


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    reached = []
    while focused(page) != "Disclosures":
        page.keyboard.press("Tab")
        reached.append(focused(page))
        assert len(reached) < 20, reached
    outline = page.locator(":focus").evaluate("node => getComputedStyle(node).outlineWidth")
    assert outline == "3px"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("disclosures"))

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to content
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("name") == "patient":
            break
    page.keyboard.type("nobody-of-that-id")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("patient=nobody-of-that-id"))
    expect(page.get_by_text("No entry fits these filters")).to_be_visible()


def test_on_a_phone_no_screen_is_wider_than_the_window(open_page: OpenPage, desk: Desk) -> None:
    page = open_page(viewport={"width": 390, "height": 844})
    wide = []
    for screen in desk.screens:
        page.goto(desk.address + screen)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append((screen, width))
    assert wide == []


@pytest.mark.parametrize(("colours", "rules"), [("light", None), ("dark", ["color-contrast"])])
def test_no_screen_has_a_serious_fault_of_accessibility(
    open_page: OpenPage, desk: Desk, colours: str, rules: list[str] | None
) -> None:
    """axe-core, rules of WCAG 2.2 A and AA among them; it needs script, which the pages themselves never run."""
    page = open_page(java_script_enabled=True, bypass_csp=True, color_scheme=colours)
    axe, found = axe_script(), []
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    for screen in desk.screens if rules is None else desk.screens[:3]:
        page.goto(desk.address + screen)
        page.evaluate(axe)
        report = page.evaluate("options => axe.run(document, options)", options)
        for fault in report["violations"]:
            if fault["impact"] in ("serious", "critical", "moderate"):
                found.append((screen, fault["id"], fault["nodes"][0]["html"][:120]))
    assert found == []


def test_paper_shows_the_facts_without_the_controls_and_nothing_to_an_auditor(
    open_page: OpenPage, desk: Desk
) -> None:
    page = open_page()
    page.goto(f"{desk.address}patients/{desk.patient}")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="The account")).to_be_visible()
    expect(page.locator("nav.main")).not_to_be_visible()
    expect(page.locator("form.filters")).not_to_be_visible()
    for screen in ("requests/privacy", "disclosures", "partners/otp"):
        page.goto(desk.address + screen)
        expect(page.locator("form:visible, aside:visible")).to_have_count(0)
    page.goto(f"{desk.address}decisions/{desk.disclosure}")
    left = page.locator("details.part table").first
    expect(left).to_be_visible()  # on paper nobody unfolds what left
    page.emulate_media(media="screen")
    expect(left).not_to_be_visible()

    auditor = open_page("auditor")
    auditor.goto(f"{desk.address}patients/{desk.patient}")
    expect(auditor.get_by_role("heading", name="The account")).to_be_visible()
    expect(auditor.get_by_role("link", name="Download this view (CSV)")).to_have_count(0)
    auditor.emulate_media(media="print")
    expect(auditor.get_by_role("heading", name="The account")).not_to_be_visible()
    expect(auditor.get_by_text("does not include printed copies")).to_be_visible()
