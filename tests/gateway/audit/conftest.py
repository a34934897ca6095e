"""A store whose log can be written, sealed and tampered with."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway import audit
from gateway.audit import NoteVerifier, Sealer, VerifyReport, read_witness, verifier_of, verify
from gateway.clock import FixedClock
from gateway.security.keys import Ed25519Signer, NamedKey
from gateway.store import SqliteStore
from tests.gateway.store.samples import entry, opened, with_patient

SIGNER = Ed25519Signer(NamedKey("audit-test", b"s" * 32))


class Log:
    """One store's log, with its sealer, its witness file, and an attacker's access to the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.witness = folder / "witness.log"
        self.clock = FixedClock(datetime(2026, 11, 22, 8, tzinfo=UTC))
        is_new = not (folder / "handoff.db").exists()
        self.store: SqliteStore = opened(folder)
        self.sealer = Sealer(self.store, SIGNER, self.witness, self.clock)
        if is_new:
            asyncio.run(self.store.write(with_patient()))

    @property
    def verifier(self) -> NoteVerifier:
        """What proves the signed heads."""
        return verifier_of(SIGNER)

    def grow(self, count: int, **changed: Any) -> None:
        """Append `count` entries and seal them."""

        async def run() -> None:
            for _ in range(count):
                await self.store.write(lambda tx: audit.append(tx, entry(**changed)))
            await self.sealer.seal_now()

        asyncio.run(run())

    def verify(self, *, facts: bool = True, witness: bool = True) -> VerifyReport:
        """What verification says now."""
        notes = read_witness(self.witness) if witness else ()
        with self.store.read() as reading:
            return verify(reading, self.verifier, notes, facts=facts)

    def export(self, *, facts: bool = True) -> list[bytes]:
        """The lines of an export."""
        with self.store.read() as reading:
            return list(audit.export(reading, self.verifier, facts=facts))

    def tamper(self, *statements: str, params: tuple[Any, ...] = ()) -> None:
        """Change the file behind the gateway's back, without its rules."""
        connection = sqlite3.connect(self.folder / "handoff.db", isolation_level=None)
        connection.execute("PRAGMA foreign_keys = OFF")
        for trigger in ("audit_never_changes", "audit_never_shrinks"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement, params)
        connection.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """A log of ten entries under two signed heads (6 and 10)."""
    made = Log(tmp_path)
    made.grow(6)
    made.grow(4)
    yield made
    asyncio.run(made.store.close())
