"""The console on the real store: what it reads, and that every look is in the log before the page is shown."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.routing import Mount, Router

from gateway.console import make_link
from gateway.store import AuditFilter, audit_rows
from gateway.wiring.console_door import LINK_PURPOSE, console_mounts
from tests.gateway.county import County


def visit(county: County, *paths: str) -> list[httpx.Response]:
    """A compliance officer logs in and opens pages."""
    key = county.folder.keys.derived(LINK_PURPOSE)
    link = make_link(key, "Kim Officer", "compliance_officer", county.clock.now())

    async def scene() -> list[httpx.Response]:
        mounts = [
            Mount(path, app=app) for path, app in console_mounts(county.folder, county.premises).items()
        ]
        transport: Any = httpx.ASGITransport(app=Router(mounts))
        async with httpx.AsyncClient(transport=transport, base_url="http://gw.test") as client:
            answers = [await client.post(f"/console/login?link={link}")]
            answers += [await client.get(f"/console/{path}") for path in paths]
            client.cookies.clear()
            answers.append(await client.post(f"/console/login?link={link}"))
            return answers

    return asyncio.run(scene())


@pytest.mark.requirement("AU-05", "HI-312-02")
def test_a_page_shows_the_log_and_is_itself_in_it(county: County) -> None:
    county.refer()
    county.refused()
    seq = county.audit("refuse")[-1].row.seq

    login, listed, one, again = visit(county, "", f"decisions/{seq}")

    assert (login.status_code, listed.status_code, one.status_code) == (303, 200, 200), one.text
    assert "Sunrise Opioid Treatment Program" in listed.text
    assert "No consent" in one.text or "NO_PERMIT" in one.text
    assert again.status_code != 303, "a link is good once"
    rows = county.look(lambda reading: audit_rows.newest(reading, 10, AuditFilter(kind="read")))
    assert county.patient_id in {row.patient_id for row in rows}
