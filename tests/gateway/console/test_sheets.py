"""Long views as files: in parts, each recorded before it leaves, whole or visibly broken off."""

from __future__ import annotations

import csv
import io

import pytest

from gateway.console import pages
from gateway.errors import NotNow
from tests.gateway.console.conftest import ANA, BEN, Browser, made


@pytest.fixture
def long(browser: Browser) -> Browser:
    """450 disclosures beside the few of the others."""
    browser.add(
        [made(90, request_id=f"r{number}", patient_id=(ANA, BEN)[number % 2]) for number in range(450)]
    )
    return browser.log_in()


def seqs(text: str) -> list[int]:
    return [int(row["entry"]) for row in csv.DictReader(io.StringIO(text)) if row["at"]]


def test_a_file_has_all_of_the_view_each_entry_once_under_one_head(long: Browser) -> None:
    text = long.get("disclosures?since=2026-11-01&as=csv").text

    found = seqs(text)
    assert len(found) == len(set(found)) == 453 and found == sorted(found, reverse=True)
    assert text.count("entry,at,kind") == 1 and "goes on" not in text
    reads = [one for one in long.reads() if one.entry is not None and "as=csv" in one.entry.subject]
    assert {one.row.patient_id for one in reads} == {ANA, BEN}
    assert len({one.entry.subject for one in reads if one.entry is not None}) == 5, "five parts"
    assert len({one.row.request_id for one in reads}) == 1


def test_a_file_that_is_longer_says_where_it_goes_on(long: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PARTS", 2)
    text = long.get("disclosures?since=2026-11-01&as=csv").text
    found = seqs(text)
    assert len(found) == 200
    assert text.splitlines()[-1] == f"the view goes on: ask again with before={found[-1]}"
    rest = seqs(long.get(f"disclosures?since=2026-11-01&as=csv&before={found[-1]}").text)
    assert len(rest) == 200 and rest[0] < found[-1]


def test_what_cannot_be_recorded_does_not_leave(long: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    store, work, calls = long.county.store, long.county.store.write, []

    async def write(asked: object) -> object:
        calls.append(asked)
        if len(calls) == 2:
            raise NotNow("STORE_BUSY", "the store is busy")
        return await work(asked)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "write", write)
    with pytest.raises(RuntimeError):  # the server breaks the line off: the file is not taken for a whole one
        long.get("disclosures?since=2026-11-01&as=csv")
    assert len(calls) == 2


def test_signed_heads_and_looks_come_in_parts_too(long: Browser) -> None:
    for _ in range(5):
        long.get("disclosures")
    rows = list(csv.DictReader(io.StringIO(long.get("looks?as=csv").text)))
    assert [row["page and filters"] for row in rows].count("disclosures") == 5
    assert long.get("integrity?as=csv").text.startswith("entries,signed at")
