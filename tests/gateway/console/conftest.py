"""The console over a small network with a real store and an audit log that holds entries made here."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.routing import Mount, Router

from gateway import audit
from gateway.audit import AuditedResource, AuditEntry, AuditReason, LoggedEntry
from gateway.clock import instant_text
from gateway.console import make_link
from gateway.flows.audit_agreements import Terms, agree
from gateway.store import AuditFilter, Transaction, audit_agreements
from gateway.wiring.console_door import LINK_PURPOSE, console_mounts
from tests.gateway.county import County

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
"""11:00 in the network's zone."""
ANA = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BEN = "550e8400-e29b-41d4-a716-446655440000"


def made(number: int, **facts: Any) -> AuditEntry:
    """Entry `number`, which happened that many hours after the first day."""
    known: dict[str, Any] = {
        "request_id": f"00000000-0000-4000-8000-{number:012d}",
        "at": instant_text(NOW - timedelta(hours=100 - number)),
        "kind": "disclose",
        "patient_id": ANA,
        "partner": "psychiatry",
        "purpose": "TREAT",
        "outcome": "disclose",
    }
    return AuditEntry(**{**known, **facts})


def partial_disclosure(number: int) -> AuditEntry:
    """Psychiatry got the plan without what was not consented."""
    return made(
        number,
        outcome="partial",
        source=("Organization/otp",),
        basis="CONSENT",
        consents=("Consent/0b6f/_history/2",),
        reasons=(AuditReason("CONSENT_PERMITS", "42 CFR §2.31(a)", "Consent/0b6f/_history/2"),),
        resources=(
            AuditedResource("CarePlan/4d2a", "redact", ("42CFRPart2", "R")),
            AuditedResource("Goal/91aa", "disclose", ("42CFRPart2",)),
            AuditedResource(
                "DocumentReference/77f0",
                "withhold",
                ("PSYTHPN",),
                (AuditReason("COUNSELING_NOTE", "42 CFR §2.11"),),
            ),
        ),
        obligations=("NOTICE_PART2",),
        notice_version="2024",
        bytes_sha256="ab" * 32,
        versions={"network": "sha256:cafe"},
        recipient_name="Mesa Psychiatry Clinic",
        recipient_address="2 Mesa Road, Phoenix AZ",
        description="1 CarePlan, 1 Goal",
    )


ENTRIES = (
    made(1, partner="housing", purpose="COC", patient_id=BEN),
    partial_disclosure(2),
    made(3, kind="refuse", outcome="withhold", partner="housing"),
    made(4, kind="consent", outcome="usable", partner="otp"),
    made(5),
)


class Browser:
    """A browser in front of the console: keeps cookies, follows nothing by itself, runs no script."""

    def __init__(self, county: County) -> None:
        self.county, self.clock = county, county.clock
        self.clock.advance(NOW - self.clock.now())
        self.key = county.folder.keys.derived(LINK_PURPOSE)
        self.cookies = httpx.Cookies()
        self.open()

    def open(self, resting: frozenset[str] = frozenset()) -> None:
        """The console as the network stands now, while some partners are left alone."""
        mounts = console_mounts(
            self.county.folder, self.county.premises, lambda: resting, patience_seconds=60
        )
        self.app = Router([Mount(path, app=app) for path, app in mounts.items()])

    def add(self, entries: Sequence[AuditEntry]) -> None:
        """Put entries into the log."""

        def work(tx: Transaction) -> None:
            for entry in entries:
                audit.append(tx, entry)

        self.county.write(work)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://gw.test", cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(go())

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", f"/console/{path}", **more)

    def send(self, path: str, page: str = "", **fields: str) -> httpx.Response:
        """Send a form as the page in which it stands would: with the token that stands there."""
        token = re.search(r'name="token" value="([^"]+)"', self.get(page).text)
        assert token is not None
        return self.ask("POST", f"/console/{path}", data={"token": token[1], **fields})

    def link(self, name: str = "Kim Officer", role: str = "compliance_officer") -> str:
        return make_link(self.key, name, role, self.clock.now())

    def agree(self, name: str = "Lee Auditor", copies: bool = False, days: int = 7) -> str:
        """Record an agreement with an auditor for some days from today on; its id."""
        today = self.clock.now().astimezone(ZoneInfo(self.county.premises.network.zone)).date()
        until = (today + timedelta(days=days)).isoformat()
        terms = Terms(name, today.isoformat(), until, copies)
        made = agree(self.county.premises, terms, "audit of the fall, signed in the file room", "Kim Officer")
        return str(self.county.run(made)["agreement"])

    def log_in(self, name: str = "Kim Officer", role: str = "compliance_officer") -> Browser:
        """Somebody logs in; an auditor comes under an agreement, unless one was recorded already."""
        if role == "auditor" and not self.county.look(audit_agreements.newest):
            self.agree(name)
        answer = self.ask("POST", f"/console/login?link={self.link(name, role)}")
        assert answer.status_code == 303
        return self

    def reads(self) -> list[LoggedEntry]:
        """What the log says of looks, oldest first."""
        found = self.county.look(lambda reading: audit.newest(reading, 200, AuditFilter(kind="read")))
        return list(reversed(found))


def numbers(answer: httpx.Response) -> list[int]:
    """The entries that a page lists, in its order."""
    return [int(number) for number in re.findall(r'decisions/(\d+)"', answer.text)]


@pytest.fixture
def browser(county: County) -> Browser:
    """Nobody is logged in; the log holds ENTRIES."""
    made_one = Browser(county)
    made_one.add(ENTRIES)
    return made_one
