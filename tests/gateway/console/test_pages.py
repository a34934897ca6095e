"""The pages: what they show, to whom, and that each look is recorded."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.errors import NotNow
from gateway.store.model import AuditFilter

ANA = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BEN = "550e8400-e29b-41d4-a716-446655440000"


def numbers(answer: Any) -> list[int]:
    return [int(number) for number in re.findall(r"decisions/(\d+)", answer.text)]


def test_disclosures_are_listed_newest_first(browser: Any) -> None:
    answer = browser.log_in().get("")

    assert answer.status_code == 200
    assert numbers(answer) == [5, 2, 1]
    assert "Desert Sage Psychiatry" in answer.text
    assert "Shown in part" in answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=all", [5, 4, 3, 2, 1]),
        ("kind=refuse", [3]),
        ("kind=consent", [4]),
        ("partner=housing", [1]),
        (f"patient={BEN}", [1]),
        ("purpose=COC", [1]),
        ("outcome=partial", [2]),
        ("kind=all&since=2026-11-18&until=2026-11-18", [5, 4, 3, 2]),
        ("kind=all&since=2026-11-19", []),
        ("kind=all&before=3", [2, 1]),
        ("kind=refuse&partner=psychiatry", []),
    ],
)
def test_every_filter_stands_in_the_address(browser: Any, query: str, expected: list[int]) -> None:
    assert numbers(browser.log_in().get(f"?{query}")) == expected


def test_the_day_until_counts_whole(browser: Any) -> None:
    browser.log_in().get("?since=2026-11-01&until=2026-11-02")

    assert browser.fake.asked[-1][1] == AuditFilter(
        kind="disclose", since="2026-11-01T00:00:00.000000Z", until="2026-11-03T00:00:00.000000Z"
    )


@pytest.mark.parametrize(
    "query",
    ["kind=odd", "since=yesterday", "before=-1", "before=1e9", "patient=a%20b", "outcome=%3Cscript%3E"],
)
def test_a_filter_that_is_not_understood_is_named_and_left_out(browser: Any, query: str) -> None:
    answer = browser.log_in().get(f"?{query}")

    assert numbers(answer) == [5, 2, 1]
    assert f"left out: {query.partition('=')[0]}" in answer.text
    assert "<script>" not in answer.text


def test_a_long_list_is_paged_by_links(browser: Any, entries: list[Any]) -> None:
    entries.extend(type(entries[0])(row, None) for row in _many(entries[0].row, 120))
    first = browser.log_in().get("")
    older = re.search(r'href="(\?[^"]*before=\d+)">Older', first.text)
    assert older is not None
    second = browser.get(older.group(1).replace("&amp;", "&"))

    assert len(numbers(first)) == len(numbers(second)) == 50
    assert max(numbers(second)) < min(numbers(first))
    assert "Newest" in second.text


def _many(row: Any, count: int) -> list[Any]:
    from msgspec.structs import replace

    return [replace(row, seq=seq) for seq in range(10, 10 + count)]


def test_one_decision_tells_who_what_why_and_proof(browser: Any) -> None:
    text = browser.log_in().get("decisions/2").text

    for told in (
        "Desert Sage Psychiatry",
        "2 Mesa Road, Phoenix AZ",
        "Treatment",
        "Consent/0b6f/_history/2",
        "42 CFR §2.31(a)",
        "Counseling notes need a consent of their own.",
        "DocumentReference/77f0/_history/1",
        "PSYTHPN",
        "2024 wording",
        "ab" * 32,
        "02" * 32,
        "00000000-0000-4000-8000-000000000002",
    ):
        assert told in text


def test_an_entry_whose_key_was_destroyed_still_has_its_place(browser: Any) -> None:
    answer = browser.log_in().get("decisions/5")

    assert answer.status_code == 200
    assert "destroyed with their key" in answer.text


@pytest.mark.parametrize("path", ["decisions/99", "decisions/99999999999999999999999", "nowhere"])
def test_what_is_not_there_is_said_so(browser: Any, path: str) -> None:
    assert browser.log_in().get(path).status_code == 404


@pytest.mark.requirement("AU-05")
def test_each_look_is_recorded_with_the_patients_seen(browser: Any) -> None:
    browser.log_in().get("?partner=housing&kind=all")
    browser.get("decisions/2")
    first, second = browser.fake.reads

    assert (first.visitor.name, first.visitor.role) == ("Kim Officer", "compliance_officer")
    assert first.patients == tuple(sorted((ANA, BEN)))
    assert first.subject == "disclosures?kind=all&partner=housing"
    assert (second.subject, second.patients) == ("decisions/2", (ANA,))
    assert second.request_id


@pytest.mark.requirement("AU-06")
@pytest.mark.parametrize("path", ["", "decisions/2"])
def test_a_look_that_cannot_be_recorded_shows_nothing(browser: Any, path: str) -> None:
    browser.log_in()
    browser.fake.record_raises = NotNow("STORE_BUSY", "the store is busy")
    answer = browser.get(path)

    assert answer.status_code == 503
    assert "Desert Sage" not in answer.text


@pytest.mark.parametrize("path", ["", "decisions/2", "nowhere", "?kind=all"])
def test_a_stranger_sees_the_way_to_log_in_and_nothing_else(browser: Any, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code == 401
    assert "one-time link" in answer.text
    assert browser.fake.asked == browser.fake.reads == []


def test_pages_run_no_script_and_load_nothing_from_elsewhere(browser: Any) -> None:
    browser.log_in()
    for path in ("", "decisions/2", "login", "nowhere"):
        answer = browser.get(path)

        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", answer.text)


def test_the_style_sheet_is_served_to_anybody_and_is_our_own(browser: Any) -> None:
    answer = browser.get("style.css")

    assert answer.headers["content-type"].startswith("text/css")
    assert "url(" not in answer.text and "@import" not in answer.text
    assert browser.get("icon.svg").headers["content-type"] == "image/svg+xml"


def test_a_look_into_the_console_is_listed_with_who_looked(browser: Any, entries: list[Any]) -> None:
    from msgspec.structs import replace

    row = replace(entries[0].row, seq=9, kind="read", partner="", purpose="")
    entry = replace(entries[1].entry, recipient_name="Kim Officer", partner="", purpose="")
    entries.append(type(entries[0])(row, entry))
    browser.log_in()

    assert re.search(r"<td>Kim Officer</td>", browser.get("?kind=read").text)
    assert "Read by Kim Officer" in browser.get("decisions/9").text


def test_what_the_log_says_is_text_never_markup(browser: Any, entries: list[Any]) -> None:
    from msgspec.structs import replace

    entry = replace(entries[1].entry, description="<b onclick=x>1 CarePlan</b>", recipient_name="<img src=x>")
    entries[1] = type(entries[1])(entries[1].row, entry)
    browser.log_in()

    for path in ("", "decisions/2"):
        assert not re.search(r"<b onclick|<img", browser.get(path).text)
