"""The console over a small audit log in memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.routing import Mount, Router

from gateway.audit import AuditedResource, AuditEntry, AuditReason, LoggedEntry
from gateway.clock import FixedClock, instant_text
from gateway.console import Office, PageRead, build_console, make_link
from gateway.store.model import AuditFilter, AuditRow

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
KEY = b"k" * 32
ANA = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BEN = "550e8400-e29b-41d4-a716-446655440000"


def logged(
    seq: int,
    *,
    kind: str = "disclose",
    outcome: str = "disclose",
    patient: str | None = ANA,
    partner: str = "psychiatry",
    purpose: str = "TREAT",
    shredded: bool = False,
    **facts: Any,
) -> LoggedEntry:
    at = instant_text(NOW - timedelta(hours=100 - seq))
    request_id = f"00000000-0000-4000-8000-{seq:012d}"
    row = AuditRow(
        seq=seq,
        at=at,
        kind=kind,
        patient_id=patient,
        partner=partner,
        purpose=purpose,
        outcome=outcome,
        request_id=request_id,
        sealed=b"",
        facts_hash=bytes(32),
        leaf_hash=bytes([seq % 256]) * 32,
        chain_hash=bytes([255 - seq % 256]) * 32,
    )
    entry = AuditEntry(
        request_id=request_id,
        at=at,
        kind=kind,
        patient_id=patient,
        partner=partner,
        purpose=purpose,
        outcome=outcome,
        **facts,
    )
    return LoggedEntry(row, None if shredded else entry)


def partial_disclosure(seq: int) -> LoggedEntry:
    """Psychiatry got the plan without what was not consented."""
    return logged(
        seq,
        outcome="partial",
        source=("Organization/otp",),
        basis="consent",
        consents=("Consent/0b6f/_history/2",),
        reasons=(AuditReason("CONSENT_PERMITS", "42 CFR §2.31(a)", "Consent/0b6f/_history/2"),),
        resources=(
            AuditedResource("CarePlan/4d2a/_history/1", "redact", ("42CFRPart2", "R")),
            AuditedResource("Goal/91aa/_history/3", "disclose", ("42CFRPart2",)),
            AuditedResource(
                "DocumentReference/77f0/_history/1",
                "withhold",
                ("42CFRPart2", "PSYTHPN"),
                (AuditReason("COUNSELING_NOTE", "42 CFR §2.31(b)"),),
            ),
        ),
        obligations=("NOTICE_STATEMENT_1", "SCOPE_TEXT"),
        notice_version="2024",
        bytes_sha256="ab" * 32,
        versions={"semantics": "1", "network": "3f9c2b1a77"},
        recipient_name="Desert Sage Psychiatry",
        recipient_address="2 Mesa Road, Phoenix AZ",
        description="1 CarePlan, 1 Goal",
    )


class FakeOffice:
    """An audit log in a list, newest last."""

    def __init__(self, entries: list[LoggedEntry]) -> None:
        self.entries = entries
        self.reads: list[PageRead] = []
        self.asked: list[tuple[int, AuditFilter]] = []
        self.used: set[str] = set()
        self.record_raises: Exception | None = None
        self.clock = FixedClock(NOW)

    def newest(self, limit: int, wanted: AuditFilter) -> tuple[LoggedEntry, ...]:
        self.asked.append((limit, wanted))
        return tuple(entry for entry in reversed(self.entries) if _fits(entry.row, wanted))[:limit]

    def entry_of(self, seq: int) -> LoggedEntry | None:
        return next((entry for entry in self.entries if entry.row.seq == seq), None)

    async def record_read(self, read: PageRead) -> None:
        if self.record_raises is not None:
            raise self.record_raises
        self.reads.append(read)

    async def use_link_once(self, link_id: str, _expires_at: datetime) -> bool:
        known = link_id in self.used
        self.used.add(link_id)
        return not known

    def office(self) -> Office:
        names = {"psychiatry": "Desert Sage Psychiatry", "housing": "Open Door Housing"}
        sentences = {"COUNSELING_NOTE": "Counseling notes need a consent of their own."}
        return Office(
            newest=self.newest,
            entry_of=self.entry_of,
            record_read=self.record_read,
            use_link_once=self.use_link_once,
            partner_name=lambda partner: names.get(partner, partner),
            explain=lambda code: sentences.get(code, ""),
            partners=tuple(names),
            clock=self.clock,
            link_key=KEY,
            secure=False,
        )


def _fits(row: AuditRow, wanted: AuditFilter) -> bool:
    pairs = (
        (wanted.patient_id, row.patient_id),
        (wanted.partner, row.partner),
        (wanted.kind, row.kind),
        (wanted.purpose, row.purpose),
        (wanted.outcome, row.outcome),
    )
    return (
        all(asked in (None, found) for asked, found in pairs)
        and (wanted.since or "") <= row.at < (wanted.until or "9")
        and row.seq < (wanted.before_seq or 2**62)
    )


class Browser:
    """A browser in front of the console: keeps cookies, follows nothing by itself."""

    def __init__(self, entries: list[LoggedEntry]) -> None:
        self.fake = FakeOffice(entries)
        self.app = Router([Mount("/console", app=build_console(self.fake.office()))])
        self.cookies = httpx.Cookies()

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

    def link(self, name: str = "Kim Officer", role: str = "compliance_officer") -> str:
        return make_link(KEY, name, role, self.fake.clock.now())

    def log_in(self) -> Browser:
        assert self.ask("POST", f"/console/login?link={self.link()}").status_code == 303
        return self


@pytest.fixture
def entries() -> list[LoggedEntry]:
    return [
        logged(1, partner="housing", purpose="COC", patient=BEN),
        partial_disclosure(2),
        logged(3, kind="refuse", outcome="withhold", partner="housing"),
        logged(4, kind="consent", outcome="usable", partner="otp"),
        logged(5, shredded=True),
    ]


@pytest.fixture
def browser(entries: list[LoggedEntry]) -> Browser:
    return Browser(entries)
