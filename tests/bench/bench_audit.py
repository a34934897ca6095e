"""The log as a tree, with a million entries in it: what sealing adds to a message, proofs, verification, and its memory.

The issue asks for sealing at 5 % of a message's cost at most, 50,000 entries verified a second, a proof within 10 ms. A
message here is what the store alone does for a referral (`bench_store`): a whole one costs several times as much, so
the share of sealing is in truth smaller. `BENCH_ENTRIES` fewer is quicker.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.audit import Prover, Sealer, VerifyReport, export, proof_lines, verifier_of, verify, verify_file
from gateway.audit.chain import START, chain_hash, leaf_hash
from gateway.clock import SystemClock
from gateway.store import SqliteStore, audit_rows
from gateway.store.model import AuditRow
from tests.bench.bench_store import PATIENTS, SIGNER, _one, _store
from tests.gateway.store.samples import AT

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
_PROOFS, _ROUNDS, _MESSAGES = 200, 4, 250
_SEALED = os.urandom(600)
VERIFIER = verifier_of(SIGNER)


def run() -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as place:
        store = _store(Path(place), "tree")
        sealer = Sealer(store, SIGNER, None, SystemClock())
        fill(Path(place) / "tree" / "handoff.db")
        first = _cpu(lambda: asyncio.run(sealer.seal_now()))
        rows = [
            {"what": f"first seal of an older log of {ENTRIES:,} entries", "value": first, "unit": "CPU-s"},
            *_messages(store, sealer),
            *_proofs(store),
            *_verification(store, Path(place) / "audit.ndjson"),
        ]
        asyncio.run(store.close())
        return rows


def fill(path: Path) -> None:
    """A log of `ENTRIES` entries, unsealed, put into the file without the gateway: sealed facts that nobody opens."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO audit VALUES ({', '.join('?' * 12)})", _rows())
    connection.execute("COMMIT")
    connection.close()


def _rows() -> Iterator[tuple[object, ...]]:
    chain, digest = START, hashlib.sha256(_SEALED).digest()
    for seq in range(1, ENTRIES + 1):
        said = (seq, AT, "disclose", f"p{seq % PATIENTS}", "clinic", "TREAT", "disclose", f"q{seq}")
        leaf = leaf_hash(AuditRow(*said, _SEALED, digest, b"", b""), digest)
        chain = chain_hash(chain, leaf)
        yield (*said, _SEALED, digest, leaf, chain)


def _messages(store: SqliteStore, sealer: Sealer) -> list[dict[str, object]]:
    """Messages, and behind each lot of them (a second of a busy gateway) one seal."""
    taken = sealed = 0.0

    async def lot(first: int) -> None:
        await asyncio.gather(*(_one(store, number) for number in range(first, first + _MESSAGES)))

    for number in range(_ROUNDS):
        taken += _cpu(lambda first=1 + number * _MESSAGES: asyncio.run(lot(first)))
        sealed += _cpu(lambda: asyncio.run(sealer.seal_now()))
    return [
        {
            "what": f"sealing once for {_MESSAGES} messages",
            "value": sealed / _ROUNDS * 1000,
            "unit": "CPU-ms",
            "than": "the messages, in the store alone",
            "ratio": sealed / taken,
        }
    ]


def _proofs(store: SqliteStore) -> list[dict[str, object]]:
    """Each from nothing: the head read and its signature checked, tiles read, the path compared with the root."""
    chosen = random.Random(7).sample(range(1, ENTRIES + 1), _PROOFS)
    spent = []
    with store.read() as reading:
        heads = [head.size for head in audit_rows.checkpoints(reading)]
        for seq in chosen:
            row = audit_rows.get(reading, seq)
            assert row is not None
            spent.append(_cpu(lambda row=row: Prover(reading, VERIFIER).path_of(row)))
        grown = [_cpu(lambda size=size: Prover(reading, VERIFIER).since(size)) for size in heads[:-1]]
        part = [row for row in (audit_rows.get(reading, seq) for seq in sorted(chosen)) if row is not None]
        lines = list(proof_lines(Prover(reading, VERIFIER), reading, VERIFIER, part, about="bench"))
    checked = _cpu(lambda: verify_file(lines, VERIFIER))
    unit = "CPU-ms"
    return [
        {
            "what": "proof of one entry",
            "value": sum(spent) / _PROOFS * 1000,
            "unit": unit,
            "worst": max(spent) * 1000,
        },
        {"what": "proof that the log only grew", "value": sum(grown) / len(grown) * 1000, "unit": unit},
        {"what": "a proof verified, of a file of many", "value": checked / _PROOFS * 1000, "unit": unit},
    ]


def _verification(store: SqliteStore, file: Path) -> list[dict[str, object]]:
    report: list[VerifyReport] = []
    with store.read() as reading:
        size = (audit_rows.last(reading) or (0, b""))[0]
        before = _peak()
        took = _cpu(lambda: report.append(verify(reading, VERIFIER, facts=False)))
        memory = _peak() - before
        with file.open("wb") as out:
            exported = _cpu(lambda: out.writelines(export(reading, VERIFIER, facts=False)))
    before = _peak()
    with file.open("rb") as lines:
        read = _cpu(lambda: report.append(verify_file(lines, VERIFIER)))
    assert all(one.ok and one.entries == one.signed_to == size for one in report)
    hashing = _cpu(lambda: [hashlib.sha256(_SEALED).digest() for _ in range(100_000)]) / 100_000
    unit, than = "entries/CPU-s", "one SHA-256 of its sealed bytes alone"
    return [
        {
            "what": "log verified: chain, tree, nodes, heads",
            "value": size / took,
            "unit": unit,
            "than": than,
            "ratio": took / size / hashing,
            "memory_mb": memory,
        },
        {"what": "log exported", "value": size / exported, "unit": unit},
        {"what": "export verified", "value": size / read, "unit": unit, "memory_mb": _peak() - before},
    ]


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _peak() -> float:
    """The most memory this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
