"""Configurations and tables as they were when a decision named their version; read only to decide again."""

from __future__ import annotations

import zlib

from gateway.store.model import Reading, Transaction

_SCOPE = "network"


def keep(tx: Transaction, kind: str, version: str, content: bytes, at: str) -> None:
    """Keep `content` under its kind and version, sealed to both. What is kept never changes: the first stays."""
    if has(tx, kind, version):
        return
    sealed = tx.cipher.seal(tx, _SCOPE, _row(kind, version), zlib.compress(content))
    tx.execute("kept_versions.keep", {"kind": kind, "version": version, "kept_at": at, "sealed": sealed})


def has(reading: Reading, kind: str, version: str) -> bool:
    """Whether that version is kept."""
    return reading.row("kept_versions.has", {"kind": kind, "version": version}) is not None


def versions(reading: Reading, kind: str) -> tuple[str, ...]:
    """The versions of a kind that are kept, the first first."""
    return tuple(row["version"] for row in reading.rows("kept_versions.of_kind", {"kind": kind}))


def content(reading: Reading, kind: str, version: str) -> bytes | None:
    """What was kept, or None. Raises Internal `SEAL_BROKEN` when it was altered."""
    row = reading.row("kept_versions.get", {"kind": kind, "version": version})
    if row is None:
        return None
    return zlib.decompress(reading.cipher.open(reading, _SCOPE, _row(kind, version), row["sealed"]))


def _row(kind: str, version: str) -> str:
    return f"kept-version/{kind}/{version}"
