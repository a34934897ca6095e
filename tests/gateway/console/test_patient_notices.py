"""The compliance officer's list of patients who were not given their program's own notice (42 CFR 2.22)."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from gateway.console import look
from gateway.demo import person
from gateway.store import patients
from tests.gateway.console.conftest import Browser
from tests.gateway.county import County
from tests.gateway.flows.test_patient_notices import V1, notice

LIST = "requests/patient-notices"


@pytest.mark.requirement("P2-22-01")
def test_the_list_names_who_was_not_given_it_and_a_newer_version_puts_her_back(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    county.submit("otp", person.treatment_plan())
    her, browser = county.patient_id, Browser(county).log_in()
    page = browser.get(f"{LIST}?partner=otp").text
    assert her in page and "Never" in page and "names no version" in page
    county.change_partner("otp", patient_notice=V1)
    county.submit("otp", notice())
    browser.open()
    page = browser.get(f"{LIST}?partner=otp").text
    assert her not in page and "has been given it" in page and f"Version in force: {V1}" in page
    assert "has been given it" in browser.get(LIST).text, "of the first program by name nobody is a patient"

    county.change_partner("otp", patient_notice="2027-01")
    browser.open()
    page = browser.get(f"{LIST}?partner=otp").text
    assert her in page and re.search(rf"{V1}</td><td>[^<]*10 Apr 2026[^<]*</td><td>on paper", page), page
    assert browser.reads()[-1].row.patient_id == her, "who looked at whom stands in the log"

    def many(tx: Any) -> None:
        for number in range(3):
            patients.link(tx, "otp", f"t{number}", patients.create(tx, "2026-04-11", True))

    county.write(many)
    monkeypatch.setattr(look, "PAGE_ROWS", 2)
    first = browser.get(f"{LIST}?partner=otp").text
    further = re.search(r'href="(\?partner=otp&amp;after=[^"]+)">Further patients', first)
    assert further is not None
    rest = browser.get(LIST + further[1].replace("&amp;", "&")).text
    hers = f'patients/{her}"'  # the address of the rest may name her too
    assert (hers in first) != (hers in rest) and "Further patients" not in rest
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{LIST}?partner=otp&as=csv").text)))
    assert len(rows) == 4 and {row["version in force"] for row in rows} == {"2027-01"}
    (row,) = (row for row in rows if row["patient"] == her)
    assert (row["version given"], row["given on"], row["how"]) == (V1, "2026-04-10", "WRITTEN")
