"""What a message, a read and a search cost with a million messages and three million resources, against a thousandth.

What is kept is written straight into the tables, small and about other people: the size of a row changes no
tree much in height, and nothing of it is ever opened. Both stores are asked in turns, in this process; the best round
counts. Writing it takes about four minutes and 4 GB of disk.
"""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from gateway.delivery.sender import Sender
from gateway.demo import person
from gateway.flows.messages import ReceivedMessage
from gateway.flows.receive import accept_message
from gateway.wiring.network_folder import STORE_FILE
from tests.bench.bench_fhir import _REQUESTS, _ROUNDS, _all, _Caller, _goals
from tests.bench.forward import referral_template
from tests.bench.mllp_load import Plan, message
from tests.gateway.county import OTP, County

FEW, MANY, OTHERS = 1_000, 1_000_000, 100_000
_MESSAGES, _AT_ONCE, _PATIENTS = 160, 8, 40
ONLY_BY_NAME = True
_NUMBERS = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {limit})"
_WHO = "(SELECT id FROM temp.who WHERE n = 1 + (n.n * 7919) % {others})"
_AT = "strftime('%Y-%m-%dT%H:%M:%f000Z', 1.6e9 + n.n, 'unixepoch')"
_ID = "printf('{kind}%012x-%s', n.n, lower(hex(randomblob(6))))"
_FILL = (
    "CREATE TEMP TABLE who (n INTEGER PRIMARY KEY, id TEXT)",
    "{people} INSERT INTO temp.who SELECT n, {uuid} FROM n",
    "INSERT INTO patient (id, created_at, certain) SELECT id, '2020', 1 FROM temp.who",
    "INSERT INTO patient_link SELECT {hash}, 'hospital', id FROM temp.who",
    "INSERT INTO match_key SELECT {hash}, id FROM temp.who, (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3)",
    "{numbers} INSERT INTO inbox SELECT {arrived}, 'hospital', 'mllp', "
    "printf('K%d', n), {hash}, 'hl7v2', 'accepted', '[]', {hash}, {who}, {at}, NULL, zeroblob(64) FROM n",
    "INSERT INTO data_key SELECT 'message:' || id, 1, 'k', zeroblob(60) FROM inbox WHERE id GLOB 'm*'",
    "{numbers} INSERT INTO intent (id, patient_id, partner, source_partner, business_key, purpose, "
    "kind, format, focus, state, due_at, attempts, reason, created_at, updated_at) "
    "SELECT {intent}, {who}, 'otp', 'hospital', {hash}, 'TREAT', 'referral', 'fhir-json', '[]', "
    "'delivered', {at}, 1, 'HTTP_200', {at}, {at} FROM n",
    "{entries} INSERT INTO audit SELECT n + {before}, {at}, 'disclose', {who}, 'otp', 'TREAT', "
    "'disclose', {uuid}, zeroblob(64), zeroblob(32), zeroblob(32), zeroblob(32) FROM n",
    "{numbers} INSERT INTO releases SELECT {release}, (SELECT id FROM intent WHERE sequence = n), {who}, 'otp', "
    "n + {before}, '00', 'x/y', {at}, 'delivered', {at}, zeroblob(64) FROM n",
    "{numbers} INSERT INTO record_set SELECT n + {sets}, {who}, zeroblob(64) FROM n",
    "{resources} INSERT INTO record (place, resource_type, id, version, patient_id, updated_at, "
    "deleted, digest, set_id) SELECT random() & 0x7fffffffffffffff, "
    "CASE n % 3 WHEN 0 THEN 'Goal' WHEN 1 THEN 'Condition' ELSE 'Observation' END, "
    "{uuid}, 1, {who}, {at}, 0, zeroblob(16), n / 3 + {sets} FROM n",
)  # fmt: skip


class _TakesAll(httpx.AsyncBaseTransport):
    """A partner in memory."""

    def __init__(self) -> None:
        self.taken = self.wanted = 0
        self.all_there = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Whatever comes is taken."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for _ in request.stream:
            pass
        self.taken += 1
        if self.taken >= self.wanted:
            self.all_there.set()
        return httpx.Response(200, content=b"{}")


def fill(file: Path, messages: int) -> None:
    """`messages` that were delivered long ago, three resources each, about a tenth as many people."""
    people = min(OTHERS, messages // 10)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -2000000")  # the trees it grows stay in memory
        names = {
            "people": _NUMBERS.format(limit=people),
            "numbers": _NUMBERS.format(limit=messages),
            "entries": _NUMBERS.format(limit=2 * messages),
            "resources": _NUMBERS.format(limit=3 * messages),
            "hash": "lower(hex(randomblob(32)))",
            "uuid": "lower(hex(randomblob(16)))",
            "who": _WHO.format(others=people),
            "at": _AT,
            "arrived": _ID.format(kind="m"),
            "intent": _ID.format(kind="i"),
            "release": _ID.format(kind="r"),
            "before": connection.execute("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0],
            "sets": connection.execute("SELECT coalesce(max(id), 0) FROM record_set").fetchone()[0],
        }
        connection.execute("BEGIN")
        for statement in _FILL:
            connection.execute(statement.format(**names))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Side:
    """One county, and what it is asked."""

    def __init__(self, folder: Path, messages: int) -> None:
        self.county = County(folder)
        self.county.share_plan()
        self.county.consent(
            "housing", discloser="otp", purpose="COC", identifier=OTP, classes=("CarePlan", "Goal")
        )
        (plan,), her = self.county.records("CarePlan"), self.county.own_patient_id("otp")
        self.county.submit("otp", _goals(her))
        for number in range(_PATIENTS):
            self.county.consent(identifier=(person.MRN_SYSTEM, f"LOADP{number:07d}"))
        fill(folder / STORE_FILE, messages)
        self._caller, hers = _Caller(self.county), self.county.patient_id
        housing = self._caller.token("housing", "COC")
        self._asked = {
            "read": ("GET", f"/fhir/{plan.reference}", b"", housing),
            "search of 10": ("GET", f"/fhir/Goal?patient={hers}&_count=10", b"", housing),
        }
        self._hers, self._template, self._sent = hers, referral_template(), 0
        self._plan = Plan(0, 0, _AT_ONCE, _PATIENTS)
        self._transport = _TakesAll()
        self._runner = asyncio.Runner()  # what waits for work waits in one loop

    def close(self) -> None:
        """Give everything back."""
        self._runner.close()
        self.county.close()

    def asked(self, what: str) -> float:
        """Processor seconds of one question, decided anew."""

        def made(_: int) -> tuple[str, str, bytes, bytes]:
            self.county.premises.seen_before.forget(self._hers)
            return self._asked[what]

        gc.collect()
        began = time.process_time()
        asyncio.run(_all(self._caller, made, 0, 200))
        return (time.process_time() - began) / _REQUESTS

    def messages(self) -> float:
        """Processor seconds of a message, accepted and delivered."""
        self._deliver(_AT_ONCE * 5)
        gc.collect()
        began = time.process_time()
        self._deliver(_MESSAGES)
        return (time.process_time() - began) / _MESSAGES

    def _deliver(self, count: int) -> None:
        self._runner.run(self._delivered(count))

    async def _delivered(self, count: int) -> None:
        premises = self.county.premises
        self._transport.wanted = self._transport.taken + count
        self._transport.all_there.clear()
        sender = Sender(premises, self._transport)
        sending = asyncio.create_task(sender.run())
        numbers = iter(range(self._sent, self._sent + count))
        self._sent += count

        async def connection() -> None:
            for number in numbers:
                await accept_message(premises, self._message(number))

        await asyncio.gather(*(connection() for _ in range(_AT_ONCE)))
        async with asyncio.timeout(60):
            await self._transport.all_there.wait()
        await sender.stop(10)
        await sending

    def _message(self, number: int) -> ReceivedMessage:
        control_id, raw = message(self._template, self._plan, number)
        at = self.county.premises.clock.now()
        return ReceivedMessage("hospital", "mllp", "hl7v2", control_id, "REF^I12^REF_I12", raw, at)


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        few, many = (_Side(Path(place) / str(kept), kept) for kept in (FEW, MANY))
        try:
            works: dict[str, tuple[Callable[[_Side], float], float]] = {
                "message, accepted and delivered": (_Side.messages, 1.2),
                "gated CarePlan read": (lambda side: side.asked("read"), 1.3),
                "gated search of 10": (lambda side: side.asked("search of 10"), 1.3),
            }
            return [_row(what, work, target, few, many) for what, (work, target) in works.items()]
        finally:
            few.close()
            many.close()


def _row(
    what: str, work: Callable[[_Side], float], target: float, few: _Side, many: _Side
) -> dict[str, object]:
    rounds = [(work(few), work(many)) for _ in range(_ROUNDS)]
    with_few, with_many = (min(both[place] for both in rounds) for place in (0, 1))
    return {
        "what": f"{what}, {MANY:,} messages kept",
        "value": with_many / with_few,
        "unit": "times",
        "than": f"{FEW:,} kept",
        "target": target,
        "ms": with_many * 1000,
    }
