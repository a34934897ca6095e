"""The list of disclosures: filters in the address, facets, chart, paging, the file, and that each look is recorded."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from gateway.errors import NotNow
from tests.gateway.console.conftest import ANA, BEN, Browser, made, numbers


def test_disclosures_are_listed_newest_first(browser: Browser) -> None:
    answer = browser.log_in().get("disclosures")

    assert answer.status_code == 200
    assert numbers(answer) == [5, 2, 1]
    assert "Mesa Psychiatry Clinic" in answer.text
    assert "Shown in part" in answer.text


def test_every_filter_stands_in_the_address(browser: Browser) -> None:
    browser.log_in()
    for query, expected in (
        ("kind=all&until=2026-11-22&partner=otp", [4]),
        ("kind=refuse", [3]),
        ("kind=consent", [4]),
        ("partner=housing", [1]),
        (f"patient={BEN}", [1]),
        ("purpose=COC", [1]),
        ("outcome=partial", [2]),
        ("basis=CONSENT", [2]),
        ("program=otp", [2]),
        ("reason=COUNSELING_NOTE", [2]),
        ("reason=NO_SUCH", []),
        ("since=2026-11-18&until=2026-11-18", [5, 2, 1]),
        ("since=2026-11-19&until=2026-11-19", []),
        ("before=3", [2, 1]),
        ("kind=refuse&partner=psychiatry", []),
    ):
        assert numbers(browser.get(f"disclosures?{query}")) == expected, query


def test_a_window_of_thirty_days_holds_unless_another_is_asked_for(browser: Browser) -> None:
    browser.add([made(6, at="2026-09-01T10:00:00.000000Z")])
    browser.log_in()

    assert numbers(browser.get("disclosures")) == [6, 5, 2, 1][1:]
    assert numbers(browser.get("disclosures?since=2026-09-01&until=2026-09-01")) == [6]


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "before=-1", "before=1e9", "patient=a%20b", "outcome=%3Cscript%3E", "nobody=knows"],
)
def test_a_filter_that_is_not_understood_is_named_and_left_out(browser: Browser, query: str) -> None:
    answer = browser.log_in().get(f"disclosures?{query}")

    assert numbers(answer) == [5, 2, 1]
    assert f"left out: {query.partition('=')[0]}" in answer.text
    assert "<script>" not in answer.text


def test_facets_count_the_window_and_lead_to_what_they_name(browser: Browser) -> None:
    text = browser.log_in().get("disclosures").text

    facet = re.search(r"<h2>Recipient</h2>.*?</section>", text, re.DOTALL)
    assert facet is not None
    assert re.findall(r'href="([^"]+)"[^>]*>([^<]+)</a> <span class="tally">(\d+)', facet[0]) == [
        ("?partner=psychiatry", "Mesa Psychiatry Clinic", "2"),
        ("?partner=housing", "Desert Housing", "1"),
    ]
    tabs = re.findall(r"(?m)^  <a href=[^>]*>(\w[\w ]*?) ([\d,]+)</a>$", text)
    assert ("Disclosures", "3") in tabs and dict(tabs)["Refusals"] != "0", "each kind with its number"
    chosen = browser.get("disclosures?partner=housing").text
    assert ">Disclosures 1</a>" in chosen
    assert re.search(r'href="\?"[^>]*aria-current="true"', chosen), "a chosen value leads back"
    assert ">Mesa Psychiatry Clinic</a> <span" in chosen, "the others of the same facet stay to be chosen"


def test_the_chart_has_its_numbers_in_a_table_beside_it(browser: Browser) -> None:
    text = browser.log_in().get("disclosures").text

    assert text.count('<svg viewBox="0 0 960 200" role="img"') == 1
    assert re.search(r'<th scope="row">18 Nov</th><td class="number">2</td><td class="number">1</td>', text)


def test_a_long_list_is_paged_by_links(browser: Browser) -> None:
    browser.add([made(6 + number) for number in range(90)])
    first = browser.log_in().get("disclosures")
    older = re.search(r'href="(\?[^"]*before=\d+)">Older', first.text)
    assert older is not None
    second = browser.get("disclosures" + older[1].replace("&amp;", "&"))

    assert (len(numbers(first)), len(numbers(second))) == (50, 43)
    assert max(numbers(second)) < min(numbers(first))
    assert ">Newest</a>" in second.text and ">Older</a>" not in second.text


def test_the_file_is_exactly_the_view(browser: Browser) -> None:
    browser.add([made(6, description="=HYPERLINK(1)")])
    answer = browser.log_in().get("disclosures?partner=psychiatry&as=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-disposition"] == 'attachment; filename="disclosures.csv"'
    assert [row["entry"] for row in rows] == ["6", "5", "2"]
    assert rows[2]["consents"] == "Consent/0b6f/_history/2"
    assert rows[0]["what"] == "'=HYPERLINK(1)", "a spreadsheet runs nothing of it"
    assert browser.reads()[-1].entry.subject == "disclosures?partner=psychiatry&as=csv"  # type: ignore[union-attr]


@pytest.mark.requirement("AU-05")
def test_each_look_is_recorded_with_the_patients_seen(browser: Browser) -> None:
    browser.log_in().get("disclosures?partner=housing&kind=all")
    browser.get("decisions/2")
    first, second, third = browser.reads()

    assert first.entry is not None and third.entry is not None
    assert (first.entry.recipient_name, first.entry.description) == ("Kim Officer", "compliance_officer")
    assert {first.row.patient_id, second.row.patient_id} == {ANA, BEN}
    assert first.row.request_id == second.row.request_id
    assert first.entry.subject == "disclosures?partner=housing&kind=all"
    assert (third.entry.subject, third.row.patient_id) == ("decisions/2", ANA)


SCREENS = (
    "", "disclosures", "decisions/2", "patients", f"patients?patient={ANA}", "consents", "messages", "partners",
    "partners?day=2026-11-22", "requests", "integrity", "looks",
)  # fmt: skip


@pytest.mark.requirement("AU-06")
def test_a_look_that_cannot_be_recorded_shows_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.log_in()

    async def full(_work: Any) -> Any:
        raise NotNow("STORE_BUSY", "the store is busy")

    monkeypatch.setattr(browser.county.store, "write", full)
    for path in SCREENS:
        answer = browser.get(path)

        assert answer.status_code == 503, path
        assert "Mesa Psychiatry" not in answer.text and ANA not in answer.text


@pytest.mark.parametrize("path", [*SCREENS, "nowhere"])
def test_a_stranger_sees_the_way_to_log_in_and_nothing_else(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code == 401
    assert "one-time link" in answer.text
    assert "Overview" not in answer.text
    assert browser.reads() == []


def test_pages_run_no_script_and_load_nothing_from_elsewhere(browser: Browser) -> None:
    browser.log_in()
    for path in (*SCREENS, "login", "nowhere"):
        answer = browser.get(path)

        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", answer.text), path


def test_the_style_sheet_is_served_to_anybody_and_is_our_own(browser: Browser) -> None:
    answer = browser.get("style.css")

    assert answer.headers["content-type"].startswith("text/css")
    assert "url(" not in answer.text and "@import" not in answer.text
    assert browser.get("icon.svg").headers["content-type"] == "image/svg+xml"


def test_what_the_log_says_is_text_never_markup(browser: Browser) -> None:
    browser.add([made(6, description="<b onclick=x>1 CarePlan</b>", recipient_name="<img src=x>")])
    browser.log_in()

    for path in ("disclosures", "decisions/6", "disclosures?kind=all"):
        text = browser.get(path).text
        assert "1 CarePlan" in text
        assert not re.search(r"<b onclick|<img", text)


def test_what_is_not_there_is_said_so(browser: Browser) -> None:
    browser.log_in()
    for path in ("decisions/99", "decisions/99999999999999999999999", "nowhere", f"patients/{ANA}", "messages/x",
                 "consents/nobody", "patients?as=csv"):  # fmt: skip
        assert browser.get(path).status_code == 404, path


def test_an_entry_is_read_in_a_panel_beside_the_list_and_the_address_says_so(browser: Browser) -> None:
    page = browser.log_in().get("disclosures?partner=psychiatry&entry=2").text

    panel = page[page.index('id="panel"') :]
    assert "Disclosure 2" in panel and "decisions/2" in panel and "Consent of the patient" in panel
    assert "CarePlan" in panel and "42 CFR §2.31(a)" in panel
    assert 'href="?partner=psychiatry">Close' in panel, "closed, the view stays"
    assert (
        numbers(browser.get("disclosures?partner=psychiatry&entry=2&as=csv")) == []
        and "panel" not in page[:500]
    )
    assert 'id="panel"' not in browser.get("disclosures?entry=999").text
    read = browser.reads()[0].entry
    assert read is not None and "entry=2" in read.subject
