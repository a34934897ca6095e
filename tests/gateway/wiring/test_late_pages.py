"""Pages are read in once, after the doors are open; who comes before waits, and no page is forgotten."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Router

from gateway.settings import Settings, SettingsRefused
from gateway.wiring.http_door import HttpDoor
from gateway.wiring.late_pages import PATHS, LatePages, Made
from gateway.wiring.page_doors import page_mounts
from gateway.wiring.standstill import Standstill
from tests.gateway.county import County


def test_who_comes_early_waits_for_the_pages_which_are_made_once() -> None:
    go_on, made = threading.Event(), []

    def make() -> Made:
        made.append(go_on.wait(90))
        return {path: PlainTextResponse(path) for path in PATHS}

    pages = LatePages(make)
    transport = httpx.ASGITransport(Router([Mount(path, app) for path, app in pages.mounts.items()]))

    async def visits() -> list[str]:
        async with httpx.AsyncClient(transport=transport, base_url="http://gw.test") as client:
            gone = asyncio.ensure_future(client.get("/me/"))
            stays = asyncio.ensure_future(client.get("/console/"))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            go_on.set()
            return [(await stays).text, (await client.get("/sign/x")).text]

    assert asyncio.run(visits()) == ["/console", "/sign"]
    assert made == [True]


def test_what_makes_the_pages_fail_ends_whoever_reads_them_in() -> None:
    def fails() -> Made:
        raise LookupError("no pages")

    with pytest.raises(LookupError):
        asyncio.run(LatePages(fails).read_in())


def test_every_page_has_its_path_from_the_first_moment_on(county: County) -> None:
    standstill = Standstill(county.folder.path, county.premises.store)
    made = page_mounts(county.folder, county.premises, standstill, frozenset, mails=False)

    assert tuple(made) == PATHS


def test_a_login_that_is_set_up_by_half_stops_the_start_and_not_the_first_visitor(county: County) -> None:
    standstill = Standstill(county.folder.path, county.premises.store)
    half = Settings(oidc_issuer="https://login.example.org")

    with pytest.raises(SettingsRefused, match="`HANDOFF_OIDC_CLIENT`"):
        asyncio.run(HttpDoor(county.folder, county.premises, half, "127.0.0.1:0", standstill).start())
