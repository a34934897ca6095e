"""A care plan on its way to an agency: consent decides, the sheet shows what is left, with the notice."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

import consent
from gateway.disclosure.local_format import in_local_format
from gateway.disclosure.release_questions import released_bytes
from gateway.flows.library import open_library
from mappings.syntax import xlsx_rows
from tests.gateway.disclosure.test_release_questions import consent_for, question
from tests.mappings.conftest import FORMATS

SHEET, BOOK, PAGE = "community/care_plan_sheet", "community/care_plan_sheet_xlsx", "community/care_plan_page"
SAMPLE = FORMATS / SHEET / "samples/released_plan.fhir.json"
EVERYTHING = ("Patient", "CarePlan", "Goal", "ServiceRequest", "Task")


def _released(form: str, *classes: str) -> bytes | None:
    resources: list[dict[str, Any]] = json.loads(SAMPLE.read_bytes())
    asked = question(
        resources=resources, format=form, consents=[consent_for("Organization/housing-1", *classes)]
    )
    return released_bytes(json.dumps(asked).encode(), open_library().mapping)


def _rows(content: bytes | None) -> list[dict[str, str]]:
    assert content is not None
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.requirement("P2-32-04", "DM-10")
def test_what_consent_permits_is_in_the_sheet_and_nothing_else() -> None:
    rows = _rows(_released(SHEET, "Patient", "Goal"))
    assert [row["part"] for row in rows] == ["goal", "target", "target", "goal"]
    assert {row["person"] for row in rows} == {"Delgado-Example, Marisol Ana"}
    for row in rows:
        assert "42 CFR part 2 prohibits" in row["notice"]
    assert "Transitional housing" not in json.dumps(rows)


def test_sheet_workbook_and_page_carry_the_same_release() -> None:
    rows = _rows(_released(SHEET, *EVERYTHING))
    book = _released(BOOK, *EVERYTHING)
    page = _released(PAGE, *EVERYTHING)
    assert book is not None
    assert page is not None
    assert len(xlsx_rows.read_rows(book)[1]) == len(rows) == 9
    assert page.decode().count(rows[0]["notice"]) == 2


def test_without_consent_there_is_no_sheet() -> None:
    assert _released(SHEET, "Observation") is None


@pytest.mark.parametrize("form", [SHEET, BOOK, PAGE])
def test_a_notice_with_signs_of_its_own_is_carried(form: str) -> None:
    notice = consent.Notice("N", "The statement.", "For use by Food & Shelter <East>, 'the' house.")
    made = in_local_format(
        open_library().mapping(form),
        json.loads(SAMPLE.read_bytes()),
        notice,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        control_id="1",
        zone="UTC",
        settings={},
    )
    assert made.content
