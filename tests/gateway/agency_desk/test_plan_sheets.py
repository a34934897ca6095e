"""The care plan as a file: what the page shows and no more, released and logged as the page is."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from gateway.audit import AuditEntry
from gateway.demo import person
from mappings.syntax import xlsx_rows
from tests.gateway.agency_desk.conftest import ROSA, Browser
from tests.gateway.county import County

HER = ("Maribel", "Testperson")


@pytest.fixture
def plan(desk: County, waiting: str, browser: Browser) -> str:
    """The address of her plan; one goal begins like a formula, and a worker has logged in."""
    plan = person.treatment_plan()
    for entry in plan["entry"]:
        if entry["resource"]["resourceType"] == "Goal":
            entry["resource"]["description"] = {"text": "=HYPERLINK(1)"}
    desk.submit("otp", plan)
    browser.log_in()
    return f"/agency/plans/{waiting}"


def test_the_sheet_says_what_the_page_says(browser: Browser, plan: str) -> None:
    page = browser.get(plan).text
    assert f'href="{plan}?as=csv"' in page and f'href="{plan}?as=xlsx"' in page

    sheet = browser.get(f"{plan}?as=csv")

    assert sheet.headers["content-type"].startswith("text/csv")
    assert sheet.headers["content-disposition"] == 'attachment; filename="care-plan.csv"'
    assert sheet.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert "Meet the housing case worker" in {row["what"] for row in rows}
    goals = {row["what"] for row in rows if row["part"] == "goal"}
    assert goals == {"'=HYPERLINK(1)"}, "no spreadsheet runs what an agency wrote"
    assert not [word for word in HER if word in sheet.text], "her name is not on the page either"


def test_the_workbook_says_the_same(browser: Browser, plan: str) -> None:
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{plan}?as=csv").text)))

    book = browser.get(f"{plan}?as=xlsx")

    assert book.headers["content-disposition"] == 'attachment; filename="care-plan.xlsx"'
    assert len(xlsx_rows.read_rows(book.content)[1]) == len(rows) > 0


@pytest.mark.requirement("P2-32-04", "AU-05")
def test_what_others_released_carries_their_notice_and_is_logged_like_the_page(
    desk: County, waiting: str, browser: Browser
) -> None:
    desk.consent(purpose="HOPERAT")
    desk.submit("hospital", _hospital_goal(desk))
    browser.log_in()
    path = f"/agency/plans/{waiting}"
    before = len(desk.audit())
    page = browser.get(path).text
    looked = desk.audit()[before:]
    sheet = browser.get(f"{path}?as=csv")
    taken = desk.audit()[before + len(looked) :]

    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert "A place to stay" in {row["what"] for row in rows} and "A place to stay" in page
    assert all("written permission" in row["notice"] for row in rows)
    assert [_facts(one.entry) for one in looked] == [_facts(one.entry) for one in taken]
    last = taken[-1].entry
    assert last is not None and (last.recipient_name, last.description) == (ROSA, "plan as csv")


@pytest.mark.requirement("P2-31-12")
def test_without_permission_there_is_no_file(desk: County, waiting: str, browser: Browser) -> None:
    browser.log_in()
    path = f"/agency/plans/{waiting}?as=csv"
    desk.submit("hospital", _hospital_goal(desk))
    for consent in desk.records("Consent"):
        desk.replace("hospital", consent.id, {**consent.resource, "status": "inactive"})

    withdrawn = browser.get(path)

    assert (withdrawn.status_code, "content-disposition" in withdrawn.headers) == (200, False)
    assert "No care plan can be shown to you" in withdrawn.text and "A place to stay" not in withdrawn.text
    assert browser.get(f"/agency/plans/{waiting}?as=exe").status_code == 404
    assert browser.get("/agency/plans/none?as=csv").status_code == 404


def _facts(entry: AuditEntry | None) -> tuple[Any, ...]:
    assert entry is not None
    return entry.kind, entry.partner, entry.purpose, entry.outcome, entry.resources, bool(entry.bytes_sha256)


def _hospital_goal(desk: County) -> dict[str, Any]:
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "A place to stay"},
        "subject": {"reference": f"Patient/{desk.patient_id}"},
    }
    entry = {
        "fullUrl": "urn:uuid:5a0c2f2e-8f0f-4f65-9a39-0b5d0c9f3a11",
        "resource": goal,
        "request": {"method": "POST", "url": "Goal"},
    }
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
