"""What a page of the console costs the server with a log of a million entries behind it, and the question of a breach.

The issue asks for under 100 ms a page and under a minute for who received what of whom. A page is made three times
after the first: that one, as after a start of the gateway, reads what the store keeps counted and the template's byte
code, and is told beside it. Of a file that comes in parts the longest part counts. `ENTRIES` fewer is quicker and shows
whether a page grows with the log.
"""

from __future__ import annotations

import asyncio
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import to_builtins
from msgspec.json import Encoder

from gateway import audit
from gateway.audit import AuditedResource, AuditEntry, AuditReason
from gateway.audit.chain import START, chain_hash, facts_hash, in_both, leaf_of
from gateway.audit.checkpoint import sign_head
from gateway.audit.log import SALT_BYTES, place_of, scope_of
from gateway.audit.tiles import grow
from gateway.audit.tree import Frontier
from gateway.cli.received_command import write_received
from gateway.clock import instant_text
from gateway.pages.__main__ import main as compile_templates
from gateway.store import Transaction, audit_rows, patients
from gateway.store.model import AuditRow, CheckpointRow
from gateway.wiring.serving import _settle_memory
from tests.gateway.console.conftest import Browser
from tests.gateway.county import County
from tests.gateway.wiring.keeping import reopen, with_own_keys

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
_AT_ONCE, _AT_A_TIME = 500, 20_000
"""Entries under one signed head (about a second of a busy gateway), and put into the store in one transaction."""
_DAYS, _PATIENTS, _LARGE = 360, 20_000, 500
_NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
_ENCODER = Encoder(order="sorted")
_PARTNERS = ("otp", "housing", "psychiatry", "hospital")
_PAGES = (
    ("overview", ""),
    ("disclosures, 30 days", "disclosures"),
    ("disclosures, a year, one partner", "disclosures?since=2025-11-22&partner=housing"),
    ("disclosures, a year, by a sealed fact", "disclosures?since=2025-11-22&basis=OPERATOR"),
    ("disclosures, all kinds, CSV", "disclosures?kind=all&as=csv"),
    ("one disclosure", "decisions/{middle}"),
    ("patient, 50 entries", "patients/p7"),
    ("patient, 50 entries, each with its proof", "patients/p7/proof?facts=yes"),
    ("patient, 500 more", "patients/p0"),
    ("patient, 500 more, CSV", "patients/p0?as=csv"),
    ("patient's consents", "consents/p0"),
    ("consents", "consents"),
    ("emergency", "emergency"),
    ("identity", "identity"),
    ("messages", "messages"),
    ("mappings", "mappings"),
    ("partners, account of a day", "partners?day=2026-11-20"),
    ("one partner", "partners/otp"),
    ("requests", "requests"),
    ("what people ask of us", "requests/privacy"),
    ("integrity", "integrity"),
    ("integrity, CSV", "integrity?as=csv"),
    ("who looked", "looks"),
    ("who looked, a year, at one patient", "looks?since=2025-11-22&patient=p7"),
    ("who looked, a year, one person", "looks?since=2025-11-22&who=Kim Officer"),
    ("who looked, CSV", "looks?as=csv"),
)


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with _filled() as browser:
        rows = [_page(browser, what, path) for what, path in _PAGES]
        print("console: pages are measured", file=sys.stderr, flush=True)
        return [*rows, *_breach(browser), *_verified(browser)]


@contextmanager
def _filled() -> Iterator[Browser]:
    """The console of a county with `ENTRIES` entries, in `BENCH_PLACE` where that is set: there it is made once."""
    with TemporaryDirectory(prefix="handoff-bench-") as passing:
        place = Path(os.environ.get("BENCH_PLACE") or passing) / str(ENTRIES)
        is_there = (place / "keys").exists()
        county = County(place)
        if is_there:
            county.close()
            county.folder = replace(county.folder, keys_folder=place / "keys")
            reopen(county)
        else:
            county = with_own_keys(county)
            fill(county)
        counting = audit.Counting(county.store, county.premises.keys.index, county.premises.network.zone)
        while county.run(counting.count_on()):
            pass
        compile_templates()
        browser = Browser(county)
        browser.log_in()
        _settle_memory()
        yield browser
        county.close()


def fill(county: County) -> None:
    """A log of a year: disclosures, refusals, consents, looks, of many patients and one with many entries. Put into the
    tables as `audit.append` and the sealer would, but many at once: that would take three times as long.
    """

    def people(tx: Transaction) -> None:
        for number in range(_PATIENTS):
            patients.create(tx, instant_text(_NOW), True, f"p{number}")

    county.write(people)
    tree, chain = Frontier(), START
    for first in range(0, ENTRIES, _AT_A_TIME):
        numbers = range(first, min(first + _AT_A_TIME, ENTRIES))
        chain = county.write(
            lambda tx, numbers=numbers, chain=chain: _append(tx, numbers, chain, county, tree)
        )
        print(f"console: {numbers.stop:,} entries", file=sys.stderr, flush=True)


def _append(tx: Transaction, numbers: range, chain: bytes, county: County, tree: Frontier) -> bytes:
    rows = []
    for number in numbers:
        entry, salt = _entry(number), os.urandom(SALT_BYTES)
        facts = _ENCODER.encode(entry)
        scope, place = scope_of(entry.patient_id), place_of(number + 1, chain)
        row = AuditRow(
            number + 1,
            *in_both(entry),
            tx.cipher.seal(tx, scope, place, salt + facts),
            facts_hash(salt, facts),
            b"",
            b"",
        )
        leaf = leaf_of(row)
        chain = chain_hash(chain, leaf)
        rows.append({**to_builtins(row, builtin_types=(bytes,)), "leaf_hash": leaf, "chain_hash": chain})
        tree.add(leaf)
        if tree.size % _AT_ONCE == 0 or tree.size == ENTRIES:
            head = sign_head(county.folder.keys.signer, tree.size, tree.root(), chain, entry.at)
            audit_rows.add_checkpoint(tx, CheckpointRow(tree.size, chain, head.note, head.at))
    tx.execute_each("audit_rows.append", rows)
    grow(tx, _AT_A_TIME)
    return chain


def _entry(number: int) -> AuditEntry:
    patient = "p0" if number % (ENTRIES // _LARGE or 1) == 0 else f"p{number // 4 * 7919 % _PATIENTS}"
    at = _NOW - timedelta(days=_DAYS) * (1 - number / ENTRIES)
    known: dict[str, Any] = {
        "request_id": f"00000000-0000-4000-8000-{number:012d}",
        "at": instant_text(at),
        "kind": "disclose",
        "patient_id": patient,
        "partner": _PARTNERS[number % 4],
        "purpose": "TREAT",
        "outcome": "disclose",
        "source": ("Organization/otp",),
        "basis": "CONSENT",
        "consents": (f"Consent/{patient}/_history/1",),
        "reasons": (AuditReason("CONSENT_PERMITS", "42 CFR 2.31(a)"),),
        "resources": (AuditedResource("CarePlan/4d2a", "disclose", ("42CFRPart2", "R")),),
        "notice_version": "2024",
        "bytes_sha256": "ab" * 32,
        "recipient_name": "Mesa Psychiatry Clinic",
        "recipient_address": "2 Mesa Road, Phoenix AZ",
        "description": "1 CarePlan",
    }
    if number % 10 == 3:
        known |= {"kind": "refuse", "outcome": "withhold", "bytes_sha256": None}
    elif number % 10 == 5:
        known |= {"kind": "consent", "outcome": "usable"}
    elif number % 10 == 7:
        known |= {"kind": "read", "partner": "", "purpose": "", "basis": "OPERATOR_COMPLIANCE"}
        known |= {"recipient_name": "Kim Officer", "description": "compliance_officer", "subject": "patients"}
    return AuditEntry(**known)


def _page(browser: Browser, what: str, path: str) -> dict[str, object]:
    where = path.format(middle=ENTRIES // 2 // 10 * 10 + 1)
    longest = [asyncio.run(_longest_wait(browser, where)) for _ in range(4)]
    wall, spent = (min(one[kind] for one in longest[1:]) for kind in (0, 1))
    return {
        "what": what,
        "value": wall,
        "unit": "ms",
        "cpu_ms": spent,
        "first": longest[0][0],
        "first_cpu_ms": longest[0][1],
    }


async def _longest_wait(browser: Browser, where: str) -> tuple[float, float]:
    """Milliseconds to the answer's first bytes, or between two of its parts, the longest; and of the processor."""
    path, _, query = where.partition("?")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/console/{path}",
        "query_string": query.replace(" ", "%20").encode(),
        "headers": [(b"host", b"gw.test"), (b"cookie", cookies.encode())],
        "root_path": "",
    }
    times = [(time.perf_counter(), time.process_time())]

    async def send(message: Mapping[str, Any]) -> None:
        assert message.get("status", 200) == 200, where
        times.append((time.perf_counter(), time.process_time()))

    async def receive() -> Mapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    await browser.app(scope, receive, send)
    wall, spent = (max(later[kind] - earlier[kind] for earlier, later in pairwise(times)) for kind in (0, 1))
    return 1000 * wall, 1000 * spent


def _breach(browser: Browser) -> list[dict[str, object]]:
    """Who received what of whom: in a month, from one partner's sight, and all there is."""
    county, rows = browser.county, []
    month, year = ("2026-10-22", "2026-11-22"), ("2025-01-01", "2026-12-31")
    for what, days, partner in (
        ("a month", month, ""),
        ("a year, one partner", year, "housing"),
        ("all", year, ""),
    ):
        out, began = io.StringIO(), time.process_time()
        with county.store.read() as reading:
            write_received(reading, county.premises.network, *days, partner, out)
        lines = out.getvalue().count("\n") - 1
        took = time.process_time() - began
        rows.append({"what": f"who received what: {what}", "value": took, "unit": "CPU-s", "lines": lines})
    return rows


def _verified(browser: Browser) -> list[dict[str, object]]:
    """The whole log with all facts of 20,000 patients opened: by one process, and as `handoff audit verify` does, by
    one for each processor, on the clock and by the processors' time (what a quiet machine would take).
    """
    county = browser.county
    with county.store.read() as reading:
        began = time.process_time()
        report = audit.verify(reading, audit.verifier_of(county.folder.keys.signer))
        took = time.process_time() - began
    clock, spent = time.perf_counter(), _cpu_of_others()
    asked = [sys.executable, "-m", "gateway", "audit", "verify", "--network", str(county.folder.path)]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    clock, spent = time.perf_counter() - clock, _cpu_of_others() - spent
    assert report.ok and done.returncode == 0, done.stdout + done.stderr
    processors = len(os.sched_getaffinity(0))
    what = "log verified, facts opened too"
    return [
        {"what": what, "value": report.entries / took, "unit": "entries/CPU-s"},
        {
            "what": f"{what}, by {processors} processors",
            "value": report.entries / clock,
            "unit": "entries/s",
            "of_quiet_ones": processors * report.entries / spent,
        },
    ]


def _cpu_of_others() -> float:
    """Seconds of processor time of the processes that this one has waited for."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return others.ru_utime + others.ru_stime


if __name__ == "__main__":
    for row in run():
        print(row)
