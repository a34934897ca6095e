"""The list of consents says how each stands now, whatever recording found, and its file is exactly the view."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.console import consents as page
from gateway.console import look
from gateway.disclosure.consent_standing import TOLD
from gateway.store import ConsentState, Record, Transaction, consents, patients, records
from tests.gateway.console.conftest import NOW, Browser
from tests.gateway.county import County

AT = "2026-11-22T08:00:00.000000Z"
KINDS: Mapping[str, tuple[str, str, Mapping[str, str], str]] = {
    "usable": ("usable", "active", {"end": "2026-11-22"}, "usable"),
    "taken back": ("usable", "inactive", {}, "withdrawn"),
    "over": ("usable", "active", {"end": "2026-11-21"}, "ended"),
    "to come": ("usable", "active", {"start": "2026-11-23T07:30:00Z"}, "later"),
    "lacking": ("deficient", "active", {"start": "2027"}, "deficient"),
    "lacking and taken back": ("deficient", "inactive", {"end": "2026"}, "withdrawn"),
    "told, not in force": ("unverified", "inactive", {}, "ended"),
    "destroyed": ("usable", "active", {}, "unreadable"),
}
"""What recording found, the resource's status and period, and how such a consent stands on the 22nd, in Phoenix."""
EACH = 3


def fill(tx: Transaction) -> None:
    for number, (name, (standing, status, period, _)) in enumerate([*KINDS.items()] * EACH):
        patient_id, consent_id = f"p{number:02}", f"c{number:02}"
        content: dict[str, Any] = {"resourceType": "Consent", "id": consent_id, "status": status}
        content["provision"] = {"period": period}
        patients.create(tx, AT, True, patient_id)
        records.save(
            tx, Record("Consent", consent_id, 0, patient_id, "otp", ("otp",), True, AT, False, content)
        )
        reasons = json.dumps([TOLD] if "told" in name else [])
        consents.save(tx, ConsentState(consent_id, patient_id, 1, standing, "otp", AT, reasons))


@pytest.fixture
def listing(county: County, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Three of each kind, looked through a few at a time; the keys of some are destroyed after a first look."""
    for where, name, number in (
        (look, "PAGE_ROWS", 2), (look, "SHEET_ROWS", 4), (page, "_AT_ONCE", 5), (page, "_OPENED", 7),
    ):  # fmt: skip
        monkeypatch.setattr(where, name, number)
    county.clock.advance(NOW - county.clock.now())
    county.write(fill)
    browser = Browser(county).log_in()
    assert "c07,p07,usable" in browser.get("consents?as=csv").text
    gone = [f"p{number:02}" for number in range(len(KINDS) * EACH) if number % len(KINDS) == len(KINDS) - 1]
    county.write(lambda tx: [patients.destroy_patient_key(tx, one, AT) for one in gone])
    return browser


def expected(wanted: str) -> list[tuple[str, str]]:
    stands = [now for *_, now in KINDS.values()] * EACH
    return [(f"c{number:02}", now) for number, now in enumerate(stands) if wanted in ("", now)]


def paged(browser: Browser, path: str) -> list[str]:
    """The consents of the pages of a view, following its own links."""
    found: list[str] = []
    while path:
        text = browser.get(path).text.partition('id="listed"')[2]
        found += re.findall(r'<td class="id" title="(c\d+)"', text)
        further = re.search(r'<a href="([^"]+)">Next</a>', text)
        path = f"consents{html.unescape(further[1])}" if further else ""
    return found


@pytest.mark.parametrize("memory", ["cold", "warm"])
def test_each_tab_its_pages_and_its_file_say_how_consents_stand_now(listing: Browser, memory: str) -> None:
    if memory == "cold":
        listing.open()
    for wanted in ("", *page.STANDINGS):
        view = f"consents?standing={wanted}"
        rows = list(csv.DictReader(io.StringIO(listing.get(f"{view}&as=csv").text)))
        assert [(row["consent"], row["standing"]) for row in rows] == expected(wanted), wanted
        assert paged(listing, view) == [consent for consent, _ in expected(wanted)], wanted


def test_a_list_that_stopped_before_its_end_does_not_say_that_there_is_none(
    listing: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing.open()
    for name in ("_AT_ONCE", "_OPENED"):
        monkeypatch.setattr(page, name, 2)
    text = listing.get("consents?standing=later").text
    assert "None of those looked through so far stands so; Next goes on" in text
    assert 'href="?standing=later&amp;after=c01">Next' in text
    assert "No consent stands so" in listing.get("consents?standing=later&after=c22").text
