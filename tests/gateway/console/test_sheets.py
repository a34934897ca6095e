"""Long views as files: in parts, each recorded before it leaves, whole or visibly broken off."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from starlette.types import Message

from gateway.console import pages, sheet
from gateway.errors import NotNow
from gateway.flows import audit_agreements
from tests.gateway.console.conftest import ANA, BEN, Browser, made


@pytest.fixture
def long(browser: Browser) -> Browser:
    """230 disclosures beside the few of the others."""
    browser.add(
        [made(90, request_id=f"r{number}", patient_id=(ANA, BEN)[number % 2]) for number in range(230)]
    )
    return browser.log_in()


def seqs(text: str) -> list[int]:
    return [int(row["entry"]) for row in csv.DictReader(io.StringIO(text)) if row["at"]]


def test_a_file_has_all_of_the_view_each_entry_once_under_one_head(long: Browser) -> None:
    text = long.get("disclosures?since=2026-11-01&as=csv").text

    found = seqs(text)
    assert len(found) == len(set(found)) == 233 and found == sorted(found, reverse=True)
    assert text.count("entry,at,kind") == 1 and "goes on" not in text
    reads = [one for one in long.reads() if one.entry is not None and "as=csv" in one.entry.subject]
    assert {one.row.patient_id for one in reads} == {ANA, BEN}
    assert len({one.entry.subject for one in reads if one.entry is not None}) == 5, "five parts"
    assert len({one.row.request_id for one in reads}) == 1


def test_a_file_that_is_longer_says_where_it_goes_on(long: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PARTS", 2)
    text = long.get("disclosures?since=2026-11-01&as=csv").text
    found = seqs(text)
    assert len(found) == 100
    assert text.splitlines()[-1] == f"the view goes on: ask again with before={found[-1]}"
    rest = seqs(long.get(f"disclosures?since=2026-11-01&as=csv&before={found[-1]}").text)
    assert len(rest) == 100 and rest[0] < found[-1]


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


async def taken(browser: Browser, path: str, then: Callable[[], Awaitable[object]]) -> list[int]:
    """The lines of each part of a file as it arrives; `then` happens after the first."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    parts: list[int] = []
    where, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": where, "raw_path": where.encode(), "root_path": "",
        "query_string": query.encode(), "headers": [(b"host", b"gw.test"), (b"cookie", cookies.encode())],
        "http_version": "1.1", "scheme": "http", "server": ("gw.test", 80), "client": ("auditor", 1),
    }  # fmt: skip

    async def send(message: Message) -> None:
        if message.get("body"):
            parts.append(message["body"].count(b"\n"))
            if len(parts) == 1:
                await then()

    async def receive() -> Message:
        return await asyncio.Future[Message]()

    with pytest.raises(RuntimeError):  # the server breaks the line off
        await browser.app(scope, receive, send)
    return parts


@pytest.mark.parametrize("end", ["her agreement", "her log-out", "eight hours"])
def test_a_file_under_way_ends_with_what_let_her_have_it(long: Browser, end: str) -> None:
    county, agreed = long.county, long.agree("Ada Auditor", copies=True)
    ada = Browser(county)
    ada.log_in("Ada Auditor", "auditor")
    token = re.search(r'name="token" value="([^"]+)"', ada.get("disclosures").text)
    assert token is not None

    async def ended() -> None:
        if end == "her agreement":
            await audit_agreements.end(county.premises, agreed, "ended at once", "Kim Officer")
        elif end == "her log-out":
            transport = httpx.ASGITransport(app=ada.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://gw.test", cookies=ada.cookies
            ) as other:
                await other.post("/console/logout", data={"token": token[1]})
        else:
            county.clock.advance(timedelta(hours=8))

    path = "/console/disclosures?since=2026-11-01&as=csv"
    assert county.run(taken(ada, path, ended)) == [51], "the head, and fifty of 233"
    said = {one.entry.subject for one in long.reads() if one.entry is not None}
    assert len([one for one in said if "as=csv" in one]) == 1, "no part that did not leave is in the log"
    assert ada.get("disclosures").status_code in (401, 403)


def test_an_hour_s_download_is_no_idleness(long: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    csv_text = sheet.csv_text

    def slowly(*given: object, **named: object) -> str:
        long.clock.advance(timedelta(minutes=20))
        return csv_text(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pages, "csv_text", slowly)
    assert len(seqs(long.get("disclosures?since=2026-11-01&as=csv").text)) == 233


def test_signed_heads_and_looks_come_in_parts_too(long: Browser) -> None:
    for _ in range(5):
        long.get("disclosures")
    rows = list(csv.DictReader(io.StringIO(long.get("looks?as=csv").text)))
    assert [row["page and filters"] for row in rows].count("disclosures") == 5
    assert long.get("integrity?as=csv").text.startswith("entries,signed at")
