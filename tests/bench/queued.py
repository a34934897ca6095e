"""The memory of a gateway with 100,000 referrals waiting, while it sends some of them and takes in more.

A fiftieth is accepted by the shipped code; what waits for each of those is written into the table another 49 times.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from gateway.demo.processes import start_gateway
from gateway.wiring.network_folder import STORE_FILE, make_network_folder
from tests.bench.forward import begin_sink, load, permit_all, referral_template, wait_for
from tests.bench.restart import fill

QUEUED, ACCEPTED, SENT, TAKEN = 100_000, 2_000, 500, 300
TARGET_MB = 200


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as at:
        place = Path(at)
        sink, port = begin_sink()
        folder, template = place / "network", place / "referral.hl7"
        template.write_bytes(referral_template())
        make_network_folder(folder, f"http://127.0.0.1:{port}/fhir")
        asyncio.run(fill(folder, ACCEPTED))
        queued = multiply(folder / STORE_FILE, QUEUED // ACCEPTED)
        gateway, ready = start_gateway(folder, place / "gateway.log")
        try:
            wait_for(port, SENT)
            permit_all(folder, ready["http"])
            load(template, ready["mllp"][0], TAKEN, "LOAD")
            peak = _peak(gateway.process.pid)
            left = _waiting(folder / STORE_FILE)
        finally:
            gateway.process.kill()
            gateway.process.wait()
            sink.end()
    return [
        {
            "what": f"most memory with {queued:,} queued",
            "value": peak,
            "unit": "MB",
            "still": left,
            "target": f"at most {TARGET_MB}",
        }
    ]


def multiply(file: Path, times: int) -> int:
    """Have each referral that waits wait `times` over; how many wait now."""
    with closing(sqlite3.connect(file)) as store:
        names = [row[1] for row in store.execute("PRAGMA table_info(intent)")]
        own = {"sequence": "NULL", "id": "lower(hex(randomblob(16)))", "head": "0"}
        own["business_key"] = "business_key || '-' || n.n"
        asked = ", ".join(own.get(name, f"intent.{name}") for name in names)
        store.execute(
            f"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {times - 1})"
            f" INSERT INTO intent ({', '.join(names)}) SELECT {asked} FROM n, intent"
        )
        store.commit()
    return _waiting(file)


def _waiting(file: Path) -> int:
    with closing(sqlite3.connect(file)) as store:
        asked = "SELECT count(*) FROM intent WHERE state IN ('due', 'retry', 'sending')"
        return int(store.execute(asked).fetchone()[0])


def _peak(process: int) -> float:
    """The most memory it ever had in use, in MB (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
