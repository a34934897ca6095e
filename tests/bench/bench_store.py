"""The store alone: durable messages, claims from long lanes and queues, verifying the log.

One "message" is what the main path writes for a referral: the sealed raw message, eight sealed records (one with two
search tokens), an intent, the claim, an audit entry with its release, and the end of the intent; four writes.
"""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway import audit
from gateway.audit import Sealer, verifier_of, verify
from gateway.clock import SystemClock
from gateway.security.keys import Ed25519Signer, new_key
from gateway.store import ReleaseRow, SqliteStore, Transaction, inbox, intents, outbox, patients, records
from tests.gateway.store.samples import AT, entry, intent, message, opened, record

RAW = b"MSH|^~\\&|ED|HOSPITAL|" + b"x" * 3000
RESOURCE = {"resourceType": "Observation", "status": "final", "note": [{"text": "y" * 900}]}
PATIENTS = 200
SIGNER = Ed25519Signer(new_key("audit"))


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        folder = Path(place)
        return [*_messages(folder), *_claims(folder), *_verification(folder)]


def _store(folder: Path, name: str) -> SqliteStore:
    (folder / name).mkdir()
    store = opened(folder / name)

    def make(tx: Transaction) -> None:
        for number in range(PATIENTS):
            patients.create(tx, AT, True, f"p{number}")

    asyncio.run(store.write(make))
    return store


def _arrive(number: int) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        patient = f"p{number % PATIENTS}"
        inbox.keep(tx, message(number, patient_id=patient), RAW)
        for part in range(8):
            saved = records.save(tx, record(RESOURCE, id=f"r{number}-{part}", patient_id=patient))
        records.set_tokens(tx, saved, [("code", f"{number:064x}"), ("status", f"{number % 7:064x}")])
        intents.add(tx, intent(f"i{number}", patient_id=patient, message_id=f"m{number}"))

    return work


def _release(found: Any) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        receipt = audit.append(tx, entry(found.id, patient_id=found.patient_id))
        row = ReleaseRow(
            f"rel-{found.id}",
            found.id,
            found.patient_id,
            found.partner,
            receipt.seq,
            "00",
            "x/y",
            AT,
            "prepared",
        )
        outbox.add(tx, row, RAW)

    return work


def _end(found: Any) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        outbox.mark(tx, f"rel-{found.id}", "delivered", AT)
        intents.finish(tx, found.id, "delivered", AT, "OK")

    return work


async def _one(store: SqliteStore, number: int) -> None:
    await store.write(_arrive(number))
    for found in await store.write(lambda tx: intents.claim_due(tx, AT, 8)):
        await store.write(_release(found))
        await store.write(_end(found))


def _rate(store: SqliteStore, together: int, count: int, first: int) -> tuple[float, float]:
    """Messages a second, and processor seconds a message."""

    async def lane(place: int) -> None:
        for number in range(first + place, first + count, together):
            await _one(store, number)

    async def all_lanes() -> None:
        await asyncio.gather(*(lane(place) for place in range(together)))

    began, used = time.perf_counter(), _cpu()
    asyncio.run(all_lanes())
    return count / (time.perf_counter() - began), (_cpu() - used) / count


def _cpu() -> float:
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime


def _messages(folder: Path) -> list[dict[str, object]]:
    plain = _plain_commits(folder)
    store = _store(folder, "messages")
    rows: list[dict[str, object]] = []
    first = 1
    for together, count in ((1, 150), (8, 600), (100, 1500)):
        rate, cpu = _rate(store, together, count, first)
        first += count
        rows.append(
            {
                "what": f"durable messages, {together} at a time",
                "value": 1 / cpu,
                "unit": "messages/CPU-s",
                "than": "plain SQLite, one row a commit, by the clock",
                "ratio": rate / plain,
                "per_second": rate,
            }
        )
    asyncio.run(store.close())
    return rows


def _plain_commits(folder: Path) -> float:
    """One row of the same bytes for each durable commit."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, raw BLOB)")
    count, began = 300, time.perf_counter()
    for _ in range(count):
        connection.execute("INSERT INTO t (raw) VALUES (?)", (RAW,))
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate


def _claims(folder: Path) -> list[dict[str, object]]:
    few = _claim_seconds(folder, "few", 200, "p{place}")
    many = _claim_seconds(folder, "many", 20_000, "p{place}")
    one = _claim_seconds(folder, "one", 20_000, "p0")
    return [
        {
            "what": f"claim and settle, 20,000 queued {shape}",
            "value": 1 / seconds,
            "unit": "intents/CPU-s",
            "than": "200 queued",
            "ratio": few / seconds,
        }
        for shape, seconds in (("in 200 lanes", many), ("in one lane", one))
    ]


def _claim_seconds(folder: Path, name: str, queued: int, patient: str) -> float:
    """Seconds to claim one intent and settle it, without the commit."""
    store = _store(folder, name)

    def fill(tx: Transaction) -> None:
        for number in range(queued):
            intents.add(tx, intent(f"i{number}", patient_id=patient.format(place=number % PATIENTS)))

    def drain(tx: Transaction) -> float:
        began, done = time.thread_time(), 0
        while done < 150:
            for found in intents.claim_due(tx, AT, 10):
                intents.finish(tx, found.id, "delivered", AT, "OK")
                done += 1
        return (time.thread_time() - began) / done

    asyncio.run(store.write(fill))
    seconds = asyncio.run(store.write(drain))
    asyncio.run(store.close())
    return float(seconds)


def _verification(folder: Path) -> list[dict[str, object]]:
    store = _store(folder, "log")
    count = 20_000

    def fill(tx: Transaction) -> None:
        for number in range(count):
            audit.append(tx, entry(f"q{number}", patient_id=f"p{number % PATIENTS}"))

    began = time.process_time()
    asyncio.run(store.write(fill))
    append_rate = count / (time.process_time() - began)
    asyncio.run(Sealer(store, SIGNER, None, SystemClock()).seal_now())
    rates = []
    for facts in (False, True):
        rates.append(
            max(_verified(store, count, facts) for _ in range(5))
        )  # others disturb it, they never help
    asyncio.run(store.close())
    return [
        {"what": "audit entries appended", "value": append_rate, "unit": "entries/CPU-s"},
        {"what": "audit verified, chain, tree and heads", "value": rates[0], "unit": "entries/CPU-s"},
        {"what": "audit verified, facts opened too", "value": rates[1], "unit": "entries/CPU-s"},
    ]


def _verified(store: SqliteStore, count: int, facts: bool) -> float:
    """Entries a second of processor time."""
    began = time.process_time()
    with store.read() as reading:
        report = verify(reading, verifier_of(SIGNER), facts=facts)
    assert report.ok and report.signed_to == count
    return count / (time.process_time() - began)
